"""Four storms of three thousand alerts: how many pages leave after somebody took their alert."""

import pytest
from rich.console import Console

from stormdesk.embedded import EmbeddedServer
from tests.warehouse.lifecycle.desk import desk_in
from tests.warehouse.lifecycle.storm import ACKNOWLEDGERS, DISPATCHERS, SWEEPERS, weather

RUNS, ALERTS = 4, 3_000
MOST_S = 3_600


@pytest.mark.timeout(MOST_S)
def test_four_storms_send_no_page_after_the_acknowledgement(
    server: EmbeddedServer, template: str
) -> None:
    console = Console(width=150)
    console.print(
        f"\n{SWEEPERS} sweepers, {DISPATCHERS} dispatchers, {ACKNOWLEDGERS} acknowledgers:"
    )
    leaked = 0
    with desk_in(server, template) as desk:
        for number in range(1, RUNS + 1):
            storm = weather(desk, ALERTS)
            console.print(f"Run {number}: {storm}")
            assert storm.acknowledged == ALERTS
            leaked += storm.after_acknowledgement
    assert leaked == 0
