"""Asks a source page by page, and loads each page for itself: nobody waits for its answers."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from datetime import datetime

    import pandas as pd
    from sqlalchemy.orm import Session

    from pipelines.resources import Warehouse
    from warehouse.operations.deliveries import Delivery
    from warehouse.operations.feed_batches import BatchResult
    from warehouse.vocabulary import Actor


class SegmentPage(Protocol):
    """One page."""

    @property
    def segments(self) -> pd.DataFrame:
        """Canonical segments."""

    @property
    def rejected(self) -> pd.DataFrame:
        """Rows that its reader refused."""


class Pull(Protocol):
    """Segments that are asked for page by page."""

    @property
    def high_watermark(self) -> datetime | None:
        """How far the source has told; None until its last page was taken."""

    @property
    def told_until(self) -> datetime | None:
        """How far it has told with the page at hand; None if that cannot be said."""

    def pages(self) -> Iterator[SegmentPage]:
        """Ask for page after page."""


def pull_segments(
    warehouse: Warehouse,
    actor: Actor,
    ask: Callable[[datetime | None], Pull | None],
    delivery: Callable[[datetime], Delivery],
) -> list[BatchResult]:
    """Ask a source for what changed since the last pull, and remember how far it told.

    No transaction is open while the source is asked. What a page brought stays whatever becomes
    of the next, and the next pull goes on behind it.

    Parameters
    ----------
    warehouse:
        Where pages go, each in a transaction of its own.
    actor:
        Who loads. Needs `Permission.ADMINISTER`.
    ask:
        Begins a pull from a watermark, None for everything; gives None if nobody is connected.
    delivery:
        Who is asked for what, at an instant of the desk's.

    Returns
    -------
    :
        A batch a page; none if nobody is connected, and no more once somebody else reads on.
    """
    from warehouse.operations.segments_pull import PullOvertaken, advance_watermark, load_page

    standing = _standing(warehouse, delivery)
    pull = ask(standing)
    batches: list[BatchResult] = []
    if pull is None:
        return batches
    try:
        for page in pull.pages():
            rows, reached = (page.segments, page.rejected), pull.told_until
            with _delivered(warehouse, delivery) as (session, sent):
                batches.append(
                    load_page(session, actor, rows, sent, standing=standing, reached=reached)
                )
            standing = _later(standing, reached)
        with _delivered(warehouse, delivery) as (session, sent):
            reached = pull.high_watermark
            advance_watermark(session, actor, sent, standing=standing, reached=reached)
    except PullOvertaken:
        # The same rows come in once more there, and change nothing.
        return batches
    return batches


def _standing(warehouse: Warehouse, delivery: Callable[[datetime], Delivery]) -> datetime | None:
    from warehouse.queries.feeds import find_watermark

    with _delivered(warehouse, delivery) as (session, sent):
        return find_watermark(session, sent.feed, sent.source)


def _later(standing: datetime | None, reached: datetime | None) -> datetime | None:
    return max((at for at in (standing, reached) if at is not None), default=None)


@contextmanager
def _delivered(
    warehouse: Warehouse, delivery: Callable[[datetime], Delivery]
) -> Iterator[tuple[Session, Delivery]]:
    from warehouse.queries.clock import current_instant

    with warehouse.transaction() as session:
        yield session, delivery(current_instant(session))
