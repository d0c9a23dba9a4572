"""Give a message a budget of attempts of its own, which sending it again renews."""

import sqlalchemy as sa
from alembic import op

from warehouse.migrations.word_checks import add_words, drop_words

revision = "0017"
down_revision = "0015"
branch_labels = None
depends_on = None

TAGS = ("audit.entry", "ck_entry_tag", "notification.died", ["notification.resent"])

GUARD = """
CREATE OR REPLACE FUNCTION alerting.guard_notification() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF OLD.status IN ('sent', 'cancelled') AND NEW.status <> OLD.status THEN
    RAISE EXCEPTION 'notification % is % and stays so', OLD.notification_id, OLD.status
      USING ERRCODE = 'restrict_violation', CONSTRAINT = 'endings_stand';
  END IF;
  {dead}
  RETURN NEW;
END $$;
"""
# A dead message moves only with a fresh budget, which only a person gives it.
DEAD = """
  IF OLD.status = 'dead' AND NEW.status <> 'dead'
    AND (NEW.status <> 'pending' OR NEW.most_attempts <= OLD.most_attempts) THEN
    RAISE EXCEPTION 'notification % is dead: only sending it again moves it', OLD.notification_id
      USING ERRCODE = 'restrict_violation', CONSTRAINT = 'dead_until_sent_again';
  END IF;
"""


def upgrade() -> None:
    op.add_column(
        "notification",
        sa.Column("most_attempts", sa.BigInteger(), server_default="4", nullable=False),
        schema="alerting",
    )
    op.create_check_constraint(
        op.f("ck_notification_attempts_within_budget"),
        "notification",
        "attempts <= most_attempts",
        schema="alerting",
    )
    op.execute(GUARD.format(dead=DEAD))
    add_words(*TAGS)


def downgrade() -> None:
    drop_words(*TAGS)
    op.execute(GUARD.format(dead=""))
    op.drop_constraint(
        op.f("ck_notification_attempts_within_budget"), "notification", schema="alerting"
    )
    op.drop_column("notification", "most_attempts", schema="alerting")
