"""The storm as Stormdesk's own story: load the year, train on its past, relive it to an instant."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from secrets import token_urlsafe
from typing import TYPE_CHECKING

from stormdesk.cast import DESK
from stormdesk.desk import open_desk
from stormdesk.mailsink import keeping_mail
from stormdesk.progress import Progress
from stormdesk.relive import STEP, Stage, relive
from stormdesk.services import EVENTS_TOGETHER
from stormdesk.settings import Settings
from stormdesk.welcome import SignIn
from warehouse.errors import NotFound
from warehouse.operations.clock import set_replay_clock
from warehouse.operations.customers import ensure_customer
from warehouse.operations.engine import finish_chapter
from warehouse.operations.people import change_password
from warehouse.queries.clock import current_instant
from warehouse.queries.engine import has_chapter
from warehouse.queries.open_fallbacks import get_affected_traveller, list_open_fallbacks
from warehouse.queries.people import find_actor
from warehouse.rules.passwords import hash_password
from warehouse.session import Access, transaction
from warehouse.vocabulary import SYSTEM, Actor, Channel, FallbackStatus, Role

if TYPE_CHECKING:
    import dagster as dg
    from sqlalchemy.orm import Session

SENDER = "desk@stormdesk.example"
JOB = "up"
HANDED_OVER = "handed over"
STORM_STARTS_AT = datetime(2013, 12, 8, 5, tzinfo=UTC)
"""Midnight of 8 December in New York."""
STORM_ENDS_AT = datetime(2013, 12, 12, 5, tzinfo=UTC)
"""Midnight after 11 December in New York."""
PICKED_UP_AT = datetime(2013, 12, 10, 11, tzinfo=UTC)
"""Six in the morning of 10 December in New York: where `stormdesk up` takes over."""


def prepare(progress: Progress) -> None:
    """Bring a new database to where a person takes over, at the pace of the clock.

    What is done is not done again, so an interrupted first run goes on where it stopped.

    Parameters
    ----------
    progress:
        Where each step is shown.
    """
    settings = Settings()
    with kept_instance(settings) as instance:
        play(settings, instance, job=JOB, until=PICKED_UP_AT, progress=progress)
    with transaction(Access.PIPELINE) as session:
        if not has_chapter(session, JOB, HANDED_OVER):  # else the desk's own time has gone on
            set_replay_clock(session, SYSTEM, replayed_at=PICKED_UP_AT, speed=1)
            finish_chapter(session, JOB, HANDED_OVER, at=PICKED_UP_AT)


def let_time_run(speed: float) -> datetime:
    """Go on from the replayed instant at another speed, and give that instant in UTC."""
    with transaction(Access.PIPELINE) as session:
        at = current_instant(session)
        set_replay_clock(session, SYSTEM, replayed_at=at, speed=speed)
    return at


def play(
    settings: Settings,
    instance: dg.DagsterInstance,
    *,
    job: str,
    until: datetime,
    progress: Progress,
) -> None:
    """Load, train and relive the storm from its start to an instant.

    Parameters
    ----------
    settings:
        Where everything is.
    instance:
        Where Dagster keeps the runs.
    job:
        Names the chapters, so that an interrupted play goes on.
    until:
        The last instant, UTC.
    progress:
        Where each step is shown.
    """
    with progress.step("Opening the desk: people, shifts, policies"):
        _open_desk()
    with progress.step("Loading the flights, weather and bookings of 2013"):
        _once(job, "history", lambda: _load_history(instance))
    with progress.step("Training the first model on what was known"):
        _once(job, "model", lambda: _train(instance))
    steps = (until - STORM_STARTS_AT) / STEP
    words = f"Reliving 8 December to {until.astimezone(UTC):%-d December %H:%M} UTC"
    with progress.step(words, total=steps) as advance, keeping_mail(settings.mail) as address:
        stage = _stage(instance, address, settings.dashboard_url)
        relive(stage, job=job, start=STORM_STARTS_AT, until=until, advance=advance)


def _open_desk() -> None:
    with transaction(Access.OWNER) as session:
        open_desk(session)


def _once(job: str, chapter: str, do: Callable[[], None]) -> None:
    with transaction(Access.PIPELINE) as session:
        if has_chapter(session, job, chapter):
            return
        set_replay_clock(session, SYSTEM, replayed_at=STORM_STARTS_AT, speed=0)
    do()
    with transaction(Access.PIPELINE) as session:
        finish_chapter(session, job, chapter, at=STORM_STARTS_AT)


def _load_history(instance: dg.DagsterInstance) -> None:
    from pipelines.initial_load import load_history

    load_history(STORM_STARTS_AT, instance=instance)


def _train(instance: dg.DagsterInstance) -> None:
    from pipelines.definitions import defs

    defs().resolve_job_def("train").execute_in_process(instance=instance)


def _stage(instance: dg.DagsterInstance, mail: tuple[str, int], dashboard_url: str) -> Stage:
    from pipelines.channels.email import EmailChannel
    from pipelines.definitions import defs

    host, port = mail
    return Stage(
        definitions=defs(),
        instance=instance,
        channels={Channel.EMAIL: EmailChannel(host=host, port=port, sender=SENDER)},
        dashboard_url=dashboard_url,
    )


@contextmanager
def kept_instance(settings: Settings) -> Iterator[dg.DagsterInstance]:
    """Open the Dagster instance that `up` serves, so that analysts see these runs too.

    Yields
    ------
    :
        The instance, as the shipped dagster.yaml describes it.
    """
    import dagster as dg

    os.environ["DAGSTER_LOG_DIR"] = str(settings.logs / "dagster")
    os.environ["DAGSTER_HOME"] = str(settings.dagster_home)
    os.environ.update(EVENTS_TOGETHER)
    with dg.DagsterInstance.get() as instance:
        # One kept connection instead of a new one per event: a third off every replayed hour.
        instance.optimize_for_webserver(
            statement_timeout=60_000, pool_recycle=3_600, max_overflow=20
        )
        yield instance


def create_users() -> list[SignIn]:
    """Give everybody of the desk, and one stranded customer, a password of their own.

    Returns
    -------
    :
        Names and passwords, to be shown once; what was given before no longer works.
    """
    with transaction(Access.OWNER) as session:
        at = current_instant(session)
        people = [(colleague.username, colleague.role.value) for colleague in DESK]
        people.append((_stranded_customer(session, at).username, Role.CUSTOMER.value))
        return [_with_password(session, username, role, at) for username, role in people]


def _stranded_customer(session: Session, at: datetime) -> Actor:
    """Choose somebody with a room to answer for, or else one who can soon be offered it."""
    waiting = [
        held
        for status in (FallbackStatus.OFFERED, FallbackStatus.HELD)
        for held in list_open_fallbacks(session, SYSTEM, status, at=at)
    ]
    if waiting:
        return ensure_customer(session, SYSTEM, waiting[0].lead_traveller_id, at=at)
    return ensure_customer(session, SYSTEM, get_affected_traveller(session), at=at)


def _with_password(session: Session, username: str, role: str, at: datetime) -> SignIn:
    password = token_urlsafe(12)
    actor = find_actor(session, username)
    if actor is None or actor.user_id is None:
        raise NotFound("active user", username)
    change_password(session, SYSTEM, actor.user_id, hash_password(password), at=at)
    return SignIn(username, role, password)
