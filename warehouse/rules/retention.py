"""How long history is kept: the kinds of it, and the least days of each."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum


class Retained(StrEnum):
    """A kind of history that ends: what is live is none of them."""

    NOTIFICATION = "notification"
    """Sent, cancelled and dead messages of closed alerts, with every try at sending them."""
    ALERT = "alert"
    """Closed alerts with all that hangs on them."""
    SESSION = "session"
    """Browser sessions that ran out."""
    SIGN_IN_ATTEMPT = "sign_in_attempt"
    QUARANTINE = "quarantine"
    """Refused rows for which a corrected one came."""
    PREDICTION = "prediction"
    """Claims and feature rows of flights that no alert was about."""
    AUDIT = "audit"
    """Entries of whole sealed windows; their seals stay."""


LEAST_DAYS: Mapping[Retained, int] = {
    Retained.NOTIFICATION: 30,
    Retained.ALERT: 90,
    Retained.SESSION: 30,
    Retained.SIGN_IN_ATTEMPT: 30,
    Retained.QUARANTINE: 30,
    Retained.PREDICTION: 400,
    Retained.AUDIT: 365,
}
"""Less than this Postgres refuses: lockouts look back for hours, training for a year."""
MOST_DAYS = 36_525
"""A hundred years."""


@dataclass(frozen=True, slots=True)
class RetentionPolicy:
    """The days for which each kind is kept after it ended."""

    days: Mapping[Retained, int]

    def complaint(self) -> str | None:
        """Say what is wrong with it, and what to do; None if it may be published."""
        missing = [kind for kind in Retained if kind not in self.days]
        if missing:
            return f"say for how many days to keep: {', '.join(missing)}"
        for kind, least in LEAST_DAYS.items():
            if not least <= self.days[kind] <= MOST_DAYS:
                return f"keep {kind} for {least} to {MOST_DAYS} days, not for {self.days[kind]}"
        if self.days[Retained.NOTIFICATION] > self.days[Retained.ALERT]:
            return "messages go with their alert: keep alert at least as long as notification"
        return None
