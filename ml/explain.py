"""What a probability goes with: each group of features put back to usual, one at a time.

An association, never a cause. Group by group agrees with exact Shapley values on the first driver
four times in five at a hundredth of their cost.
"""

from collections.abc import Mapping, Sequence
from itertools import repeat
from string import Formatter
from typing import Final, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ml.as_usual import said_without_each_group
from ml.estimate import HorizonModels, ModelSet
from ml.feature import Feature
from ml.model import Probabilities, disruption_probability
from ml.schedule import origin_hours
from ml.targets import DISRUPTED

CLIMATOLOGY_GROUP: Final = "climatology"
_NO_WORDS: Final = "the {group}"
_VALUE: Final = "value"
_ABSENT: Final = -np.inf


class Driver(NamedTuple):
    """One thing that a probability goes with."""

    #: Group of features, as declared.
    group: str
    #: The row's own values in an agent's words.
    words: str
    #: Probability minus what it would be were the group as usual: 0.12 is 12 points more.
    effect: float


def explain(model_set: ModelSet, rows: pd.DataFrame) -> list[tuple[Driver, ...]]:
    """Tell for each row what its probability of disruption goes with.

    Meant for alerts, a few rows in a hundred: it costs about fifteen predictions a row.

    Parameters
    ----------
    model_set:
        The models of a release.
    rows:
        Feature frame of `build_features`; horizons may be mixed.

    Returns
    -------
    :
        For each row its drivers, the largest effect (up or down) first. A row that climatology
        spoke for has that as its only driver.
    """
    told: list[tuple[Driver, ...]] = [()] * len(rows)
    horizons = rows["horizon_hours"].to_numpy()
    for horizon in np.unique(horizons):
        models = model_set.at(int(horizon))
        places = np.flatnonzero(horizons == horizon)
        has_basis = models.has_basis(rows.iloc[places])
        spoken, silent = places[has_basis], places[~has_basis]
        for place, drivers in zip(spoken, _drivers(models, rows.iloc[spoken]), strict=True):
            told[place] = drivers
        for place, driver in zip(silent, _climatology(models, rows.iloc[silent]), strict=True):
            told[place] = (driver,)
    return told


def _drivers(models: HorizonModels, rows: pd.DataFrame) -> list[tuple[Driver, ...]]:
    if models.champion is None or not len(rows):
        return []
    features = models.features
    usual = models.baseline.usual(features, rows)
    said = said_without_each_group(models.champion, features, rows, usual)
    effects = {group: said.whole - without for group, without in sorted(said.without.items())}
    words = {
        group: _words_of(
            group,
            [feature for feature in features if feature.group == group and feature.words],
            rows,
            usual,
            models.baseline.spread,
            effect,
        )
        for group, effect in effects.items()
    }
    return _ranked(words, effects)


def _ranked(
    words: Mapping[str, list[str]], effects: Mapping[str, Probabilities]
) -> list[tuple[Driver, ...]]:
    """Put each row's drivers in the order of their effects; of equal ones, as groups are given."""
    told = [
        list(map(Driver, repeat(group), words[group], effects[group].tolist())) for group in words
    ]
    order = np.argsort(-np.abs(np.column_stack([*effects.values()])), axis=1, kind="stable")
    return [
        tuple(told[group][row] for group in places) for row, places in enumerate(order.tolist())
    ]


def _words_of(
    group: str,
    worded: Sequence[Feature],
    rows: pd.DataFrame,
    usual: pd.DataFrame,
    spread: Mapping[str, float],
    effects: Probabilities,
) -> list[str]:
    """Word for each row the value of a group that strays most from usual, as its effect goes."""
    words = np.full(len(rows), _NO_WORDS.format(group=group), dtype=object)
    if worded:
        strays = np.column_stack([
            _strays(f, rows[f.name], usual[f.name], spread.get(f.name, 0.0), effects)
            for f in worded
        ])
        said = np.where(strays.max(axis=1) > _ABSENT, strays.argmax(axis=1), len(worded))
        for number, feature in enumerate(worded):
            places = np.flatnonzero(said == number)
            words[places] = _worded(feature, rows, places)
    told: list[str] = words.tolist()
    return told


def _strays(
    feature: Feature, column: pd.Series, usual: pd.Series, spread: float, effects: Probabilities
) -> Probabilities:
    """Count how many spreads a value lies from usual, in the direction of the effect."""
    if feature.is_category or not spread > 0:
        return np.where(column.notna().to_numpy(), 0.0, _ABSENT)
    values = column.to_numpy(np.float64)
    away = values - usual.to_numpy(np.float64)
    scaled = np.where(np.isnan(away), 0.0, away / spread)
    directed = scaled * feature.worse * np.sign(effects) if feature.worse else np.abs(scaled)
    return np.where(np.isnan(values), _ABSENT, directed)


def _worded(feature: Feature, rows: pd.DataFrame, places: NDArray[np.intp]) -> list[str]:
    """Fill a feature's words with the values of some rows."""
    names = [name for _, name, _, _ in Formatter().parse(feature.words) if name]
    columns = {
        name: rows[feature.name if name == _VALUE else name].iloc[places].tolist() for name in names
    }
    return [
        feature.words.format(**dict(zip(columns, values, strict=True)))
        for values in zip(*columns.values(), strict=True)
    ]


def _climatology(models: HorizonModels, rows: pd.DataFrame) -> list[Driver]:
    if not len(rows):
        return []
    climatology = models.climatologies[DISRUPTED]
    effects = disruption_probability(climatology, rows) - climatology.overall
    return [
        Driver(CLIMATOLOGY_GROUP, f"usual for {cell}:00, no fresh forecast", float(effect))
        for cell, effect in zip(origin_hours(rows), effects, strict=True)
    ]
