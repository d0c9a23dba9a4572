"""Where Stormdesk lives and listens: the command line's one reading of the environment."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict

PROJECT_ROOT = Path(__file__).resolve().parent.parent


def _default_home() -> Path:
    is_checkout = (PROJECT_ROOT / "pyproject.toml").exists()
    return (PROJECT_ROOT if is_checkout else Path.cwd()) / ".stormdesk"


Port = Annotated[int, Field(ge=1, le=65535)]

HEADS_FILE = "audit-heads.jsonl"


class Settings(BaseSettings):
    """Every setting is an environment variable: STORMDESK_ and the name in capitals."""

    model_config = SettingsConfigDict(env_prefix="STORMDESK_", env_ignore_empty=True, frozen=True)

    home: Path = Field(default_factory=_default_home)
    """Folder of everything Stormdesk writes."""
    database_url: str | None = None
    """SQLAlchemy URL of the owner's database; None starts the embedded PostgreSQL."""
    pipeline_database_url: str | None = None
    dashboard_database_url: str | None = None
    dagster_pg_url: str | None = Field(default=None, validation_alias="DAGSTER_PG_URL")
    host: str = "127.0.0.1"
    """Address every service listens on."""
    code_host: str = "127.0.0.1"
    smtp_host: str = "127.0.0.1"
    dashboard_port: Port = 8501
    dagster_port: Port = 3000
    dagster_read_only_port: Port = 3001
    code_port: Port = 4000
    smtp_port: Port = 2525
    providers_port: Port = 8700
    simulates_providers: bool = False
    """Whether `up` also runs simulated providers, and takes facts from them over HTTP."""

    audit_heads_file: Path | None = None
    """Where heads of the sealed history are kept; best on another disk than the database."""

    synthetic_mailbox: str = ""
    """Where the desk's own alerts are mailed to; unset, only the local mail sink gets them."""
    watch_mail: str = ""
    """Addresses with commas between that the watchdog tells besides the policies' catch-all."""
    dead_man_url: Annotated[str, Field(pattern="^https?://")] | None = None
    """Called while all is well; whoever listens there pages when the calls stop."""

    dashboard_url: str = ""
    """What people type into their browser; derived from host and port if not given."""
    dagster_url: str = ""
    """What data engineers type into their browser; likewise."""

    def model_post_init(self, _context: object) -> None:
        """Make `home` absolute, so that children in other folders find it, and derive URLs."""
        home = self.home.expanduser().absolute()
        derived = {
            "home": home,
            "audit_heads_file": (self.audit_heads_file or home / HEADS_FILE)
            .expanduser()
            .absolute(),
            "dashboard_url": self.dashboard_url or f"http://{self.host}:{self.dashboard_port}",
            "dagster_url": self.dagster_url or f"http://{self.host}:{self.dagster_port}",
        }
        for name, value in derived.items():
            object.__setattr__(self, name, value)

    @property
    def logs(self) -> Path:
        """Folder of one log file per service."""
        return self.home / "logs"

    @property
    def heads(self) -> Path:
        """File of the heads that were exported of the sealed history."""
        return self.audit_heads_file or self.home / HEADS_FILE

    @property
    def people_told_by_watch(self) -> list[str]:
        """Whom the watchdog tells besides the catch-all."""
        return [each.strip() for each in self.watch_mail.split(",") if each.strip()]

    @property
    def mailbox_of_synthetic_alerts(self) -> str:
        """Where the desk's own alerts go; nowhere by default where mail leaves this machine."""
        is_sink = self.smtp_host == self.host
        return self.synthetic_mailbox or ("synthetic@stormdesk.example" if is_sink else "")

    @property
    def mail(self) -> Path:
        """Maildir of the local mail sink."""
        return self.home / "mail"

    @property
    def dagster_home(self) -> Path:
        """DAGSTER_HOME of every Dagster process."""
        return self.home / "dagster"
