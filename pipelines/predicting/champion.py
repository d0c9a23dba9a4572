"""The release that predicts, unpacked once per process."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from warehouse.queries.predictions import ChampionRelease, find_champion, get_release_content

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from ml.release import Release

_UNPACKED: Final[dict[str, Release]] = {}
"""The last release this process used, by its SHA-256: equal bytes are the same models."""


@dataclass(frozen=True)
class Champion:
    """The release in force with its models."""

    stored: ChampionRelease
    release: Release

    @property
    def has_simulated_forecasts(self) -> bool:
        """Whether its models learnt from simulated weather forecasts."""
        return any(name.startswith("simulated") for name in self.release.card["forecast_sources"])


class NoChampion(Exception):
    """Nothing was trained yet, so nothing can be predicted."""

    def __init__(self) -> None:
        super().__init__("No release predicts yet: run the job `train` first.")


def load_champion(session: Session) -> Champion:
    """Give the release in force; its bytes are read only when they are new to this process.

    Parameters
    ----------
    session:
        Open transaction.

    Returns
    -------
    :
        What `find_champion` says, with the models.

    Raises
    ------
    NoChampion
        Nothing was trained yet.
    """
    stored = find_champion(session)
    if stored is None:
        raise NoChampion
    if stored.sha256 not in _UNPACKED:
        from ml.release import unpack_release

        content = get_release_content(session, stored.release_id)
        _UNPACKED.clear()
        _UNPACKED[stored.sha256] = unpack_release(content, stored.sha256)
    return Champion(stored, _UNPACKED[stored.sha256])
