"""`stormdesk policy`: whom alerts page and when they are worth it, as files that are published."""

from __future__ import annotations

import json
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NoReturn

import typer
from rich.console import Console

from stormdesk.errors import StormdeskRefused
from stormdesk.user_commands import OPERATOR, desk_transaction
from warehouse.errors import PolicyFileWrong
from warehouse.rules.policy_files import FiledEscalation, FiledPolicy, PolicyKind, render
from warehouse.rules.policy_reading import read_policy
from warehouse.vocabulary import Actor, Source

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from warehouse.queries.policy_files import AlertPolicyVersion, PolicyInForce
    from warehouse.queries.policy_versions import PolicyVersion

app = typer.Typer(
    help="See the policies in force as files, check a file, and publish it.", no_args_is_help=True
)
console = Console(highlight=False)
WRONG = 2
"""The exit code of `check` and `publish` for a file that has mistakes, as of any wrong mapping."""

AsJson = Annotated[bool, typer.Option("--json", help="Print the result as JSON.")]
PolicyFile = Annotated[
    Path, typer.Argument(metavar="FILE", help="TOML, as `stormdesk policy show` prints it.")
]


@app.command("list", epilog="Example: stormdesk policy list --json")
def list_(as_json: AsJson = False) -> None:
    """List the newest versions of both kinds of policy, and what each changed."""
    from warehouse.queries.policy_files import list_alert_policies
    from warehouse.queries.policy_versions import list_policy_versions

    with desk_transaction() as (session, at):
        ladders = list_policy_versions(session, OPERATOR)
        alerts = list_alert_policies(session, OPERATOR, at=at)
    rows = [*map(_ladder_row, ladders), *map(_alert_row, alerts)]
    if as_json:
        _print_json(rows)
        return
    if not rows:
        console.print("No policy was published yet: stormdesk policy publish FILE")
        return
    for row in rows:
        _tell_version(row)


@app.command(epilog="Example: stormdesk policy show escalation > ladder.toml")
def show(
    kind: Annotated[
        PolicyKind, typer.Argument(help="The ladder, or when a prediction is worth an alert.")
    ] = PolicyKind.ESCALATION,
    as_json: AsJson = False,
) -> None:
    """Print the version in force as TOML, to be changed and published."""
    from warehouse.queries.policy_files import find_policy_in_force

    with desk_transaction() as (session, at):
        found = find_policy_in_force(session, OPERATOR, kind, at=at)
    if found is None:
        raise StormdeskRefused(
            f"No {kind} policy was published yet.", "Publish the first: stormdesk policy publish"
        )
    if as_json:
        _print_json(asdict(found))
        return
    typer.echo(f"# {_title(found)}\n{render(found.filed)}", nl=False)


@app.command(epilog="Example: stormdesk policy check ladder.toml")
def check(file: PolicyFile, as_json: AsJson = False) -> None:
    """Say every mistake of a file, or what it would change; exits 2 if there is a mistake."""
    from warehouse.queries.policy_files import find_policy_in_force, list_changes, list_mistakes

    policy = _read(file, as_json=as_json)
    with desk_transaction() as (session, at):
        mistakes = list_mistakes(session, policy)
        in_force = find_policy_in_force(session, OPERATOR, policy.kind, at=at)
        changes = [] if mistakes else list_changes(session, policy, in_force, at=at)
    if mistakes:
        _tell_mistakes(file, mistakes, as_json=as_json)
    if as_json:
        _print_json({"mistakes": [], "changes": changes})
        return
    if in_force is not None and not changes:
        _say(f"{file} can be published, and says what is in force already: {_title(in_force)}")
        return
    _say(f"{file} can be published. It would change:")
    _list(changes)


@app.command(
    epilog="Example: stormdesk policy publish ladder.toml --as admin --reason 'managers by SMS too'"
)
def publish(
    file: PolicyFile,
    username: Annotated[
        str, typer.Option("--as", metavar="USERNAME", help="Who publishes: an administrator.")
    ],
    reason: Annotated[str, typer.Option(help="Why, for the audit history.")],
    as_json: AsJson = False,
) -> None:
    """Publish a file as the next version, for alerts that are raised from now on."""
    from warehouse.operations.policy_files import publish_policy_file

    policy = _read(file, as_json=as_json)
    try:
        with desk_transaction() as (session, at):
            actor = _find_actor(session, username)
            done = publish_policy_file(session, actor, policy, reason=reason, at=at)
    except PolicyFileWrong as wrong:
        _tell_mistakes(file, wrong.mistakes, as_json=as_json)
    if as_json:
        _print_json(asdict(done) | {"published": bool(done.changes)})
        return
    what = _named(policy)
    if not done.changes:
        _say(f"{what}, version {done.version}, says this already: nothing was published.")
        return
    _say(f"{what}, version {done.version}, is in force for new alerts. It changed:")
    _list(done.changes)


def _read(file: Path, *, as_json: bool) -> FiledPolicy:
    try:
        return read_policy(file.read_bytes().decode("utf-8-sig"))
    except OSError as failure:
        reason = (failure.strerror or str(failure)).lower()
        raise StormdeskRefused(
            f"The file {file} cannot be read: {reason}.",
            f"Write one first: stormdesk policy show > {file.name}",
        ) from failure
    except UnicodeDecodeError:
        _tell_mistakes(file, ["It is not UTF-8: save it as UTF-8."], as_json=as_json)
    except PolicyFileWrong as wrong:
        _tell_mistakes(file, wrong.mistakes, as_json=as_json)


def _find_actor(session: Session, username: str) -> Actor:
    from warehouse.queries.people import find_actor

    actor = find_actor(session, username.strip(), source=Source.COMMAND_LINE)
    if actor is None:
        raise StormdeskRefused(
            f"Nobody who may sign in is called {username}.",
            "Name an administrator with --as: stormdesk users list",
        )
    return actor


def _tell_mistakes(file: Path, mistakes: list[str] | tuple[str, ...], *, as_json: bool) -> NoReturn:
    if as_json:
        _print_json({"mistakes": list(mistakes), "changes": []})
    else:
        count = "1 mistake" if len(mistakes) == 1 else f"{len(mistakes)} mistakes"
        _say(f"{file} has {count}, and nothing was changed:")
        _list(mistakes)
    raise typer.Exit(WRONG)


def _title(found: PolicyInForce) -> str:
    by = f" by {found.published_by}" if found.published_by else ""
    since = f"{found.effective_from_at:%Y-%m-%d %H:%M} UTC"
    return f"{_named(found.filed)}, version {found.version}, in force since {since}{by}."


def _named(policy: FiledPolicy) -> str:
    if isinstance(policy, FiledEscalation):
        return f"Escalation policy {' '.join(policy.name.split())}"
    return "Alert policy"


def _ladder_row(version: PolicyVersion) -> dict[str, object]:
    return {
        "kind": PolicyKind.ESCALATION.value,
        "name": version.name,
        "version": version.version,
        "effective_from_at": version.effective_from_at,
        "published_by": version.published_by,
        "live_alerts": version.live_alerts,
        "changes": list(version.changes),
    }


def _alert_row(version: AlertPolicyVersion) -> dict[str, object]:
    return {
        "kind": PolicyKind.ALERT.value,
        "name": None,
        "version": version.version,
        "effective_from_at": version.effective_from_at,
        "published_by": version.published_by,
        "live_alerts": None,
        "changes": list(version.changes),
    }


def _tell_version(row: dict[str, object]) -> None:
    """Print one version: what it is, since when and by whom, and below it what it changed."""
    name = f"{row['kind']} {row['name']}" if row["name"] else str(row["kind"])
    since = f"since {row['effective_from_at']:%Y-%m-%d %H:%M} UTC"
    live = "" if row["live_alerts"] is None else f", live alerts: {row['live_alerts']}"
    _say(f"{name}, version {row['version']}, {since} by {row['published_by'] or 'SYSTEM'}{live}")
    first = "the first version" if row["version"] == 1 else "no change"
    changes = row["changes"]
    _list(changes if isinstance(changes, list) and changes else [first])


def _say(words: str) -> None:
    console.print(words, markup=False, soft_wrap=True)


def _list(lines: list[str] | tuple[str, ...]) -> None:
    for line in lines:
        _say(f"- {line}")


def _print_json(result: object) -> None:
    typer.echo(json.dumps(result, indent=2, default=_written))


def _written(value: object) -> str:
    return value.isoformat() if isinstance(value, datetime) else str(value)
