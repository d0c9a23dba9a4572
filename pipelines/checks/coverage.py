"""The check that somebody is on shift for every step of the ladder, 14 days ahead."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import dagster as dg

from pipelines.conventions import key_of
from pipelines.resources import Warehouse

if TYPE_CHECKING:
    from warehouse.queries.coverage import Coverage

TABLE: Final = "alerting.escalation"
COVERED: Final = "every_step_reaches_somebody"
ZONE: Final = "America/New_York"
"""In which the desk reads times; every time names its zone."""
MOST_SHOWN: Final = 50


@dg.asset_check(
    asset=key_of(TABLE),
    name=COVERED,
    description="For the next 14 days, every step of the ladder in force reaches somebody on "
    "shift with a verified contact for each of its channels. Asked once a day, and by hand.",
)
def every_step_reaches_somebody(warehouse: Warehouse) -> dg.AssetCheckResult:
    """Look at the shifts ahead as they are now."""
    from warehouse.queries.clock import current_instant
    from warehouse.queries.coverage import check_coverage

    with warehouse.transaction() as session:
        found = check_coverage(session, at=current_instant(session))
    return dg.AssetCheckResult(
        passed=found.is_complete,
        severity=dg.AssetCheckSeverity.WARN,
        description=found.sentence(ZONE),
        metadata=told(found),
    )


def evaluation_of(found: Coverage) -> dg.AssetCheckEvaluation:
    """Tell what a look at the shifts found, as the check itself would."""
    return dg.AssetCheckEvaluation(
        asset_key=key_of(TABLE),
        check_name=COVERED,
        passed=found.is_complete,
        severity=dg.AssetCheckSeverity.WARN,
        description=found.sentence(ZONE),
        metadata=told(found),
    )


def told(found: Coverage) -> dict[str, int | dg.MarkdownMetadataValue]:
    """Count the gaps, and list them with what to do about each."""
    lines = [f"- {gap.sentence(ZONE)}" for gap in found.gaps[:MOST_SHOWN]]
    listed = "\n".join(lines) or "None."
    return {"gaps": len(found.gaps), "what_is_missing": dg.MetadataValue.md(listed)}
