"""What was refused: kept with its reason, and cleared once a corrected row came in."""

from collections.abc import Callable, Collection, Mapping

import pandas as pd
from sqlalchemy import Row, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from warehouse.bulk.contract import REFUSED_COLUMNS, ROW_KEY
from warehouse.operations.deliveries import Delivery
from warehouse.schema.feeds import Quarantine

AcceptedKeys = Callable[[], Collection[str]]


def keep_refused(session: Session, delivery: Delivery, refused: pd.DataFrame | None) -> None:
    """Keep refused rows; one that was refused the same way before is kept once.

    Parameters
    ----------
    session:
        Transaction of the load.
    delivery:
        What they came in.
    refused:
        Line, raw text, column, reason, and the row's key where it can be told.
    """
    if refused is None or refused.empty:
        return
    rows = refused.reindex(columns=[*REFUSED_COLUMNS, ROW_KEY]).to_numpy().tolist()
    session.execute(
        insert(Quarantine).on_conflict_do_update(
            index_elements=["feed", "source", "file", "line", "column_name", "raw_md5"],
            set_={"cleared_at": None},
            where=Quarantine.cleared_at.is_not(None),
        ),
        [
            {
                "feed": delivery.feed,
                "source": delivery.source,
                "file": delivery.file or "",
                "line": line if delivery.lines is None else delivery.lines[line - 1],
                "raw_text": raw,
                "column_name": column_name,
                "reason": reason,
                "row_key": row_key if isinstance(row_key, str) else None,
                "first_seen_at": delivery.at,
            }
            for line, raw, column_name, reason, row_key in rows
        ],
    )


def waiting_keys(session: Session, delivery: Delivery) -> frozenset[str]:
    """Name the rows of a source that wait, so that of a large delivery only those are remembered.

    Parameters
    ----------
    session:
        Transaction of the load.
    delivery:
        What comes in.

    Returns
    -------
    :
        Keys of their contract, where they could be told.
    """
    keys = session.scalars(
        select(Quarantine.row_key)
        .where(Quarantine.feed == delivery.feed, Quarantine.source == delivery.source)
        .where(Quarantine.cleared_at.is_(None))
    )
    return frozenset(key for key in keys if key is not None)


def clear_waiting(
    session: Session, delivery: Delivery, refused: pd.DataFrame, accepted_keys: AcceptedKeys
) -> None:
    """Clear what waits for a row that now came in, and what a file no longer holds.

    Parameters
    ----------
    session:
        Transaction of the load.
    delivery:
        What came in; its file, delivered before, replaces what it held then.
    refused:
        What is refused this time: that goes on waiting.
    accepted_keys:
        Names the rows that were not refused.
    """
    columns = (Quarantine.quarantine_id, Quarantine.row_key, Quarantine.file)
    waiting = session.execute(
        select(*columns, Quarantine.raw_text, Quarantine.column_name)
        .where(Quarantine.feed == delivery.feed, Quarantine.source == delivery.source)
        .where(Quarantine.cleared_at.is_(None))
    ).all()
    if not waiting:
        return
    accepted = accepted_keys()
    again = dict(refused[["raw", "column_name"]].itertuples(index=False, name=None))
    mended = [row.quarantine_id for row in waiting if _is_mended(row, delivery, accepted, again)]
    session.execute(
        update(Quarantine)
        .where(Quarantine.quarantine_id.in_(mended))
        .values(cleared_at=delivery.at)
    )


def _is_mended(
    waiting: Row[int, str | None, str, str, str],
    delivery: Delivery,
    accepted: Collection[str],
    again: Mapping[str, str],
) -> bool:
    if waiting.raw_text in again:  # For another reason now, of which it waits anew.
        return bool(again[waiting.raw_text] != waiting.column_name)
    if waiting.row_key is not None and waiting.row_key in accepted:
        return True
    is_same_file = bool(waiting.file) and waiting.file == delivery.file
    return is_same_file and delivery.lines is None
