"""Within the rate a page goes by itself; over it in the next digest, three minutes late at most."""

from datetime import datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from tests.factories.defaults import STORM_AT
from warehouse.rules.page_rate import (
    LONGEST_HELD,
    MOST_IN_DIGEST,
    PageRate,
    Sharing,
    WaitingPage,
    share_out,
)

MINUTE = timedelta(minutes=1)
RATE = PageRate(3, 15)


def due(count: int, *, since: datetime = STORM_AT) -> list[WaitingPage]:
    return [WaitingPage(number, since, None) for number in range(count)]


def shared(waiting: list[WaitingPage], *sent_minutes_ago: int, sending: int = 0) -> Sharing:
    sent_at = [STORM_AT - minutes * MINUTE for minutes in sent_minutes_ago]
    return share_out(waiting, rate=RATE, sent_at=sent_at, sending=sending, at=STORM_AT)


def test_while_there_is_room_each_goes_by_itself() -> None:
    waiting = due(3)
    assert shared(waiting) == Sharing(alone=waiting)
    assert shared(waiting[:1], 1, 2) == Sharing(alone=waiting[:1])


def test_the_last_message_there_is_room_for_is_a_digest_of_what_is_left() -> None:
    waiting = due(6)
    assert shared(waiting) == Sharing(alone=waiting[:2], together=waiting[2:])
    assert shared(waiting, 1, sending=1) == Sharing(alone=[], together=waiting)


def test_without_room_they_wait_until_there_is_some() -> None:
    waiting = due(2)
    until = STORM_AT + 2 * MINUTE
    held = shared(waiting, 13, 9, 4)
    assert held == Sharing(held=[(page, until) for page in waiting])


def test_they_wait_for_three_minutes_at_most() -> None:
    (page,) = waiting = due(1, since=STORM_AT - MINUTE)
    assert shared(waiting, 1, 1, 1) == Sharing(held=[(page, STORM_AT + 2 * MINUTE)])
    assert shared(waiting, sending=3) == Sharing(held=[(page, STORM_AT + 2 * MINUTE)])
    late = due(1, since=STORM_AT - LONGEST_HELD)
    assert shared(late, 1, 1, 1) == Sharing(alone=late)


def test_whoever_waited_takes_along_who_has_only_come() -> None:
    held = WaitingPage(7, STORM_AT, STORM_AT - 2 * MINUTE)
    fresh = WaitingPage(8, STORM_AT, None)
    assert shared([fresh, held], 1, 1, 1) == Sharing(together=[fresh, held])


def test_a_digest_holds_as_many_as_somebody_reads() -> None:
    late = due(MOST_IN_DIGEST + 20, since=STORM_AT - LONGEST_HELD)
    assert len(shared(late, 1, 1, 1).together) == MOST_IN_DIGEST


def test_a_rate_that_lets_nothing_through_is_refused() -> None:
    assert PageRate().complaint() is None
    assert PageRate(0, 15).complaint() == "let at least one page of a window go by itself"
    assert PageRate(5, 0).complaint() == "count pages over 1 to 1,440 minutes"


SECONDS = st.integers(-400, 400)
PAGES = st.builds(
    lambda number, due_s, held_s: WaitingPage(
        number,
        STORM_AT + timedelta(seconds=due_s + held_s),
        STORM_AT + timedelta(seconds=due_s) if held_s else None,
    ),
    st.integers(1, 10_000),
    st.integers(-400, 0),
    st.sampled_from([0, 0, 60, 180]),
)


@given(
    waiting=st.lists(PAGES, min_size=1, max_size=12, unique_by=lambda page: page.notification_id),
    rate=st.builds(PageRate, st.integers(1, 4), st.integers(1, 20)),
    ages_s=st.lists(st.integers(0, 1_000), max_size=6),
    sending=st.integers(0, 3),
)
def test_nothing_is_lost_or_told_twice_or_held_for_long(
    waiting: list[WaitingPage], rate: PageRate, ages_s: list[int], sending: int
) -> None:
    sent_at = [STORM_AT - timedelta(seconds=each) for each in ages_s]
    sent_at = [each for each in sent_at if each > STORM_AT - rate.window]
    sharing = share_out(waiting, rate=rate, sent_at=sent_at, sending=sending, at=STORM_AT)
    leaving = [*sharing.alone, *sharing.together]
    waits_on = [page for page, _ in sharing.held]
    if not leaving:
        waits_on += [page for page in waiting if page.held_since_at is not None]
    assert sorted(page.notification_id for page in leaving + waits_on) == sorted(
        page.notification_id for page in waiting
    )
    assert len(sharing.together) != 1
    assert all(STORM_AT < until <= page.leaves_by for page, until in sharing.held)
    room = rate.messages - len(sent_at) - sending
    was_released = any(page.is_released(STORM_AT) for page in waiting)
    messages = len(sharing.alone) + bool(sharing.together)
    assert messages <= max(room, 1 if was_released else 0)
    assert bool(leaving) == (room > 0 or was_released)
