"""How a refused attempt is worded: what somebody tried, on what, and why it was refused."""

from collections.abc import Mapping
from typing import Any

from warehouse.audit_tags import AuditTag

NOUN_OF_NONE = "permission"
"""What an attempt is about that is about no row: its words say all there is."""


def tried(tag: str, noun: str, noun_id: int | None, after: Mapping[str, Any] | None) -> str | None:
    """Say what was tried, as "tried to acknowledge alert 7"; None where it is no refused attempt.

    Parameters
    ----------
    tag:
        What the entry says happened.
    noun:
        What it was tried on.
    noun_id:
        Its identifier, if it has one.
    after:
        What the entry keeps of the attempt.

    Returns
    -------
    :
        Words that go on after a name. Entries from before acts were kept name the permission.
    """
    if tag != AuditTag.PERMISSION_REFUSED:
        return None
    kept = after or {}
    act = kept.get("act")
    if act is None:
        return f"tried to {str(kept.get('permission', 'do something')).replace('_', ' ')}"
    about = "" if noun == NOUN_OF_NONE else f" {noun.replace('_', ' ')}"
    return f"tried to {act}{about}" + ("" if noun_id is None else f" {noun_id}")
