"""Training: learn from what was known, publish the release, promote it through the gate."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final

from pipelines.predicting.backtest import with_backtest
from pipelines.predicting.facts import HORIZONS_HOURS, facts_for_training
from warehouse.queries.predictions import find_champion
from warehouse.vocabulary import SYSTEM, ReleaseId

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from ml.release import Release
    from pipelines.resources import Warehouse

CHAMPION: Final = "boosted_trees"
FIRST: Final = "It is the first release."
PASSED: Final = "It beats climatology at every horizon on days it had not seen."


@dataclass(frozen=True)
class TrainingRun:
    """What a training came to."""

    release_id: ReleaseId
    sha256: str
    size_bytes: int
    card: dict[str, Any]
    metrics: dict[str, dict[str, Any]]
    flights: int
    is_promoted: bool
    verdict: str
    """Why it predicts from now on, or why it does not."""


def train(
    warehouse: Warehouse, *, since: datetime, trained_until: datetime, code_version: str
) -> TrainingRun:
    """Train a release, publish it, and let it predict if it is worth it.

    Reading, training and publishing are three steps, so that no transaction stays open while the
    models are fitted.

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

    Returns
    -------
    :
        The release and the gate's verdict.
    """
    from ml.training import train_release

    with warehouse.transaction() as session:
        facts = facts_for_training(session, since=since, trained_until=trained_until)
    release = train_release(
        facts.flights,
        facts.observations,
        facts.forecasts,
        trained_until=trained_until,
        horizons=HORIZONS_HOURS,
        code_version=code_version,
    )
    with warehouse.transaction() as session:
        release = with_backtest(session, release, at=trained_until)
        return publish(
            session, release, since=since, trained_until=trained_until, flights=len(facts.flights)
        )


def publish(
    session: Session, release: Release, *, since: datetime, trained_until: datetime, flights: int
) -> TrainingRun:
    """Keep a trained release and let it predict if it passes the gate; repeating is harmless."""
    from ml.release import digest, pack_release
    from warehouse.operations.predictions import ReleaseDraft, promote_champion, publish_release

    content = pack_release(release.model_set, release.card)
    draft = ReleaseDraft(
        content=content,
        card=release.card,
        metrics=metrics_of(release.card),
        trained_from=since,
        trained_until=trained_until,
        code_version=release.card["code_version"],
    )
    release_id = publish_release(session, SYSTEM, draft, at=trained_until)
    champion = find_champion(session)
    verdict, is_worth_it = judge(release.card, is_first=champion is None)
    is_new = champion is None or champion.release_id != release_id
    if is_worth_it and is_new:
        promote_champion(session, SYSTEM, release_id, reason=verdict, at=trained_until)
    return TrainingRun(
        release_id=release_id,
        sha256=digest(content),
        size_bytes=len(content),
        card=release.card,
        metrics=dict(draft.metrics),
        flights=flights,
        is_promoted=is_worth_it,
        verdict=verdict,
    )


def judge(card: dict[str, Any], *, is_first: bool) -> tuple[str, bool]:
    """Decide whether a release may predict.

    Parameters
    ----------
    card:
        The release's card; a horizon at which only climatology speaks has nothing to prove.
    is_first:
        Whether nothing predicts yet: then any release is better than none.

    Returns
    -------
    :
        The reason in words, and whether it is promoted.
    """
    if is_first:
        return FIRST, True
    skills = {
        hours: figures[CHAMPION]["bss"]
        for hours, figures in metrics_of(card).items()
        if CHAMPION in figures
    }
    behind = [f"{hours} h ({skill:+.3f})" for hours, skill in skills.items() if skill <= 0]
    if behind:
        return f"It does not beat climatology at {', '.join(behind)}.", False
    return PASSED, True


def metrics_of(card: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """Take the figures for the main target out of a card: by horizon, then by kind of model."""
    return {
        hours: {
            kind: evaluation["figures"]
            for kind, evaluation in horizon["trial"]["disrupted"].items()
        }
        for hours, horizon in card["horizons"].items()
    }
