"""Exports of the audit history: complete, bounded, recorded, harmless in a spreadsheet."""

import csv
import json

import pytest
from sqlalchemy import select

from tests.factories.defaults import STORM_AT
from tests.factories.user import make_actor
from warehouse.audit_tags import AuditTag
from warehouse.errors import PermissionRefused
from warehouse.operations import audit
from warehouse.operations.audit_export import COLUMNS, ExportFormat, export_history
from warehouse.queries.audit import AuditFilter, list_audit
from warehouse.schema.audit import Entry
from warehouse.session import Access, transaction
from warehouse.vocabulary import SYSTEM, Role


@pytest.fixture
def history(database: str) -> str:
    with transaction(Access.OWNER) as session:
        for number, reason in enumerate(["crew called", '=HYPERLINK("http://x")', None]):
            audit.record(
                session,
                SYSTEM,
                AuditTag.ALERT_CLOSED,
                "alert",
                number,
                at=STORM_AT,
                after={"status": "closed"},
                reason=reason,
            )
    return database


def export(form: ExportFormat, role: Role = Role.MANAGER) -> tuple[int, list[str]]:
    with transaction(Access.OWNER) as session:
        actor = make_actor(session, role)
    with transaction(Access.DASHBOARD, on_behalf_of=actor) as session:
        wanted = AuditFilter(noun="alert")
        taken = export_history(session, actor, wanted, at=STORM_AT, form=form)
        return taken.entry_count, list(taken.lines)


def test_json_lines_hold_every_column_oldest_first(history: str) -> None:
    count, lines = export(ExportFormat.JSONL)
    rows = [json.loads(line) for line in lines]
    assert (count, [row["noun_id"] for row in rows]) == (3, [0, 1, 2])
    assert set(rows[0]) == set(COLUMNS)
    assert rows[0]["at"] == "2013-12-10T11:00:00+00:00"


def test_a_cell_that_looks_like_a_formula_is_quoted(history: str) -> None:
    _, lines = export(ExportFormat.CSV)
    rows = list(csv.DictReader(lines))
    assert [row["reason"] for row in rows] == ["crew called", '\'=HYPERLINK("http://x")', ""]


def test_an_export_is_an_act_of_its_own(history: str) -> None:
    export(ExportFormat.CSV)
    with transaction(Access.OWNER) as session:
        entry = session.scalars(select(Entry).where(Entry.tag == "audit.exported")).one()
    assert entry.after == {"entry_count": 3, "form": "csv", "noun": "alert"}


@pytest.mark.parametrize("role", [Role.CUSTOMER, Role.AGENT])
def test_who_may_not_see_all_may_not_export(history: str, role: Role) -> None:
    with pytest.raises(PermissionRefused):
        export(ExportFormat.CSV, role)


def test_pages_follow_one_another_without_gap_or_repeat(history: str) -> None:
    seen: list[int] = []
    with transaction() as session:
        while page := list_audit(
            session, SYSTEM, AuditFilter(), limit=2, older_than=seen[-1] if seen else None
        ):
            seen += [row.entry_id for row in page]
    assert seen == [3, 2, 1]
