"""What the warehouse refuses, each error named by the refusal and carrying its data."""

from collections.abc import Sequence
from datetime import datetime

from warehouse.vocabulary import Actor, Permission


class WarehouseRefused(Exception):
    """The warehouse did not do what was asked; the message says why and what to do."""


class PermissionRefused(WarehouseRefused):
    """The actor's roles do not allow the act; it carries what the audit history keeps of it."""

    def __init__(
        self,
        actor: Actor,
        permission: Permission,
        act: str | None = None,
        noun: str = "permission",
        noun_id: int | None = None,
    ) -> None:
        self.actor, self.permission = actor, permission
        words = permission.value.replace("_", " ")
        self.act, self.noun, self.noun_id = act or words, noun, noun_id
        super().__init__(f"{actor.username} may not {words}.")


class NotFound(WarehouseRefused):
    """No row has the identifier that was asked for."""

    def __init__(self, noun: str, identifier: object) -> None:
        self.noun = noun
        self.identifier = identifier
        super().__init__(f"There is no {noun} {identifier}.")


class TransitionRefused(WarehouseRefused):
    """The state machine has no such step from where the row stands."""

    def __init__(self, noun: str, status: str, step: str, *, why: str = "") -> None:
        self.noun, self.status, self.step = noun, status, step
        reason = f": {why}" if why else ""
        super().__init__(f"A {noun} that is {status} cannot be {step}{reason}.")


class PromotionRefused(WarehouseRefused):
    """A release may not predict: its gate did not let it, or never judged it as things stand."""

    def __init__(self, release_id: int, why: str) -> None:
        self.release_id, self.why = release_id, why
        super().__init__(
            f"Release {release_id} is not promoted: {why.removesuffix('.')}. Judge it again beside "
            "the champion, or overrule the gate with a reason of your own."
        )


class AlreadyHandled(WarehouseRefused):
    """A notification or link belongs to an earlier generation of its alert."""

    def __init__(self, by: str | None, at: datetime | None) -> None:
        self.by, self.at = by, at
        super().__init__(f"Already handled by {by or 'somebody else'}.")


class LinkRefused(WarehouseRefused):
    """A link of a page cannot be trusted any more; the message says why."""


class NoRoomLeft(WarehouseRefused):
    """The inventory ledger has no room free on every night asked for."""

    def __init__(self, hotel: str, room_type: str) -> None:
        self.hotel, self.room_type = hotel, room_type
        super().__init__(f"{hotel} has no {room_type} room free on every night asked for.")


class WallTimeRefused(WarehouseRefused):
    """A local time that its zone's clocks never show, or show twice; the message says which."""


class ContactRefused(WarehouseRefused):
    """A contact cannot be taken or checked; the message says what to do."""


class SignInRefused(WarehouseRefused):
    """The name and password do not open a session; the message never says which was wrong."""


class ClockRefused(WarehouseRefused):
    """The database was not created for replay, so its time is the server's."""


class PolicyFileWrong(WarehouseRefused):
    """A file does not say a policy; `mistakes` has a sentence for each thing that is wrong."""

    def __init__(self, mistakes: Sequence[str]) -> None:
        self.mistakes = tuple(mistakes)
        super().__init__("\n".join(mistakes))


class FeedRefused(WarehouseRefused):
    """A batch broke its contract and none of it was kept."""


class ConfigurationRefused(WarehouseRefused):
    """A setting is missing or wrong; the message names it and what it should be."""
