"""Tells whether the browser's window is as narrow as a phone's."""

from functools import cache

import streamlit as st
from streamlit.components.v2.types import ComponentRenderer

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

KEY = "viewport"


def is_narrow() -> bool:
    """Whether this browser is narrow; a wide one is assumed until it has told."""
    return bool(st.session_state.get(KEY, {}).get("is_narrow", False))


def watch() -> None:
    """Let the browser tell, and tell again when it changes; draws nothing."""
    told = is_narrow()
    _component()(
        data={"pixels": NARROW_PIXELS, "isNarrow": told},
        default={"is_narrow": told},
        key=KEY,
        on_is_narrow_change=lambda: None,
        height="content",
    )


@cache
def _component() -> ComponentRenderer:
    # Registered on first use: at import there is no script that it could belong to.
    return st.components.v2.component("stormdesk_viewport", js=_WATCH)
