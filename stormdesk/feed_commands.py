"""Facts brought in by hand: `stormdesk ingest`, `backfill` and `quarantine`."""

from __future__ import annotations

import json
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.padding import Padding
from rich.text import Text

from stormdesk.backfill import Only
from stormdesk.backfill import run as run_backfill
from stormdesk.settings import Settings
from stormdesk.user_commands import OPERATOR

if TYPE_CHECKING:
    from warehouse.queries.feeds import QuarantineRow

app = typer.Typer(help="See what was refused, and load it again.", no_args_is_help=True)
console = Console(highlight=False)

BACKFILL_EXAMPLE = "Example: stormdesk backfill --from 2013-12-01 --to 2013-12-08"
INGEST_EXAMPLE = (
    "Examples: stormdesk ingest exports/ --mapping agency.toml"
    " · stormdesk ingest march.csv --source northgate"
)
_RAW_CHARACTERS = 400

AsJson = Annotated[bool, typer.Option("--json", help="Print the result as JSON.")]


def backfill(
    since: Annotated[
        datetime,
        typer.Option("--from", formats=["%Y-%m-%d", "%Y-%m-%dT%H:%M"], help="First instant, UTC."),
    ],
    until: Annotated[
        datetime,
        typer.Option("--to", formats=["%Y-%m-%d", "%Y-%m-%dT%H:%M"], help="Exclusive, UTC."),
    ],
    assets: Annotated[
        str, typer.Option(help="Names with commas between, as travel/flight; else all ingest.")
    ] = "",
    only: Annotated[
        Only, typer.Option(help="All partitions, those never loaded, or those that failed.")
    ] = Only.ALL,
    as_json: AsJson = False,
) -> None:
    """Load a span again: one run an asset, nothing changed that already stands, nobody paged."""
    names = [name for name in assets.split(",") if name.strip()]
    span = (since.replace(tzinfo=UTC), until.replace(tzinfo=UTC))
    raise typer.Exit(run_backfill(Settings(), *span, names=names, which=only, as_json=as_json))


def ingest(
    paths: Annotated[list[Path], typer.Argument(help="Files, and folders with all in them.")],
    mapping: Annotated[
        Path | None, typer.Option(help="What a foreign export's columns mean: a TOML file.")
    ] = None,
    source: Annotated[
        str | None,
        typer.Option(
            help="Which agency sends it, if no mapping names it: two may use one locator."
        ),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Take in bookings: CSV and Parquet, e-mails, web pages, schema.org and Duffel orders."""
    from stormdesk.ingest import run

    raise typer.Exit(run(Settings(), paths, mapping=mapping, source=source, as_json=as_json))


@app.command("list", epilog="Example: stormdesk quarantine list --feed booking_segment")
def list_(
    feed: Annotated[str | None, typer.Option(help="Of this feed only.")] = None,
    limit: Annotated[int, typer.Option(min=1, help="At most so many.")] = 50,
    as_json: AsJson = False,
) -> None:
    """List the rows that were refused and still wait, the newest first."""
    from stormdesk.stages import ready_database
    from warehouse.queries.feeds import count_quarantine, list_quarantine
    from warehouse.session import Access, transaction

    with ready_database(Settings()), transaction(Access.PIPELINE) as session:
        rows = list_quarantine(session, feed=feed, limit=limit)
        reasons = count_quarantine(session)
    if as_json:
        typer.echo(json.dumps([asdict(row) for row in rows], indent=2, default=str))
        return
    if not rows:
        console.print("Nothing waits in quarantine.")
        return
    for row in rows:
        _show_refused(row)
    total = sum(each.row_count for each in reasons if feed in {None, each.feed})
    if total > len(rows):
        console.print(f"{len(rows):,} of {total:,} shown; more: --limit {total}")
    console.print("Correct the file and ingest it again, or: stormdesk quarantine retry")


def _show_refused(row: QuarantineRow) -> None:
    """Print where a row stood, why it was refused, and how it begins."""
    place = f"{row.file} line {row.line:,}" if row.file else f"row {row.line:,}"
    console.print(Text(f"{place}, {row.feed} of {row.source}", style="bold"))
    console.print(Padding(Text(row.words), (0, 0, 0, 2)))
    raw = Text(" ".join(row.raw_text[:_RAW_CHARACTERS].split()), style="dim")
    console.print(Padding(raw, (0, 0, 0, 2)), no_wrap=True, overflow="ellipsis")


@app.command(epilog="Example: stormdesk quarantine retry")
def retry(
    feed: Annotated[str | None, typer.Option(help="Of this feed only.")] = None,
    as_json: AsJson = False,
) -> None:
    """Load the refused rows again: what refused them may have become true meanwhile."""
    from stormdesk.stages import ready_database
    from warehouse.operations.quarantine_retry import RetryResult, retry_quarantine
    from warehouse.queries.clock import current_instant
    from warehouse.session import Access, transaction

    with ready_database(Settings()), transaction(Access.PIPELINE) as session:
        at = current_instant(session)
        result = retry_quarantine(session, OPERATOR, at=at, feed=feed)
    if as_json:
        typer.echo(json.dumps(asdict(result)))
        return
    if result == RetryResult(0, 0, 0):
        console.print("Nothing waits in quarantine.")
        return
    console.print(f"{result.cleared:,} came in, {result.refused_again:,} refused again.")
    if result.left:
        console.print(
            f"{result.left:,} kept as the source wrote them: correct the file and ingest it again."
        )
