"""Take the audit history out of the database, which is itself an audited act."""

import csv
import io
import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, fields
from datetime import datetime
from enum import StrEnum

from sqlalchemy.orm import Session

from warehouse.audit_tags import AuditTag
from warehouse.operations import audit
from warehouse.queries.audit import (
    AuditFilter,
    AuditRow,
    count_audit,
    newest_entry_id,
    stream_audit,
)
from warehouse.rules import permissions
from warehouse.rules.sealed_history import SealHead
from warehouse.vocabulary import Actor, Permission

COLUMNS = tuple(field.name for field in fields(AuditRow))
_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")


class ExportFormat(StrEnum):
    """How an export is written; JSON Lines keeps every type, CSV opens in a spreadsheet."""

    JSONL = "jsonl"
    CSV = "csv"


@dataclass(frozen=True, slots=True)
class AuditExport:
    """An export under way: how many entries, and its lines, to be read in the transaction."""

    entry_count: int
    lines: Iterator[str]


def export_history(
    session: Session,
    actor: Actor,
    wanted: AuditFilter,
    *,
    at: datetime,
    form: ExportFormat = ExportFormat.JSONL,
) -> AuditExport:
    """Export the entries wanted, oldest first, and record who took them.

    Parameters
    ----------
    session:
        Open transaction; it must stay open while the lines are read.
    actor:
        Who exports; may see the whole history.
    wanted:
        Which entries.
    at:
        Instant of the act, UTC.
    form:
        How to write them.

    Returns
    -------
    :
        The lines, each with its line end, and their number without a heading.
    """
    permissions.require(actor, Permission.SEE_AUDIT, "export the", "audit")
    until_entry = newest_entry_id(session, actor, wanted)
    entry_count = count_audit(session, actor, wanted, until_entry=until_entry)
    after = {"entry_count": entry_count, "form": form.value, **_described(wanted)}
    audit.record(session, actor, AuditTag.AUDIT_EXPORTED, "audit", None, at=at, after=after)
    rows = stream_audit(session, actor, wanted, until_entry=until_entry)
    lines = _as_csv(rows) if form is ExportFormat.CSV else _as_json_lines(rows)
    return AuditExport(entry_count, lines)


def record_head_export(session: Session, actor: Actor, head: SealHead, *, at: datetime) -> None:
    """Record that the newest seal's hash was taken out of the database.

    Parameters
    ----------
    session:
        Open transaction.
    actor:
        Who took it out, usually SYSTEM; may see the whole history.
    head:
        What was taken out.
    at:
        Instant of the act, UTC.
    """
    permissions.require(actor, Permission.SEE_AUDIT, "export the head of the", "audit")
    audit.record(
        session,
        actor,
        AuditTag.AUDIT_EXPORTED,
        "seal",
        head.seal_number,
        at=at,
        after={"hash": head.hash},
    )


def _described(wanted: AuditFilter) -> dict[str, object]:
    return {
        field.name: json.loads(json.dumps(value, default=str))
        for field in fields(AuditFilter)
        if (value := getattr(wanted, field.name)) not in {None, ()}
    }


def _as_json_lines(rows: Iterator[AuditRow]) -> Iterator[str]:
    for row in rows:
        values = {column: getattr(row, column) for column in COLUMNS}
        yield json.dumps(values, default=_iso, ensure_ascii=False) + "\n"


def _as_csv(rows: Iterator[AuditRow]) -> Iterator[str]:
    yield _csv_line(COLUMNS)
    for row in rows:
        yield _csv_line([_cell(getattr(row, column)) for column in COLUMNS])


def _csv_line(cells: Iterable[str]) -> str:
    out = io.StringIO()
    csv.writer(out).writerow(cells)
    return out.getvalue()


def _cell(value: object) -> str:
    """Write one cell; what a spreadsheet would take for a formula is quoted."""
    if value is None:
        return ""
    if isinstance(value, dict):
        return json.dumps(value, ensure_ascii=False, sort_keys=True)
    written = _iso(value) if isinstance(value, datetime) else _words(value)
    return f"'{written}" if written.startswith(_FORMULA_STARTS) else written


def _words(value: object) -> str:
    return ",".join(value) if isinstance(value, tuple) else str(value)


def _iso(value: object) -> str:
    return value.isoformat() if isinstance(value, datetime) else str(value)
