"""Texts and chat messages through any service that Apprise knows."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from pipelines.apprise_services import PHONE, kept_log, service_at
from pipelines.channels.channel import DeliveryFailed
from warehouse.queries.notifications import ClaimedNotification

MAY_PASS: Final = frozenset({401, 403, 408, 425, 429})
"""Replies below 500 that another try may turn into a success; keys may be put right meanwhile."""
HTTP: Final = range(100, 600)
NUMBER_REFUSED_FROM: Final = 21_000
"""Codes of providers from here on are about the number or the message, as Twilio's 21211."""

_CODE = re.compile(r"error=(\d+)")
_NOT_ANSWERED = re.compile(r"connection error", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class AppriseChannel:
    """Hands messages to the service of one address, for the recipient of each notification."""

    address: str = field(repr=False)
    place: str
    """Where the recipient goes in the address: `PHONE` or `CHAT`."""

    def send(self, notification: ClaimedNotification, *, at: datetime) -> str | None:  # noqa: ARG002 - no service takes it
        """Send a phone the short text, a chat all of it; Apprise's log says why one was not taken.

        Parameters
        ----------
        notification:
            What to send, and to which number or name.
        at:
            Not used: no service asks for it.

        Returns
        -------
        :
            None: Apprise gives no name of the provider's.

        Raises
        ------
        DeliveryFailed
            The number or name cannot be used, or the service did not take the message.
        """
        service = service_at(self.address, self.place, notification.address)
        if service is None:
            noun = "number" if self.place == PHONE else "name"
            raise DeliveryFailed(f"The {noun} cannot be used with this service.", may_retry=False)
        title, body = notification.subject, notification.text_body
        if self.place == PHONE:
            title, body = "", notification.short_text
        with kept_log() as lines:
            was_taken = service.notify(title=title, body=body, body_format="text")
        if not was_taken:
            reason, may_retry = why_not(lines)
            raise DeliveryFailed(reason, may_retry=may_retry)
        return None


def why_not(lines: Sequence[str]) -> tuple[str, bool]:
    """Say why a message was not taken, by its code alone: the lines name the recipient.

    Parameters
    ----------
    lines:
        What Apprise complained about.

    Returns
    -------
    :
        The reason, and whether another try may help; what no code tells apart may be tried again.
    """
    said = " ".join(lines)
    found = _CODE.search(said)
    if found is None:
        is_silent = _NOT_ANSWERED.search(said) is not None
        return f"The service did not {'answer' if is_silent else 'take it'}.", True
    code = int(found.group(1))
    if code in HTTP:
        return f"HTTP {code}", code >= 500 or code in MAY_PASS
    return f"The service refused it with its code {code}.", code < NUMBER_REFUSED_FROM
