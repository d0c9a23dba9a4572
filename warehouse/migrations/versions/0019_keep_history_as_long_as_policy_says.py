"""Keep history as long as a policy says, and let nothing else take any of it away."""

import sqlalchemy as sa
from alembic import op

from warehouse.migrations.word_checks import add_words, drop_words

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None

WORDS = ("audit.entry", "ck_entry_tag", "audit.sealed", "history.cleaned")
LEAST_DAYS = {
    "notification_days": 30,
    "alert_days": 90,
    "session_days": 30,
    "sign_in_attempt_days": 30,
    "quarantine_days": 30,
    "prediction_days": 400,
    "audit_days": 365,
}
BEGUN_WITH = {
    "notification_days": 90,
    "alert_days": 400,
    "session_days": 90,
    "sign_in_attempt_days": 90,
    "quarantine_days": 90,
    "prediction_days": 1100,
    "audit_days": 2557,
}
WHY = (
    "What the product begins with: audit seven years, as commercial records are kept; alerts 400"
    " days, so that a season can be compared with the one before; predictions three winters, to"
    " train on; the rest a quarter of a year, to look into complaints."
)
INDEXES = (
    ("alerting", "ix_alert_closed", "alert", "closed_at, alert_id", "status = 'closed'"),
    (
        *("alerting", "ix_alert_previous", "alert", "previous_alert_id"),
        "previous_alert_id IS NOT NULL",
    ),
    ("alerting", "ix_alert_prediction", "alert", "prediction_id", "prediction_id IS NOT NULL"),
    (
        *("alerting", "ix_notification_finished", "notification", "created_at, notification_id"),
        "status IN ('sent', 'delivered', 'cancelled', 'dead')",
    ),
    (
        *("alerting", "ix_notification_fallback", "notification", "fallback_action_id"),
        "fallback_action_id IS NOT NULL",
    ),
    (
        *("alerting", "ix_provider_callback_notification", "provider_callback"),
        *("notification_id", "notification_id IS NOT NULL"),
    ),
    ("people", "ix_handover_alert_alert_id", "handover_alert", "alert_id", None),
    ("people", "ix_session_expires_at", "session", "expires_at", None),
    ("people", "ix_sign_in_attempt_attempted_at", "sign_in_attempt", "attempted_at", None),
    ("feeds", "ix_quarantine_cleared", "quarantine", "cleared_at", "cleared_at IS NOT NULL"),
)
LINKS = ("previous_alert_id", "parent_alert_id")

POLICY = """
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON engine.retention_version
  FOR EACH STATEMENT EXECUTE FUNCTION audit.refuse_change();
GRANT SELECT ON engine.retention_version TO stormdesk_pipeline, stormdesk_dashboard;

CREATE FUNCTION engine.desk_instant() RETURNS timestamptz
  LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, engine
  RETURN coalesce(
    (SELECT anchor_at + (clock_timestamp() - set_at) * speed::float8 FROM engine.replay_clock),
    clock_timestamp());

CREATE FUNCTION engine.retention_in_force() RETURNS engine.retention_version
  LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, engine AS $$
DECLARE
  found engine.retention_version;
BEGIN
  SELECT * INTO found FROM engine.retention_version
    WHERE effective_from_at <= engine.desk_instant()
    ORDER BY retention_version_id DESC LIMIT 1;
  IF found.retention_version_id IS NULL THEN
    RAISE EXCEPTION 'no retention policy is in force: nothing may be removed'
      USING ERRCODE = 'restrict_violation', CONSTRAINT = 'kept_by_policy';
  END IF;
  RETURN found;
END $$;

CREATE FUNCTION engine.kept_since(kind text, at timestamptz) RETURNS timestamptz
  LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, engine AS $$
DECLARE
  policy engine.retention_version := engine.retention_in_force();
  days bigint := (to_jsonb(policy) ->> (kind || '_days'))::bigint;
BEGIN
  IF at IS NULL OR at > engine.desk_instant() THEN
    RAISE EXCEPTION 'the desk''s clock has not reached % yet: nothing is removed ahead of time', at
      USING ERRCODE = 'restrict_violation', CONSTRAINT = 'kept_by_policy';
  END IF;
  IF days IS NULL THEN
    RAISE EXCEPTION 'no retention policy names %: it is kept', kind
      USING ERRCODE = 'restrict_violation', CONSTRAINT = 'kept_by_policy';
  END IF;
  RETURN at - make_interval(days => days::int);
END $$;
REVOKE ALL ON FUNCTION engine.desk_instant(), engine.retention_in_force(),
  engine.kept_since(text, timestamptz) FROM PUBLIC;
"""

# What is closed never changes, but for letting go of an alert that is gone. The owner looks, so
# that no row-level policy makes an alert seem gone.
LETS_GO = """
CREATE FUNCTION alerting.lets_go(was alerting.alert, becomes alerting.alert) RETURNS boolean
  LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, alerting
  RETURN to_jsonb(was) - '{previous_alert_id,parent_alert_id,severity_rank}'::text[]
      = to_jsonb(becomes) - '{previous_alert_id,parent_alert_id,severity_rank}'::text[]
    AND (becomes.previous_alert_id IS NOT DISTINCT FROM was.previous_alert_id
      OR becomes.previous_alert_id IS NULL AND NOT EXISTS (
        SELECT FROM alerting.alert WHERE alert_id = was.previous_alert_id))
    AND (becomes.parent_alert_id IS NOT DISTINCT FROM was.parent_alert_id
      OR becomes.parent_alert_id IS NULL AND NOT EXISTS (
        SELECT FROM alerting.alert WHERE alert_id = was.parent_alert_id));
"""
REFUSES = "IF OLD.status = 'closed' THEN"
REFUSES_UNLESS = "IF OLD.status = 'closed' AND NOT alerting.lets_go(OLD, NEW) THEN"
REWRITE_GUARD = """
DO $do$ BEGIN
  EXECUTE replace(pg_get_functiondef('alerting.guard_alert()'::regprocedure),
    $was${was}$was$, $becomes${becomes}$becomes$);
END $do$;
"""
"""What else the guard says stays as it stands."""

# Whoever asks: a role of ours that may delete nothing, or an owner by hand.
KEEP_YOUNG_ALERTS = """
CREATE FUNCTION alerting.keep_alert() RETURNS trigger
  LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, alerting AS $$
BEGIN
  IF OLD.status <> 'closed'
     OR OLD.closed_at >= engine.kept_since('alert', engine.desk_instant()) THEN
    RAISE EXCEPTION 'alert % is live or younger than the retention policy keeps', OLD.alert_id
      USING ERRCODE = 'restrict_violation', CONSTRAINT = 'kept_by_policy';
  END IF;
  RETURN OLD;
END $$;
CREATE TRIGGER kept_by_policy BEFORE DELETE ON alerting.alert
  FOR EACH ROW EXECUTE FUNCTION alerting.keep_alert();
"""

# A callback goes with its message, and not before.
KEEP_CALLBACKS = """
DROP TRIGGER append_only ON alerting.provider_callback;
CREATE TRIGGER append_only BEFORE UPDATE OR TRUNCATE ON alerting.provider_callback
  FOR EACH STATEMENT EXECUTE FUNCTION audit.refuse_change();
CREATE FUNCTION alerting.keep_callback() RETURNS trigger
  LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, alerting AS $$
BEGIN
  IF NOT EXISTS (
    SELECT FROM alerting.notification AS message LEFT JOIN alerting.alert USING (alert_id)
    WHERE message.notification_id = OLD.notification_id
      AND (message.alert_id IS NULL OR alert.status = 'closed')
      AND message.created_at < engine.kept_since('notification', engine.desk_instant())
  ) THEN
    RAISE EXCEPTION 'alerting.provider_callback is append-only: DELETE refused'
      USING ERRCODE = 'restrict_violation', CONSTRAINT = 'kept_by_policy';
  END IF;
  RETURN OLD;
END $$;
CREATE TRIGGER kept_by_policy BEFORE DELETE ON alerting.provider_callback
  FOR EACH ROW EXECUTE FUNCTION alerting.keep_callback();
"""
CALLBACKS_AS_BEFORE = """
DROP TRIGGER kept_by_policy ON alerting.provider_callback;
DROP FUNCTION alerting.keep_callback();
DROP TRIGGER append_only ON alerting.provider_callback;
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON alerting.provider_callback
  FOR EACH STATEMENT EXECUTE FUNCTION audit.refuse_change();
"""

CLEAN = """
CREATE FUNCTION alerting.may_go(alert bigint) RETURNS boolean
  LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, alerting
  RETURN NOT EXISTS (SELECT FROM alerting.alert AS later
      WHERE later.previous_alert_id = alert AND later.status <> 'closed')
    AND NOT EXISTS (SELECT FROM alerting.alert AS joined
      WHERE joined.parent_alert_id = alert AND joined.status <> 'closed')
    AND NOT EXISTS (SELECT FROM people.handover_alert AS noted WHERE noted.alert_id = alert)
    AND NOT EXISTS (SELECT FROM alerting.notification AS message
      WHERE message.alert_id = alert AND message.status IN ('pending', 'sending'))
    AND NOT EXISTS (SELECT FROM alerting.fallback_action AS action
      WHERE action.alert_id = alert AND (
        action.status IN ('held', 'offered', 'accepted', 'booking', 'booked', 'cancelling')
        OR EXISTS (SELECT FROM inventory.allocation
          WHERE allocation.fallback_action_id = action.fallback_action_id
            AND allocation.released_at IS NULL)));

CREATE FUNCTION engine.clean_notifications(at timestamptz, most bigint)
  RETURNS TABLE (what text, gone bigint)
  LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, alerting AS $$
DECLARE
  since timestamptz := engine.kept_since('notification', at);
  ids bigint[];
BEGIN
  ids := ARRAY(
    SELECT message.notification_id FROM alerting.notification AS message
    WHERE message.status IN ('sent', 'delivered', 'cancelled', 'dead')
      AND message.created_at < since
      AND greatest(message.not_before_at, message.sent_at) < since
      AND (message.alert_id IS NULL OR EXISTS (SELECT FROM alerting.alert
        WHERE alert.alert_id = message.alert_id AND alert.status = 'closed'))
    ORDER BY message.created_at, message.notification_id LIMIT most
    FOR UPDATE OF message SKIP LOCKED);
  what := 'alerting.provider_callback';
  DELETE FROM alerting.provider_callback WHERE notification_id = ANY (ids);
  GET DIAGNOSTICS gone = ROW_COUNT; RETURN NEXT;
  what := 'alerting.delivery_attempt';
  DELETE FROM alerting.delivery_attempt WHERE notification_id = ANY (ids);
  GET DIAGNOSTICS gone = ROW_COUNT; RETURN NEXT;
  what := 'alerting.notification';
  DELETE FROM alerting.notification WHERE notification_id = ANY (ids);
  GET DIAGNOSTICS gone = ROW_COUNT; RETURN NEXT;
END $$;

CREATE FUNCTION engine.clean_alerts(at timestamptz, most bigint)
  RETURNS TABLE (what text, gone bigint)
  LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, alerting AS $$
DECLARE
  since timestamptz := engine.kept_since('alert', at);
  ids bigint[];
BEGIN
  ids := ARRAY(
    SELECT alert_id FROM alerting.alert
    WHERE status = 'closed' AND closed_at < since AND alerting.may_go(alert_id)
    ORDER BY closed_at, alert_id LIMIT most FOR UPDATE SKIP LOCKED);
  -- Locked first, looked at again: what came to refer to them meanwhile is seen now.
  ids := ARRAY(SELECT id FROM unnest(ids) AS id WHERE alerting.may_go(id));
  what := 'alerting.provider_callback';
  DELETE FROM alerting.provider_callback USING alerting.notification AS message
    WHERE message.notification_id = provider_callback.notification_id
      AND message.alert_id = ANY (ids);
  GET DIAGNOSTICS gone = ROW_COUNT; RETURN NEXT;
  what := 'alerting.delivery_attempt';
  DELETE FROM alerting.delivery_attempt USING alerting.notification AS message
    WHERE message.notification_id = delivery_attempt.notification_id
      AND message.alert_id = ANY (ids);
  GET DIAGNOSTICS gone = ROW_COUNT; RETURN NEXT;
  what := 'alerting.notification';
  DELETE FROM alerting.notification WHERE alert_id = ANY (ids);
  GET DIAGNOSTICS gone = ROW_COUNT; RETURN NEXT;
  what := 'inventory.allocation';
  DELETE FROM inventory.allocation USING alerting.fallback_action AS action
    WHERE action.fallback_action_id = allocation.fallback_action_id
      AND action.alert_id = ANY (ids);
  GET DIAGNOSTICS gone = ROW_COUNT; RETURN NEXT;
  what := 'alerting.fallback_action';
  DELETE FROM alerting.fallback_action WHERE alert_id = ANY (ids);
  GET DIAGNOSTICS gone = ROW_COUNT; RETURN NEXT;
  what := 'alerting.escalation';
  DELETE FROM alerting.escalation WHERE alert_id = ANY (ids);
  GET DIAGNOSTICS gone = ROW_COUNT; RETURN NEXT;
  what := 'alerting.acknowledgement';
  DELETE FROM alerting.acknowledgement WHERE alert_id = ANY (ids);
  GET DIAGNOSTICS gone = ROW_COUNT; RETURN NEXT;
  what := 'alerting.affected_booking';
  DELETE FROM alerting.affected_booking WHERE alert_id = ANY (ids);
  GET DIAGNOSTICS gone = ROW_COUNT; RETURN NEXT;
  what := 'alerting.alert';
  DELETE FROM alerting.alert WHERE alert_id = ANY (ids);
  GET DIAGNOSTICS gone = ROW_COUNT; RETURN NEXT;
END $$;
"""

# Each is one table that nothing refers to. Sign-ins go by the server's clock, as they came.
CLEAN_TABLE = """
CREATE FUNCTION engine.clean_{name}(at timestamptz, most bigint)
  RETURNS TABLE (what text, gone bigint)
  LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, engine AS $$
DECLARE
  since timestamptz := {since};
BEGIN
  what := '{table}';
  DELETE FROM {table} AS done WHERE done.ctid = ANY (ARRAY(
    SELECT old.ctid FROM {table} AS old WHERE old.{column} < since {more}
    ORDER BY old.{column} LIMIT most FOR UPDATE SKIP LOCKED));
  GET DIAGNOSTICS gone = ROW_COUNT; RETURN NEXT;
END $$;
"""
BY_DESK = "engine.kept_since('{kind}', at)"
BY_SERVER = "engine.kept_since('{kind}', at) + (clock_timestamp() - at)"
NO_ALERT = "AND NOT EXISTS (SELECT FROM alerting.alert WHERE alert.flight_id = old.flight_id)"
TABLES = (
    ("sessions", "people.session", "expires_at", BY_SERVER, "session", ""),
    (
        "sign_in_attempts",
        "people.sign_in_attempt",
        "attempted_at",
        BY_SERVER,
        "sign_in_attempt",
        "",
    ),
    ("quarantine", "feeds.quarantine", "cleared_at", BY_DESK, "quarantine", ""),
    (
        *("predictions", "predictions.disruption_prediction", "predicted_at", BY_DESK),
        *("prediction", NO_ALERT),
    ),
    (
        *("feature_rows", "predictions.feature_row", "predicted_at", BY_DESK),
        *("prediction", NO_ALERT),
    ),
)
CLEANERS = ("notifications", "alerts", *(name for name, *_ in TABLES))

# A marker is the drop: whoever adds one removes exactly the window it names, if it may go.
DROP_WINDOWS = """
CREATE FUNCTION audit.check_drop() RETURNS trigger
  LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, audit AS $$
DECLARE
  policy engine.retention_version := engine.retention_in_force();
  sealed audit.seal;
  held record;
BEGIN
  PERFORM pg_advisory_xact_lock(hashtext('audit.drop'));
  SELECT * INTO sealed FROM audit.seal WHERE seal_number = NEW.seal_number;
  IF sealed.seal_number IS NULL OR sealed.seal_number
      <> 1 + (SELECT coalesce(max(seal_number), 0) FROM audit.dropped_window) THEN
    RAISE EXCEPTION 'seal % is not the oldest that is left', NEW.seal_number
      USING ERRCODE = 'restrict_violation', CONSTRAINT = 'oldest_window_first';
  END IF;
  SELECT count(*) AS entry_count, max(recorded_at) AS last_recorded_at, sha256(coalesce(string_agg(
      sha256(convert_to(jsonb_build_array(entry_id, xid::text, extract(epoch FROM recorded_at),
        extract(epoch FROM at), actor_user_id, actor_username, actor_roles, tag, noun, noun_id,
        before, after, reason, source)::text, 'UTF8')), ''::bytea ORDER BY entry_id), '')) AS digest
    INTO held FROM audit.entry WHERE xid >= sealed.from_xid AND xid < sealed.until_xid;
  IF held.entry_count <> sealed.entry_count OR held.digest <> sealed.digest THEN
    RAISE EXCEPTION 'seal % does not hold: what is left of its window is evidence', NEW.seal_number
      USING ERRCODE = 'restrict_violation', CONSTRAINT = 'dropped_as_sealed';
  END IF;
  IF greatest(sealed.recorded_at, held.last_recorded_at)
      >= clock_timestamp() - make_interval(days => policy.audit_days::int) THEN
    RAISE EXCEPTION 'seal % is younger than the % days that the audit is kept',
      NEW.seal_number, policy.audit_days
      USING ERRCODE = 'restrict_violation', CONSTRAINT = 'kept_by_policy';
  END IF;
  NEW.retention_version_id := policy.retention_version_id;
  NEW.entry_count := sealed.entry_count;
  NEW.dropped_at := clock_timestamp();
  RETURN NEW;
END $$;
CREATE TRIGGER check_drop BEFORE INSERT ON audit.dropped_window
  FOR EACH ROW EXECUTE FUNCTION audit.check_drop();

CREATE FUNCTION audit.drop_entries() RETURNS trigger
  LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, audit AS $$
BEGIN
  DELETE FROM audit.entry USING audit.seal
    WHERE seal.seal_number = NEW.seal_number
      AND entry.xid >= seal.from_xid AND entry.xid < seal.until_xid;
  RETURN NULL;
END $$;
CREATE TRIGGER drop_entries AFTER INSERT ON audit.dropped_window
  FOR EACH ROW EXECUTE FUNCTION audit.drop_entries();

CREATE FUNCTION audit.keep_entry() RETURNS trigger
  LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, audit AS $$
BEGIN
  IF NOT EXISTS (
    SELECT FROM (SELECT * FROM audit.seal WHERE until_xid > OLD.xid ORDER BY until_xid LIMIT 1)
      AS sealed JOIN audit.dropped_window USING (seal_number) WHERE sealed.from_xid <= OLD.xid
  ) THEN
    RAISE EXCEPTION 'audit.entry is append-only: DELETE refused'
      USING ERRCODE = 'restrict_violation';
  END IF;
  RETURN OLD;
END $$;
DROP TRIGGER append_only ON audit.entry;
CREATE TRIGGER append_only BEFORE UPDATE OR TRUNCATE ON audit.entry
  FOR EACH STATEMENT EXECUTE FUNCTION audit.refuse_change();
CREATE TRIGGER dropped_by_marker_only BEFORE DELETE ON audit.entry
  FOR EACH STATEMENT WHEN (pg_trigger_depth() = 0) EXECUTE FUNCTION audit.refuse_change();
CREATE TRIGGER dropped_in_whole_windows BEFORE DELETE ON audit.entry
  FOR EACH ROW EXECUTE FUNCTION audit.keep_entry();
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON audit.dropped_window
  FOR EACH STATEMENT EXECUTE FUNCTION audit.refuse_change();
GRANT SELECT ON audit.dropped_window TO stormdesk_pipeline, stormdesk_dashboard;
GRANT INSERT (seal_number) ON audit.dropped_window TO stormdesk_pipeline;
"""
KEEP_EVERY_ENTRY = """
DROP TRIGGER dropped_in_whole_windows ON audit.entry;
DROP TRIGGER dropped_by_marker_only ON audit.entry;
DROP TRIGGER append_only ON audit.entry;
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON audit.entry
  FOR EACH STATEMENT EXECUTE FUNCTION audit.refuse_change();
"""


def upgrade() -> None:
    table, constraint, known, word = WORDS
    add_words(table, constraint, known, [word])
    _create_tables()
    for schema, name, on, columns, where in INDEXES:
        condition = "" if where is None else f" WHERE {where}"
        op.execute(f"CREATE INDEX {name} ON {schema}.{on} ({columns}){condition}")
    for column in LINKS:
        _link(column, ondelete="SET NULL")
    op.execute(LETS_GO)
    op.execute(REWRITE_GUARD.format(was=REFUSES, becomes=REFUSES_UNLESS))
    for statements in (POLICY, KEEP_YOUNG_ALERTS, KEEP_CALLBACKS, CLEAN):
        op.execute(statements)
    for name, table, column, clock, kind, more in TABLES:
        since = clock.format(kind=kind)
        op.execute(
            CLEAN_TABLE.format(name=name, table=table, column=column, since=since, more=more)
        )
    for name in CLEANERS:
        function = f"engine.clean_{name}(timestamptz, bigint)"
        op.execute(f"REVOKE ALL ON FUNCTION {function} FROM PUBLIC")
        op.execute(f"GRANT EXECUTE ON FUNCTION {function} TO stormdesk_pipeline")
    op.execute("REVOKE ALL ON FUNCTION alerting.may_go(bigint) FROM PUBLIC")
    op.execute(DROP_WINDOWS)


def _create_tables() -> None:
    op.create_table(
        "retention_version",
        sa.Column("retention_version_id", sa.BigInteger(), sa.Identity(always=True)),
        *(sa.Column(name, sa.BigInteger(), nullable=False) for name in LEAST_DAYS),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("effective_from_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("published_by", sa.BigInteger()),
        sa.PrimaryKeyConstraint("retention_version_id", name=op.f("pk_retention_version")),
        sa.ForeignKeyConstraint(
            ["published_by"],
            ["people.user.user_id"],
            name=op.f("fk_retention_version_published_by"),
        ),
        sa.CheckConstraint(
            " AND ".join(f"{name} BETWEEN {least} AND 36525" for name, least in LEAST_DAYS.items()),
            name=op.f("ck_retention_version_kept_long_enough"),
        ),
        sa.CheckConstraint(
            "notification_days <= alert_days",
            name=op.f("ck_retention_version_messages_go_with_their_alert"),
        ),
        sa.CheckConstraint("length(btrim(reason)) > 0", name=op.f("ck_retention_version_says_why")),
        schema="engine",
        comment="How many days each kind of history is kept; never changed, only followed.",
    )
    names, days = ", ".join(BEGUN_WITH), ", ".join(map(str, BEGUN_WITH.values()))
    op.execute(
        f"INSERT INTO engine.retention_version ({names}, reason, effective_from_at)"
        f" VALUES ({days}, '{WHY}', '2000-01-01T00:00:00Z')"
    )
    op.create_table(
        "dropped_window",
        sa.Column("seal_number", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("retention_version_id", sa.BigInteger(), nullable=False),
        sa.Column("entry_count", sa.BigInteger(), nullable=False),
        sa.Column("dropped_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("seal_number", name=op.f("pk_dropped_window")),
        sa.ForeignKeyConstraint(
            ["retention_version_id"],
            ["engine.retention_version.retention_version_id"],
            name=op.f("fk_dropped_window_retention_version_id"),
        ),
        schema="audit",
        comment="A sealed window whose entries were dropped, when, and by which retention policy.",
    )


def _link(column: str, *, ondelete: str | None) -> None:
    name = op.f(f"fk_alert_{column}")
    op.drop_constraint(name, "alert", schema="alerting")
    op.create_foreign_key(
        name,
        "alert",
        "alert",
        [column],
        ["alert_id"],
        source_schema="alerting",
        referent_schema="alerting",
        ondelete=ondelete,
    )


def downgrade() -> None:
    op.execute(KEEP_EVERY_ENTRY)
    op.drop_table("dropped_window", schema="audit")
    for function in ("check_drop", "drop_entries", "keep_entry"):
        op.execute(f"DROP FUNCTION audit.{function}()")
    for name in CLEANERS:
        op.execute(f"DROP FUNCTION engine.clean_{name}(timestamptz, bigint)")
    op.execute("DROP FUNCTION alerting.may_go(bigint)")
    op.execute(CALLBACKS_AS_BEFORE)
    op.execute("DROP TRIGGER kept_by_policy ON alerting.alert")
    op.execute("DROP FUNCTION alerting.keep_alert()")
    op.execute(REWRITE_GUARD.format(was=REFUSES_UNLESS, becomes=REFUSES))
    op.execute("DROP FUNCTION alerting.lets_go(alerting.alert, alerting.alert)")
    for column in LINKS:
        _link(column, ondelete=None)
    for schema, name, *_ in INDEXES:
        op.execute(f"DROP INDEX {schema}.{name}")
    op.execute("DROP FUNCTION engine.kept_since(text, timestamptz)")
    op.execute("DROP FUNCTION engine.retention_in_force()")
    op.execute("DROP FUNCTION engine.desk_instant()")
    op.drop_table("retention_version", schema="engine")
    table, constraint, known, word = WORDS
    drop_words(table, constraint, known, [word])
