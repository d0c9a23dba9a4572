"""How old what an asset last did may be, each limit with its reason.

Dagster counts from an asset's newest materialization, by the wall clock and whichever partition
it was. So the limits belong to the live profile: a replay's partitions end with 2013 and its clock
may rest, and every asset of it would read as overdue for ever. For the same reason a backfill of
last year makes an asset look fresh; the dashboard's Pipeline page counts from what was received.

No limit has what comes without a rhythm: airports, carriers, hotels and travellers are loaded
once, a model release is published when somebody trains, and its months are told when asked for.
"""

from datetime import timedelta
from typing import Final

import dagster as dg

from warehouse.queries.pipeline_page import GRACE, HOUR

SHORTEST_HORIZON: Final = timedelta(hours=2)

OF_AN_HOUR: Final = dg.FreshnessPolicy.time_window(
    fail_window=SHORTEST_HORIZON + HOUR, warn_window=HOUR + GRACE
)
"""Asked for every hour: a warning when the Pipeline page calls a feed late, after 90 minutes.

It fails after 3 hours: what was said then at the horizon of 2 hours was about flights that leave
within the hour after, so all of them have left, and nobody is warned of a flight any more.
"""
OF_TEN_MINUTES: Final = dg.FreshnessPolicy.time_window(fail_window=HOUR + GRACE, warn_window=GRACE)
"""Asked for every ten minutes: three pulls were missed, then as many as make any feed late."""
OF_A_DAY: Final = dg.FreshnessPolicy.cron(
    deadline_cron="40 0 * * *", lower_bound_delta=timedelta(minutes=40)
)
"""Asked for ten minutes past midnight (UTC): the day's schedule stands half an hour later."""
