"""A release's record in three numbers, by hand."""

import numpy as np
import pandas as pd
import pytest

from ml.track_record import TrackRecord, track_records

PER_DAY = 30


def claims(probability: float, *, days: int = 28, stormy_days: int = 4) -> pd.DataFrame:
    """Claims of which a third of a stormy day's flights came true, said all alike."""
    day = np.repeat(np.arange(days), PER_DAY)
    outcome = (day < stormy_days) & (np.arange(days * PER_DAY) % 3 == 0)
    return pd.DataFrame({
        "horizon_hours": 2,
        "probability": probability,
        "climatology": 0.1,
        "outcome": outcome,
        "origin": "JFK",
        "service_date": pd.Timestamp("2013-11-01") + pd.to_timedelta(day, unit="D"),
    })


def test_days_storms_and_skill_are_counted_by_horizon() -> None:
    said = claims(0.5)
    [record] = track_records(said)
    happened = said["outcome"].mean()
    brier = happened * 0.25 + (1 - happened) * 0.25
    usual = happened * 0.81 + (1 - happened) * 0.01
    assert (record.horizon_hours, record.days, record.event_days) == (2, 28, 4)
    assert record.bss == pytest.approx(1 - brier / usual)
    assert record.bss < 0


def test_as_good_as_climatology_is_no_skill_and_no_failure() -> None:
    assert track_records(claims(0.1)) == (TrackRecord(2, 28, 4, 0.0),)


def test_where_climatology_was_not_kept_there_is_no_skill_to_speak_of() -> None:
    [record] = track_records(claims(0.5).assign(climatology=None))
    assert np.isnan(record.bss)


def test_nothing_settled_is_no_record() -> None:
    assert track_records(claims(0.5)[:0]) == ()
