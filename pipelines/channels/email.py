"""E-mail over SMTP: plain text beside HTML, with the same Message-ID at every attempt."""

import smtplib
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from email.errors import MessageError
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import format_datetime
from typing import Final

from pipelines.channels.channel import DeliveryFailed
from pipelines.channels.letter import Letter, compose_letter
from warehouse.queries.notifications import ClaimedNotification

PERMANENT_FROM: Final = 500
"""SMTP replies from here on are final; those from 400 on may pass."""

OF_OUR_LOGIN: Final = frozenset({530, 534, 535, 538})
"""Our settings are wrong, not the message: it must outlive the repair (RFC 4954)."""


@dataclass(frozen=True, slots=True)
class EmailChannel:
    """Hands messages to one SMTP server."""

    host: str
    port: int
    sender: str = "Stormdesk <desk@stormdesk.example>"
    username: str | None = None
    password: str | None = field(default=None, repr=False)
    starts_tls: bool = False
    ca_file: str | None = None
    """Who vouches for the server's certificate; None trusts whom this machine trusts."""
    timeout_seconds: float = 10.0

    def send(self, notification: ClaimedNotification, *, at: datetime) -> str | None:
        """Send one e-mail; 4xx and a broken line may be tried again, 5xx may not.

        Parameters
        ----------
        notification:
            What to send, and to which address.
        at:
            Instant for the Date header.

        Returns
        -------
        :
            The Message-ID.
        """
        with _failures_told():
            mail = compose(notification, sender=self.sender, at=at)
            with self._session() as server:
                server.send_message(mail)
        return str(mail["Message-ID"])

    def send_letter(self, letter: Letter, *, at: datetime) -> None:
        """Send one letter; a refusal is raised as `DeliveryFailed`, whether for good or not."""
        with _failures_told():
            mail = compose_letter(letter, sender=self.sender, at=at)
            with self._session() as server:
                server.send_message(mail)

    @contextmanager
    def _session(self) -> Iterator[smtplib.SMTP]:
        with smtplib.SMTP(self.host, self.port, timeout=self.timeout_seconds) as server:
            if self.starts_tls:
                server.starttls(context=ssl.create_default_context(cafile=self.ca_file))
            if self.username:
                server.login(self.username, self.password or "")
            yield server


def compose(notification: ClaimedNotification, *, sender: str, at: datetime) -> EmailMessage:
    """Write the e-mail: plain text, and HTML beside it where there is some."""
    mail = EmailMessage()
    mail["From"] = sender
    mail["To"] = Address(addr_spec=notification.address)
    mail["Subject"] = " ".join(notification.subject.split())
    mail["Date"] = format_datetime(at)
    mail["Message-ID"] = f"<{notification.message_id}@stormdesk>"
    for alert_id, generation in _alerts(notification):
        mail["X-Stormdesk-Alert"] = f"{alert_id}/{generation}"
    mail["Auto-Submitted"] = "auto-generated"
    mail.set_content(notification.text_body)
    if notification.html_body:
        mail.add_alternative(notification.html_body, subtype="html")
    return mail


def _alerts(notification: ClaimedNotification) -> list[tuple[int, int]]:
    """List the alerts it tells of, one header line each; a check of a contact is about none."""
    if notification.folded:
        return [(page.alert_id, page.generation) for page in notification.folded]
    alert_id = notification.alert_id
    return [] if alert_id is None else [(alert_id, notification.generation)]


@contextmanager
def _failures_told() -> Iterator[None]:
    """Turn what smtplib raises into a delivery that failed, and whether for good."""
    try:
        yield
    except smtplib.SMTPAuthenticationError as refusal:
        raise DeliveryFailed(
            _reply(refusal.smtp_code, refusal.smtp_error), may_retry=True
        ) from None
    except smtplib.SMTPRecipientsRefused as refusal:
        code, text = next(iter(refusal.recipients.values()))
        raise DeliveryFailed(_reply(code, text), may_retry=_may_pass(code)) from None
    except smtplib.SMTPResponseException as refusal:
        raise DeliveryFailed(
            _reply(refusal.smtp_code, refusal.smtp_error),
            may_retry=_may_pass(refusal.smtp_code),
        ) from None
    except smtplib.SMTPNotSupportedError as refusal:
        # Ours to put right as well: the server does not offer what the settings ask for.
        raise DeliveryFailed(str(refusal), may_retry=True) from None
    except (smtplib.SMTPException, OSError) as failure:
        raise DeliveryFailed(f"{type(failure).__name__}: {failure}", may_retry=True) from None
    except (MessageError, ValueError) as refusal:
        raise DeliveryFailed(f"No mail can be written: {refusal}", may_retry=False) from None


def _may_pass(code: int) -> bool:
    return code < PERMANENT_FROM or code in OF_OUR_LOGIN


def _reply(code: int, text: bytes | str) -> str:
    words = text.decode("utf-8", "replace") if isinstance(text, bytes) else text
    return f"{code} {words}"
