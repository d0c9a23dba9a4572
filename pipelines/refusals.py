"""Draws why rows of a feed wait in quarantine, and quotes none of them.

A reason may hold what it refuses, a name or an address among it, and Dagster asks nobody who they
are. So quotations and figures are left out; the dashboard shows them to those who may see them.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from typing import TYPE_CHECKING, Final

from pipelines.pictures import bar_chart

if TYPE_CHECKING:
    import dagster as dg
    from sqlalchemy.orm import Session

    from warehouse.queries.feeds import QuarantineReason

_QUOTATION: Final = re.compile(r"""(?:^|(?<=[\s(\[{:]))["'\u201c\u2018].*""", re.DOTALL)
"""From a quotation mark that begins a word on: where a quotation ends, only its writer knew."""
_FIGURE: Final = re.compile(r"\S*(?:\d{3,}|@)\S*")


def draw_quarantine(session: Session, feed: str) -> Mapping[str, dg.MetadataValue]:
    """Draw how many rows of a feed wait for which reason; nothing where none waits."""
    from warehouse.queries.feeds import count_quarantine

    waiting = count_quarantine(session, feed=feed)
    if not waiting:
        return {}
    counts: Counter[str] = Counter()
    for reason in waiting:
        counts[words_of(reason)] += reason.row_count
    return {"quarantine": bar_chart("Rows that wait in quarantine, by reason", counts)}


def words_of(reason: QuarantineReason) -> str:
    """Say why rows were refused, without what they hold."""
    told = _FIGURE.sub("…", _QUOTATION.sub("…", reason.reason))
    named = "" if reason.column_name and reason.column_name in told else reason.column_name
    return f"{named} {told}".strip()
