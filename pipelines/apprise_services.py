"""Services that Apprise knows, with its log kept to ourselves: it names recipients and keys."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final
from urllib.parse import quote

if TYPE_CHECKING:
    from apprise import NotifyBase

PHONE: Final = "{phone}"
CHAT: Final = "{chat}"
"""Where the number, or the name in the chat, goes in an address of Apprise."""
SAMPLES: Final = {PHONE: "+12125550100", CHAT: "storm-desk"}

_LOG = logging.getLogger("apprise")
_BELOW = logging.getLogger("urllib3.connectionpool")
"""What Apprise posts through; it writes paths, and some of them are keys."""


class _Kept(logging.Handler):
    """Keeps warnings for whoever asked; nothing goes on to any other log."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        """Keep one line."""
        self.lines.append(record.getMessage())


@contextmanager
def kept_log() -> Iterator[list[str]]:
    """Keep what Apprise complains about, which no other log may see.

    Yields
    ------
    :
        The lines so far; they may hold phone numbers, names and credentials.
    """
    handler, propagated, level = _Kept(), _LOG.propagate, _BELOW.level
    _LOG.addHandler(handler)
    _LOG.propagate = False
    _BELOW.setLevel(logging.CRITICAL)
    try:
        yield handler.lines
    finally:
        _BELOW.setLevel(level)
        _LOG.propagate = propagated
        _LOG.removeHandler(handler)


def service_at(address: str, place: str, recipient: str) -> NotifyBase | None:
    """Set up the service of an address for one recipient; None where Apprise knows no such service.

    Parameters
    ----------
    address:
        An address of Apprise with a place where the recipient goes.
    place:
        `PHONE` or `CHAT`.
    recipient:
        The number, as +12125550100, or the name in the chat.

    Returns
    -------
    :
        Ready to send; nothing has left yet, and nothing is kept on disk.
    """
    import apprise

    asset = apprise.AppriseAsset(
        app_id="Stormdesk", async_mode=False, storage_mode=apprise.PersistentStoreMode.MEMORY
    )
    url = address.replace(place, quote(recipient, safe=""))
    with kept_log():
        return apprise.Apprise.instantiate(url, asset=asset)


def is_usable(address: str, place: str) -> bool:
    """Tell whether an address has a place for the recipient, and Apprise knows its service."""
    return place in address and service_at(address, place, SAMPLES[place]) is not None
