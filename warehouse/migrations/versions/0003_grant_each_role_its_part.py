"""Give the pipeline and dashboard roles what each needs, and a customer only their own rows."""

from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

SCHEMAS = (
    "alerting",
    "audit",
    "engine",
    "feeds",
    "inventory",
    "people",
    "predictions",
    "travel",
)
ROLES = ("stormdesk_pipeline", "stormdesk_dashboard")

CREATE_ROLE = """
DO $$ BEGIN
  CREATE ROLE {role} LOGIN;
EXCEPTION WHEN duplicate_object THEN NULL;
END $$;
"""

PIPELINE = """
GRANT SELECT, INSERT ON ALL TABLES IN SCHEMA
  feeds, travel, inventory, predictions, engine, alerting, audit TO stormdesk_pipeline;
GRANT UPDATE ON feeds.quarantine, feeds.weather_observation, feeds.weather_forecast,
  travel.airport, travel.carrier, travel.flight, travel.traveller, travel.booking, travel.leg,
  travel.stay, inventory.hotel, inventory.room_night, predictions.champion,
  predictions.feature_row, predictions.disruption_prediction, engine.heartbeat,
  engine.replay_clock, engine.chapter, alerting.alert, alerting.acknowledgement,
  alerting.affected_booking, alerting.fallback_action, alerting.notification
  TO stormdesk_pipeline;
GRANT UPDATE (released_at) ON inventory.allocation TO stormdesk_pipeline;
GRANT UPDATE (fallback_done_at) ON alerting.escalation TO stormdesk_pipeline;
GRANT DELETE ON alerting.affected_booking, travel.booking_traveller TO stormdesk_pipeline;
GRANT SELECT ON people.shift, people.shift_assignment, people.user_role TO stormdesk_pipeline;
GRANT SELECT (user_id, username, display_name, email, email_verified_at, phone, time_zone,
  traveller_id, is_active) ON people."user" TO stormdesk_pipeline;
GRANT TEMPORARY ON DATABASE {database} TO stormdesk_pipeline;
"""

DASHBOARD = """
GRANT SELECT ON ALL TABLES IN SCHEMA
  feeds, travel, inventory, engine, alerting, audit TO stormdesk_dashboard;
GRANT SELECT ON predictions.champion, predictions.feature_row,
  predictions.disruption_prediction TO stormdesk_dashboard;
GRANT SELECT (release_id, published_at, trained_from, trained_until, code_version, card,
  metrics, sha256) ON predictions.model_release TO stormdesk_dashboard;
GRANT INSERT ON audit.entry, alerting.acknowledgement, alerting.notification,
  alerting.fallback_action, inventory.allocation TO stormdesk_dashboard;
GRANT UPDATE ON alerting.alert, alerting.acknowledgement, alerting.fallback_action,
  alerting.notification TO stormdesk_dashboard;
GRANT UPDATE (released_at) ON inventory.allocation TO stormdesk_dashboard;
GRANT SELECT, INSERT, UPDATE ON people."user", people.session, people.session_ticket,
  people.sign_in_attempt, people.shift, people.shift_assignment TO stormdesk_dashboard;
GRANT SELECT, INSERT, DELETE ON people.user_role TO stormdesk_dashboard;
GRANT DELETE ON people.session_ticket, people.sign_in_attempt,
  people.shift_assignment TO stormdesk_dashboard;
"""

SCOPE = """
CREATE FUNCTION people.scope() RETURNS text LANGUAGE sql STABLE
  RETURN current_setting('stormdesk.scope', true);
CREATE FUNCTION people.own_user_id() RETURNS bigint LANGUAGE sql STABLE
  RETURN nullif(current_setting('stormdesk.user_id', true), '')::bigint;
CREATE FUNCTION people.own_bookings() RETURNS bigint[]
  LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, travel
  RETURN (SELECT coalesce(array_agg(booking_id), '{}') FROM travel.booking_traveller
    WHERE traveller_id
      = nullif(current_setting('stormdesk.traveller_id', true), '')::bigint);
CREATE FUNCTION people.own_travellers() RETURNS bigint[]
  LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, travel, people
  RETURN (SELECT coalesce(array_agg(DISTINCT traveller_id), '{}') FROM travel.booking_traveller
    WHERE booking_id = ANY (people.own_bookings()));
CREATE FUNCTION people.own_alerts() RETURNS bigint[]
  LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, alerting, people
  RETURN (SELECT coalesce(array_agg(DISTINCT alert_id), '{}') FROM alerting.affected_booking
    WHERE booking_id = ANY (people.own_bookings()));
"""

STAFF = "(SELECT people.scope()) = 'staff'"
COLLEAGUES = "(SELECT people.scope()) IN ('staff', 'analyst')"
OWN_BOOKING = "booking_id = ANY ((SELECT people.own_bookings())::bigint[])"
OWN_ALERT = "alert_id = ANY ((SELECT people.own_alerts())::bigint[])"

VISIBLE = {
    "feeds.quarantine": STAFF,
    "travel.traveller": (
        f"{STAFF} OR traveller_id = ANY ((SELECT people.own_travellers())::bigint[])"
    ),
    "travel.booking": f"{COLLEAGUES} OR {OWN_BOOKING}",
    "travel.booking_traveller": f"{COLLEAGUES} OR {OWN_BOOKING}",
    "travel.leg": f"{COLLEAGUES} OR {OWN_BOOKING}",
    "travel.stay": f"{COLLEAGUES} OR {OWN_BOOKING}",
    "alerting.alert": f"{COLLEAGUES} OR {OWN_ALERT}",
    "alerting.affected_booking": f"{COLLEAGUES} OR {OWN_BOOKING}",
    "alerting.acknowledgement": COLLEAGUES,
    "alerting.escalation": COLLEAGUES,
    "alerting.fallback_action": f"{COLLEAGUES} OR (offered_at IS NOT NULL AND {OWN_BOOKING})",
    "alerting.notification": STAFF,
    "alerting.delivery_attempt": STAFF,
    "audit.entry": f"{COLLEAGUES} OR actor_user_id = (SELECT people.own_user_id())",
}
MAY_INSERT_ANY = ("audit.entry", "alerting.notification")


def _secure(table: str, visible: str) -> None:
    op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
    op.execute(
        f"CREATE POLICY pipeline_all ON {table} TO stormdesk_pipeline"
        " USING (true) WITH CHECK (true)"
    )
    op.execute(
        f"CREATE POLICY dashboard_sees ON {table} TO stormdesk_dashboard"
        f" USING ({visible}) WITH CHECK ({visible})"
    )
    if table in MAY_INSERT_ANY:
        op.execute(
            f"CREATE POLICY dashboard_adds ON {table} FOR INSERT TO stormdesk_dashboard"
            " WITH CHECK (true)"
        )


def upgrade() -> None:
    database = op.get_bind().exec_driver_sql("SELECT quote_ident(current_database())").scalar_one()
    for role in ROLES:
        op.execute(CREATE_ROLE.format(role=role))
        op.execute(f"GRANT USAGE ON SCHEMA {', '.join(SCHEMAS)} TO {role}")
        op.execute(f"GRANT SELECT ON public.alembic_version TO {role}")
    op.execute(PIPELINE.format(database=database))
    op.execute(DASHBOARD)
    op.execute(SCOPE)
    for table, visible in VISIBLE.items():
        _secure(table, visible)


def downgrade() -> None:
    for table in VISIBLE:
        for policy in ("pipeline_all", "dashboard_sees", "dashboard_adds"):
            op.execute(f"DROP POLICY IF EXISTS {policy} ON {table}")
        op.execute(f"ALTER TABLE {table} DISABLE ROW LEVEL SECURITY")
    for function in ("own_alerts", "own_travellers", "own_bookings", "own_user_id", "scope"):
        op.execute(f"DROP FUNCTION people.{function}()")
    for role in ROLES:
        op.execute(f"REVOKE ALL ON ALL TABLES IN SCHEMA {', '.join(SCHEMAS)} FROM {role}")
        op.execute(f"REVOKE USAGE ON SCHEMA {', '.join(SCHEMAS)} FROM {role}")
