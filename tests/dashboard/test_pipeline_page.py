"""The pipeline page: its sentence, feeds, refusals, engine and failed deliveries, by role."""

from collections.abc import Sequence
from datetime import timedelta

import pytest
from sqlalchemy import delete, select
from streamlit.testing.v1 import AppTest

from dashboard.components.palette import DARK, LIGHT
from dashboard.components.pipeline_engine import head_of, story_of
from dashboard.components.pipeline_feeds import deliveries_frame, feeds_frame
from dashboard.components.pipeline_refusal_chart import (
    BARS_SHOWN,
    refusal_chart,
    refusals_frame,
)
from dashboard.components.pipeline_summary import Flow
from dashboard.settings import read_settings
from tests.dashboard.conftest import OpenPage, add_actor
from tests.dashboard.test_gate import words_of
from tests.factories.airport import make_airport, make_carrier
from tests.factories.defaults import STORM_AT
from tests.factories.feed import make_batch, make_refused
from tests.factories.frames import delivery, flights_frame_of
from tests.factories.notification import make_notification
from warehouse.audit_tags import AuditTag
from warehouse.operations.engine import beat
from warehouse.operations.feeds import load_flights
from warehouse.operations.quarantine_retry import retry_quarantine
from warehouse.queries.clock import Clock, read_clock
from warehouse.queries.feeds import BatchRow, FeedFreshness, QuarantineReason
from warehouse.queries.pipeline_page import (
    ENGINE,
    HOUR,
    HOURLY_FEEDS,
    ComponentState,
    FeedState,
)
from warehouse.schema.engine import Heartbeat
from warehouse.schema.feeds import Quarantine
from warehouse.session import Access, transaction
from warehouse.vocabulary import SYSTEM, Role, Severity

CLOCK = Clock(at=STORM_AT, server_at=STORM_AT, is_replay=True, speed=1)
STAFF = (Role.MANAGER, Role.ADMIN)


@pytest.fixture
def flowing(replayed: str) -> None:
    """Let every hourly feed have delivered, and every part of the engine just have ticked."""
    with transaction(Access.OWNER) as session:
        for feed in HOURLY_FEEDS:
            make_batch(
                session,
                feed=feed,
                partition_key="2013-12-10-10:00",
                received_count=12,
                accepted_count=9,
                quarantined_count=3,
            )
        for component in ENGINE:
            beat(session, component, at=read_clock(session).server_at, every_seconds=10)


@pytest.fixture
def refused(replayed: str) -> list[int]:
    """Let two segments of a file and a row of a provider wait; give their ids, newest first."""
    with transaction(Access.OWNER) as session:
        rows = [
            make_refused(session, raw_text="Ada;Lovelace;XXX", line=7),
            make_refused(session, column_name="", reason="is *no* row at all"),
            make_refused(session, feed="weather_observation", file="", column_name="wind_mps"),
        ]
        return sorted((row.quarantine_id for row in rows), reverse=True)


def choose(page: AppTest, key: str, position: int = 0) -> AppTest:
    selection = {"rows": [position], "columns": [], "cells": []}
    page.session_state[key] = {"selection": selection}
    return page.run()


def tables(page: AppTest, *columns: str) -> list:
    return [each.value for each in page.dataframe if set(columns) <= set(each.value.columns)]


def texts(page: AppTest) -> str:
    return " ".join(each.value for each in page.text)


def feed_state(feed: str, minutes: float | None, *, is_hourly: bool = True) -> FeedState:
    every = HOUR if is_hourly else None
    if minutes is None:
        return FeedState(feed, every, None, None)
    age = timedelta(minutes=minutes)
    newest = FeedFreshness(feed, STORM_AT - age, "2013-01-01...2013-12-08", 1, 20, 3)
    return FeedState(feed, every, newest, age)


def component_state(name: str, seconds: float | None, **overrides: object) -> ComponentState:
    age = None if seconds is None else timedelta(seconds=seconds)
    values = {"waiting_count": 0, "oldest_due_at": None, "last_tag": None, "last_done_at": None}
    beat_at = None if age is None else STORM_AT - age
    every = timedelta(seconds=4)
    return ComponentState(name, beat_at, age, every, **(values | overrides))


TICKING = (component_state("sweeps_due", 4), component_state("escalation_due", 9))
FRESH = (feed_state("booking", 20), feed_state("hotel", 4000, is_hourly=False))


class TestSentence:
    def test_it_says_that_everything_flows(self) -> None:
        flow = Flow(FRESH, TICKING, waiting_count=12, dead_count=0, is_replay=True)
        assert flow.severity is None
        assert flow.sentence() == (
            "Facts are up to the hour: 1 feed delivered within the last replayed hour; "
            "12 rows wait in quarantine; the engine ticked 4 s ago."
        )

    @pytest.mark.parametrize(
        ("flow", "severity", "words"),
        [
            (
                Flow((feed_state("booking", 200), *FRESH), TICKING, 0, 2),
                Severity.HIGH,
                "1 of 2 regular feeds is late: booking (last 3 h 20 min ago); "
                "2 messages failed for good; nothing waits in quarantine; "
                "the engine ticked 4 s ago.",
            ),
            (
                Flow(FRESH, (component_state("sweeps_due", 700), *TICKING), 1, 0),
                Severity.CRITICAL,
                "The engine's sweeps_due has not ticked for 11 min; facts are up to the hour: "
                "1 feed delivered within the last hour; 1 row waits in quarantine.",
            ),
            (
                Flow(FRESH, (component_state("sweeps_due", 700),)),
                Severity.CRITICAL,
                "The engine has not ticked for 11 min; facts are up to the hour: "
                "1 feed delivered within the last hour.",
            ),
            (
                Flow((feed_state("booking", None),), (component_state("sweeps_due", None),), 0, 0),
                Severity.CRITICAL,
                "The engine has never ticked; no feed has delivered yet; "
                "nothing waits in quarantine.",
            ),
            (
                Flow((feed_state("booking", 80),), TICKING, None, 1),
                Severity.MEDIUM,
                "1 message failed for good; facts are up to the hour, the newest of them "
                "1 h 20 min ago; the engine ticked 4 s ago.",
            ),
        ],
    )
    def test_what_is_wrong_comes_first(self, flow: Flow, severity: Severity, words: str) -> None:
        assert flow.severity is severity
        assert flow.sentence() == words

    def test_it_stands_on_the_page_with_its_mark(self, open_page: OpenPage, flowing: None) -> None:
        page = open_page("pipeline", add_actor(Role.MANAGER))
        assert not page.exception
        assert ":green-badge" in words_of(page)
        assert "5 feeds delivered within the last replayed hour; nothing waits" in words_of(page)
        with transaction(Access.OWNER) as session:
            session.connection().exec_driver_sql("DELETE FROM engine.heartbeat")
        assert ":red-badge[● Critical] The engine has never ticked" in words_of(page.run())


class TestFeeds:
    def test_each_feed_has_its_newest_delivery_with_its_age_and_state(
        self, open_page: OpenPage, flowing: None
    ) -> None:
        page = open_page("pipeline", add_actor(Role.ANALYST))
        (feeds,) = tables(page, "State", "Feed")
        row = feeds.set_index("Feed").loc["booking"]
        assert list(row["State"]) == ["✓ fresh"]
        assert row["Age"] == "0 s ago"
        assert row["Last delivery"] == "Tue 10 Dec 06:00 EST"
        assert row["Partition (UTC)"] == "2013-12-10-10:00"
        assert (row["Accepted"], row["Refused"]) == (9, 3)
        assert list(feeds.set_index("Feed").loc["hotel"]["State"]) == ["○ never"]
        assert "Tue 10 Dec 06:00 EST" in words_of(page)

    def test_a_chosen_feed_shows_its_last_deliveries(
        self, open_page: OpenPage, flowing: None
    ) -> None:
        page = open_page("pipeline", add_actor(Role.ANALYST))
        (feeds,) = tables(page, "State", "Feed")
        choose(page, f"pipeline_feeds_{len(feeds)}")
        (deliveries,) = tables(page, "Received", "Unchanged")
        assert deliveries["Received"].tolist() == [12]
        choose(page, f"pipeline_feeds_{len(feeds)}", position=len(feeds) - 1)
        assert "traveller has never delivered" in words_of(page)

    def test_late_and_long_ranges_are_put_into_words(self) -> None:
        states = [
            feed_state("booking", 200),
            feed_state("hotel", 9, is_hourly=False),
            feed_state("booking_segment", 9, is_hourly=False),
        ]
        frame = feeds_frame(states)
        assert [list(each) for each in frame["State"]] == [["◆ late"], ["✓ loaded"], ["✓ loaded"]]
        assert frame["Expected"].tolist() == ["every hour", "when it changes", "as it comes"]
        assert frame["Partition (UTC)"][0] == "2013-01-01 to 2013-12-08"
        batch = BatchRow(1, "booking", "agency", None, STORM_AT, 4, 1, 1, 1, 1)
        (line,) = deliveries_frame([batch], STORM_AT + HOUR).to_dict("records")
        assert (line["Age"], line["Partition (UTC)"], line["Older"]) == ("1 h 00 min ago", "—", 1)

    def test_before_any_delivery_it_says_what_to_do(self, open_page: OpenPage) -> None:
        page = open_page("pipeline", add_actor(Role.MANAGER))
        assert not page.exception
        assert "No feed has delivered yet. `stormdesk up` loads" in page.info[0].value
        assert not tables(page, "State", "Feed")


class TestQuarantine:
    @pytest.mark.parametrize("role", STAFF)
    def test_staff_see_what_was_refused_and_why(
        self, open_page: OpenPage, refused: list[int], role: Role
    ) -> None:
        page = open_page("pipeline", add_actor(role))
        assert not page.exception
        assert "3 rows refused for 3 reasons" in words_of(page)
        (rows,) = tables(page, "Feed", "Line")
        assert rows["File"].tolist() == ["—", "december.csv", "december.csv"]
        assert rows["Column"].tolist() == ["wind_mps", "—", "origin"]
        assert rows["Line"].tolist()[-1] == 7
        assert rows["First seen"].tolist()[0] == "Tue 10 Dec 06:00 EST"

    def test_an_analyst_learns_how_many_but_sees_no_row(
        self, open_page: OpenPage, flowing: None, refused: list[int]
    ) -> None:
        page = open_page("pipeline", add_actor(Role.ANALYST), pipeline_feed="weather_observation")
        assert not page.exception
        assert "your role sees no personal data" in words_of(page)
        assert "in quarantine" not in words_of(page)
        assert not tables(page, "Feed", "Line")
        assert not page.code
        assert not page.selectbox

    def test_the_filters_come_from_the_address(
        self, open_page: OpenPage, refused: list[int]
    ) -> None:
        manager = add_actor(Role.MANAGER)
        page = open_page("pipeline", manager, pipeline_feed="booking_segment")
        assert len(tables(page, "Feed", "Line")[0]) == 2
        page = open_page("pipeline", manager, pipeline_reason="origin names no airport")
        assert tables(page, "Feed", "Line")[0]["Line"].tolist() == [7]
        assert page.selectbox(key="pipeline_reason").value == "origin names no airport"

    def test_an_address_that_names_nothing_that_waits_hides_nothing(
        self, open_page: OpenPage, refused: list[int]
    ) -> None:
        page = open_page(
            "pipeline",
            add_actor(Role.MANAGER),
            pipeline_feed="hotel",
            pipeline_reason="is gone",
        )
        assert not page.exception
        assert len(tables(page, "Feed", "Line")[0]) == 3

    def test_another_feed_starts_with_any_of_its_reasons(
        self, open_page: OpenPage, refused: list[int]
    ) -> None:
        page = open_page(
            "pipeline", add_actor(Role.MANAGER), pipeline_reason="origin names no airport"
        )
        page.selectbox(key="pipeline_feed").set_value("weather_observation").run()
        assert not page.exception
        assert page.selectbox(key="pipeline_reason").value == "Any reason"
        assert tables(page, "Feed", "Line")[0]["Feed"].tolist() == ["weather_observation"]

    def test_a_chosen_row_shows_its_text_whole_and_what_to_do(
        self, open_page: OpenPage, refused: list[int]
    ) -> None:
        page = open_page("pipeline", add_actor(Role.ADMIN))
        choose(page, f"pipeline_refused_{refused[0]}_{refused[-1]}", position=2)
        assert not page.exception
        assert texts(page) == (
            "booking_segment: origin names no airport (line 7 of december.csv, from agency)"
        )
        assert [each.value for each in page.code] == [
            "Ada;Lovelace;XXX",
            "stormdesk ingest december.csv",
            "stormdesk quarantine retry --feed booking_segment",
        ]
        assert "Correct the file and ingest it again" in words_of(page)

    def test_a_provider_s_row_is_no_file_to_correct_and_a_manager_is_told_whom_to_ask(
        self, open_page: OpenPage, refused: list[int]
    ) -> None:
        page = open_page("pipeline", add_actor(Role.MANAGER))
        choose(page, f"pipeline_refused_{refused[0]}_{refused[-1]}")
        assert "Tell the provider" in words_of(page)
        assert "An administrator can load it again." in words_of(page)
        assert len(page.code) == 1

    def test_what_a_source_wrote_is_never_read_as_markdown(
        self, open_page: OpenPage, refused: list[int]
    ) -> None:
        page = open_page("pipeline", add_actor(Role.MANAGER))
        choose(page, f"pipeline_refused_{refused[0]}_{refused[-1]}", position=1)
        assert "is *no* row at all" in texts(page)
        assert "is *no* row at all" not in words_of(page)

    def test_older_rows_are_a_page_away(self, open_page: OpenPage, replayed: str) -> None:
        with transaction(Access.OWNER) as session:
            for _ in range(53):
                make_refused(session)
        page = open_page("pipeline", add_actor(Role.MANAGER))
        assert len(tables(page, "Feed", "Line")[0]) == 50
        next(each for each in page.button if each.label == "Older").click().run()
        assert len(tables(page, "Feed", "Line")[0]) == 3
        next(each for each in page.button if each.label == "Newest").click().run()
        assert len(tables(page, "Feed", "Line")[0]) == 50

    def test_rows_that_left_while_a_page_was_open_are_not_missed_in_silence(
        self, open_page: OpenPage, refused: list[int]
    ) -> None:
        page = open_page("pipeline", add_actor(Role.MANAGER))
        page.session_state["pipeline_older_than"] = refused[-1]
        assert "No refused row matches" in words_of(page.run())
        next(each for each in page.button if each.label == "Clear filters").click().run()
        assert len(tables(page, "Feed", "Line")[0]) == 3

    def test_the_command_it_names_loads_again_what_has_become_true(
        self, open_page: OpenPage, replayed: str
    ) -> None:
        with transaction() as session:
            make_airport(session, "JFK")
            make_carrier(session, "B6")
            load_flights(session, SYSTEM, flights_frame_of({}), delivery())
        page = open_page("pipeline", add_actor(Role.ADMIN))
        assert "1 row refused for 1 reason" in words_of(page)
        with transaction(Access.OWNER) as session:
            number = session.scalars(select(Quarantine.quarantine_id)).one()
        choose(page, f"pipeline_refused_{number}_{number}")
        assert page.code[-1].value == "stormdesk quarantine retry --feed flight"
        with transaction() as session:
            make_airport(session, "BOS")
            assert retry_quarantine(session, SYSTEM, at=STORM_AT, feed="flight").cleared == 1
        assert "Nothing waits" in page.run().success[0].value

    @pytest.mark.parametrize("colours", [LIGHT, DARK])
    def test_the_chart_draws_the_commonest_and_sums_up_the_rest(self, colours) -> None:
        reasons: Sequence[QuarantineReason] = [
            QuarantineReason("flight", "day", f"is not day {number}", 40 - number)
            for number in range(BARS_SHOWN + 3)
        ]
        frame = refusals_frame(reasons, feed="flight", words="day is not day 2")
        assert len(frame) == BARS_SHOWN + 1
        assert frame["label"].tolist()[-1] == "3 rarer reasons together"
        assert frame["rows"].tolist()[-1] == 30 + 29 + 28
        assert frame["is_shown"].tolist() == [number == 2 for number in range(BARS_SHOWN + 1)]
        drawn = refusal_chart(frame, colours, is_narrow=True).to_dict()
        assert len(drawn["layer"]) == 3


class TestEngine:
    def test_every_part_is_named_with_its_lag(self, open_page: OpenPage, flowing: None) -> None:
        page = open_page("pipeline", add_actor(Role.ANALYST))
        for component in ENGINE:
            assert f":green-badge[✓ Ticking] **{component}**" in words_of(page)
        assert "Sends alerts nobody took up their ladder." in words_of(page)

    def test_one_that_is_overdue_is_red_and_says_where_to_look(self) -> None:
        state = component_state("sweeps_due", 700)
        assert head_of(state) == ":red-badge[● Overdue] **sweeps_due**"
        assert story_of(state, CLOCK).startswith(
            "Ticked 11 min ago, at Tue 10 Dec 05:48 EST: see its sensor in Dagster."
        )
        never = component_state("sweeps_due", None)
        assert "Has never ticked: see whether its sensor runs" in story_of(never, CLOCK)

    def test_it_says_what_waits_and_what_was_done_last(self) -> None:
        state = component_state(
            "notifications_due",
            3,
            waiting_count=2,
            oldest_due_at=STORM_AT - timedelta(minutes=5),
            last_tag=AuditTag.NOTIFICATION_SENT,
            last_done_at=STORM_AT - HOUR,
        )
        assert story_of(state, CLOCK) == (
            "Ticked 3 s ago. Sends messages; asks for a run where that takes long. "
            "2 waiting, the oldest due 5 min ago. Last: notification sent, Tue 10 Dec 05:00 EST."
        )

    def test_an_engine_that_never_ran_says_how_to_start_it(self, open_page: OpenPage) -> None:
        with transaction(Access.OWNER) as session:
            session.execute(delete(Heartbeat))
        page = open_page("pipeline", add_actor(Role.MANAGER))
        banner, section = (each.value for each in page.error)
        assert "It has never run" in banner
        assert "The engine has never ticked" in section
        assert "`stormdesk up`" in section


class TestFailedDeliveries:
    @pytest.fixture
    def dead(self, replayed: str) -> int:
        with transaction(Access.OWNER) as session:
            make_notification(session, address="not.yet@desk.example.test")
            return make_notification(
                session, status="dead", attempts=4, last_error="550 no such user"
            ).notification_id

    @pytest.mark.parametrize("role", STAFF)
    def test_staff_see_to_whom_and_why(self, open_page: OpenPage, dead: int, role: Role) -> None:
        page = open_page("pipeline", add_actor(role))
        (letters,) = tables(page, "Address", "Why")
        (letter,) = letters.to_dict("records")
        assert (letter["Address"], letter["Why"]) == (
            "mara@desk.example.test",
            "550 no such user",
        )
        assert "1 message failed for good" in words_of(page)
        choose(page, f"pipeline_letters_{dead}_1")
        assert not page.exception
        (link,) = page.get("page_link")
        assert link.proto.label == f"Open alert {letter['Alert']}"

    def test_one_press_sends_a_letter_again_and_says_what_became_of_it(
        self, open_page: OpenPage, dead: int
    ) -> None:
        page = open_page("pipeline", add_actor(Role.MANAGER))
        choose(page, f"pipeline_letters_{dead}_1")
        page.button(key=f"pipeline_send_again_{dead}").click().run()
        assert not page.exception
        assert "1 of 1 message sent again." in words_of(page)
        assert f"Message {dead}: It is on its way to user" in words_of(page)
        assert not tables(page, "Address", "Why")
        page.button(key="pipeline_letters_away").click().run()
        assert "sent again" not in words_of(page)

    def test_each_of_several_letters_has_its_own_answer(
        self, open_page: OpenPage, dead: int
    ) -> None:
        with transaction(Access.OWNER) as session:
            values = {"status": "dead", "attempts": 4, "last_error": "no such number"}
            other = make_notification(session, channel="sms", **values).notification_id
        page = open_page("pipeline", add_actor(Role.ADMIN))
        key = f"pipeline_letters_{other}_2"
        page.session_state[key] = {"selection": {"rows": [0, 1], "columns": [], "cells": []}}
        page.run().button(key="pipeline_send_again_all").click().run()
        assert not page.exception
        words = words_of(page).replace("\\", "")
        assert "1 of 2 messages sent again." in words
        assert f"Message {other}: A message that is dead cannot be sent again" in words

    def test_an_analyst_sees_no_address(self, open_page: OpenPage, dead: int) -> None:
        page = open_page("pipeline", add_actor(Role.ANALYST))
        assert not page.exception
        assert not tables(page, "Address")
        assert "failed for good;" not in words_of(page)
        assert "They name people" in words_of(page)

    def test_none_is_said(self, open_page: OpenPage) -> None:
        page = open_page("pipeline", add_actor(Role.MANAGER))
        assert "None: every message was taken" in words_of(page)


class TestDagster:
    def test_the_links_lead_to_its_own_pages(
        self, open_page: OpenPage, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("STORMDESK_DAGSTER_URL", "https://dagster.example/")
        page = open_page("pipeline", add_actor(Role.ANALYST))
        links = {each.proto.label: each.proto.url for each in page.get("link_button")}
        assert links == {
            "Asset graph": "https://dagster.example/asset-groups",
            "Runs": "https://dagster.example/runs",
            "Sensors": "https://dagster.example/automation",
        }

    def test_without_an_address_it_says_which_setting_is_missing(self, open_page: OpenPage) -> None:
        assert read_settings().dagster_url is None
        page = open_page("pipeline", add_actor(Role.ANALYST))
        assert "Set STORMDESK_DAGSTER_URL" in words_of(page)
        assert not page.get("link_button")
