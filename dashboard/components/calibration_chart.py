"""How far to trust the probabilities: what was said beside what happened, and the controls."""

from collections.abc import Mapping, Sequence
from typing import Any

import altair as alt
import pandas as pd

from dashboard.components.palette import Palette

HEIGHT_PIXELS = 360
TARGET = "disrupted"
NAMES = {
    "boosted_trees": "Champion",
    "climatology": "Climatology (control)",
    "logistic_regression": "Logistic regression (control)",
}
FIGURES = {
    "bss": "Skill over climatology",
    "pr_auc": "PR-AUC",
    "auc": "AUC",
    "brier": "Brier score",
    "precision_at_2pct": "Right in the worst 2 %",
}
AXIS_LIMITS = (0.05, 1.0)


def judged_horizons(card: Mapping[str, Any]) -> list[int]:
    """List the horizons whose trial was judged, in hours."""
    horizons = card.get("horizons", {})
    return sorted(int(hours) for hours, each in horizons.items() if each.get("trial"))


def trial_of(card: Mapping[str, Any], horizon_hours: int) -> dict[str, Any]:
    """Give the judgement of every kind of model at a horizon, the champion first."""
    trial: dict[str, Any] = card["horizons"][str(horizon_hours)]["trial"].get(TARGET, {})
    return {kind: trial[kind] for kind in NAMES if kind in trial}


def reliability_frame(trial: Mapping[str, Any]) -> pd.DataFrame:
    """Lay the bins out: what was said on average, and what share came true."""
    return pd.DataFrame(
        [
            {
                "model": NAMES.get(kind, kind),
                "said": each["mean_probability"],
                "happened": each["share_happened"],
                "flights": each["flights"],
            }
            for kind, judgement in trial.items()
            for each in judgement["reliability"]
        ],
        columns=["model", "said", "happened", "flights"],
    )


def figures_frame(trial: Mapping[str, Any]) -> pd.DataFrame:
    """Lay the figures of champion and controls side by side, with their intervals."""
    return pd.DataFrame([
        {"Model": NAMES.get(kind, kind)}
        | {title: _with_interval(judgement, name) for name, title in FIGURES.items()}
        for kind, judgement in trial.items()
    ])


def verdict_words(trial: Mapping[str, Any]) -> str:
    """Say whether the champion beats each control, by skill; a tie or less is said as plainly."""
    skills = {kind: judgement["figures"].get("bss") for kind, judgement in trial.items()}
    ours = skills.get("boosted_trees")
    if ours is None:
        return "Climatology speaks here: there is no champion to judge."
    logistic = skills.get("logistic_regression")
    over_climatology = _beats(ours, 0.0)
    words = f"The champion {over_climatology} climatology"
    if logistic is None:
        return f"{words} (skill {ours:+.3f})."
    over_logistic = _beats(ours, logistic)
    joined = "and" if over_climatology == over_logistic else "but"
    return (
        f"{words} {joined} {over_logistic} the logistic control "
        f"(skill {ours:+.3f} against {logistic:+.3f})."
    )


def _beats(ours: float, theirs: float) -> str:
    return "beats" if round(ours, 3) > round(theirs, 3) else "does not beat"


def calibration_chart(trial: Mapping[str, Any], colours: Palette) -> alt.LayerChart:
    """Draw said against happened; on the diagonal, probabilities mean what they say."""
    frame = reliability_frame(trial)
    top = _axis_top(frame[["said", "happened"]].to_numpy().ravel().tolist())
    scale = alt.Scale(domain=[0, top], nice=False)
    axis = alt.Axis(format=".0%", tickCount=5)
    ends = pd.DataFrame({"said": [0.0, top], "happened": [0.0, top]})
    diagonal = (
        alt
        .Chart(ends)
        .mark_line(strokeDash=[3, 3], strokeWidth=1, color=colours.muted)
        .encode(x=alt.X("said:Q", scale=scale), y=alt.Y("happened:Q", scale=scale))
    )
    shades = [colours.accent, colours.calm, colours.warm]
    lines = (
        alt
        .Chart(frame)
        .mark_line(point=alt.OverlayMarkDef(size=36), strokeWidth=2)
        .encode(
            x=alt.X("said:Q", title="Said", scale=scale, axis=axis),
            y=alt.Y("happened:Q", title="Happened", scale=scale, axis=axis),
            color=alt.Color(
                "model:N",
                title=None,
                scale=alt.Scale(domain=list(NAMES.values()), range=shades),
                legend=alt.Legend(orient="top", columns=1, labelLimit=260),
            ),
            tooltip=[
                alt.Tooltip("model:N", title="Model"),
                alt.Tooltip("said:Q", format=".1%", title="Said"),
                alt.Tooltip("happened:Q", format=".1%", title="Happened"),
                alt.Tooltip("flights:Q", format=",", title="Flights"),
            ],
        )
    )
    return alt.layer(diagonal, lines).properties(height=HEIGHT_PIXELS)


def _axis_top(values: Sequence[float]) -> float:
    low, high = AXIS_LIMITS
    return min(high, max([low, *values]) * 1.08)


def _with_interval(judgement: Mapping[str, Any], name: str) -> str:
    value = judgement["figures"].get(name)
    if value is None:
        return "none"
    span = judgement["intervals"].get(name)
    if not span or span[0] is None:
        return f"{value:.3f}"
    return f"{value:.3f} ({span[0]:.3f} to {span[1]:.3f})"
