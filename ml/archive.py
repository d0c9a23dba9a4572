"""The same content as the same bytes: skops names its parts by memory addresses and dates them."""

import json
from collections.abc import Mapping
from io import BytesIO
from typing import Any, Final
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

_SCHEMA: Final = "schema.json"
_HEADER: Final = "made_with.json"
_NO_DATE: Final = (1980, 1, 1, 0, 0, 0)


def canonical(packed: bytes, header: Mapping[str, Any]) -> bytes:
    """Rewrite a skops archive with parts numbered in order, undated and compressed.

    Parameters
    ----------
    packed:
        What `skops.io.dumps` returned.
    header:
        What the archive was made with, to be read before anything in it is built.

    Returns
    -------
    :
        An archive of the same objects; equal objects give equal bytes.
    """
    written = BytesIO()
    with ZipFile(BytesIO(packed)) as source, ZipFile(written, "w") as target:
        schema = json.loads(source.read(_SCHEMA))
        renamed: dict[str, str] = {}
        _renumber(schema, {}, renamed)
        for old, new in renamed.items():
            _write(target, new, source.read(old))
        _write(target, _SCHEMA, json.dumps(schema, separators=(",", ":")).encode())
        _write(target, _HEADER, json.dumps(dict(header), sort_keys=True).encode())
    return written.getvalue()


def header_of(packed: bytes) -> dict[str, Any]:
    """Read what an archive was made with; archives of before the header say nothing."""
    with ZipFile(BytesIO(packed)) as source:
        if _HEADER not in source.namelist():
            return {}
        header = json.loads(source.read(_HEADER))
    return header if isinstance(header, dict) else {}


def _renumber(node: Any, numbers: dict[object, int], renamed: dict[str, str]) -> None:
    """Give objects numbers as they are met, and plain values a new one each time."""
    if isinstance(node, dict):
        if "__id__" in node:
            is_plain = node.get("__loader__") == "JsonNode"
            key = ("plain", len(numbers)) if is_plain else node["__id__"]
            node["__id__"] = numbers.setdefault(key, len(numbers))
        if isinstance(node.get("file"), str):
            node["file"] = renamed.setdefault(node["file"], f"{len(renamed)}.npy")
        for part in node.values():
            _renumber(part, numbers, renamed)
    elif isinstance(node, list):
        for part in node:
            _renumber(part, numbers, renamed)


def _write(archive: ZipFile, name: str, content: bytes) -> None:
    archive.writestr(ZipInfo(name, _NO_DATE), content, compress_type=ZIP_DEFLATED)
