"""The demo's report: what a manager reads after the storm, and the invariants that must hold."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from rich.console import Console, Group, RenderableType
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from warehouse.queries.desk_report import DeskReport

WIDEST_COLUMNS = 88


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
        (f"Foreseen, at the alert threshold of {desk.threshold:.1%}", _foresight(desk)),
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
    return Group(table, Text(f"Median lead of the alerts that came true: {text}"))


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
