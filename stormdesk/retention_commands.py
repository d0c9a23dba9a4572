"""`stormdesk retention`: how long each kind of history is kept."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.table import Table

from stormdesk.user_commands import OPERATOR, desk_transaction
from warehouse.rules.retention import LEAST_DAYS, Retained

if TYPE_CHECKING:
    from warehouse.queries.retention import PublishedRetention

app = typer.Typer(help="See and say how long history is kept.", no_args_is_help=True)
console = Console(highlight=False)


@app.command(epilog="Example: stormdesk retention show")
def show(
    versions: Annotated[bool, typer.Option("--versions", help="Every version there was.")] = False,
) -> None:
    """Show for how many days each kind of history is kept, since when, and why."""
    from warehouse.queries.retention import get_retention, list_retention

    with desk_transaction() as (session, at):
        found = list_retention(session, OPERATOR) if versions else [get_retention(session, at=at)]
    for published in found:
        console.print(_table(published))
        console.print(_story(published), markup=False, soft_wrap=True)


@app.command("set", epilog="Example: stormdesk retention set alert=500 --why 'two seasons'")
def set_(
    days: Annotated[
        list[str], typer.Argument(metavar="KIND=DAYS...", help="Kinds: stormdesk retention show.")
    ],
    why: Annotated[str, typer.Option(help="Why, for whoever looks for what is gone.")],
) -> None:
    """Publish the next version; kinds that are not named stay as they are."""
    from warehouse.operations.retention import set_retention
    from warehouse.queries.retention import get_retention

    changes = dict(_change(each) for each in days)
    with desk_transaction() as (session, at):
        set_retention(session, OPERATOR, changes, reason=why, at=at)
        published = get_retention(session, at=at)
    console.print(_table(published))
    console.print(_story(published), markup=False, soft_wrap=True)


def _change(words: str) -> tuple[Retained, int]:
    kind, _, days = words.partition("=")
    if kind not in set(Retained) or not days.isdecimal():
        kinds = ", ".join(Retained)
        raise typer.BadParameter(f"{words!r} is not KIND=DAYS, such as alert=400; kinds: {kinds}.")
    return Retained(kind), int(days)


def _table(published: PublishedRetention) -> Table:
    table = Table("Kind", "Days", "At least", box=None)
    for kind, days in published.policy.days.items():
        table.add_row(kind.value, str(days), str(LEAST_DAYS[kind]))
    return table


def _story(published: PublishedRetention) -> str:
    by = f" by {published.published_by}" if published.published_by else ""
    since = f"{published.effective_from_at:%Y-%m-%d %H:%M} UTC"
    return f"Version {published.retention_version_id}, since {since}{by}: {published.reason}"
