"""The few colours that charts draw with; red is kept for what is urgent."""

from dataclasses import dataclass

import streamlit as st


@dataclass(frozen=True, slots=True)
class Palette:
    """Colours of one appearance."""

    ink: str
    muted: str
    line: str
    land: str
    accent: str
    calm: str
    warm: str
    urgent: str
    ramp: tuple[str, str, str]


LIGHT = Palette(
    ink="#1b2733",
    muted="#5c6b7a",
    line="#d5dce3",
    land="#e9edf1",
    accent="#1f5f99",
    calm="#9fb4c7",
    warm="#c26a1a",
    urgent="#b3261e",
    ramp=("#c9d6e2", "#e2a25c", "#b3261e"),
)
DARK = Palette(
    ink="#e6ebf0",
    muted="#9aa8b5",
    line="#33404d",
    land="#202b36",
    accent="#6aaee6",
    calm="#54697c",
    warm="#e39a4f",
    urgent="#f2766d",
    ramp=("#3b4d5e", "#c98a45", "#f2766d"),
)


def palette() -> Palette:
    """Give the colours of the appearance this browser shows."""
    return DARK if st.context.theme.type == "dark" else LIGHT
