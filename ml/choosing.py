"""Settings chosen by the past alone: nested in a rolling origin, so no month told has a say.

What a recipe's settings are worth shows in the days that say when to stop, which lie before the
month told. Their losses are added up from origin to origin, and the settings that lost least so
far tell the next months. Settings of the trees and of the line are chosen together.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import product
from typing import Final

from sklearn.metrics import log_loss

from ml.blend import Blend, mixed
from ml.controls import LogisticControl
from ml.cores import one_thread
from ml.model import CHAMPION_RECIPE, BoostedTrees, Probabilities, disruption_probability
from ml.recipe import CHAMPION, Line, Recipe
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
"""The champion's own settings first: of several that lost the same, the first tells."""

SHARES: Final = (0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7)
LINES: Final[tuple[Line | None, ...]] = (
    None,
    *(Line(c, share) for c, share in product((1e-4, 1e-3), SHARES)),
)
"""What may stand beside the trees where the champion has a line: none, or one of these."""

Choice = tuple[str, Line | None]
"""Name of a candidate, and the line beside it."""


@dataclass
class NestedChampion:
    """A contender whose settings are chosen anew every third month."""

    candidates: Mapping[str, Recipe] = field(default_factory=lambda: CANDIDATES)
    lines: Sequence[Line | None] = LINES
    #: What was chosen, by the month told.
    chosen: dict[str, str] = field(default_factory=dict)
    _losses: dict[Choice, float] = field(default_factory=dict)
    _origins: int = 0

    def __call__(self, origin: Origin) -> Probabilities:
        """Tell an origin's month; origins must come in the order of time."""
        if self._origins % CHOSEN_EVERY_MONTHS == 0:
            has_line = CHAMPION.line_at(origin.horizon_hours) is not None
            lines = self.lines if has_line else (None,)
            for choice, loss in losses_of(self.candidates, lines, origin):
                self._losses[choice] = self._losses.get(choice, 0.0) + loss
        self._origins += 1
        name, line = min(self._losses, key=lambda each: self._losses[each])
        self.chosen[origin.month] = _worded(name, line)
        champion = _fitted(self.candidates[name], line, origin)
        return disruption_probability(champion, origin.told.rows)


def _fitted(recipe: Recipe, line: Line | None, origin: Origin) -> Blend:
    """Learn from all that was past, with a line in place of the recipe's own."""
    hours = origin.horizon_hours
    with one_thread():
        made = replace(recipe, lines={hours: line} if line else {})
        return Blend.fit(recipe.features_at(hours), origin.past, made, hours)


def losses_of(
    candidates: Mapping[str, Recipe], lines: Sequence[Line | None], origin: Origin
) -> Iterator[tuple[Choice, float]]:
    """Add up the log loss of every choice over the stopping days of an origin.

    Parameters
    ----------
    candidates:
        Recipes by name, of which the trees are tried.
    lines:
        What is tried beside each of them.
    origin:
        What was settled; the month told has no say.

    Yields
    ------
    :
        Each choice with its loss: a quarter with more flights says more.
    """
    straight = {c: _said_by_line(c, origin) for c in {line.c for line in lines if line}}
    by_trees = _said_by_trees(candidates, origin)
    for name, line in product(candidates, lines):
        trees = by_trees[name]
        said = mixed(trees, straight[line.c], line.share) if line else trees
        yield (name, line), float(log_loss(origin.stop.outcomes, said, normalize=False))


def _said_by_trees(candidates: Mapping[str, Recipe], origin: Origin) -> dict[str, Probabilities]:
    """Boost once what differs in its rounds alone: a model of fewer is the beginning of it."""
    alike: dict[str, list[str]] = {}
    for name, recipe in candidates.items():
        alike.setdefault(repr({**recipe.settings, "max_iter": None}), []).append(name)
    said: dict[str, Probabilities] = {}
    for names in alike.values():
        rounds = {name: _rounds(candidates[name]) for name in names}
        longest = candidates[max(rounds, key=lambda name: rounds[name])]
        with one_thread():
            features = longest.features_at(origin.horizon_hours)
            trial = BoostedTrees.fit(features, origin.learn, longest.settings)
            after = trial.estimate_after(origin.stop.rows, rounds.values())
        said.update({name: after[rounds[name]] for name in names})
    return said


def _rounds(recipe: Recipe) -> int:
    return int(str(recipe.settings["max_iter"]))


def _said_by_line(c: float, origin: Origin) -> Probabilities:
    with one_thread():
        features = CHAMPION.features_at(origin.horizon_hours)
        trial = LogisticControl.fit(features, origin.learn, c=c)
    return disruption_probability(trial, origin.stop.rows)


def _worded(name: str, line: Line | None) -> str:
    return f"{name} and a line of C {line.c:g} for {line.share:.0%}" if line else name
