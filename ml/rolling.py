"""Rolling origin: every month is told by models that learnt only what was settled before it.

A single split judges a model by one season. Here each month has models of its own, and the months
are judged together: a year of storms, each met as it would have been.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ml.blocks import LATER_SHARE, LabelledRows
from ml.controls import Climatology, LogisticControl
from ml.cores import one_thread
from ml.features import features_at
from ml.model import Block, Probabilities, disruption_probability
from ml.targets import DISRUPTED, LABEL_MATURES_AFTER

LEAST_PAST_DAYS: Final = 28
"""The first month is only learnt from."""

STOP_DAYS: Final = 42
"""The last days of a past, by which a contender may stop or choose: six weeks, or a fifth."""

_KEYS: Final = ("flight_id", "horizon_hours", "predicted_at", "origin", "carrier")


@dataclass(frozen=True)
class Origin:
    """A month to tell, and what was settled when its first flight was predicted."""

    #: As 2013-02.
    month: str
    horizon_hours: int
    #: All that was settled, of which `learn` is the earlier part and `stop` the later.
    past: Block
    learn: Block
    stop: Block
    #: The flights of the month.
    told: Block
    #: The same with their local days and outcomes, as `ml.judgement` reads them.
    flights: pd.DataFrame


Contender = Callable[[Origin], Probabilities]
"""Learns from an origin's past, and says something of each flight of its month."""


def origins_of(labelled: LabelledRows, horizon_hours: int) -> Iterator[Origin]:
    """Go through the months that have a month before them.

    Parameters
    ----------
    labelled:
        Feature rows of one horizon with their outcomes, by local day.
    horizon_hours:
        Their horizon.

    Yields
    ------
    :
        One origin a month. A flight counts as past if its outcome was settled, three hours after
        its schedule, when the first flight of the month was predicted.
    """
    days = labelled.service_dates.to_numpy("datetime64[D]")
    months = days.astype("datetime64[M]")
    predicted = labelled.rows["predicted_at"]
    departs = predicted + timedelta(hours=horizon_hours + 1)
    for month in np.unique(months):
        is_told = months == month
        settled = (departs + LABEL_MATURES_AFTER <= predicted[is_told].min()).to_numpy()
        past = np.flatnonzero(settled & (months < month))
        covered = _days_covered(days[past])
        if covered < LEAST_PAST_DAYS:
            continue
        later = min(STOP_DAYS, int(covered * LATER_SHARE))
        stops = days[past] > days[past].max() - np.timedelta64(later, "D")
        told = np.flatnonzero(is_told)
        yield Origin(
            month=str(month),
            horizon_hours=horizon_hours,
            past=_block(labelled, "training", past),
            learn=_block(labelled, "learning", past[~stops]),
            stop=_block(labelled, "stopping", past[stops]),
            told=_block(labelled, "told", told),
            flights=labelled.rows.iloc[told][list(_KEYS)].assign(
                service_date=days[told], outcome=labelled.outcomes[DISRUPTED][told]
            ),
        )


def roll(
    labelled: LabelledRows,
    horizon_hours: int,
    contenders: Mapping[str, Contender],
    *,
    on_month: Callable[[str], object] = lambda _: None,
) -> pd.DataFrame:
    """Let contenders tell every month from what was settled before it, on the same flights.

    Parameters
    ----------
    labelled:
        Feature rows of one horizon with their outcomes, by local day.
    horizon_hours:
        Their horizon.
    contenders:
        By name; `ml.controls.Climatology.kind` must be among them to measure skill by.
    on_month:
        Told each month that is done.

    Returns
    -------
    :
        The flights of all months told: flight_id, horizon_hours, predicted_at, origin, carrier,
        service_date, outcome, and a column of probabilities for each contender. Empty where no
        month has four weeks before it.
    """
    parts = []
    for origin in origins_of(labelled, horizon_hours):
        said = {name: contender(origin) for name, contender in contenders.items()}
        parts.append(origin.flights.assign(**said))
        on_month(origin.month)
    if not parts:
        return pd.DataFrame(columns=[*_KEYS, "service_date", "outcome", *contenders])
    return pd.concat(parts, ignore_index=True)


def told_by_control(control: type[Climatology] | type[LogisticControl]) -> Contender:
    """Tell months by a control that learns from all that was past.

    Parameters
    ----------
    control:
        Which control.

    Returns
    -------
    :
        What `roll` asks.
    """

    def tell(origin: Origin) -> Probabilities:
        features = features_at(origin.horizon_hours)
        with one_thread():
            fitted = control.fit(features, origin.past)
        return disruption_probability(fitted, origin.told.rows)

    return tell


def _days_covered(days: NDArray[np.datetime64]) -> int:
    return int((days.max() - days.min()).astype(np.int64)) + 1 if len(days) else 0


def _block(labelled: LabelledRows, name: str, places: NDArray[np.intp]) -> Block:
    return Block(name, labelled.rows.iloc[places], labelled.outcomes[DISRUPTED][places])
