"""Keep what a source tells of its bookings page by page, and remember how far it told."""

from datetime import datetime

import pandas as pd
from sqlalchemy.orm import Session

from warehouse.operations.deliveries import Delivery
from warehouse.operations.feed_batches import BatchResult, open_delivery
from warehouse.operations.segments_feed import load_segments
from warehouse.schema.feeds import Watermark
from warehouse.vocabulary import Actor


class PullOvertaken(Exception):
    """Somebody else has read on meanwhile, and goes on from there."""


def load_page(
    session: Session,
    actor: Actor,
    page: tuple[pd.DataFrame, pd.DataFrame],
    delivery: Delivery,
    *,
    standing: datetime | None,
    reached: datetime | None,
) -> BatchResult:
    """Take in one page, and remember up to where the source has told with it.

    Parameters
    ----------
    session:
        Open transaction, of this page alone: the page and the watermark stand together.
    actor:
        Who loads. Needs `Permission.ADMINISTER`.
    page:
        Canonical segments, and the rows that their reader refused.
    delivery:
        Who was asked, and when.
    standing:
        The watermark as whoever asked has read or written it.
    reached:
        Where the next pull may go on; None leaves the watermark where it is.

    Returns
    -------
    :
        The batch.

    Raises
    ------
    PullOvertaken
        The watermark is another by now.
    """
    advance_watermark(session, actor, delivery, standing=standing, reached=reached)
    return load_segments(session, actor, [page], delivery)


def advance_watermark(
    session: Session,
    actor: Actor,
    delivery: Delivery,
    *,
    standing: datetime | None,
    reached: datetime | None,
) -> None:
    """Remember how far a source has told; what was told by then has to be loaded already.

    Parameters
    ----------
    session:
        Open transaction; no other delivery of the feed is loaded until it ends.
    actor:
        Who loads. Needs `Permission.ADMINISTER`.
    delivery:
        Who was asked, and when.
    standing:
        The watermark as whoever asked has read or written it.
    reached:
        The new one; None, or an earlier one, leaves it where it is.

    Raises
    ------
    PullOvertaken
        The watermark is another by now.
    """
    open_delivery(session, actor, delivery.feed)
    found = session.get(Watermark, (delivery.feed, delivery.source), populate_existing=True)
    if (found.read_until if found else None) != standing:
        raise PullOvertaken
    if reached is not None and (standing is None or reached > standing):
        session.merge(
            Watermark(
                feed=delivery.feed,
                source=delivery.source,
                read_until=reached,
                advanced_at=delivery.at,
            )
        )
