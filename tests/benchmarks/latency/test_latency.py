"""How soon after an alert is due somebody is told, by the real daemon; alone and beside a backfill.

Others' figures stand beside ours as published: GoAlert's cycle and its one message a second and
channel, OnCall's auditor, LinkedIn's burst (docs and code of each).
"""

import random
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope
from aiosmtpd.smtp import Session as SmtpSession
from rich.console import Console
from rich.table import Table
from sqlalchemy import select

from tests.factories.alert import make_alert
from tests.running_desk import RunningDesk, free_ports, is_awake, running_desk, wait_until
from warehouse.schema.escalations import Escalation
from warehouse.session import Access, transaction

ALERTS = 200
SPREAD_S = 100.0
"""Two a second: the next ones come while those before are on their way."""
SEED = 20131208
ESCALATED_WITHIN_S, HANDED_OVER_WITHIN_S = 6.0, 15.0
BESIDE_A_BACKFILL = 2.0
ARRIVE_WITHIN_S = 240.0
PUBLISHED = (
    ("GoAlert", "its engine looks every 5 s, and sends 1 message a second and channel"),
    ("Grafana OnCall", "its auditor finds a missed escalation within 13 min"),
    ("LinkedIn Iris", "6,000 escalations in less than 10 s, vendors included"),
)


@dataclass
class Clocked:
    """An SMTP server that notes when it took the first mail of each alert."""

    taken_at: dict[int, datetime] = field(default_factory=dict)

    async def handle_DATA(  # noqa: N802 (the name that aiosmtpd calls)
        self, server: SMTP, session: SmtpSession, envelope: Envelope
    ) -> str:
        at = datetime.now(UTC)
        for line in bytes(envelope.content or b"").splitlines():
            name, _, value = line.partition(b": ")
            if name == b"X-Stormdesk-Alert":
                self.taken_at.setdefault(int(value.split(b"/")[0]), at)
        return "250 OK"


@dataclass(frozen=True)
class Latencies:
    """Seconds from due to escalated, and from due to handed over, an alert each."""

    escalated_s: list[float]
    handed_over_s: list[float]


@contextmanager
def clocked_mail() -> Iterator[tuple[Clocked, int]]:
    clocked, [port] = Clocked(), free_ports(1)
    controller = Controller(clocked, hostname="127.0.0.1", port=port)
    controller.start()
    try:
        yield clocked, port
    finally:
        controller.stop()


def raise_alerts(desk: RunningDesk) -> dict[int, datetime]:
    """Raise alerts that come due one after the other, from in a few seconds on."""
    chance = random.Random(SEED)
    begins = datetime.now(UTC) + timedelta(seconds=5)
    due: dict[int, datetime] = {}
    with transaction(Access.OWNER) as session:
        for _ in range(ALERTS):
            at = begins + timedelta(seconds=chance.uniform(0, SPREAD_S))
            alert = make_alert(
                session,
                policy_version_id=desk.policy_version_id,
                raised_at=begins,
                last_seen_at=begins,
                next_escalation_at=at,
            )
            due[alert.alert_id] = at
    return due


def measure(desk: RunningDesk, mail: Clocked) -> Latencies:
    due = raise_alerts(desk)
    wait_until(
        lambda: due.keys() <= mail.taken_at.keys(),
        within_s=SPREAD_S + ARRIVE_WITHIN_S,
        what="a mail of every alert",
    )
    with transaction(Access.OWNER) as session:
        query = select(Escalation.alert_id, Escalation.escalated_at)
        rows = session.execute(query.where(Escalation.alert_id.in_(due)))
        escalated = {row.alert_id: row.escalated_at for row in rows}
    return Latencies(
        [(escalated[alert] - at).total_seconds() for alert, at in due.items()],
        [(mail.taken_at[alert] - at).total_seconds() for alert, at in due.items()],
    )


@contextmanager
def backfilling(desk: RunningDesk, told: Path) -> Iterator["subprocess.Popen[bytes]"]:
    """Load the embedded year beside it, as a data engineer does."""
    command = [sys.executable, "-m", "stormdesk", "backfill", "--from", "2013-01-01"]
    environment = desk.environment(STORMDESK_PROFILE="replay")
    with told.open("wb") as file:
        process = subprocess.Popen(
            [*command, "--to", "2013-12-31"], env=environment, stdout=file, stderr=file
        )
    try:
        yield process
    finally:
        process.terminate()
        process.wait()


def show(rows: list[tuple[str, Latencies]]) -> None:
    table = Table("", "due → escalated", "due → handed to SMTP", title=f"{ALERTS} alerts, seconds")
    for name, latencies in rows:
        cells = [
            ", ".join(f"p{at} {np.percentile(seconds, at):.1f}" for at in (50, 95, 99))
            for seconds in (latencies.escalated_s, latencies.handed_over_s)
        ]
        table.add_row(name, *cells)
    console = Console(width=110)
    console.print(table)
    for name, words in PUBLISHED:
        console.print(f"{name}: {words}")


@pytest.mark.timeout(1_800)
def test_alerts_reach_smtp_in_seconds(tmp_path: Path) -> None:
    with clocked_mail() as (mail, port), running_desk(tmp_path / "desk", smtp_port=port) as desk:
        for component in ("escalation_due", "notifications_due"):
            wait_until(is_awake(component), within_s=120, what=f"a tick of {component}")
        alone = measure(desk, mail)
        told = tmp_path / "backfill.txt"
        with backfilling(desk, told) as backfill:
            time.sleep(10)
            beside = measure(desk, mail)
            ended = backfill.poll()
    show([("alone", alone), ("beside a backfill", beside)])
    assert ended is None, f"the backfill ended too soon to be in the way: {told.read_text()}"
    for factor, latencies in ((1.0, alone), (BESIDE_A_BACKFILL, beside)):
        assert np.percentile(latencies.escalated_s, 95) <= factor * ESCALATED_WITHIN_S
        assert np.percentile(latencies.handed_over_s, 95) <= factor * HANDED_OVER_WITHIN_S
