"""Settings chosen by the past alone: nested in a rolling origin, so no month told has a say.

What a recipe's settings are worth shows in the days that say when to stop, which lie before the
month told. Their losses are added up from origin to origin, and the settings that lost least so
far tell the next months.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Final

from sklearn.metrics import log_loss

from ml.features import features_at
from ml.model import (
    CHAMPION_RECIPE,
    Block,
    BoostedTrees,
    Probabilities,
    disruption_probability,
    one_thread,
)
from ml.recipe import CHAMPION, Recipe
from ml.rolling import Origin

CHOSEN_EVERY_MONTHS: Final = 3
CANDIDATES: Final[Mapping[str, Recipe]] = {
    "15 leaves": CHAMPION,
    "8 leaves": replace(CHAMPION, settings={**CHAMPION_RECIPE, "max_leaf_nodes": 8}),
    "31 leaves": replace(CHAMPION, settings={**CHAMPION_RECIPE, "max_leaf_nodes": 31}),
    "15 leaves, a fifth of the columns": replace(
        CHAMPION, settings={**CHAMPION_RECIPE, "max_features": 0.2}
    ),
}
"""The champion's own settings first: they tell the months until another has lost less."""


@dataclass
class NestedChampion:
    """A contender whose settings are chosen anew every third month."""

    candidates: Mapping[str, Recipe] = field(default_factory=lambda: CANDIDATES)
    #: What was chosen, by the month told.
    chosen: dict[str, str] = field(default_factory=dict)
    _losses: dict[str, float] = field(default_factory=dict)
    _origins: int = 0

    def __call__(self, origin: Origin) -> Probabilities:
        """Tell an origin's month; origins must come in the order of time."""
        trials: dict[str, BoostedTrees] = {}
        if self._origins % CHOSEN_EVERY_MONTHS == 0:
            trials = {name: _trial(recipe, origin) for name, recipe in self.candidates.items()}
            for name, trial in trials.items():
                self._losses[name] = self._losses.get(name, 0.0) + _loss(trial, origin.stop)
        self._origins += 1
        name = min(self._losses, key=lambda each: self._losses[each])
        self.chosen[origin.month] = name
        trial = trials.get(name) or _trial(self.candidates[name], origin)
        return disruption_probability(learnt_again(trial, origin), origin.told.rows)


def learnt_again(trial: BoostedTrees, origin: Origin) -> BoostedTrees:
    """Learn from all of an origin's past what a trial learnt from its earlier part.

    Parameters
    ----------
    trial:
        Model that stopped by the later part.
    origin:
        The origin.

    Returns
    -------
    :
        The model that tells the month.
    """
    features = [f for f in features_at(origin.horizon_hours) if f.name in trial.encoding.columns]
    with one_thread():
        return BoostedTrees.fit_again(
            trial, features, origin.past, learnt_flights=len(origin.learn.rows)
        )


def _trial(recipe: Recipe, origin: Origin) -> BoostedTrees:
    features = recipe.features_at(origin.horizon_hours)
    with one_thread():
        return BoostedTrees.fit(features, origin.learn, origin.stop, recipe.settings)


def _loss(trial: BoostedTrees, block: Block) -> float:
    """Add up the log loss over a block: a quarter with more flights says more."""
    said = disruption_probability(trial, block.rows)
    return float(log_loss(block.outcomes, said, normalize=False))
