"""What every channel promises: it sends one message, or says why not and whether to try again."""

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Message:
    """One notification as a channel sends it."""

    message_id: str
    """Stays the same over all attempts, so that a receiver can drop a repeat."""
    kind: str
    alert_id: int
    generation: int
    address: str
    subject: str
    text_body: str
    html_body: str | None = None


class DeliveryFailed(Exception):
    """The channel did not deliver; `may_retry` says whether another try can help."""

    def __init__(self, detail: str, *, may_retry: bool) -> None:
        self.detail = detail
        self.may_retry = may_retry
        super().__init__(detail)


class DeliveryChannel(Protocol):
    """A way to reach a person."""

    def send(self, message: Message, *, at: datetime) -> str | None:
        """Send one message, outside any transaction.

        Parameters
        ----------
        message:
            What to send, and to which address.
        at:
            The server's instant, which receivers compare with their own clock.

        Returns
        -------
        :
            The provider's own name for the message, where it gives one.

        Raises
        ------
        DeliveryFailed
            The message was not accepted.
        """
