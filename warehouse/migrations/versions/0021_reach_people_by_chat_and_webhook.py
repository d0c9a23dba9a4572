"""Reach people by chat and webhook: contacts of their own, verified by a code like any other."""

import sqlalchemy as sa
from alembic import op

from warehouse.migrations.word_checks import add_words, drop_words

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None

WORDS = (
    ("alerting.notification", "ck_notification_channel", "sms", ["chat"]),
    ("people.contact_check", "ck_contact_check_channel", "sms", ["chat", "webhook"]),
)
ADDED = ("chat", "webhook")

# Verified is what a code was sent to and typed in from; changed in any other way, it is not.
KEEP = """
CREATE OR REPLACE FUNCTION people.keep_contacts_verified() RETURNS trigger
  LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, people AS $$
BEGIN
{checks}
  RETURN NEW;
END $$;
"""
CHECK = """
  IF NEW.{column} IS DISTINCT FROM OLD.{column}
    AND NOT people.was_verified(NEW.user_id, '{channel}', NEW.{column}) THEN
    NEW.{column}_verified_at := NULL;
  ELSIF OLD.{column}_verified_at IS NULL AND NEW.{column}_verified_at IS NOT NULL
    AND NOT people.was_verified(NEW.user_id, '{channel}', NEW.{column}) THEN
    RAISE EXCEPTION 'nobody has typed a code in that was sent to the {noun} of user %', NEW.user_id
      USING ERRCODE = 'check_violation', CONSTRAINT = 'verified_by_a_code';
  END IF;
"""
BEFORE = (("email", "email", "e-mail"), ("phone", "sms", "phone"))
NOW = (*BEFORE, ("chat", "chat", "chat"), ("webhook", "webhook", "webhook"))


def upgrade() -> None:
    for column in ADDED:
        op.add_column("user", sa.Column(column, sa.Text()), schema="people")
        verified = sa.Column(f"{column}_verified_at", sa.DateTime(timezone=True))
        op.add_column("user", verified, schema="people")
        op.execute(
            f'GRANT SELECT ({column}, {column}_verified_at) ON people."user" TO stormdesk_pipeline'
        )
        op.create_check_constraint(
            op.f(f"ck_user_verified_{column}_is_there"),
            "user",
            f"{column}_verified_at IS NULL OR {column} IS NOT NULL",
            schema="people",
        )
    _keep(NOW)
    for words in WORDS:
        add_words(*words)


def downgrade() -> None:
    for words in WORDS:
        drop_words(*words)
    _keep(BEFORE)
    for column in ADDED:
        op.drop_constraint(op.f(f"ck_user_verified_{column}_is_there"), "user", schema="people")
        op.drop_column("user", f"{column}_verified_at", schema="people")
        op.drop_column("user", column, schema="people")


def _keep(contacts: tuple[tuple[str, str, str], ...]) -> None:
    checks = "".join(
        CHECK.format(column=column, channel=channel, noun=noun)
        for column, channel, noun in contacts
    )
    op.execute(KEEP.format(checks=checks))
