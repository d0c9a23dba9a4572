"""What makes assets run by themselves where the wall clock counts; a replay has its own sensor."""

import dagster as dg

from pipelines.conventions import Group, Lane, lane_tags

AUTOMATION_INTERVAL_SECONDS = 30
_LIVE_GROUPS = (Group.INGEST, Group.FEATURES, Group.PREDICTIONS, Group.ALERTS)


def automation_sensors() -> list[dg.AutomationConditionSensorDefinition]:
    """Give two of them, so that training can never keep alerts waiting."""
    return [
        _sensor("automation_live", Lane.LIVE, *_LIVE_GROUPS),
        _sensor("automation_training", Lane.TRAIN, Group.TRAINING),
    ]


def _sensor(name: str, lane: Lane, *groups: Group) -> dg.AutomationConditionSensorDefinition:
    return dg.AutomationConditionSensorDefinition(
        name,
        target=dg.AssetSelection.groups(*(group.value for group in groups)),
        default_status=dg.DefaultSensorStatus.RUNNING,
        minimum_interval_seconds=AUTOMATION_INTERVAL_SECONDS,
        run_tags=lane_tags(lane),
    )
