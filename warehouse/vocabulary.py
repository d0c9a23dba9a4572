"""The words and identifiers that every package shares; GLOSSARY.md explains each."""

from dataclasses import dataclass, field
from enum import StrEnum
from typing import NewType

UserId = NewType("UserId", int)
SessionId = NewType("SessionId", int)
TravellerId = NewType("TravellerId", int)
BookingId = NewType("BookingId", int)
LegId = NewType("LegId", int)
StayId = NewType("StayId", int)
FlightId = NewType("FlightId", int)
HotelId = NewType("HotelId", int)
AlertId = NewType("AlertId", int)
ReleaseId = NewType("ReleaseId", int)
FallbackActionId = NewType("FallbackActionId", int)
NotificationId = NewType("NotificationId", int)
AssignmentId = NewType("AssignmentId", int)
ContactCheckId = NewType("ContactCheckId", int)


class Role(StrEnum):
    """What a user is to the desk; a user may have several."""

    CUSTOMER = "customer"
    AGENT = "agent"
    MANAGER = "manager"
    ANALYST = "analyst"
    ADMIN = "admin"


class Permission(StrEnum):
    """What a role may do, checked in the operation that does it."""

    SEE_OWN_TRIPS = "see_own_trips"
    SEE_ALERTS = "see_alerts"
    SEE_PERSONAL_DATA = "see_personal_data"
    RESPOND = "respond"
    APPROVE = "approve"
    SEE_FORECASTS = "see_forecasts"
    SEE_OWN_SHIFTS = "see_own_shifts"
    KEEP_OWN_CONTACTS = "keep_own_contacts"
    ADMINISTER_SHIFTS = "administer_shifts"
    ADMINISTER = "administer"
    SEE_OWN_AUDIT = "see_own_audit"
    SEE_ALERT_AUDIT = "see_alert_audit"
    SEE_AUDIT = "see_audit"
    SEE_PIPELINE = "see_pipeline"


class FlightStatus(StrEnum):
    """The newest thing the carrier has reported of a flight."""

    SCHEDULED = "scheduled"
    DELAYED = "delayed"
    DEPARTED = "departed"
    ARRIVED = "arrived"
    DIVERTED = "diverted"
    CANCELLED = "cancelled"


class BookingStatus(StrEnum):
    """Whether a booking, leg or stay still stands; a cancellation is a status, not a deletion."""

    CONFIRMED = "confirmed"
    CANCELLED = "cancelled"


class SegmentKind(StrEnum):
    """What a received part of a booking is about."""

    FLIGHT = "flight"
    STAY = "stay"
    BOOKING = "booking"


class CountSemantics(StrEnum):
    """What a supplier's count of rooms counts: all that we may sell, or what is left of them."""

    GROSS = "gross"
    NET = "net"


class BulletinKind(StrEnum):
    """What a weather service puts into words."""

    REPORT = "metar"
    FORECAST = "taf"
    WARNING = "alert"


class AlertKind(StrEnum):
    """What an alert is about."""

    FLIGHT = "flight"
    HOTEL = "hotel"
    DESK = "desk"
    STORM = "storm"
    SYNTHETIC = "synthetic"


class AlertBasis(StrEnum):
    """Whether an alert's disruption is expected or has been reported."""

    PREDICTED = "predicted"
    REPORTED = "reported"


class AlertStatus(StrEnum):
    """Where an alert stands; `closed` is terminal."""

    OPEN = "open"
    ACKNOWLEDGED = "acknowledged"
    CLOSED = "closed"


class CloseReason(StrEnum):
    """Why an alert was closed."""

    RESOLVED = "resolved"
    PREDICTION_CLEARED = "prediction_cleared"
    DEPARTED = "departed"
    NO_AFFECTED_BOOKINGS = "no_affected_bookings"
    FALLBACK_COMPLETED = "fallback_completed"
    STORM_OVER = "storm_over"
    DELIVERED = "delivered"


class Severity(StrEnum):
    """A person's scale of how bad an alert is."""

    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"
    CRITICAL = "critical"

    @property
    def rank(self) -> int:
        """Place on the scale: 1 is low, 4 is critical."""
        return list(Severity).index(self) + 1


class AcknowledgementEnd(StrEnum):
    """Why an acknowledgement stopped being in force."""

    RELEASED = "released"
    DEADLINE_PASSED = "deadline_passed"
    SEVERITY_ROSE = "severity_rose"
    ALERT_CLOSED = "alert_closed"


class Channel(StrEnum):
    """How a notification reaches a person."""

    EMAIL = "email"
    SMS = "sms"
    CHAT = "chat"
    WEBHOOK = "webhook"
    SINK = "sink"


TO_PEOPLE = tuple(channel for channel in Channel if channel is not Channel.SINK)
"""The channels that a step of a ladder may use."""


class NotificationStatus(StrEnum):
    """Where a notification stands; after it was sent only its provider moves it."""

    PENDING = "pending"
    SENDING = "sending"
    SENT = "sent"
    DELIVERED = "delivered"
    CANCELLED = "cancelled"
    DEAD = "dead"


class NotificationKind(StrEnum):
    """What a notification is for: a page asks somebody to act; codes and tests check contacts."""

    PAGE = "page"
    OFFER = "offer"
    INFORM = "inform"
    CODE = "code"
    TEST = "test"


class StepTarget(StrEnum):
    """Whom an escalation step reaches."""

    ON_SHIFT = "on_shift"
    USER = "user"


class FallbackKind(StrEnum):
    """What a fallback action would do for a traveller."""

    ALTERNATIVE_HOTEL = "alternative_hotel"
    ALTERNATIVE_FLIGHT = "alternative_flight"
    RIGHTS_NOTE = "rights_note"


class FallbackStatus(StrEnum):
    """Where a fallback action stands."""

    PROPOSED = "proposed"
    HELD = "held"
    OFFERED = "offered"
    ACCEPTED = "accepted"
    BOOKING = "booking"
    BOOKED = "booked"
    DECLINED = "declined"
    EXPIRED = "expired"
    SUPERSEDED = "superseded"
    FAILED = "failed"
    CANCELLING = "cancelling"
    CANCELLED = "cancelled"


class ModelKind(StrEnum):
    """The recipes a release holds: the champion and the two controls beside it."""

    CHAMPION = "champion"
    CLIMATOLOGY = "climatology"
    LOGISTIC = "logistic"


class Source(StrEnum):
    """Through which door an act came."""

    DASHBOARD = "dashboard"
    PIPELINE = "pipeline"
    COMMAND_LINE = "command_line"
    DEMO = "demo"


@dataclass(frozen=True, slots=True)
class Actor:
    """Who performs an operation: a signed-in user, or the system itself."""

    user_id: UserId | None
    username: str
    roles: frozenset[Role] = field(default_factory=frozenset)
    traveller_id: TravellerId | None = None
    source: Source = Source.PIPELINE

    @property
    def is_system(self) -> bool:
        """Whether no person stands behind this actor."""
        return self.user_id is None


SYSTEM = Actor(user_id=None, username="SYSTEM")
