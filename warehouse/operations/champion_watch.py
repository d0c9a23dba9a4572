"""Take off a champion whose own record is worse than climatology's, and tell the desk."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from warehouse.errors import TransitionRefused
from warehouse.operations.champions import hold_champion, rollback_champion
from warehouse.operations.desk_alerts import insert_desk_alert
from warehouse.queries.policies import get_policy
from warehouse.queries.predictions import find_champion
from warehouse.rules.alert_lifecycle import desk_dedup_key
from warehouse.rules.champion_record import ChampionRecord, reason_to_roll_back
from warehouse.rules.permissions import require
from warehouse.vocabulary import Actor, Permission, ReleaseId, Severity


@dataclass(frozen=True, slots=True)
class Watched:
    """What became of a champion that failed its record."""

    words: str
    #: What predicts again; None where nothing predicted before it, so it goes on.
    release_id: ReleaseId | None


def roll_back_failing_champion(
    session: Session,
    actor: Actor,
    release_id: ReleaseId,
    records: Sequence[ChampionRecord],
    *,
    at: datetime,
) -> Watched | None:
    """Let the release before a champion predict again, if its own record speaks against it.

    Repeating is harmless: the same record says nothing of whatever predicts by then. The desk
    finds an alert about it, which pages nobody: flights are predicted all the while.

    Parameters
    ----------
    session:
        Open transaction; promotions and rollbacks wait until it ends.
    actor:
        Who watches. Needs `Permission.ADMINISTER`.
    release_id:
        Whose record it is.
    records:
        What its settled claims of the last 28 days came to, by horizon.
    at:
        Instant, UTC.

    Returns
    -------
    :
        What was done, in words; None if it may go on, or predicts no more.
    """
    require(actor, Permission.ADMINISTER, "roll back", "model_release", release_id)
    reason = reason_to_roll_back(records)
    hold_champion(session)
    champion = find_champion(session)
    if reason is None or champion is None or champion.release_id != release_id:
        return None
    watched = _roll_back(session, actor, release_id, reason, at)
    _tell_desk(session, watched, at)
    return watched


def _roll_back(
    session: Session, actor: Actor, release_id: ReleaseId, reason: str, at: datetime
) -> Watched:
    try:
        # Its record is its own, however it came to predict: so one put back may fall as well.
        back = rollback_champion(session, actor, reason=reason, at=at, further=True)
    except TransitionRefused:
        words = (
            f"Release {release_id} fails: {reason} It goes on, for no release predicted before it: "
            "train another."
        )
        return Watched(words, None)
    words = f"Release {release_id} was rolled back to release {back.release_id}: {reason}"
    return Watched(words, back.release_id)


def _tell_desk(session: Session, watched: Watched, at: datetime) -> None:
    matter = "champion_fails" if watched.release_id is None else "champion_rolled_back"
    insert_desk_alert(
        session,
        desk_dedup_key(matter, at.date()),
        watched.words,
        get_policy(session, at=at).policy_version_id,
        at=at,
        severity=Severity.MEDIUM.value,
        travellers_affected=0,
        money_at_risk_minor_units=0,
        currency="USD",
    )
