"""A plain e-mail about the desk itself, which belongs to no alert and waits in no outbox."""

from dataclasses import dataclass
from datetime import datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import format_datetime


@dataclass(frozen=True, slots=True)
class Letter:
    """What to tell one person, complete."""

    address: str
    message_id: str
    """The same at every attempt, so that a letter sent twice reads as one."""
    subject: str
    text_body: str


def compose_letter(letter: Letter, *, sender: str, at: datetime) -> EmailMessage:
    """Write the e-mail, as plain text alone.

    Parameters
    ----------
    letter:
        What to tell whom.
    sender:
        From whom.
    at:
        Instant for the Date header.

    Returns
    -------
    :
        Ready to be handed over.
    """
    mail = EmailMessage()
    mail["From"] = sender
    mail["To"] = Address(addr_spec=letter.address)
    mail["Subject"] = " ".join(letter.subject.split())
    mail["Date"] = format_datetime(at)
    mail["Message-ID"] = f"<{letter.message_id}@stormdesk>"
    mail["Auto-Submitted"] = "auto-generated"
    mail.set_content(letter.text_body)
    return mail
