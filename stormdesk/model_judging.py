"""Judging a release from the command line: beside the champion of now, and month by month."""

from __future__ import annotations

from datetime import datetime
from importlib.metadata import version
from typing import TYPE_CHECKING

from rich.console import Console

from stormdesk.progress import Progress
from stormdesk.user_commands import OPERATOR

if TYPE_CHECKING:
    from warehouse.queries.releases import ReleaseRow
    from warehouse.vocabulary import ReleaseId


def judge_again(console: Console, release_id: ReleaseId, *, at: datetime) -> None:
    """Let the gate judge a published release once more, and keep the verdict.

    Parameters
    ----------
    console:
        Where to show that it goes on.
    release_id:
        The release.
    at:
        The desk's instant, UTC.
    """
    from pipelines.assets.training import HISTORY_SINCE
    from pipelines.predicting.gate import judge_again as judge
    from pipelines.resources import Warehouse

    with Progress(console) as bars, bars.step(f"Judging release {release_id} by the gate"):
        judge(Warehouse(), release_id, since=HISTORY_SINCE, at=at, actor=OPERATOR)


def tell_months(console: Console, release: ReleaseRow, *, at: datetime) -> None:
    """Tell the history of a release month by month, and keep that with it.

    Parameters
    ----------
    console:
        Where to show each month.
    release:
        The release.
    at:
        The desk's instant, UTC.
    """
    from pipelines.assets.training import HISTORY_SINCE
    from pipelines.predicting import rolling_origin
    from pipelines.predicting.facts import HORIZONS_HOURS
    from pipelines.resources import Warehouse

    total = len(HORIZONS_HOURS) * _months_told(release)
    words = f"Telling {total} months, each from what was settled before it"
    with Progress(console) as bars, bars.step(words, total) as advance:
        rolling_origin.tell_months(
            Warehouse(),
            release.release_id,
            since=HISTORY_SINCE,
            at=at,
            code_version=version("stormdesk"),
            actor=OPERATOR,
            on_month=lambda _hours, _month: advance(1),
        )


def _months_told(release: ReleaseRow) -> int:
    """Count the months after the first."""
    since, until = release.trained_from, release.trained_until
    return max(1, 12 * (until.year - since.year) + until.month - since.month)
