"""The feeds, each with its newest delivery beside what is expected; a chosen one's last ones."""

from collections.abc import Mapping, Sequence
from datetime import datetime

import pandas as pd
import streamlit as st

from dashboard.auth.reading import reading
from dashboard.components.instants import DESK_ZONE, ago, day_and_time
from dashboard.components.severity_marks import BadgeColour
from dashboard.components.viewport import is_narrow
from warehouse.queries.clock import read_clock
from warehouse.queries.feeds import BatchRow
from warehouse.queries.pipeline_page import (
    DAY,
    HOUR,
    STANDING_FEEDS,
    FeedCondition,
    FeedState,
    list_deliveries,
    list_feeds,
)
from warehouse.vocabulary import Actor

ROW_PIXELS = 35
DELIVERIES_SHOWN = 10
UNSET = "—"
WORDS: Mapping[FeedCondition, str] = {
    FeedCondition.FRESH: "✓ fresh",
    FeedCondition.LATE: "◆ late",
    FeedCondition.NEVER: "○ never",
    FeedCondition.LOADED: "✓ loaded",
}
COLOURS: Mapping[FeedCondition, BadgeColour] = {
    FeedCondition.FRESH: "green",
    FeedCondition.LATE: "orange",
    FeedCondition.NEVER: "gray",
    FeedCondition.LOADED: "gray",
}
_EVERY = {HOUR: "every hour", DAY: "every day"}
_NARROW = ("State", "Feed", "Age", "Refused")


def draw(actor: Actor) -> None:
    """Draw the table; a chosen row shows its feed's last deliveries below."""
    st.subheader("Feeds")
    with reading(actor) as session:
        clock = read_clock(session)
        feeds = list_feeds(session, actor, clock=clock)
    if all(each.freshness is None for each in feeds):
        st.info(
            "No feed has delivered yet. `stormdesk up` loads the embedded year; "
            "`stormdesk ingest` takes in files of your own.",
            icon=":material/hourglass_empty:",
        )
        return
    st.caption(
        f"Ages count up to the desk's instant, {day_and_time(clock.at, DESK_ZONE)}. "
        "Choose a row to see its last deliveries."
    )
    chosen = _draw_table(feeds)
    if chosen is not None:
        _draw_deliveries(actor, chosen.feed, clock.at)


def feeds_frame(feeds: Sequence[FeedState]) -> pd.DataFrame:
    """Lay the feeds out, one row each, in the order given."""
    return pd.DataFrame([_line(each) for each in feeds])


def deliveries_frame(batches: Sequence[BatchRow], at: datetime) -> pd.DataFrame:
    """Lay deliveries out; the counts after the first sum up to it."""
    return pd.DataFrame([
        {
            "At": day_and_time(each.received_at, DESK_ZONE),
            "Age": ago(at - each.received_at),
            "Source": each.source,
            "Partition (UTC)": partition_words(each.partition_key),
            "Received": each.received_count,
            "Accepted": each.accepted_count,
            "Unchanged": each.unchanged_count,
            "Older": each.superseded_count,
            "Refused": each.quarantined_count,
        }
        for each in batches
    ])


def partition_words(key: str | None) -> str:
    """Write a partition or a range of them, each as Dagster names it."""
    return (key or UNSET).replace("...", " to ")


def _draw_table(feeds: Sequence[FeedState]) -> FeedState | None:
    narrow = is_narrow()
    column = st.column_config
    shown = st.dataframe(
        feeds_frame(feeds),
        hide_index=True,
        key=f"pipeline_feeds_{len(feeds)}",
        on_select="rerun",
        selection_mode="single-row",
        column_order=_NARROW if narrow else None,
        row_height=ROW_PIXELS,
        height=(len(feeds) + 1) * ROW_PIXELS + 3,
        column_config={
            "State": column.MultiselectColumn(
                options=list(WORDS.values()), color=list(COLOURS.values()), width=84
            ),
            "Feed": column.TextColumn(width=150 if narrow else 160),
            "Age": column.TextColumn(width=92 if narrow else 110),
            "Last delivery": column.TextColumn(width=160),
            "Partition (UTC)": column.TextColumn(width=180),
            "Refused": column.NumberColumn(format="%,d", width=72, help="Since the first load"),
            "Accepted": column.NumberColumn(format="%,d", help="Since the first load"),
        },
        alt="Feeds with their newest delivery",
    )
    positions = shown["selection"]["rows"]
    return feeds[positions[0]] if positions and positions[0] < len(feeds) else None


def _line(state: FeedState) -> dict[str, object]:
    newest = state.freshness
    return {
        "State": [WORDS[state.condition]],
        "Feed": state.feed,
        "Age": ago(state.age) if state.age is not None else UNSET,
        "Last delivery": day_and_time(newest.last_received_at, DESK_ZONE) if newest else UNSET,
        "Partition (UTC)": partition_words(newest.last_partition_key if newest else None),
        "Expected": _expectation(state),
        "Deliveries": newest.batch_count if newest else 0,
        "Accepted": newest.accepted_count if newest else 0,
        "Refused": newest.quarantined_count if newest else 0,
    }


def _expectation(state: FeedState) -> str:
    if state.every:
        return _EVERY[state.every]
    return "when it changes" if state.feed in STANDING_FEEDS else "as it comes"


def _draw_deliveries(actor: Actor, feed: str, at: datetime) -> None:
    with reading(actor) as session:
        batches = list_deliveries(session, actor, feed, limit=DELIVERIES_SHOWN)
    if not batches:
        st.caption(f"{feed} has never delivered. Its asset in Dagster says what it waits for.")
        return
    st.markdown(f"**Last deliveries of {feed}**")
    st.dataframe(
        deliveries_frame(batches, at),
        hide_index=True,
        column_config={"Partition (UTC)": st.column_config.TextColumn(width=150)},
        alt=f"Last deliveries of {feed}",
    )
