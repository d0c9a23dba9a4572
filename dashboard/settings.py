"""What the dashboard's process is told by its environment, read in this one place."""

import os
from dataclasses import dataclass, field

SID_HEADER = "x-stormdesk-sid"
"""Header by which the middleware tells Streamlit the session id; clients' copies are dropped."""
SID_KEY = "sid"
"""Key of `st.user` under which Streamlit shows that header."""


@dataclass(frozen=True, slots=True)
class Settings:
    """Where browsers reach the dashboard, which decides how its cookie is guarded; and Dagster."""

    public_url: str | None = None
    dagster_url: str | None = None
    """Where data engineers reach Dagster's own pages, without a slash at the end."""
    callback_secret: str | None = field(default=None, repr=False)
    """What providers sign their callbacks with; without it none of our format are taken."""
    mailgun_signing_key: str | None = field(default=None, repr=False)
    """What Mailgun signs its events with; without it they are expected in our format."""

    @property
    def is_https(self) -> bool:
        """Whether browsers come over HTTPS, perhaps through a proxy that ends it."""
        return (self.public_url or "").startswith("https://")

    @property
    def cookie(self) -> str:
        """Name of the session cookie; the prefix makes browsers insist on HTTPS and this host."""
        return "__Host-stormdesk_sid" if self.is_https else "stormdesk_sid"


def read_settings() -> Settings:
    """Read the public address, Dagster's, and what callbacks are signed with."""
    return Settings(
        public_url=os.environ.get("STORMDESK_PUBLIC_URL"),
        dagster_url=os.environ.get("STORMDESK_DAGSTER_URL", "").strip().rstrip("/") or None,
        callback_secret=os.environ.get("STORMDESK_CALLBACK_SECRET", "").strip() or None,
        mailgun_signing_key=os.environ.get("STORMDESK_MAILGUN_SIGNING_KEY", "").strip() or None,
    )
