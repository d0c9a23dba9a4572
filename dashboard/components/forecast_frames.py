"""The flights ahead as frames for charts and tables: sums over what each claim says."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

import pandas as pd

from dashboard.components.alert_reasons import strongest_reason
from dashboard.components.instants import countdown, day_and_time, wall_clock
from warehouse.queries.forecast import FlightAhead
from warehouse.rules.currencies import major_units

MAP_EAST_OF, MAP_WEST_OF, MAP_NORTH_OF = -172.0, -66.0, 18.7
USUAL = "usual"


class Measure(StrEnum):
    """What the forecast counts."""

    TRAVELLERS = "travellers"
    FLIGHTS = "flights"
    MONEY = "money"


TITLES = {
    Measure.TRAVELLERS: "Disrupted travellers expected",
    Measure.FLIGHTS: "Disrupted flights expected",
    Measure.MONEY: "Booked dollars on disrupted flights, expected",
}


@dataclass(frozen=True, slots=True)
class Totals:
    """What the hours ahead may bring, beside what usual days would."""

    flights: int
    expected_flights: float
    usual_flights: float
    expected_travellers: float
    usual_travellers: float
    expected_value_minor_units: float
    simulated: int


def totals_of(flights: Sequence[FlightAhead]) -> Totals:
    """Add the flights up."""
    return Totals(
        flights=len(flights),
        expected_flights=sum(each.probability for each in flights),
        usual_flights=sum(each.base_rate or 0.0 for each in flights),
        expected_travellers=sum(each.expected_travellers for each in flights),
        usual_travellers=sum((each.base_rate or 0.0) * each.travellers for each in flights),
        expected_value_minor_units=sum(each.expected_value_minor_units for each in flights),
        simulated=sum(each.is_forecast_simulated for each in flights),
    )


def at_stake(flight: FlightAhead, measure: Measure) -> float:
    """Give how much of a measure rides on a flight."""
    if measure is Measure.FLIGHTS:
        return 1.0
    if measure is Measure.TRAVELLERS:
        return flight.travellers
    return major_units(flight.value_minor_units, flight.currency)


def hourly_frame(flights: Sequence[FlightAhead], measure: Measure) -> pd.DataFrame:
    """Sum by local departure hour and origin: what is expected, and what is usual."""
    frame = pd.DataFrame(
        [
            {
                "local": _local_hour(flight),
                "origin": flight.origin,
                "flights": 1,
                "expected": flight.probability * at_stake(flight, measure),
                USUAL: (flight.base_rate or 0.0) * at_stake(flight, measure),
            }
            for flight in flights
        ],
        columns=["local", "origin", "flights", "expected", USUAL],
    )
    return frame.groupby(["local", "origin"], as_index=False).sum()


def route_frame(flights: Sequence[FlightAhead]) -> pd.DataFrame:
    """Sum by route: flights, mean probability and expected travellers, with both ends."""
    frame = pd.DataFrame([
        {
            "origin": flight.origin,
            "destination": flight.destination,
            "city": flight.destination_city,
            "origin_latitude": flight.origin_latitude,
            "origin_longitude": flight.origin_longitude,
            "latitude": flight.destination_latitude,
            "longitude": flight.destination_longitude,
            "flights": 1,
            "probability": flight.probability,
            "travellers": flight.expected_travellers,
        }
        for flight in flights
    ])
    ends = [column for column in frame.columns if column not in SUMMED]
    summed = frame.groupby(ends, as_index=False).agg(SUMMED)
    return summed.sort_values("probability", ignore_index=True)


SUMMED = {"flights": "sum", "probability": "mean", "travellers": "sum"}


def is_on_map(routes: pd.DataFrame) -> pd.Series:
    """Tell which destinations the map of the fifty states shows."""
    return routes["longitude"].between(MAP_EAST_OF, MAP_WEST_OF) & (
        routes["latitude"] > MAP_NORTH_OF
    )


def riskiest(flights: Sequence[FlightAhead], measure: Measure, limit: int) -> list[FlightAhead]:
    """List the flights with most to lose, counted in the measure."""
    ranked = sorted(flights, key=lambda each: -each.probability * at_stake(each, measure))
    return ranked[:limit]


def flight_frame(flights: Sequence[FlightAhead], at: datetime) -> pd.DataFrame:
    """Lay flights out for a table, in the order given."""
    return pd.DataFrame([
        {
            "Flight": f"{each.carrier} {each.flight_number}  {each.origin} → {each.destination}",
            "Departs (local)": day_and_time(each.scheduled_departure_at, each.origin_time_zone),
            "Leaves": countdown(each.scheduled_departure_at, at),
            "Chance": each.probability * 100,
            "Usual": _percent(each.base_rate),
            "Day ahead": _percent(each.by_horizon.get(24)),
            "Claimed": f"{each.horizon_hours} h ahead",
            "Travellers": each.travellers,
            "Booked": major_units(each.value_minor_units, each.currency),
            "Goes with": strongest_reason(each.drivers),
            "alert": ":material/open_in_new:" if each.alert_id is not None else "",
        }
        for each in flights
    ])


def download_frame(flights: Sequence[FlightAhead]) -> pd.DataFrame:
    """Lay every flight out for a spreadsheet; instants in UTC, money in minor units."""
    return pd.DataFrame([
        {
            "carrier": each.carrier,
            "flight_number": each.flight_number,
            "origin": each.origin,
            "destination": each.destination,
            "scheduled_departure_at": each.scheduled_departure_at.isoformat(),
            "probability": round(each.probability, 4),
            "usual_probability": each.base_rate,
            "horizon_hours": each.horizon_hours,
            "predicted_at": each.predicted_at.isoformat(),
            "basis": each.basis,
            "is_forecast_simulated": each.is_forecast_simulated,
            "travellers": each.travellers,
            "value_minor_units": each.value_minor_units,
            "currency": each.currency,
        }
        for each in flights
    ])


def _percent(probability: float | None) -> float | None:
    return None if probability is None else probability * 100


def _local_hour(flight: FlightAhead) -> datetime:
    local = wall_clock(flight.scheduled_departure_at, flight.origin_time_zone)
    return local.replace(minute=0, second=0, microsecond=0)
