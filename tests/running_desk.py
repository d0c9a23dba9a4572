"""A live desk as `stormdesk up` runs it: a durable Postgres, the code server, the daemon."""

import os
import socket
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy.orm import Session

from stormdesk.database import Database, opened_database
from stormdesk.services import DATABASE_URLS, Service, all_services
from stormdesk.settings import Settings
from stormdesk.stages import bring_schema_up_to_date, lay_out_dagster_home
from stormdesk.supervisor import Supervisor
from warehouse.operations.clock import found_database
from warehouse.operations.people import add_user
from warehouse.operations.policies import publish_escalation_policy
from warehouse.queries.engine import list_heartbeats
from warehouse.rules.escalation_policy import LadderStep
from warehouse.rules.page_rate import PageRate
from warehouse.session import Access, forget_engines, transaction
from warehouse.vocabulary import SYSTEM, Channel, Role, Severity, StepTarget

DRIVEN = ("code", "daemon")
AWAKE_WITHIN_S = 120.0
HOUR_MINUTES = 60


@dataclass(frozen=True)
class RunningDesk:
    """A desk whose services run, and what they were started with."""

    settings: Settings
    database: Database
    supervisor: Supervisor
    services: Mapping[str, Service]
    policy_version_id: int

    def environment(self, **more: str) -> dict[str, str]:
        """Give what a command beside it is told: where the desk lives, and to find the rest."""
        kept = {name: text for name, text in os.environ.items() if name not in DATABASE_URLS}
        return kept | {"STORMDESK_HOME": str(self.settings.home)} | more


def free_ports(count: int) -> list[int]:
    """Find ports that nobody listens on."""
    probes = [socket.socket() for _ in range(count)]
    try:
        for probe in probes:
            probe.bind(("127.0.0.1", 0))
        return [int(probe.getsockname()[1]) for probe in probes]
    finally:
        for probe in probes:
            probe.close()


@contextmanager
def running_desk(
    home: Path, *, smtp_port: int, services: tuple[str, ...] = DRIVEN
) -> Iterator[RunningDesk]:
    """Found a live desk with one catch-all on its ladder, and run its services until the end."""
    ports = free_ports(4)
    settings = Settings(
        home=home,
        smtp_port=smtp_port,
        code_port=ports[0],
        dashboard_port=ports[1],
        dagster_port=ports[2],
        dagster_read_only_port=ports[3],
    )
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("STORMDESK_PROFILE", "live")
        settings.logs.mkdir(parents=True, exist_ok=True)
        with opened_database(settings) as database:
            lay_out_dagster_home(settings)
            forget_engines()
            bring_schema_up_to_date(database)
            version = _found()
            supervisor = Supervisor(settings, database.urls)
            started = {name: all_services(settings)[name] for name in services}
            try:
                for service in started.values():
                    supervisor.start(service)
                    supervisor.wait_until_ready(service)
                yield RunningDesk(settings, database, supervisor, started, version)
            finally:
                supervisor.stop()
                forget_engines()
                for name in database.urls:
                    os.environ.pop(name, None)


def _found() -> int:
    at = datetime.now(UTC)
    with transaction(Access.OWNER) as session:
        found_database(session, is_replay=False, at=at)
        user_id = add_user(
            session,
            SYSTEM,
            username="admin",
            display_name="Ada Stone",
            email="admin@stormdesk.example",
            roles={Role.ADMIN},
            password_hash=None,
            time_zone="America/New_York",
            at=at,
        )
        step = LadderStep(1, HOUR_MINUTES, StepTarget.USER, None, user_id, (Channel.EMAIL,), None)
        return publish_escalation_policy(
            session,
            SYSTEM,
            name="Flight disruption",
            steps=[step],
            repeat_count=0,
            catch_all_user_id=user_id,
            ack_timeout_minutes=dict.fromkeys(Severity, HOUR_MINUTES),
            reopens_on_severity_rise=True,
            at=at,
            # Each page goes by itself, so that every alert has a mail to be looked for.
            rate=PageRate(1_000_000, 1),
        )


def wait_until(condition: Callable[[], bool], *, within_s: float, what: str) -> None:
    """Look twice a second until something holds; a test that waits in vain says for what."""
    until = time.monotonic() + within_s
    while not condition():
        assert time.monotonic() < until, f"{what} did not come about within {within_s:.0f} s"
        time.sleep(0.5)


def is_awake(component: str) -> Callable[[], bool]:
    """Tell whether a part of the engine has ticked."""

    def look() -> bool:
        with transaction(Access.OWNER) as session:
            return component in _components(session)

    return look


def _components(session: Session) -> set[str]:
    return {beat.component for beat in list_heartbeats(session)}
