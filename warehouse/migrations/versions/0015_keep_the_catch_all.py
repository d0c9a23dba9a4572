"""Keep the catch-all: nobody whom alerts may have to reach is disabled, whoever tries."""

from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None

# Locked, so that a user is either disabled before a ladder names them, and it is refused, or after,
# and that is.
CHECK_CATCH_ALL = """
CREATE OR REPLACE FUNCTION alerting.check_catch_all() RETURNS trigger
  LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, alerting AS $$
BEGIN
  PERFORM FROM people."user" WHERE user_id = NEW.catch_all_user_id
    AND is_active AND email_verified_at IS NOT NULL {lock};
  IF NOT FOUND THEN
    RAISE EXCEPTION 'user % cannot be the catch-all: disabled, or their e-mail is not verified',
      NEW.catch_all_user_id
      USING ERRCODE = 'check_violation', CONSTRAINT = 'catch_all_can_be_reached';
  END IF;
  RETURN NEW;
END $$;
"""
GUARD_CATCH_ALL = """
CREATE FUNCTION people.guard_catch_all() RETURNS trigger
  LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, people AS $$
BEGIN
  IF EXISTS (
    SELECT FROM alerting.escalation_policy_version AS version
    WHERE version.catch_all_user_id = OLD.user_id AND (
      version.policy_version_id = (
        SELECT max(policy_version_id) FROM alerting.escalation_policy_version)
      OR EXISTS (SELECT FROM alerting.alert
        WHERE alert.policy_version_id = version.policy_version_id AND alert.status <> 'closed'))
  ) THEN
    RAISE EXCEPTION 'user % is the catch-all of a ladder that alerts may climb', OLD.user_id
      USING ERRCODE = 'restrict_violation', CONSTRAINT = 'catch_all_stays';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER catch_all_stays BEFORE UPDATE OF is_active ON people."user"
  FOR EACH ROW WHEN (OLD.is_active AND NOT NEW.is_active)
  EXECUTE FUNCTION people.guard_catch_all();
"""


def upgrade() -> None:
    op.execute(CHECK_CATCH_ALL.format(lock="FOR SHARE"))
    op.execute(GUARD_CATCH_ALL)


def downgrade() -> None:
    op.execute('DROP TRIGGER catch_all_stays ON people."user"')
    op.execute("DROP FUNCTION people.guard_catch_all()")
    op.execute(CHECK_CATCH_ALL.format(lock=""))
