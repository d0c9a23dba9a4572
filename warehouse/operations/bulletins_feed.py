"""Load what weather services say in words: reports, aerodrome forecasts, warnings."""

import pandas as pd
from sqlalchemy import select
from sqlalchemy.orm import Session

from warehouse.bulk.column_rules import rules_of
from warehouse.bulk.contract import ColumnRule, Contract, RowRule
from warehouse.bulk.merging import Target
from warehouse.operations.deliveries import Delivery
from warehouse.operations.fact_merges import Fact, load_fact, table_of
from warehouse.operations.feed_batches import BatchResult
from warehouse.schema.feeds import WeatherBulletin
from warehouse.schema.travel import Airport
from warehouse.vocabulary import Actor

_TABLE = table_of(WeatherBulletin)
_KEY = ("source", "kind", "bulletin_ref", "airport")
_PAYLOAD = ("issued_at", "valid_from", "valid_until", "severity", "headline", "raw_text")


def load_bulletins(
    session: Session,
    actor: Actor,
    bulletins: pd.DataFrame,
    delivery: Delivery,
    *,
    rejected: pd.DataFrame | None = None,
) -> BatchResult:
    """Keep bulletins by their reference; of two versions the one issued later stands.

    Parameters
    ----------
    session:
        Open transaction.
    actor:
        Who loads. Needs `Permission.ADMINISTER`.
    bulletins:
        One row per bulletin and airport: source, kind ("metar", "taf" or "alert"), airport,
        bulletin_ref, issued_at, valid_from, valid_until (missing: until further notice),
        severity, headline and raw_text.
    delivery:
        Who sends them and when they came.
    rejected:
        Rows the source refused.

    Returns
    -------
    :
        How many rows went which way.
    """
    named = sorted(set(bulletins["airport"].dropna()))
    known = frozenset(session.scalars(select(Airport.iata).where(Airport.iata.in_(named))))
    ours = {"airport": ColumnRule("text", among=known)}
    ends_after = RowRule(
        "valid_until",
        "is before valid_from",
        lambda rows: ~(rows["valid_until"] < rows["valid_from"]),
    )
    fact = Fact(
        "weather_bulletin",
        Contract(
            rules_of(_TABLE, *_KEY, *_PAYLOAD) | ours,
            _KEY,
            newer_by="issued_at",
            rows=(ends_after,),
        ),
        Target(_TABLE, _KEY, _PAYLOAD, newer_by="issued_at"),
    )
    return load_fact(session, actor, fact, bulletins, delivery, rejected=rejected)
