"""Rolling origin: the history of a release told month by month, and kept with it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final

from pipelines.predicting.facts import HORIZONS_HOURS, facts_for_training
from warehouse.vocabulary import SYSTEM, Actor, ReleaseId

if TYPE_CHECKING:
    from pipelines.resources import Warehouse

Heard = Callable[[int, str], object]
"""Told the horizon and the month of each that is done."""

SILENT: Final[Heard] = lambda _hours, _month: None  # noqa: E731 # a name for doing nothing


@dataclass(frozen=True)
class RollingRun:
    """What telling the months came to."""

    release_id: ReleaseId
    record: dict[str, Any]
    #: Whether the record differs from the one kept before.
    is_new: bool


def tell_months(
    warehouse: Warehouse,
    release_id: ReleaseId,
    *,
    since: datetime,
    at: datetime,
    code_version: str,
    actor: Actor = SYSTEM,
    on_month: Heard = SILENT,
) -> RollingRun:
    """Tell the history that a release learnt from month by month, and keep that with the release.

    No transaction stays open while models are fitted. Doing it again changes nothing.

    Parameters
    ----------
    warehouse:
        The record.
    release_id:
        The release.
    since:
        First instant of the history.
    at:
        Instant of the telling, UTC.
    code_version:
        Version of the code that tells.
    actor:
        Who asks, for the audit.
    on_month:
        Told each month that is done.

    Returns
    -------
    :
        The record.

    Raises
    ------
    NotFound
        No release has this id.
    MonthsMissing
        No month of the history has four weeks before it.
    """
    from ml.rolling_record import rolling_record
    from warehouse.operations.rolling_origins import keep_rolling_origin
    from warehouse.queries.releases import get_release

    with warehouse.transaction() as session:
        trained_until = get_release(session, release_id).trained_until
        facts = facts_for_training(session, since=since, trained_until=trained_until)
    record = rolling_record(
        facts.flights,
        facts.observations,
        facts.forecasts,
        trained_until=trained_until,
        horizons=HORIZONS_HOURS,
        on_month=on_month,
    )
    with warehouse.transaction() as session:
        is_new = keep_rolling_origin(
            session, actor, release_id, record, code_version=code_version, at=at
        )
    return RollingRun(release_id, record, is_new)
