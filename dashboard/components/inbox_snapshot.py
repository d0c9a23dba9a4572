"""Keeps the rows a person has ticked in place while the world moves on.

A table's selection is row positions, which outlive a change of the rows. So while any row is
ticked the list on screen stands still, and positions are read through the list that was shown.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, MutableMapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from warehouse.queries.alerts import InboxRow
from warehouse.vocabulary import AlertId

SNAPSHOT = "inbox_snapshot"


@dataclass(frozen=True, slots=True)
class InboxSnapshot:
    """The alerts on screen in their order; a new version of the table forgets its ticks."""

    rows: tuple[InboxRow, ...] = ()
    version: int = 0
    newer: int = 0
    subject: object = None

    @property
    def table_key(self) -> str:
        """Key of the table widget that shows this version."""
        return f"inbox_table_{self.version}"

    def about(self, subject: object) -> InboxSnapshot:
        """Begin anew when another choice of alerts is shown."""
        return self if subject == self.subject else replace(self.let_go(), subject=subject)

    def refreshed(self, live: Sequence[InboxRow], *, has_selection: bool) -> InboxSnapshot:
        """Follow the live list, or stand still while rows are ticked and count what is newer."""
        if not has_selection:
            return replace(self, rows=tuple(live), newer=0)
        shown = {row.alert_id for row in self.rows}
        return replace(self, newer=sum(row.alert_id not in shown for row in live))

    def let_go(self) -> InboxSnapshot:
        """Forget the ticks, so that the list follows the live one again."""
        return replace(self, version=self.version + 1, newer=0)

    def alerts_at(self, positions: Iterable[int]) -> list[InboxRow]:
        """Give the alerts that stand at these rows of the screen."""
        return [self.rows[position] for position in positions if 0 <= position < len(self.rows)]

    def alert_ids_at(self, positions: Iterable[int]) -> list[AlertId]:
        """Give the ids of the alerts at these rows of the screen."""
        return [AlertId(row.alert_id) for row in self.alerts_at(positions)]


def snapshot_of(state: Mapping[Any, Any]) -> InboxSnapshot:
    """Read the snapshot this browser shows; an empty one at first."""
    held = state.get(SNAPSHOT)
    return held if isinstance(held, InboxSnapshot) else InboxSnapshot()


def keep_snapshot(state: MutableMapping[Any, Any], snapshot: InboxSnapshot) -> InboxSnapshot:
    """Store what this browser shows now."""
    state[SNAPSHOT] = snapshot
    return snapshot


def ticked_positions(state: Mapping[Any, Any], snapshot: InboxSnapshot) -> list[int]:
    """Read which rows of the shown table are ticked."""
    table = state.get(snapshot.table_key)
    return list(table["selection"]["rows"]) if table else []
