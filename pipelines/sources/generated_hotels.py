"""Invented hotels around the airports, and what a night in them costs."""

import numpy as np
import pandas as pd

from pipelines.sources.generated_demand import seasonal_demand
from pipelines.sources.geography import NEW_YORK_AIRPORTS, great_circle_km
from pipelines.sources.nycflights_movements import known_airports
from pipelines.sources.random_streams import fingerprint, pick, stream

CURRENCY = "USD"
HOTELS_IN_NEW_YORK = {"EWR": 11, "JFK": 13, "LGA": 12}
FEWEST_HOTELS, MOST_HOTELS = 2, 6
STAYS_PER_HOTEL = 120
STARS = {"2": 0.2, "3": 0.4, "4": 0.3, "5": 0.1}
KM_PER_DEGREE = 111.195
FIRST_WORDS = [
    *["Amber", "Birch", "Brass", "Cedar", "Cobalt", "Copper", "Drift", "Elm", "Fern", "Flint"],
    *["Gilded", "Harbour", "Hazel", "Indigo", "Ivory", "Juniper", "Lantern", "Linden", "Maple"],
    *["Marble", "Meadow", "Moss", "North", "Opal", "Quill", "River", "Saffron", "Silver", "Slate"],
]
SECOND_WORDS = [
    *["Anchor", "Arbor", "Beacon", "Compass", "Court", "Crane", "Finch", "Gate", "Heron", "Key"],
    *["Lark", "Mill", "Otter", "Pier", "Plover", "Quay", "Robin", "Sail", "Sparrow", "Swan"],
    *["Tern", "Thistle", "Wharf", "Willow", "Wren"],
]
KINDS = {2: "Lodge", 3: "Inn", 4: "Hotel", 5: "Grand Hotel"}
HOTEL_COLUMNS = [
    *["hotel_ref", "name", "airport", "latitude", "longitude", "distance_km", "stars"],
    *["supplier_reliability", "refundable", "is_generated"],
]
OCCUPANCY = {"single": 1, "double": 2, "family": 4}
PRICE_BY_STARS = {2: 8_900, 3: 12_900, 4: 18_900, 5: 31_900}
PRICE_BY_ROOM = {"single": 0.86, "double": 1.0, "family": 1.45}
PRICIER_IN_NEW_YORK = 1.35


def list_hotels(stay_count: "pd.Series[int]") -> pd.DataFrame:
    """Invent hotels near every airport where people stay, more where more do.

    Parameters
    ----------
    stay_count:
        Stays per airport, indexed by IATA code.

    Returns
    -------
    :
        One row per hotel, with its great-circle distance to the airport.
    """
    wanted = (stay_count / STAYS_PER_HOTEL).round().clip(FEWEST_HOTELS, MOST_HOTELS).astype(int)
    wanted = pd.concat([wanted.drop(list(NEW_YORK_AIRPORTS)), pd.Series(HOTELS_IN_NEW_YORK)])
    airports = wanted.sort_index().index.repeat(wanted.sort_index())
    hotels = pd.DataFrame({"airport": airports})
    hotels["hotel_ref"] = "H" + pd.Series(hotels.index + 1).astype("str").str.zfill(4)
    hotels["stars"] = pick("stars", STARS, len(hotels)).astype(int)
    hotels["name"] = _invent_names(hotels["stars"])
    return _describe(_place(hotels))[HOTEL_COLUMNS]


def night_price(
    hotels: pd.DataFrame, room_type: "pd.Series[str]", night: "pd.Series[pd.Timestamp]"
) -> "pd.Series[int]":
    """Price one room for one night in minor units, in whole dollars.

    Parameters
    ----------
    hotels:
        Rows with `hotel_ref`, `airport` and `stars`, one per price asked for.
    room_type:
        Key of `OCCUPANCY`, row by row.
    night:
        Local date on which the night begins, row by row.

    Returns
    -------
    :
        Minor units of `CURRENCY`, in the rows of `hotels`.
    """
    base = hotels["stars"].map(PRICE_BY_STARS) * room_type.map(PRICE_BY_ROOM)
    own_level = 0.85 + fingerprint(hotels["hotel_ref"]) % 1_000 / 1_000 * 0.35
    in_new_york = hotels["airport"].isin(NEW_YORK_AIRPORTS)
    place = np.where(in_new_york, PRICIER_IN_NEW_YORK, 1.0)
    price = base * own_level * place * demand_for_rooms(night)
    return ((price / 100).round() * 100).astype("int64")


def demand_for_rooms(night: "pd.Series[pd.Timestamp]") -> "pd.Series[float]":
    """Weigh nights by season and weekday; an average night weighs about one."""
    days = pd.Series(night.unique())
    both = 0.5 * seasonal_demand(days, "leisure") + 0.5 * seasonal_demand(days, "business")
    of_day = pd.Series(0.55 + 0.45 * both, index=pd.DatetimeIndex(days))
    return night.map(of_day).astype("float64")


def _place(hotels: pd.DataFrame) -> pd.DataFrame:
    """Scatter hotels around their airport, most within a few kilometres."""
    known = known_airports().loc[hotels["airport"]].reset_index()
    random = stream("hotel places")
    away_km = np.exp(random.normal(1.1, 0.6, len(hotels))).clip(0.6, 14.0)
    bearing = random.random(len(hotels)) * 2 * np.pi
    north, east = away_km * np.cos(bearing), away_km * np.sin(bearing)
    latitude = known["latitude"] + north / KM_PER_DEGREE
    longitude = known["longitude"] + east / (KM_PER_DEGREE * np.cos(np.radians(known["latitude"])))
    placed = hotels.assign(latitude=latitude.round(5), longitude=longitude.round(5))
    distance = great_circle_km(
        known["latitude"], known["longitude"], placed["latitude"], placed["longitude"]
    )
    return placed.assign(distance_km=distance.round(2))


def _invent_names(stars: "pd.Series[int]") -> "pd.Series[str]":
    pairs = [f"{first} {second}" for first in FIRST_WORDS for second in SECOND_WORDS]
    chosen = stream("hotel names").permutation(np.array(pairs))[: len(stars)]
    return pd.Series(chosen, index=stars.index) + " " + stars.map(KINDS)


def _describe(hotels: pd.DataFrame) -> pd.DataFrame:
    random = stream("hotel terms")
    reliability = random.beta(18, 2, len(hotels)).clip(0.6, 0.995).round(3)
    return hotels.assign(
        supplier_reliability=reliability,
        refundable=random.random(len(hotels)) < 0.65,
        is_generated=True,
    )
