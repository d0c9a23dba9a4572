"""What the desk says about an alert: headlines and messages, from facts, in local time."""

from dataclasses import dataclass
from datetime import datetime
from html import escape
from zoneinfo import ZoneInfo

from warehouse.vocabulary import AlertBasis, FlightStatus


@dataclass(frozen=True, slots=True)
class FlightFacts:
    """A flight as a person speaks of it."""

    carrier: str
    flight_number: str
    origin: str
    destination: str
    scheduled_departure_at: datetime
    origin_time_zone: str
    status: FlightStatus

    @property
    def name(self) -> str:
        """The flight's designator, as printed on a ticket."""
        return f"{self.carrier} {self.flight_number}"


@dataclass(frozen=True, slots=True)
class Message:
    """One message: a subject line and the same text for readers of plain mail and of HTML."""

    subject: str
    text_body: str
    html_body: str


def local_time(instant: datetime, time_zone: str) -> str:
    """Write an instant as its airport's clocks show it, with the zone: "Tue 10 Dec 08:15 EST"."""
    return f"{instant.astimezone(ZoneInfo(time_zone)):%a %-d %b %H:%M %Z}"


def flight_headline(flight: FlightFacts, basis: AlertBasis, probability: float | None) -> str:
    """Say in one line what happened or is expected, to which flight, leaving when."""
    where = f"{flight.name} {flight.origin} → {flight.destination}"
    when = local_time(flight.scheduled_departure_at, flight.origin_time_zone)
    return f"{_what(flight, basis, probability)}: {where}, {when}"


def _what(flight: FlightFacts, basis: AlertBasis, probability: float | None) -> str:
    if basis is AlertBasis.PREDICTED:
        return f"Disruption expected ({probability or 0:.0%})"
    return "Cancelled" if flight.status is FlightStatus.CANCELLED else "Two hours late or more"


def storm_headline(area: str, city: str | None, alerts: int) -> str:
    """Say in one line where a storm is, and how many alerts it speaks for."""
    where = f"{area} ({city})" if city else area
    if alerts == 1:
        return f"Storm at {where}: it pages for one more alert"
    return f"Storm at {where}: it pages for {alerts} more alerts"


def offer(traveller_name: str, what: str, *, until: str, link: str) -> Message:
    """Word an offer to a traveller: what is held for them, until when, where to answer."""
    lines = [f"Dear {traveller_name},", what, f"We hold it for you until {until}."]
    return _message("A place to stay while your flight is disrupted", lines, link, "Answer")


def contact_code(code: str, link: str) -> Message:
    """Word the code that makes a contact somebody's own; the subject says all a text has to."""
    lines = [
        f"Your code is {code}. It is good for ten minutes.",
        "You did not ask for it? Then somebody typed your address in: do nothing.",
    ]
    return _message(f"Stormdesk code {code}, good for ten minutes", lines, link, "Type it in")


def contact_test(link: str) -> Message:
    """Word a message that only shows that it arrives."""
    lines = ["This is the test that you asked for: pages reach you here."]
    return _message("Stormdesk test: pages reach you here", lines, link, "Your account")


def _message(subject: str, lines: list[str], link: str, action: str) -> Message:
    text = "\n\n".join([*lines, f"{action}: {link}"]) + "\n"
    paragraphs = "".join(f"<p>{escape(line)}</p>" for line in lines)
    html = (
        '<!doctype html><html lang="en"><body style="font-family:system-ui,sans-serif;'
        'max-width:36rem;margin:2rem auto;line-height:1.5">'
        f'{paragraphs}<p><a href="{escape(link, quote=True)}" style="display:inline-block;'
        "padding:.6rem 1.2rem;background:#1d4ed8;color:#fff;border-radius:.4rem;"
        f'text-decoration:none">{escape(action)}</a></p></body></html>'
    )
    return Message(subject, text, html)
