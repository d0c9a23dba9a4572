"""Cleaning costs what it removes, however much stays."""

import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session

from tests.factories.alert import make_alert
from tests.factories.clock import set_clock
from tests.factories.defaults import STORM_AT
from tests.warehouse.test_history_cleaning import CLOSED, LATER
from warehouse.operations.history_cleaning import clean_history
from warehouse.session import Access, transaction

OLD, YOUNG = 1_000, 20_000
COPY = """
    INSERT INTO alerting.alert (dedup_key, kind, basis, headline, severity, status, generation,
      policy_version_id, raised_at, last_seen_at, closed_at, close_reason, travellers_affected,
      money_at_risk_minor_units, currency)
    SELECT 'v1:desk:' || :name || n, 'desk', 'reported', headline, severity, 'closed', 2,
      policy_version_id, raised_at, last_seen_at, CAST(:at AS timestamptz), 'resolved', 0, 0, 'USD'
    FROM alerting.alert, generate_series(1, :count) AS n WHERE alert_id = :id
"""
DUE = {
    "ix_alert_closed": "SELECT alert_id FROM alerting.alert WHERE status = 'closed'"
    " AND closed_at < :since ORDER BY closed_at, alert_id LIMIT 500",
    "ix_notification_finished": "SELECT notification_id FROM alerting.notification"
    " WHERE status IN ('sent', 'cancelled', 'dead') AND created_at < :since"
    " ORDER BY created_at, notification_id LIMIT 500",
}


@pytest.fixture
def _crowd(database: str) -> None:
    set_clock(LATER)
    with transaction(Access.OWNER) as session:
        alert = make_alert(session, **CLOSED | {"kind": "desk", "flight_id": None})
        for name, at, count in (("old", STORM_AT, OLD - 1), ("young", LATER, YOUNG)):
            values = {"name": name, "at": at, "count": count, "id": alert.alert_id}
            session.execute(text(COPY), values)
            session.execute(
                text(
                    "INSERT INTO alerting.notification (kind, alert_id, generation,"
                    " recipient_traveller_id, recipient_user_id, channel, address, priority,"
                    " status, created_at, not_before_at) SELECT 'inform', alert_id, 2, NULL,"
                    " catch_all_user_id, 'email', 'a@b.example', 1, 'cancelled', :at, :at"
                    " FROM alerting.alert JOIN alerting.escalation_policy_version"
                    " USING (policy_version_id) WHERE closed_at = :at"
                ),
                values,
            )
        session.execute(text("ANALYZE alerting.alert"))
        session.execute(text("ANALYZE alerting.notification"))


def plan_of(session: Session, statement: str) -> str:
    rows = session.execute(text(f"EXPLAIN {statement}"), {"since": STORM_AT})
    return "\n".join(row[0] for row in rows)


@pytest.mark.usefixtures("_crowd")
def test_what_is_due_is_found_by_its_index_and_removed_in_batches() -> None:
    with transaction(Access.OWNER) as session:
        for index, statement in DUE.items():
            plan = plan_of(session, statement)
            assert index in plan, plan
            assert "Seq Scan" not in plan, plan
    before = read_rows()
    with transaction() as session:
        gone = clean_history(session, at=LATER, limit=OLD)
        session.execute(text("SELECT pg_stat_force_next_flush()"))
    assert gone == {"alerting.notification": OLD, "alerting.alert": OLD}
    by_scan, by_index = (now - then for now, then in zip(read_rows(), before, strict=True))
    assert by_index >= 2 * OLD
    assert by_scan < YOUNG


def read_rows() -> tuple[int, int]:
    """Count the rows of alerts and messages read by scanning the tables, and by their indexes."""
    with transaction(Access.OWNER) as session:
        session.execute(text("SELECT pg_stat_force_next_flush()"))
    with transaction(Access.OWNER) as session:
        row = session.execute(
            text(
                "SELECT sum(seq_tup_read)::bigint, sum(idx_tup_fetch)::bigint"
                " FROM pg_stat_user_tables WHERE schemaname = 'alerting'"
                " AND relname IN ('alert', 'notification')"
            )
        ).one()
    return int(row[0]), int(row[1])
