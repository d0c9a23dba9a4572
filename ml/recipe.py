"""A recipe: how a champion is made, told so fully that it can be made again beside another."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Final, Self

from ml.feature import Feature
from ml.features import FEATURES, features_at
from ml.model import CHAMPION_RECIPE


@dataclass(frozen=True)
class Line:
    """A logistic line beside the trees."""

    #: How little it is shrunk, as scikit-learn's C.
    c: float
    #: Its share in the log-odds, in (0, 1).
    share: float


CHAMPION_LINES: Final[Mapping[int, Line]] = {2: Line(c=1e-3, share=0.3)}
"""Two hours ahead little is left to bend: what is under way goes on, and a line says so too.

It helps most where trees have met few storms: of the first blizzard of 2013 it told twice as much.
"""


@dataclass(frozen=True)
class Recipe:
    """Settings of the boosting, the lines beside it, and what is read at each horizon."""

    settings: Mapping[str, object]
    #: Names of the features by horizon; at a horizon that is not named, all there are.
    reads: Mapping[int, tuple[str, ...]] = field(default_factory=dict)
    #: By horizon; at a horizon that is not named, trees speak alone.
    lines: Mapping[int, Line] = field(default_factory=dict)

    def features_at(self, horizon_hours: int) -> tuple[Feature, ...]:
        """List what it reads at a horizon."""
        if horizon_hours not in self.reads:
            return features_at(horizon_hours)
        wanted = self.reads[horizon_hours]
        return tuple(feature for feature in FEATURES if feature.name in wanted)

    def line_at(self, horizon_hours: int) -> Line | None:
        """Give the line of a horizon; None where trees speak alone."""
        return self.lines.get(horizon_hours)

    def lines_as_dict(self) -> dict[str, dict[str, float]]:
        """Plain values for the model card."""
        return {str(hours): asdict(line) for hours, line in self.lines.items()}

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
        told = card.get("recipe", {})
        settings, lines = told.get("champion"), told.get("lines")
        horizons = card.get("horizons", {})
        reads = {
            int(hours): tuple(feature["name"] for feature in horizon["features"])
            for hours, horizon in horizons.items()
        }
        known = {feature.name for feature in FEATURES}
        if not settings or settings.keys() != CHAMPION_RECIPE.keys() or lines is None:
            return None
        if not all(known.issuperset(names) for names in reads.values()):
            return None
        return cls(
            dict(settings), reads, {int(hours): Line(**line) for hours, line in lines.items()}
        )


CHAMPION: Final = Recipe(CHAMPION_RECIPE, lines=CHAMPION_LINES)
"""The recipe that releases are made by."""
