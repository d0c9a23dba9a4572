"""Where the desk's own alerts end: in a mailbox that nobody reads, or in this process."""

from dataclasses import dataclass, replace
from datetime import datetime

from pipelines.channels.channel import DeliveryChannel
from warehouse.queries.notifications import ClaimedNotification


@dataclass(frozen=True, slots=True)
class SinkChannel:
    """Takes everything; with a mailbox, by the way that pages take."""

    post: DeliveryChannel
    mailbox: str | None = None

    def send(self, notification: ClaimedNotification, *, at: datetime) -> str | None:
        """Send to the mailbox where there is one, and fail as any other mail does."""
        if self.mailbox is None:
            return None
        return self.post.send(replace(notification, address=self.mailbox), at=at)
