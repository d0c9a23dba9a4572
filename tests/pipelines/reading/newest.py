"""What several documents say together: of each traveller's segment, the newest that was said."""

from typing import Any

import pandas as pd

from pipelines.reading.segments import Understood
from tests.pipelines.reading.payloads import said_rows

KEY = (
    *("booking_ref", "kind", "carrier", "flight_number", "departure_on"),
    *("hotel_name", "check_in_on", "given_name", "family_name"),
)
NEVER = pd.Timestamp(0, tz="UTC")


def newest(*documents: Understood) -> list[dict[str, Any]]:
    """Let the newest row of each key stand, and a whole cancellation stand for all before it."""
    rows = [row for document in documents for row in said_rows(document)]
    standing: dict[tuple[Any, ...], dict[str, Any]] = {}
    for row in sorted(rows, key=lambda row: row.get("source_updated_at", NEVER)):
        if row["kind"] == "booking":
            called_off = {name: row[name] for name in ("status", "source_updated_at")}
            for key, older in standing.items():
                if key[0] == row["booking_ref"]:
                    standing[key] = older | called_off
        else:
            standing[tuple(row.get(name) for name in KEY)] = row
    return list(standing.values())
