"""Offers of rooms, and the words that stand for them, so that nobody has to remember them."""

import binascii
import json
import zlib
from base64 import b64decode, urlsafe_b64encode
from dataclasses import asdict, dataclass
from datetime import date, datetime, timedelta
from hashlib import blake2b
from hmac import compare_digest
from secrets import token_bytes
from typing import Final

STANDS_FOR: Final = timedelta(hours=1)
_KEY: Final = token_bytes(16)
_SEAL_BYTES: Final = 9


@dataclass(frozen=True)
class Stay:
    """Nights, rooms and people."""

    check_in_on: date
    check_out_on: date
    rooms: int
    adults: int

    @property
    def nights(self) -> list[date]:
        """The local dates on which the nights begin."""
        count = (self.check_out_on - self.check_in_on).days
        return [self.check_in_on + timedelta(days=night) for night in range(count)]


@dataclass(frozen=True)
class Offer:
    """Rooms of one type for a stay, at a price for all of them together."""

    hotel_ref: str
    room_type: str
    stay: Stay
    price_minor_units: int
    currency: str
    offered_at: datetime

    @property
    def expires_at(self) -> datetime:
        """Until when the offer stands."""
        return self.offered_at + STANDS_FOR

    @property
    def rooms_of_nights(self) -> list[tuple[str, str, date]]:
        """The hotel, room type and night of each night, by which rooms are counted."""
        return [(self.hotel_ref, self.room_type, night) for night in self.stay.nights]

    def token(self) -> str:
        """Write the offer as a word, sealed so that no other word is taken for one."""
        said = json.dumps(asdict(self), default=_iso, separators=(",", ":"))
        packed = zlib.compress(said.encode())
        return urlsafe_b64encode(_seal(packed) + packed).decode().rstrip("=")


def offer_in(token: str) -> Offer | None:
    """Read an offer from its word; None if this simulator did not write it."""
    padded = token.encode("utf-8", "replace") + b"=" * (-len(token) % 4)
    try:
        sealed = b64decode(padded, altchars=b"-_", validate=True)
    except binascii.Error:
        return None
    seal, packed = sealed[:_SEAL_BYTES], sealed[_SEAL_BYTES:]
    if not compare_digest(seal, _seal(packed)):
        return None
    said = json.loads(zlib.decompress(packed))
    check_in_on, check_out_on, rooms, adults = said.pop("stay").values()
    nights = date.fromisoformat(check_in_on), date.fromisoformat(check_out_on)
    offered_at = datetime.fromisoformat(said.pop("offered_at"))
    return Offer(**said, stay=Stay(*nights, rooms, adults), offered_at=offered_at)


def _seal(packed: bytes) -> bytes:
    return blake2b(packed, key=_KEY, digest_size=_SEAL_BYTES).digest()


def _iso(value: date) -> str:
    return value.isoformat()
