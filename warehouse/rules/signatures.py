"""Signatures over a body and the second it was sent in, which both sides make of one secret."""

import hashlib
import hmac
import re
from datetime import UTC, datetime, timedelta
from typing import Final

NAME: Final = "Stormdesk-Signature"
LONGEST_WAY: Final = timedelta(minutes=5)
"""What was signed longer ago, or so far ahead, is not taken."""

_WRITTEN = re.compile(r"t=(\d{1,11}),v1=([0-9a-f]{64})")


def signature(secret: str, body: bytes, *, at: datetime) -> str:
    """Sign a body together with the second it is sent in."""
    second = int(at.timestamp())
    digest = hmac.new(secret.encode(), f"{second}.".encode() + body, hashlib.sha256)
    return f"t={second},v1={digest.hexdigest()}"


def is_signed(secret: str, body: bytes, written: str, *, at: datetime) -> bool:
    """Tell whether a body was signed with the secret, no more than five minutes ago or ahead.

    Parameters
    ----------
    secret:
        What both sides know.
    body:
        As it came.
    written:
        The signature that came with it.
    at:
        The server's instant, UTC.

    Returns
    -------
    :
        False for anything else, whatever is wrong with it.
    """
    found = _WRITTEN.fullmatch(written.strip())
    if found is None:
        return False
    sent_at = datetime.fromtimestamp(int(found.group(1)), UTC)
    expected = signature(secret, body, at=sent_at)
    return hmac.compare_digest(expected, found.group(0)) and abs(at - sent_at) <= LONGEST_WAY
