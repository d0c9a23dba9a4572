"""The mail that pages somebody: what, where, when there, why, and one thing to do."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape

from warehouse.rules.wording import Message, local_time
from warehouse.vocabulary import Severity

COLOURS: Final[Mapping[Severity, str]] = {
    Severity.CRITICAL: "#a61b1b",
    Severity.HIGH: "#b4540a",
    Severity.MEDIUM: "#7a6200",
    Severity.LOW: "#4a5a6b",
}
"""White on each of them has a contrast of at least 4.5."""

TEMPLATES = Environment(
    loader=PackageLoader("warehouse.rules"),
    autoescape=select_autoescape(enabled_extensions=["html.j2"]),
    undefined=StrictUndefined,
    keep_trailing_newline=True,
)


@dataclass(frozen=True, slots=True)
class PagedAlert:
    """What a page tells of its alert; nothing of it names a traveller."""

    headline: str
    severity: Severity
    travellers: int
    bookings: int
    why: Sequence[str]
    """What the model's probability goes with, in words; empty where it was reported."""
    probability: float | None
    airport: str | None
    """As "JFK, New York"; None for an alert about the desk."""
    departs_at: datetime | None
    time_zone: str
    """Of the airport, by whose clocks everything is told."""
    level: int | None
    """The step of the ladder that pages; None where none does."""
    next_escalation_at: datetime | None
    joined: int
    """For a storm: how many alerts it pages for."""


@dataclass(frozen=True, slots=True)
class Page:
    """An alert to tell of, and where to act on it."""

    alert: PagedAlert
    link: str
    """Address of the alert's page."""
    acknowledge_link: str
    """The same with proof that it came by this page; opening it changes nothing either."""


@dataclass(frozen=True, slots=True)
class Sheet:
    """What both templates are filled with."""

    subject: str
    preview: str
    severity: str
    title: str
    event: str
    facts: Sequence[tuple[str, Sequence[str]]]
    link: str
    acknowledge_link: str
    next_step: str


def page_mail(page: Page) -> Message:
    """Word a page as a mail, plain and HTML.

    Parameters
    ----------
    page:
        What to tell.

    Returns
    -------
    :
        The subject says severity, what, where and when by itself.
    """
    sheet = page_sheet(page)
    text, html = (
        TEMPLATES.get_template(f"page.{kind}.j2").render(
            page=sheet, colour=COLOURS[page.alert.severity]
        )
        for kind in ("txt", "html")
    )
    return Message(sheet.subject, text, html)


def page_sheet(page: Page) -> Sheet:
    """Word each part of a page."""
    alert = page.alert
    event, title = _event_and_title(alert)
    facts = [(name, words) for name, words in _facts(alert) if words]
    return Sheet(
        subject=f"[{alert.severity.value}] {alert.headline}",
        preview="; ".join(words[0] for _, words in facts),
        severity=alert.severity.value,
        title=title,
        event=event,
        facts=facts,
        link=page.link,
        acknowledge_link=page.acknowledge_link,
        next_step=_next_step(alert),
    )


def _event_and_title(alert: PagedAlert) -> tuple[str, str]:
    """Part what happened from the flight; what is about no flight is told in one."""
    event, _, flight = alert.headline.partition(": ")
    return (event, flight) if alert.departs_at is not None and flight else ("", alert.headline)


def _facts(alert: PagedAlert) -> Sequence[tuple[str, list[str]]]:
    return (
        ("Who", _who(alert)),
        ("Where", [alert.airport] if alert.airport else []),
        ("When", _when(alert)),
        ("Why", _why(alert)),
    )


def _who(alert: PagedAlert) -> list[str]:
    if alert.joined:
        return [f"{_counted(alert.joined, 'alert')} that this storm pages for"]
    if not alert.travellers:
        return []
    on = f" on {_counted(alert.bookings, 'booking')}" if alert.bookings else ""
    return [f"{_counted(alert.travellers, 'traveller')}{on}"]


def _when(alert: PagedAlert) -> list[str]:
    if alert.departs_at is None:
        return []
    there = local_time(alert.departs_at, alert.time_zone)
    return [there, f"{alert.departs_at.astimezone(UTC):%a %-d %b %H:%M} UTC"]


def _why(alert: PagedAlert) -> list[str]:
    """Say what it goes with; what was reported needs no reason."""
    if not alert.why:
        return []
    return [*([f"{alert.probability:.0%} by the model"] if alert.probability else []), *alert.why]


def _next_step(alert: PagedAlert) -> str:
    reached = f"This is step {alert.level} of the ladder. " if alert.level else ""
    if alert.next_escalation_at is None:
        return f"{reached}Nobody is asked after you."
    when = local_time(alert.next_escalation_at, alert.time_zone)
    return f"{reached}If nobody acknowledges, the next step is paged at {when}."


def _counted(number: int, noun: str) -> str:
    return f"{number:,} {noun}{'' if number == 1 else 's'}"
