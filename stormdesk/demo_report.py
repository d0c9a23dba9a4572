"""The demo's report: what a manager reads after the storm, and the invariants that must hold."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import UTC
from typing import Any

from rich.console import Console, Group, RenderableType
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from stormdesk.model_tables import KINDS
from warehouse.queries.desk_report import DeskReport
from warehouse.queries.foresight_report import SpeakingRelease

WIDEST_COLUMNS = 88
_FIGURES = {
    "pr_auc": "PR-AUC",
    "bss": "Skill",
    "precision_at_2pct": "Right in top 2 %",
    "ece": "Off by (ECE)",
}
_LEGEND = (
    "Logistic and climatology are controls. Skill: share of climatology's error that is taken\n"
    "away. Right in top 2 %: share of the 2 % most probable flights that were disrupted."
)
_SPEAKERS = {"model": "the model", "climatology": "climatology alone"}
_ALONE = (
    "Climatology alone: what warning by airport and hour of the day would have found,\n"
    "from the same probability on."
)


@dataclass(frozen=True)
class Invariants:
    """What may never happen; every number is a count of breaches but the last."""

    rooms_oversold: int
    ledger_mismatches: int
    features_from_the_future: int
    pages_after_acknowledgement: int
    due_and_not_escalated: int
    undelivered_mails: int
    is_audit_verified: bool

    @property
    def broken(self) -> list[str]:
        """Name the invariants that did not hold."""
        counts = asdict(self)
        verified = counts.pop("is_audit_verified")
        return [name for name, count in counts.items() if count] + (
            [] if verified else ["audit_verified"]
        )


@dataclass(frozen=True)
class DemoReport:
    """Everything the demo has to say; only `timings` differs between two runs."""

    desk: DeskReport
    invariants: Invariants
    acts_audited: int
    timings: Mapping[str, float]

    def as_dict(self) -> dict[str, Any]:
        """Give the report as plain values, for JSON."""
        return {
            "desk": self.desk.as_dict(),
            "invariants": asdict(self.invariants) | {"broken": self.invariants.broken},
            "acts_audited": self.acts_audited,
            "timings": dict(self.timings),
        }


def show(console: Console, report: DemoReport) -> None:
    """Print the report for a person, readable at 80 columns."""
    width = min(console.width, WIDEST_COLUMNS)
    for title, part in _parts(report):
        console.print(Panel(part, title=title, title_align="left", width=width))
    broken = report.invariants.broken
    verdict = f"Broken: {', '.join(broken)}." if broken else "Every invariant held."
    console.print(Text(verdict, style="bold red" if broken else "bold green"))


def _parts(report: DemoReport) -> list[tuple[str, RenderableType]]:
    desk, counts = report.desk, report.desk.counts
    handled = {
        "Alerts raised, by severity": counts["alerts_by_severity"],
        "…by what was known": counts["alerts_by_basis"],
        "…by how they ended": counts["alerts_by_end"],
        "Acknowledged by": counts["acknowledgements"],
        "Escalations by level": counts["escalations_by_level"],
        "Fallback steps": _short(counts["fallback_steps"]),
        "E-mails": counts["mails_by_status"],
    }
    return [
        ("The storm of 8 to 11 December 2013 at New York", _storm(desk)),
        ("Who predicted, and how good it was on days it had not seen", _speakers(desk)),
        (f"Foreseen, at the alert threshold of {desk.threshold:.1%}", _foresight(desk)),
        ("What its alerts found, among the flights with our travellers", _warnings(desk)),
        ("What the desk did", _lines({name: _listed(value) for name, value in handled.items()})),
        ("What may never happen", _lines(_invariants(report))),
        ("Time taken", _lines({k: f"{v:.0f} s" for k, v in report.timings.items()})),
    ]


def _storm(desk: DeskReport) -> RenderableType:
    return Group(
        _lines({
            "Flights": f"{desk.flights:,} real departures",
            "Disrupted": f"{desk.disrupted:,}, of which {desk.cancelled:,} cancelled",
            "Travellers": f"{desk.travellers:,} with us, {desk.travellers_disrupted:,} disrupted",
        }),
        Text("Flights and weather are real; travellers, bookings and hotels are generated;"),
        Text("the 24-hour weather forecast is simulated from what was then observed."),
    )


def _foresight(desk: DeskReport) -> RenderableType:
    table = Table("Ahead", "Predicted", "Warned", "Caught", "Precision", "Recall", box=None)
    for each in desk.foresight:
        shares = [f"{share:.0%}" if share is not None else "-" for share in _shares(each)]
        table.add_row(
            f"{each.horizon_hours} h",
            f"{each.predicted:,}",
            f"{each.warned:,}",
            f"{each.caught:,} of {each.disrupted:,}",
            *shares,
        )
    lead = desk.median_lead_hours
    text = "no alert came true" if lead is None else f"{lead:.1f} h before departure"
    return Group(
        table, Text(f"Median lead of all alerts that came true, reported ones too: {text}")
    )


def _speakers(desk: DeskReport) -> RenderableType:
    if not desk.releases:
        return Text("No release said anything of these flights.")
    return Group(*(part for release in desk.releases for part in _speaker(release)))


def _speaker(release: SpeakingRelease) -> tuple[RenderableType, ...]:
    """Show a release's stored figures beside those of its controls."""
    told = f"Release {release.release_id}, which learnt what was known until "
    told += f"{release.trained_until.astimezone(UTC):%-d %B %Y %H:%M} UTC"
    table = Table("Ahead", "Who", *_FIGURES.values(), box=None)
    for hours, kinds in release.figures.items():
        for kind in sorted(kinds, key=_place):
            cells = (_figure(name, kinds[kind].get(name)) for name in _FIGURES)
            table.add_row(f"{hours} h", _name(kind), *cells)
    return Text(told), table, Text(_LEGEND)


def _name(kind: str) -> str:
    return KINDS.get(kind, kind.replace("_", " ").capitalize()).removesuffix(" (control)")


def _place(kind: str) -> tuple[int, str]:
    """Put the model before its controls, and what we have no words for after them."""
    return (list(KINDS).index(kind) if kind in KINDS else len(KINDS)), kind


def _figure(name: str, value: float | None) -> str:
    if value is None:
        return "-"
    return f"{value:.0%}" if name.startswith("precision") else f"{value:.3f}"


def _warnings(desk: DeskReport) -> RenderableType:
    table = Table("Warned by", "Flights", "Came true", "Precision", "Recall", "Lead", box=None)
    for each in desk.warnings:
        lead = each.median_lead_hours
        table.add_row(
            _SPEAKERS[each.speaker],
            f"{each.flights:,}",
            f"{each.caught:,} of {each.disrupted:,}",
            *(f"{share:.0%}" if share is not None else "-" for share in _shares(each)),
            "-" if lead is None else f"{lead:.1f} h",
        )
    warned = {
        f"Travellers warned by {_SPEAKERS[each.speaker]}": f"{each.travellers:,}, among them "
        f"{each.travellers_caught:,} of the {desk.travellers_disrupted:,} disrupted"
        for each in desk.warnings
    }
    return Group(table, _lines(warned), Text(_ALONE))


def _shares(foresight: Any) -> tuple[float | None, float | None]:
    return foresight.precision, foresight.recall


def _invariants(report: DemoReport) -> dict[str, str]:
    found = report.invariants
    verified = "verified" if found.is_audit_verified else "NOT verified"
    return {
        "Rooms oversold": str(found.rooms_oversold),
        "Ledger mismatches": str(found.ledger_mismatches),
        "Features from the future": str(found.features_from_the_future),
        "Pages after an acknowledgement": str(found.pages_after_acknowledgement),
        "Alerts due and not escalated": str(found.due_and_not_escalated),
        "E-mails that never left": str(found.undelivered_mails),
        "Audit history": f"{report.acts_audited:,} acts of the desk, {verified}",
    }


def _lines(pairs: Mapping[str, str]) -> Table:
    table = Table.grid(padding=(0, 2))
    for name, value in pairs.items():
        table.add_row(name, value)
    return table


def _listed(counts: Mapping[str, int]) -> str:
    return " · ".join(f"{name} {count:,}" for name, count in counts.items()) or "none"


def _short(counts: Mapping[str, int]) -> dict[str, int]:
    return {tag.partition(".")[2]: count for tag, count in counts.items()}
