"""Puts the weather charts of a departure on the page, with what must be said about them."""

from collections.abc import Sequence
from datetime import datetime

import streamlit as st

from dashboard.components.amounts import literally
from dashboard.components.instants import day_and_time, zone_name
from dashboard.components.palette import palette
from dashboard.components.weather_chart import weather_charts
from warehouse.queries.weather import BulletinRow, WeatherHour
from warehouse.vocabulary import BulletinKind

_KINDS = {
    BulletinKind.WARNING: (":material/warning:", "Weather warning"),
    BulletinKind.REPORT: (":material/air:", "Observed at the airport"),
    BulletinKind.FORECAST: (":material/event_upcoming:", "Aerodrome forecast"),
}


def draw_weather(
    hours: Sequence[WeatherHour], *, airport: str, departs_at: datetime, now: datetime, zone: str
) -> None:
    """Draw three panels above one another, in the airport's time."""
    st.markdown(f"**Weather at {airport} around departure**, {zone_name(departs_at, zone)} time")
    if not hours:
        st.caption("No weather is known for these hours yet.")
        return
    charts = weather_charts(
        hours, departs_at=departs_at, now=now, time_zone=zone, colours=palette()
    )
    with st.container(gap=None, key="weather"):
        for title, chart in charts.items():
            st.altair_chart(chart, alt=f"{title} at {airport} around the departure")
    told = ["Wind stands in where no gust was reported."]
    if any(hour.is_simulated for hour in hours):
        told.append(
            "No archived forecasts exist for 2013: the one shown is simulated from what came, "
            "with errors that grow with the hours ahead."
        )
    told += sorted({hour.attribution for hour in hours if hour.attribution})
    st.caption(" ".join(told))


def draw_bulletins(bulletins: Sequence[BulletinRow], *, zone: str) -> None:
    """Draw what weather services say in words, with the original for those who read it."""
    if not bulletins:
        return
    st.markdown("**In words**")
    for bulletin in bulletins:
        mark, name = _KINDS[bulletin.kind]
        issued = day_and_time(bulletin.issued_at, zone)
        st.markdown(f"{mark} {literally(bulletin.headline)}  \n:small[:gray[{name}, {issued}]]")
    with st.expander("As received"):
        for bulletin in bulletins:
            st.code(bulletin.raw_text, language=None, wrap_lines=True)
