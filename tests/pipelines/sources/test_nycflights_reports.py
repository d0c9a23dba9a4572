"""Reports: what was known, and from when."""

import pandas as pd
import pytest

from pipelines.sources import nycflights

FLIGHT = ["carrier", "flight_number", "origin", "service_date"]


@pytest.fixture(scope="module")
def scheduled_reports(flights, reports) -> pd.DataFrame:
    schedule = flights.accepted[[*FLIGHT, "scheduled_departure_at", "scheduled_arrival_at"]]
    return reports.merge(schedule, on=FLIGHT, validate="m:1")


def of_kind(reports: pd.DataFrame, kind: str) -> pd.DataFrame:
    return reports[reports["kind"] == kind]


def test_every_flight_either_departed_or_was_cancelled(flights, reports):
    outcomes = reports[reports["kind"].isin(["departed", "cancelled"])]
    assert len(outcomes) == len(flights.accepted)
    assert not outcomes.duplicated(FLIGHT).any()
    assert len(of_kind(reports, "cancelled")) == 8_255


def test_every_departure_ends_in_an_arrival_or_a_diversion(reports):
    departed, arrived, diverted = (
        of_kind(reports, kind)[FLIGHT] for kind in ("departed", "arrived", "diverted")
    )
    assert (len(departed), len(arrived), len(diverted)) == (328_521, 327_346, 1_175)
    ended = pd.concat([arrived, diverted])
    assert len(ended.merge(departed, on=FLIGHT, validate="1:1")) == len(departed)


def test_a_cancellation_is_known_at_scheduled_departure(scheduled_reports):
    cancelled = of_kind(scheduled_reports, "cancelled")
    assert (cancelled["reported_at"] == cancelled["scheduled_departure_at"]).all()
    nothing = ["departure_delay_minutes", "arrival_delay_minutes", "occurred_at"]
    assert cancelled[nothing].isna().all(axis=None)


def test_a_long_delay_is_known_two_hours_after_schedule_and_as_two_hours(scheduled_reports):
    delayed = of_kind(scheduled_reports, "delayed")
    late = delayed["reported_at"] - delayed["scheduled_departure_at"]
    assert (late == pd.Timedelta(hours=2)).all()
    assert (delayed["departure_delay_minutes"] == 120).all()
    assert len(delayed) == 9_888


def test_departures_and_arrivals_are_known_when_they_happen(reports):
    moved = reports[reports["kind"].isin(["departed", "arrived"])]
    assert (moved["reported_at"] == moved["occurred_at"]).all()


def test_a_diversion_is_known_three_hours_after_the_arrival_was_due(scheduled_reports):
    diverted = of_kind(scheduled_reports, "diverted")
    after = diverted["reported_at"] - diverted["scheduled_arrival_at"]
    assert (after >= pd.Timedelta(hours=3)).all()
    on_time = diverted["departure_delay_minutes"] <= 0
    assert (after[on_time] == pd.Timedelta(hours=3)).all()
    assert diverted["occurred_at"].isna().all()


def test_no_report_tells_an_arrival_before_it_happened(reports):
    early = reports[reports["kind"].isin(["cancelled", "delayed", "departed"])]
    assert early["arrival_delay_minutes"].isna().all()


def test_reports_of_the_storm_are_sliced_by_when_they_became_known():
    start, end = pd.Timestamp("2013-12-10T05:00Z"), pd.Timestamp("2013-12-11T05:00Z")
    storm = nycflights.reports_between(start, end)
    assert storm["reported_at"].between(start, end, inclusive="left").all()
    assert (storm["kind"] == "cancelled").sum() == 204
