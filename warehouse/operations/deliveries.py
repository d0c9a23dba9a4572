"""What a load is told about what it loads."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Delivery:
    """Who sends what, for which partition or in which file, and when it arrived."""

    feed: str
    source: str
    partition_key: str | None
    at: datetime
    file: str | None = None
    file_sha256: str | None = None
    lines: tuple[int, ...] | None = None
    """Where its rows stood in an earlier delivery, where they are loaded anew from quarantine."""
