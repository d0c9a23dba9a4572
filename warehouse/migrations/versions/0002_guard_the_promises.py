"""Guard what the product promises: triggers that refuse what no operation should do."""

from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

TRANSITIONS = {
    "proposed": ("held", "offered", "superseded", "failed", "expired"),
    "held": ("offered", "expired", "superseded", "failed"),
    "offered": ("accepted", "declined", "expired", "superseded", "failed"),
    "accepted": ("booking", "superseded", "failed"),
    "booking": ("booked", "failed", "offered"),
    "booked": ("cancelling",),
    "cancelling": ("cancelled",),
}

IMMUTABLE = (
    "alerting.alert_policy",
    "alerting.escalation_policy_version",
    "alerting.policy_step",
    "audit.entry",
    "audit.seal",
    "engine.database_profile",
    "feeds.batch",
    "predictions.model_release",
)

REFUSE_CHANGE = """
CREATE FUNCTION audit.refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION '%.% is append-only: % refused', TG_TABLE_SCHEMA, TG_TABLE_NAME, TG_OP
    USING ERRCODE = 'restrict_violation';
END $$;
"""

GUARD_ALERT = """
CREATE FUNCTION alerting.guard_alert() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF OLD.status = 'closed' THEN
    RAISE EXCEPTION 'alert % is closed and never changes again', OLD.alert_id
      USING ERRCODE = 'restrict_violation';
  END IF;
  IF NEW.generation < OLD.generation
     OR (NEW.status <> OLD.status AND NEW.generation <> OLD.generation + 1) THEN
    RAISE EXCEPTION 'alert %: a change of status raises generation by one', OLD.alert_id
      USING ERRCODE = 'restrict_violation';
  END IF;
  IF NEW.dedup_key <> OLD.dedup_key OR NEW.raised_at <> OLD.raised_at
     OR NEW.policy_version_id <> OLD.policy_version_id THEN
    RAISE EXCEPTION 'alert %: what it is about and its policy never change', OLD.alert_id
      USING ERRCODE = 'restrict_violation';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER guard_alert BEFORE UPDATE ON alerting.alert
  FOR EACH ROW EXECUTE FUNCTION alerting.guard_alert();

CREATE FUNCTION alerting.check_acknowledged() RETURNS trigger
  LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, alerting AS $$
DECLARE
  acknowledged boolean;
  in_force bigint;
BEGIN
  SELECT status = 'acknowledged' INTO acknowledged
    FROM alerting.alert WHERE alert_id = NEW.alert_id;
  SELECT count(*) INTO in_force FROM alerting.acknowledgement
    WHERE alert_id = NEW.alert_id AND is_effective AND ended_at IS NULL;
  IF acknowledged <> (in_force = 1) THEN
    RAISE EXCEPTION 'alert %: acknowledged means exactly one acknowledgement in force',
      NEW.alert_id USING ERRCODE = 'check_violation', CONSTRAINT = 'acknowledged_by_one';
  END IF;
  RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER acknowledged_by_one AFTER INSERT OR UPDATE OF status ON alerting.alert
  DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION alerting.check_acknowledged();
CREATE CONSTRAINT TRIGGER acknowledged_by_one AFTER INSERT OR UPDATE ON alerting.acknowledgement
  DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION alerting.check_acknowledged();
"""

GUARD_FALLBACK = """
CREATE FUNCTION alerting.guard_fallback() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NEW.status <> OLD.status AND NOT EXISTS (
    SELECT FROM alerting.fallback_transition
    WHERE from_status = OLD.status AND to_status = NEW.status
  ) THEN
    RAISE EXCEPTION 'fallback action %: % never becomes %',
      OLD.fallback_action_id, OLD.status, NEW.status USING ERRCODE = 'restrict_violation';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER guard_fallback BEFORE UPDATE ON alerting.fallback_action
  FOR EACH ROW EXECUTE FUNCTION alerting.guard_fallback();
"""

GUARD_NOTIFICATION = """
CREATE FUNCTION alerting.guard_notification() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF OLD.status IN ('sent', 'cancelled') AND NEW.status <> OLD.status THEN
    RAISE EXCEPTION 'notification % is % and stays so', OLD.notification_id, OLD.status
      USING ERRCODE = 'restrict_violation';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER guard_notification BEFORE UPDATE ON alerting.notification
  FOR EACH ROW EXECUTE FUNCTION alerting.guard_notification();
"""

KEEP_LEDGER = """
CREATE FUNCTION inventory.take_rooms() RETURNS trigger
  LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, inventory AS $$
BEGIN
  UPDATE inventory.room_night SET allocated = allocated + NEW.rooms
    WHERE hotel_id = NEW.hotel_id AND room_type = NEW.room_type AND night = NEW.night
      AND allocated + NEW.rooms <= reported_total;
  IF NOT FOUND THEN
    RAISE EXCEPTION 'no % room left at hotel % on %', NEW.room_type, NEW.hotel_id, NEW.night
      USING ERRCODE = 'check_violation', CONSTRAINT = 'never_oversold';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER take_rooms BEFORE INSERT ON inventory.allocation
  FOR EACH ROW WHEN (NEW.released_at IS NULL) EXECUTE FUNCTION inventory.take_rooms();

CREATE FUNCTION inventory.give_rooms_back() RETURNS trigger
  LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, inventory AS $$
BEGIN
  IF OLD.released_at IS NOT NULL OR NEW.released_at IS NULL OR NEW.rooms <> OLD.rooms THEN
    RAISE EXCEPTION 'an allocation is only ever released, once'
      USING ERRCODE = 'restrict_violation';
  END IF;
  UPDATE inventory.room_night
    SET allocated = allocated - OLD.rooms,
        total = greatest(reported_total, allocated - OLD.rooms)
    WHERE hotel_id = OLD.hotel_id AND room_type = OLD.room_type AND night = OLD.night;
  RETURN NEW;
END $$;
CREATE TRIGGER give_rooms_back BEFORE UPDATE ON inventory.allocation
  FOR EACH ROW EXECUTE FUNCTION inventory.give_rooms_back();

CREATE FUNCTION inventory.lock_nights(hotels bigint[], from_night date, until_night date)
  RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, inventory AS $$
BEGIN
  PERFORM FROM inventory.room_night
    WHERE hotel_id = ANY (hotels) AND night >= from_night AND night < until_night
    ORDER BY hotel_id, room_type, night FOR NO KEY UPDATE;
END $$;
"""


def upgrade() -> None:
    op.execute(REFUSE_CHANGE)
    for table in IMMUTABLE:
        op.execute(
            f"CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON {table}"
            " FOR EACH STATEMENT EXECUTE FUNCTION audit.refuse_change()"
        )
    for guard in (GUARD_ALERT, GUARD_FALLBACK, GUARD_NOTIFICATION, KEEP_LEDGER):
        op.execute(guard)
    steps = [(before, after) for before, ends in TRANSITIONS.items() for after in ends]
    values = ", ".join(f"('{before}', '{after}')" for before, after in steps)
    op.execute(f"INSERT INTO alerting.fallback_transition (from_status, to_status) VALUES {values}")


def downgrade() -> None:
    for table in IMMUTABLE:
        op.execute(f"DROP TRIGGER append_only ON {table}")
    for trigger, table in (
        ("guard_alert", "alerting.alert"),
        ("acknowledged_by_one", "alerting.alert"),
        ("acknowledged_by_one", "alerting.acknowledgement"),
        ("guard_fallback", "alerting.fallback_action"),
        ("guard_notification", "alerting.notification"),
        ("take_rooms", "inventory.allocation"),
        ("give_rooms_back", "inventory.allocation"),
    ):
        op.execute(f"DROP TRIGGER {trigger} ON {table}")
    for function in (
        "audit.refuse_change",
        "alerting.guard_alert",
        "alerting.check_acknowledged",
        "alerting.guard_fallback",
        "alerting.guard_notification",
        "inventory.take_rooms",
        "inventory.give_rooms_back",
    ):
        op.execute(f"DROP FUNCTION {function}()")
    op.execute("DROP FUNCTION inventory.lock_nights(bigint[], date, date)")
    op.execute("DELETE FROM alerting.fallback_transition")
