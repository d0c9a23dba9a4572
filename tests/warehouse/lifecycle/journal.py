"""A journal of every row that changed, kept by triggers, so that a promise about order is SQL too.

A page's departure is written as its transaction commits, with the snapshot of that moment: what is
visible in it had committed before the page left.
"""

from sqlalchemy import text
from sqlalchemy.orm import Session

WATCHED = {
    "alert": "alert_id",
    "acknowledgement": "acknowledgement_id",
    "escalation": "escalation_id",
    "notification": "notification_id",
}

TABLES = """
CREATE SCHEMA journal;
CREATE SEQUENCE journal.number;
CREATE TABLE journal.change (
  change_id bigint PRIMARY KEY DEFAULT nextval('journal.number'),
  xid xid8 NOT NULL DEFAULT pg_current_xact_id(),
  noun text NOT NULL,
  noun_id bigint NOT NULL,
  alert_id bigint NOT NULL,
  before jsonb,
  after jsonb
);
CREATE INDEX ON journal.change (alert_id, noun, change_id);
CREATE INDEX ON journal.change (noun, noun_id, change_id);
CREATE TABLE journal.departure (
  departure_id bigint PRIMARY KEY DEFAULT nextval('journal.number'),
  notification_id bigint NOT NULL,
  alert_id bigint NOT NULL,
  kind text NOT NULL,
  generation bigint NOT NULL,
  leased_at timestamptz NOT NULL,
  xid xid8 NOT NULL DEFAULT pg_current_xact_id(),
  seen pg_snapshot NOT NULL DEFAULT pg_current_snapshot()
)
"""

WRITE_CHANGE = """
CREATE FUNCTION journal.write_change() RETURNS trigger
  LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, journal AS $$
DECLARE
  was jsonb := CASE WHEN TG_OP <> 'INSERT' THEN to_jsonb(OLD) END;
  is_now jsonb := CASE WHEN TG_OP <> 'DELETE' THEN to_jsonb(NEW) END;
BEGIN
  IF was IS DISTINCT FROM is_now THEN
    INSERT INTO change (noun, noun_id, alert_id, before, after)
    VALUES (TG_TABLE_NAME, (coalesce(is_now, was) ->> TG_ARGV[0])::bigint,
      (coalesce(is_now, was) ->> 'alert_id')::bigint, was, is_now);
  END IF;
  RETURN NULL;
END $$
"""

WRITE_DEPARTURE = """
CREATE FUNCTION journal.write_departure() RETURNS trigger
  LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, journal AS $$
BEGIN
  INSERT INTO departure (notification_id, alert_id, kind, generation, leased_at)
  VALUES (NEW.notification_id, NEW.alert_id, NEW.kind, NEW.generation,
    NEW.lease_until_at - interval '30 seconds');
  RETURN NULL;
END $$
"""

DEPARTS = """
CREATE CONSTRAINT TRIGGER departs AFTER UPDATE ON alerting.notification
  DEFERRABLE INITIALLY DEFERRED FOR EACH ROW
  WHEN (NEW.status = 'sending' AND OLD.status <> 'sending')
  EXECUTE FUNCTION journal.write_departure()
"""


def keep_journal(session: Session) -> None:
    """Start to write down every change of what an alert's life is made of."""
    statements = [*TABLES.split(";"), WRITE_CHANGE, WRITE_DEPARTURE, DEPARTS]
    statements += [
        f"CREATE TRIGGER zz_journal AFTER INSERT OR UPDATE OR DELETE ON alerting.{table}"
        f" FOR EACH ROW EXECUTE FUNCTION journal.write_change('{key}')"
        for table, key in WATCHED.items()
    ]
    for statement in statements:
        session.execute(text(statement))


def last_change(session: Session) -> int:
    """Give the number of the newest change, 0 where nothing has changed yet."""
    return session.execute(
        text("SELECT coalesce(max(change_id), 0) FROM journal.change")
    ).scalar_one()
