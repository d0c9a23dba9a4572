"""How providers write a callback and sign it: a format of our own, and Mailgun's."""

import hashlib
import hmac
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from http import HTTPStatus
from typing import Any, Final

from warehouse.operations.provider_callbacks import Callback
from warehouse.rules.signatures import NAME, is_signed

MAILGUN: Final = "mailgun"
MAILGUN_LONGEST_WAY: Final = timedelta(hours=12)
"""Mailgun tries for eight hours to be heard."""

LONGEST_DETAIL: Final = 500
_MOST_SEQ: Final = 2**62
_SEQ_A_SECOND: Final = 1_000_000
_OWN = 'Send {"message_id": text, "seq": number, "status": "delivered" or "failed"}.'
_NO_EVENT = "Send an event of Mailgun's: its event-data lacks the event, its time or the message."


class Refused(Exception):
    """A call that is not taken in, with the answer it gets."""

    def __init__(self, status: HTTPStatus, why: str) -> None:
        self.status, self.why = status, why
        super().__init__(why)


@dataclass(frozen=True, slots=True)
class Call:
    """A call as it came."""

    provider: str
    body: bytes
    signature: str


def read_own(call: Call, secret: str, *, at: datetime) -> Callback:
    """Read a call in our own format, signed in its header.

    Returns
    -------
    :
        What was said.

    Raises
    ------
    Refused
        It is not signed with the secret, or means nothing.
    """
    if not is_signed(secret, call.body, call.signature, at=at):
        raise Refused(HTTPStatus.UNAUTHORIZED, f"{NAME} is missing, wrong or too old.")
    said = _mapping(_parsed(call.body))
    message_id, seq, status = (said.get(name) for name in ("message_id", "seq", "status"))
    is_seq = _is_number(seq) and isinstance(seq, int) and 0 <= seq < _MOST_SEQ
    if not (isinstance(message_id, str) and is_seq and status in {"delivered", "failed"}):
        raise Refused(HTTPStatus.BAD_REQUEST, _OWN)
    return Callback(
        provider=call.provider,
        message_id=_kept(message_id),
        seq=seq,
        is_delivered=status == "delivered",
        signature=call.signature.strip(),
        detail=_shortened(said.get("reason")),
    )


def read_mailgun(call: Call, signing_key: str, *, at: datetime) -> Callback | None:
    """Read an event of Mailgun's, signed in its body; the message is known by its Message-ID.

    Returns
    -------
    :
        What was said; None where it ends nothing: a failure that will be tried again, an opening.

    Raises
    ------
    Refused
        It is not signed with the key, or is no event.
    """
    said = _mapping(_parsed(call.body))
    signature = _signature_of_mailgun(_mapping(said.get("signature")), signing_key, at=at)
    event = _mapping(said.get("event-data"))
    kind, happened_at = event.get("event"), event.get("timestamp")
    message_id = _mapping(_mapping(event.get("message")).get("headers")).get("message-id")
    is_instant = _is_number(happened_at) and 0 <= happened_at < _MOST_SEQ / _SEQ_A_SECOND
    if not (isinstance(message_id, str) and isinstance(kind, str) and is_instant):
        raise Refused(HTTPStatus.BAD_REQUEST, _NO_EVENT)
    is_delivered = kind == "delivered"
    if not is_delivered and (kind, event.get("severity")) != ("failed", "permanent"):
        return None
    status = _mapping(event.get("delivery-status"))
    why = status.get("message") or status.get("description") or event.get("reason")
    return Callback(
        provider=call.provider,
        message_id=_kept(message_id),
        seq=round(happened_at * _SEQ_A_SECOND),
        is_delivered=is_delivered,
        signature=signature,
        detail=None if is_delivered else _shortened(why),
    )


def _signature_of_mailgun(signed: Mapping[str, Any], key: str, *, at: datetime) -> str:
    """Check what Mailgun signed: the second it was sent in, and a token it never uses again."""
    second, token, written = (
        _kept(signed.get(name, "")) for name in ("timestamp", "token", "signature")
    )
    expected = hmac.new(key.encode(), f"{second}{token}".encode(), hashlib.sha256).hexdigest()
    is_right = token and hmac.compare_digest(expected.encode(), written.encode())
    is_second = second.isascii() and second.isdigit() and len(second) <= 11
    if not (is_right and is_second):
        raise Refused(HTTPStatus.UNAUTHORIZED, "The signature is missing or wrong.")
    if abs(at - datetime.fromtimestamp(int(second), UTC)) > MAILGUN_LONGEST_WAY:
        raise Refused(HTTPStatus.UNAUTHORIZED, "It was signed more than twelve hours ago.")
    return written


def _parsed(body: bytes) -> object:
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        return None


def _mapping(found: object) -> Mapping[str, Any]:
    return found if isinstance(found, dict) else {}


def _is_number(found: object) -> bool:
    return isinstance(found, int | float) and not isinstance(found, bool)


def _kept(found: object) -> str:
    """Make a text that Postgres keeps: no NUL, and no half of a character."""
    return str(found).encode(errors="replace").decode().replace("\0", "")


def _shortened(detail: object) -> str | None:
    return _kept(detail)[:LONGEST_DETAIL] if detail else None
