"""The load most feeds need: judge, stage, count, write the batch, merge."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, cast

import pandas as pd
from sqlalchemy import Column, Table
from sqlalchemy.orm import Session

from warehouse.audit_tags import AuditTag
from warehouse.bulk.contract import ROW_KEY, Contract, Judged, judge, refuse_lines, row_keys
from warehouse.bulk.merging import Tally, Target, merge, tally
from warehouse.bulk.staging import Reference, Staged, resolve, stage, take_unresolved
from warehouse.errors import FeedRefused
from warehouse.operations.deliveries import Delivery
from warehouse.operations.feed_batches import (
    BatchResult,
    Counts,
    all_refused,
    close_delivery,
    open_delivery,
)
from warehouse.vocabulary import Actor


@dataclass(frozen=True)
class Fact:
    """One table a feed fills: what its rows must look like and where they go."""

    name: str
    contract: Contract
    target: Target
    references: tuple[Reference, ...] = field(default=())
    """Rows it names; a row that names nothing stored is refused."""
    fills: tuple[Reference, ...] = field(default=())
    """Rows it names that may not be stored yet: whoever loads it fills them in."""
    constants: Mapping[str, str] = field(default_factory=dict)
    """Values of every row, such as the source that sends it."""


@dataclass(frozen=True)
class Prepared:
    """A delivery of one fact, staged, with what became of the rest of it."""

    fact: Fact
    staged: Staged
    judged: Judged
    refused: pd.DataFrame

    def accepted_keys(self) -> frozenset[str]:
        """Name the rows that were not refused, as quarantine names its own."""
        kept = self.judged.accepted.drop(self.refused["line"] - 1, errors="ignore")
        return frozenset(f"{self.fact.name}|{key}" for key in row_keys(kept, self.fact.contract))


def load_fact(
    session: Session,
    actor: Actor,
    fact: Fact,
    frame: pd.DataFrame,
    delivery: Delivery,
    *,
    rejected: pd.DataFrame | None = None,
    corrected: pd.DataFrame | None = None,
    tag: AuditTag = AuditTag.FEED_LOADED,
) -> BatchResult:
    """Load one fact from one frame; the public loads say what each feed holds."""
    open_delivery(session, actor, delivery.feed)
    prepared = prepare(session, fact, frame)
    result = close_delivery(
        session,
        actor,
        delivery,
        counts_of(prepared, tally(session, fact.target, prepared.staged), rejected),
        digests=[prepared.staged.sha256],
        refused=all_refused(rejected, prepared.refused),
        corrected=corrected,
        accepted_keys=prepared.accepted_keys,
        tag=tag,
    )
    write(session, fact, prepared, result)
    return result


def prepare(session: Session, fact: Fact, frame: pd.DataFrame) -> Prepared:
    """Judge and stage a frame, and take out rows that name something not stored."""
    judged = judge(frame, fact.contract)
    columns = _staged_columns(fact)
    rows = judged.accepted.assign(**fact.constants)
    staged = stage(session, fact.name, rows, columns)
    refused, lines = [judged.refused], set[int]()
    for reference in fact.references:
        resolve(session, staged, reference)
        unknown = take_unresolved(session, staged, reference.column)
        lines |= set(unknown)
        named = "+".join(reference.named_by.values())
        reason = f"names no {reference.table.name}"
        refused.append(
            refuse_lines(judged.accepted, unknown, named, reason, contract=fact.contract)
        )
    staged = replace(staged, row_count=staged.row_count - len(lines))
    return Prepared(fact, staged, judged, _of_fact(fact, all_refused(*refused)))


def _of_fact(fact: Fact, refused: pd.DataFrame) -> pd.DataFrame:
    """Say in each row's key of which fact it is: parts of a delivery count their rows alike."""
    return refused.assign(**{ROW_KEY: f"{fact.name}|" + refused[ROW_KEY]})


def counts_of(prepared: Prepared, merged: Tally, rejected: pd.DataFrame | None) -> Counts:
    """Count what a delivery held and what becomes of it, but for what is refused."""
    received = prepared.judged.received_count + (0 if rejected is None else len(rejected))
    return Counts(received, 0, 0, prepared.judged.superseded_count).and_of(merged)


def write(
    session: Session,
    fact: Fact,
    prepared: Prepared,
    result: BatchResult,
    *,
    expected: int | None = None,
) -> None:
    """Merge a prepared fact under its batch, and see that it does what was counted."""
    counted = result.accepted_count if expected is None else expected
    if counted == 0:
        return
    has_batch = "batch_id" in fact.target.table.c
    constants = {"batch_id": result.batch_id} if has_batch else {}
    written = merge(session, fact.target, prepared.staged, constants)
    if written != counted:
        raise FeedRefused(
            f"{fact.name}: {counted} rows were to change and {written} did: "
            "somebody else changed them meanwhile; load again."
        )


def table_of(model: type[Any]) -> Table:
    """Give the table behind a model."""
    return cast("Table", model.__table__)


def _staged_columns(fact: Fact) -> Sequence[Column[object]]:
    table = fact.target.table
    names = (*fact.target.key, *fact.target.payload, *fact.target.unread)
    own = [Column(name, table.c[name].type) for name in names]
    named = [
        Column(delivered, reference.table.c[stored].type)
        for reference in (*fact.references, *fact.fills)
        for stored, delivered in reference.named_by.items()
    ]
    filled = [
        Column(reference.column, reference.table.c[reference.identifier].type)
        for reference in fact.fills
    ]
    return list({column.name: column for column in [*named, *filled, *own]}.values())
