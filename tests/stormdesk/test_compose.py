import json
import re
from dataclasses import fields, replace

import jsonschema
import psycopg
import pytest
import yaml

from pipelines.settings import Settings as PipelineSettings
from pipelines.settings import read_settings
from stormdesk.services import all_services
from stormdesk.settings import PROJECT_ROOT, Settings
from stormdesk.stages import lay_out_dagster_home
from stormdesk.state_folder import open_state_folder
from stormdesk.supervisor import Supervisor
from tests.stormdesk.conftest import PORTS

COMPOSE = yaml.safe_load((PROJECT_ROOT / "docker-compose.yml").read_text())
SERVED = {
    name: service["command"][1]
    for name, service in COMPOSE["services"].items()
    if service.get("command", [""])[0] == "serve"
}
ACCESS_OF_URL = {
    "STORMDESK_DATABASE_URL": "stormdesk_owner",
    "STORMDESK_PIPELINE_DATABASE_URL": "stormdesk_pipeline",
    "STORMDESK_DASHBOARD_DATABASE_URL": "stormdesk_dashboard",
    "DAGSTER_PG_URL": "stormdesk_dagster",
}


def test_the_file_keeps_to_the_compose_specification():
    schema = json.loads((PROJECT_ROOT / "tests/stormdesk/compose-spec.json").read_text())
    jsonschema.Draft7Validator(schema).validate(COMPOSE)


def test_every_service_of_up_has_its_container_and_no_other_command():
    assert set(SERVED) == set(SERVED.values()) == set(all_services(Settings()))


def test_a_container_is_told_the_urls_its_service_needs_and_no_others():
    services = all_services(Settings())
    for name in SERVED:
        given = COMPOSE["services"][name].get("environment", {}).keys() & ACCESS_OF_URL.keys()
        assert given == services[name].database_urls, name


def test_every_url_names_its_own_role():
    for service in COMPOSE["services"].values():
        for variable, url in service.get("environment", {}).items():
            if variable in ACCESS_OF_URL:
                assert f"://{ACCESS_OF_URL[variable]}:" in url


def test_nothing_is_published_beyond_this_machine():
    ports = [port for each in COMPOSE["services"].values() for port in each.get("ports", [])]
    assert ports
    assert all(port.startswith("127.0.0.1:") for port in ports)


def test_no_password_is_written_down():
    for service in COMPOSE["services"].values():
        for variable, value in service.get("environment", {}).items():
            if variable.endswith("PASSWORD"):
                assert value in {f"${{{variable}:?}}", f"${{{variable}:-}}"}
            if variable in ACCESS_OF_URL:
                assert re.search(r":\$\{[A-Z]+_PASSWORD:\?\}@", value)


def test_whoever_sends_and_asks_is_told_every_setting_there_is_for_it():
    given = COMPOSE["services"]["code"]["environment"].keys()
    assert {f"STORMDESK_{each.name.upper()}" for each in fields(PipelineSettings)} <= given
    heard = COMPOSE["services"]["dashboard"]["environment"].keys()
    assert {"STORMDESK_CALLBACK_SECRET", "STORMDESK_MAILGUN_SIGNING_KEY"} <= heard
    told = COMPOSE["services"]["watch"]["environment"].keys()
    assert {"STORMDESK_SMTP_PASSWORD", "STORMDESK_DEAD_MAN_URL", "STORMDESK_WATCH_MAIL"} <= told


def test_what_is_not_in_the_env_file_counts_as_not_set(monkeypatch):
    usual = Settings()
    empty = {
        variable: ""
        for service in COMPOSE["services"].values()
        for variable, value in service.get("environment", {}).items()
        if value == f"${{{variable}:-}}"
    }
    assert empty.keys() > {"STORMDESK_CHAT_URL", "STORMDESK_DEAD_MAN_URL"}
    assert read_settings(empty) == PipelineSettings()
    for variable in empty:
        monkeypatch.setenv(variable, "")
    assert Settings() == usual


def test_the_image_installs_the_locked_environment_and_runs_as_nobody_special():
    text = (PROJECT_ROOT / "Dockerfile").read_text()
    assert text.count("--require-hashes") == 2
    assert "\nUSER stormdesk\n" in text
    assert 'ENTRYPOINT ["stormdesk"]' in text


@pytest.mark.slow
def test_every_containers_command_runs(make_settings, server, database, monkeypatch):
    settings = make_settings()
    for name in PORTS:
        monkeypatch.setenv(f"STORMDESK_{name.upper()}", str(getattr(settings, name)))
    open_state_folder(settings.home)
    lay_out_dagster_home(settings)
    services = all_services(settings)
    supervisor = Supervisor(settings, _urls(server, database))
    try:
        for name in SERVED:
            command = ("stormdesk", *COMPOSE["services"][name]["command"])
            supervisor.start(replace(services[name], command=command))
        for name in SERVED:
            supervisor.wait_until_ready(services[name])
        while not _has_heartbeat(server):
            supervisor.refuse_if_one_ended()
    finally:
        supervisor.stop()


def _urls(server, database: str) -> dict[str, str]:
    urls = {variable: server.url(database, role) for variable, role in ACCESS_OF_URL.items()}
    return urls | {"DAGSTER_PG_URL": server.url("dagster", "stormdesk_dagster", driver="psycopg2")}


def _has_heartbeat(server) -> bool:
    url = server.url("dagster", "stormdesk_dagster").replace("+psycopg", "")
    with psycopg.connect(url) as connection:
        try:
            row = connection.execute("SELECT count(*) FROM daemon_heartbeats").fetchone()
        except psycopg.errors.UndefinedTable:
            return False
    return row[0] > 0
