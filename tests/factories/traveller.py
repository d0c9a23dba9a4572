"""Travellers."""

from typing import Any

from sqlalchemy.orm import Session

from tests.factories.airport import make_airport
from tests.factories.defaults import insert_row, unique_number
from warehouse.schema.travel import Traveller


def make_traveller(session: Session, **overrides: Any) -> Traveller:
    """Insert a traveller at home in Boston."""
    number = unique_number()
    values = {
        "traveller_ref": f"T{number}",
        "given_name": "Ada",
        "family_name": f"Reyes{number}",
        "email": f"traveller{number}@example.test",
        "phone": f"+1555{number:07d}",
        "home_airport": "BOS",
    } | overrides
    if values["home_airport"]:
        make_airport(session, values["home_airport"])
    return insert_row(session, Traveller, values)
