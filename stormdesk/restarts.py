"""How often what ended by itself is started again before somebody has to look."""

from __future__ import annotations

from collections import deque

MOST_ENDS = 5
WITHIN_SECONDS = 120.0
"""One that cannot even start ends this often in two minutes; one that was killed does not."""


class Restarts:
    """Counts how often one program ended lately."""

    def __init__(self) -> None:
        self._ends: deque[float] = deque(maxlen=MOST_ENDS)

    def allow_another(self, at_seconds: float) -> bool:
        """Note an end, and tell whether the program may be started once more.

        Parameters
        ----------
        at_seconds:
            When it ended, on a clock that only goes forward.

        Returns
        -------
        :
            False at the fifth end within two minutes.
        """
        self._ends.append(at_seconds)
        return len(self._ends) < MOST_ENDS or at_seconds - self._ends[0] > WITHIN_SECONDS
