"""The people of the replayed desk: who they are, when they work, and what each alert gets."""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zlib import crc32
from zoneinfo import ZoneInfo

from warehouse.vocabulary import Role

TIME_ZONE = "America/New_York"
FIRST_SHIFT_ON = date(2013, 12, 7)
SHIFT_DAYS = 25


@dataclass(frozen=True, slots=True)
class Colleague:
    """A user of the desk, and the local hours of their shift if they work in one."""

    username: str
    display_name: str
    role: Role
    starts: time | None = None
    ends: time | None = None

    @property
    def email(self) -> str:
        """Their address at the desk, in a domain that cannot exist."""
        return f"{self.username}@stormdesk.example"


DESK = (
    Colleague("mara", "Mara Diaz", Role.AGENT, time(6), time(14)),
    Colleague("ben", "Ben Okafor", Role.AGENT, time(14), time(22)),
    Colleague("ines", "Ines Lindqvist", Role.AGENT, time(22), time(6)),
    Colleague("theo", "Theo Brandt", Role.MANAGER, time(7), time(19)),
    Colleague("nadia", "Nadia Rao", Role.ANALYST),
    Colleague("admin", "Ada Stone", Role.ADMIN),
)
CATCH_ALL = "admin"


def shift_windows(colleague: Colleague) -> list[tuple[datetime, datetime]]:
    """List a colleague's shifts as zone-aware half-open windows; night shifts end next day."""
    if colleague.starts is None or colleague.ends is None:
        return []
    zone = ZoneInfo(TIME_ZONE)
    days = [FIRST_SHIFT_ON + timedelta(days=n) for n in range(SHIFT_DAYS)]
    overnight = timedelta(days=1) if colleague.ends <= colleague.starts else timedelta()
    return [
        (
            datetime.combine(day, colleague.starts, zone),
            datetime.combine(day + overnight, colleague.ends, zone),
        )
        for day in days
    ]


@dataclass(frozen=True, slots=True)
class Treatment:
    """What the desk does with one alert: a pure function of what the alert is about."""

    is_neglected: bool
    taken_after: timedelta
    is_resolved: bool
    note: str


NOTES = (
    "calling the party, rebooking on the next departure",
    "carrier confirms, looking for seats tomorrow",
    "travellers are at the airport, sent to the service desk",
    "waiting for the waiver, will rebook",
)


def treatment_of(subject: str) -> Treatment:
    """Decide how an alert is treated by its subject alone: a resumed demo decides alike."""
    # Two in five are neglected, the others taken five to fifty minutes after they were raised.
    number = crc32(subject.encode())
    return Treatment(
        is_neglected=number % 5 < 2,
        taken_after=timedelta(minutes=5 + number // 5 % 46),
        is_resolved=number // 7 % 3 == 0,
        note=NOTES[number // 11 % len(NOTES)],
    )


RESOLVED_AFTER = timedelta(hours=2)
OFFERED_AFTER = timedelta(minutes=10)
ANSWERED_AFTER = timedelta(minutes=15)


def agent_offers(subject: str) -> bool:
    """Say whether an agent gets round to offering a hold: three in four."""
    return crc32(b"offer" + subject.encode()) % 4 != 0


def answer_to(subject: str) -> bool | None:
    """Say what a traveller answers to an offer: six in ten accept, two decline, two are silent."""
    number = crc32(b"answer" + subject.encode()) % 10
    if number < 6:
        return True
    return False if number < 8 else None
