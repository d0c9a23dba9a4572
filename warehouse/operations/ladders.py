"""The ladders, the recipients and the quiet hours that one sweep meets, each read once."""

from collections.abc import Iterable, Sequence
from datetime import datetime

from sqlalchemy.orm import Session

from warehouse.operations.escalation_moves import Page
from warehouse.queries.policies import get_ladder
from warehouse.queries.quiet_hours import find_quiet_until
from warehouse.queries.responders import Reachable, find_responder, list_responders
from warehouse.rules.escalation_policy import Ladder, LadderStep, Position, addresses
from warehouse.vocabulary import Channel, StepTarget


class Ladders:
    """What a sweep asks about ladders, kept for as long as its transaction lasts."""

    def __init__(self, session: Session, at: datetime) -> None:
        self._session, self.at = session, at
        self._ladders: dict[int, Ladder] = {}
        self._recipients: dict[tuple[int, int], tuple[Reachable, ...]] = {}
        self._quiet: dict[int, datetime] = {}

    def ladder(self, policy_version_id: int) -> Ladder:
        """Give the ladder of a version."""
        if policy_version_id not in self._ladders:
            self._ladders[policy_version_id] = get_ladder(self._session, policy_version_id)
        return self._ladders[policy_version_id]

    def recipients(self, ladder: Ladder, step: LadderStep) -> tuple[Reachable, ...]:
        """Give who can be reached at a step by one of its channels."""
        key = (ladder.policy_version_id, step.level)
        if key not in self._recipients:
            self._recipients[key] = self._resolve(step)
        return self._recipients[key]

    def pages(
        self,
        position: Position,
        channels: Sequence[Channel],
        people: Sequence[Reachable],
        *,
        is_critical: bool,
    ) -> Iterable[Page]:
        """Page people of a rung: at once, or what is not critical when their quiet hours end."""
        for person in people:
            due_at = self.at if is_critical else self._quiet_until(person)
            for channel, address in addresses(channels, person.contacts):
                yield Page(
                    user_id=person.user_id,
                    channel=channel.value,
                    address=address,
                    level=position.level,
                    loop=position.loop,
                    not_before_at=due_at,
                )

    def catch_all(self, ladder: Ladder) -> tuple[Reachable, ...]:
        """Give who is asked when nobody on the ladder was there."""
        found = find_responder(self._session, ladder.catch_all_user_id)
        return (found,) if found else ()

    def _quiet_until(self, person: Reachable) -> datetime:
        if person.user_id not in self._quiet:
            until_at = find_quiet_until(self._session, person.user_id, at=self.at)
            self._quiet[person.user_id] = until_at or self.at
        return self._quiet[person.user_id]

    def _resolve(self, step: LadderStep) -> tuple[Reachable, ...]:
        return tuple(
            person for person in self._people(step) if addresses(step.channels, person.contacts)
        )

    def _people(self, step: LadderStep) -> Sequence[Reachable]:
        if step.target is StepTarget.ON_SHIFT and step.role is not None:
            people = list_responders(self._session, step.role, at=self.at)
            # Who is on shift has no quiet hours, so nobody need ask.
            self._quiet.update((person.user_id, self.at) for person in people)
            return people
        found = find_responder(self._session, step.user_id) if step.user_id else None
        return (found,) if found else ()
