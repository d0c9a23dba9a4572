"""`stormdesk ingest`: files and folders of bookings, each file taken in whole or not at all."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from rich.console import Console

from stormdesk.errors import StormdeskRefused
from stormdesk.settings import Settings
from stormdesk.user_commands import OPERATOR

if TYPE_CHECKING:
    import pandas as pd

    from pipelines.reading.mapping import ColumnMapping
    from pipelines.reading.segments import Understood
    from warehouse.operations.feed_batches import BatchResult

FEED: Final = "booking_segment"
UNREADABLE_EXIT_CODE: Final = 2
_TABLES: Final = frozenset({".csv", ".tsv", ".txt", ".parquet", ".pq"})
_LIKE_DOCUMENT: Final = re.compile(rb"\s*(?:\xef\xbb\xbf)?\s*(?:\{|<|\[\s*\{)")
_DOCUMENTS: Final = frozenset({".json", ".jsonld", ".html", ".htm", ".eml"})
_BLOCK_BYTES: Final = 1024 * 1024
_BEGINNING_BYTES: Final = 256
_MOST_NAMED: Final = 5


class MappingUnusable(StormdeskRefused):
    """A mapping is wrong in itself, so that no file can be read with it."""

    exit_code = UNREADABLE_EXIT_CODE


@dataclass(frozen=True, slots=True)
class Ingested:
    """What became of one file; an unreadable one says why and holds nothing."""

    file: str
    understood: str
    received: int = 0
    accepted: int = 0
    unchanged: int = 0
    superseded: int = 0
    quarantined: int = 0
    ignored: int = 0
    unreadable: str | None = None


def run(
    settings: Settings,
    paths: Sequence[Path],
    *,
    mapping: Path | None,
    source: str | None,
    as_json: bool,
) -> int:
    """Take in every file and tell what became of it.

    Parameters
    ----------
    settings:
        Which database.
    paths:
        Files, and folders with all that is in them.
    mapping:
        What the columns of tables mean; None for our own names.
    source:
        Who sends it; None for the mapping's name or the kind of document.
    as_json:
        Print the result as JSON instead of a table.

    Returns
    -------
    :
        Exit code: 2 if a file could not be read at all.
    """
    from stormdesk.stages import ready_database

    meaning = _read_mapping(mapping)
    files = list(list_files(paths))
    with ready_database(settings):
        load_airports_once()
        told = [ingest_file(file, mapping=meaning, source=source) for file in files]
    show(told, as_json=as_json, left_aside=list(list_others(paths)))
    return UNREADABLE_EXIT_CODE if any(each.unreadable for each in told) else 0


def list_files(paths: Iterable[Path]) -> Iterator[Path]:
    """List files, and in folders every one that is of a kind that can hold bookings, by name.

    Parameters
    ----------
    paths:
        Files and folders.

    Yields
    ------
    :
        Files; what was named is listed whatever its kind, and even if it is not there.
    """
    for path in paths:
        yield from (file for file in _within(path) if _is_wanted(file)) if path.is_dir() else [path]


def list_others(paths: Iterable[Path]) -> Iterator[Path]:
    """List what lies in folders and is of no kind that can hold bookings."""
    for path in paths:
        if path.is_dir():
            yield from (file for file in _within(path) if not _is_wanted(file))


def ingest_file(file: Path, *, mapping: ColumnMapping | None, source: str | None) -> Ingested:
    """Take in one file in one transaction; a file that cannot be read changes nothing."""
    from pipelines.reading.document import DocumentUnreadable
    from pipelines.reading.mapping import MappingRefused
    from pipelines.reading.unreadable import FileUnreadable

    try:
        return _load(file, mapping, source)
    except (MappingRefused, DocumentUnreadable, FileUnreadable) as failure:
        return Ingested(str(file), "unreadable", unreadable=str(failure))
    except OSError as failure:
        reason = f"{file.name} cannot be read: {(failure.strerror or str(failure)).lower()};"
        told = f"{reason} check its name and who may read it."
        return Ingested(str(file), "unreadable", unreadable=told)


def show(told: Sequence[Ingested], *, as_json: bool, left_aside: Sequence[Path] = ()) -> None:
    """Print what became of each file, what could not be read, and where to look next."""
    if as_json:
        print(json.dumps([asdict(each) for each in told], indent=2))
        return
    console = Console(highlight=False, soft_wrap=True, markup=False)
    for each in told:
        style = "red" if each.unreadable else None
        console.print(f"{each.file}: {sentence_of(each)}", style=style)
    unreadable = sum(each.unreadable is not None for each in told)
    if len(told) > 1:
        failed = f" {unreadable:,} could not be read." if unreadable else ""
        console.print(f"All {len(told):,} files: {counts_of(told)}.{failed}")
    if left_aside:
        named = ", ".join(file.name for file in left_aside[:_MOST_NAMED])
        more = f" and {len(left_aside) - _MOST_NAMED:,} more" * (len(left_aside) > _MOST_NAMED)
        console.print(f"Left aside, being of no kind that we read: {named}{more}.")
    if any(each.quarantined for each in told):
        console.print("Refused rows wait with their reason: stormdesk quarantine list")


def load_airports_once() -> None:
    """Load the airports that segments name, unless that was done before."""
    from pipelines.providing import EmbeddedProvider
    from warehouse.operations.deliveries import Delivery
    from warehouse.operations.reference import load_airports
    from warehouse.queries.clock import current_instant
    from warehouse.queries.feeds import count_rows
    from warehouse.session import Access, transaction

    with transaction(Access.PIPELINE) as session:
        if count_rows(session, "travel.airport") == 0:
            given = EmbeddedProvider().airports()
            at = current_instant(session)
            load_airports(
                session, OPERATOR, given.rows, Delivery("airport", given.source, None, at)
            )


def sentence_of(told: Ingested) -> str:
    """Say what became of one file."""
    if told.unreadable:
        return told.unreadable
    others = _counted(told.ignored, "other thing")
    ignored = f" {others} in it left aside." if told.ignored else ""
    if not told.received:
        return f"{told.understood}. No flight or stay in it.{ignored}"
    return f"{told.understood}. {counts_of([told])}.{ignored}"


def counts_of(told: Sequence[Ingested]) -> str:
    """Say how many rows came in and which way they went."""
    words = ("accepted", "unchanged", "superseded", "quarantined")
    ways = ", ".join(f"{sum(getattr(each, word) for each in told):,} {word}" for word in words)
    return f"{_counted(sum(each.received for each in told), 'row')} in: {ways}"


def _counted(count: int, noun: str) -> str:
    return f"{count:,} {noun}{'' if count == 1 else 's'}"


def _read_mapping(path: Path | None) -> ColumnMapping | None:
    from pipelines.reading.mapping import MappingRefused, read_mapping

    try:
        return read_mapping(path) if path is not None else None
    except MappingRefused as refused:
        remedy = "Nothing was changed. docs/drop-folder.md says what a mapping may give."
        raise MappingUnusable(str(refused), remedy) from refused


def _within(folder: Path) -> list[Path]:
    return sorted(file for file in folder.rglob("*") if file.is_file())


def _is_wanted(file: Path) -> bool:
    return file.suffix.lower() in _TABLES | _DOCUMENTS


def _load(file: Path, mapping: ColumnMapping | None, source: str | None) -> Ingested:
    from warehouse.operations.deliveries import Delivery
    from warehouse.operations.segments_feed import load_segments
    from warehouse.queries.clock import current_instant
    from warehouse.session import Access, transaction

    opened = _Opened(file, mapping, source)
    with transaction(Access.PIPELINE) as session:
        at = current_instant(session)
        sent = Delivery(FEED, opened.source, None, at, file.name, opened.sha256)
        batch = load_segments(session, OPERATOR, opened.parts(), sent)
    return _told(file, opened, batch)


class _Opened:
    """A file being read, part by part, with what is known of it so far."""

    def __init__(self, file: Path, mapping: ColumnMapping | None, source: str | None) -> None:
        from pipelines.reading.document import read_document
        from pipelines.reading.drop_folder import read_drop_file
        from pipelines.reading.mapping import built_in_mapping
        from pipelines.reading.unreadable import refuse_unless_file

        refuse_unless_file(file)
        self.kind, self.ignored, self.sha256 = "nothing", 0, _sha256(file)
        if _is_table(file):
            self.source = source or (mapping or built_in_mapping()).source
            self._understood: Iterable[Understood] = read_drop_file(
                file, mapping, source=self.source
            )
        else:
            self.source = source or "documents"
            self._understood = [read_document(file, file.name)]

    def parts(self) -> Iterator[tuple[pd.DataFrame, pd.DataFrame]]:
        """Hand over part after part, and remember what they were understood to be."""
        for part in self._understood:
            self.kind = part.kind
            self.ignored += part.ignored_count
            yield part.segments, part.rejected


def _is_table(file: Path) -> bool:
    """Ask the content first: what is called .csv may be JSON, and Parquet anything."""
    from pipelines.reading.parquet_rows import MAGIC

    with file.open("rb") as content:
        beginning = content.read(_BEGINNING_BYTES)
    if beginning.startswith(MAGIC):
        return True
    return file.suffix.lower() in _TABLES and not _LIKE_DOCUMENT.match(beginning)


def _told(file: Path, opened: _Opened, batch: BatchResult) -> Ingested:
    return Ingested(
        str(file),
        opened.kind,
        batch.received_count,
        batch.accepted_count,
        batch.unchanged_count,
        batch.superseded_count,
        batch.quarantined_count,
        opened.ignored,
    )


def _sha256(file: Path) -> str:
    digest = hashlib.sha256()
    with file.open("rb") as content:
        while block := content.read(_BLOCK_BYTES):
            digest.update(block)
    return digest.hexdigest()
