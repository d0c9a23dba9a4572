"""The audit page: what it finds, what it shows of an entry, and how it is taken away."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select

from dashboard.components.audit_filters import read
from dashboard.components.audit_table import changes_of
from tests.dashboard.conftest import OpenPage, add_actor
from tests.dashboard.test_gate import words_of
from tests.factories.defaults import STORM_AT
from warehouse.audit_tags import AuditTag
from warehouse.operations import audit
from warehouse.operations.audit_seals import seal_history
from warehouse.queries.audit import PAGE
from warehouse.schema.audit import Entry
from warehouse.session import Access, transaction
from warehouse.vocabulary import SYSTEM, Actor, Role


def record(actor: Actor, count: int = 1, noun: str = "alert", number: int | None = 1) -> None:
    with transaction(Access.OWNER) as session:
        for _ in range(count):
            audit.record(
                session,
                actor,
                AuditTag.ALERT_ACKNOWLEDGED,
                noun,
                number,
                at=STORM_AT,
                before={"status": "open", "generation": 1},
                after={"status": "acknowledged", "generation": 1},
                reason="crew called",
            )


def rows(page) -> int:
    return len(page.dataframe[0].value)


def test_a_long_history_is_read_page_by_page(open_page: OpenPage) -> None:
    record(SYSTEM, PAGE + 3)
    page = open_page("audit", add_actor(Role.MANAGER))
    assert rows(page) == PAGE
    older = [button for button in page.button if button.label == "Older"]
    older[0].click().run()
    assert rows(page) < PAGE
    assert "Older" not in [button.label for button in page.button]
    next(button for button in page.button if button.label == "Newest").click().run()
    assert rows(page) == PAGE


def test_the_filters_come_from_the_address(open_page: OpenPage) -> None:
    agent = add_actor(Role.AGENT)
    record(agent, 2, number=42)
    record(SYSTEM, 3)
    manager = add_actor(Role.MANAGER)
    page = open_page("audit", manager, audit_about="alert 42")
    assert rows(page) == 2
    page = open_page("audit", manager, audit_who=agent.username, audit_about="flight")
    assert "No entry matches" in words_of(page)


@pytest.mark.parametrize("name", ["alert.acknowledged", "Alert acknowledged"])
def test_an_address_names_what_happened_by_its_tag_or_in_words(
    open_page: OpenPage, name: str
) -> None:
    record(SYSTEM)
    page = open_page("audit", add_actor(Role.MANAGER), audit_what=name)
    assert page.multiselect(key="audit_what").value == ["alert.acknowledged"]
    assert rows(page) == 1


def test_a_chosen_entry_shows_what_it_changed(open_page: OpenPage) -> None:
    record(SYSTEM)
    page = open_page("audit", add_actor(Role.MANAGER), audit_about="alert")
    with transaction(Access.OWNER) as session:
        number = session.scalars(select(Entry.entry_id).where(Entry.noun == "alert")).one()
    selection = {"rows": [0], "columns": [], "cells": []}
    page.session_state[f"audit_table_{number}_{number}"] = {"selection": selection}
    page.run()
    assert page.dataframe[1].value.values.tolist() == [["status", "open", "acknowledged"]]


def test_an_agent_sees_alerts_and_their_own_acts_but_neither_verifies_nor_exports(
    open_page: OpenPage,
) -> None:
    agent = add_actor(Role.AGENT)
    record(SYSTEM, 2)
    record(SYSTEM, 3, noun="user")
    record(agent, 1, noun="session")
    page = open_page("audit", agent)
    assert rows(page) == 3
    assert {"Verify", "Export CSV"}.isdisjoint(button.label for button in page.button)


def test_a_customer_sees_their_own_acts_alone(open_page: OpenPage) -> None:
    customer = add_actor(Role.CUSTOMER)
    record(SYSTEM, 2)
    record(customer, 1, noun="fallback_action")
    assert rows(open_page("audit", customer)) == 1


def test_verify_says_what_it_found(open_page: OpenPage) -> None:
    record(SYSTEM)
    with transaction() as session:
        head = seal_history(session, at=STORM_AT)
    page = open_page("audit", add_actor(Role.ANALYST))
    page.button(key="audit_verify").click().run()
    assert "Every seal holds: 1 over" in page.success[0].value
    assert head.hash in page.success[0].value


@pytest.mark.parametrize(("form", "start"), [("csv", "entry_id,at,"), ("jsonl", '{"entry_id": ')])
def test_an_export_is_prepared_recorded_and_offered(
    open_page: OpenPage, form: str, start: str
) -> None:
    manager = add_actor(Role.MANAGER)
    record(SYSTEM, 2)
    page = open_page("audit", manager, audit_about="alert")
    page.button(key=f"audit_export_{form}").click().run()
    assert not page.exception
    wanted, _, written, entry_count = page.session_state["audit_export_ready"]
    assert (wanted.noun, entry_count) == ("alert", 2)
    assert written.startswith(start)
    with transaction(Access.OWNER) as session:
        entry = session.scalars(select(Entry).where(Entry.tag == "audit.exported")).one()
    assert entry.actor_username == manager.username
    assert entry.after == {"entry_count": 2, "form": form, "noun": "alert"}


def test_what_was_typed_becomes_a_filter() -> None:
    at = datetime(2013, 12, 10, tzinfo=UTC)
    wanted = read(" Mara ", "Fallback-Action 7", ["alert.closed", "nonsense"], "Last hour", at)
    assert (wanted.actor_username, wanted.noun, wanted.noun_id) == ("mara", "fallback_action", 7)
    assert wanted.tags == (AuditTag.ALERT_CLOSED,)
    assert wanted.from_at == at - timedelta(hours=1)
    assert read("system", "", [], "whenever", at).actor_username == "SYSTEM"


def test_only_what_differs_is_a_change() -> None:
    before = {"status": "open", "generation": 1, "note": None}
    after = {"status": "closed", "generation": 1, "drivers": ["wind"]}
    assert changes_of(before, after) == [
        ["drivers", "—", '["wind"]'],
        ["status", "open", "closed"],
    ]
    assert changes_of(None, None) == []
