"""A small storm; `make storm` weathers the large ones."""

from datetime import timedelta

from stormdesk.embedded import EmbeddedServer
from tests.warehouse.lifecycle.desk import desk_in
from tests.warehouse.lifecycle.storm import weather

ALERTS = 150


def test_no_page_leaves_after_its_alert_was_taken(server: EmbeddedServer, template: str) -> None:
    with desk_in(server, template) as desk:
        storm = weather(desk, ALERTS)
    assert storm.acknowledged == ALERTS
    assert storm.sent + storm.cancelled == storm.pages > 0
    assert storm.after_acknowledgement == 0


def test_nor_does_one_that_goes_in_a_digest(server: EmbeddedServer, template: str) -> None:
    with desk_in(server, template) as desk:
        storm = weather(desk, ALERTS, ladder="tall", pace=timedelta(seconds=30))
    assert storm.acknowledged == ALERTS
    assert storm.sent + storm.cancelled == storm.pages > 0
    assert storm.digests > 0
    assert storm.after_acknowledgement == 0
