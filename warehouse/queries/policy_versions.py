"""The versions of the desk's escalation policies, newest first, with how many alerts climb each."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import RowMapping, text
from sqlalchemy.orm import Session

from warehouse.queries.policies import get_ladder
from warehouse.rules import permissions
from warehouse.rules.escalation_policy import Ladder
from warehouse.rules.page_rate import PageRate
from warehouse.rules.policy_changes import differences, step_words
from warehouse.rules.storm_control import StormControl
from warehouse.vocabulary import Actor, Permission

_VERSIONS = text(
    """
    SELECT version.policy_version_id, policy.name, version.version, effective_from_at,
      publisher.display_name AS published_by, version.page_rate_messages,
      version.page_rate_minutes, version.storm_cap_alerts, version.storm_window_minutes,
      (SELECT count(*) FROM alerting.alert WHERE status <> 'closed'
        AND alert.policy_version_id = version.policy_version_id) AS live_alerts
    FROM alerting.escalation_policy_version AS version
    JOIN alerting.escalation_policy AS policy USING (policy_id)
    LEFT JOIN people."user" AS publisher ON publisher.user_id = version.published_by
    ORDER BY version.policy_version_id DESC LIMIT :limit
    """
)
_NAMES = text('SELECT user_id, display_name FROM people."user"')


@dataclass(frozen=True, slots=True)
class PolicyVersion:
    """One version: its ladder in words, and what it changed of the one before."""

    policy_version_id: int
    name: str
    version: int
    effective_from_at: datetime
    published_by: str | None
    live_alerts: int
    ladder: Ladder
    page_rate: PageRate
    storm: StormControl | None
    steps: tuple[str, ...]
    catch_all: str
    changes: tuple[str, ...]


def list_policy_versions(session: Session, actor: Actor, *, limit: int = 20) -> list[PolicyVersion]:
    """List the newest versions, each compared with the one before it of the same policy.

    Parameters
    ----------
    session:
        Open transaction.
    actor:
        Needs `Permission.ADMINISTER`.
    limit:
        How many at most.

    Returns
    -------
    :
        Newest first; a first version changes nothing.

    Raises
    ------
    PermissionRefused
        The actor's roles may not see policies.
    """
    permissions.require(actor, Permission.ADMINISTER)
    names = {row[0]: row[1] for row in session.execute(_NAMES)}
    rows = session.execute(_VERSIONS, {"limit": limit}).mappings().all()
    ladders = {
        row["policy_version_id"]: get_ladder(session, row["policy_version_id"]) for row in rows
    }
    by_number = {(row["name"], row["version"]): row for row in rows}
    return [
        _version(row, by_number.get((row["name"], row["version"] - 1)), ladders, names)
        for row in rows
    ]


def _version(
    row: RowMapping,
    before: RowMapping | None,
    ladders: Mapping[int, Ladder],
    names: dict[int, str],
) -> PolicyVersion:
    ladder = ladders[row["policy_version_id"]]
    changes: list[str] = []
    if before is not None:
        changes += differences(ladders[before["policy_version_id"]], ladder, names)
        changes += _changed("Pages one by one", _rate(before).words, _rate(row).words)
        changes += _changed("Storms", storm_words(_storm(before)), storm_words(_storm(row)))
    return PolicyVersion(
        **{name: row[name] for name in row if not name.startswith(("page_rate", "storm"))},
        ladder=ladder,
        page_rate=_rate(row),
        storm=_storm(row),
        steps=tuple(f"{step.level}: {step_words(step, names)}" for step in ladder.steps),
        catch_all=names[ladder.catch_all_user_id],
        changes=tuple(changes),
    )


def _rate(row: RowMapping) -> PageRate:
    return PageRate(row["page_rate_messages"], row["page_rate_minutes"])


def _storm(row: RowMapping) -> StormControl | None:
    return StormControl.of(row["storm_cap_alerts"], row["storm_window_minutes"])


def storm_words(storm: StormControl | None) -> str:
    """Say when alerts join a storm, which pages for all of them."""
    return storm.words if storm else "none"


def _changed(what: str, before: str, after: str) -> list[str]:
    return [f"{what}: {before} → {after}"] if before != after else []
