"""Duffel's orders: one fetched anew, or all of them page by page."""

from typing import Any

import pytest

from pipelines.providers.duffel_orders import DuffelOrders
from pipelines.providers.errors import ProviderRefused
from pipelines.providers.http import ProviderClient
from tests.pipelines.providers.scripted_server import Answer, ScriptedServer
from tests.pipelines.reading.payloads import duffel_order


@pytest.fixture
def orders(provider: ScriptedServer, slept: list[float]) -> DuffelOrders:
    return DuffelOrders(ProviderClient("duffel", provider.url, sleep=slept.append))


def page(*found: Any, after: str | None = None) -> Answer:
    return Answer({"data": list(found), "meta": {"limit": 50, "after": after, "before": None}})


def test_an_order_is_fetched_anew(provider: ScriptedServer, orders: DuffelOrders) -> None:
    provider.will_answer(Answer({"data": duffel_order()}))
    assert len(orders.order("ord_1").segments) == 4
    assert provider.asked[0].path == "/air/orders/ord_1"


@pytest.mark.parametrize("order_id", ["", "../users", "ord_1/actions/cancel", "ord_1?x=1"])
def test_what_is_no_orders_id_is_not_asked_for(
    order_id: str, provider: ScriptedServer, orders: DuffelOrders
) -> None:
    with pytest.raises(ProviderRefused, match="duffel: has no order called"):
        orders.order(order_id)
    assert provider.asked == []


def test_an_order_that_is_gone_is_refused(provider: ScriptedServer, orders: DuffelOrders) -> None:
    provider.will_answer(Answer({"errors": [{"code": "not_found"}]}, status=404))
    with pytest.raises(ProviderRefused, match="404"):
        orders.order("ord_1")


def test_pages_are_followed_to_the_last(provider: ScriptedServer, orders: DuffelOrders) -> None:
    provider.will_answer(
        page(duffel_order(id="ord_1", booking_reference="A"), after="g1"),
        page(after="g2"),
        page(duffel_order(id="ord_2", booking_reference="B")),
    )
    read = list(orders.pages())
    assert [sorted(set(found.segments["booking_ref"])) for found in read] == [["A"], [], ["B"]]
    asked = [asked.query for asked in provider.asked]
    assert asked == [
        {"limit": ["50"]},
        {"limit": ["50"], "after": ["g1"]},
        {"limit": ["50"], "after": ["g2"]},
    ]


def test_pages_that_go_round_are_refused(provider: ScriptedServer, orders: DuffelOrders) -> None:
    provider.will_answer(page(after="g1"), page(after="g2"), page(after="g1"))
    with pytest.raises(ProviderRefused, match="sends its pages in a circle: g1 came twice"):
        list(orders.pages())


@pytest.mark.parametrize("body", [None, 3, {"data": None}, {"data": "x"}])
def test_what_is_no_order_is_refused(
    body: Any, provider: ScriptedServer, orders: DuffelOrders
) -> None:
    provider.will_answer(Answer(body))
    with pytest.raises(ProviderRefused, match="There is no Duffel order in this"):
        orders.order("ord_1")


def test_an_event_is_no_order(provider: ScriptedServer, orders: DuffelOrders) -> None:
    provider.will_answer(Answer({"type": "order.created", "data": {"id": "ord_2"}}))
    with pytest.raises(ProviderRefused, match="only names the order ord_2"):
        orders.order("ord_1")
