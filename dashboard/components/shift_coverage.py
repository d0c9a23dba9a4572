"""What the plan leaves uncovered: which step would reach nobody, when, and what to do."""

from collections.abc import Sequence

import streamlit as st

from dashboard.components.amounts import counted, literally, sentence_case
from dashboard.components.instants import DESK_ZONE
from warehouse.queries.coverage import Coverage
from warehouse.rules.coverage import Gap, alike
from warehouse.rules.wall_time import range_words

FIRST_SHOWN = 2


def draw(coverage: Coverage) -> None:
    """Draw what is missing, the soonest first; or that nothing is."""
    if coverage.is_complete:
        st.success(coverage.sentence(DESK_ZONE), icon=":material/event_available:")
        return
    days = (coverage.ends_at - coverage.starts_at).days
    groups = alike(coverage.gaps)
    with st.container(border=True, key="shifts_gaps"):
        st.markdown(
            f":red[:material/event_busy:] **The next {days} days have "
            f"{counted(len(coverage.gaps), 'gap')}.** "
            "An alert that reaches a gap goes on to the next step at once, in the end to the "
            "catch-all."
        )
        for gaps in groups:
            st.markdown(group_words(gaps))
        if any(len(gaps) > FIRST_SHOWN for gaps in groups):
            with st.expander("Every gap, one by one"):
                st.markdown("\n".join(f"- {_line(gap)}" for gap in coverage.gaps))


def group_words(gaps: Sequence[Gap]) -> str:
    """Write what is missing on one step, how often, the first stretches, and the remedy."""
    first = gaps[0]
    times = f", {len(gaps)} times" if len(gaps) > 1 else ""
    stretches = "; ".join(_stretch(gap) for gap in gaps[:FIRST_SHOWN])
    more = f"; and {len(gaps) - FIRST_SHOWN} more" if len(gaps) > FIRST_SHOWN else ""
    return (
        f":red[**{first.step}: {literally(first.missing)}**]{times}: {stretches}{more}.  \n"
        f":gray[{_severities(first)} {literally(first.remedy)}]"
    )


def _severities(gap: Gap) -> str:
    return f"{sentence_case(', '.join(severity.value for severity in gap.severities))} alerts."


def _stretch(gap: Gap) -> str:
    return range_words(gap.starts_at, gap.ends_at, DESK_ZONE)


def _line(gap: Gap) -> str:
    return f"{_stretch(gap)} · {gap.step}: :red[{literally(gap.missing)}]"
