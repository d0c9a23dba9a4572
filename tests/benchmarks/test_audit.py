"""What the history costs: the same transactions with and without their audit entry, in turn."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from sqlalchemy import func, select

from tests.benchmarks.conftest import Scoreboard
from tests.benchmarks.test_promises import agent, open_ids
from tests.factories.defaults import STORM_AT
from warehouse.operations import audit
from warehouse.operations.alerts import acknowledge_alert
from warehouse.operations.audit_seals import seal_history
from warehouse.queries.audit_verification import verify_history
from warehouse.schema.audit import Entry
from warehouse.session import Access, transaction
from warehouse.vocabulary import Actor, AlertId

__all__ = ["agent"]

ONE_BY_ONE = 400
ROUNDS = 15
LEAST_THROUGHPUT = 0.8
WRITERS = 16


def nothing(*_args: object, **_kwargs: object) -> None:
    """Stand in for what appends entries."""


def without_entries(do: Callable[[], None]) -> Callable[[], None]:
    """Let the same transactions run, only without what they append to the history."""
    appending = audit.record_many

    def bare() -> None:
        # By hand: a mock would take longer to make and call than an entry takes to write.
        audit.record_many = nothing
        try:
            do()
        finally:
            audit.record_many = appending

    return bare


def count_entries() -> int:
    with transaction(Access.OWNER) as session:
        return session.scalar(select(func.count()).select_from(Entry)) or 0


def acknowledge(agent: Actor, alert_id: int) -> None:
    """Do what the dashboard does for one click: lock, rule, fact, entry, commit."""
    with transaction(Access.DASHBOARD, on_behalf_of=agent) as session:
        acknowledge_alert(session, agent, AlertId(alert_id), at=STORM_AT)


def test_one_writer(agent: Actor, scoreboard: Scoreboard) -> None:
    ids = open_ids()

    def do() -> None:
        acknowledge(agent, next(ids))

    for _ in range(20):
        do()
    before = count_entries()
    ratio = scoreboard.compare(
        "acknowledge, with its audit entry",
        do,
        "the same transaction without the entry",
        without_entries(do),
        rounds=ONE_BY_ONE,
    )
    assert count_entries() == before + ONE_BY_ONE
    assert 1 / ratio >= LEAST_THROUGHPUT


def test_sixteen_writers_while_a_sealer_seals(agent: Actor, scoreboard: Scoreboard) -> None:
    ids = open_ids()

    with ThreadPoolExecutor(WRITERS) as pool:

        def storm() -> None:
            wanted = [next(ids) for _ in range(WRITERS * 6)]
            list(pool.map(lambda alert_id: acknowledge(agent, alert_id), wanted))

        def sealed_storm() -> None:
            storm()
            with transaction(Access.PIPELINE) as session:
                seal_history(session, at=STORM_AT)

        storm()
        ratio = scoreboard.compare(
            f"{WRITERS} writers at once, audited, and then sealed",
            sealed_storm,
            "the same, neither audited nor sealed",
            without_entries(storm),
            rounds=ROUNDS,
        )
    with transaction(Access.OWNER) as session:
        found = verify_history(session)
    assert (found.is_intact, found.unsealed_count) == (True, 0)
    assert 1 / ratio >= LEAST_THROUGHPUT
