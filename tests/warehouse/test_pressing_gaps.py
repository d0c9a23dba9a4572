"""Which gaps press: those near that nobody meant, each told in one line."""

from datetime import datetime
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.factories.defaults import STORM_AT
from tests.factories.shift import HOUR, NEW_YORK
from warehouse.rules.coverage import Gap
from warehouse.rules.pressing_gaps import HeldShift, PressingGap, pressing_gaps
from warehouse.rules.stretches import Stretch, common, joined, minus
from warehouse.vocabulary import Channel, Severity, UserId

SMS = (Channel.SMS,)


def stretch(start: float, end: float) -> Stretch:
    return STORM_AT + start * HOUR, STORM_AT + end * HOUR


def nobody(level: int, start: float, end: float) -> Gap:
    return Gap(level, tuple(Severity), *stretch(start, end), "no agent is on shift", "Assign one.")


def no_phone(level: int | None, start: float, end: float, *user_ids: int) -> Gap:
    who = tuple(UserId(each) for each in user_ids or (7,))
    told = ("Mara has no verified phone", "Verify the phone.")
    return Gap(level, tuple(Severity), *stretch(start, end), *told, who, SMS)


def shift(number: int, start: float, end: float, *held: Stretch) -> HeldShift:
    return HeldShift(number, f"Shift {number}", stretch(start, end), held)


def found(gaps=(), shifts=(), levels=(1, 2)) -> dict[str, tuple[Stretch, ...]]:
    pressing = pressing_gaps(gaps, shifts, levels, at=STORM_AT)
    return {each.matter: each.stretches for each in pressing}


def test_a_step_whose_role_has_no_shift_is_passed_over_by_plan() -> None:
    assert found([nobody(2, 0, 60)]) == {}


def test_hours_in_which_every_role_is_missing_press() -> None:
    gaps = [nobody(1, 2, 6), nobody(1, 30, 34), nobody(2, 0, 60)]
    assert found(gaps) == {"nobody": (stretch(2, 6), stretch(30, 34))}
    assert found(gaps, levels=()) == {}, "a ladder of named users needs nobody on shift"


def test_an_empty_shift_presses_for_the_hours_that_nobody_holds() -> None:
    shifts = [
        shift(1, 2, 10, stretch(2, 10)),
        shift(2, 2, 10, stretch(4, 6), stretch(6, 7)),
        shift(3, -4, 4),
        shift(4, 25, 33),
    ]
    assert found(shifts=shifts) == {
        "shift_2_is_empty": (stretch(2, 4), stretch(7, 10)),
        "shift_3_is_empty": (stretch(0, 4),),
    }


def test_hours_that_an_empty_shift_tells_of_are_not_told_twice() -> None:
    gaps = [nobody(1, 2, 12), nobody(2, 0, 60)]
    told = found(gaps, [shift(1, 2, 10)])
    assert told == {"shift_1_is_empty": (stretch(2, 10),), "nobody": (stretch(10, 12),)}
    assert found([nobody(1, 2, 10), nobody(2, 0, 60)], [shift(1, 2, 10)]).keys() == {
        "shift_1_is_empty"
    }


def test_what_the_same_people_lack_is_one_matter_whichever_steps_ask_for_it() -> None:
    gaps = [no_phone(1, 0, 8), no_phone(None, 0, 60), no_phone(1, 8, 16, 7, 9)]
    assert found(gaps) == {
        "user_7_lacks_sms": (stretch(0, 60),),
        "user_7_9_lacks_sms": (stretch(8, 16),),
    }


@pytest.mark.parametrize(("start", "presses"), [(23.9, True), (24, False), (-3, True)])
def test_a_gap_presses_from_a_day_before_it_begins(start: float, presses: bool) -> None:
    assert bool(found([no_phone(1, start, start + 10)])) is presses


def headline(gap: PressingGap, at: datetime = STORM_AT) -> str:
    return gap.headline(NEW_YORK, at=at)


def test_a_headline_says_what_when_by_both_clocks_and_what_to_do() -> None:
    (gap,) = pressing_gaps([], [shift(3, 16, 24)], (1,), at=STORM_AT)
    assert headline(gap) == (
        "Shift 3 has nobody in it, Tue 10 Dec 22:00 EST to Wed 11 Dec 06:00 EST (Wed 11 Dec 03:00 "
        "to 11:00 UTC): assign somebody on the Shifts page, or cancel the shift"
    )
    assert headline(gap, STORM_AT + 17 * HOUR) == (
        "Shift 3 has nobody in it, until Wed 11 Dec 06:00 EST (Wed 11 Dec 11:00 UTC): assign "
        "somebody on the Shifts page, or cancel the shift"
    )


def test_a_headline_names_the_steps_that_ask_and_counts_what_it_leaves_out() -> None:
    gaps = [no_phone(1, hour, hour + 1) for hour in (1, 3, 5, 7)] + [no_phone(2, 1, 2)]
    (gap,) = pressing_gaps(gaps, [], (1,), at=STORM_AT)
    assert headline(gap) == (
        "Mara has no verified phone, Tue 10 Dec 07:00 to 08:00 EST (Tue 10 Dec 12:00 to 13:00 UTC),"
        " and Tue 10 Dec 09:00 to 10:00 EST (Tue 10 Dec 14:00 to 15:00 UTC), and 2 more: verify the"
        " phone, for step 1 and step 2 ask for it"
    )


def test_a_gap_whose_end_is_out_of_sight_says_only_since_when() -> None:
    (gap,) = pressing_gaps([nobody(1, 2, 60)], [], (1,), at=STORM_AT)
    assert headline(gap).startswith(
        "Nobody is on shift, from Tue 10 Dec 08:00 EST (Tue 10 Dec 13:00 UTC) on: draw a shift"
    )
    assert "from now on" in headline(PressingGap("x", "X", "y", (stretch(0, 61),)))


STRETCHES = st.lists(
    st.tuples(st.integers(0, 20), st.integers(1, 6)).map(lambda each: (each[0], sum(each))),
    max_size=6,
)


@given(STRETCHES, STRETCHES, st.integers(0, 27))
def test_stretches_are_put_together_and_taken_apart_instant_by_instant(
    ones: list[tuple[int, int]], others: list[tuple[int, int]], hour: int
) -> None:
    left, right = [[stretch(*each) for each in several] for several in (ones, others)]

    def covers(stretches) -> bool:
        at = STORM_AT + (hour + 0.5) * HOUR
        return any(starts_at <= at < ends_at for starts_at, ends_at in stretches)

    assert covers(joined(left)) is covers(left)
    assert covers(minus(left, right)) is (covers(left) and not covers(right))
    assert covers(common(left, right)) is (covers(left) and covers(right))
    for result in (joined(left), minus(left, right)):
        assert all(one[1] <= other[0] for one, other in pairwise(result))
