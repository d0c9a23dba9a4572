"""What every reader hands over, in the same columns and types whatever was found."""

from datetime import UTC, date, datetime

from pipelines.reading.segments import SEGMENT_COLUMNS, Rejected, Segment, Understood

CONTRACT = (
    *("line", "booking_ref", "status", "kind"),
    *("traveller_ref", "given_name", "family_name", "email", "phone"),
    *("carrier", "flight_number", "origin", "destination"),
    *("departure_at", "arrival_at", "departure_on", "cabin"),
    *("hotel_ref", "hotel_name", "hotel_address", "hotel_latitude", "hotel_longitude"),
    *("room_type", "check_in_on", "check_out_on", "rooms"),
    *("price_minor_units", "currency", "booked_at", "source_updated_at"),
)
FLIGHT = Segment(
    line=1,
    kind="flight",
    departure_at=datetime(2026, 11, 26, 18, tzinfo=UTC),
    departure_on=date(2026, 11, 26),
    price_minor_units=9_080,
)


def test_the_columns_are_the_contract() -> None:
    assert SEGMENT_COLUMNS == CONTRACT


def test_types_do_not_depend_on_what_was_found() -> None:
    found = Understood.of_rows("test", [FLIGHT], [Rejected(2, "{}", "carrier", "is missing")])
    nothing = Understood.empty("test", ignored_count=3)
    assert found.segments.dtypes.equals(nothing.segments.dtypes)
    assert found.rejected.dtypes.equals(nothing.rejected.dtypes)
    assert str(found.segments["departure_at"].dtype) == "datetime64[us, UTC]"
    assert str(found.segments["check_in_on"].dtype) == "datetime64[s]"
    assert (len(nothing.segments), len(nothing.rejected), nothing.ignored_count) == (0, 0, 3)


def test_what_is_not_said_is_missing() -> None:
    row = Understood.of_rows("test", [FLIGHT]).segments.iloc[0]
    assert row.dropna().index.tolist() == [
        *("line", "kind", "departure_at", "departure_on", "price_minor_units")
    ]


def test_text_that_postgres_cannot_hold_is_made_storable() -> None:
    segment = Segment(line=1, kind="booking", given_name="Ev\x00a\ud800\tB")
    rows = Understood.of_rows("test", [segment], [Rejected(1, "\ud800\x00", "raw", "broken")])
    assert rows.segments.loc[0, "given_name"] == "Eva?\tB"
    assert rows.rejected.loc[0, "raw"] == "?"
