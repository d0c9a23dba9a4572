"""When assets run by themselves, each condition named and with its reason.

They follow the wall clock, so they belong to the live profile; in a replay one sensor requests
the partitions that the replayed instant has reached.
"""

from typing import TypeVar

import dagster as dg

from pipelines.settings import Profile

Bound = TypeVar("Bound")

WHEN_INPUTS_PASS = (
    dg.AutomationCondition.eager() & dg.AutomationCondition.all_deps_blocking_checks_passed()
).with_label("when_inputs_pass")
"""When an input was renewed and no blocking check of it failed.

A blocking check by itself stops only its own run; across runs this condition does.
"""


def poll(cron: str) -> dg.AutomationCondition[dg.AssetKey]:
    """Fetch the newest window at each tick; on_cron never fires where providers emit no events."""
    condition = (
        dg.AutomationCondition.cron_tick_passed(cron)
        & dg.AutomationCondition.in_latest_time_window()
        & ~dg.AutomationCondition.in_progress()
    )
    return condition.with_label(f"poll({cron})")


def live_only(profile: Profile, bound: Bound) -> Bound | None:
    """Give what is bound to the wall clock, a condition or a limit of age, to the live profile."""
    return bound if profile is Profile.LIVE else None
