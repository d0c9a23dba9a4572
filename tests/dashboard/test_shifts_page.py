"""The Shifts page: who sees what, what a change says, and what is left uncovered."""

from datetime import timedelta

import pytest
from sqlalchemy import select
from streamlit.testing.v1 import AppTest

from dashboard.components.palette import DARK, LIGHT
from dashboard.components.shift_coverage import group_words
from dashboard.components.shift_plan import bars_frame, plan_chart, plan_frame
from tests.dashboard.conftest import OpenPage, add_actor
from tests.dashboard.test_gate import words_of
from tests.factories.alert import make_alert
from tests.factories.defaults import STORM_AT
from tests.factories.policy import make_policy_step, make_policy_version
from tests.factories.shift import HOUR, PLANNED_AT, hours, put_on_shift
from warehouse.operations.handover import write_note
from warehouse.operations.shift_holders import override_assignment
from warehouse.queries.coverage import check_coverage
from warehouse.queries.shifts import list_shifts
from warehouse.rules.coverage import alike
from warehouse.schema.shifts import HandoverSeen, Shift, ShiftAssignment, ShiftOverride, Stand
from warehouse.session import Access, transaction
from warehouse.vocabulary import SYSTEM, Actor, Role

PLANNERS = (Role.MANAGER, Role.ADMIN)


@pytest.fixture
def people(replayed: str) -> dict[str, Actor]:
    """Mara is on shift until 14:00, Ben comes next; no manager is ever on shift."""
    found = {name: add_actor(Role.AGENT, display_name=name) for name in ("Mara", "Ben", "Nora")}
    with transaction(Access.OWNER) as session:
        version = make_policy_version(session).policy_version_id
        make_policy_step(session, policy_version_id=version)
        make_policy_step(session, policy_version_id=version, level=2, role="manager")
        put_on_shift(session, hours(-1, 8), user_id=found["Mara"].user_id, name="Day")
        put_on_shift(session, hours(8, 16), user_id=found["Ben"].user_id, name="Evening")
    return found


def press(page: AppTest, label: str) -> AppTest:
    return next(each for each in page.button if each.label == label).click().run()


def said(boxes) -> str:
    return boxes[0].value.replace("\\", "")


def rows(table) -> list:
    with transaction(Access.OWNER) as session:
        return list(session.scalars(select(table)))


class TestSeeing:
    def test_an_agent_sees_who_is_on_and_next_and_their_own_shifts(
        self, open_page: OpenPage, people: dict[str, Actor]
    ) -> None:
        page = open_page("shifts", people["Ben"])
        assert not page.exception
        words = words_of(page)
        assert "Mara until 14:00 EST" in words
        assert "Next: Ben, from 14:00 EST" in words
        assert "Nobody is on shift" in words
        assert page.dataframe[0].value["Who"].tolist() == ["Ben (agent)"]
        assert "Draw the shift" not in [button.label for button in page.button]

    @pytest.mark.parametrize("role", PLANNERS)
    def test_who_plans_sees_everybody_and_the_gaps(
        self, open_page: OpenPage, people: dict[str, Actor], role: Role
    ) -> None:
        page = open_page("shifts", add_actor(role))
        assert not page.exception
        assert page.dataframe[0].value["Who"].tolist() == ["Mara (agent)", "Ben (agent)"]
        assert ":red[**Step 2: no manager is on shift**]" in words_of(page)
        assert "Assign a manager, or let somebody stand in" in words_of(page)

    @pytest.mark.parametrize("role", [Role.ANALYST, Role.CUSTOMER])
    def test_who_has_no_shifts_is_refused(
        self, open_page: OpenPage, people: dict[str, Actor], role: Role
    ) -> None:
        page = open_page("shifts", add_actor(role))
        assert not page.dataframe
        assert "see own shifts" in words_of(page) + " ".join(each.value for each in page.error)

    def test_an_empty_desk_says_what_to_do(self, open_page: OpenPage) -> None:
        page = open_page("shifts", add_actor(Role.MANAGER))
        assert not page.exception
        assert "A manager draws the first week" in page.info[0].value
        assert "no escalation policy is in force" in words_of(page)


class TestChanging:
    def test_a_shift_is_drawn_with_people_in_it_and_its_gaps_are_told(
        self, open_page: OpenPage, people: dict[str, Actor]
    ) -> None:
        page = open_page("shifts", add_actor(Role.MANAGER))
        page.text_input(key="draw_name").set_value("Night")
        page.multiselect(key="draw_people").set_value([people["Nora"].username])
        press(page, "Draw the shift")
        assert not page.exception
        assert "Night is drawn, Wed 11 Dec 06:00 to 14:00 EST, with Nora" in said(page.success)
        assert "gaps in the next 14 days" in said(page.warning)
        assert [each.name for each in rows(Shift)] == ["Day", "Evening", "Night"]

    def test_a_refusal_says_why_and_changes_nothing(
        self, open_page: OpenPage, people: dict[str, Actor]
    ) -> None:
        page = open_page("shifts", add_actor(Role.MANAGER))
        page.text_input(key="draw_name").set_value("Night")
        page.datetime_input(key="draw_starts").set_value(STORM_AT.replace(tzinfo=None))
        page.datetime_input(key="draw_ends").set_value(
            STORM_AT.replace(tzinfo=None) - timedelta(hours=3)
        )
        press(page, "Draw the shift")
        assert "let it end after it starts" in said(page.error)
        assert len(rows(Shift)) == 2
        press(page, "Put away")
        assert not page.error

    def test_somebody_stands_in(self, open_page: OpenPage, people: dict[str, Actor]) -> None:
        page = open_page("shifts", add_actor(Role.MANAGER))
        page.selectbox(key="change_shift").set_value(rows(Shift)[1].shift_id).run()
        page.segmented_control(key="change_what").set_value("Stand in").run()
        page.selectbox(key="stand_in_who").set_value(people["Nora"].username)
        press(page, "Let them stand in")
        assert not page.exception
        assert "Nora stands in" in said(page.success)
        (override,) = rows(ShiftOverride)
        assert (override.user_id, override.during) == (people["Nora"].user_id, None)
        page.segmented_control(key="change_what").set_value("Take out or cancel").run()
        press(page, "End that Nora stands in for Ben")
        assert {each.override_id for each in rows(Stand)} == {None}

    def test_a_shift_is_moved_and_cancelled(
        self, open_page: OpenPage, people: dict[str, Actor]
    ) -> None:
        page = open_page("shifts", add_actor(Role.ADMIN))
        shift = rows(Shift)[1]
        page.selectbox(key="change_shift").set_value(shift.shift_id).run()
        page.segmented_control(key="change_what").set_value("Move").run()
        ends = page.datetime_input(key=f"move_{shift.shift_id}_ends")
        ends.set_value(ends.value + timedelta(hours=1))
        press(page, "Move the shift")
        assert "Evening is moved to Tue 10 Dec 14:00 to 23:00 EST" in said(page.success)
        page.segmented_control(key="change_what").set_value("Take out or cancel").run()
        press(page, "Cancel the shift")
        assert [each.cancelled_at for each in rows(Shift)] == [None, STORM_AT]

    def test_a_swap_changes_hands(self, open_page: OpenPage, people: dict[str, Actor]) -> None:
        with transaction(Access.OWNER) as session:
            put_on_shift(session, hours(20, 28), user_id=people["Nora"].user_id, name="Night")
        page = open_page("shifts", add_actor(Role.MANAGER))
        page.selectbox(key="change_shift").set_value(rows(Shift)[1].shift_id).run()
        page.segmented_control(key="change_what").set_value("Swap").run()
        second = page.selectbox(key=f"swap_second_{rows(Shift)[1].shift_id}")
        second.set_value(rows(ShiftAssignment)[2].assignment_id)
        press(page, "Swap")
        assert "changed hands" in said(page.success)
        held = {each.assignment_id: each.user_id for each in rows(ShiftAssignment)}
        ids = sorted(held)
        assert [held[ids[1]], held[ids[2]]] == [people["Nora"].user_id, people["Ben"].user_id]

    def test_a_week_is_drawn_again(self, open_page: OpenPage, people: dict[str, Actor]) -> None:
        page = open_page("shifts", add_actor(Role.MANAGER))
        page.number_input(key="week_count").set_value(1)
        press(page, "Draw the week again")
        assert not page.exception
        assert "drawn until 22 Dec 2013: 2 shifts, 2 assignments" in said(page.success)


class TestHandover:
    def test_a_note_is_left_and_stands_on_the_page(
        self, open_page: OpenPage, people: dict[str, Actor]
    ) -> None:
        with transaction(Access.OWNER) as session:
            alert_id = make_alert(session).alert_id
        page = open_page("shifts", people["Mara"])
        page.text_area(key="handover_body").set_value("Call the party of B6 615")
        page.text_input(key="handover_alerts").set_value(f"{alert_id}")
        press(page, "Leave the note")
        assert not page.exception
        assert "Call the party of B6 615" in [each.value for each in page.text]
        assert "Nobody has read it yet" in words_of(page)

    def test_numbers_that_are_none_are_refused_and_the_text_stays(
        self, open_page: OpenPage, people: dict[str, Actor]
    ) -> None:
        page = open_page("shifts", people["Mara"])
        page.text_area(key="handover_body").set_value("Call them")
        page.text_input(key="handover_alerts").set_value("B6 615")
        press(page, "Leave the note")
        assert "write their numbers" in said(page.error)
        assert page.text_area(key="handover_body").value == "Call them"

    def test_it_stands_above_the_inbox_until_it_is_read(
        self, open_page: OpenPage, people: dict[str, Actor]
    ) -> None:
        with transaction(Access.OWNER) as session:
            at = STORM_AT - HOUR
            write_note(session, people["Mara"], body="Two parties wait at JFK", at=at)
            put_on_shift(session, hours(-1, 8), user_id=people["Nora"].user_id, name="Day")
        page = open_page("inbox", people["Nora"])
        assert not page.exception
        assert "Left for your shift by Mara" in words_of(page)
        press(page, "I have read it")
        assert "Left for your shift" not in words_of(page.run())
        assert [each.user_id for each in rows(HandoverSeen)] == [people["Nora"].user_id]
        assert "Left for your shift" not in words_of(open_page("inbox", people["Ben"]))


class TestPicture:
    def test_bars_are_cut_where_somebody_stands_in_and_gaps_are_drawn(
        self, people: dict[str, Actor]
    ) -> None:
        with transaction(Access.OWNER) as session:
            assignment_id = session.scalars(select(ShiftAssignment.assignment_id)).first()
            override_assignment(
                session,
                SYSTEM,
                assignment_id,
                user_id=people["Nora"].user_id,
                during=(STORM_AT + 2 * HOUR, STORM_AT + 4 * HOUR),
                at=PLANNED_AT,
            )
            coverage = check_coverage(session, at=STORM_AT)
            ends_at = STORM_AT + 24 * HOUR
            shifts = list_shifts(session, SYSTEM, starts_at=STORM_AT, ends_at=ends_at)
        frame = bars_frame(shifts, coverage, STORM_AT, ends_at)
        mara = frame[frame["who"] == "Mara"]
        assert [f"{at:%H:%M}" for at in mara["starts"]] == ["06:00", "10:00"]
        assert frame[frame["who"] == "Nora"]["kind"].tolist() == ["stands in"]
        assert set(frame[frame["kind"] == "gap"]["who"]) == {"Step 1: gap", "Step 2: gap"}
        for colours in (LIGHT, DARK):
            assert plan_chart(frame, colours, is_narrow=False).to_dict()["mark"]["type"] == "bar"
        phone = plan_frame(shifts, is_compact=True)
        assert phone["When"][0] == "Tue 10 Dec 05:00-14:00 EST"
        assert phone["Who"].tolist() == ["Mara / Nora", "Ben"]
        words = group_words(alike(coverage.gaps)[-1])
        assert words.startswith(":red[**Step 1: no agent is on shift**]")
        assert "Critical, high, medium, low alerts." in words
