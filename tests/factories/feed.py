"""Batches, which every row that came from a feed refers to."""

import hashlib
from typing import Any

from sqlalchemy.orm import Session

from tests.factories.defaults import STORM_AT, insert_row, unique_number
from warehouse.schema.feeds import Batch


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
