"""How good the probabilities are: the champion beside its controls, in groups and in money."""

from collections.abc import Mapping
from typing import Any

import streamlit as st

from dashboard.components.calibration_chart import (
    calibration_chart,
    figures_frame,
    judged_horizons,
    trial_of,
    verdict_words,
)
from dashboard.components.importance_chart import (
    importance_chart,
    importance_of,
    settled_words,
)
from dashboard.components.judgement_frames import (
    backtest_of,
    difference_words,
    group_frame,
    is_simulated,
    tables_of,
)
from dashboard.components.palette import palette
from dashboard.components.savings_chart import savings_chart
from dashboard.components.threshold_table import draw_thresholds
from dashboard.components.viewport import is_narrow
from warehouse.queries.predictions import ChampionRelease
from warehouse.queries.releases import RollingOriginRow

OLDER_RELEASE = (
    "This release was trained before months, airports and thresholds were judged, so it carries "
    "no such figures. The next training brings them."
)
FIXED_WORDS = "Its hyper-parameters were fixed before it was trained."
SIMULATED_WORDS = (
    "What is said {hours} h ahead rests on **simulated** weather forecasts, for no archive of "
    "2013's exists: these figures hold for that simulation. At 2 h all weather was observed."
)
IMPORTANCE_WORDS = (
    "On {flights:,} of the judged flights ({days} days), each group in turn put back to what is "
    "usual for the origin and hour. Lines hold 95 % of draws of whole days. What skill goes with, "
    "never what causes delays: a group whose news another also brings is hardly missed."
)
TRIAL, MONTHS = "Its last nine weeks", "Month by month"
MONTHS_WORDS = (
    "To see its whole history told month by month, run the job tell_history in Dagster, or "
    "`stormdesk model evaluate --rolling`: half an hour and more."
)
GROUP_ORDER_NARROW = ("Flights", "Disrupted", "Said", "Skill")


def draw_judgement(release: ChampionRelease | None, months: RollingOriginRow | None) -> None:
    """Draw what is stored of how good the release is: its trial, and its history by month."""
    st.subheader("How good is it")
    if release is None:
        st.caption("No model has been released yet: the pipeline's training makes the first one.")
        return
    card, horizons = release.card, judged_horizons(release.card)
    if not horizons:
        st.caption("The release in force carries no figures.")
        return
    hours = _choose(horizons)
    if months is not None and _wants_months(months, hours):
        _draw_months(months, hours)
        return
    _draw_record(card, hours)
    if months is None:
        st.caption(MONTHS_WORDS)
    tables, backtest = tables_of(card, hours), backtest_of(card)
    if "judgement" not in card:
        st.info(OLDER_RELEASE, icon=":material/history:")
    if tables:
        _draw_groups(tables)
        _draw_importance(card, hours)
        _draw_savings(tables, backtest)
    elif "judgement" in card:
        st.caption("Only climatology speaks at this horizon: there is nothing to break down.")
    if backtest:
        draw_thresholds(backtest, is_narrow=is_narrow())
    elif absent := card.get("policy_backtest", {}).get("absent"):
        st.caption(f"No threshold was tried. {absent}")


def _choose(horizons: list[int]) -> int:
    hours = st.segmented_control(
        "Hours ahead",
        horizons,
        default=horizons[0],
        required=True,
        format_func=lambda each: f"{each} h ahead",
        key="forecast_trial",
        label_visibility="collapsed",
    )
    return int(hours or horizons[0])


def _wants_months(months: RollingOriginRow, hours: int) -> bool:
    if hours not in judged_horizons(months.record):
        return False
    chosen = st.segmented_control(
        "Judged on",
        [TRIAL, MONTHS],
        default=TRIAL,
        required=True,
        key="forecast_judged_on",
        label_visibility="collapsed",
    )
    return chosen == MONTHS


def _draw_months(months: RollingOriginRow, hours: int) -> None:
    """Draw the history told month by month, in the same pictures as the trial."""
    _draw_record(months.record, hours)
    if tables := tables_of(months.record, hours):
        _draw_groups(tables)
        _draw_savings(tables, None)


def _draw_record(card: Mapping[str, Any], hours: int) -> None:
    trial = trial_of(card, hours)
    chart, figures = st.columns([1, 1], gap="large")
    with chart:
        st.altair_chart(
            calibration_chart(trial, palette()),
            alt="Share of flights disrupted against the probability that was said",
        )
    with figures:
        judged = next(iter(trial.values()), {})
        st.markdown(
            f"Judged on {judged.get('flights', 0):,} flights of {judged.get('days', 0)} days "
            f"({judged.get('first_on')} to {judged.get('last_on')}) that no model had seen; "
            f"{judged.get('base_rate', 0):.1%} of them were disrupted. Intervals hold 95 % of "
            "draws of whole days."
        )
        st.markdown(f"**{verdict_words(trial)}**")
        _draw_differences(tables_of(card, hours))
        st.dataframe(
            figures_frame(trial).set_index("Model").T,
            alt="Figures of the champion and its controls",
        )
        st.caption("A probability is worth something if it beats climatology: skill above 0.")
    _draw_protocol(card, hours)


def _draw_differences(tables: Mapping[str, Any] | None) -> None:
    words = difference_words(tables) if tables else []
    if words:
        st.markdown(
            "On the same flights, days drawn for both:\n" + "\n".join(f"- {w}" for w in words)
        )


def _draw_protocol(card: Mapping[str, Any], hours: int) -> None:
    """Say how the figures came about, and what they rest on."""
    told = [*card.get("protocol", [FIXED_WORDS])]
    if is_simulated(card, hours):
        told.append(SIMULATED_WORDS.format(hours=hours))
    st.caption(" ".join(told))


def _draw_groups(tables: Mapping[str, Any]) -> None:
    kinds = {"by_month": "Month", "by_airport": "Airport", "by_carrier": "Carrier"}
    for place, (name, title) in zip(st.tabs(list(kinds.values())), kinds.items(), strict=True):
        with place:
            _draw_group(tables[name], title)
    st.caption(
        "Said is the mean probability; where it is near Disrupted, it can be taken at its word. "
        "A calm month has nothing to find: read the worst 2 % beside Disrupted."
    )


def _draw_group(groups: list[Mapping[str, Any]], title: str) -> None:
    column = st.column_config
    percent = column.NumberColumn(format="%.1f %%")
    st.dataframe(
        group_frame(groups, title),
        hide_index=True,
        height="content",
        column_order=(title, *GROUP_ORDER_NARROW) if is_narrow() else None,
        column_config={
            "Flights": column.NumberColumn(format="%,d"),
            "Disrupted": percent,
            "Said": percent,
            "Skill": column.NumberColumn(format="%+.3f", help="Over climatology"),
            "PR-AUC": column.NumberColumn(format="%.3f"),
            "Worst 2 %": column.NumberColumn(
                format="%.0f %%", help="Share disrupted of the most probable 2 %"
            ),
        },
        placeholder="none",
        alt=f"Figures by {title.lower()}",
    )


def _draw_importance(card: Mapping[str, Any], hours: int) -> None:
    importance = importance_of(card, hours)
    if importance is None:
        return
    st.markdown("#### What its skill goes with")
    st.markdown(settled_words(importance))
    st.altair_chart(
        importance_chart(importance, palette()),
        alt="Skill and PR-AUC lost without each group of features, with intervals",
    )
    st.caption(IMPORTANCE_WORDS.format(**importance))


def _draw_savings(tables: Mapping[str, Any], backtest: Mapping[str, Any] | None) -> None:
    st.markdown("#### What alerts save")
    policy = backtest["policy_threshold"] if backtest else None
    st.altair_chart(
        savings_chart(tables["cost_curve"], policy, palette(), is_narrow=is_narrow()),
        alt="Savings of alerting over how much a right alert is worth",
    )
    st.caption(
        "In costs of one alert, alerting from the threshold that this worth asks for. Hindsight "
        "knows the best threshold afterwards; nobody can have that line."
    )
