"""Reach people for sure: dead messages sent again, contacts verified by a code."""

import sqlalchemy as sa
from alembic import op

from warehouse.migrations.word_checks import add_words, drop_words

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None

WORDS = (
    ("audit.entry", "ck_entry_tag", "notification.died", ["notification.resent"]),
    (
        "audit.entry",
        "ck_entry_tag",
        "password.changed",
        [
            "contact.asked",
            "contact.verified",
            "contact.refused",
            "contact.removed",
            "quiet_hours.set",
        ],
    ),
    ("audit.entry", "ck_entry_tag", "notification.sent", ["notification.delivered"]),
    ("alerting.notification", "ck_notification_status", "sent", ["delivered"]),
    ("alerting.notification", "ck_notification_kind", "inform", ["code", "test"]),
)

OLD_GUARD = """
CREATE OR REPLACE FUNCTION alerting.guard_notification() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF OLD.status IN ('sent', 'cancelled') AND NEW.status <> OLD.status THEN
    RAISE EXCEPTION 'notification % is % and stays so', OLD.notification_id, OLD.status
      USING ERRCODE = 'restrict_violation';
  END IF;
  RETURN NEW;
END $$;
"""
# Sent, delivered, dead: among these only a newer word of the provider moves a message. A dead one
# goes again only with a fresh budget, which only a person gives it.
GUARD = """
CREATE OR REPLACE FUNCTION alerting.guard_notification() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  is_newer boolean := NEW.provider_seq IS NOT NULL
    AND (OLD.provider_seq IS NULL OR NEW.provider_seq > OLD.provider_seq);
  goes_again boolean := OLD.status = 'dead' AND NEW.status = 'pending'
    AND NEW.most_attempts > OLD.most_attempts;
BEGIN
  IF NEW.provider_seq IS DISTINCT FROM OLD.provider_seq AND NOT is_newer AND NOT goes_again THEN
    RAISE EXCEPTION 'notification % has a newer word of its provider', OLD.notification_id
      USING ERRCODE = 'restrict_violation', CONSTRAINT = 'newest_word_stands';
  END IF;
  IF NEW.status = OLD.status OR goes_again
    OR OLD.status IN ('pending', 'sending') AND NEW.status <> 'delivered' THEN
    RETURN NEW;
  END IF;
  IF is_newer AND OLD.sent_at IS NOT NULL AND OLD.status IN ('sent', 'delivered', 'dead')
    AND NEW.status IN ('delivered', 'dead') THEN
    RETURN NEW;
  END IF;
  RAISE EXCEPTION 'notification % is % and stays so: only sending a dead one again, or a newer word'
    ' of its provider, moves it', OLD.notification_id, OLD.status
    USING ERRCODE = 'restrict_violation', CONSTRAINT = 'endings_stand';
END $$;
"""
CALLBACKS = """
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON alerting.provider_callback
  FOR EACH STATEMENT EXECUTE FUNCTION audit.refuse_change();
GRANT SELECT, INSERT ON alerting.provider_callback TO stormdesk_dashboard, stormdesk_pipeline;
ALTER TABLE alerting.provider_callback ENABLE ROW LEVEL SECURITY;
CREATE POLICY pipeline_all ON alerting.provider_callback TO stormdesk_pipeline USING (true);
CREATE POLICY dashboard_sees ON alerting.provider_callback TO stormdesk_dashboard
  USING ((SELECT people.scope()) = 'staff') WITH CHECK ((SELECT people.scope()) = 'staff');
"""

# A code is made of a key that no role may read and the number of its check; it is stored nowhere.
# Whoever sends it may ask for it, whoever checks it may only compare.
CODES = """
INSERT INTO people.secret (name, value, created_at)
  VALUES ('contact_codes', sha256((gen_random_uuid()::text || gen_random_uuid())::bytea), now());

CREATE FUNCTION people.contact_code(check_id bigint) RETURNS text
  LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, people
  RETURN (SELECT lpad((('x' || substr(encode(sha256(value || check_id::text::bytea), 'hex'), 1, 15)
    )::bit(60)::bigint % 1000000)::text, 6, '0') FROM people.secret WHERE name = 'contact_codes');
REVOKE ALL ON FUNCTION people.contact_code(bigint) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION people.contact_code(bigint) TO stormdesk_pipeline;

CREATE FUNCTION people.is_contact_code(check_id bigint, typed text) RETURNS boolean
  LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, people
  RETURN people.contact_code(check_id) = typed;
REVOKE ALL ON FUNCTION people.is_contact_code(bigint, text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION people.is_contact_code(bigint, text) TO stormdesk_dashboard;
"""

# Verified is what a code was sent to and typed in from; changed in any other way, it is not.
VERIFIED = """
CREATE FUNCTION people.was_verified(person bigint, by_channel text, at_address text)
  RETURNS boolean LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, people
  RETURN EXISTS (SELECT FROM people.contact_check WHERE user_id = person
    AND channel = by_channel AND address = at_address AND verified_at IS NOT NULL);
CREATE FUNCTION people.keep_contacts_verified() RETURNS trigger
  LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, people AS $$
BEGIN
  IF NEW.email IS DISTINCT FROM OLD.email
    AND NOT people.was_verified(NEW.user_id, 'email', NEW.email) THEN
    NEW.email_verified_at := NULL;
  ELSIF OLD.email_verified_at IS NULL AND NEW.email_verified_at IS NOT NULL
    AND NOT people.was_verified(NEW.user_id, 'email', NEW.email) THEN
    RAISE EXCEPTION 'nobody has typed a code in that was sent to the e-mail of user %', NEW.user_id
      USING ERRCODE = 'check_violation', CONSTRAINT = 'verified_by_a_code';
  END IF;
  IF NEW.phone IS DISTINCT FROM OLD.phone
    AND NOT people.was_verified(NEW.user_id, 'sms', NEW.phone) THEN
    NEW.phone_verified_at := NULL;
  ELSIF OLD.phone_verified_at IS NULL AND NEW.phone_verified_at IS NOT NULL
    AND NOT people.was_verified(NEW.user_id, 'sms', NEW.phone) THEN
    RAISE EXCEPTION 'nobody has typed a code in that was sent to the phone of user %', NEW.user_id
      USING ERRCODE = 'check_violation', CONSTRAINT = 'verified_by_a_code';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER contacts_are_verified BEFORE UPDATE ON people."user"
  FOR EACH ROW EXECUTE FUNCTION people.keep_contacts_verified();
CREATE TRIGGER z_catch_all_stays_verified BEFORE UPDATE ON people."user" FOR EACH ROW
  WHEN (OLD.email_verified_at IS NOT NULL AND NEW.email_verified_at IS NULL)
  EXECUTE FUNCTION people.guard_catch_all();

CREATE FUNCTION people.guard_contact_check() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF (NEW.user_id, NEW.channel, NEW.address, NEW.kind, NEW.expires_at)
    IS DISTINCT FROM (OLD.user_id, OLD.channel, OLD.address, OLD.kind, OLD.expires_at)
    OR NEW.tries < OLD.tries OR OLD.verified_at IS NOT NULL THEN
    RAISE EXCEPTION 'a check of a contact only counts its tries and ends, once'
      USING ERRCODE = 'restrict_violation', CONSTRAINT = 'checks_only_count';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER guard_contact_check BEFORE UPDATE ON people.contact_check
  FOR EACH ROW EXECUTE FUNCTION people.guard_contact_check();
"""
GRANTS = """
GRANT SELECT ON people.contact_check TO stormdesk_pipeline;
GRANT SELECT, INSERT ON people.contact_check TO stormdesk_dashboard;
GRANT UPDATE (tries, verified_at) ON people.contact_check TO stormdesk_dashboard;
ALTER TABLE people.contact_check ENABLE ROW LEVEL SECURITY;
CREATE POLICY pipeline_all ON people.contact_check TO stormdesk_pipeline USING (true);
CREATE POLICY dashboard_sees ON people.contact_check TO stormdesk_dashboard
  USING (user_id = (SELECT people.own_user_id()))
  WITH CHECK (user_id = (SELECT people.own_user_id()));
"""
IDENTITY = (
    "alert_id",
    "generation",
    "escalation_loop",
    "escalation_level",
    "fallback_action_id",
    "kind",
    "recipient_user_id",
    "recipient_traveller_id",
    "channel",
)


# A page that waits for the end of quiet hours leaves at once when its alert becomes critical.
WAKES = """
CREATE FUNCTION alerting.wake_pages() RETURNS trigger
  LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, alerting AS $$
BEGIN
  UPDATE alerting.notification SET not_before_at = created_at
    WHERE alert_id = NEW.alert_id AND kind = 'page' AND status = 'pending' AND attempts = 0;
  RETURN NULL;
END $$;
CREATE TRIGGER critical_waits_for_nobody AFTER UPDATE ON alerting.alert FOR EACH ROW
  WHEN (NEW.severity = 'critical' AND OLD.severity <> 'critical')
  EXECUTE FUNCTION alerting.wake_pages();
"""


def upgrade() -> None:
    for words in WORDS:
        add_words(*words)
    _budget_attempts()
    _check_contacts()
    _keep_quiet()
    _take_callbacks()


def downgrade() -> None:
    op.execute(OLD_GUARD)
    op.drop_table("provider_callback", schema="alerting")
    _say_when("(status = 'sent') = (sent_at IS NOT NULL)")
    op.drop_index(
        op.f("ix_notification_provider_message_id"), table_name="notification", schema="alerting"
    )
    op.drop_column("notification", "provider_seq", schema="alerting")
    op.execute("DROP TRIGGER critical_waits_for_nobody ON alerting.alert")
    op.execute("DROP FUNCTION alerting.wake_pages()")
    op.drop_constraint(op.f("ck_user_quiet_hours"), "user", schema="people")
    op.drop_column("user", "quiet_ends_local", schema="people")
    op.drop_column("user", "quiet_starts_local", schema="people")
    _uncheck_contacts()
    op.drop_constraint(
        op.f("ck_notification_attempts_within_budget"), "notification", schema="alerting"
    )
    op.drop_column("notification", "most_attempts", schema="alerting")
    for words in reversed(WORDS):
        drop_words(*words)


def _budget_attempts() -> None:
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


def _check_contacts() -> None:
    instant = sa.DateTime(timezone=True)
    op.create_table(
        "contact_check",
        sa.Column("contact_check_id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("user_id", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("asked_at", instant, nullable=False),
        sa.Column("expires_at", instant, nullable=False),
        sa.Column("tries", sa.SmallInteger(), server_default="0", nullable=False),
        sa.Column("verified_at", instant, nullable=True),
        sa.CheckConstraint("kind IN ('code', 'test')", name=op.f("ck_contact_check_kind")),
        sa.CheckConstraint("channel IN ('email', 'sms')", name=op.f("ck_contact_check_channel")),
        sa.CheckConstraint("tries BETWEEN 0 AND 5", name=op.f("ck_contact_check_five_tries")),
        sa.CheckConstraint(
            "verified_at IS NULL OR (kind = 'code' AND verified_at < expires_at)",
            name=op.f("ck_contact_check_verified_in_time"),
        ),
        sa.CheckConstraint("expires_at > asked_at", name=op.f("ck_contact_check_expires_later")),
        sa.ForeignKeyConstraint(
            ["user_id"], ["people.user.user_id"], name=op.f("fk_contact_check_user_id")
        ),
        sa.PrimaryKeyConstraint("contact_check_id", name=op.f("pk_contact_check")),
        schema="people",
        comment="A message that checks whether a contact reaches its user: a code, or a test.",
    )
    op.create_index(
        op.f("ix_contact_check_user_id_asked_at"),
        "contact_check",
        ["user_id", "asked_at"],
        schema="people",
    )
    for statement in (CODES, VERIFIED, GRANTS):
        op.execute(statement)
    op.alter_column("notification", "alert_id", nullable=True, schema="alerting")
    op.add_column("notification", sa.Column("contact_check_id", sa.BigInteger()), schema="alerting")
    op.create_foreign_key(
        op.f("fk_notification_contact_check_id"),
        "notification",
        "contact_check",
        ["contact_check_id"],
        ["contact_check_id"],
        source_schema="alerting",
        referent_schema="people",
    )
    op.create_check_constraint(
        op.f("ck_notification_about_an_alert_or_a_contact"),
        "notification",
        "(kind IN ('code', 'test')) = (alert_id IS NULL)"
        " AND (alert_id IS NULL) = (contact_check_id IS NOT NULL)",
        schema="alerting",
    )
    _identify_by(*IDENTITY, "contact_check_id")


def _keep_quiet() -> None:
    for column in ("quiet_starts_local", "quiet_ends_local"):
        op.add_column("user", sa.Column(column, sa.Time()), schema="people")
    op.create_check_constraint(
        op.f("ck_user_quiet_hours"),
        "user",
        "num_nonnulls(quiet_starts_local, quiet_ends_local) <> 1"
        " AND quiet_starts_local <> quiet_ends_local",
        schema="people",
    )
    op.execute(
        'GRANT SELECT (quiet_starts_local, quiet_ends_local) ON people."user" TO stormdesk_pipeline'
    )
    op.execute(WAKES)


def _take_callbacks() -> None:
    op.add_column("notification", sa.Column("provider_seq", sa.BigInteger()), schema="alerting")
    op.create_index(
        op.f("ix_notification_provider_message_id"),
        "notification",
        ["provider_message_id"],
        schema="alerting",
    )
    _say_when(
        "CASE WHEN status IN ('sent', 'delivered') THEN sent_at IS NOT NULL"
        " ELSE status = 'dead' OR sent_at IS NULL END"
    )
    op.create_table(
        "provider_callback",
        sa.Column(
            "provider_callback_id", sa.BigInteger(), sa.Identity(always=True), nullable=False
        ),
        sa.Column("provider", sa.Text(), nullable=False),
        sa.Column("provider_message_id", sa.Text(), nullable=False),
        sa.Column("provider_seq", sa.BigInteger(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("detail", sa.Text(), nullable=True),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("signature_sha256", sa.LargeBinary(), nullable=False),
        sa.Column("notification_id", sa.BigInteger(), nullable=True),
        sa.Column("result", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.CheckConstraint(
            "status IN ('delivered', 'failed')", name=op.f("ck_provider_callback_status")
        ),
        sa.CheckConstraint(
            "result IN ('applied', 'late', 'unknown')", name=op.f("ck_provider_callback_result")
        ),
        sa.CheckConstraint(
            "(notification_id IS NULL) = (result = 'unknown')",
            name=op.f("ck_provider_callback_unknown"),
        ),
        sa.CheckConstraint(
            "octet_length(signature_sha256) = 32",
            name=op.f("ck_provider_callback_signature_is_hash"),
        ),
        sa.ForeignKeyConstraint(
            ["notification_id"],
            ["alerting.notification.notification_id"],
            name=op.f("fk_provider_callback_notification_id"),
        ),
        sa.PrimaryKeyConstraint("provider_callback_id", name=op.f("pk_provider_callback")),
        sa.UniqueConstraint("signature_sha256", name=op.f("uq_provider_callback_signature_sha256")),
        schema="alerting",
        comment="What a provider said of a message, as received, and what became of it; never"
        " changed.",
    )
    op.execute(CALLBACKS)
    op.execute(GUARD)


def _say_when(condition: str) -> None:
    name = op.f("ck_notification_sent_says_when")
    op.drop_constraint(name, "notification", schema="alerting")
    op.create_check_constraint(name, "notification", condition, schema="alerting")


def _identify_by(*columns: str) -> None:
    op.drop_constraint("uq_notification_identity", "notification", schema="alerting")
    op.create_unique_constraint(
        "uq_notification_identity",
        "notification",
        list(columns),
        schema="alerting",
        postgresql_nulls_not_distinct=True,
    )


def _uncheck_contacts() -> None:
    op.execute(
        "DELETE FROM alerting.delivery_attempt WHERE notification_id IN"
        " (SELECT notification_id FROM alerting.notification WHERE alert_id IS NULL)"
    )
    op.execute("DELETE FROM alerting.notification WHERE alert_id IS NULL")
    _identify_by(*IDENTITY)
    op.drop_constraint(
        op.f("ck_notification_about_an_alert_or_a_contact"), "notification", schema="alerting"
    )
    op.drop_column("notification", "contact_check_id", schema="alerting")
    op.alter_column("notification", "alert_id", nullable=False, schema="alerting")
    op.execute('DROP TRIGGER z_catch_all_stays_verified ON people."user"')
    op.execute('DROP TRIGGER contacts_are_verified ON people."user"')
    op.execute("DROP FUNCTION people.keep_contacts_verified()")
    op.execute("DROP FUNCTION people.was_verified(bigint, text, text)")
    op.drop_table("contact_check", schema="people")
    op.execute("DROP FUNCTION people.guard_contact_check()")
    op.execute("DROP FUNCTION people.is_contact_code(bigint, text)")
    op.execute("DROP FUNCTION people.contact_code(bigint)")
    op.execute("DELETE FROM people.secret WHERE name = 'contact_codes'")
