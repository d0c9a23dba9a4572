"""How the champion of a release is made, in sentences for a terminal."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any


def recipe_words(card: Mapping[str, Any]) -> Iterable[str]:
    """Say what the card tells of the recipe; of one that tells less, less."""
    recipe = card.get("recipe", {})
    if "champion" in recipe:
        settings = ", ".join(f"{name} {value}" for name, value in recipe["champion"].items())
        yield f"Boosted trees: {settings.replace('_', ' ')}."
    for hours, line in recipe.get("lines", {}).items():
        share = f"C {line['c']:g}, for {line['share']:.0%} of the log-odds"
        yield f"Beside them at {hours} h a logistic line: {share}."
    if "calibration" in recipe:
        yield f"Calibration: {recipe['calibration']}."
