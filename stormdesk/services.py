"""The services of a running Stormdesk: one command each, for `up` and the containers alike."""

from __future__ import annotations

import sysconfig
from dataclasses import dataclass, field
from pathlib import Path

import dashboard.launch
from stormdesk.settings import PROJECT_ROOT, Settings

OWNER_URL = "STORMDESK_DATABASE_URL"
PIPELINE_URL = "STORMDESK_PIPELINE_DATABASE_URL"
DASHBOARD_URL = "STORMDESK_DASHBOARD_DATABASE_URL"
DAGSTER_URL = "DAGSTER_PG_URL"
EVENTS_TOGETHER = {"DAGSTER_EVENT_BATCH_SIZE": "500"}
"""A run over a range reports its partitions in batches: one by one took most of its time."""

DATABASE_URLS = frozenset({OWNER_URL, PIPELINE_URL, DASHBOARD_URL, DAGSTER_URL})


@dataclass(frozen=True)
class Service:
    """One program that runs as long as Stormdesk does."""

    name: str
    title: str
    command: tuple[str, ...]
    port: int | None = None
    port_variable: str = ""
    health_path: str | None = None
    """Path that answers 200 over HTTP when ready; None where an open port says enough."""
    database_urls: frozenset[str] = field(default_factory=frozenset)
    """The only database URLs it is told: no service can use another's rights."""
    folder: Path | None = None
    """Where it runs; None is the state folder."""

    @property
    def program(self) -> list[str]:
        """Name the program by its full path, so that PATH does not matter."""
        return [str(Path(sysconfig.get_path("scripts")) / self.command[0]), *self.command[1:]]


def all_services(settings: Settings) -> dict[str, Service]:
    """List every service by name, in the order they start."""
    listed = (
        _mail_sink(settings),
        _code_server(settings),
        _daemon(),
        _web_server(settings, is_read_only=False),
        _web_server(settings, is_read_only=True),
        _dashboard(settings),
        _watchdog(),
    )
    return {service.name: service for service in listed}


def services_of_up(settings: Settings) -> list[Service]:
    """List what `stormdesk up` runs: one web server is enough on one's own machine."""
    needed = [service for name, service in all_services(settings).items() if name != "web"]
    return [_providers(settings), *needed] if settings.simulates_providers else needed


def _providers(settings: Settings) -> Service:
    command = ("python", "-m", "pipelines.simulator", "--port", str(settings.providers_port))
    return Service(
        "providers",
        "simulated providers",
        command,
        settings.providers_port,
        "STORMDESK_PROVIDERS_PORT",
        "/health",
        frozenset({PIPELINE_URL}),
    )


def _mail_sink(settings: Settings) -> Service:
    command = ("python", "-m", "stormdesk.mailsink", "--host", settings.host)
    options = ("--port", str(settings.smtp_port), "--folder", str(settings.mail))
    return Service(
        "mail", "mail sink", command + options, settings.smtp_port, "STORMDESK_SMTP_PORT"
    )


def _code_server(settings: Settings) -> Service:
    command = ("dagster", "api", "grpc", "--module-name", "pipelines.definitions")
    options = ("--location-name", "stormdesk", "--use-python-environment-entry-point")
    address = ("--host", settings.host, "--port", str(settings.code_port))
    return Service(
        "code",
        "pipeline code server",
        command + options + address,
        settings.code_port,
        "STORMDESK_CODE_PORT",
        database_urls=frozenset({PIPELINE_URL, DAGSTER_URL}),
    )


def _daemon() -> Service:
    workspace = str(PROJECT_ROOT / "workspace.yaml")
    command = ("dagster-daemon", "run", "--workspace", workspace)
    return Service("daemon", "Dagster daemon", command, database_urls=frozenset({DAGSTER_URL}))


def _web_server(settings: Settings, *, is_read_only: bool) -> Service:
    port = settings.dagster_read_only_port if is_read_only else settings.dagster_port
    variable = "STORMDESK_DAGSTER_READ_ONLY_PORT" if is_read_only else "STORMDESK_DAGSTER_PORT"
    command = ("dagster-webserver", "--workspace", str(PROJECT_ROOT / "workspace.yaml"))
    address = ("--host", settings.host, "--port", str(port))
    return Service(
        "web" if is_read_only else "web-admin",
        "read-only Dagster UI" if is_read_only else "Dagster UI",
        command + address + (("--read-only",) if is_read_only else ()),
        port,
        variable,
        "/server_info",
        frozenset({DAGSTER_URL}),
    )


def _dashboard(settings: Settings) -> Service:
    command = dashboard.launch.command(port=settings.dashboard_port, host=settings.host)
    return Service(
        "dashboard",
        "dashboard",
        tuple(command),
        settings.dashboard_port,
        "STORMDESK_DASHBOARD_PORT",
        "/_stcore/health",
        frozenset({DASHBOARD_URL}),
        PROJECT_ROOT / "dashboard",
    )


def _watchdog() -> Service:
    command = ("python", "-m", "stormdesk.watchdog")
    return Service("watch", "watchdog", command, database_urls=frozenset({PIPELINE_URL}))


def environment_of(
    service: Service, settings: Settings, inherited: dict[str, str], urls: dict[str, str]
) -> dict[str, str]:
    """Tell a service where everything is, and only the database URLs it needs."""
    kept = {name: value for name, value in inherited.items() if name not in DATABASE_URLS}
    return kept | {
        "STORMDESK_HOME": str(settings.home),
        "STORMDESK_CODE_HOST": settings.code_host,
        "STORMDESK_CODE_PORT": str(settings.code_port),
        "STORMDESK_SMTP_HOST": settings.smtp_host,
        "STORMDESK_SMTP_PORT": str(settings.smtp_port),
        "STORMDESK_SYNTHETIC_MAILBOX": settings.mailbox_of_synthetic_alerts,
        "STORMDESK_AUDIT_HEADS_FILE": str(settings.audit_heads_file),
        "STORMDESK_DASHBOARD_URL": settings.dashboard_url,
        "STORMDESK_DAGSTER_URL": settings.dagster_url,
        "DAGSTER_HOME": str(settings.dagster_home),
        "DAGSTER_LOG_DIR": str(settings.logs / "dagster"),
        **EVENTS_TOGETHER,
        **(_connections(settings) if settings.simulates_providers else {}),
        **{name: urls[name] for name in service.database_urls},
    }


def _connections(settings: Settings) -> dict[str, str]:
    """Connect the pipelines to the simulated providers, under keys that open nothing else."""
    address = f"http://{settings.host}:{settings.providers_port}"
    return {
        "STORMDESK_OPEN_METEO_URL": address,
        "STORMDESK_OPEN_METEO_ARCHIVE_URL": address,
        "STORMDESK_AVIATION_WEATHER_URL": f"{address}/api/data",
        "STORMDESK_NWS_URL": address,
        "STORMDESK_USER_AGENT": "Stormdesk (simulated)",
        "STORMDESK_BOOKINGS_URL": address,
        "STORMDESK_DUFFEL_URL": address,
        "STORMDESK_DUFFEL_TOKEN": "simulated",
        "STORMDESK_LITEAPI_URL": f"{address}/v3.0",
        "STORMDESK_LITEAPI_BOOKING_URL": f"{address}/v3.0",
        "STORMDESK_LITEAPI_KEY": "simulated",
        "STORMDESK_HOTEL_CONTACT_EMAIL": "desk@stormdesk.example",
        "STORMDESK_HOTEL_CONTACT_PHONE": "+12125550100",
    }
