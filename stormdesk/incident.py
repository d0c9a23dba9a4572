"""What the watchdog has told whom, kept in a file: a restart neither forgets nor repeats it."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from pathlib import Path

PRIVATE = 0o600


@dataclass(frozen=True)
class Incident:
    """One stretch of time in which something was late."""

    addresses: tuple[str, ...] = ()
    """Where the catch-all was last known to read mail: the database may be what is gone."""
    told: tuple[str, ...] = ()
    """What was told of already, by part and name; none outside an incident."""
    since: str = ""
    """When the first of it was told, ISO 8601."""

    @property
    def is_open(self) -> bool:
        """Whether somebody was told, and not yet that it is over."""
        return bool(self.told)

    def tell(self, names: tuple[str, ...], *, at: datetime) -> Incident:
        """Add what was just told."""
        told = tuple(dict.fromkeys((*self.told, *names)))
        return replace(self, told=told, since=self.since or at.isoformat(timespec="seconds"))

    def end(self) -> Incident:
        """Keep the addresses alone."""
        return Incident(self.addresses)


@dataclass(frozen=True)
class IncidentFile:
    """Where the incident is kept; a damaged file counts as none, for telling twice is the less."""

    path: Path

    def read(self) -> Incident:
        """Give what was kept; nothing before the first time."""
        if not self.path.exists():
            return Incident()
        try:
            kept = json.loads(self.path.read_text(encoding="utf-8"))
            return Incident(tuple(kept["addresses"]), tuple(kept["told"]), str(kept["since"]))
        except (ValueError, KeyError, TypeError) as damage:
            print(f"{self.path} is damaged and counts as empty: {damage}", flush=True)
            return Incident()

    def write(self, incident: Incident) -> None:
        """Keep it, all or nothing."""
        draft = self.path.with_suffix(".new")
        draft.touch(mode=PRIVATE)
        draft.write_text(json.dumps(asdict(incident)), encoding="utf-8")
        draft.replace(self.path)
