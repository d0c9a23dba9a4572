"""Very many bookings at once, by COPY: what a large agency holds on three days of flights."""

from datetime import timedelta

import numpy as np
import pandas as pd
from sqlalchemy import func, select, text
from sqlalchemy.orm import Session

from tests.factories.defaults import STORM_AT
from warehouse.bulk.copying import copy_in
from warehouse.schema import Base
from warehouse.schema.feeds import Batch

TRAVELLERS = 50_000
FIRST_ID = 1_000_001
"""Beyond what other factories count up to."""

SHARE_OF_PAIRS = 0.3
FILLED = ("travel.traveller", "travel.booking", "travel.leg", "travel.booking_traveller")
COUNTED = ("travel.flight", *FILLED)
"""Of these Postgres knows how many there are, as it soon does by itself."""


def make_crowd(session: Session, flight_ids: np.ndarray, bookings: int) -> None:
    """Book one leg each on flights drawn evenly, for one traveller or for two.

    There must be a batch. A million take minutes unless the session looks up no foreign key.
    """
    rng = np.random.default_rng(20130624)
    booking_ids = FIRST_ID + np.arange(bookings)
    price = rng.integers(8_000, 60_000, bookings)
    batch_id = session.scalars(select(func.min(Batch.batch_id))).one()
    frames = (
        _travellers(),
        _bookings(booking_ids, price, batch_id),
        _legs(booking_ids, rng.choice(flight_ids, bookings), price),
        _parties(booking_ids, rng),
    )
    for name, frame in zip(FILLED, frames, strict=True):
        copy_in(session, Base.metadata.tables[name], frame)
    for name in COUNTED:
        session.execute(text(f"ANALYZE {name}"))


def _travellers() -> pd.DataFrame:
    ids = FIRST_ID + np.arange(TRAVELLERS)
    return pd.DataFrame({
        "traveller_id": ids,
        "traveller_ref": [f"C{each}" for each in ids],
        "given_name": "Ada",
        "family_name": [f"Crowd {each}" for each in ids],
        "is_generated": True,
    })


def _bookings(booking_ids: np.ndarray, price: np.ndarray, batch_id: int) -> pd.DataFrame:
    booked_at = STORM_AT - timedelta(days=300)
    return pd.DataFrame({
        "booking_id": booking_ids,
        "source": "crowd",
        "booking_ref": [f"C{each:07d}" for each in booking_ids],
        "booked_at": booked_at,
        "status": "confirmed",
        "value_minor_units": price,
        "currency": "USD",
        "trip_purpose": "leisure",
        "is_generated": True,
        "source_updated_at": booked_at,
        "batch_id": batch_id,
    })


def _legs(booking_ids: np.ndarray, flight_ids: np.ndarray, price: np.ndarray) -> pd.DataFrame:
    return pd.DataFrame({
        "leg_id": booking_ids,
        "booking_id": booking_ids,
        "flight_id": flight_ids,
        "position": 1,
        "cabin": "economy",
        "price_minor_units": price,
        "currency": "USD",
        "status": "confirmed",
    })


def _parties(booking_ids: np.ndarray, rng: np.random.Generator) -> pd.DataFrame:
    pairs = booking_ids[rng.random(len(booking_ids)) < SHARE_OF_PAIRS]
    return pd.DataFrame({
        "booking_id": np.concatenate([booking_ids, pairs]),
        # A second traveller is never the first one: they lie half the pool apart.
        "traveller_id": np.concatenate([
            FIRST_ID + booking_ids % TRAVELLERS,
            FIRST_ID + (pairs + TRAVELLERS // 2) % TRAVELLERS,
        ]),
        "position": np.repeat([1, 2], [len(booking_ids), len(pairs)]),
    })
