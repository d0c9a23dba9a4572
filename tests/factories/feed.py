"""Batches, which every row that came from a feed refers to, and rows that were refused."""

import hashlib
from typing import Any

from sqlalchemy.orm import Session

from tests.factories.defaults import STORM_AT, insert_row, unique_number
from warehouse.schema.feeds import Batch, Quarantine


def make_batch(session: Session, **overrides: Any) -> Batch:
    """Insert an accepted batch of one row."""
    number = unique_number()
    defaults = {
        "feed": "test",
        "source": "factory",
        "payload_sha256": hashlib.sha256(str(number).encode()).hexdigest(),
        "received_at": STORM_AT,
        "received_count": 1,
        "accepted_count": 1,
        "unchanged_count": 0,
        "superseded_count": 0,
        "quarantined_count": 0,
    }
    return insert_row(session, Batch, defaults | overrides)


def make_refused(session: Session, **overrides: Any) -> Quarantine:
    """Insert a row of a file that waits in quarantine for the airport it names."""
    number = unique_number()
    defaults = {
        "feed": "booking_segment",
        "source": "agency",
        "file": "december.csv",
        "line": number,
        "raw_text": f'{{"segment_key": "{number}", "origin": "XXX", "given_name": "Ada"}}',
        "column_name": "origin",
        "reason": "names no airport",
        "first_seen_at": STORM_AT,
    }
    return insert_row(session, Quarantine, defaults | overrides)
