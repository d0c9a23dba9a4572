"""The Alert: one disrupted flight, why, whom it touches, and what to do about it."""

import streamlit as st

from dashboard import navigation
from dashboard.auth.gate import guarded_fragment, require
from dashboard.auth.reading import reading
from dashboard.components import alert_actions, empty_states, fallback_list, opening, style
from dashboard.components.affected_table import draw_affected
from dashboard.components.alert_header import draw_header
from dashboard.components.alert_reasons import draw_reasons
from dashboard.components.page_arrival import draw_arrival
from dashboard.components.storm_links import draw_joined, draw_way_to_storm
from dashboard.components.timeline import draw_timeline
from dashboard.components.weather_chart import window_around
from dashboard.components.weather_picture import draw_bulletins, draw_weather
from warehouse.errors import NotFound
from warehouse.queries.alert_page import (
    AlertDetail,
    get_alert,
    list_affected_bookings,
    list_joined,
    list_timeline,
)
from warehouse.queries.alerts import InboxRow
from warehouse.queries.clock import current_instant
from warehouse.queries.weather import list_bulletins, list_weather
from warehouse.rules.permissions import may
from warehouse.vocabulary import Actor, AlertId, Permission

REFRESH_SECONDS = 2


def render() -> None:
    """Draw the alert that the address names."""
    actor = require(Permission.SEE_ALERTS)
    opening.arrived()
    style.apply()
    navigation.link_to("inbox", "Inbox", opening.inbox_address(), icon=":material/arrow_back:")
    detail = _named_alert(actor)
    if detail is None:
        return
    alert_id = detail.row.alert_id
    alert_actions.forget_result_of_other(alert_id)
    _live_head(alert_id)
    main, side = st.columns([2, 1], gap="large")
    with main:
        if detail.row.airport is not None:
            _live_joined(alert_id, detail.row.airport)
        else:
            st.subheader("Why")
            draw_reasons(detail)
            _draw_weather(actor, detail.row)
            _draw_people(actor, alert_id)
            fallback_list.live_list(alert_id, is_live=detail.closed_at is None)
    with side:
        st.subheader("What happened")
        _live_timeline(alert_id, detail.row.origin_time_zone or "UTC")


def _named_alert(actor: Actor) -> AlertDetail | None:
    """Read the alert of `?id=`; say so where there is none."""
    text = st.query_params.get("id", "")
    try:
        with reading(actor) as session:
            return get_alert(session, actor, AlertId(int(text)))
    except ValueError:
        empty_states.draw_missing_alert("This address names no alert.")
    except NotFound as refusal:
        empty_states.draw_missing_alert(str(refusal))
    return None


@guarded_fragment(Permission.SEE_ALERTS, run_every=REFRESH_SECONDS)
def _live_head(actor: Actor, alert_id: AlertId) -> None:
    with reading(actor) as session:
        detail = get_alert(session, actor, alert_id)
        at = current_instant(session)
    draw_header(detail, at)
    draw_arrival(actor, detail, at)
    if detail.row.storm_id is not None and detail.closed_at is None:
        draw_way_to_storm(detail.row.storm_id, detail.row.origin)
    alert_actions.draw_result()
    alert_actions.draw_actions(actor, detail)


@guarded_fragment(Permission.SEE_ALERTS, run_every=REFRESH_SECONDS)
def _live_joined(actor: Actor, alert_id: AlertId, airport: str) -> None:
    with reading(actor) as session:
        rows = list_joined(session, actor, alert_id)
        at = current_instant(session)
    draw_joined(rows, airport, at)


@guarded_fragment(Permission.SEE_ALERT_AUDIT, run_every=REFRESH_SECONDS)
def _live_timeline(actor: Actor, alert_id: AlertId, time_zone: str) -> None:
    with reading(actor) as session:
        entries = list_timeline(session, actor, alert_id)
    draw_timeline(entries, time_zone)


def _draw_people(actor: Actor, alert_id: AlertId) -> None:
    st.subheader("Who is affected")
    with reading(actor) as session:
        bookings = list_affected_bookings(session, actor, alert_id)
    draw_affected(bookings, shows_people=may(actor, Permission.SEE_PERSONAL_DATA))


def _draw_weather(actor: Actor, row: InboxRow) -> None:
    if row.origin is None or row.scheduled_departure_at is None or row.origin_time_zone is None:
        return
    departs_at = row.scheduled_departure_at
    with reading(actor) as session:
        at = current_instant(session)
        start, until = window_around(departs_at, at)
        hours = list_weather(session, actor, row.origin, start=start, until=until, known_by=at)
        said = list_bulletins(session, actor, row.origin, start=start, until=until, known_by=at)
    draw_weather(
        hours, airport=row.origin, departs_at=departs_at, now=at, zone=row.origin_time_zone
    )
    draw_bulletins(said, zone=row.origin_time_zone)
