"""Nights in hotels at the destination, between two legs of a trip."""

import numpy as np
import pandas as pd

from pipelines.sources.generated_hotels import OCCUPANCY, night_price
from pipelines.sources.geography import zones_of
from pipelines.sources.random_streams import stream
from pipelines.sources.wall_clock import to_local

STAYS_WITH_US = {"business": 0.88, "leisure": 0.62}


def list_nights_away(legs: pd.DataFrame, trips: pd.DataFrame) -> pd.DataFrame:
    """Find where a trip spends nights between two legs and books them through us."""
    next_leg = legs.groupby("trip")[["trip", "origin", "scheduled_departure_at"]].shift(-1)
    gaps = pd.DataFrame({
        "trip": legs["trip"],
        "airport": legs["destination"],
        "check_in_on": _local_day(legs["scheduled_arrival_at"], legs["destination"]),
        "check_out_on": _local_day(next_leg["scheduled_departure_at"], legs["destination"]),
    })
    gaps = gaps[next_leg["trip"].notna() & (gaps["check_out_on"] > gaps["check_in_on"])]
    gaps = gaps.merge(trips[["purpose", "party_size"]], left_on="trip", right_index=True)
    with_us = stream("stays with us").random(len(gaps)) < gaps["purpose"].map(STAYS_WITH_US)
    return gaps[with_us].sort_values(["trip", "check_in_on"], ignore_index=True)


def book_rooms(nights_away: pd.DataFrame, hotels: pd.DataFrame) -> pd.DataFrame:
    """Choose a hotel and rooms for every stay, and price its nights one by one."""
    stays = _choose_hotels(nights_away, hotels)
    stays["room_type"] = np.select(
        [stays["party_size"] == 1, stays["party_size"] == 2], ["single", "double"], "family"
    )
    stays["rooms"] = np.ceil(stays["party_size"] / stays["room_type"].map(OCCUPANCY)).astype(int)
    stays["position"] = stays.groupby("trip").cumcount() + 1
    nights = spread_nights(stays)
    by_stay = night_price(nights, nights["room_type"], nights["night"]).groupby(nights["stay"])
    stays["price_minor_units"] = by_stay.sum() * stays["rooms"]
    return stays


def spread_nights(stays: pd.DataFrame) -> pd.DataFrame:
    """Give one row per stay and night, `stay` being the row of the stay."""
    count = (stays["check_out_on"] - stays["check_in_on"]).dt.days
    nights = stays.loc[stays.index.repeat(count)].rename_axis("stay").reset_index()
    after = pd.to_timedelta(nights.groupby("stay").cumcount(), unit="D")
    return nights.assign(night=nights["check_in_on"] + after)


def _choose_hotels(nights_away: pd.DataFrame, hotels: pd.DataFrame) -> pd.DataFrame:
    """Draw among the hotels near the airport; business likes more stars."""
    near = (
        hotels
        .groupby("airport")["hotel_ref"]
        .agg(["size"])
        .assign(first=lambda counted: counted["size"].cumsum() - counted["size"])
    )
    ordered = hotels.sort_values(["airport", "stars", "hotel_ref"], ignore_index=True)
    spans = nights_away["airport"].map(near["first"]), nights_away["airport"].map(near["size"])
    drawn = stream("hotel choice").random(len(nights_away))
    taste = np.where(nights_away["purpose"] == "business", 0.6, 1.1)
    place = (spans[0] + np.floor(drawn**taste * spans[1])).astype(int)
    chosen = ordered.iloc[place][["hotel_ref", "stars"]].set_axis(nights_away.index)
    return nights_away.join(chosen)


def _local_day(
    instants: "pd.Series[pd.Timestamp]", airport: "pd.Series[str]"
) -> "pd.Series[pd.Timestamp]":
    return to_local(instants, zones_of(airport)).dt.normalize()
