"""What a champion would say of flights were one group of features as usual, group by group."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ml.blend import Blend
from ml.cores import MOST_ROWS_AT_ONCE, estimate_side_by_side
from ml.feature import Feature
from ml.model import Probabilities


@dataclass(frozen=True)
class Said:
    """What the champion says of the same flights, as they are and with each group as usual."""

    whole: Probabilities
    #: By group of features, in the order of the features.
    without: dict[str, Probabilities]


def groups_of(features: Sequence[Feature]) -> tuple[str, ...]:
    """Name the groups of features that are put aside together, in the order of the features."""
    return tuple(dict.fromkeys(feature.group for feature in features))


def said_without_each_group(
    champion: Blend, features: Sequence[Feature], rows: pd.DataFrame, usual: pd.DataFrame
) -> Said:
    """Let the champion speak of flights as they are, and with each group put back to usual.

    Rows are turned into numbers once, and groups change places in the numbers.

    Parameters
    ----------
    champion:
        Who speaks.
    features:
        What is read at its horizon.
    rows:
        Feature frame of one horizon.
    usual:
        What is usual for each of the rows, as `Baseline.usual` gives it.

    Returns
    -------
    :
        Probabilities of shape (n_rows,), in the order of `rows`.
    """
    actual, calm = champion.encoding.matrix(rows), champion.encoding.matrix(usual)
    columns = {group: _columns_of(group, features, champion) for group in groups_of(features)}
    starts = range(0, len(rows), MOST_ROWS_AT_ONCE)
    parts = [slice(start, start + MOST_ROWS_AT_ONCE) for start in starts]
    said = [_said_of_each(champion, actual[part], calm[part], columns) for part in parts]
    whole, *without = np.concatenate(said, axis=1)
    return Said(whole, dict(zip(columns, without, strict=True)))


def _said_of_each(
    champion: Blend,
    actual: NDArray[np.float32],
    calm: NDArray[np.float32],
    columns: Mapping[str, NDArray[np.intp]],
) -> Probabilities:
    """Estimate rows with nothing aside, and with each group, shape (1 + n_groups, n_rows)."""
    asked = np.repeat(actual[np.newaxis], len(columns) + 1, axis=0)
    for without, places in zip(asked[1:], columns.values(), strict=True):
        without[:, places] = calm[:, places]
    said = estimate_side_by_side(champion.estimate_matrix, asked.reshape(-1, actual.shape[1]))
    return said.reshape(len(asked), len(actual))


def _columns_of(group: str, features: Sequence[Feature], champion: Blend) -> NDArray[np.intp]:
    """Find the columns of a group among those that the champion reads."""
    names = {feature.name for feature in features if feature.group == group}
    return np.flatnonzero([column in names for column in champion.encoding.columns])
