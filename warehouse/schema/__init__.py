"""Tables, a file or two per Postgres schema; private to queries and operations."""

from warehouse.schema import (
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
