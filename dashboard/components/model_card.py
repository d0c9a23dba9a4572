"""The model card as a person reads it: what it is, what it learnt from, what it is not."""

import streamlit as st

from dashboard.components.instants import DESK_ZONE, day_and_time
from warehouse.queries.predictions import ChampionRelease


def draw_trust(release: ChampionRelease | None) -> None:
    """Draw the card of the release in force, if there is one."""
    if release is not None:
        st.subheader("How far to trust it")
        _draw_card(release)


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
