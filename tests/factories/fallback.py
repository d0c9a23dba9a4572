"""Fallback actions: by default another hotel, proposed, for a leg an alert touches."""

from datetime import timedelta
from typing import Any

from sqlalchemy.orm import Session

from tests.factories.alert import make_affected_booking
from tests.factories.defaults import STORM_AT, STORM_ON, insert_row
from tests.factories.hotel import make_room_night
from warehouse.schema.fallbacks import FallbackAction


def make_fallback_action(session: Session, **overrides: Any) -> FallbackAction:
    """Insert a proposed hotel for one night; it takes no rooms."""
    values = dict(overrides)
    if "leg_id" not in values:
        values.setdefault("alert_id", None)
        given = {} if values["alert_id"] is None else {"alert_id": values["alert_id"]}
        touched = make_affected_booking(session, **given)
        columns = ("alert_id", "booking_id", "leg_id")
        values |= {column: getattr(touched, column) for column in columns}
    if "hotel_id" not in values:
        values["hotel_id"] = make_room_night(session).hotel_id
    defaults = {
        "generation": 1,
        "kind": "alternative_hotel",
        "rank": 1,
        "score": 0.8,
        "score_parts": {},
        "room_type": "standard",
        "check_in_on": STORM_ON,
        "check_out_on": STORM_ON + timedelta(days=1),
        "rooms": 1,
        "price_minor_units": 12_000,
        "currency": "USD",
        "proposed_at": STORM_AT,
    }
    return insert_row(session, FallbackAction, defaults | values)
