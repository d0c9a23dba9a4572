"""Says that a file cannot be read at all, before anything is taken of it."""

from pathlib import Path
from typing import Final, NoReturn

_PACKED: Final = {
    b"\x1f\x8b": "gzip",
    b"PK\x03\x04": "zip",
    b"\x28\xb5\x2f\xfd": "zstd",
    b"BZh": "bzip2",
    b"\xfd7zXZ": "xz",
    b"7z\xbc\xaf": "7-zip",
}
_LONGEST_MAGIC: Final = 8


class FileUnreadable(Exception):
    """Nothing can be read from a file; the message says why and what to do."""

    def __init__(self, path: Path, problem: str, remedy: str) -> None:
        self.path, self.problem, self.remedy = path, problem, remedy
        super().__init__(f"{path.name} cannot be read: {problem}; {remedy}.")


def beginning_of(path: Path) -> bytes:
    """Give the first bytes of a file that is plain and not empty.

    Parameters
    ----------
    path:
        What was dropped.

    Returns
    -------
    :
        Enough to tell the kinds of files.

    Raises
    ------
    FileUnreadable
        It is no file, may not be opened, is empty, or is compressed: what a packed file unpacks
        to is not known before, and may fill the memory.
    """
    refuse_unless_file(path)
    try:
        with path.open("rb") as file:
            beginning = file.read(_LONGEST_MAGIC)
    except OSError as failure:
        reason = (failure.strerror or str(failure)).lower()
        raise FileUnreadable(path, reason, "check its name and who may read it") from failure
    if not beginning:
        raise FileUnreadable(path, "it is empty", "ask the sender for it once more")
    for magic, packing in _PACKED.items():
        if beginning.startswith(magic):
            _refuse_packed(path, packing)
    return beginning


def refuse_unless_file(path: Path) -> None:
    """Refuse what is not there, and what cannot be read twice or never ends.

    Parameters
    ----------
    path:
        What was dropped.

    Raises
    ------
    FileUnreadable
        It is a folder, a pipe or a device, or there is no such file.
    """
    if path.is_dir():
        raise FileUnreadable(path, "it is a folder", "give the files in it")
    if not path.exists():
        raise FileUnreadable(path, "there is no such file or folder", "check its name")
    if not path.is_file():
        raise FileUnreadable(path, "it is a pipe or a device", "save what comes out of it first")


def _refuse_packed(path: Path, packing: str) -> NoReturn:
    if path.suffix.lower() in {".xlsx", ".xlsm", ".ods"}:
        raise FileUnreadable(path, "it is a spreadsheet", "save it as CSV in UTF-8")
    raise FileUnreadable(path, f"it is packed ({packing})", "unpack it first")
