"""Which release a rollback goes back to, told from the reigns so far."""

from collections.abc import Sequence
from dataclasses import dataclass

from warehouse.vocabulary import ReleaseId


@dataclass(frozen=True, slots=True)
class Reign:
    """One release in force: promoted, or put back when another was rolled back."""

    release_id: ReleaseId
    #: The release that was taken off; None for a promotion.
    rolled_back_from: ReleaseId | None


def release_before(reigns: Sequence[Reign]) -> ReleaseId | None:
    """Find the release that a rollback of the last reign puts back.

    A promotion adds to the line of champions and a rollback shortens it, so rolling back twice
    goes back twice: never to what was just taken off.

    Parameters
    ----------
    reigns:
        All reigns, the oldest first; the last one is in force.

    Returns
    -------
    :
        None if nothing predicted before.
    """
    line: list[ReleaseId] = []
    for reign in reigns:
        if reign.rolled_back_from is not None and reign.release_id in line[:-1]:
            last = len(line) - 2 - line[:-1][::-1].index(reign.release_id)
            del line[last + 1 :]
        else:
            line.append(reign.release_id)
    return line[-2] if len(line) > 1 else None
