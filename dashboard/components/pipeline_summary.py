"""One sentence over the pipeline page: whether everything flows, and else what is worst."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

import streamlit as st

from dashboard.auth.gate import guarded_fragment
from dashboard.auth.reading import reading
from dashboard.components.amounts import counted, sentence_case
from dashboard.components.instants import ago, span
from dashboard.components.severity_marks import MARKS
from warehouse.queries.clock import read_clock
from warehouse.queries.notifications import count_dead_letters
from warehouse.queries.pipeline_page import (
    HOUR,
    ComponentState,
    FeedCondition,
    FeedState,
    count_refused,
    list_components,
    list_feeds,
)
from warehouse.rules.permissions import may
from warehouse.vocabulary import Actor, Permission, Severity

REFRESH_SECONDS = 10
CALM = 3
"""Where in the sentence stands what is as it should be: after all that is not."""
_BEHIND = (FeedCondition.LATE, FeedCondition.NEVER)


@dataclass(frozen=True, slots=True)
class Flow:
    """What the sentence is made of; counts are None for those who may not see what they count."""

    feeds: Sequence[FeedState]
    components: Sequence[ComponentState]
    waiting_count: int | None = None
    dead_count: int | None = None
    is_replay: bool = False

    @property
    def late(self) -> list[FeedState]:
        """The feeds that should have delivered by now."""
        return [each for each in self.feeds if each.every and each.condition in _BEHIND]

    @property
    def overdue(self) -> list[ComponentState]:
        """The parts of the engine that should have ticked by now."""
        return [each for each in self.components if each.is_overdue]

    @property
    def severity(self) -> Severity | None:
        """How bad the worst of it is; None while everything flows."""
        if self.overdue:
            return Severity.CRITICAL
        if self.late:
            return Severity.HIGH
        return Severity.MEDIUM if self.dead_count else None

    def sentence(self) -> str:
        """Say it all: what is wrong comes first, the worst of it at the front."""
        parts = [
            (1 if self.late else CALM, _facts(self)),
            (CALM, _quarantine(self.waiting_count)),
            (0 if self.overdue else CALM, _engine(self)),
            (2, _dead_letters(self.dead_count)),
        ]
        ordered = sorted(parts, key=lambda part: part[0])
        return sentence_case("; ".join(words for _, words in ordered if words)) + "."


@guarded_fragment(Permission.SEE_PIPELINE, run_every=REFRESH_SECONDS)
def draw(actor: Actor) -> None:
    """Draw the sentence, marked by severity where something does not flow."""
    flow = _read(actor)
    if flow.severity is None:
        mark = ":green-badge[:material/check: Flowing]"
    else:
        worst = MARKS[flow.severity]
        mark = f":{worst.colour}-badge[{worst.label}]"
    st.markdown(f"{mark} {flow.sentence()}")


def _read(actor: Actor) -> Flow:
    sees_rows = may(actor, Permission.SEE_PERSONAL_DATA)
    with reading(actor) as session:
        clock = read_clock(session)
        reasons = count_refused(session, actor) if sees_rows else None
        return Flow(
            list_feeds(session, actor, clock=clock),
            list_components(session, actor, clock=clock),
            None if reasons is None else sum(each.row_count for each in reasons),
            count_dead_letters(session, actor) if sees_rows else None,
            clock.is_replay,
        )


def _facts(flow: Flow) -> str:
    ages = [each.age for each in flow.feeds if each.age is not None]
    if not ages:
        return "no feed has delivered yet"
    asked = [each for each in flow.feeds if each.every]
    if flow.late:
        named = ", ".join(f"{each.feed} ({_lateness(each)})" for each in flow.late)
        verb = "is" if len(flow.late) == 1 else "are"
        return f"{len(flow.late)} of {counted(len(asked), 'regular feed')} {verb} late: {named}"
    recent = sum(age <= HOUR for age in ages)
    if recent == 0:
        return f"facts are up to the hour, the newest of them {ago(min(ages))}"
    hour = "replayed hour" if flow.is_replay else "hour"
    return f"facts are up to the hour: {counted(recent, 'feed')} delivered within the last {hour}"


def _lateness(feed: FeedState) -> str:
    return "never delivered" if feed.age is None else f"last {ago(feed.age)}"


def _dead_letters(dead_count: int | None) -> str:
    return f"{counted(dead_count, 'message')} failed for good" if dead_count else ""


def _quarantine(waiting_count: int | None) -> str:
    if waiting_count is None:
        return ""
    if waiting_count == 0:
        return "nothing waits in quarantine"
    verb = "waits" if waiting_count == 1 else "wait"
    return f"{counted(waiting_count, 'row')} {verb} in quarantine"


def _engine(flow: Flow) -> str:
    ages = [each.age for each in flow.components if each.age is not None]
    if not ages:
        return "the engine has never ticked"
    if len(flow.overdue) == len(flow.components):
        return f"the engine has not ticked for {span(min(ages))}"
    if flow.overdue:
        named = ", ".join(f"{each.component} {_silence(each.age)}" for each in flow.overdue)
        return f"the engine's {named}"
    return f"the engine ticked {ago(min(ages))}"


def _silence(age: timedelta | None) -> str:
    return "has never ticked" if age is None else f"has not ticked for {span(age)}"
