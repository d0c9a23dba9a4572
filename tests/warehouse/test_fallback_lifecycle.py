"""The lifecycle's table, in Python and in Postgres, and what nobody may do against it."""

from itertools import product

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from tests.factories.defaults import STORM_AT
from tests.factories.fallback import make_fallback_action
from warehouse.errors import TransitionRefused
from warehouse.rules.fallback_lifecycle import (
    CONSUMING,
    NEXT_STATUSES,
    TAG_OF,
    TERMINAL,
    gives_rooms_back,
    require_step,
)
from warehouse.schema.fallbacks import FallbackTransition
from warehouse.session import Access, transaction
from warehouse.vocabulary import FallbackStatus

STEPS = {(before, after) for before, ends in NEXT_STATUSES.items() for after in ends}
REFUSED = sorted(
    (before, after)
    for before, after in product(FallbackStatus, FallbackStatus)
    if before != after and (before, after) not in STEPS
)
WAY_TO = {
    FallbackStatus.PROPOSED: "",
    FallbackStatus.HELD: "held",
    FallbackStatus.OFFERED: "held offered",
    FallbackStatus.ACCEPTED: "held offered accepted",
    FallbackStatus.BOOKING: "held offered accepted booking",
    FallbackStatus.BOOKED: "held offered accepted booking booked",
    FallbackStatus.CANCELLING: "held offered accepted booking booked cancelling",
    FallbackStatus.CANCELLED: "held offered accepted booking booked cancelling cancelled",
    FallbackStatus.DECLINED: "held offered declined",
    FallbackStatus.EXPIRED: "held expired",
    FallbackStatus.SUPERSEDED: "held superseded",
    FallbackStatus.FAILED: "held failed",
}
MOVE = text(
    "UPDATE alerting.fallback_action SET status = :status, accepted_at = :at,"
    " hold_expires_at = CASE WHEN :status IN ('held', 'offered') THEN :at END"
    " WHERE fallback_action_id = :action_id"
)


def _move(session: Session, action_id: int, status: str) -> None:
    session.execute(MOVE, {"status": status, "at": STORM_AT, "action_id": action_id})


def test_postgres_keeps_the_same_table(database: str) -> None:
    with transaction() as session:
        rows = session.execute(
            select(FallbackTransition.from_status, FallbackTransition.to_status)
        ).all()
    assert {(FallbackStatus(before), FallbackStatus(after)) for before, after in rows} == STEPS


@pytest.mark.parametrize(("before", "after"), REFUSED)
def test_the_rule_refuses_every_other_step(before: FallbackStatus, after: FallbackStatus) -> None:
    with pytest.raises(TransitionRefused):
        require_step(before, after)


def test_postgres_refuses_every_other_step(database: str) -> None:
    with transaction(Access.OWNER) as session:
        standing = {}
        for status, way in WAY_TO.items():
            standing[status] = make_fallback_action(session).fallback_action_id
            for step in way.split():
                _move(session, standing[status], step)
        for before, after in REFUSED:
            with pytest.raises(DBAPIError, match="never becomes"), session.begin_nested():
                _move(session, standing[before], after)


def test_every_status_but_cancelling_has_its_word_in_the_history() -> None:
    assert set(FallbackStatus) - set(TAG_OF) == {FallbackStatus.CANCELLING}


def test_rooms_go_back_exactly_where_an_action_that_has_some_ends() -> None:
    freeing = {before for before, after in STEPS if gives_rooms_back(before, after)}
    assert freeing == CONSUMING - {FallbackStatus.BOOKED}
    assert CONSUMING.isdisjoint(TERMINAL)
