"""The audit history is sealed as it grows, so that a later change of it shows."""

from typing import Final

import dagster as dg

from pipelines.resources import Warehouse
from pipelines.sensors.ticking import ticking
from warehouse.operations.audit_seals import seal_history
from warehouse.rules.sealed_history import SealHead

COMPONENT: Final = "history_unsealed"
INTERVAL_SECONDS: Final = 30
"""What was written since the last seal is protected by grants and triggers alone."""


def seal_due(warehouse: Warehouse) -> SealHead | None:
    """Seal what the finished transactions have written; None when there is nothing new."""
    with ticking(warehouse, COMPONENT, every_seconds=INTERVAL_SECONDS) as tick:
        return seal_history(tick.session, at=tick.at)


@dg.sensor(
    name=COMPONENT,
    minimum_interval_seconds=INTERVAL_SECONDS,
    default_status=dg.DefaultSensorStatus.RUNNING,
    description="Seals new audit entries, each seal chained to the one before.",
)
def history_unsealed(warehouse: Warehouse) -> dg.SkipReason:
    """Seal, and say how far the chain has come."""
    head = seal_due(warehouse)
    if head is None:
        return dg.SkipReason("Nothing was written since the last seal.")
    return dg.SkipReason(f"Seal {head.seal_number} ends in {head.hash[-12:]}.")
