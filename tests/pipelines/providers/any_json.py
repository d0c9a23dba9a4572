"""Any JSON at all, and reports of which any part may be anything or missing."""

from collections.abc import Mapping
from typing import Any

from hypothesis import strategies as st

ANY_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=20,
)


def nearly(report: Mapping[str, Any]) -> st.SearchStrategy[dict[str, Any]]:
    """Give reports like one."""
    optional = {name: st.just(value) | ANY_JSON for name, value in report.items()}
    return st.fixed_dictionaries({}, optional=optional)
