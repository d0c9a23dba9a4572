"""JSON-LD as others write it: where the reservations stand in it, and what each of them is."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, Literal, Self

from pipelines.reading.values import LONGEST_RAW, listed, said

ReservationKind = Literal["flight", "stay", "booking"]
Thing = dict[str, Any]

_RESERVATIONS: Final = {
    "FlightReservation",
    "LodgingReservation",
    "Reservation",
    "ReservationPackage",
}
_NOT_SAID: Final = {"potentialAction"}
"""What a page offers to do, such as to book a room, is no reservation of anybody."""
_INHERITED: Final = (
    *("reservationNumber", "reservationId", "reservationStatus", "underName", "provider"),
    *("modifiedTime", "dateModified", "bookingTime"),
)
_LODGING: Final = re.compile(
    r"LodgingBusiness|Hotel|Motel|Hostel|Resort|BedAndBreakfast|VacationRental|Campground"
)
_DEEPEST_REFERENCE: Final = 4


@dataclass(frozen=True)
class Statement:
    """Something a document says in JSON-LD, or in microdata put the same way, and when."""

    tree: object
    said_at: datetime | None = None


@dataclass(frozen=True)
class BrokenPart:
    """A part of a document that nobody can read."""

    raw: str
    reason: str
    mentions_reservation: bool

    @classmethod
    def of(cls, text: str, reason: str) -> Self:
        """Keep as much of the part as anybody would look at."""
        return cls(text[:LONGEST_RAW], reason, "reservation" in text.casefold())


@dataclass(frozen=True)
class Reservation:
    """One reservation: what it says, and how that is written where it stands."""

    kind: ReservationKind
    said: Thing
    """With what it points to elsewhere in the document in the pointers' places."""
    written: Thing


def reservations_in(tree: object) -> tuple[list[Reservation], int]:
    """Find the reservations of flights and stays in a tree of JSON-LD.

    Parameters
    ----------
    tree:
        Parsed JSON of any shape.

    Returns
    -------
    :
        Reservations in their order, those within a package completed by what it says of all; and
        how many things of the tree hold none.
    """
    plain = _plain(tree)
    references = _References(plain)
    found: list[Reservation] = []
    ignored_count = 0
    for thing in _things(plain):
        reservations = list(_reservations(thing, references))
        found += reservations
        ignored_count += not reservations
    return found, ignored_count


def _kind_of(reservation: Thing) -> ReservationKind | None:
    """Say what a reservation is of; None if it is neither of a flight nor of a stay."""
    types = types_of(reservation)
    if "FlightReservation" in types:
        return "flight"
    if "LodgingReservation" in types:
        return "stay"
    if not types & _RESERVATIONS:
        return None
    subjects = listed(said(reservation, "reservationFor"))
    if not subjects:
        return "booking"
    of_subjects = types_of(subjects[0])
    if "Flight" in of_subjects:
        return "flight"
    return "stay" if any(_LODGING.fullmatch(name) for name in of_subjects) else None


def types_of(thing: object) -> set[str]:
    """Name the types of a thing, without the vocabulary they are from."""
    names = listed(thing.get("@type")) if isinstance(thing, Mapping) else []
    return {_local(name) for name in names if isinstance(name, str)}


def _local(name: str) -> str:
    return re.split(r"[/#:]", name.strip())[-1]


def _plain(tree: object) -> Any:
    """Write names without their vocabulary, and wrapped values as themselves."""
    if isinstance(tree, list):
        return [_plain(inner) for inner in tree]
    if not isinstance(tree, dict):
        return tree
    if "@value" in tree and "timezone" not in tree:
        return _plain(tree["@value"])
    return {
        name if name.startswith("@") else _local(name) or name: _plain(inner)
        for name, inner in tree.items()
    }


def _things(plain: object) -> Iterator[object]:
    """List what stands at the top: alone, in lists or in a graph."""
    if isinstance(plain, list):
        for inner in plain:
            yield from _things(inner)
    elif isinstance(plain, dict) and "@graph" in plain:
        yield from _things(plain["@graph"])
    elif plain is not None:
        yield plain


def _reservations(thing: object, references: "_References") -> Iterator[Reservation]:
    if isinstance(thing, list):
        for inner in thing:
            yield from _reservations(inner, references)
    elif isinstance(thing, dict):
        followed = references.followed(thing) if _RESERVATIONS & types_of(thing) else thing
        kind = _kind_of(followed)
        if kind is not None:
            yield from _unpacked(Reservation(kind, followed, thing), references)
            return
        for name, inner in thing.items():
            if name not in _NOT_SAID:
                yield from _reservations(inner, references)


def _unpacked(whole: Reservation, references: "_References") -> Iterator[Reservation]:
    """Give a reservation and those it packs together."""
    packed = [one for one in listed(said(whole.written, "subReservation")) if isinstance(one, dict)]
    if not packed or said(whole.said, "reservationFor"):
        yield whole
    shared = {name: whole.written[name] for name in _INHERITED if name in whole.written}
    for one in packed:
        yield from _reservations(shared | references.named(one), references)


class _References:
    """What stands elsewhere in the document under an `@id` that others point to."""

    def __init__(self, plain: object) -> None:
        self._by_id: dict[str, Thing] = {}
        self._followed: dict[tuple[str, int], Any] = {}
        waiting = [plain]
        while waiting:
            match waiting.pop():
                case list(inner):
                    waiting += inner
                case dict(thing):
                    if isinstance(thing.get("@id"), str) and len(thing) > 1:
                        self._by_id.setdefault(thing["@id"], thing)
                    waiting += thing.values()

    def named(self, thing: Thing) -> Thing:
        """Give what a pointer names, or a thing itself."""
        return self._by_id.get(str(thing.get("@id")), thing) if len(thing) == 1 else thing

    def followed(self, value: Any, depth: int = 0) -> Any:
        """Put what is pointed to in the pointer's place, as deep as a reservation is."""
        match value:
            case list():
                return [self.followed(inner, depth) for inner in value]
            case {"@id": str(name)} if len(value) == 1 and depth < _DEEPEST_REFERENCE:
                if (name, depth) not in self._followed and name in self._by_id:
                    self._followed[name, depth] = self.followed(self._by_id[name], depth + 1)
                return self._followed.get((name, depth), value)
            case dict() if depth < _DEEPEST_REFERENCE:
                return {key: self.followed(inner, depth + 1) for key, inner in value.items()}
            case _:
                return value
