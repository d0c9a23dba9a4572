"""Whoever acts at the same moment, and wherever a transaction is cut short, every promise holds."""

from collections.abc import Iterator

import pytest

from stormdesk.embedded import EmbeddedServer
from tests.warehouse.lifecycle import races
from tests.warehouse.lifecycle.crashes import crashes_leave_both_or_neither
from tests.warehouse.lifecycle.desk import Desk, desk_in

ON_EITHER = ("acknowledge", "resolve", "refused for now", "worse")
ON_OPEN = (*ON_EITHER, "suppress", "escalate", "claim")
ON_TAKEN = (*ON_EITHER, "release", "lapse")
ACTS = tuple(dict.fromkeys(ON_OPEN + ON_TAKEN))
FIRST = [*((act, False) for act in ON_OPEN), *((act, True) for act in ON_TAKEN)]
"""Each act, and whether somebody has the alert already; those that change nothing are left out."""


def words(value: object) -> str:
    """Name a case: by the act, and by how the alert stands."""
    return {True: "taken", False: "open"}.get(value, str(value))


@pytest.fixture(scope="module")
def desk(server: EmbeddedServer, template: str) -> Iterator[Desk]:
    with desk_in(server, template) as found:
        yield found


def test_of_thirty_two_who_take_an_alert_one_has_it(desk: Desk) -> None:
    races.a_crowd_acknowledges(desk)


def test_sixteen_writers_of_the_same_facts_raise_one_alert_each(desk: Desk) -> None:
    races.a_crowd_raises(desk)


@pytest.mark.parametrize(("first", "taken"), FIRST, ids=words)
def test_two_acts_at_once_are_as_good_as_one_after_the_other(
    desk: Desk, first: str, taken: bool
) -> None:
    for second in ACTS:
        races.two_at_once(desk, first, second, taken=taken)


def test_a_sweep_waits_for_nobody(desk: Desk) -> None:
    races.a_sweep_waits_for_nobody(desk)


def test_a_page_that_slipped_through_never_leaves(desk: Desk) -> None:
    races.a_page_that_slipped_through_stays(desk)


def test_a_late_report_changes_nothing(desk: Desk) -> None:
    races.a_late_report_changes_nothing(desk)


def test_of_two_on_shift_the_one_with_the_channel_counts(desk: Desk) -> None:
    races.one_of_two_has_the_channel(desk)


@pytest.mark.parametrize(("name", "taken"), FIRST, ids=words)
def test_a_crash_at_any_statement_leaves_the_change_and_its_audit_or_neither(
    desk: Desk, name: str, taken: bool
) -> None:
    assert crashes_leave_both_or_neither(desk, name, taken=taken) > 1
