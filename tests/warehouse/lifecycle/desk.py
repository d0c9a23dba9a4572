"""A desk to act on: people, flights with bookings, ladders; emptied as often as needed."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime, timedelta

import psycopg
from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import Session

from stormdesk.credentials import SUPERUSER
from stormdesk.embedded import EmbeddedServer
from tests.databases import database_for
from tests.factories.booking import make_booking, make_leg
from tests.factories.defaults import STORM_AT
from tests.factories.flight import make_flight
from tests.factories.policy import make_alert_policy
from tests.factories.traveller import make_traveller
from tests.factories.user import actor_of, make_user
from tests.warehouse.lifecycle.journal import keep_journal
from warehouse.errors import TransitionRefused
from warehouse.operations import policies, shift_assignments
from warehouse.operations.raising import AlertCandidate
from warehouse.rules.escalation_policy import LadderStep
from warehouse.rules.page_rate import PageRate
from warehouse.rules.storm_control import StormControl
from warehouse.rules.wall_time import Window
from warehouse.schema.alerting import Alert
from warehouse.session import Access, transaction
from warehouse.vocabulary import (
    SYSTEM,
    Actor,
    AlertBasis,
    AlertId,
    AlertKind,
    Channel,
    FlightId,
    Role,
    Severity,
    StepTarget,
    UserId,
)

FLIGHTS = 3
STORMY = "in storms"
"""The ladder under which all but one alert an hour join a storm: every flight leaves from JFK."""
ONE_AN_HOUR = StormControl(cap_alerts=1, window_minutes=60)
TIMEOUTS = {Severity.CRITICAL: 30, Severity.HIGH: 60, Severity.MEDIUM: 120, Severity.LOW: 240}
EMPTIED = (
    "journal.change",
    "journal.departure",
    "alerting.delivery_attempt",
    "alerting.notification",
    "alerting.escalation",
    "alerting.acknowledgement",
    "alerting.affected_booking",
    "alerting.alert",
    "audit.entry",
    "people.stand",
    "people.shift_override",
    "people.shift_assignment",
    "people.shift",
)


@dataclass(frozen=True)
class Desk:
    """Who works here, whose flights it watches, and where it is kept."""

    server: EmbeddedServer
    database: str
    agents: tuple[Actor, ...]
    manager: Actor
    stranger: Actor
    flights: tuple[FlightId, ...]

    @property
    def people(self) -> tuple[Actor, ...]:
        """Everybody who may respond to an alert."""
        return (*self.agents, self.manager)

    def as_superuser(self, *statements: str) -> None:
        """Run statements that no operation may: as one whom no trigger and no grant stops."""
        url = self.server.url(self.database, SUPERUSER).replace("+psycopg", "")
        with psycopg.connect(url) as superuser:
            superuser.execute("SET session_replication_role = replica")
            for statement in statements:
                superuser.execute(statement)

    def empty(self) -> None:
        """Forget every alert, shift and audit entry; people, flights and ladders stay."""
        scheduled = "UPDATE travel.flight SET status = 'scheduled', actual_departure_at = NULL"
        self.as_superuser(*(f"DELETE FROM {table}" for table in EMPTIED), scheduled)


@contextmanager
def desk_in(server: EmbeddedServer, template: str) -> Iterator[Desk]:
    """Give a desk in a database of its own, whose journal is kept."""
    with database_for(server, template) as database:
        with transaction(Access.OWNER) as session:
            keep_journal(session)
            make_alert_policy(session)
            # The agents and the manager have e-mail; only the first agent has a phone.
            phone = {"phone": "+12125550100", "phone_verified_at": STORM_AT}
            users = [make_user(session, **phone), make_user(session), make_user(session)]
            manager = make_user(session, roles=[Role.MANAGER])
            analyst = make_user(session, roles=[Role.ANALYST])
            desk = Desk(
                server=server,
                database=database,
                agents=tuple(actor_of(user, Role.AGENT) for user in users),
                manager=actor_of(manager, Role.MANAGER),
                stranger=actor_of(analyst, Role.ANALYST),
                flights=tuple(
                    _booked_flight(session, party=1 + 3 * (n == 0)) for n in range(FLIGHTS)
                ),
            )
        yield desk


def _booked_flight(session: Session, *, party: int) -> FlightId:
    flight = make_flight(session)
    travellers = [make_traveller(session) for _ in range(party)]
    booking = make_booking(session, travellers=travellers)
    make_leg(session, booking_id=booking.booking_id, flight_id=flight.flight_id)
    return FlightId(flight.flight_id)


def _rung(level: int, delay_minutes: int, role: Role | UserId, *channels: Channel) -> LadderStep:
    on_shift = isinstance(role, Role)
    return LadderStep(
        level=level,
        delay_minutes=delay_minutes,
        target=StepTarget.ON_SHIFT if on_shift else StepTarget.USER,
        role=role if on_shift else None,
        user_id=None if on_shift else role,
        channels=channels,
        fallback_kind=None,
    )


RATES = {
    "tall": PageRate(1, 15),
    "short": PageRate(1_000, 1),
    "by phone": PageRate(2, 5),
    STORMY: PageRate(1, 15),
}
"""How many pages a person gets one by one, by ladder: few, so that they come in digests."""


def ladders(desk: Desk) -> dict[str, tuple[int, bool, tuple[LadderStep, ...]]]:
    """Give the ladders to draw from: how often each repeats, whether a rise reopens, its rungs."""
    person = desk.agents[2].user_id
    assert person is not None
    return {
        "tall": (
            1,
            True,
            (
                _rung(1, 10, Role.AGENT, Channel.EMAIL),
                _rung(2, 15, Role.MANAGER, Channel.EMAIL, Channel.SMS),
                _rung(3, 5, person, Channel.EMAIL),
            ),
        ),
        "short": (0, False, (_rung(1, 10, Role.AGENT, Channel.SMS, Channel.EMAIL),)),
        "by phone": (
            1,
            True,
            (_rung(1, 20, Role.AGENT, Channel.SMS), _rung(2, 10, Role.MANAGER, Channel.SMS)),
        ),
        STORMY: (
            1,
            True,
            (_rung(1, 10, Role.AGENT, Channel.EMAIL), _rung(2, 15, Role.MANAGER, Channel.EMAIL)),
        ),
    }


def publish(desk: Desk, name: str, at: datetime) -> None:
    """Publish the next version of a ladder; what is raised from now on climbs it."""
    repeat_count, reopens, steps = ladders(desk)[name]
    catch_all = desk.manager.user_id
    assert catch_all is not None
    with transaction(Access.OWNER) as session:
        policies.publish_escalation_policy(
            session,
            SYSTEM,
            name=name,
            steps=steps,
            repeat_count=repeat_count,
            catch_all_user_id=catch_all,
            ack_timeout_minutes=TIMEOUTS,
            reopens_on_severity_rise=reopens,
            storm=ONE_AN_HOUR if name == STORMY else None,
            at=at,
            rate=RATES[name],
        )


def put_on_shift(desk: Desk, people: Iterable[int], at: datetime, hours: int = 8) -> None:
    """Put people on shift from an instant on; who is on shift already stays so."""
    window = Window(at, at + timedelta(hours=hours), "America/New_York")
    for actor in (desk.people[person] for person in people):
        assert actor.user_id is not None
        role = next(iter(actor.roles))
        with suppress(TransitionRefused), transaction(Access.OWNER) as session:
            shift_assignments.assign_shift(
                session,
                SYSTEM,
                name="Watch",
                window=window,
                user_id=actor.user_id,
                role=role,
                at=at,
            )


def fact(flight_id: FlightId, probability: float | None) -> AlertCandidate:
    """Say that a flight is expected to be disrupted, or for None that it is reported to be."""
    basis = AlertBasis.REPORTED if probability is None else AlertBasis.PREDICTED
    return AlertCandidate(flight_id, basis, probability, None, [])


def latest_alert(flight_id: FlightId) -> Alert | None:
    """Find the newest alert about a flight, closed or not."""
    return _newest(Alert.flight_id == flight_id)


def latest_storm() -> Alert | None:
    """Find the newest storm, over or not."""
    return _newest(Alert.kind == AlertKind.STORM.value)


def _newest(which: ColumnElement[bool]) -> Alert | None:
    statement = select(Alert).where(which).order_by(Alert.alert_id.desc())
    with transaction(Access.OWNER) as session:
        return session.scalar(statement.limit(1))


def latest_id(flight_id: FlightId) -> AlertId | None:
    """Find the newest alert's identifier."""
    alert = latest_alert(flight_id)
    return None if alert is None else AlertId(alert.alert_id)
