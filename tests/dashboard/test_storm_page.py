"""A storm's page lists what joined it; an alert that joined one leads to it."""

import pytest

from dashboard.components.inbox_table import escalation_text, flight_name
from tests.dashboard.conftest import OpenPage, add_actor
from tests.dashboard.test_gate import words_of
from tests.factories.airport import make_airport
from tests.factories.alert import make_alert
from tests.factories.defaults import STORM_AT
from tests.factories.inbox import inbox_row
from warehouse.session import Access, transaction
from warehouse.vocabulary import AlertId, AlertKind, Role


@pytest.fixture
def storm_and_joined(replayed: str) -> tuple[int, int]:
    """A storm over JFK that one alert joined."""
    with transaction(Access.OWNER) as session:
        make_airport(session, iata="JFK")
        storm = make_alert(
            session, kind="storm", airport="JFK", headline="Storm at JFK: 1 more alerts"
        )
        joined = make_alert(
            session, parent_alert_id=storm.alert_id, next_escalation_at=None, travellers_affected=7
        )
        return storm.alert_id, joined.alert_id


def test_a_storm_lists_what_joined_it(
    open_page: OpenPage, storm_and_joined: tuple[int, int]
) -> None:
    page = open_page("alert", add_actor(Role.AGENT), id=str(storm_and_joined[0]))
    words = words_of(page)
    assert "What joined it" in words
    assert "1 alert; nobody has any of them" in words
    assert page.dataframe[0].value["Travellers"].tolist() == [7]
    assert "Who is affected" not in words
    assert "Somewhere to stay" not in words
    assert next(each.label for each in page.metric) == "Alerts"


def test_an_alert_that_joined_leads_to_its_storm(
    open_page: OpenPage, storm_and_joined: tuple[int, int]
) -> None:
    page = open_page("alert", add_actor(Role.AGENT), id=str(storm_and_joined[1]))
    assert "It is paged for by the" in words_of(page)


def test_the_inbox_says_that_an_alert_pages_with_its_storm() -> None:
    joined = inbox_row(storm_id=AlertId(9), next_escalation_at=None)
    assert escalation_text(joined, STORM_AT) == "with its storm"
    storm = inbox_row(kind=AlertKind.STORM, carrier=None, airport="JFK", occurrences=7)
    assert flight_name(storm) == "Storm at JFK: 7 alerts"
