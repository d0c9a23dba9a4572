"""The record of a recipe: a year told month by month, in tables that last as long as a release."""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any, Final

import pandas as pd

from ml.blend import Blend
from ml.blocks import Calendar
from ml.choosing import NestedChampion
from ml.controls import Climatology, LogisticControl
from ml.errors import MonthsMissing
from ml.evaluation import evaluate_all
from ml.judgement import judged_flights, judgement_tables
from ml.memory import release_memory
from ml.rolling import Contender, roll, told_by_control
from ml.targets import DISRUPTED, is_mature
from ml.training import horizon_data, sources_of
from ml.trial import HorizonData

_PROTOCOL: Final = (
    "Each month was told by models that had learnt only what was settled when its first flight was "
    "predicted, and what they all said is judged together.",
    "Settings were chosen only by months before the month told, anew every quarter.",
    "It is the way of learning that is judged here: what predicts today learnt in the same way, "
    "from all of these months.",
)
_KINDS: Final = (Blend.kind, LogisticControl.kind, Climatology.kind)


def rolling_record(
    flights: pd.DataFrame,
    observations: pd.DataFrame,
    forecasts: pd.DataFrame,
    *,
    trained_until: datetime,
    horizons: Sequence[int],
    on_month: Callable[[int, str], object] = lambda _hours, _month: None,
) -> dict[str, Any]:
    """Tell every month of a history from what was settled before it, and judge all that was said.

    Parameters
    ----------
    flights:
        Canonical flights with outcomes.
    observations:
        Canonical weather observations; what was known after `trained_until` is left out.
    forecasts:
        Canonical weather forecasts of one source; without any, horizons from 24 h on are left out.
    trained_until:
        Zone-aware instant up to which outcomes count.
    horizons:
        Hours before departure; one after the other, for each needs much memory.
    on_month:
        Told the horizon and the month of each that is done.

    Returns
    -------
    :
        Plain values in the shape of a model card: `horizons` with figures and intervals of the
        champion and both controls and the settings chosen by month, `judgement` by month, airport
        and carrier with paired differences, `protocol`, `forecast_sources`. The same frames give
        the same values.

    Raises
    ------
    MonthsMissing
        No month has four weeks before it.
    """
    days = flights.loc[is_mature(flights, trained_until), "service_date"]
    parts, told = [], {}
    for hours in horizons:
        data = horizon_data(
            flights,
            observations,
            forecasts,
            trained_until=trained_until,
            horizon_hours=hours,
            calendar=Calendar.of(days),
        )
        if data.is_champion_possible:
            part, told[str(hours)] = _tell(data, on_month)
            parts.append(part)
        del data
        release_memory()
    return {
        "trained_until": trained_until.isoformat(),
        "forecast_sources": sources_of(forecasts),
        "horizons": told,
        "judgement": judgement_tables(judged_flights(parts, flights)),
        "protocol": list(_PROTOCOL),
    }


def _tell(
    data: HorizonData, on_month: Callable[[int, str], object]
) -> tuple[pd.DataFrame, dict[str, Any]]:
    hours, champion = data.horizon_hours, NestedChampion()
    contenders: dict[str, Contender] = {
        Blend.kind: champion,
        LogisticControl.kind: told_by_control(LogisticControl),
        Climatology.kind: told_by_control(Climatology),
    }
    told = roll(data.labelled, hours, contenders, on_month=lambda month: on_month(hours, month))
    if told.empty:
        raise MonthsMissing(len(data.labelled.rows))
    return told, {"trial": {DISRUPTED: _figures(told)}, "chosen": dict(champion.chosen)}


def _figures(told: pd.DataFrame) -> dict[str, Any]:
    said = {kind: told[kind].to_numpy(float) for kind in _KINDS}
    happened = told["outcome"].to_numpy(bool)
    judged = evaluate_all(said, happened, told["service_date"], usual=Climatology.kind)
    return {kind: evaluation.as_dict() for kind, evaluation in judged.items()}
