"""The Alert page: what it says, what may be done, and that an old screen changes nothing."""

from datetime import timedelta

from sqlalchemy import select

from dashboard.components.alert_actions import acknowledge
from dashboard.components.unsettled_booking import REASON, REFERENCE
from tests.dashboard.conftest import OpenPage, add_actor
from tests.dashboard.test_gate import words_of
from tests.factories.accepted_fallback import make_silent_booking
from tests.factories.alert import make_affected_booking, make_alert
from tests.factories.clock import set_clock
from tests.factories.defaults import STORM_AT
from tests.factories.flight import make_cancelled_flight
from tests.factories.traveller import make_traveller
from tests.factories.weather import (
    make_weather_bulletin,
    make_weather_forecast,
    make_weather_observation,
)
from warehouse.operations.alerts import acknowledge_alert
from warehouse.schema.acknowledgements import Acknowledgement
from warehouse.schema.alerting import Alert
from warehouse.schema.fallbacks import FallbackAction
from warehouse.session import Access, transaction
from warehouse.vocabulary import AlertId, Role

DRIVERS = [{"group": "wind", "words": "gusts 24 m/s at departure", "effect": 0.21}]

WEEK = timedelta(days=7)


def add_alert(**overrides: object) -> AlertId:
    with transaction(Access.OWNER) as session:
        values = {"basis": "predicted", "probability": 0.62, "drivers": DRIVERS} | overrides
        return AlertId(make_alert(session, **values).alert_id)


def alert_of(alert_id: AlertId) -> Alert:
    with transaction(Access.OWNER) as session:
        return session.get_one(Alert, alert_id)


def open_alert(open_page: OpenPage, alert_id: int, role: Role = Role.AGENT):
    return open_page("alert", add_actor(role), id=str(alert_id))


def test_it_says_how_likely_why_and_for_whom(open_page: OpenPage) -> None:
    alert_id = add_alert(travellers_affected=3, next_escalation_at=STORM_AT + timedelta(minutes=9))
    words = words_of(open_alert(open_page, alert_id))
    assert "**62 %** chance" in words
    assert "Gusts 24 m/s at departure" in words
    assert "not what causes what" in words
    assert "Nobody has it" in words


def test_a_cancellation_is_reported_not_predicted(open_page: OpenPage) -> None:
    with transaction(Access.OWNER) as session:
        flight = make_cancelled_flight(session)
    alert_id = add_alert(flight_id=flight.flight_id, basis="reported", probability=None, drivers=[])
    page = open_alert(open_page, alert_id)
    assert "The carrier has **cancelled** this flight." in words_of(page)
    assert page.metric[0].value == "Cancelled"


def test_acknowledging_keeps_the_note_and_can_be_undone(open_page: OpenPage) -> None:
    alert_id = add_alert()
    page = open_alert(open_page, alert_id)
    page.text_input(key="alert_note").set_value("calling them").run()
    page.button(key="alert_acknowledge").click().run()
    assert alert_of(alert_id).status == "acknowledged"
    with transaction(Access.OWNER) as session:
        assert session.scalars(select(Acknowledgement.note)).all() == ["calling them"]
    assert "“calling them”" in words_of(page)
    assert not page.text_input(key="alert_note").value
    page.button(key="alert_release").click().run()
    assert alert_of(alert_id).status == "open"


def test_an_old_screen_is_told_who_was_faster(open_page: OpenPage) -> None:
    alert_id = add_alert()
    page = open_alert(open_page, alert_id)
    faster = add_actor(Role.AGENT, display_name="Tomas Berg")
    with transaction(Access.OWNER) as session:
        acknowledge_alert(session, faster, alert_id, at=STORM_AT)
    page.button(key="alert_acknowledge").click().run()
    assert "Already handled by Tomas Berg." in words_of(page)
    with transaction(Access.OWNER) as session:
        assert session.scalars(select(Acknowledgement.user_id)).all() == [faster.user_id]


def test_a_closed_alert_offers_nothing_to_do(open_page: OpenPage) -> None:
    alert_id = add_alert(status="closed", closed_at=STORM_AT, close_reason="prediction_cleared")
    page = open_alert(open_page, alert_id)
    assert "prediction cleared" in words_of(page)
    assert [button.key for button in page.button if (button.key or "").startswith("alert_")] == []


def test_an_analyst_sees_neither_names_nor_a_way_to_act(open_page: OpenPage) -> None:
    alert_id = add_alert()
    with transaction(Access.OWNER) as session:
        make_traveller(session, given_name="Ada")
        make_affected_booking(session, alert_id=alert_id)
    shown = open_alert(open_page, alert_id, Role.ANALYST)
    assert "Lead traveller" not in shown.dataframe[0].value
    assert "Your role sees no personal data." in words_of(shown)
    assert shown.button(key="alert_acknowledge").disabled
    assert "Lead traveller" in open_alert(open_page, alert_id).dataframe[0].value


def test_an_address_of_no_alert_leads_back(open_page: OpenPage) -> None:
    for text in ("999999", "storm", ""):
        page = open_page("alert", add_actor(Role.AGENT), id=text)
        assert "another database" in page.warning[0].value
        assert not page.exception


def test_the_weather_shown_is_only_what_was_known(open_page: OpenPage) -> None:
    alert_id = add_alert()
    assert "No weather is known for these hours yet." in words_of(open_alert(open_page, alert_id))
    with transaction(Access.OWNER) as session:
        make_weather_observation(session, observed_at=STORM_AT)
    assert "No weather is known for these hours yet." in words_of(open_alert(open_page, alert_id))
    with transaction(Access.OWNER) as session:
        make_weather_observation(session, observed_at=STORM_AT - timedelta(hours=1))
    assert "Wind stands in" in words_of(open_alert(open_page, alert_id))


def test_what_weather_services_say_stands_there_as_they_say_it(open_page: OpenPage) -> None:
    alert_id = add_alert()
    assert "In words" not in words_of(open_alert(open_page, alert_id))
    with transaction(Access.OWNER) as session:
        make_weather_bulletin(session, headline="Snow [10 cm](http://evil) *now*")
        make_weather_bulletin(session, kind="taf", bulletin_ref="old", headline="An old forecast")
        make_weather_bulletin(
            session, kind="taf", bulletin_ref="new", issued_at=STORM_AT, headline="The newest one"
        )
        ended = {"valid_from": STORM_AT - timedelta(days=9), "valid_until": STORM_AT - WEEK}
        make_weather_bulletin(session, bulletin_ref="ended", headline="Over", **ended)
    words = words_of(open_alert(open_page, alert_id))
    assert r"Snow \[10 cm\]\(http\://evil\) \*now\*" in words
    assert "The newest one" in words
    assert "An old forecast" not in words
    assert "Over" not in words


def test_the_source_of_a_forecast_is_named_where_its_licence_asks_it(open_page: OpenPage) -> None:
    alert_id = add_alert()
    with transaction(Access.OWNER) as session:
        make_weather_forecast(session, source="open-meteo", issued_at=STORM_AT - WEEK)
    assert "Open-Meteo.com" in words_of(open_alert(open_page, alert_id))


def test_a_booking_nobody_answered_for_is_settled_by_what_the_hotel_said(
    open_page: OpenPage,
) -> None:
    action_id = make_silent_booking()
    with transaction(Access.OWNER) as session:
        alert_id = session.get_one(FallbackAction, action_id).alert_id
    set_clock(STORM_AT + timedelta(minutes=14))
    assert "Call the hotel first." not in words_of(open_alert(open_page, alert_id))
    set_clock(STORM_AT + timedelta(minutes=15))
    page = open_alert(open_page, alert_id)
    assert "Call the hotel first." in words_of(page)
    page.text_input(key=REFERENCE).input("HX-77")
    page.text_input(key=REASON).input("spoke to the night desk")
    next(each for each in page.button if each.label == "It is booked").click().run()
    with transaction(Access.OWNER) as session:
        assert session.get_one(FallbackAction, action_id).status == "booked"
    assert not page.exception


def test_every_act_starts_from_a_guarded_callback() -> None:
    assert acknowledge.__wrapped__ is not None
