"""Check what flights name for all rows of a load at once: row by row it took most of the load."""

from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

REFERENCES = {
    "fk_flight_carrier": ("carrier", "travel.carrier.code"),
    "fk_flight_origin": ("origin", "travel.airport.iata"),
    "fk_flight_destination": ("destination", "travel.airport.iata"),
    "fk_flight_batch_id": ("batch_id", "feeds.batch.batch_id"),
}

CHECK = """
CREATE FUNCTION travel.refuse_unknown(named text, there boolean) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  IF NOT there THEN
    RAISE EXCEPTION 'a flight names %, which is not there', named
      USING ERRCODE = 'foreign_key_violation', CONSTRAINT = 'flight_names_what_is_there';
  END IF;
END $$;

CREATE FUNCTION travel.check_new_flights() RETURNS trigger
  LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, travel, feeds AS $$
BEGIN
  PERFORM travel.refuse_unknown('airport ' || iata, false)
    FROM (SELECT origin AS iata FROM fresh UNION SELECT destination FROM fresh) AS named
    LEFT JOIN travel.airport USING (iata) WHERE airport.iata IS NULL;
  PERFORM travel.refuse_unknown('carrier ' || named.carrier, false)
    FROM (SELECT DISTINCT carrier FROM fresh) AS named
    LEFT JOIN travel.carrier ON carrier.code = named.carrier WHERE carrier.code IS NULL;
  PERFORM travel.refuse_unknown('batch ' || named.batch_id, false)
    FROM (SELECT DISTINCT batch_id FROM fresh) AS named
    LEFT JOIN feeds.batch USING (batch_id) WHERE batch.batch_id IS NULL;
  RETURN NULL;
END $$;
CREATE TRIGGER names_what_is_there AFTER INSERT ON travel.flight
  REFERENCING NEW TABLE AS fresh FOR EACH STATEMENT EXECUTE FUNCTION travel.check_new_flights();

CREATE FUNCTION travel.check_changed_flight() RETURNS trigger
  LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, travel, feeds AS $$
BEGIN
  PERFORM travel.refuse_unknown('airport ' || NEW.origin,
    EXISTS (SELECT FROM travel.airport WHERE iata = NEW.origin));
  PERFORM travel.refuse_unknown('airport ' || NEW.destination,
    EXISTS (SELECT FROM travel.airport WHERE iata = NEW.destination));
  PERFORM travel.refuse_unknown('carrier ' || NEW.carrier,
    EXISTS (SELECT FROM travel.carrier WHERE code = NEW.carrier));
  PERFORM travel.refuse_unknown('batch ' || NEW.batch_id,
    EXISTS (SELECT FROM feeds.batch WHERE batch_id = NEW.batch_id));
  RETURN NULL;
END $$;
CREATE TRIGGER still_names_what_is_there
  AFTER UPDATE OF carrier, origin, destination, batch_id ON travel.flight FOR EACH ROW
  WHEN ((OLD.carrier, OLD.origin, OLD.destination, OLD.batch_id)
    IS DISTINCT FROM (NEW.carrier, NEW.origin, NEW.destination, NEW.batch_id))
  EXECUTE FUNCTION travel.check_changed_flight();
"""
KEEP = """
CREATE FUNCTION travel.refuse_loss() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION '%.% is named by others: it is never removed or renamed',
    TG_TABLE_SCHEMA, TG_TABLE_NAME USING ERRCODE = 'restrict_violation';
END $$;
CREATE TRIGGER keep_name BEFORE DELETE OR UPDATE OF iata ON travel.airport
  FOR EACH ROW EXECUTE FUNCTION travel.refuse_loss();
CREATE TRIGGER keep_name BEFORE DELETE OR UPDATE OF code ON travel.carrier
  FOR EACH ROW EXECUTE FUNCTION travel.refuse_loss();
CREATE TRIGGER keep_all BEFORE TRUNCATE ON travel.airport
  FOR EACH STATEMENT EXECUTE FUNCTION travel.refuse_loss();
CREATE TRIGGER keep_all BEFORE TRUNCATE ON travel.carrier
  FOR EACH STATEMENT EXECUTE FUNCTION travel.refuse_loss();
"""


def upgrade() -> None:
    for name in REFERENCES:
        op.drop_constraint(name, "flight", schema="travel")
    op.execute(CHECK)
    op.execute(KEEP)


def downgrade() -> None:
    for table in ("airport", "carrier"):
        for trigger in ("keep_name", "keep_all"):
            op.execute(f"DROP TRIGGER {trigger} ON travel.{table}")
    for trigger in ("names_what_is_there", "still_names_what_is_there"):
        op.execute(f"DROP TRIGGER {trigger} ON travel.flight")
    op.execute(
        "DROP FUNCTION travel.refuse_loss(), travel.check_changed_flight(),"
        " travel.check_new_flights(), travel.refuse_unknown(text, boolean)"
    )
    for name, (column, referenced) in REFERENCES.items():
        schema, table, key = referenced.split(".")
        op.create_foreign_key(
            name,
            "flight",
            table,
            [column],
            [key],
            source_schema="travel",
            referent_schema=schema,
        )
