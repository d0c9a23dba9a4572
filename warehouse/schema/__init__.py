"""Tables, a file or two per Postgres schema; private to queries and operations."""

from warehouse.schema import (
    acknowledgements,
    alerting,
    audit,
    contacts,
    deliveries,
    engine,
    escalations,
    fallbacks,
    feeds,
    inventory,
    people,
    policies,
    predictions,
    retention,
    shifts,
    travel,
)
from warehouse.schema.base import Base

__all__ = [
    "Base",
    "acknowledgements",
    "alerting",
    "audit",
    "contacts",
    "deliveries",
    "engine",
    "escalations",
    "fallbacks",
    "feeds",
    "inventory",
    "people",
    "policies",
    "predictions",
    "retention",
    "shifts",
    "travel",
]
