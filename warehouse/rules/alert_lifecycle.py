"""Which status of an alert may follow which, and what makes two alerts the same one."""

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from enum import StrEnum

from warehouse.errors import TransitionRefused
from warehouse.vocabulary import AlertStatus, FlightStatus

KEY_VERSION = "v1"
LIVES_AFTER_DEPARTURE = timedelta(hours=24)
HAS_LEFT = frozenset({FlightStatus.DEPARTED, FlightStatus.ARRIVED, FlightStatus.DIVERTED})


class Step(StrEnum):
    """What may happen to a live alert; each value completes "an alert cannot be …"."""

    ACKNOWLEDGE = "acknowledged"
    RELEASE = "released"
    REOPEN = "reopened"
    SUPPRESS = "suppressed"
    ESCALATE = "escalated"
    CLOSE = "closed"


NEXT_STATUS: Mapping[tuple[AlertStatus, Step], AlertStatus] = {
    (AlertStatus.OPEN, Step.ACKNOWLEDGE): AlertStatus.ACKNOWLEDGED,
    (AlertStatus.OPEN, Step.SUPPRESS): AlertStatus.OPEN,
    (AlertStatus.OPEN, Step.ESCALATE): AlertStatus.OPEN,
    (AlertStatus.OPEN, Step.CLOSE): AlertStatus.CLOSED,
    (AlertStatus.ACKNOWLEDGED, Step.ACKNOWLEDGE): AlertStatus.ACKNOWLEDGED,
    (AlertStatus.ACKNOWLEDGED, Step.RELEASE): AlertStatus.OPEN,
    (AlertStatus.ACKNOWLEDGED, Step.REOPEN): AlertStatus.OPEN,
    (AlertStatus.ACKNOWLEDGED, Step.CLOSE): AlertStatus.CLOSED,
}


def next_status(status: AlertStatus, step: Step) -> AlertStatus:
    """Give the status that a step leads to.

    Returns
    -------
    :
        The new status, the same one where the step does not change it.

    Raises
    ------
    TransitionRefused
        The step is not one an alert in this status can take; from `closed` there is none.
    """
    if (status, step) not in NEXT_STATUS:
        raise TransitionRefused("alert", status.value, step.value)
    return NEXT_STATUS[status, step]


def flight_dedup_key(carrier: str, flight_number: str, origin: str, service_date: date) -> str:
    """Name a flight's alert by identity alone: never by severity, cause or probability."""
    return f"{KEY_VERSION}:flight:{carrier}{flight_number}:{origin}:{service_date.isoformat()}"


def storm_dedup_key(area: str) -> str:
    """Name the storm over an area: one at a time."""
    return f"{KEY_VERSION}:storm:{area}"


def desk_dedup_key(matter: str, on: date) -> str:
    """Name an alert about the desk itself, one per matter and UTC day."""
    return f"{KEY_VERSION}:desk:{matter}:{on.isoformat()}"


GAP_DEDUP_PREFIX = f"{KEY_VERSION}:desk:gap:"


def gap_dedup_key(matter: str) -> str:
    """Name the alert about a gap in coverage by what the gap is, whenever it is: one at a time."""
    return f"{GAP_DEDUP_PREFIX}{matter}"


SYNTHETIC_DEDUP_KEY = f"{KEY_VERSION}:synthetic"
"""One at a time."""


def expiry_of_flight_alert(scheduled_departure_at: datetime) -> datetime:
    """Say when a flight's alert closes by itself: a day after its schedule, all have moved on."""
    return scheduled_departure_at + LIVES_AFTER_DEPARTURE
