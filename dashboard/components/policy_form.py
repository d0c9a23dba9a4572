"""The form that publishes the next version of the ladder, filled with the one in force."""

from collections.abc import Sequence

import streamlit as st

from dashboard.auth.gate import guarded_callback
from dashboard.components.shift_results import save
from warehouse.operations.policies import publish_next_version
from warehouse.queries.people import Colleague
from warehouse.queries.policy_versions import PolicyVersion
from warehouse.rules.escalation_policy import LadderStep
from warehouse.rules.page_rate import PageRate
from warehouse.rules.storm_control import StormControl
from warehouse.vocabulary import (
    TO_PEOPLE,
    Actor,
    Channel,
    FallbackKind,
    Permission,
    Role,
    StepTarget,
)

MOST_STEPS = 10
ON_SHIFT = {
    role.value: f"{role.value}s on shift" for role in (Role.AGENT, Role.MANAGER, Role.ADMIN)
}
NOTHING = "nothing"
DEFAULT = LadderStep(1, 30, StepTarget.ON_SHIFT, Role.MANAGER, None, (Channel.EMAIL,), None)


def draw(newest: PolicyVersion, staff: Sequence[Colleague]) -> None:
    """Draw a box for each step, and what holds for all of them."""
    whom = ON_SHIFT | {each.username: each.display_name for each in staff}
    prefix = f"policy_{newest.policy_version_id}"
    count = st.number_input(
        "Steps", 1, MOST_STEPS, value=len(newest.ladder.steps), step=1, key=f"{prefix}_count"
    )
    with st.form(f"{prefix}_form", border=False):
        for level in range(1, int(count) + 1):
            there = newest.ladder.steps[level - 1 : level]
            _draw_step(f"{prefix}_{level}", level, there[0] if there else DEFAULT, whom, staff)
        one, other = st.columns(2)
        with one:
            catch_alls = {each.username: each.display_name for each in staff}
            names = list(catch_alls)
            holder = newest.ladder.catch_all_user_id
            place = next((n for n, each in enumerate(staff) if each.user_id == holder), 0)
            st.selectbox(
                "Catch-all, when nobody else can be reached",
                names,
                index=place,
                format_func=catch_alls.get,
                key=f"{prefix}_catch_all",
            )
        with other:
            repeats = newest.ladder.repeat_count
            st.number_input("Starts over, times", 0, 10, value=repeats, key=f"{prefix}_repeat")
        _draw_rate(prefix, newest.page_rate)
        _draw_storm(prefix, newest.storm)
        st.caption(
            "Alerts that run keep their version, but for how many pages come one by one. Deadlines "
            "of acknowledgements stay as they are."
        )
        st.form_submit_button(
            "Publish", type="primary", on_click=publish, args=(newest, tuple(staff), int(count))
        )


def _draw_rate(prefix: str, rate: PageRate) -> None:
    """Ask how many pages come one by one; what is critical always does."""
    one, other = st.columns(2)
    with one:
        words = "Pages one by one, to a person by a channel"
        st.number_input(words, 1, 1_000, value=rate.messages, key=f"{prefix}_rate")
    with other:
        words = "In minutes; the rest comes in digests"
        st.number_input(words, 1, 1_440, value=rate.minutes, key=f"{prefix}_rate_minutes")


def _draw_storm(prefix: str, storm: StormControl | None) -> None:
    """Ask from how many alerts of an airport on the rest join a storm; 0 is never."""
    one, other = st.columns(2)
    with one:
        words = "Alerts of an airport that page by themselves"
        cap = storm.cap_alerts if storm else 0
        told = "Further ones join a storm, which pages for all of them. 0: each pages by itself."
        st.number_input(words, 0, 10_000, value=cap, key=f"{prefix}_storm", help=told)
    with other:
        minutes = storm.window_minutes if storm else 60
        words = "In minutes; the rest joins a storm"
        st.number_input(words, 1, 10_080, value=minutes, key=f"{prefix}_storm_minutes")


def _storm_in(prefix: str) -> StormControl | None:
    cap = int(st.session_state[f"{prefix}_storm"])
    return StormControl(cap, int(st.session_state[f"{prefix}_storm_minutes"])) if cap else None


def _draw_step(
    prefix: str, level: int, step: LadderStep, whom: dict[str, str], staff: Sequence[Colleague]
) -> None:
    named = next((each.username for each in staff if each.user_id == step.user_id), None)
    chosen = step.role.value if step.role else named
    fallbacks = [NOTHING, *(kind.value for kind in FallbackKind)]
    options = list(whom)
    with st.container(border=True):
        st.markdown(f"**Step {level}**")
        delay, target = st.columns([1, 2])
        with delay:
            words = "Minutes before it" if level > 1 else "Minutes before it starts over"
            st.number_input(words, 0, 10_080, value=step.delay_minutes, key=f"{prefix}_delay")
        with target:
            place = options.index(chosen) if chosen in options else 0
            st.selectbox("Whom", options, index=place, format_func=whom.get, key=f"{prefix}_whom")
        by, sets_off = st.columns(2)
        with by:
            st.multiselect("By", list(TO_PEOPLE), default=list(step.channels), key=f"{prefix}_by")
        with sets_off:
            kind = step.fallback_kind.value if step.fallback_kind else NOTHING
            st.selectbox(
                "Sets off",
                fallbacks,
                index=fallbacks.index(kind),
                format_func=lambda value: value.replace("_", " "),
                key=f"{prefix}_sets_off",
            )


@guarded_callback(Permission.ADMINISTER)
def publish(actor: Actor, newest: PolicyVersion, staff: tuple[Colleague, ...], count: int) -> None:
    """Publish what the form says."""
    prefix, ids = f"policy_{newest.policy_version_id}", {each.username: each for each in staff}

    def change(session, at) -> str:
        publish_next_version(
            session,
            actor,
            newest.policy_version_id,
            steps=[_step_in(f"{prefix}_{level}", level, ids) for level in range(1, count + 1)],
            repeat_count=int(st.session_state[f"{prefix}_repeat"]),
            catch_all_user_id=ids[st.session_state[f"{prefix}_catch_all"]].user_id,
            at=at,
            rate=PageRate(
                int(st.session_state[f"{prefix}_rate"]),
                int(st.session_state[f"{prefix}_rate_minutes"]),
            ),
            storm=_storm_in(prefix),
        )
        return f"Version {newest.version + 1} of {newest.name} is in force for new alerts."

    save(actor, change)


def _step_in(prefix: str, level: int, staff: dict[str, Colleague]) -> LadderStep:
    state = st.session_state
    whom, kind = state[f"{prefix}_whom"], state[f"{prefix}_sets_off"]
    is_role = whom in ON_SHIFT
    return LadderStep(
        level=level,
        delay_minutes=int(state[f"{prefix}_delay"]),
        target=StepTarget.ON_SHIFT if is_role else StepTarget.USER,
        role=Role(whom) if is_role else None,
        user_id=None if is_role else staff[whom].user_id,
        channels=tuple(Channel(channel) for channel in state[f"{prefix}_by"]),
        fallback_kind=None if kind == NOTHING else FallbackKind(kind),
    )
