"""Shifts planned from the command line."""

import json
from datetime import timedelta

import pytest
from typer.testing import CliRunner

from stormdesk import shift_commands
from stormdesk.shift_commands import UNCOVERED
from tests.factories.clock import set_clock
from tests.factories.defaults import STORM_AT
from tests.factories.policy import make_policy_step, make_policy_version
from tests.factories.user import make_user
from warehouse.errors import NotFound, TransitionRefused, WallTimeRefused
from warehouse.session import Access, transaction

NIGHT = ("--starts", "2013-12-10 22:00", "--ends", "2013-12-11 06:00")


@pytest.fixture(autouse=True)
def desk(server, database, tmp_path, monkeypatch):
    """A desk whose ladder asks the agents on shift; Ben and Ines can work."""
    monkeypatch.setenv("STORMDESK_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("DAGSTER_PG_URL", server.url("dagster", driver="psycopg2"))
    set_clock(STORM_AT)
    with transaction(Access.OWNER) as session:
        make_policy_step(session, policy_version_id=make_policy_version(session).policy_version_id)
        for name in ("ben", "ines"):
            make_user(session, username=name, display_name=name.title())


def shifts(*arguments: str, code: int = 0) -> str:
    outcome = CliRunner().invoke(shift_commands.app, arguments)
    if outcome.exception and not isinstance(outcome.exception, SystemExit):
        raise outcome.exception
    assert outcome.exit_code == code, outcome.output
    return outcome.stdout


def told(*arguments: str, code: int = 0):
    return json.loads(shifts(*arguments, "--json", code=code))


def drawn(name: str = "Night", *window: str) -> int:
    return told("add", name, *(window or NIGHT))["shift_id"]


def test_a_shift_is_drawn_filled_and_listed_with_what_it_leaves_uncovered():
    assert "No shift is planned for 14 days." in shifts("list")
    said = shifts("add", "Night", *NIGHT)
    assert "Night is drawn, Tue 10 Dec 22:00 EST to Wed 11 Dec 06:00 EST" in said
    assert "1 gap in the next 14 days" in said
    number = str(drawn())
    done = told("assign", number, "ben")
    assert [gap["missing"] for gap in done["gaps"]] == ["no agent is on shift"] * 2
    (planned,) = told("list")
    assert planned["starts_at"] == "2013-12-11T03:00:00+00:00"
    assert planned["assignments"][0]["name"] == "Ben"
    assert "Ben (agent)" in shifts("list")


def test_somebody_stands_in_and_two_swap_and_a_shift_is_moved_and_cancelled():
    first = told("assign", str(drawn()), "ben")["assignment_id"]
    late = ("--starts", "2013-12-12 22:00", "--ends", "2013-12-13 06:00")
    number = drawn("Late", *late)
    second = told("assign", str(number), "ines")["assignment_id"]
    shifts("override", str(first), "ines", *NIGHT[:3], "2013-12-11 01:00", "--why", "dentist")
    stand_in = told("list")[0]["assignments"][0]["stand_ins"][0]
    assert (stand_in["name"], stand_in["reason"]) == ("Ines", "dentist")
    assert "swap_id" in told("swap", str(first), str(second))
    assert told("list")[1]["assignments"][0]["name"] == "Ben"
    moved = ("--starts", "2013-12-13 22:00", "--ends", "2013-12-14 06:00")
    assert "is moved to Fri 13 Dec 22:00" in shifts("move", str(number), *moved)
    shifts("cancel", str(number))
    assert len(told("list")) == 1


def test_a_week_is_drawn_again():
    shifts("assign", str(drawn()), "ben")
    done = told("repeat", "2013-12-09", "--weeks", "2")
    assert (done["shifts"], done["assignments"], done["remarks"]) == (2, 2, [])
    assert len(told("list", "--days", "30")) == 3
    assert "2 shifts, 2 assignments." in shifts("repeat", "2013-12-09", "--weeks", "2")


def test_a_gap_is_an_exit_code_that_a_nightly_job_can_read():
    (gap,) = told("coverage", code=UNCOVERED)
    assert (gap["level"], gap["missing"]) == (1, "no agent is on shift")
    assert "Assign an agent" in shifts("coverage", code=UNCOVERED)
    ends = STORM_AT + timedelta(days=1)
    for day in range(15):
        starts_on, ends_on = (f"{at + timedelta(days=day):%Y-%m-%d}" for at in (STORM_AT, ends))
        window = ("--starts", f"{starts_on} 06:00", "--ends", f"{ends_on} 06:00")
        shifts("assign", str(drawn("Day", *window)), "ben")
    assert "reaches somebody for the next 14 days" in shifts("coverage")
    assert told("coverage") == []


@pytest.mark.parametrize(
    ("arguments", "error", "words"),
    [
        (("add", "N", "--starts", "2014-03-09 02:30", "--ends", "2014-03-09 08:00"),
         WallTimeRefused, "does not exist"),
        (("add", "N", "--starts", "22 Uhr", "--ends", "2014-03-09 08:00"),
         WallTimeRefused, "write it as"),
        (("add", "N", *NIGHT, "--zone", "Mars"), WallTimeRefused, "no time zone"),
        (("assign", "999", "ben"), NotFound, "no shift 999"),
        (("cancel", "999"), NotFound, "no shift 999"),
        (("repeat", "2013-12-09"), TransitionRefused, "no shift starts"),
    ],
)  # fmt: skip
def test_what_cannot_be_is_refused_with_words(arguments, error, words):
    with pytest.raises(error, match=words):
        shifts(*arguments)


def test_half_a_stretch_is_a_matter_of_usage():
    outcome = CliRunner().invoke(
        shift_commands.app, ["override", "1", "ben", "--starts", "2013-12-10 22:00"]
    )
    assert outcome.exit_code == 2
