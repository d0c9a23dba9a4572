"""Over a policy's cap, alerts of an airport join a storm: one pages for all, and none is lost."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import func, select, text
from sqlalchemy.exc import DBAPIError

from tests.factories.alert import make_alert
from tests.factories.booking import make_booking, make_leg
from tests.factories.defaults import STORM_AT
from tests.factories.flight import make_cancelled_flight, make_flight
from tests.factories.policy import make_alert_policy, make_policy_step, make_policy_version
from tests.factories.traveller import make_traveller
from tests.factories.user import make_actor, make_shift_assignment
from warehouse.operations.alert_cases import AlertCandidate
from warehouse.operations.alert_suppression import suppress_alert
from warehouse.operations.alerts import acknowledge_alert, release_alert, resolve_alert
from warehouse.operations.escalations import escalate_due_alerts
from warehouse.operations.raising import raise_flight_alerts
from warehouse.operations.storms import tend_storms
from warehouse.queries.alert_page import list_joined
from warehouse.queries.alerts import count_inbox
from warehouse.rules.storm_control import StormControl, joining
from warehouse.schema.alerting import Alert, Notification
from warehouse.schema.escalations import Escalation
from warehouse.session import Access, transaction
from warehouse.vocabulary import (
    SYSTEM,
    Actor,
    AlertBasis,
    AlertId,
    AlertKind,
    AlertStatus,
    CloseReason,
    FlightId,
    Severity,
)

CAP = 3
HOUR = timedelta(hours=1)
pytestmark = pytest.mark.usefixtures("database")


@pytest.fixture
def agent(database: str) -> Actor:
    """A desk with a cap of three alerts an hour, and the agent on shift."""
    with transaction(Access.OWNER) as session:
        make_alert_policy(session)
        version = make_policy_version(session, storm_cap_alerts=CAP, storm_window_minutes=60)
        version_id = version.policy_version_id
        make_policy_step(session, policy_version_id=version_id, fallback_kind="alternative_hotel")
        actor = make_actor(session)
        make_shift_assignment(session, user_id=actor.user_id)
    return actor


def a_flight(party: int = 1, origin: str = "JFK") -> FlightId:
    with transaction(Access.OWNER) as session:
        flight = make_cancelled_flight(session, origin=origin)
        booking = make_booking(session, travellers=[make_traveller(session) for _ in range(party)])
        make_leg(session, booking_id=booking.booking_id, flight_id=flight.flight_id)
        return FlightId(flight.flight_id)


def raise_(*flights: FlightId, at=STORM_AT, may_page: bool = True) -> None:
    candidates = [AlertCandidate(each, AlertBasis.REPORTED, None, None, []) for each in flights]
    with transaction(Access.PIPELINE) as session:
        raise_flight_alerts(session, SYSTEM, candidates, at=at, may_page=may_page)


def a_storm(alerts: int = CAP + 2) -> Alert:
    raise_(*[a_flight(party=1 + number) for number in range(alerts)])
    return the_storm()


def the_storm() -> Alert:
    with transaction(Access.OWNER) as session:
        return session.scalars(select(Alert).where(Alert.kind == AlertKind.STORM.value)).one()


def joined() -> list[Alert]:
    with transaction(Access.OWNER) as session:
        statement = select(Alert).where(Alert.parent_alert_id.is_not(None))
        return list(session.scalars(statement.order_by(Alert.alert_id)))


def sweep(at=STORM_AT) -> list[int]:
    with transaction(Access.PIPELINE) as session:
        return [each.alert_id for each in escalate_due_alerts(session, at=at).escalated]


def test_up_to_the_cap_every_alert_pages_by_itself(agent: Actor) -> None:
    raise_(*[a_flight() for _ in range(CAP)])
    assert len(sweep()) == CAP
    assert joined() == []


def test_over_the_cap_the_least_urgent_join_and_only_the_storm_pages(agent: Actor) -> None:
    storm = a_storm(CAP + 2)
    small = joined()
    assert sorted(alert.travellers_affected for alert in small) == [1, 2]
    assert (storm.travellers_affected, storm.occurrences) == (3, 2)
    assert storm.headline.startswith("Storm at JFK")
    assert "pages for 2 more alerts" in storm.headline
    assert storm.severity == max((alert.severity for alert in small), key=_rank)
    paged = sweep()
    assert len(paged) == CAP + 1
    assert storm.alert_id in paged
    assert not {alert.alert_id for alert in small} & set(paged)


def _rank(severity: str) -> int:
    return Severity(severity).rank


def test_what_joined_is_listed_and_nothing_is_counted_twice(agent: Actor) -> None:
    storm = a_storm()
    with transaction(Access.DASHBOARD, on_behalf_of=agent) as session:
        rows = list_joined(session, agent, AlertId(storm.alert_id))
        counts = count_inbox(session, agent, at=STORM_AT)
    assert [row.storm_id for row in rows] == [storm.alert_id] * 2
    assert counts.travellers == sum(range(1, CAP + 3))
    assert counts.open == CAP + 3


def test_later_alerts_join_the_same_storm_and_another_airport_has_its_own(agent: Actor) -> None:
    storm = a_storm()
    raise_(a_flight(party=9), at=STORM_AT + timedelta(minutes=30))
    assert len(joined()) == 3
    assert the_storm().occurrences == 3
    raise_(a_flight(origin="EWR"), at=STORM_AT + timedelta(minutes=30))
    assert len(joined()) == 3
    assert the_storm().alert_id == storm.alert_id


def test_what_joined_stays_with_its_storm_when_it_is_said_again(agent: Actor) -> None:
    flights = [a_flight(party=1 + number) for number in range(CAP + 2)]
    raise_(*flights)
    before = {alert.alert_id for alert in joined()}
    raise_(*flights, at=STORM_AT + timedelta(minutes=10))
    assert {alert.alert_id for alert in joined()} == before
    assert all(alert.next_escalation_at is None for alert in joined())


def test_once_the_window_has_passed_alerts_page_by_themselves_again(agent: Actor) -> None:
    a_storm()
    raise_(a_flight(), at=STORM_AT + 2 * HOUR)
    assert len(joined()) == 2


def test_a_step_of_the_storm_sets_off_for_each_what_its_own_would_have(agent: Actor) -> None:
    a_storm()
    sweep()
    with transaction(Access.OWNER) as session:
        asked = select(Escalation.alert_id).where(Escalation.fallback_kind.is_not(None))
        assert {alert.alert_id for alert in joined()} <= set(session.scalars(asked))


def test_when_a_storm_is_resolved_what_is_open_pages_by_itself(agent: Actor) -> None:
    storm = a_storm()
    taken, left = joined()
    later = STORM_AT + HOUR
    with transaction(Access.DASHBOARD, on_behalf_of=agent) as session:
        acknowledge_alert(session, agent, AlertId(taken.alert_id), at=STORM_AT)
        acknowledge_alert(session, agent, AlertId(storm.alert_id), at=STORM_AT)
        resolve_alert(session, agent, AlertId(storm.alert_id), at=later, reason="Rebooked all.")
    assert left.alert_id in sweep(at=later)
    assert taken.alert_id not in sweep(at=later)
    assert joined() == []


@pytest.mark.parametrize("act", ["release", "suppress"])
def test_an_alert_that_somebody_had_leaves_its_storm(agent: Actor, act: str) -> None:
    a_storm()
    one = AlertId(joined()[0].alert_id)
    later = STORM_AT + HOUR
    with transaction(Access.DASHBOARD, on_behalf_of=agent) as session:
        if act == "release":
            acknowledge_alert(session, agent, one, at=STORM_AT)
            release_alert(session, agent, one, at=STORM_AT)
        else:
            suppress_alert(session, agent, one, at=STORM_AT, until_at=later, reason="Can wait.")
    assert one not in {alert.alert_id for alert in joined()}
    assert one in sweep(at=later)


def test_a_storm_closes_by_itself_once_nothing_live_belongs_to_it(agent: Actor) -> None:
    a_storm()
    with transaction(Access.PIPELINE) as session:
        assert tend_storms(session, at=STORM_AT) == 0
    with transaction(Access.DASHBOARD, on_behalf_of=agent) as session:
        for alert in joined():
            acknowledge_alert(session, agent, AlertId(alert.alert_id), at=STORM_AT)
            resolve_alert(session, agent, AlertId(alert.alert_id), at=STORM_AT, reason="Done.")
    with transaction(Access.PIPELINE) as session:
        assert tend_storms(session, at=STORM_AT) == 1
        assert tend_storms(session, at=STORM_AT) == 0
    assert (the_storm().status, the_storm().close_reason) == ("closed", CloseReason.STORM_OVER)


def test_a_storm_that_gets_worse_pages_whoever_took_it_again(agent: Actor) -> None:
    with transaction(Access.OWNER) as session:
        flights = [make_flight(session) for _ in range(CAP + 1)]
        for flight in flights:
            make_leg(session, flight_id=flight.flight_id)
    ids = [FlightId(flight.flight_id) for flight in flights]
    chances = [AlertCandidate(each, AlertBasis.PREDICTED, 0.2, None, []) for each in ids]
    with transaction(Access.PIPELINE) as session:
        raise_flight_alerts(session, SYSTEM, chances, at=STORM_AT)
    storm = the_storm()
    with transaction(Access.DASHBOARD, on_behalf_of=agent) as session:
        acknowledge_alert(session, agent, AlertId(storm.alert_id), at=STORM_AT)
    raise_(a_flight(party=20), at=STORM_AT + timedelta(minutes=5))
    worse = the_storm()
    assert _rank(worse.severity) > _rank(storm.severity)
    assert worse.status == AlertStatus.OPEN


def test_a_backfill_begins_no_storm(agent: Actor) -> None:
    raise_(*[a_flight() for _ in range(CAP + 2)], may_page=False)
    with transaction(Access.OWNER) as session:
        assert session.scalar(select(func.count()).select_from(Notification)) == 0
        assert session.scalar(select(func.count()).where(Alert.kind == AlertKind.STORM.value)) == 0


def test_raising_from_many_sides_at_once_begins_one_storm_and_loses_nothing(agent: Actor) -> None:
    flights = [a_flight() for _ in range(4 * (CAP + 1))]
    parts = [flights[place::4] for place in range(4)]
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda part: raise_(*part), parts))
    raise_(*flights)
    storm = the_storm()
    with transaction(Access.OWNER) as session:
        assert session.scalar(select(func.count()).where(Alert.kind == "flight")) == len(flights)
    assert storm.occurrences == len(joined())


@pytest.mark.parametrize(
    ("broken", "constraint"),
    [
        (
            "UPDATE alerting.alert SET next_escalation_at = now() WHERE parent_alert_id > 0",
            "joined_pages_nobody",
        ),
        (
            "UPDATE alerting.alert SET parent_alert_id = (SELECT max(alert_id)"
            " FROM alerting.alert WHERE parent_alert_id IS NULL) WHERE parent_alert_id > 0",
            "belongs to a live storm",
        ),
        (
            "UPDATE alerting.alert SET status = 'closed', closed_at = now(), generation = 2,"
            " close_reason = 'storm_over', next_escalation_at = NULL WHERE kind = 'storm'",
            "belongs to a live storm",
        ),
        ("UPDATE alerting.alert SET airport = NULL WHERE kind = 'storm'", "airport_when_storm"),
    ],
)
def test_postgres_keeps_the_promises_too(agent: Actor, broken: str, constraint: str) -> None:
    a_storm()
    with pytest.raises(DBAPIError, match=constraint), transaction(Access.OWNER) as session:
        session.execute(text(broken))


def test_a_policy_has_a_cap_and_a_window_or_neither() -> None:
    with pytest.raises(DBAPIError, match="storm_control"), transaction(Access.OWNER) as session:
        make_policy_version(session, storm_cap_alerts=2)


@given(
    st.lists(st.tuples(st.sampled_from("AB"), st.integers(0, 9))),
    st.integers(1, 4),
    st.dictionaries(st.sampled_from("AB"), st.integers(0, 6)),
)
def test_each_area_keeps_its_most_urgent_up_to_the_cap(
    fresh: list[tuple[str, int]], cap: int, raised: dict[str, int]
) -> None:
    over = joining(
        fresh,
        StormControl(cap, 60),
        raised=raised,
        area=lambda each: each[0],
        urgency=lambda each: each[1],
    )
    for area in "AB":
        mine = sorted((each[1] for each in fresh if each[0] == area), reverse=True)
        room = max(0, cap - raised.get(area, 0))
        assert [each[1] for each in over.get(area, [])] == mine[room:]
    assert all(over.values())


def test_an_alert_of_no_airport_is_no_storm() -> None:
    with (
        pytest.raises(DBAPIError, match="airport_when_storm"),
        transaction(Access.OWNER) as session,
    ):
        make_alert(session, kind="storm", flight_id=None)
