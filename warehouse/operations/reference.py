"""Load what everything else names: airports and carriers."""

import pandas as pd
from sqlalchemy.orm import Session

from warehouse.bulk.column_rules import rules_of
from warehouse.bulk.contract import Contract
from warehouse.bulk.merging import Target
from warehouse.operations.deliveries import Delivery
from warehouse.operations.fact_merges import Fact, load_fact, table_of
from warehouse.operations.feed_batches import BatchResult
from warehouse.schema.travel import Airport, Carrier
from warehouse.vocabulary import Actor

_AIRPORT_COLUMNS = rules_of(*(
    table_of(Airport),
    "iata",
    "name",
    "city",
    "latitude",
    "longitude",
    "time_zone",
))
_CARRIER_COLUMNS = rules_of(table_of(Carrier), "code", "name")
_AIRPORT = Fact(
    "airport",
    Contract(_AIRPORT_COLUMNS, ("iata",)),
    Target(table_of(Airport), ("iata",), tuple(_AIRPORT_COLUMNS)[1:]),
)
_CARRIER = Fact(
    "carrier",
    Contract(_CARRIER_COLUMNS, ("code",)),
    Target(table_of(Carrier), ("code",), ("name",)),
)


def load_airports(
    session: Session, actor: Actor, airports: pd.DataFrame, delivery: Delivery
) -> BatchResult:
    """Keep airports by their IATA code; the newest name, place and zone stand.

    Parameters
    ----------
    session:
        Open transaction.
    actor:
        Who loads. Needs `Permission.ADMINISTER`.
    airports:
        One row per airport: iata, name, city, latitude, longitude, time_zone.
    delivery:
        Who sends them and when they came.

    Returns
    -------
    :
        How many rows went which way.
    """
    return load_fact(session, actor, _AIRPORT, airports, delivery)


def load_carriers(
    session: Session, actor: Actor, carriers: pd.DataFrame, delivery: Delivery
) -> BatchResult:
    """Keep carriers by their code; the newest name stands.

    Parameters
    ----------
    session:
        Open transaction.
    actor:
        Who loads. Needs `Permission.ADMINISTER`.
    carriers:
        One row per carrier: code, name.
    delivery:
        Who sends them and when they came.

    Returns
    -------
    :
        How many rows went which way.
    """
    return load_fact(session, actor, _CARRIER, carriers, delivery)
