"""The file that keeps heads of the sealed history outside the database: a line each, only added."""

import json
import os
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from warehouse.rules.sealed_history import SealHead

PRIVATE = 0o600


class HeadsUnreadable(Exception):
    """The file of heads holds a line that is none; the message says which, and what to do."""


@dataclass(frozen=True, slots=True)
class HeadsFile:
    """Heads of any number of databases; each is told from the others by its identity."""

    path: Path

    def read(self, identity: str) -> tuple[SealHead, ...]:
        """Give every head that was exported of a database, the oldest first.

        Parameters
        ----------
        identity:
            Of the database, see `queries.engine.database_identity`.

        Returns
        -------
        :
            None before the first export, or where there is no file yet.

        Raises
        ------
        HeadsUnreadable
            A line was damaged.
        """
        if not self.path.exists():
            return ()
        lines = self.path.read_text(encoding="utf-8").splitlines()
        found = [self._parsed(number, line) for number, line in enumerate(lines, start=1)]
        return tuple(head for whose, head in found if whose == identity)

    def _parsed(self, number: int, line: str) -> tuple[str, SealHead]:
        try:
            row = json.loads(line)
            return str(row["database"]), SealHead(int(row["seal_number"]), str(row["hash"]))
        except (ValueError, KeyError, TypeError) as damage:
            raise HeadsUnreadable(
                f"Line {number} of {self.path} is no exported head: compare the file with the "
                "heads that were mailed, and put the line right."
            ) from damage

    def append(self, identity: str, head: SealHead, *, at: datetime) -> None:
        """Add a head, and leave the disk no chance to forget it; the newest is not added twice.

        Parameters
        ----------
        identity:
            Of the database.
        head:
            The newest seal.
        at:
            The desk's instant of the export, UTC.
        """
        if head in self.read(identity)[-1:]:
            return
        row = {
            "exported_at": at.isoformat(),
            "database": identity,
            "seal_number": head.seal_number,
            "hash": head.hash,
        }
        self.path.parent.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(self.path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, PRIVATE)
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(json.dumps(row) + "\n")
            file.flush()
            os.fsync(file.fileno())
