"""Whatever happens at the desk, in whatever order: every promise holds after each act.

Time is data. Rules that join several acts lead to places that acts drawn one by one rarely reach.
"""

from collections.abc import Callable

from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import rule, run_state_machine_as_test

from tests.warehouse.lifecycle.acts import ALERTS, LADDERS, MINUTES, OUTCOMES, PEOPLE, SLOTS
from tests.warehouse.lifecycle.desk import FLIGHTS, Desk
from tests.warehouse.lifecycle.promises import PromiseBroken
from tests.warehouse.lifecycle.storm_acts import StormActs
from warehouse.operations import notifications
from warehouse.operations.notifications import Dead, Retry, Sent

MOST_PASSES = 40
STEPS = 30


class DeskMachine(StormActs):
    """The acts, and those that belong together."""

    @rule(slot=ALERTS, person=PEOPLE)
    def escalate_then_acknowledge(self, slot: int, person: int) -> None:
        self._each(self.escalate, lambda: self.acknowledge(slot, person, None))

    @rule(slot=ALERTS, person=PEOPLE, closes=st.booleans(), data=st.data(), outcome=OUTCOMES)
    def claim_then_act_then_finish(
        self,
        slot: int,
        person: int,
        closes: bool,
        data: st.DataObject,
        outcome: Sent | Retry | Dead,
    ) -> None:
        act = self.resolve if closes else lambda s, p: self.acknowledge(s, p, None)
        self._each(
            self.escalate,
            lambda: self.claim("ada"),
            lambda: act(slot, person),
            lambda: self._finish_all(outcome),
        )

    @rule(
        ladder=st.sampled_from(["tall", "by phone"]),
        slot=SLOTS,
        person=PEOPLE,
        outcomes=st.tuples(OUTCOMES, OUTCOMES),
        minutes=st.sampled_from([1, 3, 5]),
    )
    def page_of_everything_at_once(
        self,
        ladder: str,
        slot: int,
        person: int,
        outcomes: tuple[Sent | Retry | Dead, Sent | Retry | Dead],
        minutes: int,
    ) -> None:
        """More than goes one by one: some comes in digests, which are refused, taken, and go on."""
        self.publish(ladder)
        for flight in range(FLIGHTS):
            self._each(lambda flight=flight: self.bring(flight, 0.2))
        self._each(self.escalate, lambda: self.claim("ada"))
        for outcome in outcomes:
            self._each(
                lambda: self.acknowledge(slot, person, None),
                lambda outcome=outcome: self._finish_all(outcome),
                lambda: self.pass_time(minutes),
                lambda: self.claim("bob"),
            )

    @rule(slot=ALERTS, person=PEOPLE, outcome=OUTCOMES, minutes=MINUTES)
    def claim_then_suppress_then_finish(
        self, slot: int, person: int, outcome: Sent | Retry | Dead, minutes: int
    ) -> None:
        self._each(
            self.escalate,
            lambda: self.claim("ada"),
            lambda: self.suppress(slot, person, minutes),
            lambda: self._finish_all(outcome),
            lambda: self.pass_time(minutes),
            lambda: self.claim("bob"),
            self.escalate,
            lambda: self.claim("bob"),
        )

    @rule(slot=ALERTS, person=PEOPLE, passes=st.integers(1, 6), minutes=MINUTES)
    def climb_then_suppress(self, slot: int, person: int, passes: int, minutes: int) -> None:
        """An alert is put off anywhere on its ladder, even at its end, and then wakes."""
        for _ in range(passes):
            self._each(self.escalate, lambda: self.pass_time(31))
        self._each(
            lambda: self.suppress(slot, person, minutes),
            self.escalate,
            lambda: self.pass_time(minutes),
            self.escalate,
        )

    @rule(slot=ALERTS, person=PEOPLE, other=PEOPLE)
    def click_again_after_a_release(self, slot: int, person: int, other: int) -> None:
        """A click that was on its way for long is still the act it was."""
        self._each(
            lambda: self.acknowledge(slot, person, "first click"),
            lambda: self.release(slot, other),
            lambda: self.acknowledge(slot, person, "first click"),
        )

    @rule(slot=SLOTS, ladder=LADDERS, minutes=MINUTES)
    def edit_the_ladder_under_way(self, slot: int, ladder: str, minutes: int) -> None:
        """What climbs already climbs on as it began; what comes later climbs the newer one."""
        self._each(
            lambda: self.bring(slot, 0.4),
            self.escalate,
            lambda: self.publish(ladder),
            lambda: self.pass_time(minutes),
            self.escalate,
        )

    @rule(slot=ALERTS, person=PEOPLE)
    def acknowledge_and_forget(self, slot: int, person: int) -> None:
        self._each(
            lambda: self.acknowledge(slot, person, None),
            lambda: self.pass_time(241),
            self.let_acknowledgements_lapse,
            self.escalate,
        )

    @rule(slot=SLOTS, person=PEOPLE)
    def acknowledge_what_gets_worse(self, slot: int, person: int) -> None:
        self._each(
            lambda: self.bring(slot, 0.2),
            lambda: self.acknowledge(slot, person, None),
            lambda: self.bring(slot, None),
            self.escalate,
        )

    @rule(times=st.integers(1, 6))
    def claim_and_never_answer(self, times: int) -> None:
        """Workers die with what they hold, again and again."""
        for _ in range(times):
            self._each(lambda: self.claim("ada"), lambda: self.pass_time(1))
        self._each(lambda: self.claim("bob"))

    @rule(rounds=st.integers(1, 3), person=PEOPLE)
    def let_every_page_die(self, rounds: int, person: int) -> None:
        """Nobody's mailbox exists; then somebody sends it all again."""
        for _ in range(rounds):
            self._each(
                self.escalate,
                lambda: self.claim("ada"),
                lambda: self._finish_all(Dead("550 nobody")),
            )
        self._each(lambda: self.send_again(person), lambda: self.claim("bob"))

    @rule(days=st.integers(1, 2))
    def stop_the_engine(self, days: int) -> None:
        """Nothing runs for days; then it catches up a step at a time."""
        self._each(lambda: self.pass_time(days * 1_440), self.escalate, self.escalate)

    def teardown(self) -> None:
        """Left alone, every alert reaches somebody, every ladder ends, every message ends."""
        if self.since:
            self._run_out()

    def _run_out(self) -> None:
        for _ in range(MOST_PASSES):
            before = self._newest()
            self.pass_time(1_440)
            self._each(self.escalate, lambda: self.claim("last"), lambda: self._finish_all(Sent()))
            if self._newest() == before:
                return
        raise PromiseBroken("11: a ladder that nobody answers does not end")

    def _finish_all(self, outcome: Sent | Retry | Dead) -> None:
        held, self.held = self.held, []
        for worker, letter in held:
            self._pipeline(
                notifications.record_delivery,
                notification_id=letter.notification_id,
                attempt=letter.attempt,
                worker=worker,
                at=self.at,
                outcome=outcome,
            )

    def _each(self, *acts: Callable[[], object]) -> None:
        for act in acts:
            act()
            self.promises_hold()


def live(desk: Desk, *, lives: int, is_fresh: bool = False, shrinks: bool = True) -> None:
    """Let the desk live through so many days, the same ones each time unless fresh."""
    phases = (Phase.generate, Phase.shrink) if shrinks else (Phase.generate,)
    run_state_machine_as_test(
        lambda: DeskMachine(desk),
        settings=settings(
            max_examples=lives,
            stateful_step_count=STEPS,
            derandomize=not is_fresh,
            phases=phases,
            deadline=None,
            database=None,
            print_blob=False,
            report_multiple_bugs=False,
            suppress_health_check=list(HealthCheck),
        ),
    )
