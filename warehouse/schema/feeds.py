"""What providers sent: each batch with its balance, what was refused, weather as it was known."""

from datetime import datetime

from sqlalchemy import CheckConstraint, Computed, ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from warehouse.schema.base import Base, Key

SCHEMA = "feeds"


class Batch(Base):
    """One delivery of one feed: what came in equals what was kept, unchanged, older or refused."""

    __tablename__ = "batch"
    __table_args__ = (
        CheckConstraint(
            "received_count = accepted_count + unchanged_count + superseded_count"
            " + quarantined_count",
            name="balance",
        ),
        CheckConstraint(
            "least(received_count, accepted_count, unchanged_count, superseded_count,"
            " quarantined_count) >= 0",
            name="counts_not_negative",
        ),
        Index(None, "feed", "received_at"),
        {"schema": SCHEMA, "comment": __doc__},
    )

    batch_id: Mapped[Key]
    feed: Mapped[str]
    source: Mapped[str]
    partition_key: Mapped[str | None]
    payload_sha256: Mapped[str]
    received_at: Mapped[datetime]
    received_count: Mapped[int]
    accepted_count: Mapped[int]
    unchanged_count: Mapped[int]
    superseded_count: Mapped[int]
    quarantined_count: Mapped[int]


class Quarantine(Base):
    """A row that was refused, kept with its text and a reason somebody can act on."""

    __tablename__ = "quarantine"
    __table_args__ = (
        UniqueConstraint("feed", "source", "line", "column_name", "raw_md5"),
        Index("ix_quarantine_waiting", "feed", postgresql_where="cleared_at IS NULL"),
        {"schema": SCHEMA, "comment": __doc__},
    )

    quarantine_id: Mapped[Key]
    feed: Mapped[str]
    source: Mapped[str]
    line: Mapped[int]
    raw_text: Mapped[str]
    raw_md5: Mapped[str] = mapped_column(Computed("md5(raw_text)", persisted=True))
    column_name: Mapped[str] = mapped_column(server_default="")
    reason: Mapped[str]
    first_seen_at: Mapped[datetime]
    cleared_at: Mapped[datetime | None]


class _Weather:
    temperature_c: Mapped[float | None]
    dew_point_c: Mapped[float | None]
    humidity_pct: Mapped[float | None]
    wind_direction_deg: Mapped[float | None]
    wind_mps: Mapped[float | None]
    gust_mps: Mapped[float | None]
    precipitation_mm: Mapped[float | None]
    pressure_hpa: Mapped[float | None]
    visibility_m: Mapped[float | None]


class WeatherObservation(_Weather, Base):
    """What was measured at an airport in the hour that begins at `observed_at` (UTC)."""

    __tablename__ = "weather_observation"
    __table_args__ = (
        CheckConstraint("known_at > observed_at", name="known_after_observed"),
        CheckConstraint("wind_mps BETWEEN 0 AND 120", name="wind_plausible"),
        CheckConstraint("gust_mps BETWEEN 0 AND 150", name="gust_plausible"),
        CheckConstraint("visibility_m >= 0", name="visibility_not_negative"),
        CheckConstraint("precipitation_mm >= 0", name="precipitation_not_negative"),
        {"schema": SCHEMA, "comment": __doc__},
    )

    airport: Mapped[str] = mapped_column(ForeignKey("travel.airport.iata"), primary_key=True)
    observed_at: Mapped[datetime] = mapped_column(primary_key=True)
    known_at: Mapped[datetime]
    batch_id: Mapped[int] = mapped_column(ForeignKey(f"{SCHEMA}.batch.batch_id"))


class WeatherForecast(_Weather, Base):
    """What a source said at `issued_at` about the weather at `valid_at`: both times are kept."""

    __tablename__ = "weather_forecast"
    __table_args__ = (
        CheckConstraint("issued_at <= valid_at", name="issued_before_valid"),
        Index(None, "airport", "valid_at", "issued_at"),
        {"schema": SCHEMA, "comment": __doc__},
    )

    source: Mapped[str] = mapped_column(primary_key=True)
    airport: Mapped[str] = mapped_column(ForeignKey("travel.airport.iata"), primary_key=True)
    valid_at: Mapped[datetime] = mapped_column(primary_key=True)
    issued_at: Mapped[datetime] = mapped_column(primary_key=True)
    batch_id: Mapped[int] = mapped_column(ForeignKey(f"{SCHEMA}.batch.batch_id"))
