"""The replay clock, which makes a test's database stand at an instant."""

from datetime import UTC, datetime

from warehouse.operations.clock import found_database, set_replay_clock
from warehouse.session import Access, transaction
from warehouse.vocabulary import SYSTEM

FOUNDED_AT = datetime(2013, 1, 1, tzinfo=UTC)


def set_clock(at: datetime) -> None:
    """Found the database for replay and let its clock stand still at an instant."""
    with transaction(Access.OWNER) as session:
        found_database(session, is_replay=True, at=FOUNDED_AT)
        set_replay_clock(session, SYSTEM, replayed_at=at, speed=0)
