"""What a delivery must look like: columns, types and domains, judged for all rows at once."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from typing import Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from warehouse.errors import FeedRefused

Kind = Literal["text", "instant", "date", "number", "whole", "truth"]
Mask = NDArray[np.bool_]
Broken = tuple[str, str, Mask]
"""A column, what is wrong with it, and in which rows."""

REFUSED_COLUMNS = ["line", "raw", "column_name", "reason"]
ROW_KEY = "row_key"
"""Beside them where it can be told: which row it would be, by the contract's key."""
NOTHING_REFUSED = pd.DataFrame(columns=[*REFUSED_COLUMNS, ROW_KEY])
"""Shared by all who refuse nothing, so never written to."""


@dataclass(frozen=True)
class ColumnRule:
    """What one column may hold."""

    kind: Kind
    is_required: bool = True
    lowest: float | None = None
    highest: float | None = None
    among: Collection[str] | None = None
    pattern: str | None = None
    words: str | None = None
    """What it must be, where that is narrower than its kind, as in "an airport we know"."""

    @property
    def shape_words(self) -> str:
        """Say what a value should have looked like, for the reason of a refusal."""
        return f"is not {self.words}" if self.words else f"does not look like {self.pattern}"

    @property
    def range_words(self) -> str:
        """Say the range, for the reason of a refusal."""
        low = "" if self.lowest is None else f"at least {self.lowest:g}"
        high = "" if self.highest is None else f"at most {self.highest:g}"
        return " and ".join(part for part in (low, high) if part)


@dataclass(frozen=True)
class RowRule:
    """What must hold between the columns of one row."""

    column: str
    reason: str
    holds: Callable[[pd.DataFrame], "pd.Series[bool]"]


@dataclass(frozen=True)
class Contract:
    """The columns of a delivery and which of them say what row it is."""

    columns: Mapping[str, ColumnRule]
    key: tuple[str, ...]
    newer_by: str | None = None
    rows: tuple[RowRule, ...] = field(default=())


@dataclass(frozen=True)
class Judged:
    """A delivery sorted out; received = accepted + superseded_count + refused."""

    accepted: pd.DataFrame
    refused: pd.DataFrame
    received_count: int
    superseded_count: int


def judge(frame: pd.DataFrame, contract: Contract) -> Judged:
    """Separate the rows that keep a contract from those that break it.

    Parameters
    ----------
    frame:
        What was delivered; columns the contract does not name are left out.
    contract:
        What must hold.

    Returns
    -------
    :
        Accepted rows with the types of the contract and unique keys, indexed by their place in
        the delivery; of several rows with one key the newest stays and the others are
        superseded. Refused rows come with the first rule they broke.

    Raises
    ------
    FeedRefused
        A column is missing altogether, or instants have no zone: no row can be trusted.
    """
    missing = [name for name in contract.columns if name not in frame]
    if missing:
        raise FeedRefused(f"The delivery lacks {', '.join(missing)}: none of it was kept.")
    received = frame[list(contract.columns)].reset_index(drop=True)
    read = {name: _typed(received[name], rule.kind) for name, rule in contract.columns.items()}
    typed = pd.DataFrame(read, copy=False)
    refused = _refuse(received, typed, contract)
    kept = typed if refused.empty else typed.drop(index=pd.Index(refused["line"] - 1))
    newest = _newest(kept, contract)
    return Judged(newest, refused, len(received), len(kept) - len(newest))


def refuse_lines(
    frame: pd.DataFrame,
    lines: Collection[int],
    column: str,
    reason: str,
    *,
    contract: Contract | None = None,
) -> pd.DataFrame:
    """Describe rows that turned out to be unusable, by their place in the delivery."""
    if len(lines) == 0:
        return NOTHING_REFUSED
    rows = frame.loc[sorted(lines)]
    return pd.DataFrame({
        ROW_KEY: None if contract is None else row_keys(rows, contract).to_numpy(),
        "line": rows.index + 1,
        "raw": _raw_text(rows),
        "column_name": column,
        "reason": reason,
    })


def _newest(kept: pd.DataFrame, contract: Contract) -> pd.DataFrame:
    if contract.newer_by is not None and not kept[contract.newer_by].is_monotonic_increasing:
        kept = kept.sort_values(contract.newer_by, kind="stable")
    is_repeated = kept.duplicated(list(contract.key), keep="last")
    return kept[~is_repeated].sort_index() if is_repeated.any() else kept


def _typed(values: pd.Series, kind: Kind) -> pd.Series:
    """Read values as what they should be; what cannot be read goes missing."""
    match kind:
        case "text":
            return values.astype("str")
        case "instant":
            return _instants(values)
        case "date":
            return pd.to_datetime(values, errors="coerce").dt.floor("D")
        case "number":
            return pd.to_numeric(values, errors="coerce").astype("float64")
        case "whole" if pd.api.types.is_integer_dtype(values):
            return values.astype("Int64")
        case "whole":
            numbers = pd.to_numeric(values, errors="coerce").astype("Float64")
            return numbers.where(numbers % 1 == 0).astype("Int64")
        case "truth":
            return values.where(values.isin([True, False])).astype("boolean")


def _instants(values: pd.Series) -> pd.Series:
    if pd.api.types.is_datetime64_dtype(values):
        raise FeedRefused(f"The instants in {values.name} have no zone: none of it was kept.")
    return pd.to_datetime(values, errors="coerce", utc=True).astype("datetime64[us, UTC]")


def _refuse(received: pd.DataFrame, typed: pd.DataFrame, contract: Contract) -> pd.DataFrame:
    found = [
        broken
        for name, rule in contract.columns.items()
        for broken in _broken(received[name], typed[name], rule)
    ]
    for rule in contract.rows:
        # A rule between columns says nothing about a row whose columns are missing.
        holds = rule.holds(typed).to_numpy(bool, na_value=True)
        found.append((rule.column, rule.reason, ~holds))
    parts = [
        refuse_lines(received, received.index[failing], column, reason)
        for column, reason, failing in found
        if failing.any()
    ]
    if not parts:
        return NOTHING_REFUSED
    first = pd.concat(parts).drop_duplicates("line").sort_values("line", ignore_index=True)
    return first.assign(**{ROW_KEY: row_keys(typed.loc[first["line"] - 1], contract).to_numpy()})


def row_keys(typed: pd.DataFrame, contract: Contract) -> "pd.Series[str]":
    """Name rows by the key of their contract; None where a part of it is missing."""
    parts = typed[list(contract.key)]
    words = ["|".join(map(str, values)) for values in parts.itertuples(index=False, name=None)]
    named = pd.Series(words, index=typed.index, dtype=object)
    return named.where(parts.notna().all(axis=1), None)


def _broken(received: pd.Series, typed: pd.Series, rule: ColumnRule) -> list[Broken]:
    name, there = str(received.name), typed.notna().to_numpy()
    broken: list[Broken] = []
    if not there.all():
        was_sent = received.notna().to_numpy()
        broken.append((name, f"is not {_KIND_WORDS[rule.kind]}", was_sent & ~there))
        if rule.is_required:
            broken.append((name, "is missing", ~was_sent))
    if rule.range_words:
        broken.append((name, f"must be {rule.range_words}", _is_outside(typed, rule)))
    if rule.among is not None:
        is_known = typed.isin(rule.among).to_numpy(bool)
        broken.append((name, f"is not {rule.words or 'one we know'}", there & ~is_known))
    if rule.pattern is not None:
        matches = typed.str.fullmatch(rule.pattern).to_numpy(bool, na_value=True)
        broken.append((name, rule.shape_words, there & ~matches))
    return broken


def _is_outside(typed: pd.Series, rule: ColumnRule) -> Mask:
    """Find numbers out of range; a missing one is not."""
    numbers = typed.to_numpy(np.float64, na_value=np.nan)
    too_low = numbers < (-np.inf if rule.lowest is None else rule.lowest)
    too_high = numbers > (np.inf if rule.highest is None else rule.highest)
    return np.asarray(too_low | too_high, dtype=np.bool_)


_KIND_WORDS: Mapping[Kind, str] = {
    "text": "text",
    "instant": "an instant",
    "date": "a date",
    "number": "a number",
    "whole": "a whole number",
    "truth": "true or false",
}


def _raw_text(rows: pd.DataFrame) -> list[str]:
    return [
        rows.loc[[line]].to_json(orient="records", date_format="iso")[1:-1] for line in rows.index
    ]
