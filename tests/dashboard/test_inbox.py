"""The inbox: what it lists, what ticking freezes, and that an act hits what was ticked."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from dashboard.components import inbox_snapshot
from dashboard.components.inbox_snapshot import InboxSnapshot
from tests.dashboard.conftest import OpenPage, add_actor
from tests.dashboard.test_gate import words_of
from tests.factories.alert import make_acknowledgement, make_alert
from tests.factories.defaults import STORM_AT
from tests.factories.flight import make_flight
from tests.factories.inbox import inbox_row
from warehouse.operations.alerts import acknowledge_alert
from warehouse.schema.acknowledgements import Acknowledgement
from warehouse.schema.alerting import Alert
from warehouse.session import Access, transaction
from warehouse.vocabulary import Role


def add_alerts(*severities: str, **overrides: object) -> list[int]:
    """Insert an open alert per severity, each raised a minute after the one before."""
    with transaction(Access.OWNER) as session:
        return [
            make_alert(
                session,
                severity=severity,
                raised_at=STORM_AT - timedelta(hours=1) + timedelta(minutes=place),
                **overrides,
            ).alert_id
            for place, severity in enumerate(severities)
        ]


def severities_of(page) -> list[str]:
    return [cell[0] for cell in page.dataframe[0].value["severity"]] if page.dataframe else []


def tick(page, *positions: int) -> None:
    key = page.session_state[inbox_snapshot.SNAPSHOT].table_key
    page.session_state[key] = {"selection": {"rows": list(positions), "columns": [], "cells": []}}
    page.run()


def press(page, key: str) -> None:
    page.button(key=key).click().run()


def statuses() -> dict[int, str]:
    with transaction(Access.OWNER) as session:
        return dict(session.execute(select(Alert.alert_id, Alert.status)).all())


def test_the_worst_comes_first_and_says_what_it_is(open_page: OpenPage) -> None:
    with transaction(Access.OWNER) as session:
        flight = make_flight(session, carrier="B6", flight_number="615")
        make_alert(
            session,
            flight_id=flight.flight_id,
            severity="critical",
            basis="predicted",
            probability=0.62,
            travellers_affected=4,
            money_at_risk_minor_units=163_700,
            next_escalation_at=STORM_AT + timedelta(minutes=12),
        )
    add_alerts("low", "high")
    page = open_page("inbox", add_actor(Role.AGENT))
    assert severities_of(page) == ["● Critical", "◆ High", "○ Low"]
    assert page.dataframe[0].value.iloc[0].drop(["severity", "open"]).to_dict() == {
        "about": "B6 615  JFK → BOS",
        "departs": "Tue 10 Dec 18:00 EST",
        "leaves": "in 12 h 00 min",
        "basis": "62 % likely",
        "travellers": 4,
        "money": 1637.0,
        "escalation": "step 1, in 12 min",
        "holder": "nobody",
    }


def test_the_counts_lead_to_what_they_count(open_page: OpenPage) -> None:
    add_alerts("critical", "low")
    with transaction(Access.OWNER) as session:
        make_acknowledgement(session)
    page = open_page("inbox", add_actor(Role.AGENT))
    assert page.button(key="inbox_show_open").label == "**2** open"
    press(page, "inbox_show_critical")
    assert severities_of(page) == ["● Critical"]
    press(page, "inbox_show_taken")
    assert severities_of(page) == ["◆ High"]
    assert page.query_params["inbox_show"] == "taken"


def test_a_shared_address_brings_back_the_view(open_page: OpenPage) -> None:
    add_alerts("critical", "low", "high")
    page = open_page("inbox", add_actor(Role.AGENT), inbox_severity="Low")
    assert severities_of(page) == ["○ Low"]
    page = open_page("inbox", add_actor(Role.AGENT), inbox_show="no such view")
    assert len(severities_of(page)) == 3


def test_an_empty_list_says_why_and_what_to_do(open_page: OpenPage) -> None:
    page = open_page("inbox", add_actor(Role.AGENT))
    assert "Nobody is waiting" in words_of(page)
    add_alerts("low")
    page = open_page("inbox", add_actor(Role.AGENT), inbox_from="LGA")
    assert "Nothing matches" in words_of(page)
    clear = next(button for button in page.button if button.label == "Clear the filters")
    clear.click().run()
    assert severities_of(page) == ["○ Low"]


def test_while_rows_are_ticked_a_newer_alert_moves_nothing_and_the_act_hits_the_ticked(
    open_page: OpenPage,
) -> None:
    first, second, third = add_alerts("high", "high", "high")
    page = open_page("inbox", add_actor(Role.AGENT))
    tick(page, 0, 2)
    add_alerts("critical", "critical")
    page.run()
    assert severities_of(page) == ["◆ High"] * 3
    assert page.button(key="inbox_newer").label.startswith("2 newer alerts waiting")
    press(page, "inbox_acknowledge")
    taken = {alert_id for alert_id, status in statuses().items() if status == "acknowledged"}
    assert taken == {first, third}
    assert severities_of(page) == ["● Critical", "● Critical", "◆ High"]
    assert "2 of 2 alerts acknowledged" in words_of(page)
    assert statuses()[second] == "open"


def test_each_alert_of_a_bulk_act_has_its_own_result_and_the_act_can_be_undone(
    open_page: OpenPage,
) -> None:
    faster = add_actor(Role.AGENT, display_name="Tomas Berg")
    alert_id, other_id = add_alerts("high", "low")
    page = open_page("inbox", add_actor(Role.AGENT))
    tick(page, 0, 1)
    page.text_input(key="inbox_note").set_value("calling them").run()
    with transaction(Access.OWNER) as session:
        acknowledge_alert(session, faster, alert_id, at=STORM_AT)
    press(page, "inbox_acknowledge")
    assert "1 of 2 alerts acknowledged" in words_of(page)
    assert "Tomas Berg already has it." in words_of(page)
    with transaction(Access.OWNER) as session:
        note = select(Acknowledgement.note).where(Acknowledgement.alert_id == other_id)
        assert session.scalars(note).all() == ["calling them"]
    press(page, "inbox_undo")
    assert statuses() == {alert_id: "acknowledged", other_id: "open"}


def test_a_press_on_a_row_leads_to_its_alert(open_page: OpenPage) -> None:
    low, _ = add_alerts("low", "high")
    page = open_page("inbox", add_actor(Role.AGENT))
    tick(page, 1)
    press(page, "inbox_open")
    (link,) = [each.proto for each in page.get("page_link") if "Opening" in each.proto.label]
    assert (link.page, link.query_string) == ("alert", f"id={low}")


def test_an_analyst_looks_and_cannot_act(open_page: OpenPage) -> None:
    add_alerts("high")
    page = open_page("inbox", add_actor(Role.ANALYST))
    tick(page, 0)
    assert page.button(key="inbox_acknowledge").disabled
    assert page.button(key="inbox_resolve").disabled
    assert not page.button(key="inbox_open").disabled


def test_positions_outside_the_list_name_nothing() -> None:
    snapshot = InboxSnapshot(rows=(inbox_row(alert_id=7),))
    assert snapshot.alert_ids_at([0, 1, -1]) == [7]


@pytest.mark.parametrize("has_selection", [True, False])
def test_the_list_follows_unless_something_is_ticked(has_selection: bool) -> None:
    shown = InboxSnapshot(rows=(inbox_row(alert_id=1),))
    live = [inbox_row(alert_id=2), inbox_row(alert_id=1)]
    after = shown.refreshed(live, has_selection=has_selection)
    assert [row.alert_id for row in after.rows] == ([1] if has_selection else [2, 1])
    assert after.newer == (1 if has_selection else 0)
    assert after.let_go().table_key != after.table_key


def test_another_choice_of_alerts_forgets_the_ticks() -> None:
    shown = InboxSnapshot(rows=(inbox_row(alert_id=1),)).about("open")
    assert shown.about("open") is shown
    assert shown.about("taken").table_key != shown.table_key
