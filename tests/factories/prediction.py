"""Model releases, the champion, and what it claimed of flights."""

import hashlib
from datetime import timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from tests.factories.defaults import STORM_AT, insert_row, unique_number
from tests.factories.flight import make_flight
from warehouse.schema.predictions import Champion, DisruptionPrediction, GateResult, ModelRelease


def make_release(session: Session, **overrides: Any) -> ModelRelease:
    """Insert a release trained on the year until the day before the storm."""
    content = overrides.pop("content", f"release {unique_number()}".encode())
    defaults = {
        "published_at": STORM_AT - timedelta(days=1),
        "trained_from": STORM_AT - timedelta(days=340),
        "trained_until": STORM_AT - timedelta(days=2),
        "code_version": "test",
        "card": {},
        "metrics": {},
        "sha256": hashlib.sha256(content).hexdigest(),
        "content": content,
    }
    return insert_row(session, ModelRelease, defaults | overrides)


def make_champion(session: Session, **overrides: Any) -> Champion:
    """Put a release in force, a new one unless it is given."""
    values = dict(overrides)
    if "release_id" not in values:
        values["release_id"] = make_release(session).release_id
    defaults = {"since_at": STORM_AT - timedelta(days=1), "reason": "first release"}
    return insert_row(session, Champion, defaults | values)


def make_gate_result(session: Session, **overrides: Any) -> GateResult:
    """Insert a verdict of the gate about a release, a new one unless it is given."""
    values = dict(overrides)
    if "release_id" not in values:
        values["release_id"] = make_release(session).release_id
    passed = values.get("passed", True)
    defaults = {
        "compared_with": None,
        "judged_at": STORM_AT - timedelta(days=1),
        "passed": True,
        "words": "It meets all 1 rules of the gate." if passed else "It fails 1 of 1 rules.",
        "rules": [{"name": "skill_gain", "value": 0.01, "limit": 0.0, "passed": passed}],
    }
    return insert_row(session, GateResult, defaults | values)


def let_pass(session: Session, release_id: int) -> None:
    """Let a release pass the gate beside whatever predicts now."""
    reigning = session.scalar(select(Champion.release_id).where(Champion.ended_at.is_(None)))
    if reigning != release_id:
        make_gate_result(session, release_id=release_id, compared_with=reigning)


def make_prediction(session: Session, **overrides: Any) -> DisruptionPrediction:
    """Insert a claim about a flight a day ahead, by whichever release there is."""
    values = dict(overrides)
    if "flight_id" not in values:
        values["flight_id"] = make_flight(session).flight_id
    if "release_id" not in values:
        any_release = session.scalar(select(ModelRelease.release_id).limit(1))
        values["release_id"] = any_release or make_release(session).release_id
    defaults = {
        "horizon_hours": 24,
        "predicted_at": STORM_AT - timedelta(hours=12),
        "probability": 0.4,
        "probability_60min": 0.5,
        "basis": "model",
        "is_forecast_simulated": True,
        "drivers": [],
        "controls": {"climatology": 0.05},
    }
    return insert_row(session, DisruptionPrediction, defaults | values)
