"""Releases of the model as somebody reads them on a terminal of 80 columns."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

from rich.console import Console
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from stormdesk.importance_table import show_importance
from stormdesk.recipe_words import recipe_words

if TYPE_CHECKING:
    from warehouse.queries.releases import ReleaseRow

KINDS: Final = {
    "boosted_trees": "Model",
    "logistic_regression": "Logistic (control)",
    "climatology": "Climatology (control)",
}
FIGURES: Final = {
    "bss": "Skill",
    "pr_auc": "PR-AUC",
    "auc": "AUC",
    "brier": "Brier score",
    "precision_at_2pct": "Right in top 2 %",
    "precision_at_5pct": "Right in top 5 %",
    "ece": "Off by (ECE)",
}
LEGEND: Final = (
    "Skill: share of climatology's error that is taken away; 0 is no better. Right in top 2 %: "
    "share of the 2 % most probable flights that were disrupted. [ ]: 95 % of draws of whole days."
)
TARGET: Final = "disrupted"
SAY_THEMSELVES: Final = {"days", "event_days", "months", "causality", "shuffle", "horizons"}
"""Rules whose words hold what was asked."""


def show_verdict(
    console: Console,
    release_id: int,
    rules: Sequence[Mapping[str, Any]],
    words: str,
    *,
    predicts: bool,
) -> None:
    """Print what the gate asked and found, what failed first, and what came of it.

    Parameters
    ----------
    console:
        Where to print.
    release_id:
        The release that was judged.
    rules:
        Rules as the gate tells them.
    words:
        The verdict.
    predicts:
        Whether the release predicts now.
    """
    if rules:
        _show_rules(console, release_id, rules)
    now = "It predicts now." if predicts else "It does not predict."
    console.print(Text(f"{words} {now}"))


def _show_rules(console: Console, release_id: int, rules: Sequence[Mapping[str, Any]]) -> None:
    met = sum(bool(rule["passed"]) for rule in rules)
    console.print()
    title = f"The gate: release {release_id} meets {met} of {len(rules)} rules"
    console.print(Text(title, style="bold"))
    table = Table("Met", "Rule", "At", "What was found", box=None, pad_edge=False)
    for rule in sorted(rules, key=lambda rule: bool(rule["passed"])):
        at = "" if rule["horizon_hours"] is None else f"{rule['horizon_hours']} h"
        mark = Text("yes") if rule["passed"] else Text("NO", style="bold red")
        name = str(rule["name"]).replace("_", " ")
        table.add_row(mark, Text(name), Text(at), Text(_asked(rule)))
    console.print(table)
    console.print()


def show_figures(console: Console, release: ReleaseRow, *, predicts: bool) -> None:
    """Print the figures of a release beside both controls, horizon by horizon.

    Parameters
    ----------
    console:
        Where to print.
    release:
        The release with its card.
    predicts:
        Whether it is the champion.
    """
    console.print(Text(_title(release, predicts), style="bold"))
    show_horizons(console, release.card)
    console.print()
    console.print(Text(LEGEND, style="dim"))


def show_horizons(console: Console, card: Mapping[str, Any]) -> None:
    """Print the figures of each horizon of a card, or of what has the shape of one."""
    for hours, horizon in _horizons(card):
        trial = horizon.get("trial", {}).get(TARGET, {})
        if not trial:
            console.print(f"\n{hours} h ahead: {horizon.get('speaks', 'nothing was judged')}.")
            continue
        judged = next(iter(trial.values()))
        console.print(
            f"\n{hours} h ahead, judged on {judged['flights']:,} flights of {judged['days']} days"
            f"\n{judged['first_on']} to {judged['last_on']}, of which {judged['base_rate']:.1%} "
            "were disrupted:"
        )
        console.print(_figures_table(trial))


def show_card(console: Console, release: ReleaseRow, *, predicts: bool) -> None:
    """Print the model card in sentences.

    Parameters
    ----------
    console:
        Where to print.
    release:
        The release with its card.
    predicts:
        Whether it is the champion.
    """
    card = release.card
    console.print(Text(_title(release, predicts), style="bold"))
    libraries = [f"{name} {version}" for name, version in card.get("libraries", {}).items()]
    _section(
        console,
        "What it is",
        [
            f"Made by Stormdesk {release.code_version} with {', '.join(libraries) or 'nothing'}.",
            f"SHA-256 {release.sha256[:16]}…, published {release.published_at:%Y-%m-%d %H:%M} UTC.",
            *recipe_words(card),
        ],
    )
    _section(console, "What it says", _spaced(card.get("targets", {})))
    _section(console, "What it learnt from", _learnt(release))
    _section(console, "How good it was", list(_how_good(card)))
    show_importance(console, _horizons(card))
    _section(console, "What it reads", list(_reads(card)))
    _section(console, "When that is known", _spaced(card.get("known_at", {})))
    _section(console, "How it was judged", card.get("protocol", []))
    _section(console, "What it is not", card.get("caveats", []))


def show_backtest(console: Console, release_id: int, told: Mapping[str, Any]) -> None:
    """Print what each threshold would have meant, that of the alert policy marked.

    Parameters
    ----------
    console:
        Where to print.
    release_id:
        The release.
    told:
        The backtest on its card.
    """
    console.print(Text(f"What alerts of release {release_id} would have meant", style="bold"))
    console.print(
        f"{told['flights']:,} booked flights from {told['first_on']} to {told['last_on']}, "
        f"{told['shifts']:,} shifts of {told['shift_hours']:g} h;\n"
        f"{told['travellers_disrupted']:,} of {told['travellers']:,} travellers were disrupted.\n"
    )
    columns = ("Alert from", "Alerts a shift", "Busiest", "Right", "Caught", "Missed", "Saved")
    table = Table(*columns, box=None, pad_edge=False)
    for column in table.columns:
        column.justify = "right"
    for each in told["thresholds"]:
        is_policy = bool(each["is_policy"])
        table.add_row(
            f"{'* ' if is_policy else ''}{each['threshold']:.1%}",
            f"{each['alerts_per_shift']:,.1f}",
            f"{each['busiest_shift_alerts']:,}",
            "-" if each["precision"] is None else f"{each['precision']:.0%}",
            f"{each['travellers_caught']:,}",
            f"{each['travellers_missed']:,}",
            _money(each["net_minor_units"], told["currency"]),
            style="bold" if is_policy else None,
        )
    console.print(table)
    cost = _money(told["handling_cost_minor_units"], told["currency"])
    loss = _money(told["loss_per_traveller_minor_units"], told["currency"])
    console.print()
    told_money = (
        f"* is what the alert policy's money asks for: an alert costs {cost}, a disrupted "
        f"traveller loses {loss}, of which a timely alert avoids {told['avoidable_share']:.0%}. "
        "Right: alerts that came true. Caught, missed: disrupted travellers. Saved: what was "
        "avoided, less what handling the alerts cost."
    )
    console.print(Text(told_money, style="dim"))


def _asked(rule: Mapping[str, Any]) -> str:
    """Say what was found, and of what failed by a number what was asked."""
    if rule["passed"] or rule["name"] in SAY_THEMSELVES:
        return str(rule["words"])
    return f"{rule['words']} (asked: {rule['limit']:g})"


def _title(release: ReleaseRow, predicts: bool) -> str:
    now = "which predicts" if predicts else "which does not predict"
    return f"Release {release.release_id}, {now}; trained until " + (
        f"{release.trained_until:%Y-%m-%d %H:%M} UTC"
    )


def _horizons(card: Mapping[str, Any]) -> list[tuple[int, Mapping[str, Any]]]:
    return sorted((int(hours), each) for hours, each in card.get("horizons", {}).items())


def _figures_table(trial: Mapping[str, Any]) -> Table:
    kinds = [kind for kind in KINDS if kind in trial]
    table = Table("", *[KINDS[kind] for kind in kinds], box=None, pad_edge=False)
    for name, title in FIGURES.items():
        table.add_row(title, *[Text(_cell(trial[kind], name)) for kind in kinds])
    return table


def _cell(judged: Mapping[str, Any], name: str) -> str:
    figure = judged["figures"].get(name)
    if figure is None:
        return "-"
    interval = judged["intervals"].get(name)
    if not interval or None in interval:
        return _short(figure)
    low, high = interval
    return f"{_short(figure)} [{_short(low)}, {_short(high)}]"


def _short(figure: float) -> str:
    """Write a figure of three places without its leading zero, as tables of them are read."""
    return f"{figure:.3f}".replace("0.", ".", 1) if abs(figure) < 1 else f"{figure:.2f}"


def _section(console: Console, title: str, lines: Iterable[str]) -> None:
    told = list(lines)
    if not told:
        return
    console.print()
    console.print(Text(title, style="bold"))
    for line in told:
        console.print(Padding(Text(line), (0, 0, 0, 2)))


def _learnt(release: ReleaseRow) -> list[str]:
    days = release.card.get("days", {})
    span = f"Flights from {days.get('first_on', '?')} to {days.get('last_on', '?')}"
    sources = ", ".join(release.card.get("forecast_sources", [])) or "none"
    return [
        f"{span}, as known at {release.trained_until:%Y-%m-%d %H:%M} UTC.",
        f"Judged on the days from {days.get('judge_from', '?')} on.",
        f"Weather forecasts: {sources}.",
    ]


def _how_good(card: Mapping[str, Any]) -> Iterable[str]:
    for hours, horizon in _horizons(card):
        trial = horizon.get("trial", {}).get(TARGET, {})
        if "boosted_trees" not in trial:
            yield f"{hours} h ahead: {horizon.get('speaks', 'climatology')}."
            continue
        judged = trial["boosted_trees"]
        told = [f"{title} {_cell(judged, name)}" for name, title in list(FIGURES.items())[:2]]
        days, trees = judged["days"], horizon["trees"]
        yield f"{hours} h ahead: {', '.join(told)} on {days} days, {trees} trees."
    yield "All figures, beside both controls: stormdesk model evaluate"


def _reads(card: Mapping[str, Any]) -> Iterable[str]:
    for hours, horizon in _horizons(card):
        groups = Counter(str(each["group"]) for each in horizon.get("features", []))
        told = ", ".join(f"{group} ({count})" for group, count in groups.items())
        yield f"{hours} h ahead: {sum(groups.values())} features: {told}."


def _spaced(words: Mapping[str, Any]) -> list[str]:
    return [f"{str(name).replace('_', ' ')}: {told}" for name, told in words.items()]


def _money(minor_units: int, currency: str) -> str:
    from warehouse.rules.currencies import major_units

    return f"{major_units(minor_units, currency):,.0f} {currency}"
