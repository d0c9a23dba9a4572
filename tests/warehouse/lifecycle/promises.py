"""Look for broken promises: over every row there is, whoever wrote it and in whatever order."""

from sqlalchemy import text
from sqlalchemy.orm import Session

from tests.warehouse.lifecycle import (
    alert_promises,
    page_promises,
    recipient_promises,
    storm_promises,
)
from tests.warehouse.lifecycle.promise import promises_of

PROMISES = tuple(
    each
    for module in (alert_promises, page_promises, recipient_promises, storm_promises)
    for each in promises_of(module)
)


class PromiseBroken(AssertionError):
    """Rows were found that may not be; the message names the promise by number and words."""


def breaches(session: Session, *, since: int = 0) -> list[str]:
    """Look for breaches of every promise, the lowest number first."""
    asked = " UNION ALL ".join(
        f"(SELECT {index} AS place, breach.* FROM ({each.query}) AS breach(what) LIMIT 3)"
        for index, each in enumerate(PROMISES)
    )
    found = session.execute(text(asked), {"since": since}).all()
    broken = sorted((PROMISES[place].number, PROMISES[place].words, what) for place, what in found)
    return [f"{number}: {words}: {what}" for number, words, what in broken]


def hold(session: Session, *, since: int = 0) -> None:
    """Refuse a record in which a promise is broken."""
    if found := breaches(session, since=since):
        raise PromiseBroken("\n".join(found))


def require(number: int, holds: bool) -> None:
    """Refuse what breaks a promise that a query over the rows cannot see."""
    if not holds:
        raise PromiseBroken(f"{number}: not so after this act")
