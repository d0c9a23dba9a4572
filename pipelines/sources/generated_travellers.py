"""Invented people: households that travel together, some of them several times a year.

Names come from faker, addresses end in example.com, .net or .org, and telephone numbers lie in
555-0100 to 555-0199: none of them can reach anyone.
"""

import numpy as np
import pandas as pd
from faker import Faker
from numpy.typing import NDArray

from pipelines.sources.random_streams import SEED, pick, stream

TRIPS_PER_HOUSEHOLD = {"business": 3.0, "leisure": 1.6}
GIVEN_NAME_COUNT, FAMILY_NAME_COUNT = 500, 900
SHARED_FAMILY_NAME = 0.85
MAIL_DOMAINS = {"example.com": 0.5, "example.org": 0.25, "example.net": 0.25}
AREA_CODES = dict.fromkeys(["201", "212", "347", "516", "646", "718", "914", "973"], 1.0)
LOYALTY_TIERS = {
    "business": {"none": 0.25, "silver": 0.35, "gold": 0.28, "platinum": 0.12},
    "leisure": {"none": 0.66, "silver": 0.22, "gold": 0.09, "platinum": 0.03},
}
TRAVELLER_COLUMNS = [
    *["traveller_ref", "given_name", "family_name", "email", "phone", "home_airport"],
    *["loyalty_tier", "is_generated"],
]


def assign_households(trips: pd.DataFrame) -> "pd.Series[int]":
    """Say which household makes each trip; nobody is on two trips at a time.

    Parameters
    ----------
    trips:
        With `home_airport`, `purpose`, `party_size`, `begins_at` and `ends_at`.

    Returns
    -------
    :
        Household numbers in the rows of `trips`.
    """
    kind = ["home_airport", "purpose", "party_size"]
    ordered = trips.sort_values([*kind, "begins_at"], kind="stable")
    group = ordered.groupby(kind, sort=False)
    rate = ordered["purpose"].map(TRIPS_PER_HOUSEHOLD)
    household_count = np.ceil(group["purpose"].transform("size") / rate).astype("int64")
    turn = group.cumcount() % household_count
    number = pd.Series(pd.factorize(group.ngroup() * len(trips) + turn)[0], index=ordered.index)
    return _send_someone_else(ordered.assign(household=number)).reindex(trips.index)


def _send_someone_else(ordered: pd.DataFrame) -> "pd.Series[int]":
    """Give a trip that begins before its household is home to a household of its own."""
    ordered = ordered.sort_values(["household", "begins_at"], kind="stable")
    of_household = ordered.groupby("household")
    home_again_at = of_household["ends_at"].cummax().groupby(ordered["household"]).shift()
    is_away = home_again_at.notna() & (ordered["begins_at"] <= home_again_at)
    newcomers = is_away.cumsum() + int(ordered["household"].max())
    return ordered["household"].where(~is_away, newcomers)


def list_members(trips: pd.DataFrame) -> pd.DataFrame:
    """Give one row per traveller of each household, in a fixed order."""
    one_each = trips.drop_duplicates("household").sort_values("household")
    kept = one_each[["household", "home_airport", "purpose", "party_size"]]
    members = kept.loc[kept.index.repeat(kept["party_size"])].reset_index(drop=True)
    members["member"] = members.groupby("household").cumcount()
    numbers = pd.Series(members.index + 1).astype("str").str.zfill(6)
    return members.assign(traveller_ref="T" + numbers)


def describe_travellers(members: pd.DataFrame) -> pd.DataFrame:
    """Give every member a name, an address and a number that belong to nobody."""
    count = len(members)
    given, family = _draw_names(members)
    domain = pick("mail domain", MAIL_DOMAINS, count)
    mailbox = (given + "." + family).str.lower().str.replace(r"[^a-z.]", "", regex=True)
    number = members["traveller_ref"].str.lower()
    return members.assign(
        given_name=given,
        family_name=family,
        email=mailbox + "." + number + "@" + domain,
        phone=_draw_phones(count),
        loyalty_tier=_draw_tiers(members["purpose"]),
        is_generated=True,
    )[TRAVELLER_COLUMNS]


def _draw_names(members: pd.DataFrame) -> tuple["pd.Series[str]", "pd.Series[str]"]:
    fake = Faker("en_US")
    fake.seed_instance(SEED)
    given_names = np.array([fake.first_name() for _ in range(GIVEN_NAME_COUNT)])
    family_names = np.array([fake.last_name() for _ in range(FAMILY_NAME_COUNT)])
    random = stream("names")
    count = len(members)
    given = given_names[random.integers(0, GIVEN_NAME_COUNT, count)]
    own = random.integers(0, FAMILY_NAME_COUNT, count)
    shared = random.integers(0, FAMILY_NAME_COUNT, count)[members["household"]]
    family = family_names[np.where(random.random(count) < SHARED_FAMILY_NAME, shared, own)]
    return pd.Series(given, index=members.index), pd.Series(family, index=members.index)


def _draw_phones(count: int) -> NDArray[np.str_]:
    line = stream("phone line").integers(100, 200, count)
    area = pick("area code", AREA_CODES, count)
    return np.array([f"+1-{code}-555-0{number}" for code, number in zip(area, line, strict=True)])


def _draw_tiers(purpose: "pd.Series[str]") -> "pd.Series[str]":
    tiers = pd.Series("none", index=purpose.index, dtype="str")
    for name, weights in LOYALTY_TIERS.items():
        rows = purpose == name
        tiers[rows] = pick(f"tier {name}", weights, int(rows.sum()))
    return tiers
