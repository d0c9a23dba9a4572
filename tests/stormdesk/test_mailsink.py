import mailbox
import smtplib
from email.message import EmailMessage

from stormdesk.services import all_services
from stormdesk.state_folder import open_state_folder
from stormdesk.supervisor import Supervisor


def test_a_message_sent_is_a_message_kept(make_settings):
    settings = make_settings()
    open_state_folder(settings.home)
    sink = all_services(settings)["mail"]
    supervisor = Supervisor(settings, {})
    try:
        supervisor.start(sink)
        supervisor.wait_until_ready(sink)
        send(settings.smtp_port, to="anna@example.org")
    finally:
        supervisor.stop()
    (kept,) = mailbox.Maildir(settings.mail)
    assert kept["Subject"] == "Flight UA1545 is cancelled"
    assert kept["X-Envelope-To"] == "anna@example.org"
    assert kept.get_payload().strip() == "Vår resenär väntar."


def send(port: int, *, to: str) -> None:
    message = EmailMessage()
    message["Subject"], message["To"] = "Flight UA1545 is cancelled", to
    message["From"] = "desk@example.org"
    message.set_content("Vår resenär väntar.", cte="8bit")
    with smtplib.SMTP("127.0.0.1", port, timeout=10) as client:
        client.send_message(message)
