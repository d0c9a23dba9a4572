"""Ask a source for what changed in its bookings, and remember how far it told."""

from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Protocol

import pandas as pd
from sqlalchemy.orm import Session

from warehouse.operations.deliveries import Delivery
from warehouse.operations.feed_batches import BatchResult
from warehouse.operations.segments_feed import load_segments
from warehouse.schema.feeds import Watermark
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

    def pages(self) -> Iterator[SegmentPage]:
        """Ask for page after page."""


def pull_segments(
    session: Session,
    actor: Actor,
    ask: Callable[[datetime | None], Pull | None],
    delivery: Delivery,
) -> list[BatchResult]:
    """Ask a source for what changed since the last pull, and remember how far it told.

    Parameters
    ----------
    session:
        Open transaction: the pages and the watermark stand together or not at all.
    actor:
        Who loads. Needs `Permission.ADMINISTER`.
    ask:
        Begins a pull from a watermark, None for everything; gives None if nobody is connected.
    delivery:
        Who is asked, and when.

    Returns
    -------
    :
        The batch; none if nobody is connected.
    """
    standing = session.get(Watermark, (delivery.feed, delivery.source))
    pull = ask(standing.read_until if standing else None)
    if pull is None:
        return []
    parts = ((page.segments, page.rejected) for page in pull.pages())
    result = load_segments(session, actor, parts, delivery)
    if pull.high_watermark is not None:
        session.merge(
            Watermark(
                feed=delivery.feed,
                source=delivery.source,
                read_until=pull.high_watermark,
                advanced_at=delivery.at,
            )
        )
    return [result]
