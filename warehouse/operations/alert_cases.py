"""A disrupted flight that is worth an alert, and the row it becomes."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from warehouse.operations.affected import Touched
from warehouse.queries.policies import DeskPolicy
from warehouse.rules.alert_lifecycle import expiry_of_flight_alert, flight_dedup_key
from warehouse.rules.severity import severity
from warehouse.rules.wording import flight_headline
from warehouse.vocabulary import AlertBasis, AlertKind, FlightId, Severity


@dataclass(frozen=True, slots=True)
class AlertCandidate:
    """A flight that is, or may be, disrupted, and how that is known."""

    flight_id: FlightId
    basis: AlertBasis
    probability: float | None
    prediction_id: int | None
    drivers: list[dict[str, Any]]


@dataclass(frozen=True, slots=True)
class Case:
    """A candidate with whom it touches, what it would be called, and how bad it is."""

    candidate: AlertCandidate
    touched: Touched
    dedup_key: str
    severity: Severity
    headline: str


def case_of(candidate: AlertCandidate, touched: Touched, at: datetime) -> Case:
    """Say what a candidate comes to, at an instant."""
    flight = touched.flight
    hours = (flight.scheduled_departure_at - at).total_seconds() / 3600
    return Case(
        candidate=candidate,
        touched=touched,
        dedup_key=flight_dedup_key(
            flight.carrier, flight.flight_number, flight.origin, touched.service_date
        ),
        severity=severity(
            candidate.basis,
            probability=candidate.probability,
            hours_to_departure=hours,
            travellers=touched.travellers,
        ),
        headline=flight_headline(flight, candidate.basis, candidate.probability),
    )


def area_of(case: Case) -> str:
    """Say which storm it would join: that of the airport it leaves from."""
    return case.touched.flight.origin


def urgency_of(case: Case) -> tuple[int, float, int, str]:
    """Sort cases, the greatest page by themselves; a report counts as certain."""
    chance = case.candidate.probability or 1.0
    return case.severity.rank, chance, case.touched.travellers, case.dedup_key


def row_of(case: Case, policy: DeskPolicy, at: datetime, *, may_page: bool) -> dict[str, Any]:
    """Write the row of a new alert; without paging it has no ladder to climb."""
    candidate, touched = case.candidate, case.touched
    return {
        "dedup_key": case.dedup_key,
        "kind": AlertKind.FLIGHT.value,
        "basis": candidate.basis.value,
        "flight_id": candidate.flight_id,
        "headline": case.headline,
        "severity": case.severity.value,
        "policy_version_id": policy.policy_version_id,
        "next_escalation_at": at if may_page else None,
        "expires_at": expiry_of_flight_alert(touched.flight.scheduled_departure_at),
        "raised_at": at,
        "last_seen_at": at,
        "prediction_id": candidate.prediction_id,
        "probability": candidate.probability,
        "drivers": candidate.drivers,
        "travellers_affected": touched.travellers,
        "money_at_risk_minor_units": touched.money_at_risk_minor_units,
        "currency": touched.currency,
    }


def raised_facts(case: Case, storm_id: int | None) -> dict[str, Any]:
    """Say for the history what was raised, and which storm it joined."""
    joined = {} if storm_id is None else {"storm": storm_id}
    return joined | {
        "headline": case.headline,
        "severity": case.severity.value,
        "basis": case.candidate.basis.value,
        "probability": case.candidate.probability,
        "travellers": case.touched.travellers,
    }


def joined(storm_id: int | None) -> dict[str, Any]:
    """Give what differs in a row that pages nobody by itself."""
    if storm_id is None:
        return {"parent_alert_id": None}
    return {"parent_alert_id": storm_id, "next_escalation_at": None}
