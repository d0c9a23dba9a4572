"""Suppliers are set up from the settings, and only those there is a key for."""

from contextlib import AbstractContextManager
from dataclasses import replace

import pytest
from sqlalchemy.orm import Session

from pipelines.providers.duffel_stays import DuffelStays
from pipelines.providers.hotel_orders import NetworkSupplier
from pipelines.providers.hotel_setup import order_taker_from, suppliers_from
from pipelines.providers.liteapi import LiteApi
from pipelines.settings import SettingRefused, Settings, read_settings
from tests.pipelines.providers.hotel_payloads import (
    JFK,
    KEY,
    WISH,
    liteapi_rate,
    liteapi_rates,
    liteapi_room,
)
from tests.pipelines.providers.hotel_server import playing
from tests.pipelines.providers.scripted_server import Answer
from tests.pipelines.providers.test_hotel_orders import LITEAPI_ORDER, ORDER
from warehouse.operations.embedded_supplier import EmbeddedSupplier

CONTACT = {
    "STORMDESK_HOTEL_CONTACT_EMAIL": "desk@example.org",
    "STORMDESK_HOTEL_CONTACT_PHONE": "+12125550100",
}


def never() -> AbstractContextManager[Session]:
    raise AssertionError


def test_without_a_key_there_is_only_the_embedded_supplier() -> None:
    assert suppliers_from(Settings()) == {}
    taker = order_taker_from(Settings(), never)
    assert isinstance(taker.supplier_of(replace(ORDER, hotel_ref="H0001")), EmbeddedSupplier)
    assert taker.supplier_of(ORDER) is None


def test_every_key_sets_up_its_supplier() -> None:
    keys = {"STORMDESK_DUFFEL_TOKEN": "duffel_test", "STORMDESK_LITEAPI_KEY": "sand"}
    settings = read_settings(CONTACT | keys)
    suppliers = suppliers_from(settings)
    assert list(suppliers) == ["duffel", "liteapi"]
    assert isinstance(suppliers["duffel"], DuffelStays)
    assert isinstance(suppliers["liteapi"], LiteApi)
    assert "duffel_test" not in repr(settings)
    taker = order_taker_from(settings, never)
    assert isinstance(taker.supplier_of(LITEAPI_ORDER), NetworkSupplier)


@pytest.mark.parametrize("missing", sorted(CONTACT))
def test_a_key_without_a_way_to_reach_us_is_refused(missing: str) -> None:
    environment = {"STORMDESK_LITEAPI_KEY": "sand"} | CONTACT
    del environment[missing]
    with pytest.raises(SettingRefused, match=missing):
        suppliers_from(read_settings(environment))


def test_liteapi_is_asked_for_offers_and_bookings_at_different_addresses() -> None:
    with playing() as server:
        server.on("POST", "/a/hotels/rates", Answer(liteapi_rates(liteapi_room(liteapi_rate()))))
        server.on("GET", "/b/bookings", Answer({"data": []}))
        environment = {
            "STORMDESK_LITEAPI_KEY": "sand",
            "STORMDESK_LITEAPI_URL": f"{server.url}/a",
            "STORMDESK_LITEAPI_BOOKING_URL": f"{server.url}/b",
        }
        liteapi = suppliers_from(read_settings(environment | CONTACT))["liteapi"]
        assert len(liteapi.search(JFK, WISH).offers) == 1
        assert liteapi.find(KEY) is None
        assert {asked.headers["X-API-Key"] for asked in server.asked} == {"sand"}
