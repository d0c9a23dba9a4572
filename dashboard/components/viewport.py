"""Tells whether the browser's window is as narrow as a phone's."""

import streamlit as st

NARROW_PIXELS = 640

_WATCH = """
export default function ({ data, setStateValue }) {
  const query = window.matchMedia(`(max-width: ${data.pixels}px)`);
  const tell = () => {
    if (query.matches !== data.isNarrow) setStateValue("is_narrow", query.matches);
  };
  tell();
  query.addEventListener("change", tell);
  return () => query.removeEventListener("change", tell);
}
"""

_COMPONENT = st.components.v2.component("stormdesk_viewport", js=_WATCH)
KEY = "viewport"


def is_narrow() -> bool:
    """Whether this browser is narrow; a wide one is assumed until it has told."""
    told = bool(st.session_state.get(KEY, {}).get("is_narrow", False))
    answer = _COMPONENT(
        data={"pixels": NARROW_PIXELS, "isNarrow": told},
        default={"is_narrow": told},
        key=KEY,
        on_is_narrow_change=lambda: None,
        height="content",
    )
    return bool(answer.is_narrow)
