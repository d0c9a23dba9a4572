"""Let an alert of the desk's own measure how soon a page is delivered, and reach no person."""

import sqlalchemy as sa
from alembic import op

from warehouse.migrations.word_checks import add_words, drop_words

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None

WORDS = (
    ("alerting.alert", "ck_alert_kind", "storm", "synthetic"),
    ("alerting.alert", "ck_alert_close_reason", "storm_over", "delivered"),
    ("alerting.notification", "ck_notification_channel", "webhook", "sink"),
)
CHECK = "kind <> 'synthetic' OR (travellers_affected = 0 AND parent_alert_id IS NULL)"

# A synthetic alert reaches no person: looked at once a statement, however many rows it queues.
SYNTHETIC_REACHES_NOBODY = """
CREATE FUNCTION alerting.guard_synthetic() RETURNS trigger
  LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, alerting AS $$
BEGIN
  IF EXISTS (
    SELECT FROM queued JOIN alerting.alert USING (alert_id)
    WHERE alert.kind = 'synthetic' AND queued.channel <> 'sink'
  ) THEN
    RAISE EXCEPTION 'a synthetic alert reaches no person'
      USING ERRCODE = 'check_violation', CONSTRAINT = 'synthetic_reaches_nobody';
  END IF;
  RETURN NULL;
END $$;
CREATE TRIGGER synthetic_reaches_nobody AFTER INSERT ON alerting.notification
  REFERENCING NEW TABLE AS queued FOR EACH STATEMENT EXECUTE FUNCTION alerting.guard_synthetic();
"""
# No page for a person may vanish in the sink.
SINK_TAKES_NO_PAGE_OF_A_PERSON = """
CREATE FUNCTION alerting.guard_sink() RETURNS trigger
  LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, alerting AS $$
BEGIN
  IF NOT EXISTS (
    SELECT FROM alerting.alert WHERE alert_id = NEW.alert_id AND kind = 'synthetic'
  ) THEN
    RAISE EXCEPTION 'alert % is not synthetic: its messages are for people', NEW.alert_id
      USING ERRCODE = 'check_violation', CONSTRAINT = 'sink_takes_no_page_of_a_person';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER sink_takes_no_page_of_a_person BEFORE INSERT OR UPDATE OF channel, alert_id
  ON alerting.notification FOR EACH ROW WHEN (NEW.channel = 'sink')
  EXECUTE FUNCTION alerting.guard_sink();
"""

# It names nobody, so analysts may see how soon it came.
ANALYSTS_SEE_THE_SINK = """
CREATE POLICY dashboard_sees_sink ON alerting.notification FOR SELECT TO stormdesk_dashboard
  USING (channel = 'sink' AND (SELECT people.scope()) IN ('staff', 'analyst'));
"""


def upgrade() -> None:
    for table, name, known, word in WORDS:
        add_words(table, name, known, [word])
    op.create_check_constraint(
        op.f("ck_alert_synthetic_touches_nobody"), "alert", CHECK, schema="alerting"
    )
    op.create_check_constraint(
        op.f("ck_policy_step_channels_reach_people"),
        "policy_step",
        "NOT channels ? 'sink'",
        schema="alerting",
    )
    op.create_index(
        "ix_alert_synthetic",
        "alert",
        ["raised_at"],
        schema="alerting",
        postgresql_where=sa.text("kind = 'synthetic'"),
    )
    op.execute(SYNTHETIC_REACHES_NOBODY)
    op.execute(SINK_TAKES_NO_PAGE_OF_A_PERSON)
    op.execute(ANALYSTS_SEE_THE_SINK)


def downgrade() -> None:
    op.execute("DROP POLICY dashboard_sees_sink ON alerting.notification")
    op.execute("DROP TRIGGER synthetic_reaches_nobody ON alerting.notification")
    op.execute("DROP FUNCTION alerting.guard_synthetic()")
    op.execute("DROP TRIGGER sink_takes_no_page_of_a_person ON alerting.notification")
    op.execute("DROP FUNCTION alerting.guard_sink()")
    op.drop_constraint(
        op.f("ck_policy_step_channels_reach_people"),
        "policy_step",
        schema="alerting",
        type_="check",
    )
    op.drop_index("ix_alert_synthetic", "alert", schema="alerting")
    op.drop_constraint(
        op.f("ck_alert_synthetic_touches_nobody"), "alert", schema="alerting", type_="check"
    )
    for table, name, known, word in WORDS:
        drop_words(table, name, known, [word])
