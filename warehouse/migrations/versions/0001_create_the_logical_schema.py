"""create the logical schema."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from warehouse.schema.audit import TransactionId

SCHEMAS = ("alerting", "audit", "engine", "feeds", "inventory", "people", "predictions", "travel")

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    for schema in SCHEMAS:
        op.execute(f"CREATE SCHEMA {schema}")
    op.create_table(
        "escalation_policy",
        sa.Column("policy_id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("policy_id", name=op.f("pk_escalation_policy")),
        sa.UniqueConstraint("name", name=op.f("uq_escalation_policy_name")),
        schema="alerting",
        comment="What should happen to an alert nobody takes, by name; its versions hold the steps.",
    )
    op.create_table(
        "fallback_transition",
        sa.Column("from_status", sa.Text(), nullable=False),
        sa.Column("to_status", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("from_status", "to_status", name=op.f("pk_fallback_transition")),
        schema="alerting",
        comment="The steps a fallback action may take; a trigger refuses every other.",
    )
    op.create_table(
        "rights_rule",
        sa.Column("rights_rule_id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("regulation", sa.Text(), nullable=False),
        sa.Column("applies_to", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("entitlement", sa.Text(), nullable=False),
        sa.Column("source_url", sa.Text(), nullable=False),
        sa.Column("effective_from", sa.Date(), nullable=False),
        sa.Column("effective_until", sa.Date(), nullable=True),
        sa.CheckConstraint(
            "effective_until IS NULL OR effective_until > effective_from",
            name=op.f("ck_rights_rule_span"),
        ),
        sa.PrimaryKeyConstraint("rights_rule_id", name=op.f("pk_rights_rule")),
        schema="alerting",
        comment="What a traveller is owed under one regulation from a date on: data, never code.",
    )
    op.create_table(
        "entry",
        sa.Column("entry_id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column(
            "xid", TransactionId(), server_default=sa.text("pg_current_xact_id()"), nullable=False
        ),
        sa.Column(
            "recorded_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("clock_timestamp()"),
            nullable=False,
        ),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("actor_user_id", sa.BigInteger(), nullable=True),
        sa.Column("actor_username", sa.Text(), nullable=False),
        sa.Column("actor_roles", sa.Text(), nullable=False),
        sa.Column("tag", sa.Text(), nullable=False),
        sa.Column("noun", sa.Text(), nullable=False),
        sa.Column("noun_id", sa.BigInteger(), nullable=True),
        sa.Column(
            "before", postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=True
        ),
        sa.Column(
            "after", postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=True
        ),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("source", sa.Text(), nullable=False),
        sa.CheckConstraint(
            "source IN ('dashboard', 'pipeline', 'command_line', 'demo')",
            name=op.f("ck_entry_source"),
        ),
        sa.CheckConstraint(
            "tag IN ('alert.raised', 'alert.strengthened', 'alert.acknowledged', 'alert.also_seen', 'alert.released', 'alert.suppressed', 'alert.reopened', 'alert.escalated', 'alert.escalation_exhausted', 'alert.severity_changed', 'alert.closed', 'fallback.proposed', 'fallback.held', 'fallback.offered', 'fallback.accepted', 'fallback.declined', 'fallback.expired', 'fallback.superseded', 'fallback.failed', 'fallback.booking_started', 'fallback.booked', 'fallback.cancelled', 'notification.sent', 'notification.retried', 'notification.died', 'feed.loaded', 'inventory.reported', 'predictions.stored', 'release.published', 'champion.changed', 'user.added', 'user.changed', 'user.disabled', 'password.changed', 'session.started', 'session.revoked', 'sign_in.refused', 'permission.refused', 'shift.assigned', 'policy.published', 'audit.exported', 'clock.set', 'audit.sealed')",
            name=op.f("ck_entry_tag"),
        ),
        sa.PrimaryKeyConstraint("entry_id", name=op.f("pk_entry")),
        schema="audit",
        comment="Who, in which role, did what to what, from what to what, why, through which door, when.",
    )
    op.create_index(
        op.f("ix_entry_actor_username_entry_id"),
        "entry",
        ["actor_username", "entry_id"],
        unique=False,
        schema="audit",
    )
    op.create_index(op.f("ix_entry_at"), "entry", ["at"], unique=False, schema="audit")
    op.create_index(
        op.f("ix_entry_noun_noun_id_entry_id"),
        "entry",
        ["noun", "noun_id", "entry_id"],
        unique=False,
        schema="audit",
    )
    op.create_index(
        op.f("ix_entry_tag_entry_id"), "entry", ["tag", "entry_id"], unique=False, schema="audit"
    )
    op.create_index(op.f("ix_entry_xid"), "entry", ["xid"], unique=False, schema="audit")
    op.create_table(
        "seal",
        sa.Column("seal_number", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("from_xid", TransactionId(), nullable=False),
        sa.Column("until_xid", TransactionId(), nullable=False),
        sa.Column("entry_count", sa.BigInteger(), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("previous_hash", sa.LargeBinary(), nullable=False),
        sa.Column("hash", sa.LargeBinary(), nullable=False),
        sa.Column("sealed_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("entry_count >= 0", name=op.f("ck_seal_count_not_negative")),
        sa.CheckConstraint(
            "octet_length(digest) = 32 AND octet_length(hash) = 32", name=op.f("ck_seal_sha256")
        ),
        sa.PrimaryKeyConstraint("seal_number", name=op.f("pk_seal")),
        sa.UniqueConstraint("hash", name=op.f("uq_seal_hash")),
        sa.UniqueConstraint("until_xid", name=op.f("uq_seal_until_xid")),
        schema="audit",
        comment="A digest over the entries of a window of finished transactions, chained to the last one.",
    )
    op.create_table(
        "chapter",
        sa.Column("job", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("done_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("job", "name", name=op.f("pk_chapter")),
        schema="engine",
        comment="A step of a long job that is done, so that an interrupted one goes on where it stopped.",
    )
    op.create_table(
        "database_profile",
        sa.Column("only_row", sa.Boolean(), server_default="true", nullable=False),
        sa.Column("is_replay", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("only_row", name=op.f("ck_database_profile_one_row")),
        sa.PrimaryKeyConstraint("only_row", name=op.f("pk_database_profile")),
        sa.UniqueConstraint(
            "only_row", "is_replay", name=op.f("uq_database_profile_only_row_is_replay")
        ),
        schema="engine",
        comment="The one row that says whether this database replays the past; written once, at creation.",
    )
    op.create_table(
        "heartbeat",
        sa.Column("component", sa.Text(), nullable=False),
        sa.Column("beat_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("oldest_due_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("waiting_count", sa.BigInteger(), server_default="0", nullable=False),
        sa.PrimaryKeyConstraint("component", name=op.f("pk_heartbeat")),
        schema="engine",
        comment="When each part of the engine last ran, and the oldest thing it found waiting.",
    )
    op.create_table(
        "batch",
        sa.Column("batch_id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("feed", sa.Text(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("partition_key", sa.Text(), nullable=True),
        sa.Column("payload_sha256", sa.Text(), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("received_count", sa.BigInteger(), nullable=False),
        sa.Column("accepted_count", sa.BigInteger(), nullable=False),
        sa.Column("unchanged_count", sa.BigInteger(), nullable=False),
        sa.Column("superseded_count", sa.BigInteger(), nullable=False),
        sa.Column("quarantined_count", sa.BigInteger(), nullable=False),
        sa.CheckConstraint(
            "least(received_count, accepted_count, unchanged_count, superseded_count, quarantined_count) >= 0",
            name=op.f("ck_batch_counts_not_negative"),
        ),
        sa.CheckConstraint(
            "received_count = accepted_count + unchanged_count + superseded_count + quarantined_count",
            name=op.f("ck_batch_balance"),
        ),
        sa.PrimaryKeyConstraint("batch_id", name=op.f("pk_batch")),
        schema="feeds",
        comment="One delivery of one feed: what came in equals what was kept, unchanged, older or refused.",
    )
    op.create_index(
        op.f("ix_batch_feed_received_at"),
        "batch",
        ["feed", "received_at"],
        unique=False,
        schema="feeds",
    )
    op.create_table(
        "quarantine",
        sa.Column("quarantine_id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("feed", sa.Text(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("line", sa.BigInteger(), nullable=False),
        sa.Column("raw_text", sa.Text(), nullable=False),
        sa.Column(
            "raw_md5", sa.Text(), sa.Computed("md5(raw_text)", persisted=True), nullable=False
        ),
        sa.Column("column_name", sa.Text(), server_default="", nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("first_seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("cleared_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("quarantine_id", name=op.f("pk_quarantine")),
        sa.UniqueConstraint(
            "feed",
            "source",
            "line",
            "column_name",
            "raw_md5",
            name=op.f("uq_quarantine_feed_source_line_column_name_raw_md5"),
        ),
        schema="feeds",
        comment="A row that was refused, kept with its text and a reason somebody can act on.",
    )
    op.create_index(
        "ix_quarantine_waiting",
        "quarantine",
        ["feed"],
        unique=False,
        schema="feeds",
        postgresql_where="cleared_at IS NULL",
    )
    op.create_table(
        "secret",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("value", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_secret")),
        schema="people",
        comment="A key the product made for itself at its first run, such as the one that signs links.",
    )
    op.create_table(
        "shift",
        sa.Column("shift_id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("during", postgresql.TSTZRANGE(), nullable=False),
        sa.Column("starts_local", sa.Text(), nullable=False),
        sa.Column("ends_local", sa.Text(), nullable=False),
        sa.Column("time_zone", sa.Text(), nullable=False),
        sa.CheckConstraint("NOT isempty(during)", name=op.f("ck_shift_not_empty")),
        sa.CheckConstraint(
            "lower_inc(during) AND NOT upper_inc(during) AND NOT lower_inf(during) AND NOT upper_inf(during)",
            name=op.f("ck_shift_half_open"),
        ),
        sa.PrimaryKeyConstraint("shift_id", name=op.f("pk_shift")),
        sa.UniqueConstraint("name", "during", name=op.f("uq_shift_name_during")),
        schema="people",
        comment="A window of work, half-open in UTC, beside the local times and zone it was drawn in.",
    )
    op.create_table(
        "sign_in_attempt",
        sa.Column("attempt_id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("username_sha256", sa.LargeBinary(), nullable=False),
        sa.Column("attempted_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("succeeded", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("attempt_id", name=op.f("pk_sign_in_attempt")),
        schema="people",
        comment="One try at signing in, for the lockout's window; the name is kept only as a hash.",
    )
    op.create_index(
        op.f("ix_sign_in_attempt_username_sha256_attempted_at"),
        "sign_in_attempt",
        ["username_sha256", "attempted_at"],
        unique=False,
        schema="people",
    )
    op.create_table(
        "model_release",
        sa.Column("release_id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("published_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("trained_from", sa.DateTime(timezone=True), nullable=False),
        sa.Column("trained_until", sa.DateTime(timezone=True), nullable=False),
        sa.Column("code_version", sa.Text(), nullable=False),
        sa.Column("card", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("metrics", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.CheckConstraint(
            "sha256 = encode(sha256(content), 'hex')",
            name=op.f("ck_model_release_content_matches_sha256"),
        ),
        sa.CheckConstraint(
            "trained_until <= published_at", name=op.f("ck_model_release_trained_on_the_past")
        ),
        sa.PrimaryKeyConstraint("release_id", name=op.f("pk_model_release")),
        sa.UniqueConstraint("sha256", name=op.f("uq_model_release_sha256")),
        schema="predictions",
        comment="A trained model with its card, metrics and bytes; never changed once published.",
    )
    op.create_table(
        "airport",
        sa.Column("iata", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("city", sa.Text(), nullable=False),
        sa.Column("latitude", sa.Double(), nullable=False),
        sa.Column("longitude", sa.Double(), nullable=False),
        sa.Column("time_zone", sa.Text(), nullable=False),
        sa.CheckConstraint("iata ~ '^[A-Z]{3}$'", name=op.f("ck_airport_iata_code")),
        sa.PrimaryKeyConstraint("iata", name=op.f("pk_airport")),
        schema="travel",
        comment="A place flights leave from, with its IANA zone.",
    )
    op.create_table(
        "carrier",
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("code", name=op.f("pk_carrier")),
        schema="travel",
        comment="An airline, by its IATA code.",
    )
    op.create_table(
        "replay_clock",
        sa.Column("only_row", sa.Boolean(), server_default="true", nullable=False),
        sa.Column("is_replay", sa.Boolean(), server_default="true", nullable=False),
        sa.Column("anchor_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("set_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("speed", sa.Numeric(precision=10, scale=3), nullable=False),
        sa.CheckConstraint("is_replay", name=op.f("ck_replay_clock_replay_only")),
        sa.CheckConstraint("only_row", name=op.f("ck_replay_clock_one_row")),
        sa.CheckConstraint("speed >= 0", name=op.f("ck_replay_clock_speed_not_negative")),
        sa.ForeignKeyConstraint(
            ["only_row", "is_replay"],
            ["engine.database_profile.only_row", "engine.database_profile.is_replay"],
            name=op.f("fk_replay_clock_only_row_is_replay"),
        ),
        sa.PrimaryKeyConstraint("only_row", name=op.f("pk_replay_clock")),
        schema="engine",
        comment="The instant a replay database is at.",
    )
    op.create_table(
        "weather_forecast",
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("airport", sa.Text(), nullable=False),
        sa.Column("valid_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("issued_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("batch_id", sa.BigInteger(), nullable=False),
        sa.Column("temperature_c", sa.Double(), nullable=True),
        sa.Column("dew_point_c", sa.Double(), nullable=True),
        sa.Column("humidity_pct", sa.Double(), nullable=True),
        sa.Column("wind_direction_deg", sa.Double(), nullable=True),
        sa.Column("wind_mps", sa.Double(), nullable=True),
        sa.Column("gust_mps", sa.Double(), nullable=True),
        sa.Column("precipitation_mm", sa.Double(), nullable=True),
        sa.Column("pressure_hpa", sa.Double(), nullable=True),
        sa.Column("visibility_m", sa.Double(), nullable=True),
        sa.CheckConstraint(
            "issued_at <= valid_at", name=op.f("ck_weather_forecast_issued_before_valid")
        ),
        sa.ForeignKeyConstraint(
            ["airport"], ["travel.airport.iata"], name=op.f("fk_weather_forecast_airport")
        ),
        sa.ForeignKeyConstraint(
            ["batch_id"], ["feeds.batch.batch_id"], name=op.f("fk_weather_forecast_batch_id")
        ),
        sa.PrimaryKeyConstraint(
            "source", "airport", "valid_at", "issued_at", name=op.f("pk_weather_forecast")
        ),
        schema="feeds",
        comment="What a source said at `issued_at` about the weather at `valid_at`: both times are kept.",
    )
    op.create_index(
        op.f("ix_weather_forecast_airport_valid_at_issued_at"),
        "weather_forecast",
        ["airport", "valid_at", "issued_at"],
        unique=False,
        schema="feeds",
    )
    op.create_table(
        "weather_observation",
        sa.Column("airport", sa.Text(), nullable=False),
        sa.Column("observed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("known_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("batch_id", sa.BigInteger(), nullable=False),
        sa.Column("temperature_c", sa.Double(), nullable=True),
        sa.Column("dew_point_c", sa.Double(), nullable=True),
        sa.Column("humidity_pct", sa.Double(), nullable=True),
        sa.Column("wind_direction_deg", sa.Double(), nullable=True),
        sa.Column("wind_mps", sa.Double(), nullable=True),
        sa.Column("gust_mps", sa.Double(), nullable=True),
        sa.Column("precipitation_mm", sa.Double(), nullable=True),
        sa.Column("pressure_hpa", sa.Double(), nullable=True),
        sa.Column("visibility_m", sa.Double(), nullable=True),
        sa.CheckConstraint(
            "gust_mps BETWEEN 0 AND 150", name=op.f("ck_weather_observation_gust_plausible")
        ),
        sa.CheckConstraint(
            "known_at > observed_at", name=op.f("ck_weather_observation_known_after_observed")
        ),
        sa.CheckConstraint(
            "precipitation_mm >= 0", name=op.f("ck_weather_observation_precipitation_not_negative")
        ),
        sa.CheckConstraint(
            "visibility_m >= 0", name=op.f("ck_weather_observation_visibility_not_negative")
        ),
        sa.CheckConstraint(
            "wind_mps BETWEEN 0 AND 120", name=op.f("ck_weather_observation_wind_plausible")
        ),
        sa.ForeignKeyConstraint(
            ["airport"], ["travel.airport.iata"], name=op.f("fk_weather_observation_airport")
        ),
        sa.ForeignKeyConstraint(
            ["batch_id"], ["feeds.batch.batch_id"], name=op.f("fk_weather_observation_batch_id")
        ),
        sa.PrimaryKeyConstraint("airport", "observed_at", name=op.f("pk_weather_observation")),
        schema="feeds",
        comment="What was measured at an airport in the hour that begins at `observed_at` (UTC).",
    )
    op.create_table(
        "hotel",
        sa.Column("hotel_id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("hotel_ref", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("airport", sa.Text(), nullable=False),
        sa.Column("latitude", sa.Double(), nullable=False),
        sa.Column("longitude", sa.Double(), nullable=False),
        sa.Column("distance_km", sa.Double(), nullable=False),
        sa.Column("stars", sa.Double(), nullable=True),
        sa.Column("supplier_reliability", sa.Double(), nullable=False),
        sa.Column("is_refundable", sa.Boolean(), nullable=False),
        sa.Column("is_generated", sa.Boolean(), server_default="false", nullable=False),
        sa.CheckConstraint("stars BETWEEN 1 AND 5", name=op.f("ck_hotel_stars")),
        sa.CheckConstraint(
            "supplier_reliability BETWEEN 0 AND 1", name=op.f("ck_hotel_reliability_is_share")
        ),
        sa.ForeignKeyConstraint(
            ["airport"], ["travel.airport.iata"], name=op.f("fk_hotel_airport")
        ),
        sa.PrimaryKeyConstraint("hotel_id", name=op.f("pk_hotel")),
        sa.UniqueConstraint("hotel_ref", name=op.f("uq_hotel_hotel_ref")),
        schema="inventory",
        comment="A hotel near an airport, with how reliably its supplier confirms.",
    )
    op.create_index(
        op.f("ix_hotel_airport"), "hotel", ["airport"], unique=False, schema="inventory"
    )
    op.create_table(
        "champion",
        sa.Column("champion_id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("release_id", sa.BigInteger(), nullable=False),
        sa.Column("since_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["release_id"],
            ["predictions.model_release.release_id"],
            name=op.f("fk_champion_release_id"),
        ),
        sa.PrimaryKeyConstraint("champion_id", name=op.f("pk_champion")),
        schema="predictions",
        comment="Which release predicts, from when until when: history, of which one row is in force.",
    )
    op.create_index(
        "uq_champion_in_force",
        "champion",
        ["ended_at"],
        unique=True,
        schema="predictions",
        postgresql_where="ended_at IS NULL",
        postgresql_nulls_not_distinct=True,
    )
    op.create_table(
        "booking",
        sa.Column("booking_id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("booking_ref", sa.Text(), nullable=False),
        sa.Column("booked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("status", sa.Text(), server_default="confirmed", nullable=False),
        sa.Column("value_minor_units", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("trip_purpose", sa.Text(), nullable=False),
        sa.Column("is_generated", sa.Boolean(), server_default="false", nullable=False),
        sa.Column("source_updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("batch_id", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("currency ~ '^[A-Z]{3}$'", name=op.f("ck_booking_currency_code")),
        sa.CheckConstraint("status IN ('confirmed', 'cancelled')", name=op.f("ck_booking_status")),
        sa.CheckConstraint("value_minor_units >= 0", name=op.f("ck_booking_value_not_negative")),
        sa.ForeignKeyConstraint(
            ["batch_id"], ["feeds.batch.batch_id"], name=op.f("fk_booking_batch_id")
        ),
        sa.PrimaryKeyConstraint("booking_id", name=op.f("pk_booking")),
        sa.UniqueConstraint("source", "booking_ref", name=op.f("uq_booking_source_booking_ref")),
        schema="travel",
        comment="What a party bought together: legs and stays under one record locator.",
    )
    op.create_table(
        "flight",
        sa.Column("flight_id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("carrier", sa.Text(), nullable=False),
        sa.Column("flight_number", sa.Text(), nullable=False),
        sa.Column("origin", sa.Text(), nullable=False),
        sa.Column("destination", sa.Text(), nullable=False),
        sa.Column("service_date", sa.Date(), nullable=False),
        sa.Column("scheduled_departure_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("scheduled_arrival_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("distance_km", sa.Double(), nullable=False),
        sa.Column("is_generated", sa.Boolean(), server_default="false", nullable=False),
        sa.Column("status", sa.Text(), server_default="scheduled", nullable=False),
        sa.Column("reported_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("delay_reported_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("cancelled_reported_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("actual_departure_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("actual_arrival_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("departure_delay_minutes", sa.Double(), nullable=True),
        sa.Column("arrival_delay_minutes", sa.Double(), nullable=True),
        sa.Column("batch_id", sa.BigInteger(), nullable=False),
        sa.CheckConstraint(
            "(status = 'cancelled') = (cancelled_reported_at IS NOT NULL)",
            name=op.f("ck_flight_cancelled"),
        ),
        sa.CheckConstraint(
            "status IN ('scheduled', 'delayed', 'departed', 'arrived', 'diverted', 'cancelled')",
            name=op.f("ck_flight_status"),
        ),
        sa.CheckConstraint(
            "status NOT IN ('departed', 'arrived', 'diverted') OR actual_departure_at IS NOT NULL",
            name=op.f("ck_flight_departed_has_instant"),
        ),
        sa.CheckConstraint("distance_km >= 0", name=op.f("ck_flight_distance_not_negative")),
        sa.CheckConstraint(
            "scheduled_arrival_at > scheduled_departure_at", name=op.f("ck_flight_arrives_after")
        ),
        sa.ForeignKeyConstraint(
            ["batch_id"], ["feeds.batch.batch_id"], name=op.f("fk_flight_batch_id")
        ),
        sa.ForeignKeyConstraint(
            ["carrier"], ["travel.carrier.code"], name=op.f("fk_flight_carrier")
        ),
        sa.ForeignKeyConstraint(
            ["destination"], ["travel.airport.iata"], name=op.f("fk_flight_destination")
        ),
        sa.ForeignKeyConstraint(["origin"], ["travel.airport.iata"], name=op.f("fk_flight_origin")),
        sa.PrimaryKeyConstraint("flight_id", name=op.f("pk_flight")),
        sa.UniqueConstraint(
            "carrier",
            "flight_number",
            "origin",
            "service_date",
            name=op.f("uq_flight_carrier_flight_number_origin_service_date"),
        ),
        schema="travel",
        comment="A carrier's operation on a local service date, with the newest that was reported of it.",
    )
    op.create_index(
        op.f("ix_flight_scheduled_departure_at_origin"),
        "flight",
        ["scheduled_departure_at", "origin"],
        unique=False,
        schema="travel",
    )
    op.create_table(
        "traveller",
        sa.Column("traveller_id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("traveller_ref", sa.Text(), nullable=False),
        sa.Column("given_name", sa.Text(), nullable=False),
        sa.Column("family_name", sa.Text(), nullable=False),
        sa.Column("email", sa.Text(), nullable=False),
        sa.Column("phone", sa.Text(), nullable=False),
        sa.Column("home_airport", sa.Text(), nullable=True),
        sa.Column("loyalty_tier", sa.Text(), nullable=True),
        sa.Column("is_generated", sa.Boolean(), server_default="false", nullable=False),
        sa.ForeignKeyConstraint(
            ["home_airport"], ["travel.airport.iata"], name=op.f("fk_traveller_home_airport")
        ),
        sa.PrimaryKeyConstraint("traveller_id", name=op.f("pk_traveller")),
        sa.UniqueConstraint("traveller_ref", name=op.f("uq_traveller_traveller_ref")),
        schema="travel",
        comment="A person on a booking; personal data, shown to staff who act and to the traveller.",
    )
    op.create_table(
        "room_night",
        sa.Column("hotel_id", sa.BigInteger(), nullable=False),
        sa.Column("room_type", sa.Text(), nullable=False),
        sa.Column("night", sa.Date(), nullable=False),
        sa.Column("reported_total", sa.BigInteger(), nullable=False),
        sa.Column("total", sa.BigInteger(), nullable=False),
        sa.Column("allocated", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("price_minor_units", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("count_semantics", sa.Text(), server_default="gross", nullable=False),
        sa.Column("reported_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("batch_id", sa.BigInteger(), nullable=False),
        sa.CheckConstraint(
            "count_semantics IN ('gross', 'net')", name=op.f("ck_room_night_count_semantics")
        ),
        sa.CheckConstraint(
            "0 <= allocated AND allocated <= total", name=op.f("ck_room_night_never_oversold")
        ),
        sa.CheckConstraint("price_minor_units >= 0", name=op.f("ck_room_night_price_not_negative")),
        sa.CheckConstraint("reported_total >= 0", name=op.f("ck_room_night_reported_not_negative")),
        sa.CheckConstraint(
            "total = greatest(reported_total, allocated)", name=op.f("ck_room_night_total_follows")
        ),
        sa.ForeignKeyConstraint(
            ["batch_id"], ["feeds.batch.batch_id"], name=op.f("fk_room_night_batch_id")
        ),
        sa.ForeignKeyConstraint(
            ["hotel_id"], ["inventory.hotel.hotel_id"], name=op.f("fk_room_night_hotel_id")
        ),
        sa.PrimaryKeyConstraint("hotel_id", "room_type", "night", name=op.f("pk_room_night")),
        schema="inventory",
        comment="Rooms of one type on one night, and how many are taken.",
    )
    op.create_table(
        "user",
        sa.Column("user_id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("username", sa.Text(), nullable=False),
        sa.Column("display_name", sa.Text(), nullable=False),
        sa.Column("email", sa.Text(), nullable=False),
        sa.Column("email_verified_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("phone", sa.Text(), nullable=True),
        sa.Column("time_zone", sa.Text(), server_default="America/New_York", nullable=False),
        sa.Column("traveller_id", sa.BigInteger(), nullable=True),
        sa.Column("password_hash", sa.Text(), nullable=True),
        sa.Column("is_active", sa.Boolean(), server_default="true", nullable=False),
        sa.Column("session_epoch", sa.BigInteger(), server_default="1", nullable=False),
        sa.Column("identity_issuer", sa.Text(), nullable=True),
        sa.Column("identity_subject", sa.Text(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "password_hash IS NULL OR password_hash LIKE '$2_$%%'", name=op.f("ck_user_bcrypt")
        ),
        sa.CheckConstraint("username = lower(username)", name=op.f("ck_user_username_lower")),
        sa.ForeignKeyConstraint(
            ["traveller_id"], ["travel.traveller.traveller_id"], name=op.f("fk_user_traveller_id")
        ),
        sa.PrimaryKeyConstraint("user_id", name=op.f("pk_user")),
        sa.UniqueConstraint(
            "identity_issuer",
            "identity_subject",
            name=op.f("uq_user_identity_issuer_identity_subject"),
        ),
        sa.UniqueConstraint("username", name=op.f("uq_user_username")),
        schema="people",
        comment="Somebody who signs in; a customer is tied to the traveller they are.",
    )
    op.create_table(
        "disruption_prediction",
        sa.Column("prediction_id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("flight_id", sa.BigInteger(), nullable=False),
        sa.Column("horizon_hours", sa.BigInteger(), nullable=False),
        sa.Column("predicted_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("probability", sa.Double(), nullable=False),
        sa.Column("probability_60min", sa.Double(), nullable=False),
        sa.Column("basis", sa.Text(), nullable=False),
        sa.Column("is_forecast_simulated", sa.Boolean(), server_default="false", nullable=False),
        sa.Column("release_id", sa.BigInteger(), nullable=False),
        sa.Column(
            "drivers", postgresql.JSONB(astext_type=sa.Text()), server_default="[]", nullable=False
        ),
        sa.Column(
            "controls", postgresql.JSONB(astext_type=sa.Text()), server_default="{}", nullable=False
        ),
        sa.CheckConstraint(
            "basis IN ('model', 'climatology')", name=op.f("ck_disruption_prediction_basis")
        ),
        sa.CheckConstraint(
            "horizon_hours IN (2, 6, 24, 48, 72)", name=op.f("ck_disruption_prediction_horizon")
        ),
        sa.CheckConstraint(
            "probability BETWEEN 0 AND 1", name=op.f("ck_disruption_prediction_probability")
        ),
        sa.CheckConstraint(
            "probability_60min BETWEEN 0 AND 1",
            name=op.f("ck_disruption_prediction_probability_60min"),
        ),
        sa.ForeignKeyConstraint(
            ["flight_id"],
            ["travel.flight.flight_id"],
            name=op.f("fk_disruption_prediction_flight_id"),
        ),
        sa.ForeignKeyConstraint(
            ["release_id"],
            ["predictions.model_release.release_id"],
            name=op.f("fk_disruption_prediction_release_id"),
        ),
        sa.PrimaryKeyConstraint("prediction_id", name=op.f("pk_disruption_prediction")),
        sa.UniqueConstraint(
            "flight_id",
            "horizon_hours",
            name=op.f("uq_disruption_prediction_flight_id_horizon_hours"),
        ),
        schema="predictions",
        comment="A stored claim: how probable a flight's disruption was, said when and by which release.",
    )
    op.create_index(
        op.f("ix_disruption_prediction_predicted_at"),
        "disruption_prediction",
        ["predicted_at"],
        unique=False,
        schema="predictions",
    )
    op.create_table(
        "feature_row",
        sa.Column("flight_id", sa.BigInteger(), nullable=False),
        sa.Column("horizon_hours", sa.BigInteger(), nullable=False),
        sa.Column("predicted_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("known_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("features", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.CheckConstraint(
            "known_at <= predicted_at", name=op.f("ck_feature_row_nothing_of_the_future")
        ),
        sa.ForeignKeyConstraint(
            ["flight_id"], ["travel.flight.flight_id"], name=op.f("fk_feature_row_flight_id")
        ),
        sa.PrimaryKeyConstraint("flight_id", "horizon_hours", name=op.f("pk_feature_row")),
        schema="predictions",
        comment="What was known of a flight when it was predicted; Postgres refuses a row from the future.",
    )
    op.create_index(
        op.f("ix_feature_row_predicted_at"),
        "feature_row",
        ["predicted_at"],
        unique=False,
        schema="predictions",
    )
    op.create_table(
        "booking_traveller",
        sa.Column("booking_id", sa.BigInteger(), nullable=False),
        sa.Column("traveller_id", sa.BigInteger(), nullable=False),
        sa.Column("position", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["booking_id"],
            ["travel.booking.booking_id"],
            name=op.f("fk_booking_traveller_booking_id"),
        ),
        sa.ForeignKeyConstraint(
            ["traveller_id"],
            ["travel.traveller.traveller_id"],
            name=op.f("fk_booking_traveller_traveller_id"),
        ),
        sa.PrimaryKeyConstraint("booking_id", "traveller_id", name=op.f("pk_booking_traveller")),
        sa.UniqueConstraint(
            "booking_id", "position", name=op.f("uq_booking_traveller_booking_id_position")
        ),
        schema="travel",
        comment="Who is on a booking; position 1 is the lead traveller, who is told and who answers.",
    )
    op.create_index(
        op.f("ix_booking_traveller_traveller_id"),
        "booking_traveller",
        ["traveller_id"],
        unique=False,
        schema="travel",
    )
    op.create_table(
        "leg",
        sa.Column("leg_id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("booking_id", sa.BigInteger(), nullable=False),
        sa.Column("flight_id", sa.BigInteger(), nullable=False),
        sa.Column("position", sa.BigInteger(), nullable=False),
        sa.Column("cabin", sa.Text(), nullable=False),
        sa.Column("price_minor_units", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), server_default="confirmed", nullable=False),
        sa.CheckConstraint("status IN ('confirmed', 'cancelled')", name=op.f("ck_leg_status")),
        sa.ForeignKeyConstraint(
            ["booking_id"], ["travel.booking.booking_id"], name=op.f("fk_leg_booking_id")
        ),
        sa.ForeignKeyConstraint(
            ["flight_id"], ["travel.flight.flight_id"], name=op.f("fk_leg_flight_id")
        ),
        sa.PrimaryKeyConstraint("leg_id", name=op.f("pk_leg")),
        sa.UniqueConstraint("booking_id", "position", name=op.f("uq_leg_booking_id_position")),
        schema="travel",
        comment="The part of a booking that rides on one flight.",
    )
    op.create_index(op.f("ix_leg_flight_id"), "leg", ["flight_id"], unique=False, schema="travel")
    op.create_table(
        "stay",
        sa.Column("stay_id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("booking_id", sa.BigInteger(), nullable=False),
        sa.Column("hotel_id", sa.BigInteger(), nullable=False),
        sa.Column("position", sa.BigInteger(), nullable=False),
        sa.Column("room_type", sa.Text(), nullable=False),
        sa.Column("check_in_on", sa.Date(), nullable=False),
        sa.Column("check_out_on", sa.Date(), nullable=False),
        sa.Column("rooms", sa.BigInteger(), nullable=False),
        sa.Column("price_minor_units", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), server_default="confirmed", nullable=False),
        sa.CheckConstraint("status IN ('confirmed', 'cancelled')", name=op.f("ck_stay_status")),
        sa.CheckConstraint("check_out_on > check_in_on", name=op.f("ck_stay_at_least_one_night")),
        sa.CheckConstraint("rooms > 0", name=op.f("ck_stay_rooms_positive")),
        sa.ForeignKeyConstraint(
            ["booking_id"], ["travel.booking.booking_id"], name=op.f("fk_stay_booking_id")
        ),
        sa.ForeignKeyConstraint(
            ["hotel_id"], ["inventory.hotel.hotel_id"], name=op.f("fk_stay_hotel_id")
        ),
        sa.PrimaryKeyConstraint("stay_id", name=op.f("pk_stay")),
        sa.UniqueConstraint("booking_id", "position", name=op.f("uq_stay_booking_id_position")),
        schema="travel",
        comment="Consecutive nights of a booking in one hotel; `check_out_on` is exclusive.",
    )
    op.create_index(
        op.f("ix_stay_hotel_id_check_in_on"),
        "stay",
        ["hotel_id", "check_in_on"],
        unique=False,
        schema="travel",
    )
    op.create_table(
        "alert_policy",
        sa.Column("alert_policy_id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("alert_cost_minor_units", sa.BigInteger(), nullable=False),
        sa.Column("loss_per_traveller_minor_units", sa.BigInteger(), nullable=False),
        sa.Column("avoidable_share", sa.Double(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("hold_minutes", sa.BigInteger(), nullable=False),
        sa.Column("fallback_price_cap_minor_units", sa.BigInteger(), nullable=False),
        sa.Column("fallback_distance_cap_km", sa.Double(), nullable=False),
        sa.Column("effective_from_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("published_by", sa.BigInteger(), nullable=True),
        sa.CheckConstraint(
            "alert_cost_minor_units > 0", name=op.f("ck_alert_policy_cost_positive")
        ),
        sa.CheckConstraint(
            "avoidable_share > 0 AND avoidable_share <= 1",
            name=op.f("ck_alert_policy_avoidable_is_share"),
        ),
        sa.CheckConstraint(
            "loss_per_traveller_minor_units > 0", name=op.f("ck_alert_policy_loss_positive")
        ),
        sa.ForeignKeyConstraint(
            ["published_by"], ["people.user.user_id"], name=op.f("fk_alert_policy_published_by")
        ),
        sa.PrimaryKeyConstraint("alert_policy_id", name=op.f("pk_alert_policy")),
        schema="alerting",
        comment="When a prediction is worth an alert, in money; a version is never changed, only followed.",
    )
    op.create_table(
        "escalation_policy_version",
        sa.Column("policy_version_id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("policy_id", sa.BigInteger(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("repeat_count", sa.BigInteger(), nullable=False),
        sa.Column("reopens_on_severity_rise", sa.Boolean(), nullable=False),
        sa.Column("catch_all_user_id", sa.BigInteger(), nullable=False),
        sa.Column("ack_timeout_minutes", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("effective_from_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("published_by", sa.BigInteger(), nullable=True),
        sa.CheckConstraint(
            "repeat_count >= 0", name=op.f("ck_escalation_policy_version_repeat_not_negative")
        ),
        sa.ForeignKeyConstraint(
            ["catch_all_user_id"],
            ["people.user.user_id"],
            name=op.f("fk_escalation_policy_version_catch_all_user_id"),
        ),
        sa.ForeignKeyConstraint(
            ["policy_id"],
            ["alerting.escalation_policy.policy_id"],
            name=op.f("fk_escalation_policy_version_policy_id"),
        ),
        sa.ForeignKeyConstraint(
            ["published_by"],
            ["people.user.user_id"],
            name=op.f("fk_escalation_policy_version_published_by"),
        ),
        sa.PrimaryKeyConstraint("policy_version_id", name=op.f("pk_escalation_policy_version")),
        sa.UniqueConstraint(
            "policy_id", "version", name=op.f("uq_escalation_policy_version_policy_id_version")
        ),
        schema="alerting",
        comment="One immutable wording of an escalation policy; an alert keeps the one it began with.",
    )
    op.create_table(
        "session",
        sa.Column("session_id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("sid_sha256", sa.LargeBinary(), nullable=False),
        sa.Column("user_id", sa.BigInteger(), nullable=False),
        sa.Column("session_epoch", sa.BigInteger(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("revoke_reason", sa.Text(), nullable=True),
        sa.Column("user_agent", sa.Text(), nullable=True),
        sa.CheckConstraint("expires_at > created_at", name=op.f("ck_session_expires_later")),
        sa.CheckConstraint("octet_length(sid_sha256) = 32", name=op.f("ck_session_sid_is_hash")),
        sa.ForeignKeyConstraint(
            ["user_id"], ["people.user.user_id"], name=op.f("fk_session_user_id")
        ),
        sa.PrimaryKeyConstraint("session_id", name=op.f("pk_session")),
        sa.UniqueConstraint("sid_sha256", name=op.f("uq_session_sid_sha256")),
        schema="people",
        comment="A signed-in browser, known by the hash of its cookie.",
    )
    op.create_index(
        op.f("ix_session_user_id"), "session", ["user_id"], unique=False, schema="people"
    )
    op.create_table(
        "session_ticket",
        sa.Column("ticket_sha256", sa.LargeBinary(), nullable=False),
        sa.Column("user_id", sa.BigInteger(), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "octet_length(ticket_sha256) = 32", name=op.f("ck_session_ticket_ticket_is_hash")
        ),
        sa.ForeignKeyConstraint(
            ["user_id"], ["people.user.user_id"], name=op.f("fk_session_ticket_user_id")
        ),
        sa.PrimaryKeyConstraint("ticket_sha256", name=op.f("pk_session_ticket")),
        schema="people",
        comment="A single-use, short-lived right to start one session, handed from the form to the cookie.",
    )
    op.create_table(
        "shift_assignment",
        sa.Column("assignment_id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("shift_id", sa.BigInteger(), nullable=False),
        sa.Column("user_id", sa.BigInteger(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("during", postgresql.TSTZRANGE(), nullable=False),
        sa.Column("assigned_at", sa.DateTime(timezone=True), nullable=False),
        postgresql.ExcludeConstraint(
            (sa.text("int8range(user_id, user_id, '[]')"), "&&"),
            (sa.column("during"), "&&"),
            using="gist",
            name="ex_shift_assignment_overlap",
        ),
        sa.CheckConstraint(
            "role IN ('agent', 'manager', 'admin')", name=op.f("ck_shift_assignment_role")
        ),
        sa.ForeignKeyConstraint(
            ["shift_id"], ["people.shift.shift_id"], name=op.f("fk_shift_assignment_shift_id")
        ),
        sa.ForeignKeyConstraint(
            ["user_id"], ["people.user.user_id"], name=op.f("fk_shift_assignment_user_id")
        ),
        sa.PrimaryKeyConstraint("assignment_id", name=op.f("pk_shift_assignment")),
        sa.UniqueConstraint(
            "shift_id", "user_id", name=op.f("uq_shift_assignment_shift_id_user_id")
        ),
        schema="people",
        comment="A user in a shift, in one role; nobody is in two overlapping shifts.",
    )
    op.create_table(
        "user_role",
        sa.Column("user_id", sa.BigInteger(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.CheckConstraint(
            "role IN ('customer', 'agent', 'manager', 'analyst', 'admin')",
            name=op.f("ck_user_role_role"),
        ),
        sa.ForeignKeyConstraint(
            ["user_id"], ["people.user.user_id"], name=op.f("fk_user_role_user_id")
        ),
        sa.PrimaryKeyConstraint("user_id", "role", name=op.f("pk_user_role")),
        schema="people",
        comment="One role of one user.",
    )
    op.create_table(
        "alert",
        sa.Column("alert_id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("dedup_key", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("basis", sa.Text(), nullable=False),
        sa.Column("flight_id", sa.BigInteger(), nullable=True),
        sa.Column("hotel_id", sa.BigInteger(), nullable=True),
        sa.Column("first_night", sa.Date(), nullable=True),
        sa.Column("headline", sa.Text(), nullable=False),
        sa.Column("severity", sa.Text(), nullable=False),
        sa.Column(
            "severity_rank",
            sa.SmallInteger(),
            sa.Computed(
                "CASE severity WHEN 'critical' THEN 4 WHEN 'high' THEN 3 WHEN 'medium' THEN 2 ELSE 1 END",
                persisted=True,
            ),
            nullable=False,
        ),
        sa.Column("status", sa.Text(), server_default="open", nullable=False),
        sa.Column("generation", sa.BigInteger(), server_default="1", nullable=False),
        sa.Column("policy_version_id", sa.BigInteger(), nullable=False),
        sa.Column("escalation_level", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("escalation_loop", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("next_escalation_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("suppressed_until_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("suppressed_reason", sa.Text(), nullable=True),
        sa.Column("ack_deadline_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("raised_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("occurrences", sa.BigInteger(), server_default="1", nullable=False),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("close_reason", sa.Text(), nullable=True),
        sa.Column("previous_alert_id", sa.BigInteger(), nullable=True),
        sa.Column("prediction_id", sa.BigInteger(), nullable=True),
        sa.Column("probability", sa.Double(), nullable=True),
        sa.Column(
            "drivers", postgresql.JSONB(astext_type=sa.Text()), server_default="[]", nullable=False
        ),
        sa.Column("travellers_affected", sa.BigInteger(), nullable=False),
        sa.Column("money_at_risk_minor_units", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.CheckConstraint(
            "(kind = 'flight') = (flight_id IS NOT NULL)", name=op.f("ck_alert_flight_when_flight")
        ),
        sa.CheckConstraint(
            "(kind = 'hotel') = (hotel_id IS NOT NULL)", name=op.f("ck_alert_hotel_when_hotel")
        ),
        sa.CheckConstraint(
            "(status = 'closed') = (closed_at IS NOT NULL) AND (status = 'closed') = (close_reason IS NOT NULL)",
            name=op.f("ck_alert_closed_says_when_and_why"),
        ),
        sa.CheckConstraint(
            "ack_deadline_at IS NULL OR status = 'acknowledged'",
            name=op.f("ck_alert_deadline_only_when_acknowledged"),
        ),
        sa.CheckConstraint("basis IN ('predicted', 'reported')", name=op.f("ck_alert_basis")),
        sa.CheckConstraint(
            "close_reason IS NULL OR close_reason IN ('resolved', 'prediction_cleared', 'departed', 'no_affected_bookings', 'fallback_completed')",
            name=op.f("ck_alert_close_reason"),
        ),
        sa.CheckConstraint("kind IN ('flight', 'hotel', 'desk')", name=op.f("ck_alert_kind")),
        sa.CheckConstraint(
            "next_escalation_at IS NULL OR status = 'open'",
            name=op.f("ck_alert_escalates_only_when_open"),
        ),
        sa.CheckConstraint(
            "severity IN ('low', 'medium', 'high', 'critical')", name=op.f("ck_alert_severity")
        ),
        sa.CheckConstraint(
            "status IN ('open', 'acknowledged', 'closed')", name=op.f("ck_alert_status")
        ),
        sa.CheckConstraint(
            "num_nonnulls(suppressed_until_at, suppressed_reason) <> 1",
            name=op.f("ck_alert_suppressed"),
        ),
        sa.CheckConstraint("probability BETWEEN 0 AND 1", name=op.f("ck_alert_probability")),
        sa.ForeignKeyConstraint(
            ["flight_id"], ["travel.flight.flight_id"], name=op.f("fk_alert_flight_id")
        ),
        sa.ForeignKeyConstraint(
            ["hotel_id"], ["inventory.hotel.hotel_id"], name=op.f("fk_alert_hotel_id")
        ),
        sa.ForeignKeyConstraint(
            ["policy_version_id"],
            ["alerting.escalation_policy_version.policy_version_id"],
            name=op.f("fk_alert_policy_version_id"),
        ),
        sa.ForeignKeyConstraint(
            ["prediction_id"],
            ["predictions.disruption_prediction.prediction_id"],
            name=op.f("fk_alert_prediction_id"),
        ),
        sa.ForeignKeyConstraint(
            ["previous_alert_id"],
            ["alerting.alert.alert_id"],
            name=op.f("fk_alert_previous_alert_id"),
        ),
        sa.PrimaryKeyConstraint("alert_id", name=op.f("pk_alert")),
        schema="alerting",
        comment="One disrupted flight or hotel somebody has to take.",
    )
    op.create_index(
        "ix_alert_ack_deadline",
        "alert",
        ["ack_deadline_at"],
        unique=False,
        schema="alerting",
        postgresql_where="status = 'acknowledged'",
    )
    op.create_index(
        op.f("ix_alert_dedup_key_alert_id"),
        "alert",
        ["dedup_key", "alert_id"],
        unique=False,
        schema="alerting",
    )
    op.create_index(
        "ix_alert_departing",
        "alert",
        ["expires_at"],
        unique=False,
        schema="alerting",
        postgresql_where="status <> 'closed'",
    )
    op.create_index(
        "ix_alert_due",
        "alert",
        ["next_escalation_at"],
        unique=False,
        schema="alerting",
        postgresql_where="status = 'open'",
    )
    op.create_index(
        op.f("ix_alert_flight_id"), "alert", ["flight_id"], unique=False, schema="alerting"
    )
    op.create_index(
        "ix_alert_inbox",
        "alert",
        ["severity_rank", "raised_at", "alert_id"],
        unique=False,
        schema="alerting",
        postgresql_where="status <> 'closed'",
    )
    op.create_index(
        "uq_alert_live",
        "alert",
        ["dedup_key"],
        unique=True,
        schema="alerting",
        postgresql_where="status <> 'closed'",
    )
    op.create_table(
        "policy_step",
        sa.Column("policy_version_id", sa.BigInteger(), nullable=False),
        sa.Column("level", sa.BigInteger(), nullable=False),
        sa.Column("delay_minutes", sa.BigInteger(), nullable=False),
        sa.Column("target", sa.Text(), nullable=False),
        sa.Column("role", sa.Text(), nullable=True),
        sa.Column("user_id", sa.BigInteger(), nullable=True),
        sa.Column("channels", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("fallback_kind", sa.Text(), nullable=True),
        sa.CheckConstraint(
            "(target = 'on_shift') = (role IS NOT NULL)",
            name=op.f("ck_policy_step_role_when_on_shift"),
        ),
        sa.CheckConstraint(
            "(target = 'user') = (user_id IS NOT NULL)", name=op.f("ck_policy_step_user_when_named")
        ),
        sa.CheckConstraint("target IN ('on_shift', 'user')", name=op.f("ck_policy_step_target")),
        sa.CheckConstraint("delay_minutes >= 0", name=op.f("ck_policy_step_delay_not_negative")),
        sa.CheckConstraint("level >= 1", name=op.f("ck_policy_step_level_from_one")),
        sa.ForeignKeyConstraint(
            ["policy_version_id"],
            ["alerting.escalation_policy_version.policy_version_id"],
            name=op.f("fk_policy_step_policy_version_id"),
        ),
        sa.ForeignKeyConstraint(
            ["user_id"], ["people.user.user_id"], name=op.f("fk_policy_step_user_id")
        ),
        sa.PrimaryKeyConstraint("policy_version_id", "level", name=op.f("pk_policy_step")),
        schema="alerting",
        comment="One rung of the ladder: after this delay, these people, by these channels.",
    )
    op.create_table(
        "acknowledgement",
        sa.Column("acknowledgement_id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("alert_id", sa.BigInteger(), nullable=False),
        sa.Column("generation", sa.BigInteger(), nullable=False),
        sa.Column("user_id", sa.BigInteger(), nullable=False),
        sa.Column("note", sa.Text(), nullable=True),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("acknowledged_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("is_effective", sa.Boolean(), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("end_reason", sa.Text(), nullable=True),
        sa.Column("idempotency_key", sa.Text(), nullable=True),
        sa.CheckConstraint(
            "end_reason IS NULL OR end_reason IN ('released', 'deadline_passed', 'severity_rose', 'alert_closed')",
            name=op.f("ck_acknowledgement_end_reason"),
        ),
        sa.CheckConstraint(
            "(ended_at IS NULL) = (end_reason IS NULL)",
            name=op.f("ck_acknowledgement_ended_says_why"),
        ),
        sa.ForeignKeyConstraint(
            ["alert_id"], ["alerting.alert.alert_id"], name=op.f("fk_acknowledgement_alert_id")
        ),
        sa.ForeignKeyConstraint(
            ["user_id"], ["people.user.user_id"], name=op.f("fk_acknowledgement_user_id")
        ),
        sa.PrimaryKeyConstraint("acknowledgement_id", name=op.f("pk_acknowledgement")),
        sa.UniqueConstraint("idempotency_key", name=op.f("uq_acknowledgement_idempotency_key")),
        schema="alerting",
        comment="A user's taking of an alert; one at most is effective and not ended.",
    )
    op.create_index(
        op.f("ix_acknowledgement_alert_id"),
        "acknowledgement",
        ["alert_id"],
        unique=False,
        schema="alerting",
    )
    op.create_index(
        "uq_acknowledgement_in_force",
        "acknowledgement",
        ["alert_id"],
        unique=True,
        schema="alerting",
        postgresql_where="is_effective AND ended_at IS NULL",
    )
    op.create_table(
        "affected_booking",
        sa.Column("affected_booking_id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("alert_id", sa.BigInteger(), nullable=False),
        sa.Column("booking_id", sa.BigInteger(), nullable=False),
        sa.Column("leg_id", sa.BigInteger(), nullable=True),
        sa.Column("stay_id", sa.BigInteger(), nullable=True),
        sa.Column("travellers", sa.BigInteger(), nullable=False),
        sa.CheckConstraint(
            "num_nonnulls(leg_id, stay_id) = 1", name=op.f("ck_affected_booking_leg_or_stay")
        ),
        sa.ForeignKeyConstraint(
            ["alert_id"], ["alerting.alert.alert_id"], name=op.f("fk_affected_booking_alert_id")
        ),
        sa.ForeignKeyConstraint(
            ["booking_id"],
            ["travel.booking.booking_id"],
            name=op.f("fk_affected_booking_booking_id"),
        ),
        sa.ForeignKeyConstraint(
            ["leg_id"], ["travel.leg.leg_id"], name=op.f("fk_affected_booking_leg_id")
        ),
        sa.ForeignKeyConstraint(
            ["stay_id"], ["travel.stay.stay_id"], name=op.f("fk_affected_booking_stay_id")
        ),
        sa.PrimaryKeyConstraint("affected_booking_id", name=op.f("pk_affected_booking")),
        sa.UniqueConstraint(
            "alert_id",
            "booking_id",
            "leg_id",
            "stay_id",
            name=op.f("uq_affected_booking_alert_id_booking_id_leg_id_stay_id"),
            postgresql_nulls_not_distinct=True,
        ),
        schema="alerting",
        comment="A booking an alert touches, through one of its legs or stays.",
    )
    op.create_index(
        op.f("ix_affected_booking_booking_id"),
        "affected_booking",
        ["booking_id"],
        unique=False,
        schema="alerting",
    )
    op.create_table(
        "escalation",
        sa.Column("escalation_id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("alert_id", sa.BigInteger(), nullable=False),
        sa.Column("generation", sa.BigInteger(), nullable=False),
        sa.Column("loop", sa.BigInteger(), nullable=False),
        sa.Column("level", sa.BigInteger(), nullable=False),
        sa.Column("policy_version_id", sa.BigInteger(), nullable=False),
        sa.Column("escalated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("recipient_count", sa.BigInteger(), nullable=False),
        sa.Column("is_catch_all", sa.Boolean(), server_default="false", nullable=False),
        sa.Column("fallback_kind", sa.Text(), nullable=True),
        sa.Column("fallback_done_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["alert_id"], ["alerting.alert.alert_id"], name=op.f("fk_escalation_alert_id")
        ),
        sa.ForeignKeyConstraint(
            ["policy_version_id"],
            ["alerting.escalation_policy_version.policy_version_id"],
            name=op.f("fk_escalation_policy_version_id"),
        ),
        sa.PrimaryKeyConstraint("escalation_id", name=op.f("pk_escalation")),
        sa.UniqueConstraint(
            "alert_id",
            "generation",
            "loop",
            "level",
            name=op.f("uq_escalation_alert_id_generation_loop_level"),
        ),
        schema="alerting",
        comment="The fact that an alert went up one step of its ladder, and whom that reached.",
    )
    op.create_index(
        "ix_escalation_fallback",
        "escalation",
        ["fallback_kind", "fallback_done_at"],
        unique=False,
        schema="alerting",
    )
    op.create_table(
        "fallback_action",
        sa.Column("fallback_action_id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("alert_id", sa.BigInteger(), nullable=False),
        sa.Column("generation", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("booking_id", sa.BigInteger(), nullable=False),
        sa.Column("leg_id", sa.BigInteger(), nullable=True),
        sa.Column("stay_id", sa.BigInteger(), nullable=True),
        sa.Column("status", sa.Text(), server_default="proposed", nullable=False),
        sa.Column("rank", sa.BigInteger(), nullable=False),
        sa.Column("score", sa.Double(), nullable=False),
        sa.Column("score_parts", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("hotel_id", sa.BigInteger(), nullable=True),
        sa.Column("room_type", sa.Text(), nullable=True),
        sa.Column("check_in_on", sa.Date(), nullable=True),
        sa.Column("check_out_on", sa.Date(), nullable=True),
        sa.Column("rooms", sa.BigInteger(), nullable=True),
        sa.Column("flight_id", sa.BigInteger(), nullable=True),
        sa.Column("price_minor_units", sa.BigInteger(), nullable=True),
        sa.Column("currency", sa.Text(), nullable=True),
        sa.Column("requires_approval", sa.Boolean(), server_default="false", nullable=False),
        sa.Column("approved_by", sa.BigInteger(), nullable=True),
        sa.Column("proposed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("held_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("hold_expires_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("offered_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("accepted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("end_reason", sa.Text(), nullable=True),
        sa.Column("supplier_ref", sa.Text(), nullable=True),
        sa.Column(
            "idempotency_key",
            sa.Uuid(),
            server_default=sa.text("gen_random_uuid()"),
            nullable=False,
        ),
        sa.CheckConstraint(
            "(status IN ('held', 'offered')) = (hold_expires_at IS NOT NULL)",
            name=op.f("ck_fallback_action_hold_expires"),
        ),
        sa.CheckConstraint(
            "kind <> 'alternative_flight' OR flight_id IS NOT NULL",
            name=op.f("ck_fallback_action_flight_is_complete"),
        ),
        sa.CheckConstraint(
            "kind <> 'alternative_hotel' OR (hotel_id IS NOT NULL AND room_type IS NOT NULL AND check_in_on < check_out_on AND rooms > 0 AND price_minor_units >= 0)",
            name=op.f("ck_fallback_action_hotel_is_complete"),
        ),
        sa.CheckConstraint(
            "kind IN ('alternative_hotel', 'alternative_flight', 'rights_note')",
            name=op.f("ck_fallback_action_kind"),
        ),
        sa.CheckConstraint(
            "status IN ('proposed', 'held', 'offered', 'accepted', 'booking', 'booked', 'declined', 'expired', 'superseded', 'failed', 'cancelling', 'cancelled')",
            name=op.f("ck_fallback_action_status"),
        ),
        sa.CheckConstraint(
            "status NOT IN ('booking', 'booked') OR accepted_at IS NOT NULL",
            name=op.f("ck_fallback_action_booked_was_accepted"),
        ),
        sa.CheckConstraint(
            "num_nonnulls(leg_id, stay_id) = 1", name=op.f("ck_fallback_action_leg_or_stay")
        ),
        sa.CheckConstraint("score BETWEEN 0 AND 1", name=op.f("ck_fallback_action_score_is_share")),
        sa.ForeignKeyConstraint(
            ["alert_id"], ["alerting.alert.alert_id"], name=op.f("fk_fallback_action_alert_id")
        ),
        sa.ForeignKeyConstraint(
            ["approved_by"], ["people.user.user_id"], name=op.f("fk_fallback_action_approved_by")
        ),
        sa.ForeignKeyConstraint(
            ["booking_id"],
            ["travel.booking.booking_id"],
            name=op.f("fk_fallback_action_booking_id"),
        ),
        sa.ForeignKeyConstraint(
            ["flight_id"], ["travel.flight.flight_id"], name=op.f("fk_fallback_action_flight_id")
        ),
        sa.ForeignKeyConstraint(
            ["hotel_id"], ["inventory.hotel.hotel_id"], name=op.f("fk_fallback_action_hotel_id")
        ),
        sa.ForeignKeyConstraint(
            ["leg_id"], ["travel.leg.leg_id"], name=op.f("fk_fallback_action_leg_id")
        ),
        sa.ForeignKeyConstraint(
            ["stay_id"], ["travel.stay.stay_id"], name=op.f("fk_fallback_action_stay_id")
        ),
        sa.PrimaryKeyConstraint("fallback_action_id", name=op.f("pk_fallback_action")),
        sa.UniqueConstraint("idempotency_key", name=op.f("uq_fallback_action_idempotency_key")),
        schema="alerting",
        comment="Another hotel or flight, or a note of rights, for one disrupted leg or stay.",
    )
    op.create_index(
        op.f("ix_fallback_action_alert_id"),
        "fallback_action",
        ["alert_id"],
        unique=False,
        schema="alerting",
    )
    op.create_index(
        op.f("ix_fallback_action_booking_id"),
        "fallback_action",
        ["booking_id"],
        unique=False,
        schema="alerting",
    )
    op.create_index(
        "ix_fallback_action_expiring",
        "fallback_action",
        ["hold_expires_at"],
        unique=False,
        schema="alerting",
        postgresql_where="hold_expires_at IS NOT NULL",
    )
    op.create_index(
        "ix_fallback_action_to_book",
        "fallback_action",
        ["status", "accepted_at"],
        unique=False,
        schema="alerting",
        postgresql_where="status IN ('accepted', 'booking')",
    )
    op.create_index(
        "uq_fallback_action_live",
        "fallback_action",
        ["alert_id", "leg_id", "stay_id"],
        unique=True,
        schema="alerting",
        postgresql_where="status IN ('held', 'offered', 'accepted', 'booking', 'booked', 'cancelling')",
        postgresql_nulls_not_distinct=True,
    )
    op.create_table(
        "notification",
        sa.Column("notification_id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("alert_id", sa.BigInteger(), nullable=False),
        sa.Column("generation", sa.BigInteger(), nullable=False),
        sa.Column("escalation_loop", sa.BigInteger(), nullable=True),
        sa.Column("escalation_level", sa.BigInteger(), nullable=True),
        sa.Column("fallback_action_id", sa.BigInteger(), nullable=True),
        sa.Column("recipient_user_id", sa.BigInteger(), nullable=True),
        sa.Column("recipient_traveller_id", sa.BigInteger(), nullable=True),
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("priority", sa.BigInteger(), nullable=False),
        sa.Column("status", sa.Text(), server_default="pending", nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("not_before_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("attempts", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("lease_owner", sa.Text(), nullable=True),
        sa.Column("lease_until_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column(
            "message_id",
            sa.Text(),
            server_default=sa.text("gen_random_uuid()::text"),
            nullable=False,
        ),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("provider_message_id", sa.Text(), nullable=True),
        sa.Column("last_error", sa.Text(), nullable=True),
        sa.CheckConstraint(
            "(status = 'sending') = (lease_owner IS NOT NULL) AND (lease_owner IS NULL) = (lease_until_at IS NULL)",
            name=op.f("ck_notification_lease_while_sending"),
        ),
        sa.CheckConstraint(
            "(status = 'sent') = (sent_at IS NOT NULL)", name=op.f("ck_notification_sent_says_when")
        ),
        sa.CheckConstraint(
            "channel IN ('email', 'sms', 'webhook')", name=op.f("ck_notification_channel")
        ),
        sa.CheckConstraint(
            "kind IN ('page', 'offer', 'inform')", name=op.f("ck_notification_kind")
        ),
        sa.CheckConstraint(
            "status <> 'dead' OR last_error IS NOT NULL", name=op.f("ck_notification_dead_says_why")
        ),
        sa.CheckConstraint(
            "status IN ('pending', 'sending', 'sent', 'cancelled', 'dead')",
            name=op.f("ck_notification_status"),
        ),
        sa.CheckConstraint(
            "num_nonnulls(recipient_user_id, recipient_traveller_id) = 1",
            name=op.f("ck_notification_one_recipient"),
        ),
        sa.ForeignKeyConstraint(
            ["alert_id"], ["alerting.alert.alert_id"], name=op.f("fk_notification_alert_id")
        ),
        sa.ForeignKeyConstraint(
            ["fallback_action_id"],
            ["alerting.fallback_action.fallback_action_id"],
            name=op.f("fk_notification_fallback_action_id"),
        ),
        sa.ForeignKeyConstraint(
            ["recipient_traveller_id"],
            ["travel.traveller.traveller_id"],
            name=op.f("fk_notification_recipient_traveller_id"),
        ),
        sa.ForeignKeyConstraint(
            ["recipient_user_id"],
            ["people.user.user_id"],
            name=op.f("fk_notification_recipient_user_id"),
        ),
        sa.PrimaryKeyConstraint("notification_id", name=op.f("pk_notification")),
        sa.UniqueConstraint(
            "alert_id",
            "generation",
            "escalation_loop",
            "escalation_level",
            "fallback_action_id",
            "kind",
            "recipient_user_id",
            "recipient_traveller_id",
            "channel",
            name="uq_notification_identity",
            postgresql_nulls_not_distinct=True,
        ),
        sa.UniqueConstraint("message_id", name=op.f("uq_notification_message_id")),
        schema="alerting",
        comment="A message to one person by one channel, written with the change it tells of (outbox).",
    )
    op.create_index(
        op.f("ix_notification_alert_id"),
        "notification",
        ["alert_id"],
        unique=False,
        schema="alerting",
    )
    op.create_index(
        "ix_notification_due",
        "notification",
        ["priority", "not_before_at", "notification_id"],
        unique=False,
        schema="alerting",
        postgresql_where="status = 'pending'",
    )
    op.create_index(
        "ix_notification_leased",
        "notification",
        ["lease_until_at"],
        unique=False,
        schema="alerting",
        postgresql_where="status = 'sending'",
    )
    op.create_table(
        "allocation",
        sa.Column("fallback_action_id", sa.BigInteger(), nullable=False),
        sa.Column("hotel_id", sa.BigInteger(), nullable=False),
        sa.Column("room_type", sa.Text(), nullable=False),
        sa.Column("night", sa.Date(), nullable=False),
        sa.Column("rooms", sa.BigInteger(), nullable=False),
        sa.Column("allocated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("released_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("rooms > 0", name=op.f("ck_allocation_rooms_positive")),
        sa.ForeignKeyConstraint(
            ["fallback_action_id"],
            ["alerting.fallback_action.fallback_action_id"],
            name=op.f("fk_allocation_fallback_action_id"),
        ),
        sa.ForeignKeyConstraint(
            ["hotel_id", "room_type", "night"],
            [
                "inventory.room_night.hotel_id",
                "inventory.room_night.room_type",
                "inventory.room_night.night",
            ],
            name=op.f("fk_allocation_hotel_id_room_type_night"),
        ),
        sa.PrimaryKeyConstraint(
            "fallback_action_id", "hotel_id", "room_type", "night", name=op.f("pk_allocation")
        ),
        schema="inventory",
        comment="Rooms of one night taken by a fallback action; a trigger keeps the ledger's count.",
    )
    op.create_index(
        "ix_allocation_live",
        "allocation",
        ["hotel_id", "room_type", "night"],
        unique=False,
        schema="inventory",
        postgresql_where="released_at IS NULL",
    )
    op.create_table(
        "delivery_attempt",
        sa.Column("delivery_attempt_id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("notification_id", sa.BigInteger(), nullable=False),
        sa.Column("attempt", sa.BigInteger(), nullable=False),
        sa.Column("attempted_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("outcome", sa.Text(), nullable=False),
        sa.Column("detail", sa.Text(), nullable=True),
        sa.CheckConstraint(
            "outcome IN ('sent', 'retry', 'dead', 'lost_lease')",
            name=op.f("ck_delivery_attempt_outcome"),
        ),
        sa.ForeignKeyConstraint(
            ["notification_id"],
            ["alerting.notification.notification_id"],
            name=op.f("fk_delivery_attempt_notification_id"),
        ),
        sa.PrimaryKeyConstraint("delivery_attempt_id", name=op.f("pk_delivery_attempt")),
        sa.UniqueConstraint(
            "notification_id", "attempt", name=op.f("uq_delivery_attempt_notification_id_attempt")
        ),
        schema="alerting",
        comment="One try at sending a notification, and how it ended.",
    )


def downgrade() -> None:
    for schema in SCHEMAS:
        op.execute(f"DROP SCHEMA {schema} CASCADE")
