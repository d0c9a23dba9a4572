"""Take in what a real agency has: segments of bookings as received, bulletins, files, watermarks."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

INSTANT = sa.DateTime(timezone=True)
BOOKED_ONLY = ("airport", "latitude", "longitude", "distance_km")
REACHED_BY = ("email", "phone")
TABLES = ("weather_bulletin", "booking_segment", "watermark")
STAFF = "(SELECT people.scope()) = 'staff'"


def upgrade() -> None:
    _loosen()
    _say_which_file()
    _create_bulletins()
    _create_segments()
    _create_watermarks()
    _grant()


def _loosen() -> None:
    """What a booking says of a hotel or a traveller may be no more than a name."""
    for column in BOOKED_ONLY:
        op.alter_column("hotel", column, schema="inventory", nullable=True)
    for column in REACHED_BY:
        op.alter_column("traveller", column, schema="travel", nullable=True)
    op.create_table_comment(
        "hotel",
        "A hotel, the airport it is near if that is known, and how reliably its supplier confirms.",
        schema="inventory",
    )


def _say_which_file() -> None:
    op.add_column("batch", sa.Column("file", sa.Text()), schema="feeds")
    op.add_column(
        "quarantine",
        sa.Column("file", sa.Text(), server_default="", nullable=False),
        schema="feeds",
    )
    op.add_column("quarantine", sa.Column("row_key", sa.Text()), schema="feeds")
    op.drop_constraint(
        "uq_quarantine_feed_source_line_column_name_raw_md5", "quarantine", schema="feeds"
    )
    op.create_unique_constraint(
        op.f("uq_quarantine_feed_source_file_line_column_name_raw_md5"),
        "quarantine",
        ["feed", "source", "file", "line", "column_name", "raw_md5"],
        schema="feeds",
    )
    op.drop_index("ix_quarantine_waiting", table_name="quarantine", schema="feeds")
    op.create_index(
        "ix_quarantine_waiting",
        "quarantine",
        ["feed", "source"],
        schema="feeds",
        postgresql_where="cleared_at IS NULL",
    )


def _create_bulletins() -> None:
    op.create_table(
        "weather_bulletin",
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("bulletin_ref", sa.Text(), nullable=False),
        sa.Column("airport", sa.Text(), nullable=False),
        sa.Column("issued_at", INSTANT, nullable=False),
        sa.Column("valid_from", INSTANT, nullable=False),
        sa.Column("valid_until", INSTANT),
        sa.Column("severity", sa.Text()),
        sa.Column("headline", sa.Text(), nullable=False),
        sa.Column("raw_text", sa.Text(), nullable=False),
        sa.Column("batch_id", sa.BigInteger(), nullable=False),
        sa.CheckConstraint(
            "kind IN ('metar', 'taf', 'alert')", name=op.f("ck_weather_bulletin_kind")
        ),
        sa.CheckConstraint(
            "valid_until >= valid_from", name=op.f("ck_weather_bulletin_valid_until_after_from")
        ),
        sa.ForeignKeyConstraint(
            ["airport"], ["travel.airport.iata"], name=op.f("fk_weather_bulletin_airport")
        ),
        sa.ForeignKeyConstraint(
            ["batch_id"], ["feeds.batch.batch_id"], name=op.f("fk_weather_bulletin_batch_id")
        ),
        sa.PrimaryKeyConstraint(
            *("source", "kind", "bulletin_ref", "airport"), name=op.f("pk_weather_bulletin")
        ),
        schema="feeds",
        comment="What a weather service says about an airport in words: "
        "a report, a forecast, a warning.",
    )
    op.create_index(
        op.f("ix_weather_bulletin_airport_valid_until"),
        "weather_bulletin",
        ["airport", "valid_until"],
        schema="feeds",
    )


TEXTS = (
    *("traveller_ref", "given_name", "family_name", "email", "phone", "carrier"),
    *("flight_number", "origin", "destination", "cabin", "hotel_ref", "hotel_name"),
    *("hotel_address", "room_type", "currency"),
)
CHECKS = {
    "kind": "kind IN ('flight', 'stay', 'booking')",
    "status": "status IN ('confirmed', 'cancelled')",
    "flight_is_whole": "kind <> 'flight' OR"
    " num_nulls(carrier, flight_number, origin, departure_on) = 0"
    " AND (status = 'cancelled' OR num_nulls(destination, departure_at, arrival_at) = 0)",
    "stay_is_whole": "kind <> 'stay' OR num_nulls(hotel_name, check_in_on, check_out_on) = 0",
    "arrives_after": "status = 'cancelled' OR arrival_at > departure_at",
    "at_least_one_night": "check_out_on > check_in_on",
    "rooms_positive": "rooms > 0",
    "price_not_negative": "price_minor_units >= 0",
}


def _create_segments() -> None:
    key = ("source", "booking_ref", "segment_key", "traveller_key")
    op.create_table(
        "booking_segment",
        *[sa.Column(name, sa.Text(), nullable=False) for name in (*key, "kind", "status")],
        *[sa.Column(name, sa.Text()) for name in TEXTS],
        *[sa.Column(name, INSTANT) for name in ("departure_at", "arrival_at", "booked_at")],
        *[sa.Column(name, sa.Date()) for name in ("departure_on", "check_in_on", "check_out_on")],
        *[sa.Column(name, sa.Float()) for name in ("hotel_latitude", "hotel_longitude")],
        *[sa.Column(name, sa.BigInteger()) for name in ("rooms", "price_minor_units")],
        sa.Column("source_updated_at", INSTANT, nullable=False),
        sa.Column("batch_id", sa.BigInteger(), nullable=False),
        *[
            sa.CheckConstraint(check, name=op.f(f"ck_booking_segment_{name}"))
            for name, check in CHECKS.items()
        ],
        *[
            sa.ForeignKeyConstraint(
                [name], ["travel.airport.iata"], name=op.f(f"fk_booking_segment_{name}")
            )
            for name in ("origin", "destination")
        ],
        sa.ForeignKeyConstraint(
            ["batch_id"], ["feeds.batch.batch_id"], name=op.f("fk_booking_segment_batch_id")
        ),
        sa.PrimaryKeyConstraint(*key, name=op.f("pk_booking_segment")),
        schema="feeds",
        comment="What a source last said of one traveller on one leg or stay, as received.",
    )


def _create_watermarks() -> None:
    op.create_table(
        "watermark",
        sa.Column("feed", sa.Text(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("read_until", INSTANT, nullable=False),
        sa.Column("advanced_at", INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("feed", "source", name=op.f("pk_watermark")),
        schema="feeds",
        comment="How far a feed that is asked for changes has been read; "
        "a failed page never advances it.",
    )


def _grant() -> None:
    for table in TABLES:
        op.execute(f"GRANT SELECT, INSERT, UPDATE ON feeds.{table} TO stormdesk_pipeline")
        op.execute(f"GRANT SELECT ON feeds.{table} TO stormdesk_dashboard")
    op.execute("ALTER TABLE feeds.booking_segment ENABLE ROW LEVEL SECURITY")
    op.execute(
        "CREATE POLICY pipeline_all ON feeds.booking_segment TO stormdesk_pipeline"
        " USING (true) WITH CHECK (true)"
    )
    op.execute(
        "CREATE POLICY dashboard_sees ON feeds.booking_segment TO stormdesk_dashboard"
        f" USING ({STAFF}) WITH CHECK ({STAFF})"
    )


def downgrade() -> None:
    for table in reversed(TABLES):
        op.drop_table(table, schema="feeds")
    op.drop_index("ix_quarantine_waiting", table_name="quarantine", schema="feeds")
    op.create_index(
        "ix_quarantine_waiting",
        "quarantine",
        ["feed"],
        schema="feeds",
        postgresql_where="cleared_at IS NULL",
    )
    op.drop_constraint(
        "uq_quarantine_feed_source_file_line_column_name_raw_md5", "quarantine", schema="feeds"
    )
    op.create_unique_constraint(
        "uq_quarantine_feed_source_line_column_name_raw_md5",
        "quarantine",
        ["feed", "source", "line", "column_name", "raw_md5"],
        schema="feeds",
    )
    for column in ("row_key", "file"):
        op.drop_column("quarantine", column, schema="feeds")
    op.drop_column("batch", "file", schema="feeds")
    op.create_table_comment(
        "hotel",
        "A hotel near an airport, with how reliably its supplier confirms.",
        schema="inventory",
    )
    for column in BOOKED_ONLY:
        op.alter_column("hotel", column, schema="inventory", nullable=False)
    for column in REACHED_BY:
        op.alter_column("traveller", column, schema="travel", nullable=False)
