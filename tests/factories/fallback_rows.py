"""Rows as the list of fallback actions gives them; nothing is inserted."""

from dataclasses import replace
from datetime import timedelta
from typing import Any, Final

from tests.factories.defaults import STORM_AT, STORM_ON
from warehouse.queries.fallbacks import FallbackRow
from warehouse.rules.fallback_ranking import PolicyFlag, ScorePart
from warehouse.vocabulary import (
    AlertId,
    BookingId,
    FallbackActionId,
    FallbackKind,
    FallbackStatus,
    LegId,
)

_ROW: Final = FallbackRow(
    fallback_action_id=FallbackActionId(1),
    alert_id=AlertId(1),
    booking_id=BookingId(1),
    booking_ref="QX7Z2P",
    leg_id=LegId(1),
    stay_id=None,
    traveller_name=None,
    party_size=2,
    kind=FallbackKind.ALTERNATIVE_HOTEL,
    status=FallbackStatus.PROPOSED,
    rank=1,
    score=0.86,
    why_stranded="B6 615 is cancelled",
    parts=(
        ScorePart("refundability", 0.10, 1.0, "refundable until check-in"),
        ScorePart("distance", 0.30, 0.8, "2.4 km from the airport"),
    ),
    flag=PolicyFlag.IN_POLICY,
    hotel_ref="H1",
    hotel_name="Harbour Light Inn",
    airport="JFK",
    time_zone="America/New_York",
    distance_km=2.4,
    stars=3.0,
    is_refundable=True,
    is_generated=True,
    room_type="standard",
    rooms=1,
    check_in_on=STORM_ON,
    check_out_on=STORM_ON + timedelta(days=1),
    price_minor_units=14_900,
    currency="USD",
    requires_approval=False,
    approved_by=None,
    proposed_at=STORM_AT,
    hold_expires_at=None,
    offered_at=None,
    accepted_at=None,
    ended_at=None,
    end_reason=None,
    supplier_ref=None,
)


def fallback_row(**overrides: Any) -> FallbackRow:
    """Give a proposed hotel for a party of two."""
    return replace(_ROW, **overrides)
