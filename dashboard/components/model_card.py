"""The model card as a person reads it: what it is, what it learnt from, what it is not."""

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
from dashboard.components.instants import DESK_ZONE, day_and_time
from dashboard.components.palette import palette
from warehouse.queries.predictions import ChampionRelease


def draw_trust(release: ChampionRelease | None) -> None:
    """Draw the champion's record beside its controls, and the card."""
    st.subheader("How far to trust it")
    if release is None:
        st.caption("No model has been released yet: the pipeline's training makes the first one.")
        return
    horizons = judged_horizons(release.card)
    if not horizons:
        st.caption("The release in force carries no figures.")
    else:
        _draw_record(release.card, horizons)
    _draw_card(release)


def _draw_record(card: Mapping[str, Any], horizons: list[int]) -> None:
    hours = st.segmented_control(
        "Hours ahead",
        horizons,
        default=horizons[0],
        required=True,
        format_func=lambda each: f"{each} h ahead",
        key="forecast_trial",
        label_visibility="collapsed",
    )
    trial = trial_of(card, int(hours or horizons[0]))
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
        st.dataframe(
            figures_frame(trial).set_index("Model").T,
            alt="Figures of the champion and its controls",
        )
        st.caption("A probability is worth something if it beats climatology: skill above 0.")


def _draw_card(release: ChampionRelease) -> None:
    card = release.card
    with st.expander(f"Model card of release {release.release_id}", icon=":material/description:"):
        st.markdown(
            f"Learnt from {day_and_time(release.trained_from, DESK_ZONE)} to "
            f"{day_and_time(release.trained_until, DESK_ZONE)}; in force since "
            f"{day_and_time(release.since_at, DESK_ZONE)}."
        )
        for target, words in card.get("targets", {}).items():
            st.markdown(f"- **{target.replace('_', ' ')}**: {words}")
        if card.get("caveats"):
            st.markdown("What it is not:\n" + "\n".join(f"- {each}" for each in card["caveats"]))
        st.json(card, expanded=False)
