"""`stormdesk demo`: the storm relived headless in a database of its own, and reported on."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

from rich.console import Console

from stormdesk.chatter import chatter_kept_in
from stormdesk.demo_database import demo_database
from stormdesk.demo_report import DemoReport, Invariants, show
from stormdesk.progress import Progress
from stormdesk.settings import Settings
from stormdesk.state_folder import held_lock, open_state_folder, refuse_full_disk
from stormdesk.story import STORM_ENDS_AT, STORM_STARTS_AT, play
from warehouse.operations.audit_seals import seal_history
from warehouse.operations.engine import finish_chapter
from warehouse.queries.audit_verification import verify_history
from warehouse.queries.clock import current_instant
from warehouse.queries.desk_report import get_desk_report
from warehouse.queries.engine import has_chapter
from warehouse.queries.invariants import count_breaches
from warehouse.queries.inventory import ledger_mismatches
from warehouse.queries.policies import get_policy
from warehouse.rules.severity import alert_threshold
from warehouse.session import Access, transaction

JOB = "demo"
TOLD = "report told"
LOCK_NAME = "demo.lock"
OVERDUE = timedelta(minutes=30)


def run(*, as_json: bool) -> int:
    """Relive 8 to 11 December 2013 and print the report.

    A demo that was cut short goes on where it stopped; one that told its report starts afresh.

    Parameters
    ----------
    as_json:
        Print the report as JSON on standard output; progress then goes to standard error.

    Returns
    -------
    :
        0 when every invariant held, else 1.
    """
    console = _console(as_json=as_json)
    settings = Settings()
    open_state_folder(settings.home)
    refuse_full_disk(settings.home)
    with held_lock(settings.home / LOCK_NAME), demo_database(settings) as database:
        if _was_told():
            database.start_afresh()
        report = _relive(settings, console)
        _mark_told()
    if as_json:
        print(json.dumps(report.as_dict(), indent=2))
    else:
        show(console, report)
    return 1 if report.invariants.broken else 0


def _console(*, as_json: bool) -> Console:
    """Show progress beside the JSON, on a copy of standard error: libraries get the other."""
    if not as_json:
        return Console(highlight=False)
    return Console(file=os.fdopen(os.dup(2), "w"), highlight=False)


def _was_told() -> bool:
    with transaction(Access.PIPELINE) as session:
        return has_chapter(session, JOB, TOLD)


def _mark_told() -> None:
    with transaction(Access.PIPELINE) as session:
        finish_chapter(session, JOB, TOLD, at=STORM_ENDS_AT)


def _relive(settings: Settings, console: Console) -> DemoReport:
    from stormdesk.forgetful import forgetful_instance  # Dagster takes seconds to import

    timings: dict[str, float] = {}
    demo_settings = settings.model_copy(update={"home": settings.home / "demo"})
    log = settings.logs / "demo.log"
    with (
        chatter_kept_in(log),
        Progress(console) as progress,
        forgetful_instance() as instance,
    ):
        with _timed(timings, "story_seconds"):
            play(demo_settings, instance, job=JOB, until=STORM_ENDS_AT, progress=progress)
        with progress.step("Sealing and verifying the audit"), _timed(timings, "report_seconds"):
            return _report(timings)


@contextmanager
def _timed(timings: dict[str, float], name: str) -> Iterator[None]:
    began = time.perf_counter()
    yield
    timings[name] = round(time.perf_counter() - began, 1)


def _report(timings: dict[str, float]) -> DemoReport:
    with transaction(Access.OWNER) as session:
        seal_history(session, at=current_instant(session))
    with transaction(Access.OWNER) as session:
        at = current_instant(session)
        policy = get_policy(session, at=at)
        desk = get_desk_report(
            session,
            start=STORM_STARTS_AT,
            until=STORM_ENDS_AT,
            threshold=alert_threshold(policy.stakes),
        )
        breaches = count_breaches(session, overdue_since=at - OVERDUE)
        mismatches = ledger_mismatches(session)
        verification = verify_history(session)
    invariants = Invariants(
        rooms_oversold=sum(each.is_oversold_by_us for each in mismatches),
        ledger_mismatches=len(mismatches),
        features_from_the_future=breaches.features_from_the_future,
        pages_after_acknowledgement=breaches.pages_after_acknowledgement,
        due_and_not_escalated=breaches.due_and_not_escalated,
        undelivered_mails=breaches.undelivered,
        is_audit_verified=verification.is_intact,
    )
    return DemoReport(desk, invariants, breaches.acts_audited, timings)
