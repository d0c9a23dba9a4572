"""What people do with several alerts at once: each has its own outcome."""

from collections.abc import Callable, Sequence
from datetime import datetime

from sqlalchemy.orm import Session

from warehouse.errors import WarehouseRefused
from warehouse.operations.alert_rows import locked_alerts
from warehouse.operations.alerts import Outcome, acknowledge_alert, resolve_alert
from warehouse.rules.permissions import among, require
from warehouse.vocabulary import Actor, AlertId, Permission


def acknowledge_alerts(
    session: Session,
    actor: Actor,
    alert_ids: Sequence[AlertId],
    *,
    at: datetime,
    note: str | None = None,
) -> list[Outcome]:
    """Take several alerts on; one that cannot be taken does not undo the others.

    Parameters
    ----------
    session:
        Open transaction; the alerts are locked in the order of their ids.
    actor:
        Who takes them. Needs `Permission.RESPOND`.
    alert_ids:
        Alerts to take on, in any order.
    at:
        Instant, UTC.
    note:
        One note for all of them.

    Returns
    -------
    :
        One outcome per alert, in the order asked.

    Raises
    ------
    PermissionRefused
        The actor's roles may not respond to alerts.
    """
    return _each(
        session,
        actor,
        alert_ids,
        "acknowledge",
        lambda alert_id: acknowledge_alert(session, actor, alert_id, at=at, note=note),
    )


def resolve_alerts(
    session: Session,
    actor: Actor,
    alert_ids: Sequence[AlertId],
    *,
    at: datetime,
    reason: str | None = None,
) -> list[Outcome]:
    """Close several alerts; one that cannot be closed does not undo the others.

    Parameters
    ----------
    session:
        Open transaction; the alerts are locked in the order of their ids.
    actor:
        Who resolves them. Needs `Permission.RESPOND`.
    alert_ids:
        Alerts to close, in any order.
    at:
        Instant, UTC.
    reason:
        One reason for all of them.

    Returns
    -------
    :
        One outcome per alert, in the order asked.

    Raises
    ------
    PermissionRefused
        The actor's roles may not respond to alerts.
    """
    return _each(
        session,
        actor,
        alert_ids,
        "resolve",
        lambda alert_id: resolve_alert(session, actor, alert_id, at=at, reason=reason),
    )


def _each(
    session: Session,
    actor: Actor,
    alert_ids: Sequence[AlertId],
    act: str,
    step: Callable[[AlertId], Outcome],
) -> list[Outcome]:
    require(actor, Permission.RESPOND, *among(act, "alert", alert_ids))
    locked_alerts(session, alert_ids)
    return [_outcome(alert_id, step) for alert_id in alert_ids]


def _outcome(alert_id: AlertId, step: Callable[[AlertId], Outcome]) -> Outcome:
    try:
        return step(alert_id)
    except WarehouseRefused as refusal:
        return Outcome(alert_id, "refused", str(refusal))
