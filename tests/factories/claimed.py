"""Notifications as a worker has claimed them; nothing is inserted."""

from dataclasses import replace
from typing import Any, Final

from warehouse.queries.notifications import ClaimedNotification
from warehouse.vocabulary import AlertId, Channel, NotificationId, NotificationKind

_PAGE: Final = ClaimedNotification(
    notification_id=NotificationId(7),
    attempt=1,
    most_attempts=4,
    kind=NotificationKind.PAGE,
    channel=Channel.EMAIL,
    address="mara@desk.example.test",
    message_id="7d0f",
    alert_id=AlertId(41),
    generation=2,
    subject="B6 1545 to Zürich cancelled",
    text_body="Three travellers are stranded.",
    html_body="<p>Three travellers are stranded.</p>",
    short_text="HIGH B6 1545 to Zürich cancelled http://desk.example.test/alert?id=41",
)


def claimed_notification(**overrides: Any) -> ClaimedNotification:
    """Give a page to an agent by e-mail, at its first attempt."""
    return replace(_PAGE, **overrides)
