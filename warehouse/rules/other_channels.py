"""By which channel somebody is tried next when a page to them is dead."""

from collections.abc import Collection, Iterator

from warehouse.rules.escalation_policy import Ladder
from warehouse.vocabulary import Channel

CATCH_ALL_CHANNEL = Channel.EMAIL


def next_channel(
    ladder: Ladder,
    level: int | None,
    *,
    reachable: Collection[Channel],
    tried: Collection[Channel],
) -> Channel | None:
    """Choose the channel that a person is paged by next, each of them at most once a step.

    Parameters
    ----------
    ladder:
        The version of the policy that the alert climbs; it says which channels may be used at all.
    level:
        The step that pages them; None for an alert that climbs no ladder.
    reachable:
        The channels for which the person has a verified contact.
    tried:
        The channels that this step has paged them by.

    Returns
    -------
    :
        The step's own channels come first, in its order, then those of the steps after and before
        it; None where no channel is left.
    """
    for channel in _in_order(ladder, level):
        if channel in reachable and channel not in tried:
            return channel
    return None


def _in_order(ladder: Ladder, level: int | None) -> Iterator[Channel]:
    start = (level or 1) - 1
    for step in (*ladder.steps[start:], *ladder.steps[:start]):
        yield from step.channels
    yield CATCH_ALL_CHANNEL
