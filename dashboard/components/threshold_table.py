"""The policy backtest: move the threshold and read alerts per shift, travellers caught, money."""

from collections.abc import Mapping
from typing import Any

import streamlit as st

from dashboard.components.amounts import counted, markdown_money
from dashboard.components.judgement_frames import signed_money, threshold_frame

NARROW_ORDER = ("Alert from", "", "A shift", "Caught", "Net")


def draw_thresholds(backtest: Mapping[str, Any], *, is_narrow: bool) -> None:
    """Draw the threshold's slider with what it would have meant, and the table of all of them."""
    st.markdown("#### Where to set the threshold")
    rows = {row["threshold"]: row for row in backtest["thresholds"]}
    policy = next(each for each, row in rows.items() if row["is_policy"])
    chosen = st.select_slider(
        "Alert from this chance on",
        options=list(rows),
        value=policy,
        format_func=_chance,
        key="forecast_threshold",
    )
    _draw_row(rows[chosen], backtest)
    st.caption(_basis(backtest))
    column = st.column_config
    percent = {"format": "%.0f %%"}
    st.dataframe(
        threshold_frame(backtest),
        hide_index=True,
        column_order=NARROW_ORDER if is_narrow else None,
        height="content",
        column_config={
            "Alert from": column.NumberColumn(format="%.1f %%"),
            "A shift": column.NumberColumn(format="%.1f", help="Alerts per shift, on average"),
            "Busiest shift": column.NumberColumn(help="Alerts in the shift that had most"),
            "Right": column.NumberColumn(**percent, help="Alerts whose flight was disrupted"),
            "Caught": column.NumberColumn(format="%,d", help="Travellers alerted in time"),
            "Missed": column.NumberColumn(format="%,d", help="Disrupted travellers not alerted"),
            "Net": column.NumberColumn(
                f"Net, {backtest['currency']}", format="%,.0f", help="Saved less handling"
            ),
            "Hours ahead": column.NumberColumn(format="%.0f", help="From alert to departure"),
        },
        placeholder="none",
        alt="Thresholds with alerts per shift, travellers caught and money saved",
    )


def _draw_row(row: Mapping[str, Any], backtest: Mapping[str, Any]) -> None:
    currency, per_shift = backtest["currency"], row["alerts_per_shift"]
    disrupted = backtest["travellers_disrupted"]
    tile = {"border": True, "height": "stretch"}
    with st.grid(4, min_column_width=150, key="forecast_threshold_figures"):
        st.metric("Alerts a shift", "none" if per_shift is None else f"{per_shift:,.1f}", **tile)
        st.metric("In the busiest shift", f"{row['busiest_shift_alerts']:,}", **tile)
        st.metric(
            "Travellers caught",
            f"{row['travellers_caught']:,}",
            delta=f"{row['travellers_missed']:,} of {disrupted:,} missed",
            delta_color="off",
            delta_arrow="off",
            **tile,
        )
        st.metric("Saved, net", signed_money(row["net_minor_units"], currency), **tile)


def _basis(backtest: Mapping[str, Any]) -> str:
    currency = backtest["currency"]
    handling = markdown_money(backtest["handling_cost_minor_units"], currency)
    loss = markdown_money(backtest["loss_per_traveller_minor_units"], currency)
    return (
        f"Replayed on {counted(backtest['flights'], 'flight')} with "
        f"{counted(backtest['travellers'], 'traveller')} booked ({backtest['first_on']} to "
        f"{backtest['last_on']}), shifts of {backtest['shift_hours']:.0f} h. An alert costs "
        f"{handling}, a disrupted traveller loses {loss}, and an alert in time avoids "
        f"{backtest['avoidable_share']:.0%} of that: so it pays from "
        f"**{_chance(backtest['policy_threshold'])}** on, which is the policy's threshold. "
        "Nothing here changes the policy."
    )


def _chance(threshold: float) -> str:
    return f"{threshold * 100:.1f} %"
