"""Every promise about alerts, held against whatever can happen, on real Postgres."""

import os

from stormdesk.embedded import EmbeddedServer
from tests.warehouse.lifecycle.desk import desk_in
from tests.warehouse.lifecycle.machine import live

LIVES = os.environ.get("STORMDESK_TEST_LIVES")
"""How many fresh lives to live, for long runs; without it the same few every time."""

FEW = 20


def test_every_promise_holds_whatever_happens(server: EmbeddedServer, template: str) -> None:
    with desk_in(server, template) as desk:
        live(desk, lives=int(LIVES or FEW), is_fresh=LIVES is not None)
