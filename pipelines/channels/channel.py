"""What every channel promises: it sends one message, or says why not and whether to try again."""

from datetime import datetime
from typing import Protocol

from warehouse.queries.notifications import ClaimedNotification


class DeliveryFailed(Exception):
    """The channel did not deliver; `may_retry` says whether another try can help."""

    def __init__(self, reason: str, *, may_retry: bool, after_seconds: float | None = None) -> None:
        self.reason = reason
        self.may_retry = may_retry
        self.after_seconds = after_seconds
        super().__init__(reason)


class DeliveryChannel(Protocol):
    """A way to reach a person."""

    def send(self, notification: ClaimedNotification, *, at: datetime) -> str | None:
        """Send one message, outside any transaction.

        Parameters
        ----------
        notification:
            What to send, and to which address; its message_id stays the same at every attempt, so
            that a receiver can drop a repeat.
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
