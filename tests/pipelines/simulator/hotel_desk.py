"""Our hotel suppliers connected to the simulator, and what it knows of our bookings."""

from collections.abc import Callable
from dataclasses import dataclass, field
from random import Random
from typing import Any
from uuid import UUID

from pipelines.providers.duffel_errors import judge_duffel
from pipelines.providers.duffel_stays import DuffelStays, duffel_headers
from pipelines.providers.hotel_supplier import HotelOffer, HotelSupplier, LeadGuest, RoomWish
from pipelines.providers.http import ProviderClient
from pipelines.providers.liteapi import LiteApi, liteapi_headers
from pipelines.providers.liteapi_errors import judge_liteapi
from tests.pipelines.simulator.conftest import Simulator
from tests.pipelines.simulator.small_facts import TOMORROW, TONIGHT
from tests.pipelines.simulator.test_duffel import HEADERS as DUFFEL
from tests.pipelines.simulator.test_liteapi import HEADERS as LITEAPI

WISH = RoomWish(TONIGHT, TOMORROW)
ADA = LeadGuest("Ada", "Finch", "desk@example.com", "+12125550101")


@dataclass
class Desk:
    """One of our suppliers, and what the simulator knows of it."""

    simulator: Simulator
    supplier: HotelSupplier
    hotel_ref: str
    slept: list[float] = field(default_factory=list)

    @property
    def name(self) -> str:
        return self.supplier.name

    def misbehave(self, kind: str, **more: Any) -> None:
        self.simulator.misbehave(self.name, kind, **more)

    def offer(self, room_type: str = "double") -> HotelOffer:
        found = self.supplier.search_hotel(self.hotel_ref, WISH).offers
        return next(offer for offer in found if offer.room_type == room_type)

    def left(self) -> int:
        """How many doubles Duffel says are left in the first hotel."""
        client = connect_duffel(self.simulator, [])
        offers = client.search_hotel("duffel:acc_H0001", WISH).offers
        return next((o.quantity_available or 0 for o in offers if o.room_type == "double"), 0)

    def standing(self, key: UUID) -> int:
        """How many living bookings the simulator has of ours; under the key, in LiteAPI's case."""
        if self.name == "duffel":
            said = self.simulator.ask("GET", "/stays/bookings", headers=DUFFEL).json()["data"]
            return sum(booking["status"] == "confirmed" for booking in said)
        path = f"/v3.0/bookings?clientReference={key}"
        said = self.simulator.ask("GET", path, headers=LITEAPI).json()["data"]
        return sum(booking["status"] == "CONFIRMED" for booking in said)


def connect_duffel(simulator: Simulator, slept: list[float]) -> DuffelStays:
    client = ProviderClient(
        "duffel",
        simulator.url,
        headers=duffel_headers("test"),
        judge=judge_duffel,
        sleep=slept.append,
        jitter=Random(1),
        session=simulator.session,
    )
    return DuffelStays(client)


def connect_liteapi(simulator: Simulator, slept: list[float]) -> LiteApi:
    client = ProviderClient(
        "liteapi",
        f"{simulator.url}/v3.0",
        headers=liteapi_headers("test"),
        judge=judge_liteapi,
        sleep=slept.append,
        jitter=Random(1),
        session=simulator.session,
    )
    return LiteApi(client, client)


SUPPLIERS: dict[str, tuple[Callable[[Simulator, list[float]], HotelSupplier], str]] = {
    "duffel": (connect_duffel, "duffel:acc_H0001"),
    "liteapi": (connect_liteapi, "liteapi:lp0001"),
}


def make_desk(name: str, simulator: Simulator) -> Desk:
    """Connect to one supplier by name."""
    connect, hotel_ref = SUPPLIERS[name]
    slept: list[float] = []
    return Desk(simulator, connect(simulator, slept), hotel_ref, slept)
