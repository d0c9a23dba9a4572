"""Whatever JSON a supplier sends, nothing but a named error ever comes of it."""

import json
from collections.abc import Callable
from contextlib import suppress
from copy import deepcopy
from typing import Any

import pytest
import requests
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pipelines.providers import duffel_bookings, duffel_offers, liteapi_bookings, liteapi_offers
from pipelines.providers.duffel_errors import judge_duffel
from pipelines.providers.errors import ProviderError, ProviderRefused
from pipelines.providers.hotel_availability import frames_of
from pipelines.providers.hotel_supplier import Availability
from pipelines.providers.liteapi_errors import judge_liteapi
from pipelines.providers.liteapi_prebook import parse_prebook
from tests.pipelines.providers.hotel_payloads import (
    JFK,
    KEY,
    SEARCHED_AT,
    WISH,
    duffel_booking,
    duffel_offer,
    duffel_quote,
    duffel_rate,
    duffel_result,
    duffel_search,
    liteapi_booking,
    liteapi_offer,
    liteapi_prebook,
    liteapi_rate,
    liteapi_rates,
    liteapi_room,
)

TIMELINE = [{"before": "2027-01-14T18:00:00Z", "refund_amount": "300.00", "currency": "USD"}]
RATE = duffel_rate(cancellation_timeline=TIMELINE)
READERS: list[tuple[Callable[[Any], Any], Any]] = [
    (
        lambda payload: duffel_offers.parse_search(payload, WISH),
        duffel_search(duffel_result(RATE, duffel_rate(id="rat_2"))),
    ),
    (lambda payload: duffel_offers.parse_quote(payload, duffel_offer()), duffel_quote()),
    (duffel_bookings.parse_booking, duffel_booking()),
    (duffel_bookings.parse_page, {"data": [duffel_booking()["data"]], "meta": {"after": "A"}}),
    (
        duffel_bookings.parse_cancellation,
        duffel_booking(
            status="cancelled",
            cancelled_at="2027-01-14T10:00:00Z",
            accommodation={"id": "acc_1", "rooms": [{"rates": [RATE]}]},
        ),
    ),
    (
        lambda payload: liteapi_offers.parse_rates(payload, WISH),
        liteapi_rates(liteapi_room(liteapi_rate()), liteapi_room(liteapi_rate(name="Suite"))),
    ),
    (
        lambda payload: liteapi_offers.parse_hotel(payload, "lp1"),
        {"data": {"name": "Lodge", "location": {"latitude": 40.6, "longitude": -73.8}}},
    ),
    (lambda payload: parse_prebook(payload, liteapi_offer()), liteapi_prebook()),
    (liteapi_bookings.parse_booking, liteapi_booking()),
    (
        lambda payload: liteapi_bookings.parse_bookings_under(payload, KEY),
        {"data": [liteapi_booking()["data"]]},
    ),
    (
        lambda payload: liteapi_bookings.parse_cancellation(payload, "LB1"),
        {"data": {"status": "CANCELLED", "cancellation_fee": 1, "currency": "USD"}},
    ),
]
NAMES = [
    "duffel search",
    "duffel quote",
    "duffel booking",
    "duffel page",
    "duffel cancellation",
    "liteapi rates",
    "liteapi hotel",
    "liteapi prebook",
    "liteapi booking",
    "liteapi bookings",
    "liteapi cancellation",
]
ODD_VALUES: list[Any] = [
    None,
    True,
    [],
    {},
    [[]],
    [None],
    "",
    "x",
    "-1",
    "0.001",
    "1e999999",
    "1e-999999",
    "NaN",
    "9" * 400,
    "0001-01-01T00:00:00+14:00",
    "9999-12-31T23:59:59-14:00",
    "9999-12-31",
    "2027-01-15",
    "ZZZ",
    "JPY",
    "\x00\ud800",
    0,
    -1,
    1.5,
    10**400,
    -(10**400),
    float("nan"),
    float("inf"),
    1e308,
    5e-324,
]
ODD = st.sampled_from(ODD_VALUES)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8) | ODD,
    lambda children: (
        st.lists(children, max_size=3) | st.dictionaries(st.text(max_size=8), children, max_size=3)
    ),
    max_leaves=8,
)


def check_frames(found: list[Availability]) -> None:
    """Make frames of what was read, and see that every row became part of one."""
    if not found:
        return
    whole = Availability(
        tuple(hotel for each in found for hotel in each.hotels),
        tuple(offer for each in found for offer in each.offers),
        tuple(rejection for each in found for rejection in each.rejected),
    )
    made = frames_of(whole, JFK, WISH, reported_at=SEARCHED_AT)
    rows = len(whole.offers) + len(whole.rejected)
    sold = len(made.rooms.groupby(["hotel_ref", "room_type"])) if len(made.rooms) else 0
    assert sold + len(made.rejected) <= rows
    assert bool(sold) or len(made.rejected) == rows
    assert (made.rooms["price_minor_units"] >= 0).all()
    assert set(made.rooms["hotel_ref"]) == set(made.hotels["hotel_ref"])


def places_in(value: Any) -> list[tuple[Any, Any]]:
    """List every place in a payload as the container and the key in it."""
    keys = list(value) if isinstance(value, dict) else range(len(value))
    inner = [value[key] for key in keys if isinstance(value[key], dict | list)]
    return [(value, key) for key in keys] + [place for each in inner for place in places_in(each)]


def read(reader: Callable[[Any], Any], payload: Any) -> list[Availability]:
    """Read a payload or be refused by name; give what was found, if it was a search."""
    with suppress(ProviderError):
        found = reader(payload)
        if isinstance(found, Availability):
            return [found]
    return []


@pytest.mark.parametrize(("reader", "sample"), READERS, ids=NAMES)
@settings(deadline=None)
@given(payload=JSON)
def test_any_json_is_read_or_refused(
    reader: Callable[[Any], Any], sample: Any, payload: Any
) -> None:
    check_frames(read(reader, payload) + read(reader, {"data": payload}))


@pytest.mark.parametrize(("reader", "sample"), READERS, ids=NAMES)
def test_every_field_may_be_every_odd_value(reader: Callable[[Any], Any], sample: Any) -> None:
    found = []
    for place in range(len(places_in(sample))):
        for odd in ODD_VALUES:
            payload = json.loads(json.dumps(sample))
            container, key = places_in(payload)[place]
            container[key] = odd
            found += read(reader, payload)
    check_frames(found)


@pytest.mark.parametrize(("reader", "sample"), READERS, ids=NAMES)
@settings(suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(data=st.data())
def test_any_field_of_a_good_payload_may_be_anything(
    reader: Callable[[Any], Any], sample: Any, data: st.DataObject
) -> None:
    payload = json.loads(json.dumps(sample))
    for _ in range(data.draw(st.integers(1, 3))):
        container, key = data.draw(st.sampled_from(places_in(payload)))
        if data.draw(st.booleans()):
            container[key] = deepcopy(data.draw(JSON))  # later rounds change it
        elif isinstance(container, dict):
            container.pop(key)
        if not places_in(payload):
            break
    check_frames(read(reader, payload))


def test_an_error_nested_too_deeply_is_judged_by_its_status() -> None:
    answer = requests.Response()
    answer.status_code = 422
    answer._content = b'{"error": ' + b"[" * 100_000
    for judge in (judge_duffel, judge_liteapi):
        assert isinstance(judge("duffel", answer), ProviderRefused)


@settings(deadline=None)
@given(payload=JSON, status=st.sampled_from([200, 204, 304, 400, 401, 408, 422, 429, 500]))
def test_any_error_is_judged(payload: Any, status: int) -> None:
    for body in (payload, {"error": payload}, {"errors": payload}, {"errors": [payload]}):
        answer = requests.Response()
        answer.status_code = status
        answer._content = json.dumps(body).encode()
        answer.headers["ratelimit-reset"] = answer.headers["Retry-After"] = "soon"
        for judge in (judge_duffel, judge_liteapi):
            error = judge("duffel", answer)
            assert error is None or isinstance(error, ProviderError)
            assert (error is None) <= (status < 300)
