"""Fifty kills during a storm, beside servers that misbehave: nobody is forgotten, nobody nagged."""

import os
import random
import subprocess
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from threading import Event

import psutil
import pytest
from rich.console import Console
from sqlalchemy import select, text

from tests.factories.airport import make_airport
from tests.factories.user import make_actor
from tests.faults.mischief import HANGS_S, Arrival, Mischief, bad_servers
from tests.faults.storm_under_fire import Storm, count_hours
from tests.running_desk import RunningDesk, is_awake, running_desk, wait_until
from warehouse.queries.audit_verification import verify_history
from warehouse.schema.alerting import Alert
from warehouse.session import Access, forget_engines, transaction
from warehouse.vocabulary import Role

KILLS, LEAST_OF_A_KIND = 50, 3
GAP_S = (9.0, 13.0)
"""Four kinds in turn, so that none ends five times in the two minutes after which `up` gives up."""
SETTLE_S = 900.0
SEED = 20131208
ON_ITS_WAY = timedelta(seconds=HANGS_S + 3)
"""What was being handed over when somebody took its alert still arrives, within this."""

VICTIMS = ("postgres", "daemon", "run worker", "dashboard", "code")
FORGOTTEN = """
SELECT count(*) FROM alerting.alert WHERE kind = 'flight' AND status = 'open'
  AND NOT EXISTS (SELECT FROM alerting.escalation WHERE escalation.alert_id = alert.alert_id)
"""
UNSETTLED = """
SELECT count(*) FROM alerting.notification WHERE status IN ('pending', 'sending')
"""
ENDINGS = """
SELECT message_id, status, attempts, last_error FROM alerting.notification WHERE channel <> 'sink'
"""
UNBALANCED = """
SELECT count(*) FROM feeds.batch WHERE received_count
  <> accepted_count + unchanged_count + superseded_count + quarantined_count
"""


def counted(statement: str) -> int:
    with transaction(Access.OWNER) as session:
        return session.execute(text(statement)).scalar_one()


@contextmanager
def kept_running(desk: RunningDesk, said: list[str]) -> Iterator["Future[None]"]:
    """Do what `stormdesk up` does while it runs: start again what ended."""
    over = Event()

    def keep() -> None:
        while not over.wait(0.25):
            if desk.database.server is not None:
                said.extend(desk.database.server.restart_ended())
            said.extend(desk.supervisor.restart_ended())

    with ThreadPoolExecutor(1) as pool:
        keeping = pool.submit(keep)
        try:
            yield keeping
        finally:
            over.set()
            keeping.result()


def kill_one(desk: RunningDesk, victim: str) -> str | None:
    """Kill a process, and name it; None where there is none of its kind just now."""
    process = find(desk, victim)
    if process is None:
        return None
    process.kill()
    return victim


def find(desk: RunningDesk, victim: str) -> psutil.Process | None:
    if victim == "run worker":
        return next((each for each in psutil.process_iter() if is_run_worker(each, desk)), None)
    server = desk.database.server
    if victim == "postgres":
        own = server.process if server else None
    else:
        own = desk.supervisor._running[desk.services[victim]]
    return psutil.Process(own.pid) if own is not None and own.poll() is None else None


def is_run_worker(process: psutil.Process, desk: RunningDesk) -> bool:
    """Tell whether a process executes a run of this desk; it may have outlived its code server.

    The code server forks none: it begins each by spawning.
    """
    try:
        is_spawned = any("spawn_main" in part for part in process.cmdline())
        return is_spawned and process.cwd() == str(desk.settings.home)
    except psutil.Error:
        return False


def kill_many(desk: RunningDesk, chance: random.Random, keeping: "Future[None]") -> Counter[str]:
    """Kill one after the other, of the kind that was hit least and is there just now."""
    killed: Counter[str] = Counter()
    while killed.total() < KILLS and not keeping.done():
        time.sleep(chance.uniform(*GAP_S))
        rarest = sorted(VICTIMS, key=lambda kind: (killed[kind], chance.random()))
        done = next(filter(None, (kill_one(desk, victim) for victim in rarest)), None)
        killed.update([done] if done else [])
    return killed


def is_settled() -> bool:
    try:
        return counted(FORGOTTEN) == 0 and counted(UNSETTLED) == 0
    except Exception:  # noqa: BLE001 (whatever it is, it has not settled)
        forget_engines()
        return False


def too_late(storm: Storm, arrivals: list[Arrival]) -> list[Arrival]:
    """List the pages that arrived after somebody had taken their alert, and were not under way."""
    return [
        each
        for each in arrivals
        if each.alert_id in storm.acknowledged_at
        and each.at > storm.acknowledged_at[each.alert_id] + ON_ITS_WAY
    ]


def unexplained(arrivals: list[Arrival]) -> list[str]:
    """List the messages that came more often than they were sent, or never and yet are sent."""
    came = Counter(each.message_id for each in arrivals)
    with transaction(Access.OWNER) as session:
        rows = session.execute(text(ENDINGS)).all()
    return [
        f"{row.message_id}: {row.status}, came {came[row.message_id]} times in {row.attempts} tries"
        for row in rows
        if came[row.message_id] > row.attempts or (row.status == "dead" and not row.last_error)
    ]


def tell(killed: Counter[str], storm: Storm, mischief: Mischief, said: list[str]) -> None:
    came = Counter(each.message_id for each in mischief.arrivals)
    with transaction(Access.OWNER) as session:
        endings = Counter(row.status for row in session.execute(text(ENDINGS)))
    console = Console(width=140)
    console.print(f"\nKilled: {dict(killed)}; {len(said)} restarts by itself")
    console.print(
        f"{storm.hours_loaded} hours loaded, {len(storm.acknowledged_at)} alerts taken, "
        f"{storm.broken_off} transactions broken off; messages {dict(endings)}; "
        f"{sum(count - 1 for count in came.values())} mails came once more than once"
    )


@pytest.mark.timeout(3_600)
def test_fifty_kills_forget_nobody(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STORMDESK_WEBHOOK_SECRET", "of the test")
    monkeypatch.setenv("STORMDESK_WEBHOOK_ALLOWS_PRIVATE_ADDRESSES", "true")
    chance, said, over = random.Random(SEED), list[str](), Event()
    services = ("code", "daemon", "dashboard")
    with (
        bad_servers(SEED) as (mischief, port, hook_url),
        running_desk(tmp_path / "desk", smtp_port=port, services=services) as desk,
        ThreadPoolExecutor(1) as pool,
    ):
        wait_until(is_awake("notifications_due"), within_s=180, what="the first tick")
        with transaction(Access.OWNER) as session:
            make_airport(session, "JFK")
            storm = Storm(desk, make_actor(session, Role.AGENT), hook_url, random.Random(SEED))
        with kept_running(desk, said) as keeping:
            raging = pool.submit(storm.rage, over)
            killed = kill_many(desk, chance, keeping)
            over.set()
            raging.result()
            mischief.is_on = False
            wait_until(is_settled, within_s=SETTLE_S, what="the end of the storm")
        tell(killed, storm, mischief, said)
        assert counted(FORGOTTEN) == 0
        assert too_late(storm, mischief.arrivals) == []
        assert unexplained(mischief.arrivals) == []
        assert count_hours() >= storm.hours_loaded
        assert counted(UNBALANCED) == 0
        with transaction(Access.OWNER) as session:
            assert verify_history(session).is_intact
        assert min(killed[victim] for victim in VICTIMS) >= LEAST_OF_A_KIND


@contextmanager
def full_disk(place: Path) -> Iterator[None]:
    """Mount a tiny disk and fill it; skip where one may not mount."""
    place.mkdir(parents=True, exist_ok=True)
    mount = ["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", str(place)]
    if os.geteuid() or subprocess.run(mount, check=False, capture_output=True).returncode:
        pytest.skip("no right to mount a small disk")
    try:
        yield
    finally:
        subprocess.run(["umount", "-l", str(place)], check=True)


def fill(place: Path) -> None:
    with (place / "filler").open("wb", buffering=0) as file:
        try:
            while True:
                file.write(bytes(4096))
        except OSError:
            return


@pytest.mark.timeout(900)
def test_a_full_disk_of_logs_keeps_nobody_from_being_paged(tmp_path: Path) -> None:
    home = tmp_path / "desk"
    with (
        bad_servers(SEED) as (mischief, port, _hook_url),
        full_disk(home / "logs"),
        running_desk(home, smtp_port=port) as desk,
    ):
        mischief.is_on = False
        wait_until(is_awake("notifications_due"), within_s=180, what="the first tick")
        fill(home / "logs")
        with transaction(Access.OWNER) as session:
            storm = Storm(desk, make_actor(session, Role.AGENT), "", random.Random(SEED))
            storm.raise_alert(session)
            raised = session.scalars(select(Alert.alert_id).where(Alert.kind == "flight")).one()

        def arrived() -> bool:
            # The desk may page about itself meanwhile.
            return raised in {arrival.alert_id for arrival in mischief.arrivals}

        wait_until(arrived, within_s=120, what="the page")
        assert counted(FORGOTTEN) == 0
