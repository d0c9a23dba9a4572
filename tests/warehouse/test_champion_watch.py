"""A champion that climatology beats is rolled back, once, with its reason told to the desk."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from tests.factories.defaults import STORM_AT
from tests.factories.policy import make_alert_policy, make_policy_version
from tests.factories.prediction import let_pass, make_release
from tests.factories.user import make_actor
from warehouse.audit_tags import AuditTag
from warehouse.errors import PermissionRefused
from warehouse.operations.champion_watch import Watched, roll_back_failing_champion
from warehouse.operations.champions import promote_champion
from warehouse.queries.predictions import find_champion
from warehouse.queries.releases import list_reigns
from warehouse.rules.champion_record import ChampionRecord, reason_to_roll_back
from warehouse.schema.alerting import Alert, Notification
from warehouse.schema.audit import Entry
from warehouse.session import Access, transaction
from warehouse.vocabulary import SYSTEM, Actor, ReleaseId, Role

FAILED = ChampionRecord(horizon_hours=2, days=28, event_days=3, skill=-0.012)
FINE = ChampionRecord(horizon_hours=24, days=28, event_days=3, skill=0.08)
WORDS = "2 h ahead climatology did better over 28 days, 3 of them with a storm: skill -0.012."


@pytest.fixture(autouse=True)
def _policies(database: str) -> None:
    with transaction(Access.OWNER) as session:
        make_alert_policy(session)
        make_policy_version(session)


def reign(count: int) -> list[ReleaseId]:
    """Let releases predict one after the other, a day apart."""
    with transaction(Access.OWNER) as session:
        releases = [ReleaseId(make_release(session).release_id) for _ in range(count)]
        for place, release_id in enumerate(releases):
            at = STORM_AT - timedelta(days=count - place)
            let_pass(session, release_id)
            promote_champion(session, SYSTEM, release_id, reason="Better.", at=at)
    return releases


def watch(
    release_id: ReleaseId, *records: ChampionRecord, actor: Actor = SYSTEM, days: int = 0
) -> Watched | None:
    at = STORM_AT + timedelta(days=days)
    with transaction() as session:
        return roll_back_failing_champion(session, actor, release_id, records, at=at)


def reigning() -> ReleaseId | None:
    with transaction() as session:
        champion = find_champion(session)
    return champion.release_id if champion else None


def alerts() -> list[Alert]:
    with transaction(Access.OWNER) as session:
        return list(session.scalars(select(Alert).order_by(Alert.alert_id)))


@pytest.mark.parametrize(
    "record",
    [
        ChampionRecord(2, days=27, event_days=9, skill=-0.5),
        ChampionRecord(2, days=28, event_days=2, skill=-0.5),
        ChampionRecord(2, days=28, event_days=9, skill=0.0),
        ChampionRecord(2, days=28, event_days=9, skill=float("nan")),
    ],
    ids=["too few days", "too few storms", "as good as climatology", "nothing to compare with"],
)
def test_what_proves_nothing_rolls_nothing_back(record: ChampionRecord) -> None:
    first, second = reign(2)
    assert reason_to_roll_back([record]) is None
    assert watch(second, record, FINE) is None
    assert reigning() == second != first
    assert alerts() == []


def test_one_failing_horizon_brings_the_release_before_back_with_its_reason() -> None:
    first, second = reign(2)

    watched = watch(second, FAILED, FINE)

    assert watched == Watched(
        f"Release {second} was rolled back to release {first}: {WORDS}", first
    )
    assert reigning() == first
    with transaction(Access.OWNER) as session:
        last = list_reigns(session)[-1]
        [entry] = session.scalars(
            select(Entry).where(Entry.tag == AuditTag.CHAMPION_ROLLED_BACK)
        ).all()
    assert (last.reason, last.rolled_back_from) == (WORDS, second)
    assert (entry.reason, entry.after) == (WORDS, {"release_id": first})


def test_the_desk_finds_an_alert_that_pages_nobody() -> None:
    _, second = reign(2)
    watched = watch(second, FAILED)
    [raised] = alerts()
    assert watched is not None
    assert (raised.kind, raised.headline, raised.severity) == ("desk", watched.words, "medium")
    assert raised.next_escalation_at is None
    with transaction(Access.OWNER) as session:
        assert session.scalars(select(Notification)).all() == []


def test_the_same_record_again_takes_off_nobody_else() -> None:
    first, _, third = reign(3)
    assert watch(third, FAILED) is not None
    second = reigning()
    assert second not in {first, third}

    assert watch(third, FAILED) is None

    assert reigning() == second
    assert len(alerts()) == 1


def test_one_that_was_put_back_may_fall_by_its_own_record() -> None:
    first, second, third = reign(3)
    watch(third, FAILED)

    assert watch(second, FAILED, days=28) is not None
    assert reigning() == first


def test_where_nothing_predicted_before_it_goes_on_and_that_is_said_once_a_day() -> None:
    [only] = reign(1)

    watched = watch(only, FAILED)
    watch(only, FAILED)

    assert watched is not None
    assert watched.release_id is None
    assert "It goes on, for no release predicted before it: train another." in watched.words
    assert reigning() == only
    assert [alert.headline for alert in alerts()] == [watched.words]
    watch(only, FAILED, days=1)
    assert len(alerts()) == 2


def test_before_any_training_there_is_nobody_to_roll_back() -> None:
    assert watch(ReleaseId(1), FAILED) is None


def test_an_agent_may_not() -> None:
    [only] = reign(1)
    with transaction(Access.OWNER) as session:
        agent = make_actor(session, Role.AGENT)
    with pytest.raises(PermissionRefused):
        watch(only, FAILED, actor=agent)
