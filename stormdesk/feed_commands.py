"""Facts brought in by hand: `stormdesk ingest`, `backfill` and `quarantine`."""

from __future__ import annotations

import json
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from stormdesk.backfill import Only
from stormdesk.backfill import run as run_backfill
from stormdesk.settings import Settings
from stormdesk.user_commands import OPERATOR

app = typer.Typer(help="See what was refused, and load it again.", no_args_is_help=True)
console = Console(highlight=False)

BACKFILL_EXAMPLE = "Example: stormdesk backfill --from 2013-12-01 --to 2013-12-08"
INGEST_EXAMPLE = "Example: stormdesk ingest exports/ --mapping agency.toml"
_RAW_CHARACTERS = 60

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
        str | None, typer.Option(help="Who sends it; the mapping's name, or the kind of file.")
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
    table = Table("Feed", "Source", "File", "Line", "Column", "Reason", "As received", box=None)
    for row in rows:
        raw = row.raw_text.replace("\n", " ")[:_RAW_CHARACTERS]
        place = (row.feed, row.source, row.file or "-", f"{row.line:,}")
        table.add_row(*place, row.column_name or "-", row.reason, raw)
    console.print(table)
    total = sum(each.row_count for each in reasons if feed in {None, each.feed})
    if total > len(rows):
        console.print(f"{len(rows):,} of {total:,} shown; more: --limit {total}")
    console.print("Correct the file and ingest it again, or: stormdesk quarantine retry")


@app.command(epilog="Example: stormdesk quarantine retry")
def retry(
    feed: Annotated[str | None, typer.Option(help="Of this feed only.")] = None,
    as_json: AsJson = False,
) -> None:
    """Load the refused rows again: what refused them may have become true meanwhile."""
    from stormdesk.stages import ready_database
    from warehouse.operations.quarantine_retry import retry_quarantine
    from warehouse.queries.clock import current_instant
    from warehouse.session import Access, transaction

    with ready_database(Settings()), transaction(Access.PIPELINE) as session:
        at = current_instant(session)
        result = retry_quarantine(session, OPERATOR, at=at, feed=feed)
    if as_json:
        typer.echo(json.dumps(asdict(result)))
        return
    console.print(f"{result.cleared:,} came in, {result.refused_again:,} were refused again.")
    if result.left:
        console.print(
            f"{result.left:,} are kept as their source wrote them: correct the file and ingest it."
        )
