"""Model releases, their gate, the champion, the feature rows they saw and what they said."""

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, LargeBinary, UniqueConstraint
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from warehouse.schema.base import Base, Json, Key

SCHEMA = "predictions"


class ModelRelease(Base):
    """A trained model with its card, metrics and bytes; never changed once published."""

    __tablename__ = "model_release"
    __table_args__ = (
        CheckConstraint("sha256 = encode(sha256(content), 'hex')", name="content_matches_sha256"),
        CheckConstraint("trained_until <= published_at", name="trained_on_the_past"),
        {"schema": SCHEMA, "comment": __doc__},
    )

    release_id: Mapped[Key]
    published_at: Mapped[datetime]
    trained_from: Mapped[datetime]
    trained_until: Mapped[datetime]
    code_version: Mapped[str]
    card: Mapped[Json]
    metrics: Mapped[Json]
    sha256: Mapped[str] = mapped_column(unique=True)
    content: Mapped[bytes] = mapped_column(LargeBinary)


class Champion(Base):
    """Which release predicts, from when until when: history, of which one row is in force."""

    __tablename__ = "champion"
    __table_args__ = (
        Index(
            "uq_champion_in_force",
            "ended_at",
            unique=True,
            postgresql_where="ended_at IS NULL",
            postgresql_nulls_not_distinct=True,
        ),
        CheckConstraint("rolled_back_from <> release_id", name="rolled_back_to_another"),
        {"schema": SCHEMA, "comment": __doc__},
    )

    champion_id: Mapped[Key]
    release_id: Mapped[int] = mapped_column(ForeignKey(f"{SCHEMA}.model_release.release_id"))
    since_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    reason: Mapped[str]
    rolled_back_from: Mapped[int | None] = mapped_column(
        ForeignKey(f"{SCHEMA}.model_release.release_id")
    )


class GateResult(Base):
    """What the gate said of a release, rule by rule, beside the champion of that hour."""

    __tablename__ = "gate_result"
    __table_args__ = (
        CheckConstraint("compared_with <> release_id", name="compared_with_another"),
        CheckConstraint("jsonb_typeof(rules) = 'array' AND rules <> '[]'", name="rules_were_asked"),
        CheckConstraint(
            """NOT (passed AND rules @> '[{"passed": false}]')""", name="passed_every_rule"
        ),
        Index(None, "release_id"),
        {"schema": SCHEMA, "comment": __doc__},
    )

    gate_result_id: Mapped[Key]
    release_id: Mapped[int] = mapped_column(ForeignKey(f"{SCHEMA}.model_release.release_id"))
    compared_with: Mapped[int | None] = mapped_column(
        ForeignKey(f"{SCHEMA}.model_release.release_id")
    )
    judged_at: Mapped[datetime]
    passed: Mapped[bool]
    words: Mapped[str]
    rules: Mapped[list[Any]] = mapped_column(JSONB)


class RollingOrigin(Base):
    """How a release's way of learning told the months of its history, one by one."""

    __tablename__ = "rolling_origin"
    __table_args__ = (
        CheckConstraint("record ? 'horizons'", name="has_horizons"),
        Index(None, "release_id"),
        {"schema": SCHEMA, "comment": __doc__},
    )

    rolling_origin_id: Mapped[Key]
    release_id: Mapped[int] = mapped_column(ForeignKey(f"{SCHEMA}.model_release.release_id"))
    told_at: Mapped[datetime]
    code_version: Mapped[str]
    record: Mapped[Json]


class FeatureRow(Base):
    """What was known of a flight when it was predicted; Postgres refuses a row from the future."""

    __tablename__ = "feature_row"
    __table_args__ = (
        CheckConstraint("known_at <= predicted_at", name="nothing_of_the_future"),
        Index(None, "predicted_at"),
        {"schema": SCHEMA, "comment": __doc__},
    )

    flight_id: Mapped[int] = mapped_column(ForeignKey("travel.flight.flight_id"), primary_key=True)
    horizon_hours: Mapped[int] = mapped_column(primary_key=True)
    predicted_at: Mapped[datetime]
    known_at: Mapped[datetime]
    features: Mapped[Json]


class DisruptionPrediction(Base):
    """A stored claim: how probable a flight's disruption was, said when and by which release."""

    __tablename__ = "disruption_prediction"
    __table_args__ = (
        UniqueConstraint("flight_id", "horizon_hours"),
        CheckConstraint("probability BETWEEN 0 AND 1", name="probability"),
        CheckConstraint("probability_60min BETWEEN 0 AND 1", name="probability_60min"),
        CheckConstraint("horizon_hours IN (2, 6, 24, 48, 72)", name="horizon"),
        CheckConstraint("basis IN ('model', 'climatology')", name="basis"),
        Index(None, "predicted_at"),
        {"schema": SCHEMA, "comment": __doc__},
    )

    prediction_id: Mapped[Key]
    flight_id: Mapped[int] = mapped_column(ForeignKey("travel.flight.flight_id"))
    horizon_hours: Mapped[int]
    predicted_at: Mapped[datetime]
    probability: Mapped[float]
    probability_60min: Mapped[float]
    basis: Mapped[str]
    is_forecast_simulated: Mapped[bool] = mapped_column(server_default="false")
    release_id: Mapped[int] = mapped_column(ForeignKey(f"{SCHEMA}.model_release.release_id"))
    drivers: Mapped[list[Any]] = mapped_column(JSONB, server_default="[]")
    controls: Mapped[Json] = mapped_column(server_default="{}")
