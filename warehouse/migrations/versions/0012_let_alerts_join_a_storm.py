"""Let alerts over a policy's cap join a storm, which pages for all of them."""

import sqlalchemy as sa
from alembic import op

from warehouse.migrations.word_checks import add_words, drop_words

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

WORDS = (
    ("alerting.alert", "ck_alert_kind", "desk", "storm"),
    ("alerting.alert", "ck_alert_close_reason", "fallback_completed", "storm_over"),
    ("audit.entry", "ck_entry_tag", "alert.reopened", "alert.left_storm"),
)
CHECKS = (
    ("airport_when_storm", "(kind = 'storm') = (airport IS NOT NULL)"),
    ("joined_pages_nobody", "parent_alert_id IS NULL OR next_escalation_at IS NULL"),
    ("storms_join_none", "parent_alert_id IS NULL OR kind <> 'storm'"),
)
POLICY_CHECKS = (
    ("storm_cap_positive", "storm_cap_alerts >= 1"),
    ("storm_window_positive", "storm_window_minutes >= 1"),
    ("storm_control", "num_nonnulls(storm_cap_alerts, storm_window_minutes) <> 1"),
)

JOINED_A_LIVE_STORM = """
CREATE FUNCTION alerting.check_joined() RETURNS trigger
  LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, alerting AS $$
BEGIN
  IF EXISTS (
    SELECT FROM alerting.alert AS joined JOIN alerting.alert AS storm
      ON storm.alert_id = joined.parent_alert_id
    WHERE NEW.alert_id IN (joined.alert_id, storm.alert_id) AND joined.status <> 'closed'
      AND (storm.kind <> 'storm' OR storm.status = 'closed')
  ) THEN
    RAISE EXCEPTION 'alert %: a live alert belongs to a live storm or to none', NEW.alert_id
      USING ERRCODE = 'check_violation', CONSTRAINT = 'joined_a_live_storm';
  END IF;
  RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER joined_a_live_storm AFTER INSERT ON alerting.alert
  DEFERRABLE INITIALLY DEFERRED FOR EACH ROW WHEN (NEW.parent_alert_id IS NOT NULL)
  EXECUTE FUNCTION alerting.check_joined();
CREATE CONSTRAINT TRIGGER still_a_live_storm AFTER UPDATE OF parent_alert_id, status
  ON alerting.alert DEFERRABLE INITIALLY DEFERRED FOR EACH ROW
  WHEN (NEW.parent_alert_id IS NOT NULL OR NEW.kind = 'storm')
  EXECUTE FUNCTION alerting.check_joined();
"""


def upgrade() -> None:
    for table, name, known, word in WORDS:
        add_words(table, name, known, [word])
    op.add_column("alert", sa.Column("airport", sa.Text()), schema="alerting")
    op.add_column("alert", sa.Column("parent_alert_id", sa.BigInteger()), schema="alerting")
    _refer("airport", "airport", "iata", "travel")
    _refer("parent_alert_id", "alert", "alert_id", "alerting")
    for name, condition in CHECKS:
        op.create_check_constraint(op.f(f"ck_alert_{name}"), "alert", condition, schema="alerting")
    op.create_index(
        "ix_alert_joined",
        "alert",
        ["parent_alert_id"],
        schema="alerting",
        postgresql_where=sa.text("parent_alert_id IS NOT NULL"),
    )
    table = "escalation_policy_version"
    for column in ("storm_cap_alerts", "storm_window_minutes"):
        op.add_column(table, sa.Column(column, sa.BigInteger()), schema="alerting")
    for name, condition in POLICY_CHECKS:
        op.create_check_constraint(op.f(f"ck_{table}_{name}"), table, condition, schema="alerting")
    op.execute(JOINED_A_LIVE_STORM)


def _refer(column: str, table: str, key: str, schema: str) -> None:
    op.create_foreign_key(
        op.f(f"fk_alert_{column}"),
        "alert",
        table,
        [column],
        [key],
        source_schema="alerting",
        referent_schema=schema,
    )


def downgrade() -> None:
    for trigger in ("joined_a_live_storm", "still_a_live_storm"):
        op.execute(f"DROP TRIGGER {trigger} ON alerting.alert")
    op.execute("DROP FUNCTION alerting.check_joined()")
    for column in ("storm_cap_alerts", "storm_window_minutes"):
        op.drop_column("escalation_policy_version", column, schema="alerting")
    for column in ("parent_alert_id", "airport"):
        op.drop_column("alert", column, schema="alerting")
    for table, name, known, word in WORDS:
        drop_words(table, name, known, [word])
