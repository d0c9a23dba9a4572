"""Fold the pages that are over a person's rate into digests."""

import sqlalchemy as sa
from alembic import op

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None

NOTIFICATION_CHECKS = (
    ("digests_hold_pages", "digest_id IS NULL OR kind = 'page' AND channel <> 'sink'"),
    ("held_briefly", "attempts > 0 OR not_before_at - held_since_at <= '00:03:00'::interval"),
)
INDEXES = (
    (
        "ix_notification_waiting",
        ["recipient_user_id", "channel", "priority", "not_before_at", "notification_id"],
        "status = 'pending' AND kind = 'page'",
    ),
    (
        "ix_notification_sent",
        ["recipient_user_id", "channel", "sent_at"],
        "sent_at IS NOT NULL",
    ),
    ("ix_notification_digest", ["digest_id"], "digest_id IS NOT NULL"),
)
RATE = (("page_rate_messages", "5"), ("page_rate_minutes", "15"))
RATE_CHECK = "page_rate_messages >= 1 AND page_rate_minutes BETWEEN 1 AND 1440"

# A digest bears the message id of the page that leads it, which no message has borne yet. Whatever
# joins it is compared with that page, and joins in the very claim that the digest begins with.
GUARD = """
CREATE FUNCTION alerting.guard_digest() RETURNS trigger
  LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, alerting AS $$
DECLARE
  joins boolean;
BEGIN
  IF TG_OP = 'INSERT' THEN
    RAISE EXCEPTION 'a page joins a digest as it is claimed, not as it is queued'
      USING ERRCODE = 'restrict_violation', CONSTRAINT = 'joins_a_digest_as_it_is_claimed';
  END IF;
  IF NEW.digest_id IS NULL THEN
    IF OLD.status = 'dead' AND NEW.status = 'pending' THEN
      RETURN NEW;
    END IF;
    RAISE EXCEPTION 'notification % stays in its digest until somebody sends it again',
      OLD.notification_id USING ERRCODE = 'restrict_violation', CONSTRAINT = 'stays_in_its_digest';
  END IF;
  joins := OLD.digest_id IS NULL;
  IF NOT joins AND NEW.digest_id <> OLD.digest_id THEN
    RAISE EXCEPTION 'notification % stays in its digest until somebody sends it again',
      OLD.notification_id USING ERRCODE = 'restrict_violation', CONSTRAINT = 'stays_in_its_digest';
  END IF;
  IF joins AND NOT (OLD.status = 'pending' AND NEW.status = 'sending' AND OLD.attempts = 0) THEN
    RAISE EXCEPTION 'notification % joins a digest as it is first claimed, or never',
      OLD.notification_id
      USING ERRCODE = 'restrict_violation', CONSTRAINT = 'joins_a_digest_as_it_is_claimed';
  END IF;
  IF joins AND EXISTS (
    SELECT FROM alerting.notification AS other WHERE other.digest_id = NEW.digest_id
      AND (other.status, other.attempts, other.lease_owner, other.lease_until_at)
        IS DISTINCT FROM (NEW.status, NEW.attempts, NEW.lease_owner, NEW.lease_until_at)
  ) THEN
    RAISE EXCEPTION 'digest % has left: it only gets smaller', NEW.digest_id
      USING ERRCODE = 'restrict_violation', CONSTRAINT = 'digests_never_grow';
  END IF;
  IF NOT EXISTS (
    SELECT FROM alerting.notification AS leader WHERE leader.message_id = NEW.digest_id
      AND leader.kind = 'page' AND leader.recipient_user_id = NEW.recipient_user_id
      AND leader.channel = NEW.channel AND leader.address = NEW.address
  ) AND (joins OR (NEW.recipient_user_id, NEW.channel, NEW.address, NEW.message_id)
    IS DISTINCT FROM (OLD.recipient_user_id, OLD.channel, OLD.address, OLD.message_id)) THEN
    RAISE EXCEPTION 'digest % is for one person by one channel at one address', NEW.digest_id
      USING ERRCODE = 'restrict_violation', CONSTRAINT = 'a_digest_is_one_persons';
  END IF;
  IF NEW.status = 'sending' AND OLD.status <> 'sending' AND NOT EXISTS (
    SELECT FROM alerting.alert WHERE alert_id = NEW.alert_id AND status = 'open'
      AND generation = NEW.generation AND (NOT joins OR severity <> 'critical')
  ) THEN
    RAISE EXCEPTION 'notification % is of an alert that is critical, taken or closed:'
      ' no digest takes it along', NEW.notification_id
      USING ERRCODE = 'restrict_violation', CONSTRAINT = 'a_digest_is_current';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER guard_digest BEFORE UPDATE ON alerting.notification FOR EACH ROW
  WHEN (OLD.digest_id IS NOT NULL OR NEW.digest_id IS NOT NULL)
  EXECUTE FUNCTION alerting.guard_digest();
CREATE TRIGGER begins_in_no_digest BEFORE INSERT ON alerting.notification FOR EACH ROW
  WHEN (NEW.digest_id IS NOT NULL) EXECUTE FUNCTION alerting.guard_digest();
"""
WHOLE = """
CREATE FUNCTION alerting.check_digest() RETURNS trigger
  LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, alerting AS $$
BEGIN
  IF NOT EXISTS (
    SELECT FROM alerting.notification AS leader JOIN alerting.notification AS other
      ON other.digest_id = leader.digest_id AND other.notification_id <> leader.notification_id
    WHERE leader.message_id = NEW.digest_id AND leader.digest_id = NEW.digest_id
  ) THEN
    RAISE EXCEPTION 'digest % needs two pages, the one that leads it among them', NEW.digest_id
      USING ERRCODE = 'check_violation', CONSTRAINT = 'a_digest_begins_with_two';
  END IF;
  RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER a_digest_begins_with_two AFTER UPDATE ON alerting.notification
  DEFERRABLE INITIALLY DEFERRED FOR EACH ROW
  WHEN (OLD.digest_id IS NULL AND NEW.digest_id IS NOT NULL)
  EXECUTE FUNCTION alerting.check_digest();
"""
# With the check `held_briefly`: no page waits for its digest longer than the bound, counted once.
HELD_ONCE = """
CREATE FUNCTION alerting.guard_held() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF OLD.held_since_at IS NULL AND NEW.held_since_at = OLD.not_before_at
    AND OLD.status = 'pending' AND NEW.status = 'pending' AND OLD.attempts = 0 THEN
    RETURN NEW;
  END IF;
  RAISE EXCEPTION 'notification % is held once, since it was due', OLD.notification_id
    USING ERRCODE = 'restrict_violation', CONSTRAINT = 'held_once';
END $$;
CREATE TRIGGER held_once BEFORE UPDATE ON alerting.notification FOR EACH ROW
  WHEN (NEW.held_since_at IS DISTINCT FROM OLD.held_since_at)
  EXECUTE FUNCTION alerting.guard_held();
"""


def upgrade() -> None:
    op.add_column(
        "notification", sa.Column("held_since_at", sa.DateTime(timezone=True)), schema="alerting"
    )
    op.add_column("notification", sa.Column("digest_id", sa.Text()), schema="alerting")
    for name, condition in NOTIFICATION_CHECKS:
        op.create_check_constraint(
            op.f(f"ck_notification_{name}"), "notification", condition, schema="alerting"
        )
    for name, columns, condition in INDEXES:
        op.create_index(
            name, "notification", columns, schema="alerting", postgresql_where=sa.text(condition)
        )
    table = "escalation_policy_version"
    for column, begun_with in RATE:
        op.add_column(
            table,
            sa.Column(column, sa.BigInteger(), server_default=begun_with, nullable=False),
            schema="alerting",
        )
    op.create_check_constraint(op.f(f"ck_{table}_page_rate"), table, RATE_CHECK, schema="alerting")
    for statement in (GUARD, WHOLE, HELD_ONCE):
        op.execute(statement)


def downgrade() -> None:
    for trigger in (
        "held_once",
        "a_digest_begins_with_two",
        "begins_in_no_digest",
        "guard_digest",
    ):
        op.execute(f"DROP TRIGGER {trigger} ON alerting.notification")
    for function in ("guard_held", "check_digest", "guard_digest"):
        op.execute(f"DROP FUNCTION alerting.{function}()")
    for column, _ in RATE:
        op.drop_column("escalation_policy_version", column, schema="alerting")
    for name, *_ in INDEXES:
        op.drop_index(name, table_name="notification", schema="alerting")
    for column in ("digest_id", "held_since_at"):
        op.drop_column("notification", column, schema="alerting")
