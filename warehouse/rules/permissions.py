"""What each role may do: the matrix of the product, and the one question asked of it."""

from collections.abc import Mapping

from warehouse.errors import PermissionRefused
from warehouse.vocabulary import Actor, Permission, Role

ALLOWED: Mapping[Role, frozenset[Permission]] = {
    Role.CUSTOMER: frozenset({Permission.SEE_OWN_TRIPS, Permission.SEE_OWN_AUDIT}),
    Role.AGENT: frozenset({
        Permission.SEE_ALERTS,
        Permission.SEE_PERSONAL_DATA,
        Permission.RESPOND,
        Permission.SEE_FORECASTS,
        Permission.SEE_OWN_SHIFTS,
        Permission.KEEP_OWN_CONTACTS,
        Permission.SEE_OWN_AUDIT,
        Permission.SEE_ALERT_AUDIT,
    }),
    Role.MANAGER: frozenset({
        Permission.SEE_ALERTS,
        Permission.SEE_PERSONAL_DATA,
        Permission.RESPOND,
        Permission.APPROVE,
        Permission.SEE_FORECASTS,
        Permission.SEE_PIPELINE,
        Permission.SEE_OWN_SHIFTS,
        Permission.ADMINISTER_SHIFTS,
        Permission.KEEP_OWN_CONTACTS,
        Permission.SEE_OWN_AUDIT,
        Permission.SEE_ALERT_AUDIT,
        Permission.SEE_AUDIT,
    }),
    Role.ANALYST: frozenset({
        Permission.SEE_ALERTS,
        Permission.SEE_FORECASTS,
        Permission.SEE_PIPELINE,
        Permission.KEEP_OWN_CONTACTS,
        Permission.SEE_OWN_AUDIT,
        Permission.SEE_ALERT_AUDIT,
        Permission.SEE_AUDIT,
    }),
    Role.ADMIN: frozenset(Permission) - {Permission.SEE_OWN_TRIPS},
}


def may(actor: Actor, permission: Permission) -> bool:
    """Tell whether any of the actor's roles allows the act; the system may do everything."""
    return actor.is_system or any(permission in ALLOWED[role] for role in actor.roles)


def require(actor: Actor, permission: Permission) -> None:
    """Refuse the act unless a role of the actor allows it.

    Raises
    ------
    PermissionRefused
        No role of the actor allows it.
    """
    if not may(actor, permission):
        raise PermissionRefused(actor.username, permission)
