"""Whether the engine is late is asked every few seconds: it must not cost more on a full desk."""

from datetime import timedelta

import pytest
from sqlalchemy import text

from tests.benchmarks.conftest import Scoreboard
from tests.factories.alert import make_alert
from tests.factories.clock import set_clock
from tests.factories.defaults import STORM_AT
from tests.factories.notification import make_notification
from warehouse.queries.clock import read_clock
from warehouse.queries.engine_watch import list_engine_lateness
from warehouse.session import Access, transaction

FULL = 100_000
MOST = 6.0
ROUNDS = 60

_COPIES_OF_ALERT = text(
    """
    INSERT INTO alerting.alert (dedup_key, kind, basis, headline, severity, policy_version_id,
      next_escalation_at, raised_at, last_seen_at, travellers_affected, money_at_risk_minor_units,
      currency)
    SELECT 'v1:bench:' || number, 'desk', 'reported', headline, severity, policy_version_id,
      CAST(:later AS timestamptz) + number * interval '1 second', raised_at, last_seen_at, 1, 1,
      'USD'
    FROM alerting.alert, generate_series(1, :count) AS number WHERE alert_id = :alert_id
    """
)
_COPIES_OF_MESSAGE = text(
    """
    INSERT INTO alerting.notification (kind, alert_id, generation, escalation_loop,
      escalation_level, recipient_user_id, channel, address, priority, created_at, not_before_at)
    SELECT kind, alert_id, number + 1, 0, 1, recipient_user_id, channel, address, number % 4,
      created_at, CAST(:later AS timestamptz) + number * interval '1 second'
    FROM alerting.notification, generate_series(1, :count) AS number
    WHERE notification_id = :notification_id
    """
)


@pytest.fixture
def desk(database: str) -> tuple[int, int]:
    set_clock(STORM_AT)
    later = STORM_AT + timedelta(days=1)
    with transaction(Access.OWNER) as session:
        alert_id = make_alert(session, next_escalation_at=later).alert_id
        message = make_notification(session, alert_id=alert_id, not_before_at=later)
        return alert_id, message.notification_id


def look() -> None:
    with transaction(Access.PIPELINE) as session:
        list_engine_lateness(session)


def read_the_clock() -> None:
    with transaction(Access.PIPELINE) as session:
        read_clock(session)


def test_a_full_desk(desk: tuple[int, int], scoreboard: Scoreboard) -> None:
    alert_id, notification_id = desk
    values = {"count": FULL, "later": STORM_AT + timedelta(days=1)}
    with transaction(Access.OWNER) as session:
        session.execute(_COPIES_OF_ALERT, values | {"alert_id": alert_id})
        session.execute(_COPIES_OF_MESSAGE, values | {"notification_id": notification_id})
    with transaction(Access.OWNER) as session:
        session.execute(text("ANALYZE alerting.alert, alerting.notification"))
    look()
    ratio = scoreboard.compare(
        f"is the engine late, at {FULL:,} open alerts and messages",
        look,
        "reading the clock alone",
        read_the_clock,
        rounds=ROUNDS,
    )
    assert ratio < MOST
