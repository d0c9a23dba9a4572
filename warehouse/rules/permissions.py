"""What each role may do: the matrix of the product, and the one question asked of it."""

from collections.abc import Mapping, Sequence

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


def require(
    actor: Actor,
    permission: Permission,
    act: str | None = None,
    noun: str = "permission",
    noun_id: int | None = None,
) -> None:
    """Refuse the act unless a role of the actor allows it.

    Parameters
    ----------
    actor:
        Who acts.
    permission:
        What it takes.
    act:
        What is tried, as words that go on with the noun, such as "acknowledge"; None says only
        what the permission is for.
    noun:
        What it is tried on, as audit entries name it.
    noun_id:
        Its identifier; None where the act has no single row.

    Raises
    ------
    PermissionRefused
        No role of the actor allows it.
    """
    if not may(actor, permission):
        raise PermissionRefused(actor, permission, act, noun, noun_id)


def among(act: str, noun: str, noun_ids: Sequence[int]) -> tuple[str, str, int | None]:
    """Say what is tried on several rows at once: how many they are, and the first of them."""
    if len(noun_ids) > 1:
        act = f"{act} {len(noun_ids)}, among them"
    return act, noun, noun_ids[0] if noun_ids else None
