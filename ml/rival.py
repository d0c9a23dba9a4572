"""The champion's recipe as a rival: learnt again from the days that a candidate's trial had."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import pandas as pd

from ml.blocks import Calendar
from ml.evidence import Frames
from ml.model import disruption_probability
from ml.recipe import Recipe
from ml.targets import DISRUPTED
from ml.training import horizon_data
from ml.trial import fit_champion


def learn_as_rival(
    recipe: Recipe, card: Mapping[str, Any], frames: Frames, *, trained_until: datetime
) -> dict[int, pd.Series]:
    """Let a recipe learn from the earlier days of a candidate's trial, and speak of the judged.

    The champion itself has learnt from most of those days and would shine by memory; its recipe,
    learnt from the same days as the candidate, is what the candidate has to beat.

    Parameters
    ----------
    recipe:
        The champion's recipe.
    card:
        The candidate's card, which tells the days of its trial.
    frames:
        What was known when the candidate was trained.
    trained_until:
        Zone-aware instant at which the candidate was trained.

    Returns
    -------
    :
        Its probabilities by horizon and flight_id; no horizon where it has nothing to learn from.
    """
    calendar = Calendar.of_dict(card["days"])
    said = {}
    for hours in sorted(map(int, card["horizons"])):
        data = horizon_data(
            frames.flights,
            frames.observations,
            frames.forecasts,
            trained_until=trained_until,
            horizon_hours=hours,
            calendar=calendar,
        )
        if champion := fit_champion(data, recipe):
            rows = data.judged(DISRUPTED).rows
            told = disruption_probability(champion, rows)
            said[hours] = pd.Series(told, index=rows["flight_id"].to_numpy())
    return said
