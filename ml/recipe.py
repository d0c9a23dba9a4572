"""A recipe: how a champion is made, told so fully that it can be made again beside another."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Self

from ml.feature import Feature
from ml.features import FEATURES, features_at
from ml.model import CHAMPION_RECIPE


@dataclass(frozen=True)
class Recipe:
    """Settings of the boosting, and what it reads at each horizon."""

    settings: Mapping[str, object]
    #: Names of the features by horizon; at a horizon that is not named, all there are.
    reads: Mapping[int, tuple[str, ...]] = field(default_factory=dict)

    def features_at(self, horizon_hours: int) -> tuple[Feature, ...]:
        """List what it reads at a horizon."""
        if horizon_hours not in self.reads:
            return features_at(horizon_hours)
        wanted = self.reads[horizon_hours]
        return tuple(feature for feature in FEATURES if feature.name in wanted)

    @classmethod
    def of_card(cls, card: Mapping[str, Any]) -> Self | None:
        """Read the recipe of a release off its card.

        Parameters
        ----------
        card:
            The card.

        Returns
        -------
        :
            The recipe; None if it is not told in full, was made otherwise than recipes are now, or
            reads a feature that is not built any more.
        """
        settings = card.get("recipe", {}).get("champion")
        horizons = card.get("horizons", {})
        reads = {
            int(hours): tuple(feature["name"] for feature in horizon["features"])
            for hours, horizon in horizons.items()
        }
        known = {feature.name for feature in FEATURES}
        if not settings or settings.keys() != CHAMPION_RECIPE.keys():
            return None
        if not all(known.issuperset(names) for names in reads.values()):
            return None
        return cls(dict(settings), reads)


CHAMPION: Final = Recipe(CHAMPION_RECIPE)
"""The recipe that releases are made by."""
