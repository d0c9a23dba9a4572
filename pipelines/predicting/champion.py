"""A release that predicts, unpacked once per process."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from warehouse.queries.predictions import get_release_content
from warehouse.queries.releases import ReleaseRow, get_release

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from ml.release import Release
    from warehouse.vocabulary import ReleaseId

_UNPACKED: Final[dict[str, Release]] = {}
"""The last release this process used, by its SHA-256: equal bytes are the same models."""


@dataclass(frozen=True)
class Champion:
    """A release that predicts, or did once, with its models."""

    stored: ReleaseRow
    release: Release

    @property
    def has_simulated_forecasts(self) -> bool:
        """Whether its models learnt from simulated weather forecasts."""
        return any(name.startswith("simulated") for name in self.release.card["forecast_sources"])


class NoChampion(Exception):
    """Nothing was trained yet, so nothing can be predicted."""

    def __init__(self) -> None:
        super().__init__("No release predicts yet: run the job `train` first.")


def load_champion(session: Session, release_id: ReleaseId) -> Champion:
    """Give a release that predicts or predicted; its bytes are read only when new to this process.

    Parameters
    ----------
    session:
        Open transaction.
    release_id:
        The champion of now, or of the instants that are scored.

    Returns
    -------
    :
        The release with its models.

    Raises
    ------
    MlRefused
        Its bytes are damaged, or of another version; the message says what to do.
    """
    stored = get_release(session, release_id)
    if stored.sha256 not in _UNPACKED:
        from ml.release import unpack_release

        content = get_release_content(session, release_id)
        _UNPACKED.clear()
        _UNPACKED[stored.sha256] = unpack_release(content, stored.sha256)
    return Champion(stored, _UNPACKED[stored.sha256])
