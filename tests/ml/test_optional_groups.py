"""Groups that a feed may switch on: causal where it does, and nowhere to be seen where not."""

from datetime import datetime

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ml.baseline import Baseline
from ml.blend import Blend
from ml.blocks import Calendar
from ml.causality import check_known_at, check_truncation, known_by
from ml.errors import FutureSeen
from ml.estimate import estimate
from ml.explain import explain
from ml.feature import DESTINATION_FORECASTS, DESTINATION_OBSERVATIONS, INBOUND, OPTIONAL_SOURCES
from ml.features import FEATURES, OPTIONAL_COLUMNS, build_features, features_at
from ml.inbound import AIRCRAFT_COLUMNS
from ml.model import Encoding
from ml.recipe import CHAMPION
from ml.release import Release, pack_release
from ml.targets import DISRUPTED, is_mature
from ml.training import train_release, training_rows
from tests.ml.conftest import FIRST_DAY, World
from tests.ml.network import make_network

OPTIONAL = [feature.name for feature in FEATURES if feature.is_optional]
NEITHER = "Neither the inbound aircraft nor the weather at the destination is seen."
NO_AIRCRAFT = "The inbound aircraft is not seen."
NO_WEATHER = "The weather at the destination is not seen."


@pytest.fixture(scope="module")
def network(world: World) -> World:
    """The small world as part of a network."""
    return make_network(world)


@pytest.fixture(scope="module")
def month(network: World) -> World:
    """Its last weeks, where a property is tried many times."""
    opening = FIRST_DAY + pd.Timedelta(days=44)
    return World(
        network.flights[network.flights["scheduled_departure_at"] >= opening],
        network.observations[network.observations["observed_at"] >= opening],
        network.forecasts[network.forecasts["valid_at"] >= opening],
    )


def frames(world: World) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    return world.flights, world.observations, world.forecasts


def train(world: World, trained_until: datetime, *horizons: int) -> Release:
    return train_release(
        *frames(world), trained_until=trained_until, horizons=horizons, code_version="test"
    )


@settings(max_examples=60, deadline=None)
@given(hour=st.integers(24, 15 * 24), horizon_hours=st.sampled_from([2, 6, 24]))
def test_taking_back_the_future_moves_no_bit_at_any_hour(
    month: World, hour: int, horizon_hours: int
) -> None:
    at = (FIRST_DAY + pd.Timedelta(days=44, hours=hour)).to_pydatetime()
    check_truncation(*frames(month), horizon_hours=horizon_hours, at=at)


def test_what_is_taken_back_was_really_there(network: World, trained_until: datetime) -> None:
    at = pd.Timestamp(trained_until)
    flights, _, _ = known_by(*frames(network), trained_until)
    named, told = network.flights["aircraft"].notna(), flights["aircraft"].notna()
    assert (flights.loc[told, "aircraft_known_at"] <= at).all()
    assert 0 < told.sum() < named.sum()
    assert (told == flights["aircraft_known_at"].notna()).all()
    arrival_delay = pd.to_timedelta(flights["arrival_delay_minutes"], unit="min")
    arrived_at = flights["scheduled_arrival_at"] + arrival_delay
    assert (arrived_at.dropna() <= at).all()
    assert 0 < arrived_at.count() < network.flights["arrival_delay_minutes"].count()


@pytest.mark.parametrize("horizon_hours", [2, 24])
def test_the_groups_are_filled_and_declare_what_they_know(
    network: World, horizon_hours: int
) -> None:
    targets = network.flights["flight_id"]
    frame = build_features(*frames(network), horizon_hours=horizon_hours, targets=targets)
    check_known_at(frame)
    read = [feature for feature in features_at(horizon_hours) if feature.is_optional]
    assert {feature.source for feature in read} >= {DESTINATION_FORECASTS, INBOUND}
    for feature in read:
        told = frame[feature.name].notna()
        assert told.mean() > 0.03, feature.name
        assert frame.loc[told, feature.known_at].notna().all(), feature.name
        assert frame[feature.name].nunique() > 1 or feature.name == "inbound_is_named"


def test_the_order_of_rows_moves_no_bit(network: World) -> None:
    targets = network.flights["flight_id"].iloc[::7]
    shuffled = [frame.sample(frac=1, random_state=3) for frame in frames(network)]
    for horizon_hours in (2, 24):
        pd.testing.assert_frame_equal(
            build_features(*frames(network), horizon_hours=horizon_hours, targets=targets),
            build_features(*shuffled, horizon_hours=horizon_hours, targets=targets),
            check_exact=True,
        )


def test_a_shorter_history_moves_no_bit(network: World, month: World) -> None:
    departs = month.flights["scheduled_departure_at"]
    late = month.flights.loc[departs > departs.min() + pd.Timedelta(days=4), "flight_id"]
    long, short = [
        build_features(*frames(each), horizon_hours=2, targets=late)[list(OPTIONAL_COLUMNS)]
        for each in (network, month)
    ]
    pd.testing.assert_frame_equal(long, short, check_exact=True)


def assigned_at_last(flights: pd.DataFrame, *rest: pd.DataFrame, **options: object) -> pd.DataFrame:
    """A builder that takes the aircraft which flew in the end for the one assigned."""
    always = pd.Timestamp("2000-01-01", tz="UTC")
    known_at = flights["aircraft_known_at"].mask(flights["aircraft"].notna(), always)
    return build_features(flights.assign(aircraft_known_at=known_at), *rest, **options)


def told_beforehand(flights: pd.DataFrame, *rest: pd.DataFrame, **options: object) -> pd.DataFrame:
    """A builder that knows of cancellations a day before."""
    frame = build_features(flights, *rest, **options)
    is_named = frame["inbound_is_cancelled"].notna()
    anywhere = flights.set_index("flight_id")["cancelled"].loc[frame["flight_id"]].to_numpy()
    return frame.assign(
        inbound_is_cancelled=np.where(is_named, anywhere, np.nan).astype(np.float32)
    )


def issued_at_once(
    flights: pd.DataFrame, observations: pd.DataFrame, forecasts: pd.DataFrame, **options: object
) -> pd.DataFrame:
    """A builder that reads the destinations' next observations."""
    is_origin = observations["airport"].isin(["JFK", "EWR"])
    early = observations["observed_at"] - pd.Timedelta(hours=6)
    hasty = observations.assign(
        observed_at=observations["observed_at"].where(is_origin, early),
        known_at=observations["known_at"].where(is_origin, early),
    )
    return build_features(flights, hasty, forecasts, **options)


@pytest.mark.parametrize(
    ("build", "column"),
    [
        (assigned_at_last, "inbound_is_named"),
        (told_beforehand, "inbound_is_cancelled"),
        (issued_at_once, "destination_observed_visibility_min_m"),
    ],
)
def test_a_planted_leak_is_caught(network: World, build: object, column: str) -> None:
    day = FIRST_DAY + pd.Timedelta(days=50, hours=8)
    caught: set[str] = set()
    for hour in range(6):
        at = (day + pd.Timedelta(hours=hour)).to_pydatetime()
        check_truncation(*frames(network), horizon_hours=2, at=at)
        try:
            check_truncation(*frames(network), horizon_hours=2, at=at, build=build)
        except FutureSeen as seen:
            caught |= set(seen.rows_by_column)
    assert column in caught


@pytest.mark.parametrize("source", OPTIONAL_SOURCES)
def test_a_value_known_too_late_is_refused_by_its_instant(network: World, source: str) -> None:
    targets = network.flights["flight_id"]
    frame = build_features(*frames(network), horizon_hours=2, targets=targets)
    late = frame["predicted_at"] + pd.Timedelta(minutes=1)
    column = f"{source}_known_at"
    with pytest.raises(FutureSeen) as refused:
        check_known_at(frame.assign(**{column: late.where(frame[column].notna())}))
    declared = {feature.name for feature in FEATURES if feature.source == source}
    assert set(refused.value.rows_by_column) == {column, *declared}


def test_columns_that_nobody_fills_move_no_byte_of_a_release(
    world: World, trained_until: datetime, release: Release
) -> None:
    nobody = dict.fromkeys(AIRCRAFT_COLUMNS) | {"arrival_delay_minutes": np.nan}
    known_at = pd.Series(pd.NaT, index=world.flights.index, dtype="datetime64[us, UTC]")
    flights = world.flights.assign(**nobody | {"aircraft_known_at": known_at})
    again = train(World(flights, world.observations, world.forecasts), trained_until, 2, 24)
    assert pack_release(again.model_set, again.card) == pack_release(
        release.model_set, release.card
    )


@pytest.mark.parametrize("horizon_hours", [2, 24])
def test_a_champion_without_the_feeds_is_the_champion_without_the_groups(
    world: World, trained_until: datetime, horizon_hours: int
) -> None:
    labelled = training_rows(
        *frames(world), trained_until=trained_until, horizon_hours=horizon_hours
    )
    assert labelled.rows[list(OPTIONAL_COLUMNS)].isna().all(axis=None)
    matured = world.flights[is_mature(world.flights, trained_until)]
    calendar = Calendar.of(matured["service_date"])
    required = [feature for feature in features_at(horizon_hours) if not feature.is_optional]
    assert len(required) < len(features_at(horizon_hours))
    block = labelled.between("learning", DISRUPTED, None, calendar.judge_from)
    champion = Blend.fit(features_at(horizon_hours), block, CHAMPION, horizon_hours)
    without = Blend.fit(required, block, CHAMPION, horizon_hours)
    assert champion.encoding == without.encoding
    bare = labelled.rows.drop(columns=list(OPTIONAL_COLUMNS))
    assert (champion.probability(labelled.rows) == without.probability(bare)).all()
    with_groups = Baseline.of(features_at(horizon_hours), labelled.rows)
    pd.testing.assert_frame_equal(with_groups.medians, Baseline.of(required, bare).medians)
    assert list(with_groups.spread) == list(Baseline.of(required, bare).spread)


def test_a_release_without_the_feeds_says_so_and_tells_no_driver_of_them(
    world: World, release: Release
) -> None:
    assert NEITHER in release.card["caveats"]
    assert not set(OPTIONAL_SOURCES) & set(release.card["known_at"])
    listed = {f["name"] for h in release.card["horizons"].values() for f in h["features"]}
    assert not listed & set(OPTIONAL)
    rows = build_features(
        *frames(world), horizon_hours=2, targets=world.flights["flight_id"].iloc[-9:]
    )
    groups = {driver.group for drivers in explain(release.model_set, rows) for driver in drivers}
    assert "wind" in groups
    assert not groups & {"inbound aircraft", "weather at the destination"}


def test_a_release_with_the_feeds_reads_explains_and_lists_them(
    network: World, trained_until: datetime
) -> None:
    release = train(network, trained_until, 2)
    assert not {NEITHER, NO_AIRCRAFT, NO_WEATHER} & set(release.card["caveats"])
    assert set(OPTIONAL_SOURCES) <= set(release.card["known_at"])
    read = release.model_set.at(2).features
    assert {f.name for f in read} >= {f.name for f in features_at(2) if f.is_optional}
    assert isinstance(release.model_set.at(2).champion, Blend)
    outbound = network.flights["destination"].isin(["ORD", "LAX"])
    rows = build_features(
        *frames(network), horizon_hours=2, targets=network.flights.loc[outbound, "flight_id"][-40:]
    )
    told = [driver for drivers in explain(release.model_set, rows) for driver in drivers]
    words = {driver.words for driver in told if driver.group == "inbound aircraft"}
    assert any("its aircraft" in each for each in words)
    assert any("at ORD" in d.words for d in told if d.group == "weather at the destination")
    bare = rows.assign(**{name: np.float32(np.nan) for name in OPTIONAL})
    assert estimate(release.model_set, bare)["probability"].between(0, 1).all()
    assert (explain(release.model_set, bare)[0][0].words) != ""


def test_a_feed_that_began_after_the_trial_had_learnt_is_not_read_unjudged(
    network: World, trained_until: datetime
) -> None:
    begins = pd.Timestamp(trained_until) - pd.Timedelta(days=6)
    known_at = network.flights["aircraft_known_at"]
    late = network.flights["aircraft"].where(known_at >= begins)
    flights = network.flights.assign(
        aircraft=late, aircraft_known_at=known_at.where(known_at >= begins)
    )
    assert late.notna().sum() > 200
    release = train(World(flights, network.observations, network.forecasts), trained_until, 2)
    champion = release.model_set.at(2).champion
    assert champion is not None
    assert not any(name.startswith("inbound") for name in champion.encoding.columns)
    assert NO_AIRCRAFT in release.card["caveats"]


@pytest.mark.parametrize(
    ("silent", "caveat"),
    [
        ([INBOUND], NO_AIRCRAFT),
        ([DESTINATION_FORECASTS, DESTINATION_OBSERVATIONS], NO_WEATHER),
    ],
)
def test_the_card_says_which_of_the_two_is_not_seen(
    network: World, trained_until: datetime, silent: list[str], caveat: str
) -> None:
    flights, observations, forecasts = frames(network)
    if INBOUND in silent:
        flights = flights.drop(columns=list(AIRCRAFT_COLUMNS))
    else:
        # A destination without weather of its own: the origins' remains.
        flights = flights[flights["origin"].isin(["JFK", "EWR"])]
        flights = flights.assign(destination="ZRH", aircraft="N1")
    release = train(World(flights, observations, forecasts), trained_until, 2)
    assert caveat in release.card["caveats"]
    assert NEITHER not in release.card["caveats"]
    assert not set(silent) & set(release.card["known_at"])


def test_an_encoding_never_holds_a_group_that_nobody_filled(world: World) -> None:
    rows = build_features(
        *frames(world), horizon_hours=2, targets=world.flights["flight_id"].iloc[:50]
    )
    assert not set(Encoding.of(FEATURES, rows).columns) & set(OPTIONAL)
