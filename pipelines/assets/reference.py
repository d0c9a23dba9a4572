"""What every other fact names: airports, carriers, hotels and travellers."""

import dagster as dg

from pipelines.checks.batches import balances, constraints_hold, nothing_quarantined
from pipelines.conventions import Group, Materialized, Owner, table_asset
from pipelines.ingesting import Ingest
from pipelines.providing import EmbeddedProvider
from pipelines.resources import Warehouse

_KINDS = frozenset({"postgres", "pandas"})
AIRPORT = Ingest(
    "travel.airport",
    "travel.airport",
    (balances(), nothing_quarantined(), constraints_hold("travel.airport", "iata")),
)
CARRIER = Ingest(
    "travel.carrier",
    "travel.carrier",
    (balances(), nothing_quarantined(), constraints_hold("travel.carrier", "code")),
)
HOTEL = Ingest(
    "inventory.hotel",
    "inventory.hotel",
    (
        balances(),
        nothing_quarantined(),
        constraints_hold("inventory.hotel", "hotel_ref"),
    ),
)
TRAVELLER = Ingest(
    "travel.traveller",
    "travel.traveller",
    (
        balances(),
        nothing_quarantined(),
        constraints_hold("travel.traveller", "traveller_ref"),
    ),
)


@table_asset(
    AIRPORT.asset,
    group=Group.INGEST,
    owner=Owner.DATA,
    kinds=_KINDS,
    deps=["source.nycflights"],
    checks=AIRPORT.specs(),
)
def airport(
    context: dg.AssetExecutionContext, warehouse: Warehouse, provider: EmbeddedProvider
) -> Materialized:
    """Airports that flights touch, each with its place and IANA zone, by IATA code."""
    from warehouse.operations.reference import load_airports

    return AIRPORT.run_handovers(context, warehouse, [provider.airports()], load_airports)


@table_asset(
    CARRIER.asset,
    group=Group.INGEST,
    owner=Owner.DATA,
    kinds=_KINDS,
    deps=["source.nycflights"],
    checks=CARRIER.specs(),
)
def carrier(
    context: dg.AssetExecutionContext, warehouse: Warehouse, provider: EmbeddedProvider
) -> Materialized:
    """Airlines by their IATA code."""
    from warehouse.operations.reference import load_carriers

    return CARRIER.run_handovers(context, warehouse, [provider.carriers()], load_carriers)


@table_asset(
    HOTEL.asset,
    group=Group.INGEST,
    owner=Owner.DATA,
    kinds=_KINDS,
    deps=["source.generated_travel", "travel.airport"],
    checks=HOTEL.specs(),
)
def hotel(
    context: dg.AssetExecutionContext, warehouse: Warehouse, provider: EmbeddedProvider
) -> Materialized:
    """Hotels near airports, with how reliably their supplier confirms. Generated."""
    from warehouse.operations.inventory_feed import load_hotels

    return HOTEL.run_handovers(context, warehouse, [provider.hotels()], load_hotels)


@table_asset(
    TRAVELLER.asset,
    group=Group.INGEST,
    owner=Owner.DATA,
    kinds=_KINDS,
    deps=["source.generated_travel", "travel.airport"],
    checks=TRAVELLER.specs(),
    tags={"personal_data": "true"},
)
def traveller(
    context: dg.AssetExecutionContext, warehouse: Warehouse, provider: EmbeddedProvider
) -> Materialized:
    """People on bookings. Generated; the preview leaves out who they are all the same."""
    from warehouse.operations.bookings_feed import load_travellers

    return TRAVELLER.run_handovers(context, warehouse, [provider.travellers()], load_travellers)


REFERENCE = (airport, carrier, hotel, traveller)
