"""Every release there is, what the gate said of it, and when it predicted."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from warehouse.errors import NotFound
from warehouse.schema.predictions import Champion, GateResult, ModelRelease, RollingOrigin
from warehouse.vocabulary import ReleaseId


@dataclass(frozen=True, slots=True)
class ReleaseRow:
    """A release without its bytes."""

    release_id: ReleaseId
    sha256: str
    published_at: datetime
    trained_from: datetime
    trained_until: datetime
    code_version: str
    card: dict[str, Any]
    metrics: dict[str, Any]


@dataclass(frozen=True, slots=True)
class GateResultRow:
    """One verdict of the gate."""

    gate_result_id: int
    release_id: ReleaseId
    compared_with: ReleaseId | None
    judged_at: datetime
    passed: bool
    words: str
    rules: list[dict[str, Any]]


@dataclass(frozen=True, slots=True)
class RollingOriginRow:
    """How a release's way of learning told the months of its history."""

    release_id: ReleaseId
    told_at: datetime
    code_version: str
    record: dict[str, Any]


@dataclass(frozen=True, slots=True)
class ReignRow:
    """From when until when a release predicted, and why."""

    release_id: ReleaseId
    since_at: datetime
    ended_at: datetime | None
    reason: str
    rolled_back_from: ReleaseId | None


def get_release(session: Session, release_id: ReleaseId) -> ReleaseRow:
    """Read what there is to say of a release, champion or not.

    Parameters
    ----------
    session:
        Open transaction of any role.
    release_id:
        The release.

    Returns
    -------
    :
        All but its bytes.

    Raises
    ------
    NotFound
        No release has this id.
    """
    statement = select(
        ModelRelease.release_id,
        ModelRelease.sha256,
        ModelRelease.published_at,
        ModelRelease.trained_from,
        ModelRelease.trained_until,
        ModelRelease.code_version,
        ModelRelease.card,
        ModelRelease.metrics,
    ).where(ModelRelease.release_id == release_id)
    row = session.execute(statement).one_or_none()
    if row is None:
        raise NotFound("model release", release_id)
    return ReleaseRow(**row._mapping)


def list_gate_results(session: Session, release_id: ReleaseId) -> list[GateResultRow]:
    """List what the gate said of a release, the last verdict first."""
    statement = (
        select(
            GateResult.gate_result_id,
            GateResult.release_id,
            GateResult.compared_with,
            GateResult.judged_at,
            GateResult.passed,
            GateResult.words,
            GateResult.rules,
        )
        .where(GateResult.release_id == release_id)
        .order_by(GateResult.gate_result_id.desc())
    )
    return [GateResultRow(**row._mapping) for row in session.execute(statement)]


def find_rolling_origin(session: Session, release_id: ReleaseId) -> RollingOriginRow | None:
    """Find the newest record of a release; None where its months were never told."""
    statement = (
        select(
            RollingOrigin.release_id,
            RollingOrigin.told_at,
            RollingOrigin.code_version,
            RollingOrigin.record,
        )
        .where(RollingOrigin.release_id == release_id)
        .order_by(RollingOrigin.rolling_origin_id.desc())
        .limit(1)
    )
    row = session.execute(statement).one_or_none()
    return RollingOriginRow(**row._mapping) if row else None


def list_reigns(session: Session) -> list[ReignRow]:
    """List which release predicted when, the oldest reign first."""
    statement = select(
        Champion.release_id,
        Champion.since_at,
        Champion.ended_at,
        Champion.reason,
        Champion.rolled_back_from,
    ).order_by(Champion.champion_id)
    return [ReignRow(**row._mapping) for row in session.execute(statement)]


def find_newest_training(session: Session) -> datetime | None:
    """Find the last instant that any release learnt from, promoted or not; None before any did."""
    return session.scalar(select(func.max(ModelRelease.trained_until)))


def reign_at(reigns: Sequence[ReignRow], at: datetime) -> ReignRow | None:
    """Find which reign an instant lies in.

    Parameters
    ----------
    reigns:
        As `list_reigns` gives them.
    at:
        Instant, UTC; a reign begins with its first instant and ends before the next one's.

    Returns
    -------
    :
        None where no release predicted yet.
    """
    for reign in reversed(reigns):
        if reign.since_at <= at:
            return None if reign.ended_at is not None and reign.ended_at <= at else reign
    return None
