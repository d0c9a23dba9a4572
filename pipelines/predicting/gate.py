"""The promotion gate on stored releases: evidence gathered, rules asked, verdict kept."""

from __future__ import annotations

from dataclasses import dataclass
from time import perf_counter
from typing import TYPE_CHECKING, Final

from pipelines.predicting.facts import Facts, facts_for_training
from warehouse.vocabulary import SYSTEM, Actor, ReleaseId

if TYPE_CHECKING:
    from datetime import datetime

    import pandas as pd
    from sqlalchemy.orm import Session

    from ml.evidence import Frames, Rival
    from ml.gate import Contest, Footprint, Verdict
    from ml.release import Release
    from pipelines.resources import Warehouse
    from warehouse.queries.predictions import ChampionRelease

_TIMED_FLIGHTS: Final = 2_000
_TIMED_ROUNDS: Final = 5


@dataclass(frozen=True)
class Incumbent:
    """The release that predicts while another is judged, and its models if they can be loaded."""

    stored: ChampionRelease
    release: Release | None
    size_bytes: int
    #: Why its models cannot be loaded; None if they can.
    refusal: str | None


def load_incumbent(session: Session) -> Incumbent | None:
    """Load the champion to be judged beside; one that cannot be loaded is told, not hidden."""
    from ml.errors import MlRefused
    from ml.release import unpack_release
    from warehouse.queries.predictions import find_champion, get_release_content

    stored = find_champion(session)
    if stored is None:
        return None
    content = get_release_content(session, stored.release_id)
    try:
        release = unpack_release(content, stored.sha256)
    except MlRefused as refused:
        return Incumbent(stored, None, len(content), str(refused))
    return Incumbent(stored, release, len(content), None)


def judge(
    candidate: Release,
    size_bytes: int,
    incumbent: Incumbent | None,
    facts: Facts,
    *,
    at: datetime,
) -> Verdict:
    """Put a release through the gate beside the champion.

    Parameters
    ----------
    candidate:
        The release.
    size_bytes:
        Of its bytes.
    incumbent:
        What predicts now; None before the first release.
    facts:
        What was known at the instant.
    at:
        Zone-aware instant until which outcomes count.

    Returns
    -------
    :
        Rules and verdict.
    """
    from ml.evidence import Frames, gather_samples, try_proofs
    from ml.gate import contest_of, judge_release

    frames = Frames(facts.flights, facts.observations, facts.forecasts)
    champion = incumbent.release if incumbent else None
    footprints = None
    if champion and incumbent:
        theirs = _footprint(champion, incumbent.size_bytes, frames)
        footprints = _footprint(candidate, size_bytes, frames), theirs
    contest = contest_of(candidate.card, incumbent.stored.card if incumbent else None)
    rival = _rival(candidate, incumbent, frames, contest, at)
    return judge_release(
        gather_samples(candidate, champion, frames, at=at, rival=rival),
        contest=contest,
        proofs=try_proofs(candidate, frames, at=at),
        footprints=footprints,
    )


def _rival(
    candidate: Release, incumbent: Incumbent | None, frames: Frames, contest: Contest, at: datetime
) -> Rival | None:
    """Let the champion's recipe learn beside a trial of another one."""
    from ml.gate import Contest
    from ml.recipe import Recipe
    from ml.rival import learn_as_rival

    if contest is not Contest.CHALLENGER or candidate.judged is None or incumbent is None:
        return None
    recipe = Recipe.of_card(incumbent.stored.card)
    if recipe is None:
        return None
    return learn_as_rival(recipe, candidate.card, frames, trained_until=at)


def keep_verdict(
    session: Session,
    release_id: ReleaseId,
    verdict: Verdict,
    incumbent: Incumbent | None,
    *,
    at: datetime,
    actor: Actor = SYSTEM,
) -> str:
    """Keep what the gate said, with what stands against the champion itself; give the words."""
    from warehouse.operations.champions import GateVerdict, keep_gate_result

    words = verdict.words
    if incumbent and incumbent.refusal:
        words = f"{words} The champion could not be loaded beside it: {incumbent.refusal}"
    kept = GateVerdict(
        compared_with=incumbent.stored.release_id if incumbent else None,
        passed=verdict.passed,
        words=words,
        rules=[rule.as_dict() for rule in verdict.rules],
    )
    keep_gate_result(session, actor, release_id, kept, at=at)
    return words


def _footprint(release: Release, size_bytes: int, frames: Frames) -> Footprint:
    """Time the release's scoring of a few flights, the best of some rounds, at every horizon."""
    from ml.estimate import estimate
    from ml.gate import Footprint

    flights = frames.flights["flight_id"].to_numpy()[-_TIMED_FLIGHTS:]
    seconds, scored = 0.0, 0
    for hours in release.model_set.by_horizon:
        rows: pd.DataFrame = frames.describe(hours, flights)
        rounds = []
        for _ in range(_TIMED_ROUNDS):
            started = perf_counter()
            estimate(release.model_set, rows)
            rounds.append(perf_counter() - started)
        seconds, scored = seconds + min(rounds), scored + len(rows)
    return Footprint(1e6 * seconds / max(scored, 1), size_bytes)


def judge_again(
    warehouse: Warehouse,
    release_id: ReleaseId,
    *,
    since: datetime,
    at: datetime,
    actor: Actor = SYSTEM,
) -> None:
    """Judge a published release beside the champion of now, and keep the verdict.

    Parameters
    ----------
    warehouse:
        The record.
    release_id:
        The release; its days unseen reach until now, so there may be more to judge it by.
    since:
        First instant of the history.
    at:
        Instant, UTC.
    actor:
        Who asks, for the audit.

    Raises
    ------
    TransitionRefused
        The release is the champion: there is nothing to compare it with.
    """
    from ml.release import unpack_release
    from warehouse.errors import TransitionRefused
    from warehouse.queries.predictions import get_release_content
    from warehouse.queries.releases import get_release

    with warehouse.transaction() as session:
        sha256 = get_release(session, release_id).sha256
        content = get_release_content(session, release_id)
        incumbent = load_incumbent(session)
        if incumbent and incumbent.stored.release_id == release_id:
            raise TransitionRefused("release", "the champion", "judged beside itself")
        facts = facts_for_training(session, since=since, trained_until=at)
    candidate = unpack_release(content, sha256)
    verdict = judge(candidate, len(content), incumbent, facts, at=at)
    with warehouse.transaction() as session:
        keep_verdict(session, release_id, verdict, incumbent, at=at, actor=actor)
