"""Policies seen, checked and published from the command line, as files."""

import json
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from sqlalchemy import func, select
from typer.testing import CliRunner

from stormdesk import policy_commands
from stormdesk.errors import StormdeskRefused
from stormdesk.policy_commands import WRONG
from tests.factories.clock import set_clock
from tests.factories.defaults import STORM_AT
from tests.factories.policy import make_alert_policy, make_policy_step, make_policy_version
from tests.factories.user import make_user
from warehouse.errors import PermissionRefused, TransitionRefused
from warehouse.operations.policy_files import publish_policy_file
from warehouse.queries.people import find_actor
from warehouse.queries.policies import find_ladder_in_force, get_policy
from warehouse.rules.policy_reading import read_policy
from warehouse.schema.audit import Entry
from warehouse.schema.policies import AlertPolicy, EscalationPolicyVersion
from warehouse.session import Access, transaction
from warehouse.vocabulary import Channel, Role

AS_ADA = ("--as", "ada", "--reason", "texts are read sooner")


@pytest.fixture(autouse=True)
def desk(server, database, tmp_path, monkeypatch):
    """A desk whose ladder asks the agents on shift, then Ben; Ada is an administrator."""
    monkeypatch.setenv("STORMDESK_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("DAGSTER_PG_URL", server.url("dagster", driver="psycopg2"))
    monkeypatch.chdir(tmp_path)
    set_clock(STORM_AT)
    with transaction(Access.OWNER) as session:
        make_alert_policy(session)
        ada = make_user(session, username="ada", display_name="Ada", roles=[Role.ADMIN]).user_id
        ben = make_user(session, username="ben", display_name="Ben", roles=[Role.MANAGER]).user_id
        make_user(session, username="gone", is_active=False)
        make_user(session, username="mute", email_verified_at=None)
        version = make_policy_version(session, catch_all_user_id=ada).policy_version_id
        make_policy_step(session, policy_version_id=version)
        asks_ben = {"target": "user", "role": None, "user_id": ben, "level": 2}
        make_policy_step(session, policy_version_id=version, **asks_ben)


def policy(*arguments: str, code: int = 0) -> str:
    outcome = CliRunner().invoke(policy_commands.app, arguments)
    if outcome.exception and not isinstance(outcome.exception, SystemExit):
        raise outcome.exception
    assert outcome.exit_code == code, outcome.output
    return outcome.stdout


def saved(text: str) -> str:
    Path("policy.toml").write_text(text, encoding="utf-8")
    return "policy.toml"


def with_texts() -> str:
    return saved(policy("show").replace('channels = ["email"]', 'channels = ["email", "sms"]'))


def count(model: type) -> int:
    with transaction(Access.OWNER) as session:
        return session.scalar(select(func.count()).select_from(model)) or 0


@pytest.mark.parametrize("kind", ["escalation", "alert"])
def test_what_is_shown_is_in_force_already_when_it_is_published(kind: str):
    text = policy("show", kind)
    assert text.startswith("# ")
    assert "in force since 2013-11-10 11:00 UTC." in text.splitlines()[0]
    file = saved(text)
    assert "says what is in force already" in policy("check", file)
    assert "says this already: nothing was published." in policy("publish", file, *AS_ADA)
    assert (count(EscalationPolicyVersion), count(AlertPolicy)) == (1, 1)
    done = json.loads(policy("publish", file, *AS_ADA, "--json"))
    assert (done["published"], done["changes"]) == (False, [])


def test_a_ladder_is_published_as_its_next_version_and_says_what_changed():
    file = with_texts()
    changes = [
        "- Step 1: at once, agents on shift by email; again after 0 min of rest → at once, agents "
        "on shift by email and sms; again after 0 min of rest",
        "- Step 2: after 0 min, Ben by email → after 0 min, Ben by email and sms",
    ]
    assert policy("check", file).splitlines() == [
        f"{file} can be published. It would change:",
        *changes,
    ]
    head, *told = policy("publish", file, *AS_ADA).splitlines()
    assert head.endswith("version 2, is in force for new alerts. It changed:")
    assert told == changes
    with transaction(Access.OWNER) as session:
        ladder = find_ladder_in_force(session, at=STORM_AT)
        assert {step.channels for step in ladder.steps} == {(Channel.EMAIL, Channel.SMS)}
        entry = session.scalars(select(Entry).where(Entry.tag == "policy.published")).one()
    assert (entry.actor_username, entry.source) == ("ada", "command_line")
    assert (entry.reason, entry.after["version"]) == ("texts are read sooner", 2)


def test_an_alert_policy_is_published_too():
    file = saved(policy("show", "alert").replace("= 1500", "= 3000"))
    told = policy("publish", file, *AS_ADA)
    assert "Alert policy, version 2, is in force for new alerts. It changed:" in told
    assert "- alert_cost_minor_units: 1500 → 3000" in told
    assert "- worth an alert from: 15.0% on → 30.0% on" in told
    with transaction(Access.OWNER) as session:
        assert get_policy(session, at=STORM_AT).stakes.alert_cost_minor_units == 3_000


def test_versions_are_listed_with_what_each_changed():
    policy("publish", with_texts(), *AS_ADA)
    newest, first, alerts = json.loads(policy("list", "--json"))
    assert (newest["kind"], newest["version"], newest["published_by"]) == ("escalation", 2, "Ada")
    assert len(newest["changes"]) == 2
    assert (first["version"], first["changes"]) == (1, [])
    assert (alerts["kind"], alerts["published_by"]) == ("alert", None)
    said = policy("list").splitlines()
    assert said[0].endswith("version 2, since 2013-12-10 11:00 UTC by Ada, live alerts: 0")
    assert said[1].startswith("- Step 1: at once, agents on shift by email;")
    assert said[-2:] == [
        "alert, version 1, since 2013-11-10 11:00 UTC by SYSTEM",
        "- the first version",
    ]


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ('user = "ben"', 'user = "bne"', "Step 2 names bne, and nobody signs in as that: did you"),
        ('user = "ben"', 'user = "xqz"', "stormdesk users list tells who there is."),
        ('user = "ben"', 'user = "gone"', "Step 2 names gone, who is disabled: name somebody els"),
        ('catch_all = "ada"', 'catch_all = "mute"', "mute, who has no verified e-mail address"),
        ('["email"]', "[]", "must be a list with one or more"),
        ("[[step]]", "[[steps]]", "It has steps, which means nothing here: did you mean step?"),
    ],
)
def test_a_file_that_is_wrong_is_told_and_changes_nothing(old: str, new: str, told: str):
    file = saved(policy("show").replace(old, new))
    for command in (("check", file), ("publish", file, *AS_ADA)):
        said = policy(*command, code=WRONG)
        assert "nothing was changed:" in said.splitlines()[0]
        assert told in said
    as_json = json.loads(policy("check", file, "--json", code=WRONG))
    assert any(told in each for each in as_json["mistakes"])
    assert count(EscalationPolicyVersion) == 1


def test_only_an_administrator_publishes_and_says_why():
    file = with_texts()
    with pytest.raises(PermissionRefused, match="ben may not administer"):
        policy("publish", file, "--as", "ben", "--reason", "x")
    with transaction(Access.OWNER) as session:
        (entry,) = session.scalars(select(Entry).where(Entry.tag == "permission.refused"))
    assert (entry.actor_username, entry.actor_roles, entry.source, entry.noun) == (
        "ben",
        "manager",
        "command_line",
        "policy_file",
    )
    assert entry.after == {"permission": "administer", "act": "publish a"}
    with pytest.raises(StormdeskRefused, match="Nobody who may sign in is called gone"):
        policy("publish", file, "--as", "gone", "--reason", "x")
    with pytest.raises(TransitionRefused, match="say why, for the audit history"):
        policy("publish", file, "--as", "ada", "--reason", " ")
    assert count(EscalationPolicyVersion) == 1


def test_a_file_that_cannot_be_read_says_so():
    with pytest.raises(StormdeskRefused, match=r"nowhere\.toml cannot be read: no such file"):
        policy("check", "nowhere.toml")
    Path("policy.toml").write_bytes(b"\xff\xfe")
    assert "It is not UTF-8: save it as UTF-8." in policy("check", "policy.toml", code=WRONG)


def test_the_same_file_published_twice_at_once_makes_one_version():
    filed = read_policy(Path(with_texts()).read_text())

    def publish(_number: int) -> bool:
        with transaction(Access.OWNER) as session:
            ada = find_actor(session, "ada")
            done = publish_policy_file(session, ada, filed, reason="both", at=STORM_AT)
        return bool(done.changes)

    with ThreadPoolExecutor(4) as pool:
        assert sum(pool.map(publish, range(4))) == 1
    assert count(EscalationPolicyVersion) == 2


def test_without_a_policy_it_says_how_to_publish_the_first():
    set_clock(STORM_AT.replace(year=2012))
    with pytest.raises(StormdeskRefused, match="No alert policy was published yet"):
        policy("show", "alert")
