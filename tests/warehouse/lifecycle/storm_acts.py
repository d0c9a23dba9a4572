"""Storms at the desk: facts that come together, and the alert that pages for all of them."""

from hypothesis import strategies as st
from hypothesis.stateful import rule

from tests.warehouse.lifecycle.acts import ALERTS, FACTS, MINUTES, PEOPLE, SLOTS, Acts
from tests.warehouse.lifecycle.desk import FLIGHTS, STORMY
from warehouse.operations import storms

EVERY_FLIGHT = range(FLIGHTS)
THE_STORM = FLIGHTS


class StormActs(Acts):
    """The acts, and those that only a storm has."""

    @rule(probability=FACTS)
    def bring_all(self, probability: float | None) -> None:
        """One load says it of every flight of the airport."""
        self._bring(EVERY_FLIGHT, probability, may_page=True)

    @rule()
    def tend_storms(self) -> None:
        self._pipeline(storms.tend_storms, at=self.at)

    @rule(slot=ALERTS, person=PEOPLE, closes=st.booleans(), minutes=MINUTES)
    def storm_then_respond(self, slot: int, person: int, closes: bool, minutes: int) -> None:
        """A storm is under way as somebody takes or resolves it, or one of those that joined it."""
        act = self.resolve if closes else lambda s, p: self.acknowledge(s, p, None)
        self._storm(0.2)
        for step in (
            self.escalate,
            lambda: self.claim("ada"),
            lambda: act(slot, person),
            lambda: self.pass_time(minutes),
            self.tend_storms,
            self.let_acknowledgements_lapse,
            self.escalate,
        ):
            step()
            self.promises_hold()

    @rule(slot=SLOTS, person=PEOPLE)
    def storm_that_gets_worse(self, slot: int, person: int) -> None:
        """Somebody has the storm as what joined it turns out to be true."""
        self._storm(0.2)
        for step in (
            lambda: self.acknowledge(THE_STORM, person, None),
            lambda: self.bring(slot, None),
            self.escalate,
            lambda: self.release(slot, person),
        ):
            step()
            self.promises_hold()

    def _storm(self, probability: float) -> None:
        self.publish(STORMY)
        self.bring_all(probability)
        self.promises_hold()
