"""Watches the engine from outside it: no Dagster, no outbox, only the record and a mail server.

Every 20 seconds it reads when each part last ran and what waits. What stays late is mailed to the
catch-all directly, once an incident, and once more when it is over. While all is well it calls the
dead-man URL, if there is one: whoever listens there pages when the calls stop, because then this
machine is gone, or this program.
"""

from __future__ import annotations

import os
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from sqlalchemy.exc import SQLAlchemyError

from pipelines.channels.channel import DeliveryFailed
from pipelines.channels.email import EmailChannel
from pipelines.channels.letter import Letter
from pipelines.channels.post import post_from
from pipelines.settings import read_settings
from stormdesk.incident import IncidentFile
from stormdesk.settings import Settings
from warehouse.operations.engine import beat, limit_statements
from warehouse.queries.clock import read_clock
from warehouse.queries.engine_watch import find_catch_all_address, list_engine_lateness
from warehouse.rules.engine_watch import (
    Lateness,
    LatePart,
    duration,
    remedies_of,
    sentence_of,
)
from warehouse.session import Access, transaction

COMPONENT = "watch"
EVERY_SECONDS = 20
LONGEST_STATEMENT_SECONDS = 5.0
PATIENT_LOOKS = 2
"""Looks that must agree before anybody is told, or told that it is over."""
FIRST_LOOKS = 9
"""Three minutes for everything to start together."""
PING_TIMEOUT_SECONDS = 5.0


@dataclass(frozen=True)
class Look:
    """What one look found, and who is to know; no addresses where the database is gone."""

    late: tuple[Lateness, ...]
    addresses: tuple[str, ...] = ()


class Watchdog:
    """Remembers what it saw, and tells of it once."""

    def __init__(
        self,
        incidents: IncidentFile,
        post: EmailChannel,
        *,
        dashboard_url: str,
        also_told: Sequence[str] = (),
        dead_man_url: str | None = None,
        first_looks: int = FIRST_LOOKS,
        look: Callable[[], Look] | None = None,
    ) -> None:
        self._incidents = incidents
        self._post = post
        self._dashboard_url = dashboard_url
        self._also_told = tuple(also_told)
        self._dead_man_url = dead_man_url
        self._look = look or take_look
        self._late_looks = PATIENT_LOOKS - first_looks
        self._well_looks = 0

    def watch_once(self, *, at: datetime) -> Look:
        """Look once, and tell what has to be told.

        Parameters
        ----------
        at:
            The instant, UTC, by this machine's clock: the database's may be gone.

        Returns
        -------
        :
            What was found.
        """
        found = self._look()
        incident = self._incidents.read()
        if found.addresses and found.addresses != incident.addresses:
            self._incidents.write(replace(incident, addresses=found.addresses))
        if found.late:
            self._well_looks, self._late_looks = 0, self._late_looks + 1
            if self._late_looks >= PATIENT_LOOKS:
                self._tell(found.late, at=at)
        else:
            self._late_looks = min(self._late_looks, 0)
            self._well_looks += 1
            if self._well_looks >= PATIENT_LOOKS:
                self._tell_it_is_over(at=at)
            self._ping()
        return found

    def _tell(self, late: Sequence[Lateness], *, at: datetime) -> None:
        incident = self._incidents.read()
        names = tuple(f"{each.part}:{each.name}" for each in late)
        if set(names) <= set(incident.told):
            return
        told = incident.tell(names, at=at)
        subject = "Stormdesk: " + late[0].words.split(". ")[0]
        if self._send(subject, self._words_of(late), f"{told.since}.{len(told.told)}", at=at):
            self._incidents.write(told)

    def _words_of(self, late: Sequence[Lateness]) -> str:
        since = min((each.since for each in late if each.since), default=None)
        when = f"Since {since:%Y-%m-%d %H:%M:%S} UTC. " if since else ""
        remedies = "\n".join(f"- {remedy}" for remedy in remedies_of(late))
        return (
            f"{when}{sentence_of(late)}\n\nWhat to do:\n{remedies}\n\n"
            f"The inbox: {self._dashboard_url}/inbox\n\n"
            "This mail comes from the watchdog, which goes round the engine. It writes once more "
            "when all is well again.\n"
        )

    def _tell_it_is_over(self, *, at: datetime) -> None:
        incident = self._incidents.read()
        if not incident.is_open:
            return
        lasted = duration(at - datetime.fromisoformat(incident.since))
        words = (
            f"Everything that was late is on time again, {lasted} after it was told. Look at the "
            f"inbox for what came late: {self._dashboard_url}/inbox\n"
        )
        if self._send("Stormdesk: all is well again", words, f"{incident.since}.over", at=at):
            self._incidents.write(incident.end())

    def _send(self, subject: str, words: str, name: str, *, at: datetime) -> bool:
        """Mail everybody; tell whether anybody was reached, else the next look tries again."""
        addresses = dict.fromkeys((*self._incidents.read().addresses, *self._also_told))
        if not addresses:
            say("Nobody to tell: no policy names a catch-all, and STORMDESK_WATCH_MAIL is not set.")
        reached = 0
        for position, address in enumerate(addresses):
            message_id = f"watch.{name}.{position}".replace(":", "").replace("+", "-")
            try:
                self._post.send_letter(Letter(address, message_id, subject, words), at=at)
            except DeliveryFailed as failure:
                say(f"No mail to {address}: {failure.reason}")
            else:
                reached += 1
        say(f"{subject}: told {reached} of {len(addresses)}.")
        return reached > 0

    def _ping(self) -> None:
        """Call the dead-man URL: its silence is what pages, so a failure here is only told."""
        if self._dead_man_url is None:
            return
        try:
            # The address is the operator's own setting, which allows http and https alone.
            with urllib.request.urlopen(self._dead_man_url, timeout=PING_TIMEOUT_SECONDS):  # noqa: S310
                pass
        except (urllib.error.URLError, OSError) as failure:
            say(f"The dead-man URL did not answer: {failure}")


def take_look() -> Look:
    """Read the engine's pulse and leave our own; a database that does not answer is a finding."""
    try:
        with transaction(Access.PIPELINE) as session:
            limit_statements(session, seconds=LONGEST_STATEMENT_SECONDS)
            clock = read_clock(session)
            beat(session, COMPONENT, at=clock.server_at, every_seconds=EVERY_SECONDS)
            late = tuple(list_engine_lateness(session))
            catch_all = find_catch_all_address(session, at=clock.at)
            return Look(late, (catch_all,) if catch_all else ())
    except SQLAlchemyError as failure:
        reason = next(iter(str(failure).splitlines()), type(failure).__name__)
        say(f"The database does not answer: {reason}")
        return Look((_database_gone(),))


def _database_gone() -> Lateness:
    return Lateness(
        LatePart.DATABASE,
        "database",
        None,
        timedelta(0),
        "The database does not answer: nothing is recorded, nobody is paged and nothing is sent",
        "See whether PostgreSQL runs and its disk has room; its last words are in its log",
    )


def say(words: str) -> None:
    """Put a line into the service's log."""
    print(f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ} {words}", flush=True)


def main() -> None:
    """Watch until told to end."""
    # Without it, a connection to a host that is gone would wait for minutes.
    os.environ.setdefault("PGCONNECT_TIMEOUT", "5")
    settings = Settings()
    watchdog = Watchdog(
        IncidentFile(settings.home / "watch.json"),
        post_from(read_settings()),
        dashboard_url=settings.dashboard_url,
        also_told=settings.people_told_by_watch,
        dead_man_url=settings.dead_man_url,
    )
    while True:
        watchdog.watch_once(at=datetime.now(UTC))
        time.sleep(EVERY_SECONDS)


if __name__ == "__main__":
    main()
