"""Real flights and weather of New York in 2013 as the canonical frames, outcomes included."""

from datetime import datetime

import pandas as pd

from pipelines.sources.nycflights import flights_between, observations_between, reports_between
from pipelines.sources.simulated_forecast import simulate_forecasts

KEY = ["carrier", "flight_number", "origin", "service_date"]
LEADS_HOURS = (24, 27, 48)


def real_frames(start: datetime, end: datetime) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    """Give flights, observations and simulated forecasts from start until before end."""
    flights, reports = flights_between(start, end), reports_between(start, end)
    departed = reports.loc[reports["kind"] == "departed", [*KEY, "departure_delay_minutes"]]
    cancelled = reports.loc[reports["kind"] == "cancelled", KEY].assign(cancelled=True)
    known = flights.merge(departed, how="left", on=KEY).merge(cancelled, how="left", on=KEY)
    known = known.assign(
        flight_id=range(len(known)), cancelled=known["cancelled"].eq(True).fillna(False)
    )
    observations = observations_between(start, end)
    forecasts = [simulate_forecasts(observations, lead_hours=lead) for lead in LEADS_HOURS]
    return known, observations, pd.concat(forecasts, ignore_index=True)
