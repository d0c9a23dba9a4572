"""What is late is said in words, by the clock of the people waiting, in a time that never grows."""

from datetime import timedelta

import pytest
from sqlalchemy import text
from sqlalchemy.exc import ProgrammingError

from pipelines.definitions import OPS_SENSORS, REPLAY_SENSORS
from tests.factories.alert import make_alert
from tests.factories.clock import set_clock
from tests.factories.defaults import STORM_AT
from tests.factories.notification import make_notification
from warehouse.operations.engine import beat
from warehouse.queries import engine_watch
from warehouse.queries.clock import read_clock
from warehouse.queries.engine_watch import (
    DRIVEN,
    REPLAY_DRIVEN,
    list_engine_lateness,
    read_pulse,
)
from warehouse.rules.engine_watch import (
    Beat,
    LatePart,
    Pulse,
    duration,
    list_late,
    remedies_of,
    sentence_of,
)
from warehouse.session import Access, transaction
from warehouse.vocabulary import SYSTEM

SERVER_AT = STORM_AT + timedelta(days=4000)
MINUTE = timedelta(minutes=1)
EVERY = timedelta(seconds=4)


def pulse(*ages: tuple[str, timedelta], speed: float = 1, **oldest: timedelta) -> Pulse:
    since = {name: STORM_AT - age for name, age in oldest.items()}
    return Pulse(
        beats=tuple(Beat(name, SERVER_AT - age, EVERY) for name, age in ages),
        oldest_escalation_at=since.get("escalation"),
        oldest_message_at=since.get("message"),
        at=STORM_AT,
        server_at=SERVER_AT,
        speed=speed,
    )


def late(found: Pulse, *expected: str) -> list[tuple[str, str]]:
    listed = list_late(found, expected=expected or ("one", "two"), driving=("one", "two"))
    return [(each.name, each.words) for each in listed]


class TestTheRule:
    def test_what_ticks_is_not_late(self) -> None:
        assert late(pulse(("one", MINUTE), ("two", 2 * MINUTE))) == []

    def test_a_silent_part_is_named_with_how_long_and_how_often_it_should(self) -> None:
        assert late(pulse(("one", MINUTE), ("two", 7 * MINUTE))) == [
            ("two", "two has not run for 7 min, and should every 4 s")
        ]

    def test_a_part_that_never_ran_is_named(self) -> None:
        assert late(pulse(("one", MINUTE)), "one", "two") == [("two", "two has never run")]

    def test_a_part_that_runs_when_asked_is_never_late(self) -> None:
        found = pulse(("one", MINUTE), ("two", MINUTE))
        asked = Beat("deliver_notifications", SERVER_AT - timedelta(days=3), None)
        listed = Pulse((*found.beats, asked), None, None, STORM_AT, SERVER_AT, 1)
        assert late(listed) == []

    def test_an_engine_of_which_nothing_ticks_stands_still(self) -> None:
        assert late(pulse(("one", 9 * MINUTE), ("two", 8 * MINUTE))) == [
            (
                "engine",
                "The engine stands still. Nothing has ticked for 8 min: nobody is paged and "
                "nothing is sent",
            )
        ]

    def test_an_engine_that_never_ran_stands_still(self) -> None:
        assert "It has never run" in late(pulse())[0][1]

    def test_an_alert_and_a_message_that_wait_are_late_before_any_silent_part(self) -> None:
        found = pulse(
            ("one", MINUTE), ("two", 7 * MINUTE), escalation=5 * MINUTE, message=130 * MINUTE
        )
        assert [name for name, _ in late(found)] == ["escalation", "delivery", "two"]
        assert "gone up its ladder 5 min ago" in late(found)[0][1]
        assert "waited for 2 hours" in late(found)[1][1]

    @pytest.mark.parametrize(
        ("speed", "is_late"), [(1, True), (2, True), (10, False), (240, False), (0, False)]
    )
    def test_a_replays_delay_counts_in_the_time_of_the_people_waiting(
        self, speed: float, is_late: bool
    ) -> None:
        found = pulse(("one", MINUTE), ("two", MINUTE), speed=speed, escalation=10 * MINUTE)
        assert bool(late(found)) is is_late

    @pytest.mark.parametrize(
        ("seconds", "words"),
        [
            (0, "0 s"),
            (59, "59 s"),
            (60, "1 min"),
            (7199, "119 min"),
            (7200, "2 hours"),
            (200_000, "2 days"),
        ],
    )
    def test_durations_read_as_people_say_them(self, seconds: int, words: str) -> None:
        assert duration(timedelta(seconds=seconds)) == words

    def test_remedies_are_named_once_each(self) -> None:
        listed = list_late(pulse(("one", MINUTE)), expected=("two", "two"), driving=("one", "two"))
        assert sentence_of(listed) == "two has never run."
        assert remedies_of([*listed, *listed]) == [
            "See the sensor two in Dagster, and turn it on if it is off."
        ]


class TestTheRecord:
    @pytest.fixture(autouse=True)
    def _storm(self, database: str) -> None:
        set_clock(STORM_AT)

    def tick(self, *, age: timedelta = timedelta(0)) -> None:
        with transaction(Access.OWNER) as session:
            at = read_clock(session).server_at - age
            for component in (*DRIVEN, *REPLAY_DRIVEN):
                beat(session, component, at=at, every_seconds=4)

    def late(self) -> list[LatePart]:
        with transaction() as session:
            return [each.part for each in list_engine_lateness(session)]

    def test_every_sensor_is_expected(self) -> None:
        assert {sensor.name for sensor in OPS_SENSORS} == set(DRIVEN)
        assert {sensor.name for sensor in REPLAY_SENSORS} == set(REPLAY_DRIVEN)

    def test_an_engine_that_ticks_is_not_late(self) -> None:
        self.tick()
        assert self.late() == []

    def test_beats_that_grew_old_are_an_engine_that_stands_still(self) -> None:
        self.tick(age=5 * MINUTE)
        assert self.late() == [LatePart.ENGINE]

    def test_the_oldest_alert_and_message_are_read_of_open_and_pending_ones(self) -> None:
        with transaction(Access.OWNER) as session:
            make_alert(session, next_escalation_at=STORM_AT - 3 * MINUTE)
            make_alert(session, next_escalation_at=STORM_AT - 9 * MINUTE)
            make_notification(session, not_before_at=STORM_AT - 4 * MINUTE)
        with transaction() as session:
            found, _ = read_pulse(session)
        assert found.oldest_escalation_at == STORM_AT - 9 * MINUTE
        assert found.oldest_message_at == STORM_AT - 4 * MINUTE

    def test_each_is_a_look_into_a_partial_index_whatever_is_stored(self) -> None:
        with transaction(Access.OWNER) as session:
            session.execute(text("SET LOCAL enable_seqscan = off"))
            session.execute(text("SET LOCAL enable_bitmapscan = off"))
            plan = "\n".join(session.scalars(text(f"EXPLAIN {engine_watch._OLDEST.text}")))
        assert plan.count("Scan using ix_alert_due") == 1
        assert plan.count("Scan using ix_notification_due") == 2
        assert plan.count("Limit") == 3

    def test_the_oldest_message_is_found_among_all_priorities(self) -> None:
        with transaction(Access.OWNER) as session:
            alert_id = make_alert(session).alert_id
            for priority, minutes in ((0, 1), (2, 8), (2, 3), (7, 5)):
                make_notification(
                    session,
                    alert_id=alert_id,
                    priority=priority,
                    not_before_at=STORM_AT - minutes * MINUTE,
                )
        with transaction() as session:
            found, _ = read_pulse(session)
        assert found.oldest_message_at == STORM_AT - 8 * MINUTE

    def test_the_dashboard_beats_for_itself_and_for_no_part_of_the_engine(self) -> None:
        for _ in range(2):
            with transaction(Access.DASHBOARD, on_behalf_of=SYSTEM) as session:
                beat(session, "dashboard", at=SERVER_AT, every_seconds=30)
        with (
            pytest.raises(ProgrammingError, match="row-level security"),
            transaction(Access.DASHBOARD, on_behalf_of=SYSTEM) as session,
        ):
            beat(session, "escalation_due", at=SERVER_AT, every_seconds=4)
