"""Probabilities as log-odds, the scale on which models are averaged, and back."""

from typing import Final

import numpy as np

from ml.ranking import Floats

_FARTHEST: Final = 1e-9
"""Nothing is surer than this, or one flight could outweigh all others."""


def log_odds(probability: Floats) -> Floats:
    """Give the log-odds of probabilities, of any shape."""
    sure = np.clip(probability, _FARTHEST, 1 - _FARTHEST)
    return np.asarray(np.log(sure / (1 - sure)), dtype=np.float64)


def probability_of(odds: Floats) -> Floats:
    """Give the probabilities of log-odds, of any shape."""
    return np.asarray(1 / (1 + np.exp(-odds)), dtype=np.float64)
