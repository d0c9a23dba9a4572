"""Which status of a fallback action may follow which; a trigger keeps the same table."""

from collections.abc import Mapping

from warehouse.audit_tags import AuditTag
from warehouse.errors import TransitionRefused
from warehouse.vocabulary import FallbackStatus

NEXT_STATUSES: Mapping[FallbackStatus, frozenset[FallbackStatus]] = {
    FallbackStatus.PROPOSED: frozenset({
        FallbackStatus.HELD,
        FallbackStatus.OFFERED,
        FallbackStatus.SUPERSEDED,
        FallbackStatus.FAILED,
        FallbackStatus.EXPIRED,
    }),
    FallbackStatus.HELD: frozenset({
        FallbackStatus.OFFERED,
        FallbackStatus.EXPIRED,
        FallbackStatus.SUPERSEDED,
        FallbackStatus.FAILED,
    }),
    FallbackStatus.OFFERED: frozenset({
        FallbackStatus.ACCEPTED,
        FallbackStatus.DECLINED,
        FallbackStatus.EXPIRED,
        FallbackStatus.SUPERSEDED,
        FallbackStatus.FAILED,
    }),
    FallbackStatus.ACCEPTED: frozenset({
        FallbackStatus.BOOKING,
        FallbackStatus.SUPERSEDED,
        FallbackStatus.FAILED,
    }),
    FallbackStatus.BOOKING: frozenset({
        FallbackStatus.BOOKED,
        FallbackStatus.FAILED,
        FallbackStatus.OFFERED,
    }),
    FallbackStatus.BOOKED: frozenset({FallbackStatus.CANCELLING}),
    FallbackStatus.CANCELLING: frozenset({FallbackStatus.CANCELLED}),
    FallbackStatus.DECLINED: frozenset(),
    FallbackStatus.EXPIRED: frozenset(),
    FallbackStatus.SUPERSEDED: frozenset(),
    FallbackStatus.FAILED: frozenset(),
    FallbackStatus.CANCELLED: frozenset(),
}

CONSUMING = frozenset({
    FallbackStatus.HELD,
    FallbackStatus.OFFERED,
    FallbackStatus.ACCEPTED,
    FallbackStatus.BOOKING,
    FallbackStatus.BOOKED,
    FallbackStatus.CANCELLING,
})
"""Statuses in which an action has rooms of its own in the ledger."""

TERMINAL = frozenset(status for status, following in NEXT_STATUSES.items() if not following)

UNANSWERED = frozenset({FallbackStatus.PROPOSED, FallbackStatus.HELD, FallbackStatus.OFFERED})
"""Statuses that end when their alert closes: nobody has accepted yet."""

TAG_OF: Mapping[FallbackStatus, AuditTag] = {
    FallbackStatus.PROPOSED: AuditTag.FALLBACK_PROPOSED,
    FallbackStatus.HELD: AuditTag.FALLBACK_HELD,
    FallbackStatus.OFFERED: AuditTag.FALLBACK_OFFERED,
    FallbackStatus.ACCEPTED: AuditTag.FALLBACK_ACCEPTED,
    FallbackStatus.BOOKING: AuditTag.FALLBACK_BOOKING,
    FallbackStatus.BOOKED: AuditTag.FALLBACK_BOOKED,
    FallbackStatus.DECLINED: AuditTag.FALLBACK_DECLINED,
    FallbackStatus.EXPIRED: AuditTag.FALLBACK_EXPIRED,
    FallbackStatus.SUPERSEDED: AuditTag.FALLBACK_SUPERSEDED,
    FallbackStatus.FAILED: AuditTag.FALLBACK_FAILED,
    FallbackStatus.CANCELLED: AuditTag.FALLBACK_CANCELLED,
}
"""What the audit history calls reaching each status; `cancelling` awaits its operation."""


def require_step(status: FallbackStatus, to: FallbackStatus) -> None:
    """Refuse a step that the lifecycle does not have.

    Raises
    ------
    TransitionRefused
        An action in this status never becomes that.
    """
    if to not in NEXT_STATUSES[status]:
        raise TransitionRefused("fallback action", status.value, to.value)


def gives_rooms_back(status: FallbackStatus, to: FallbackStatus) -> bool:
    """Tell whether a step frees the rooms an action held."""
    return status in CONSUMING and to not in CONSUMING
