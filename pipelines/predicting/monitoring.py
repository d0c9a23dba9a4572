"""Monitoring of the release in force: what its claims came to, and what came in."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

from pipelines.predicting.champion import NoChampion
from warehouse.queries.predictions import ChampionRelease, feature_rows_frame, find_champion
from warehouse.vocabulary import SYSTEM

if TYPE_CHECKING:
    import pandas as pd
    from sqlalchemy.orm import Session

    from ml.feature import Feature
    from ml.monitoring import Monitoring
    from ml.track_record import TrackRecord
    from warehouse.operations.champion_watch import Watched

DESCRIBED_LATELY = timedelta(days=1)
WATCHED_DAYS: Final = "watch_day"
"""The long job whose chapters are the days that the release in force was monitored on."""


@dataclass(frozen=True)
class MonitoringRun:
    """The state of the release in force at an instant."""

    release: ChampionRelease
    monitoring: Monitoring
    since: datetime
    at: datetime
    #: What the release's own claims came to; those of a champion before it do not count.
    records: tuple[TrackRecord, ...]


def watch(session: Session, *, at: datetime) -> MonitoringRun:
    """Judge the claims that are settled at an instant, and what has come in until then.

    Parameters
    ----------
    session:
        Open transaction.
    at:
        Instant, UTC: outcomes known later do not count.

    Returns
    -------
    :
        The state of the release in force.

    Raises
    ------
    NoChampion
        Nothing was trained yet.
    """
    from ml.monitoring import MONITORED_DAYS, monitor, schedule_columns
    from ml.track_record import track_records
    from pipelines.predicting.feature_rows import typed_rows
    from warehouse.queries.facts import flights_frame, observations_frame, schedule_frame
    from warehouse.queries.judging import claims_frame

    release = find_champion(session)
    if release is None:
        raise NoChampion
    since = at - timedelta(days=MONITORED_DAYS)
    spans = ((since, at), (release.trained_from, release.trained_until))
    observed, observed_then = [
        observations_frame(session, start=start, end=end, known_by=at) for start, end in spans
    ]
    flights = flights_frame(session, start=since, end=at, known_by=at)
    flights_then = schedule_frame(session, start=release.trained_from, end=release.trained_until)
    airports = set(observed_then["airport"])
    # Weather of airports that flights only go to would look like a change of climate.
    left_from = set(flights["origin"]) | set(flights_then["origin"])
    rain, rain_then = [
        each.loc[each["airport"].isin(left_from), "precipitation_mm"]
        for each in (observed, observed_then)
    ]
    schedule, schedule_then = [
        schedule_columns(each[each["origin"].isin(airports)]) for each in (flights, flights_then)
    ]
    rows = feature_rows_frame(session, after=at - DESCRIBED_LATELY, until=at)
    settled = settled_claims(claims_frame(session, start=since, end=at), flights, at)
    monitoring = monitor(
        settled,
        claims_frame(session, start=since - (at - since), end=since),
        schedule=(schedule, schedule_then),
        precipitation_mm=(rain, rain_then),
        feature_rows=typed_rows(rows) if len(rows) else rows,
        features=features_by_feed(release.card),
    )
    own = settled[settled["release_id"] == release.release_id]
    return MonitoringRun(release, monitoring, since, at, track_records(own))


def act_on(session: Session, run: MonitoringRun) -> Watched | None:
    """Roll back the release in force if its own record says so, at the desk's instant.

    Parameters
    ----------
    session:
        Open transaction.
    run:
        What monitoring found.

    Returns
    -------
    :
        What was done, in words; None if it may go on.
    """
    from warehouse.operations.champion_watch import roll_back_failing_champion
    from warehouse.queries.clock import current_instant
    from warehouse.rules.champion_record import ChampionRecord

    records = [
        ChampionRecord(each.horizon_hours, each.days, each.event_days, each.bss)
        for each in run.records
    ]
    at = current_instant(session)
    return roll_back_failing_champion(session, SYSTEM, run.release.release_id, records, at=at)


def finish_day(session: Session, day: str) -> None:
    """Note that a day's monitoring is done, so that a replay asks for it once."""
    from warehouse.operations.engine import finish_chapter
    from warehouse.queries.clock import current_instant

    finish_chapter(session, WATCHED_DAYS, day, at=current_instant(session))


def settled_claims(claims: pd.DataFrame, flights: pd.DataFrame, at: datetime) -> pd.DataFrame:
    """Join claims to how their flights turned out, where that is settled at an instant."""
    from ml.targets import DISRUPTED, is_mature, outcome_of

    settled = flights[is_mature(flights, at)]
    settled = settled.assign(outcome=outcome_of(settled, DISRUPTED))
    columns = ["flight_id", "service_date", "origin", "outcome"]
    return claims.merge(settled[columns], on="flight_id", validate="m:1")


def features_by_feed(card: Mapping[str, Any]) -> dict[str, list[Feature]]:
    """Group the features by the feed that gives them, optional ones if the card's models read them.

    Parameters
    ----------
    card:
        The card of the release in force.

    Returns
    -------
    :
        By feed, its features.
    """
    from ml.features import FEATURES

    horizons = card.get("horizons", {}).values()
    read = {each["name"] for horizon in horizons for each in horizon.get("features", ())}
    by_feed: dict[str, list[Feature]] = {}
    for feature in FEATURES:
        if not feature.is_optional or feature.name in read:
            by_feed.setdefault(feature.source, []).append(feature)
    return by_feed
