"""Say which release predicts: keep the gate's verdict, promote by it, and roll back."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import func, select, text
from sqlalchemy.orm import Session

from warehouse.audit_tags import AuditTag
from warehouse.errors import NotFound, PermissionRefused, PromotionRefused, TransitionRefused
from warehouse.operations import audit
from warehouse.rules.champion_history import Reign, release_before
from warehouse.rules.permissions import require
from warehouse.schema.predictions import Champion, GateResult, ModelRelease
from warehouse.vocabulary import Actor, Permission, ReleaseId, Source

_ONE_AT_A_TIME = text("SELECT pg_advisory_xact_lock(hashtext('predictions.champion'))")


@dataclass(frozen=True, slots=True)
class GateVerdict:
    """What the gate said of a release: the sentence, and each rule as a plain document."""

    compared_with: ReleaseId | None
    passed: bool
    words: str
    #: Each with passed, and whatever else there is to say of it.
    rules: Sequence[Mapping[str, Any]]


@dataclass(frozen=True, slots=True)
class Rollback:
    """What a rollback came to."""

    release_id: ReleaseId
    rolled_back_from: ReleaseId
    since_at: datetime
    #: False when an earlier call had done it already.
    is_new: bool


def hold_champion(session: Session) -> None:
    """Let no other transaction change who predicts until this one ends."""
    session.execute(_ONE_AT_A_TIME)


def keep_gate_result(
    session: Session, actor: Actor, release_id: ReleaseId, verdict: GateVerdict, *, at: datetime
) -> int:
    """Keep what the gate said of a release, for good; a later verdict stands beside it.

    Parameters
    ----------
    session:
        Open transaction.
    actor:
        Who judged. Needs `Permission.ADMINISTER`.
    release_id:
        The release that was judged.
    verdict:
        Sentence and rules; Postgres refuses one that passed with a rule that did not.
    at:
        Instant, UTC.

    Returns
    -------
    :
        The identifier of the result.

    Raises
    ------
    NotFound
        No release has this id.
    """
    require(actor, Permission.ADMINISTER, "judge", "model_release", release_id)
    _require_release(session, release_id)
    result = GateResult(
        release_id=release_id,
        compared_with=verdict.compared_with,
        judged_at=at,
        passed=verdict.passed,
        words=verdict.words,
        rules=[dict(rule) for rule in verdict.rules],
    )
    session.add(result)
    session.flush()
    audit.record(
        session,
        actor,
        AuditTag.RELEASE_JUDGED,
        "model_release",
        release_id,
        at=at,
        after={"passed": verdict.passed, "compared_with": verdict.compared_with},
        reason=verdict.words,
    )
    return result.gate_result_id


def promote_champion(
    session: Session,
    actor: Actor,
    release_id: ReleaseId,
    *,
    reason: str,
    at: datetime,
    override_reason: str | None = None,
) -> None:
    """Let a release predict from now on, in place of the one before.

    A release must have passed its gate beside the champion in force. The first release needs no
    verdict, since any is better than none; a person may promote another with a reason of their
    own, which the audit keeps.

    Parameters
    ----------
    session:
        Open transaction; other promotions wait until it ends.
    actor:
        Who decides. Needs `Permission.ADMINISTER`.
    release_id:
        The release that takes over.
    reason:
        Why, for the history.
    at:
        Instant, UTC.
    override_reason:
        Why the gate is overruled; never by the pipeline itself.

    Raises
    ------
    NotFound
        No release has this id.
    TransitionRefused
        The release is the champion already.
    PromotionRefused
        It did not pass its gate beside the champion in force.
    PermissionRefused
        The pipeline tried to overrule the gate.
    """
    require(actor, Permission.ADMINISTER, "promote", "model_release", release_id)
    hold_champion(session)
    _require_release(session, release_id)
    before = _in_force(session)
    if before is not None and before.release_id == release_id:
        raise TransitionRefused("release", "the champion", "promoted")
    if override_reason is None:
        _require_passed(session, release_id, before)
    elif not override_reason.strip():
        raise PromotionRefused(release_id, "overruling the gate needs a reason in words")
    elif actor.is_system and actor.source is Source.PIPELINE:
        raise PermissionRefused(
            actor, Permission.ADMINISTER, "overrule the gate for", "model_release", release_id
        )
    told = f"{reason} The gate was overruled: {override_reason}" if override_reason else reason
    _crown(session, Champion(release_id=release_id, since_at=at, reason=told), before)
    audit.record(
        session,
        actor,
        AuditTag.CHAMPION_CHANGED,
        "model_release",
        release_id,
        at=at,
        before={"release_id": before.release_id} if before else None,
        after={"release_id": release_id}
        | ({"override_reason": override_reason} if override_reason else {}),
        reason=reason,
    )


def rollback_champion(
    session: Session, actor: Actor, *, reason: str, at: datetime, further: bool = False
) -> Rollback:
    """Put back the champion before this one; asking again changes nothing unless `further`.

    Parameters
    ----------
    session:
        Open transaction; promotions and other rollbacks wait until it ends.
    actor:
        Who decides. Needs `Permission.ADMINISTER`.
    reason:
        Why, for the history.
    at:
        Instant, UTC.
    further:
        Go back one more where the champion is there by a rollback already: without it, the same
        request sent twice would take off two releases.

    Returns
    -------
    :
        What predicts now, and what was taken off.

    Raises
    ------
    TransitionRefused
        Nothing predicts, or nothing predicted before.
    """
    require(actor, Permission.ADMINISTER, "roll back the", "model_release")
    hold_champion(session)
    reigns = session.scalars(select(Champion).order_by(Champion.champion_id)).all()
    last = next((reign for reign in reigns if reign.ended_at is None), None)
    if last is None:
        raise TransitionRefused("model", "not trained yet", "rolled back")
    if last.rolled_back_from is not None and not further:
        taken_off = ReleaseId(last.rolled_back_from)
        return Rollback(ReleaseId(last.release_id), taken_off, last.since_at, is_new=False)
    release_id = release_before([_reign(each) for each in reigns])
    if release_id is None:
        why = "no release predicted before it; train and promote another"
        raise TransitionRefused("release", "the first champion", "rolled back", why=why)
    back = Rollback(release_id, ReleaseId(last.release_id), at, is_new=True)
    _put_back(session, actor, last, back, reason)
    return back


def _put_back(session: Session, actor: Actor, last: Champion, back: Rollback, reason: str) -> None:
    reign = Champion(
        release_id=back.release_id,
        since_at=back.since_at,
        reason=reason,
        rolled_back_from=back.rolled_back_from,
    )
    _crown(session, reign, last)
    audit.record(
        session,
        actor,
        AuditTag.CHAMPION_ROLLED_BACK,
        "model_release",
        back.release_id,
        at=back.since_at,
        before={"release_id": back.rolled_back_from},
        after={"release_id": back.release_id},
        reason=reason,
    )


def _crown(session: Session, reign: Champion, before: Champion | None) -> None:
    if before is not None:
        before.ended_at = reign.since_at
        session.flush()
    session.add(reign)
    session.flush()


def _require_release(session: Session, release_id: ReleaseId) -> None:
    if not session.scalar(select(func.count()).where(ModelRelease.release_id == release_id)):
        raise NotFound("model release", release_id)


def _require_passed(session: Session, release_id: ReleaseId, before: Champion | None) -> None:
    """Refuse a release unless its last verdict is good, and about the champion in force."""
    if before is None:
        return
    last = session.scalar(
        select(GateResult)
        .where(GateResult.release_id == release_id)
        .order_by(GateResult.gate_result_id.desc())
        .limit(1)
    )
    if last is None:
        raise PromotionRefused(release_id, "the gate never judged it")
    if not last.passed:
        raise PromotionRefused(release_id, f"the gate refused it: {last.words}")
    if last.compared_with != before.release_id:
        beside = f"release {last.compared_with}" if last.compared_with else "no champion"
        raise PromotionRefused(
            release_id,
            f"its gate compared it with {beside}, but release {before.release_id} predicts now",
        )


def _in_force(session: Session) -> Champion | None:
    return session.scalar(select(Champion).where(Champion.ended_at.is_(None)))


def _reign(row: Champion) -> Reign:
    taken_off = None if row.rolled_back_from is None else ReleaseId(row.rolled_back_from)
    return Reign(ReleaseId(row.release_id), taken_off)
