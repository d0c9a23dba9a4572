"""What the promises cost: each operation beside the barest statement that does its write."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
from sqlalchemy import insert, select, text

from tests.benchmarks.conftest import Scoreboard
from tests.factories.alert import make_alert
from tests.factories.defaults import STORM_AT
from tests.factories.policy import make_policy_step, make_policy_version
from tests.factories.user import make_actor, make_shift_assignment
from warehouse.operations.alerts import acknowledge_alert
from warehouse.schema.alerting import Alert
from warehouse.session import Access, transaction
from warehouse.vocabulary import Actor, AlertId

BARE_ALERT = text(
    "UPDATE alerting.alert SET occurrences = occurrences + 1 WHERE alert_id = :alert_id"
)
OPEN_ALERTS = 5_000


@pytest.fixture
def agent(database: str) -> Actor:
    """Fill a desk with open alerts, none of them due, and give the agent on shift."""
    with transaction(Access.OWNER) as session:
        actor = make_actor(session)
        make_shift_assignment(session, user_id=actor.user_id)
        version = make_policy_version(session).policy_version_id
        make_policy_step(session, policy_version_id=version)
        first = make_alert(session, policy_version_id=version)
        later = STORM_AT + timedelta(days=1)
        rows = [
            {
                "dedup_key": f"v1:bench:{number}",
                "kind": "flight",
                "basis": "reported",
                "flight_id": first.flight_id,
                "headline": "bench",
                "severity": "low",
                "policy_version_id": version,
                "next_escalation_at": later,
                "raised_at": STORM_AT,
                "last_seen_at": STORM_AT,
                "travellers_affected": 1,
                "money_at_risk_minor_units": 1,
                "currency": "USD",
            }
            for number in range(OPEN_ALERTS)
        ]
        session.execute(insert(Alert), rows)
        session.execute(text("UPDATE alerting.alert SET next_escalation_at = :at"), {"at": later})
    return actor


def open_ids() -> Iterator[int]:
    with transaction(Access.OWNER) as session:
        return iter(session.scalars(select(Alert.alert_id).order_by(Alert.alert_id)).all())


def test_acknowledging(agent: Actor, scoreboard: Scoreboard) -> None:
    ids = open_ids()

    def acknowledge() -> None:
        with transaction(Access.DASHBOARD, on_behalf_of=agent) as session:
            acknowledge_alert(session, agent, AlertId(next(ids)), at=STORM_AT)

    def bare() -> None:
        with transaction(Access.PIPELINE) as session:
            session.execute(BARE_ALERT, {"alert_id": next(ids)})

    ratio = scoreboard.compare(
        "acknowledge: lock, rule, fact, audit", acknowledge, "one bare UPDATE", bare, rounds=60
    )
    assert ratio < 40
