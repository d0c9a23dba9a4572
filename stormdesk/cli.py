"""The command line: `stormdesk --help` lists it."""

from __future__ import annotations

import sys
from typing import Annotated, NoReturn

import typer
from pydantic import ValidationError
from rich.console import Console

from stormdesk import (
    audit_commands,
    feed_commands,
    model_commands,
    policy_commands,
    retention_commands,
    shift_commands,
    user_commands,
)
from stormdesk.errors import StateFolderUnusable, StormdeskRefused
from stormdesk.settings import Settings
from stormdesk.stopping import INTERRUPTED, leave

app = typer.Typer(
    help="The desk that sees a storm before its travellers do.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode="rich",
)
app.add_typer(user_commands.app, name="users")
app.add_typer(shift_commands.app, name="shifts")
app.add_typer(audit_commands.app, name="audit")
app.add_typer(feed_commands.app, name="quarantine")
app.add_typer(model_commands.app, name="model")
app.add_typer(policy_commands.app, name="policy")
app.add_typer(retention_commands.app, name="retention")
console = Console(highlight=False)
MOST_SPEED = 240
"""An hour in 15 s, which the hour's own run takes."""


@app.command(epilog="Example: STORMDESK_DASHBOARD_PORT=8600 stormdesk up")
def up(
    live: Annotated[
        bool,
        typer.Option("--live", help="Take facts over HTTP, from simulated providers."),
    ] = False,
) -> None:
    """Start everything; the first run loads the data, trains, and relives the storm."""
    from stormdesk.up import run_everything

    settings = Settings(simulates_providers=True) if live else Settings()
    try:
        run_everything(settings, console)
    except KeyboardInterrupt:
        console.print("Stopped before it was ready; run it again to go on from there.")
        leave(INTERRUPTED)
    console.print("Everything is stopped.")
    leave(0)


@app.command(epilog="Example: stormdesk demo --json > report.json")
def demo(
    as_json: Annotated[bool, typer.Option("--json", help="Print the report as JSON.")] = False,
) -> None:
    """Relive the storm of 8-11 December 2013 at full speed, and report what came of it."""
    from stormdesk.demo import run
    from stormdesk.stopping import stoppable

    try:
        with stoppable():
            code = run(as_json=as_json)
    except KeyboardInterrupt:
        typer.echo("Stopped; run it again to go on from there.", err=True)
        leave(INTERRUPTED)
    raise typer.Exit(code)


@app.command(epilog="Example: stormdesk doctor")
def doctor() -> None:
    """Look for what would stop Stormdesk on this machine, and say what to do about it."""
    from stormdesk.doctor import examine, show_findings

    if not show_findings(console, examine(Settings())):
        raise typer.Exit(1)


@app.command(epilog="Example: STORMDESK_DATABASE_URL=postgresql://owner@db/desk stormdesk migrate")
def migrate() -> None:
    """Bring the database's schema up to date; repeating it is harmless."""
    from stormdesk.database import opened_database
    from stormdesk.stages import bring_schema_up_to_date

    with opened_database(Settings()) as database:
        bring_schema_up_to_date(database)
    console.print("The schema is up to date.")


@app.command(epilog="Example: docker compose run --rm migrate prepare")
def prepare() -> None:
    """Do what the first run of `up` does before it serves; what is done is not repeated."""
    from stormdesk.database import opened_database
    from stormdesk.stages import get_ready
    from stormdesk.welcome import show_sign_ins

    settings = Settings()
    with opened_database(settings) as database:
        show_sign_ins(console, settings, get_ready(settings, database, console))


@app.command(epilog="Example: stormdesk replay --speed 60")
def replay(
    speed: Annotated[
        float,
        typer.Option(min=0, max=MOST_SPEED, help="Replayed seconds per second; 0 stands still."),
    ],
) -> None:
    """Let the replayed clock go faster or slower, or stand still, from where it is."""
    from stormdesk.database import opened_database
    from stormdesk.story import let_time_run

    with opened_database(Settings()):
        at = let_time_run(speed)
    console.print(f"The replay goes on from {at:%-d %B %Y %H:%M} UTC at speed {speed:g}.")


@app.command("check-schema", epilog="Example: stormdesk check-schema")
def check_schema() -> None:
    """Compare the models with what the migrations make, on a throw-away server."""
    from stormdesk.schema import refuse_unmigrated_models

    refuse_unmigrated_models()
    console.print("The migrations make what the models say.")


@app.command(epilog="Example: stormdesk serve dashboard")
def serve(
    service: Annotated[
        str,
        typer.Argument(help="mail, code, daemon, web (read-only), web-admin, dashboard or watch"),
    ],
) -> None:
    """Run one service in this process, as a container does; `up` runs them all."""
    from stormdesk.serve import run_one

    run_one(Settings(), service)


app.command("backfill", epilog=feed_commands.BACKFILL_EXAMPLE)(feed_commands.backfill)
app.command("ingest", epilog=feed_commands.INGEST_EXAMPLE)(feed_commands.ingest)


def main() -> NoReturn:
    """Run the command line; the only place where a refusal becomes words and an exit code."""
    try:
        app()
    except ValidationError as failure:
        _refuse(_of_settings(failure))
    except Exception as failure:
        refusal = _foreseen(failure)
        if refusal is None:
            raise
        _refuse(refusal)
    sys.exit(0)


def _foreseen(failure: Exception) -> StormdeskRefused | None:
    if isinstance(failure, StormdeskRefused):
        return failure
    from stormdesk.explained import explained  # what it knows takes a second to import

    home = Settings().home
    if isinstance(failure, OSError) and str(failure.filename or "").startswith(str(home)):
        return StateFolderUnusable.because(home, failure)
    return explained(failure, home)


def _of_settings(failure: ValidationError) -> StormdeskRefused:
    first = failure.errors()[0]
    name = "_".join(["STORMDESK", *(str(part) for part in first["loc"])]).upper()
    return StormdeskRefused(
        f"{name} is {first['input']!r}: {first['msg'].lower()}.", "Correct or unset it."
    )


def _refuse(refusal: StormdeskRefused) -> NoReturn:
    errors = Console(stderr=True, highlight=False, soft_wrap=True)
    errors.print(refusal.sentence, style="bold red", markup=False)
    errors.print(refusal.remedy, markup=False)
    sys.exit(refusal.exit_code)
