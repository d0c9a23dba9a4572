"""The versions of the desk's escalation policies, newest first, with how many alerts climb each."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import text
from sqlalchemy.orm import Session

from warehouse.queries.policies import get_ladder
from warehouse.rules import permissions
from warehouse.rules.escalation_policy import Ladder
from warehouse.rules.policy_changes import differences, step_words
from warehouse.vocabulary import Actor, Permission

_VERSIONS = text(
    """
    SELECT version.policy_version_id, policy.name, version.version, effective_from_at,
      publisher.display_name AS published_by,
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
    by_number = {(row["name"], row["version"]): ladders[row["policy_version_id"]] for row in rows}
    versions = []
    for row in rows:
        ladder = ladders[row["policy_version_id"]]
        before = by_number.get((row["name"], row["version"] - 1))
        steps = tuple(f"{step.level}: {step_words(step, names)}" for step in ladder.steps)
        changes = tuple(differences(before, ladder, names)) if before else ()
        catch_all = names[ladder.catch_all_user_id]
        versions.append(
            PolicyVersion(**row, ladder=ladder, steps=steps, catch_all=catch_all, changes=changes)
        )
    return versions
