"""Transactions cut short: the backend is killed between any two statements of an act."""

from collections.abc import Iterator
from contextlib import contextmanager
from threading import get_ident

from sqlalchemy import Connection, event, text
from sqlalchemy.exc import OperationalError

from tests.warehouse.lifecycle.desk import Desk
from tests.warehouse.lifecycle.journal import last_change
from tests.warehouse.lifecycle.promises import PromiseBroken
from tests.warehouse.lifecycle.races import (
    acts,
    allowing_refusal,
    one_page_on_its_way,
    promises_hold,
    require,
    settle,
)
from warehouse.session import Access, engine, transaction

MOST_STATEMENTS = 60


def crashes_leave_both_or_neither(desk: Desk, name: str, *, taken: bool = False) -> int:
    """Kill the backend at each statement of an act in turn; give how many statements it has.

    A killed act leaves no change and no audit entry; the one that is not killed leaves both.
    """
    one_page_on_its_way(desk, taken=taken)
    for number in range(1, MOST_STATEMENTS):
        before = _marks()
        with _killed_at(desk, number) as counted:
            try:
                settle(allowing_refusal(acts(desk)[name]))
            except OperationalError:
                require(19, "a killed act leaves nothing", _marks() == before)
                continue
        promises_hold()
        return counted[0]
    raise PromiseBroken("19: an act never came to its end")


def _marks() -> tuple[int, int]:
    with transaction(Access.OWNER) as session:
        entries = session.execute(text("SELECT count(*) FROM audit.entry")).scalar_one()
        return last_change(session), entries


@contextmanager
def _killed_at(desk: Desk, statement_number: int) -> Iterator[list[int]]:
    counted, thread = [0], get_ident()

    def count(connection: Connection, *_rest: object) -> None:
        if get_ident() != thread:
            return
        counted[0] += 1
        if counted[0] == statement_number:
            driver = connection.connection.driver_connection
            assert driver is not None
            desk.as_superuser(f"SELECT pg_terminate_backend({driver.info.backend_pid}, 5000)")

    pipeline = engine(Access.PIPELINE)
    event.listen(pipeline, "before_cursor_execute", count)
    try:
        yield counted
    finally:
        event.remove(pipeline, "before_cursor_execute", count)
