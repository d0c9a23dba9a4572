"""Checks of a delivery, made by factories and judged in the transaction that loads it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
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


def constraints_hold(table: str, *key: str, within: Sequence[str] = ()) -> BatchCheck:
    """Make the check that Postgres keeps a table's key unique and its references true."""

    # Asked of the catalogue, it costs the same for one row as for a million.
    def judge(session: Session, _batches: Sequence[BatchResult]) -> Verdict:
        from warehouse.queries.integrity import is_key_unique, list_unkept_references

        unkept = [
            name for each in (table, *within) for name in list_unkept_references(session, each)
        ]
        facts: Facts = {"key": ", ".join(key), "unkept_references": ", ".join(unkept) or "none"}
        return Verdict(is_key_unique(session, table, key) and not unkept, facts)

    description = (
        f"A valid unique index of {table} covers {', '.join(key)}, "
        "and every foreign key is there and holds for every row."
    )
    return BatchCheck("key_and_references_hold", description, judge)


def plausible(table: str, ranges: Mapping[str, tuple[float, float]]) -> BatchCheck:
    """Make the check that the rows just written hold nothing that nature does not."""

    def judge(session: Session, batches: Sequence[BatchResult]) -> Verdict:
        from warehouse.queries.integrity import count_outside

        outside = count_outside(session, table, ranges, [batch.batch_id for batch in batches])
        return Verdict(not any(outside.values()), dict(outside))

    words = "; ".join(f"{name} within {low:g} and {high:g}" for name, (low, high) in ranges.items())
    return BatchCheck("values_are_plausible", f"{words}.", judge)
