"""E-mail as the settings describe it, for letters that go out without Dagster."""

from pipelines.channels.email import EmailChannel
from pipelines.settings import Settings


def post_from(settings: Settings) -> EmailChannel:
    """Set up e-mail by itself."""
    return EmailChannel(
        host=settings.smtp_host,
        port=settings.smtp_port,
        sender=settings.mail_sender,
        username=settings.smtp_username,
        password=settings.smtp_password,
        starts_tls=settings.smtp_starts_tls,
        ca_file=settings.smtp_ca_file,
    )
