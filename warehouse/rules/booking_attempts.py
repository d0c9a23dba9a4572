"""When a booking nobody answered for may be sent again, and when a person has to settle it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

SETTLES_WITHIN = timedelta(minutes=15)
"""Longer than a booking run and the supplier's own work last: what is not there then never was."""

RETRIED_AFTER = timedelta(minutes=2)
"""How long an order waits that did not reach its supplier."""

A_PERSON_AFTER = timedelta(minutes=15)
"""How long a traveller who accepted waits for a supplier's word before somebody calls the hotel."""


@dataclass(frozen=True, slots=True)
class BookingAttempt:
    """One time an order was to be sent; `was_sent` is False where it surely was not."""

    at: datetime
    was_sent: bool


def may_send_again(attempts: Sequence[BookingAttempt], at: datetime) -> bool:
    """Tell whether an order that its supplier does not know can be sent without booking twice.

    Parameters
    ----------
    attempts:
        All so far, the earliest first.
    at:
        Instant, UTC.

    Returns
    -------
    :
        False while an earlier request may still be on its way.
    """
    if not attempts:
        return True
    last = attempts[-1]
    return at - last.at >= (SETTLES_WITHIN if last.was_sent else RETRIED_AFTER)


def needs_person(attempts: Sequence[BookingAttempt], at: datetime) -> bool:
    """Tell whether a supplier has been silent for so long that a person has to settle it."""
    return bool(attempts) and at - attempts[0].at >= A_PERSON_AFTER
