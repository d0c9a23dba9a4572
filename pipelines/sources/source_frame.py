"""What every embedded source hands out, and how it refuses a file it cannot trust."""

from dataclasses import dataclass, replace
from pathlib import Path

import pandas as pd

REJECT_COLUMNS = ["source", "line", "raw", "column_name", "reason"]
FIRST_ROW_LINE = 2


class SourceCorrupt(Exception):
    """A data file is missing, damaged or not the one we know."""

    def __init__(self, file: str | Path, problem: str) -> None:
        self.file = str(file)
        self.problem = problem
        super().__init__(
            f"{file} cannot be used: {problem}; remove .venv and run `make up` to get it back."
        )


@dataclass(frozen=True)
class Refusal:
    """Which rows fail one rule, and the words a person can act on."""

    failing: "pd.Series[bool]"
    column_name: str
    reason: str


@dataclass(frozen=True)
class SourceFrame:
    """Everything a file held: received_count = rows accepted + rows rejected.

    `corrected` lists single values that were blanked in rows that are accepted all the same.
    """

    accepted: pd.DataFrame
    rejected: pd.DataFrame
    corrected: pd.DataFrame
    received_count: int

    def handed_out(self) -> "SourceFrame":
        """Give copies, so that no caller can change what the process keeps."""
        return replace(
            self,
            accepted=self.accepted.copy(deep=False),
            rejected=self.rejected.copy(deep=False),
            corrected=self.corrected.copy(deep=False),
        )


def list_refused(source: str, raw_lines: list[str], refusals: list[Refusal]) -> pd.DataFrame:
    """Give one row per failing row and rule, with the file's line number and raw text."""
    rows = [
        (
            source,
            int(row) + FIRST_ROW_LINE,
            raw_lines[int(row) + FIRST_ROW_LINE - 1],
            refusal.column_name,
            refusal.reason,
        )
        for refusal in refusals
        for row in refusal.failing.index[refusal.failing]
    ]
    return pd.DataFrame(rows, columns=REJECT_COLUMNS)


def without_rejected(rows: pd.DataFrame, rejected: pd.DataFrame) -> pd.DataFrame:
    """Keep the rows of a file that no rule refused."""
    return rows[~rows.index.isin(rejected["line"] - FIRST_ROW_LINE)]


def list_first_refused(source: str, raw_lines: list[str], refusals: list[Refusal]) -> pd.DataFrame:
    """Give one row per failing row, with the first rule it broke."""
    refused = list_refused(source, raw_lines, refusals)
    return refused.drop_duplicates("line").sort_values("line", ignore_index=True)
