"""Checks of a delivery, made by factories and judged in the transaction that loads it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import dagster as dg

from pipelines.conventions import key_of

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from warehouse.operations.feed_batches import BatchResult

Facts = dict[str, int | float | str]


@dataclass(frozen=True)
class Verdict:
    """Whether a check passed, with the numbers behind it."""

    passed: bool
    facts: Facts


@dataclass(frozen=True)
class BatchCheck:
    """One check of a delivery: what it asks, and whether a failure stops what comes after."""

    name: str
    description: str
    judge: Callable[[Session, Sequence[BatchResult]], Verdict]
    is_blocking: bool = True

    def spec(self, asset: str) -> dg.AssetCheckSpec:
        """Declare the check on an asset."""
        return dg.AssetCheckSpec(
            self.name,
            asset=key_of(asset),
            description=self.description,
            blocking=self.is_blocking,
        )

    def result(self, session: Session, batches: Sequence[BatchResult]) -> dg.AssetCheckResult:
        """Judge what was just loaded."""
        verdict = self.judge(session, batches)
        severity = dg.AssetCheckSeverity.ERROR if self.is_blocking else dg.AssetCheckSeverity.WARN
        return dg.AssetCheckResult(
            check_name=self.name,
            passed=verdict.passed,
            severity=severity,
            metadata=dict(verdict.facts),
        )


def balances() -> BatchCheck:
    """Every row received is accepted, unchanged, superseded or quarantined."""

    def judge(_session: Session, batches: Sequence[BatchResult]) -> Verdict:
        received = sum(batch.received_count for batch in batches)
        return Verdict(all(batch.is_balanced for batch in batches), {"received": received})

    return BatchCheck("rows_in_are_accounted_for", str(balances.__doc__), judge)


def nothing_quarantined() -> BatchCheck:
    """No row was refused; a refused one waits in quarantine with its reason, and only warns."""

    def judge(_session: Session, batches: Sequence[BatchResult]) -> Verdict:
        refused = sum(batch.quarantined_count for batch in batches)
        return Verdict(refused == 0, {"quarantined": refused})

    doc = str(nothing_quarantined.__doc__)
    return BatchCheck("nothing_quarantined", doc, judge, is_blocking=False)


def key_unique(table: str, *columns: str) -> BatchCheck:
    """Make the check that Postgres itself keeps a table's natural key unique."""

    def judge(session: Session, _batches: Sequence[BatchResult]) -> Verdict:
        from warehouse.queries.integrity import is_key_unique

        return Verdict(is_key_unique(session, table, columns), {"key": ", ".join(columns)})

    description = f"A valid unique index of {table} covers {', '.join(columns)}."
    return BatchCheck("key_is_unique", description, judge)


def references_hold(table: str) -> BatchCheck:
    """Make the check that all foreign keys of a table are there and hold for every row."""

    def judge(session: Session, _batches: Sequence[BatchResult]) -> Verdict:
        from warehouse.queries.integrity import (
            count_declared_references,
            list_validated_references,
        )

        held = list_validated_references(session, table)
        return Verdict(
            len(held) == count_declared_references(table), {"references": ", ".join(held)}
        )

    description = f"Every foreign key of {table} is validated by Postgres."
    return BatchCheck("references_hold", description, judge)


def plausible(table: str, column: str, lowest: float, highest: float) -> BatchCheck:
    """Make the check that a column of the rows just written is within what nature does."""

    def judge(session: Session, batches: Sequence[BatchResult]) -> Verdict:
        from warehouse.queries.integrity import count_outside

        outside = count_outside(
            session,
            table,
            column,
            lowest=lowest,
            highest=highest,
            batch_ids=[batch.batch_id for batch in batches],
        )
        return Verdict(outside == 0, {"outside": outside, "lowest": lowest, "highest": highest})

    description = f"{column} is within {lowest:g} and {highest:g}."
    return BatchCheck(f"{column}_is_plausible", description, judge)
