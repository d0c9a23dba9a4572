"""Links in pages: signed, and bound to the alert, its generation, and whom the page was for."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

from itsdangerous import BadSignature, URLSafeSerializer

from warehouse.errors import LinkRefused
from warehouse.vocabulary import AlertId, UserId

LASTS: Final = timedelta(days=3)
"""An alert is over a day after its flight's schedule, and raised three days before at most."""

_SALT: Final = "page link"
_PARTS: Final = 4


@dataclass(frozen=True, slots=True)
class PageLink:
    """What a link says about the page it was in."""

    alert_id: AlertId
    generation: int
    user_id: UserId | None
    """Whom the page was for; None where that was no user."""
    expires_at: datetime


def sign_link(link: PageLink, key: bytes) -> str:
    """Write a link as text that fits an address and that nobody without the key can write."""
    parts = [link.alert_id, link.generation, link.user_id, int(link.expires_at.timestamp())]
    return str(URLSafeSerializer(key, salt=_SALT).dumps(parts))


def read_link(text: str, key: bytes, *, at: datetime) -> PageLink:
    """Read what `sign_link` wrote.

    Parameters
    ----------
    text:
        From an address; anybody may have written it.
    key:
        The desk's key.
    at:
        Instant, UTC.

    Returns
    -------
    :
        What was signed.

    Raises
    ------
    LinkRefused
        It was changed, signed with another key, or is too old.
    """
    try:
        parts = URLSafeSerializer(key, salt=_SALT).loads(text)
    except BadSignature:
        raise LinkRefused(
            "This link was changed on its way, or signed before the desk had its present key."
        ) from None
    if not (isinstance(parts, list) and len(parts) == _PARTS):
        raise LinkRefused("This link was written by another version of Stormdesk.")
    alert_id, generation, user_id, expires = parts
    link = PageLink(AlertId(alert_id), generation, user_id, datetime.fromtimestamp(expires, UTC))
    if link.expires_at <= at:
        raise LinkRefused("This link is too old.")
    return link
