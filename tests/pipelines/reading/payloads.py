"""Bookings as others would write them: Eva Green flies from San Francisco to New York."""

import json
from copy import deepcopy
from email.message import EmailMessage
from html import escape
from typing import Any

from pipelines.reading.document import read_document
from pipelines.reading.segments import Understood

FLIGHT: dict[str, Any] = {
    "@type": "Flight",
    "flightNumber": "110",
    "airline": {"@type": "Airline", "name": "United", "iataCode": "UA"},
    "departureAirport": {"@type": "Airport", "name": "San Francisco", "iataCode": "SFO"},
    "departureTime": "2027-03-04T20:15:00-08:00",
    "arrivalAirport": {"@type": "Airport", "name": "Kennedy", "iataCode": "JFK"},
    "arrivalTime": "2027-03-05T06:30:00-05:00",
}
HOTEL: dict[str, Any] = {
    "@type": "LodgingBusiness",
    "name": "Harbour & Sons",
    "address": {
        "@type": "PostalAddress",
        "streetAddress": "1 Quay",
        "addressLocality": "Boston",
        "addressCountry": "US",
    },
    "geo": {"@type": "GeoCoordinates", "latitude": 42.36, "longitude": "-71.05"},
}


def flight_reservation(flight: Any = None, **overrides: Any) -> dict[str, Any]:
    """Give a reservation of one flight in Gmail's dialect; None leaves a name out."""
    reservation = {
        "@context": "http://schema.org",
        "@type": "FlightReservation",
        "reservationNumber": "QX7RT2",
        "reservationStatus": "http://schema.org/Confirmed",
        "underName": {"@type": "Person", "name": "Eva Green", "email": "eva@example.com"},
        "reservationFor": deepcopy(FLIGHT) if flight is None else flight,
    }
    return without_nones(reservation | overrides)


def a_flight(**overrides: Any) -> dict[str, Any]:
    return without_nones(deepcopy(FLIGHT) | overrides)


def lodging_reservation(**overrides: Any) -> dict[str, Any]:
    """Give a reservation of a room for two nights."""
    reservation = {
        "@context": "http://schema.org",
        "@type": "LodgingReservation",
        "reservationNumber": "HX9",
        "reservationStatus": "http://schema.org/Confirmed",
        "underName": {"@type": "Person", "name": "Eva Green"},
        "reservationFor": deepcopy(HOTEL),
        "checkinDate": "2027-03-05T15:00:00-05:00",
        "checkoutDate": "2027-03-07T11:00:00-05:00",
    }
    return without_nones(reservation | overrides)


def without_nones(thing: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in thing.items() if value is not None}


def page_of(*scripts: Any, body: str = "") -> str:
    """Write scripts of JSON-LD into a page; text stands as it is."""
    texts = [script if isinstance(script, str) else json.dumps(script) for script in scripts]
    tags = "".join(f'<script type="application/ld+json">{text}</script>' for text in texts)
    return f"<!DOCTYPE html><html><head>{tags}</head><body>{body}</body></html>"


def mail_of(page: str, **headers: str) -> EmailMessage:
    """Write a mail with a page beside its plain text."""
    mail = EmailMessage()
    standing = {"From": "airline@example.com", "Subject": "Your trip"}
    for name, value in (standing | headers).items():
        mail[name] = value
    mail.set_content("Your trip.")
    mail.add_alternative(page, subtype="html")
    return mail


def understood(document: Any, name: str = "booking.json") -> Understood:
    """Read a document, which may be given as what its JSON says."""
    if not isinstance(document, bytes):
        text = document if isinstance(document, str) else json.dumps(document)
        document = text.encode()
    return read_document(document, name)


def row_of(document: Any, name: str = "booking.json") -> dict[str, Any]:
    """Read a document of one segment, and give what is said of it."""
    read = understood(document, name)
    assert read.rejected.to_dict("records") == []
    [row] = said_rows(read)
    return row


def said_rows(read: Understood) -> list[dict[str, Any]]:
    """Give the segments, each without what is missing."""
    return [row.dropna().to_dict() for _, row in read.segments.iterrows()]


def reasons_of(document: Any, name: str = "booking.json") -> list[tuple[str, str]]:
    """Read a document of which nothing can be used, and give the columns and reasons."""
    read = understood(document, name)
    assert said_rows(read) == []
    return list(zip(read.rejected["column_name"], read.rejected["reason"], strict=True))


def microdata_of(thing: dict[str, Any], name: str = "") -> str:
    """Write a thing as microdata."""
    place = f' itemprop="{name}"' if name else ""
    kind = f' itemscope itemtype="http://schema.org/{thing["@type"]}"'
    inner = "".join(
        microdata_of(value, key)
        if isinstance(value, dict)
        else f'<meta itemprop="{key}" content="{escape(str(value))}"/>'
        for key, value in thing.items()
        if not key.startswith("@")
    )
    return f"<div{place}{kind}>{inner}</div>"


def duffel_order(**overrides: Any) -> dict[str, Any]:
    """Give an order of two passengers on two flights."""
    london = {"iata_code": "LHR", "time_zone": "Europe/London"}
    york = {"iata_code": "JFK", "time_zone": "America/New_York"}
    order = {
        "id": "ord_1",
        "booking_reference": "RZPNX8",
        "created_at": "2027-01-02T10:00:00.123Z",
        "synced_at": "2027-01-03T10:00:00Z",
        "cancelled_at": None,
        "cancellation": None,
        "total_amount": "1090.80",
        "total_currency": "GBP",
        "airline_initiated_changes": [],
        "passengers": [
            {
                "id": "pas_1",
                "given_name": "Amelia",
                "family_name": "Earhart",
                "email": "amelia@example.com",
                "phone_number": "+442080160509",
            },
            {"id": "pas_2", "given_name": "Fred", "family_name": "Noonan"},
        ],
        "slices": [
            {"segments": [duffel_segment(london, york, "2027-03-04")]},
            {"segments": [duffel_segment(york, london, "2027-03-14")]},
        ],
    }
    return order | overrides


def duffel_segment(origin: Any, destination: Any, day: str, **overrides: Any) -> dict[str, Any]:
    segment = {
        "origin": origin,
        "destination": destination,
        "departing_at": f"{day}T12:00:00",
        "arriving_at": f"{day}T21:30:00",
        "marketing_carrier": {"iata_code": "BA"},
        "marketing_carrier_flight_number": "0117",
        "operating_carrier": {"iata_code": "AA"},
        "operating_carrier_flight_number": "6131",
        "passengers": [
            {"passenger_id": "pas_1", "cabin_class": "business"},
            {"passenger_id": "pas_2", "cabin_class": "economy"},
        ],
    }
    return segment | overrides


def booking_row(**overrides: Any) -> dict[str, Any]:
    """Give a row of a flight as our interface asks for it; None leaves a name out."""
    row = {
        "booking_ref": "QX7RT2",
        "status": "confirmed",
        "kind": "flight",
        "traveller_ref": "T1",
        "given_name": "Eva",
        "family_name": "Green",
        "email": "eva@example.com",
        "carrier": "UA",
        "flight_number": "110",
        "origin": "SFO",
        "destination": "JFK",
        "departure_at": "2027-03-05T04:15:00Z",
        "arrival_at": "2027-03-05T11:30:00Z",
        "departure_on": "2027-03-04",
        "price_minor_units": 45_000,
        "currency": "USD",
        "source_updated_at": "2027-01-01T08:30:00Z",
    }
    return without_nones(row | overrides)
