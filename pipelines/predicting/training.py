"""Training: learn from what was known, publish the release, promote it through the gate."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final

from pipelines.predicting.backtest import with_backtest
from pipelines.predicting.facts import HORIZONS_HOURS, Facts, facts_for_training
from pipelines.predicting.gate import Incumbent, judge, keep_verdict, load_incumbent
from warehouse.vocabulary import SYSTEM, Actor, ReleaseId

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from ml.gate import Verdict
    from ml.release import Release
    from pipelines.resources import Warehouse

FIRST: Final = "Nothing else predicts yet, so it does."
SAME_AGAIN: Final = "It is the champion already: the same history again."
DISHONEST: Final = "It does not predict: a release that looks ahead is worse than none."

Step = Callable[[str], AbstractContextManager[object]]
"""Shows that a step goes on while its block runs."""


@dataclass(frozen=True)
class Span:
    """Which history a training learns from, and when it does so."""

    #: First instant of the history.
    since: datetime
    #: Instant after which nothing is known.
    trained_until: datetime
    #: Instant of the training itself, not before `trained_until`.
    at: datetime


@dataclass(frozen=True)
class TrainingRun:
    """What a training came to."""

    release_id: ReleaseId
    sha256: str
    size_bytes: int
    card: dict[str, Any]
    metrics: dict[str, dict[str, Any]]
    flights: int
    #: Whether it predicts from now on, or did already.
    is_promoted: bool
    #: Why it predicts from now on, or why it does not.
    verdict: str
    #: What the gate asked, found and said, rule by rule; nothing of the champion itself.
    rules: list[dict[str, Any]]
    #: The champion it was compared with; None if there was none.
    compared_with: ReleaseId | None


def _unshown(_words: str) -> AbstractContextManager[object]:
    return nullcontext()


def train(
    warehouse: Warehouse,
    *,
    since: datetime,
    trained_until: datetime,
    code_version: str,
    at: datetime | None = None,
    actor: Actor = SYSTEM,
    step: Step = _unshown,
) -> TrainingRun:
    """Train a release, publish it, and let it predict if it passes the gate.

    Reading, training, judging and publishing are steps of their own, so that no transaction stays
    open while the models are fitted.

    Parameters
    ----------
    warehouse:
        The record.
    since:
        First instant of the history to learn from.
    trained_until:
        Instant after which nothing is known.
    code_version:
        Version of the code, for the card.
    at:
        Instant of the training; `trained_until` unless it looks back further than that.
    actor:
        Who trains, for the audit.
    step:
        Shows each long step.

    Returns
    -------
    :
        The release and the gate's verdict.
    """
    from ml.training import train_release

    span = Span(since, trained_until, at or trained_until)
    with step("Reading what was known"), warehouse.transaction() as session:
        facts = facts_for_training(session, since=since, trained_until=trained_until)
        incumbent = load_incumbent(session)
    with step(f"Training on {len(facts.flights):,} flights"):
        release = train_release(
            facts.flights,
            facts.observations,
            facts.forecasts,
            trained_until=trained_until,
            horizons=HORIZONS_HOURS,
            code_version=code_version,
        )
    with step("Replaying the alert policy"), warehouse.transaction() as session:
        release = with_backtest(session, release, at=trained_until)
    with step("Judging it by the gate"):
        return publish(warehouse, release, facts, span, incumbent, actor=actor)


def publish(
    warehouse: Warehouse,
    release: Release,
    facts: Facts,
    span: Span,
    incumbent: Incumbent | None,
    *,
    actor: Actor = SYSTEM,
) -> TrainingRun:
    """Keep a trained release, judge it, and let it predict if it passes; repeating is harmless.

    Parameters
    ----------
    warehouse:
        The record.
    release:
        What was trained.
    facts:
        What it was trained on.
    span:
        From when until when, and when.
    incumbent:
        What predicted when the facts were read.
    actor:
        Who trains, for the audit.

    Returns
    -------
    :
        The release and the gate's verdict.
    """
    from ml.release import digest, pack_release
    from warehouse.operations.predictions import ReleaseDraft, publish_release

    content = pack_release(release.model_set, release.card)
    draft = ReleaseDraft(
        content=content,
        card=release.card,
        metrics=metrics_of(release.card),
        trained_from=span.since,
        trained_until=span.trained_until,
        code_version=release.card["code_version"],
    )
    is_champion = incumbent is not None and incumbent.stored.sha256 == digest(content)
    rival = None if is_champion else incumbent
    verdict = None
    if not is_champion:
        verdict = judge(release, len(content), rival, facts, at=span.trained_until)
    with warehouse.transaction() as session:
        release_id = publish_release(session, actor, draft, at=span.at)
        if verdict is None:
            words, is_promoted = SAME_AGAIN, True
        else:
            words, is_promoted = _admit(session, actor, release_id, verdict, rival, span.at)
    return TrainingRun(
        release_id=release_id,
        sha256=digest(content),
        size_bytes=len(content),
        card=release.card,
        metrics=dict(draft.metrics),
        flights=len(facts.flights),
        is_promoted=is_promoted,
        verdict=words,
        rules=[rule.as_dict() for rule in verdict.rules] if verdict else [],
        compared_with=rival.stored.release_id if rival else None,
    )


def _admit(
    session: Session,
    actor: Actor,
    release_id: ReleaseId,
    verdict: Verdict,
    incumbent: Incumbent | None,
    at: datetime,
) -> tuple[str, bool]:
    """Keep the verdict and act on it; the first release predicts unless a proof failed."""
    from warehouse.operations.champions import promote_champion

    words = keep_verdict(session, release_id, verdict, incumbent, at=at, actor=actor)
    is_admitted = verdict.is_honest if incumbent is None else verdict.passed
    if incumbent is None:
        words = f"{words} {FIRST if is_admitted else DISHONEST}"
    if is_admitted:
        promote_champion(session, actor, release_id, reason=words, at=at)
    return words, is_admitted


def metrics_of(card: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """Take the figures for the main target out of a card: by horizon, then by kind of model."""
    return {
        hours: {
            kind: evaluation["figures"]
            for kind, evaluation in horizon["trial"]["disrupted"].items()
        }
        for hours, horizon in card["horizons"].items()
    }
