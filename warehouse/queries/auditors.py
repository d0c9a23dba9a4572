"""Who is told about the state of the history."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from warehouse.schema.people import User, UserRole
from warehouse.vocabulary import Role

AUDITORS = (Role.ADMIN, Role.ANALYST)


def list_auditor_addresses(session: Session) -> list[str]:
    """List where active administrators and analysts read mail, by user.

    Parameters
    ----------
    session:
        Open transaction.

    Returns
    -------
    :
        Verified addresses alone, each once.
    """
    holding = select(UserRole.user_id).where(UserRole.role.in_([role.value for role in AUDITORS]))
    statement = (
        select(User.email)
        .where(User.is_active, User.email_verified_at.is_not(None), User.user_id.in_(holding))
        .order_by(User.user_id)
    )
    return list(session.scalars(statement))
