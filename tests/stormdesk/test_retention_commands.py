"""How long history is kept, seen and said from the command line."""

import pytest
from typer.testing import CliRunner

from stormdesk import retention_commands
from tests.factories.clock import set_clock
from tests.factories.defaults import STORM_AT
from warehouse.errors import TransitionRefused


@pytest.fixture(autouse=True)
def desk(server, database, tmp_path, monkeypatch):
    monkeypatch.setenv("STORMDESK_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("DAGSTER_PG_URL", server.url("dagster", driver="psycopg2"))
    set_clock(STORM_AT)


def retention(*arguments: str, code: int = 0) -> str:
    outcome = CliRunner().invoke(retention_commands.app, arguments)
    if outcome.exception and not isinstance(outcome.exception, SystemExit):
        raise outcome.exception
    assert outcome.exit_code == code, outcome.output
    return " ".join(outcome.output.split())


def test_what_is_kept_is_shown_with_its_least_days_and_why():
    said = retention("show")
    assert "alert 400 90" in said
    assert "audit 2557 365" in said
    assert "Version 1, since 2000-01-01 00:00 UTC: What the product begins with" in said


def test_a_change_is_a_version_and_the_one_before_stays():
    said = retention("set", "alert=500", "audit=3650", "--why", "two seasons")
    assert "alert 500 90" in said
    assert "audit 3650 365" in said
    assert "Version 2, since 2013-12-10 11:00 UTC: two seasons" in said
    every = retention("show", "--versions")
    assert every.index("Version 2") < every.index("Version 1")


def test_what_may_not_be_is_refused_with_what_to_do():
    with pytest.raises(TransitionRefused, match="keep audit for 365 to 36525 days, not for 30"):
        retention("set", "audit=30", "--why", "space")


@pytest.mark.parametrize("words", ["alerts=400", "alert", "alert=soon", "=3"])
def test_what_cannot_be_read_is_refused_with_the_kinds(words):
    said = retention("set", words, "--why", "space", code=2)
    assert "is not KIND=DAYS" in said
    assert "such as alert=400" in said
