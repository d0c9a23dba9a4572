"""Settings chosen by the past alone: nested in a rolling origin, so no month told has a say.

What a recipe's settings are worth shows in the days that say when to stop, which lie before the
month told. Their losses are added up from origin to origin, and the settings that lost least so
far tell the next months.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Final

from sklearn.metrics import log_loss

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


def _variant(**changed: object) -> Recipe:
    return replace(CHAMPION, settings={**CHAMPION_RECIPE, **changed})


CANDIDATES: Final[Mapping[str, Recipe]] = {
    "300 rounds": CHAMPION,
    "200 rounds": _variant(max_iter=200),
    "450 rounds": _variant(max_iter=450),
    "450 rounds of 8 leaves": _variant(max_iter=450, max_leaf_nodes=8),
    "200 rounds of 31 leaves": _variant(max_iter=200, max_leaf_nodes=31),
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
        if self._origins % CHOSEN_EVERY_MONTHS == 0:
            for name, recipe in self.candidates.items():
                self._losses[name] = self._losses.get(name, 0.0) + _loss(recipe, origin)
        self._origins += 1
        name = min(self._losses, key=lambda each: self._losses[each])
        self.chosen[origin.month] = name
        champion = _boosted(self.candidates[name], origin, origin.past)
        return disruption_probability(champion, origin.told.rows)


def _boosted(recipe: Recipe, origin: Origin, block: Block) -> BoostedTrees:
    with one_thread():
        features = recipe.features_at(origin.horizon_hours)
        return BoostedTrees.fit(features, block, recipe.settings)


def _loss(recipe: Recipe, origin: Origin) -> float:
    """Add up the log loss over the stopping days: a quarter with more flights says more."""
    trial = _boosted(recipe, origin, origin.learn)
    said = disruption_probability(trial, origin.stop.rows)
    return float(log_loss(origin.stop.outcomes, said, normalize=False))
