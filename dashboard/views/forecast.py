"""The Forecast: what the next hours may bring, where, for how many, and how far to trust it."""

from collections.abc import Sequence
from datetime import datetime, timedelta

import streamlit as st

from dashboard.auth.gate import require
from dashboard.auth.reading import reading
from dashboard.components import opening, style, viewport
from dashboard.components.forecast_choices import draw_choices
from dashboard.components.forecast_figures import draw_figures
from dashboard.components.forecast_frames import (
    TITLES,
    Measure,
    download_frame,
    hourly_frame,
    is_on_map,
    riskiest,
    route_frame,
)
from dashboard.components.instants import DESK_ZONE, day_and_time
from dashboard.components.judgement import draw_judgement
from dashboard.components.model_card import draw_trust
from dashboard.components.palette import palette
from dashboard.components.risk_chart import risk_chart
from dashboard.components.risk_map import risk_map
from dashboard.components.riskiest_table import draw_riskiest
from warehouse.queries.clock import current_instant
from warehouse.queries.forecast import (
    FlightAhead,
    find_forecaster,
    find_forecaster_months,
    list_flights_ahead,
)
from warehouse.vocabulary import Permission

RISKIEST_SHOWN = 25


def render() -> None:
    """Draw the page."""
    actor = require(Permission.SEE_FORECASTS)
    opening.follow()
    style.apply()
    st.title("Forecast")
    hours, measure, origin = draw_choices()
    with reading(actor) as session:
        at = current_instant(session)
        until = at + timedelta(hours=hours)
        ahead = list_flights_ahead(session, actor, at=at, until=until)
        release = find_forecaster(session, actor)
        months = find_forecaster_months(session, actor, release.release_id) if release else None
    flights = [each for each in ahead if origin is None or each.origin == origin]
    if flights:
        draw_figures(flights)
        _draw_hours(flights, measure)
        _draw_map(flights)
        draw_riskiest(riskiest(flights, measure, RISKIEST_SHOWN), at)
        _draw_download(flights, at)
    else:
        st.info(
            f"No flight of the next {hours} hours has been predicted yet. The pipeline predicts "
            "24 and 2 hours before each departure; look again shortly.",
            icon=":material/hourglass_empty:",
        )
    draw_judgement(release, months)
    draw_trust(release)


def _draw_hours(flights: Sequence[FlightAhead], measure: Measure) -> None:
    st.subheader("Hour by hour, New York time")
    st.altair_chart(
        risk_chart(hourly_frame(flights, measure), TITLES[measure], palette()),
        alt=f"{TITLES[measure]} by departure hour and origin",
    )
    st.caption("Bars: what the newest claims add up to. Dashed: what is usual for these flights.")


def _draw_map(flights: Sequence[FlightAhead]) -> None:
    st.subheader("Where they are going")
    routes = route_frame(flights)
    shown = is_on_map(routes)
    st.altair_chart(
        risk_map(routes[shown], palette(), is_narrow=viewport.is_narrow()),
        alt="Routes from New York by chance of disruption",
    )
    beyond = ", ".join(sorted(set(routes.loc[~shown, "destination"])))
    edge = f"Beyond the map's edge: {beyond}. " if beyond else ""
    st.caption(f"{edge}Boundaries: US Census Bureau, public domain.")


def _draw_download(flights: Sequence[FlightAhead], at: datetime) -> None:
    st.download_button(
        "Download all flights as CSV",
        download_frame(flights).to_csv(index=False).encode(),
        file_name=f"stormdesk-forecast-{at:%Y%m%dT%H%MZ}.csv",
        mime="text/csv",
        icon=":material/download:",
        on_click="ignore",
        help=f"As of {day_and_time(at, DESK_ZONE)}; instants in UTC",
    )
