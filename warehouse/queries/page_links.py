"""The key that signs the links of pages, and what a link that somebody followed says."""

from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from warehouse.rules.page_links import PageLink, read_link


def get_link_key(session: Session) -> bytes:
    """Read the key; only pipeline and dashboard may, and their owner."""
    return bytes(session.execute(select(func.people.page_link_key())).scalar_one())


def follow_link(session: Session, text: str, *, at: datetime) -> PageLink:
    """Read a link of a page; it changes nothing.

    Parameters
    ----------
    session:
        Open transaction.
    text:
        From the address.
    at:
        Instant, UTC.

    Returns
    -------
    :
        Which page of which alert it was in.

    Raises
    ------
    LinkRefused
        It was changed, signed with another key, or is too old.
    """
    return read_link(text, get_link_key(session), at=at)
