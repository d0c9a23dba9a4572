"""`python -m pipelines.simulator`: the providers on loopback, at the replay clock or an instant."""

from collections.abc import Callable
from datetime import UTC, datetime
from threading import Thread
from typing import Annotated

import typer
import uvicorn

from pipelines.partitions import HISTORY_ENDS_AT, HISTORY_STARTS_AT
from pipelines.simulator.app import create_app
from pipelines.simulator.facts import embedded_facts
from pipelines.simulator.faults import Faults
from warehouse.errors import WarehouseRefused

LOOPBACK = "127.0.0.1"


def main(
    port: Annotated[int, typer.Option(min=1, max=65_535, help="Where to listen.")] = 8700,
    at: Annotated[
        str | None,
        typer.Option(
            help="Stand still at this instant, in UTC unless it says otherwise, such as "
            "2013-12-10T11:00; without it, the database's replay clock is followed."
        ),
    ] = None,
) -> None:
    """Serve the simulated providers on loopback until stopped.

    Example: python -m pipelines.simulator --port 8700 --at 2013-12-10T11:00
    """
    clock = replay_clock if at is None else standing_clock(_instant(at))
    _refuse_outside_data(clock)
    typer.echo(f"Providers are simulated at http://{LOOPBACK}:{port} (Ctrl+C stops them).")
    facts = embedded_facts()
    # Else the first question takes as long as the year, which outlasts a client's patience.
    Thread(target=facts.build, daemon=True).start()
    uvicorn.run(create_app(facts, clock, Faults()), host=LOOPBACK, port=port, log_level="warning")


def replay_clock() -> datetime:
    """Give the desk's instant, as the database keeps it."""
    from warehouse.queries.clock import current_instant
    from warehouse.session import Access, transaction

    with transaction(Access.PIPELINE) as session:
        return current_instant(session)


def standing_clock(at: datetime) -> Callable[[], datetime]:
    """Give a clock that always shows the same instant."""
    return lambda: at


def _instant(text: str) -> datetime:
    try:
        read = datetime.fromisoformat(text)
    except ValueError:
        raise typer.BadParameter(f"{text!r} is no instant such as 2013-12-10T11:00.") from None
    return (read if read.tzinfo else read.replace(tzinfo=UTC)).astimezone(UTC)


def _refuse_outside_data(clock: Callable[[], datetime]) -> None:
    try:
        at = clock()
    except WarehouseRefused as error:
        raise typer.BadParameter(f"{error} Or give an instant with --at.") from error
    if not HISTORY_STARTS_AT <= at < HISTORY_ENDS_AT:
        raise typer.BadParameter(
            f"The clock shows {at:%d %B %Y} and the data is of 2013: start a replay, or give an "
            "instant with --at."
        )


if __name__ == "__main__":
    typer.run(main)
