"""Travellers as documents name them."""

import re
from dataclasses import dataclass
from typing import Final

from pipelines.reading.json_ld import types_of
from pipelines.reading.values import email_of, listed, said, text_of

_TITLE: Final = re.compile(r"\s*\b(?:MR|MRS|MS|MISS|MSTR|DR)\.?$", re.IGNORECASE)
_TITLE_FIRST: Final = re.compile(r"^(?:MR|MRS|MS|MISS|MSTR|DR|PROF)\.?\s+", re.IGNORECASE)


@dataclass(frozen=True)
class Traveller:
    """A person on a booking, as far as a document says who."""

    traveller_ref: str | None = None
    given_name: str | None = None
    family_name: str | None = None
    email: str | None = None
    phone: str | None = None


_COMPANIES: Final = {"Organization", "Corporation", "LocalBusiness"}

SOMEBODY: Final = Traveller()
"""Stands for whoever is on the booking."""


def travellers_of(under_name: object) -> list[Traveller]:
    """Read under whose name a reservation is: persons, bare names, or nobody named at all."""
    found = [_traveller(person) for person in listed(under_name)]
    named = [one for one in dict.fromkeys(found) if one != SOMEBODY]
    return named or [SOMEBODY]


def _traveller(person: object) -> Traveller:
    if _COMPANIES & types_of(person):
        return SOMEBODY
    given, family = text_of(said(person, "givenName")), text_of(said(person, "familyName"))
    if given is None and family is None:
        given, family = split_name(text_of(said(person, "name") or person))
    return Traveller(
        traveller_ref=text_of(said(person, "identifier")),
        given_name=given,
        family_name=family,
        email=email_of(said(person, "email")),
        phone=text_of(said(person, "telephone")),
    )


def split_name(name: str | None) -> tuple[str | None, str | None]:
    """Split a name into given and family name: `Eva Green`, `Green, Eva` or `GREEN/EVA MRS`."""
    if name is None:
        return None, None
    for mark in ("/", ","):
        family, is_split, given = name.partition(mark)
        if is_split and family.strip() and given.strip():
            return _TITLE.sub("", given).strip() or None, family.strip()
    given, _, family = _TITLE_FIRST.sub("", name).rpartition(" ")
    return given.strip() or None, family.strip() or None
