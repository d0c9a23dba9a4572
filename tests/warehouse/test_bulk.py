"""Rows come in by COPY and one merge: exactly as they were, and only where they differ."""

from datetime import UTC, date, datetime

import pandas as pd
import pytest
from sqlalchemy import select, text

from tests.factories.airport import make_carrier
from warehouse.bulk.contract import ColumnRule, Contract, RowRule, judge
from warehouse.bulk.copying import copy_out
from warehouse.bulk.merging import Target, merge, tally
from warehouse.bulk.staging import stage
from warehouse.errors import FeedRefused
from warehouse.operations.fact_merges import table_of
from warehouse.schema.travel import Airport, Carrier
from warehouse.session import transaction

CARRIER = Target(table_of(Carrier), ("code",), ("name",))
AIRPORT = Target(
    table_of(Airport),
    ("iata",),
    ("name", "city", "latitude", "longitude", "time_zone"),
)
COLUMNS = list(table_of(Carrier).columns)


def carriers(*rows: tuple[str, str | None]) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=["code", "name"])


def test_text_survives_copy_in_and_out(database: str) -> None:
    names = ['quo"ted', "com,ma", "line\nbreak", "", "ünïcode", "\\N", "NULL", "tab\tbed"]
    rows = carriers(*[(f"C{index}", name) for index, name in enumerate(names)])
    with transaction() as session:
        merge(session, CARRIER, stage(session, "carrier", rows, COLUMNS))
        found = copy_out(session, select(Carrier.code, Carrier.name).order_by(Carrier.code))
    assert list(found["name"]) == names


def test_numbers_survive_to_the_last_bit(database: str) -> None:
    exact = 0.1 + 0.2
    rows = pd.DataFrame([("AAA", "Airport", "City", exact, -exact, "UTC")])
    rows.columns = pd.Index([*AIRPORT.key, *AIRPORT.payload])
    with transaction() as session:
        merge(session, AIRPORT, stage(session, "a", rows, list(AIRPORT.table.columns)))
        found = copy_out(session, select(Airport.latitude, Airport.longitude))
    assert found.iloc[0].tolist() == [exact, -exact]


def test_copy_out_keeps_types_even_without_rows(database: str) -> None:
    with transaction() as session:
        empty = copy_out(session, select(Airport.iata, Airport.latitude).where(text("false")))
    assert list(empty.columns) == ["iata", "latitude"]
    assert empty["latitude"].dtype == "float64"


def test_instants_come_out_in_utc(database: str) -> None:
    from tests.factories.flight import make_flight
    from warehouse.schema.travel import Flight

    with transaction() as session:
        flight = make_flight(session)
        columns = (Flight.scheduled_departure_at, Flight.service_date, Flight.is_generated)
        found = copy_out(session, select(*columns))
    assert found.iloc[0, 0] == flight.scheduled_departure_at
    assert str(found.dtypes.iloc[0]) == "datetime64[us, UTC]"
    assert found.iloc[0, 1] == date(2013, 12, 10)
    assert found["is_generated"].dtype == bool


def test_a_merge_writes_what_differs_and_leaves_the_rest_untouched(database: str) -> None:
    with transaction() as session:
        make_carrier(session, "AA", name="same")
        make_carrier(session, "BB", name="old")
    with transaction() as session:
        before = session.scalar(text("SELECT xmin FROM travel.carrier WHERE code = 'AA'"))
        staged = stage(
            session, "carrier", carriers(("AA", "same"), ("BB", "new"), ("CC", "added")), COLUMNS
        )
        counted = tally(session, CARRIER, staged)
        written = merge(session, CARRIER, staged)
        after = session.scalar(text("SELECT xmin FROM travel.carrier WHERE code = 'AA'"))
    assert (counted.changed, counted.unchanged, counted.superseded) == (2, 1, 0)
    assert written == 2
    assert before == after


def test_staging_ends_with_the_transaction(database: str) -> None:
    with transaction() as session:
        stage(session, "carrier", carriers(("AA", "name")), COLUMNS)
    with transaction() as session:
        assert session.scalar(text("SELECT to_regclass('pg_temp.staged_carrier')")) is None


CONTRACT = Contract(
    {
        "code": ColumnRule("text", pattern="[A-Z]{2}"),
        "price": ColumnRule("whole", lowest=0, highest=100),
        "on": ColumnRule("date", is_required=False),
        "at": ColumnRule("instant"),
    },
    key=("code",),
    newer_by="at",
    rows=(RowRule("price", "is above five for AA", lambda rows: ~(rows["code"] == "AA")),),
)
AT = datetime(2013, 12, 10, tzinfo=UTC)


def rows_of(*rows: tuple[object, ...]) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=["code", "price", "on", "at"])


@pytest.mark.parametrize(
    ("row", "column", "reason"),
    [
        ((None, 1, None, AT), "code", "is missing"),
        (("b", 1, None, AT), "code", "does not look like"),
        (("BB", "much", None, AT), "price", "is not a whole number"),
        (("BB", 1.5, None, AT), "price", "is not a whole number"),
        (("BB", 101, None, AT), "price", "must be at least 0 and at most 100"),
        (("BB", 1, "someday", AT), "on", "is not a date"),
        (("AA", 1, None, AT), "price", "is above five"),
    ],
)
def test_a_row_that_breaks_a_rule_is_refused_with_its_reason(
    row: tuple[object, ...], column: str, reason: str
) -> None:
    judged = judge(rows_of(("CC", 1, "2013-12-10", AT), row), CONTRACT)
    assert list(judged.accepted["code"]) == ["CC"]
    refused = judged.refused.iloc[0]
    assert (refused["line"], refused["column_name"]) == (2, column)
    assert reason in refused["reason"]
    assert judged.received_count == 2


def test_of_one_key_twice_the_newest_stays() -> None:
    later = AT.replace(hour=5)
    judged = judge(rows_of(("CC", 2, None, later), ("CC", 1, None, AT)), CONTRACT)
    assert judged.accepted["price"].tolist() == [2]
    assert judged.superseded_count == 1


def test_a_delivery_without_a_column_is_refused_whole() -> None:
    with pytest.raises(FeedRefused, match="lacks price"):
        judge(rows_of(("CC", 1, None, AT)).drop(columns="price"), CONTRACT)


def test_instants_without_a_zone_are_refused_whole() -> None:
    with pytest.raises(FeedRefused, match="have no zone"):
        judge(rows_of(("CC", 1, None, AT.replace(tzinfo=None))), CONTRACT)
