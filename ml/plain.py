"""Figures as plain values that JSON can hold: what does not exist is None."""

from collections.abc import Mapping
from dataclasses import asdict, is_dataclass
from typing import Any, Final

import numpy as np

DIGITS: Final = 6
"""More would only say more than the days judged can."""


def plain(value: Any) -> Any:
    """Turn figures into plain values, in full.

    Parameters
    ----------
    value:
        A dataclass, or mappings and sequences of them.

    Returns
    -------
    :
        Dicts, lists, numbers and words; a number that is missing or infinite is None.
    """
    if is_dataclass(value) and not isinstance(value, type):
        return plain(asdict(value))
    if isinstance(value, Mapping):
        return {str(key): plain(part) for key, part in value.items()}
    if isinstance(value, list | tuple):
        return [plain(part) for part in value]
    if isinstance(value, np.generic):
        return plain(value.item())
    return None if isinstance(value, float) and not np.isfinite(value) else value


def rounded(value: Any) -> Any:
    """Turn figures into plain values of six digits after the point, which keeps a card small."""
    value = plain(value)
    if isinstance(value, dict):
        return {key: rounded(part) for key, part in value.items()}
    if isinstance(value, list):
        return [rounded(part) for part in value]
    return round(value, DIGITS) if isinstance(value, float) else value
