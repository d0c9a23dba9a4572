"""Files dropped into a folder become segments, and every row of them is accounted for."""

import gzip
import zipfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from pipelines.reading.drop_folder import read_drop_file
from pipelines.reading.mapping import ColumnMapping, MappingRefused, parse_mapping
from pipelines.reading.segments import SEGMENT_COLUMNS, Understood, segments_frame
from pipelines.reading.unreadable import FileUnreadable

CONTRACT = (
    *("booking_ref", "segment_no", "segment_type", "status", "traveller_id", "traveller_name"),
    *("email", "phone", "agency_id", "agent_id", "customer_tier", "carrier", "flight_no"),
    *("origin", "destination", "sched_dep_local", "sched_arr_local", "hotel_name", "hotel_lat"),
    *("hotel_lon", "check_in", "check_out", "rooms", "guests", "currency", "amount"),
    *("source_updated_at", "deleted"),
)
FLIGHT = {
    "booking_ref": "K7QX2M",
    "segment_no": "1",
    "segment_type": "air",
    "status": "confirmed",
    "traveller_id": "T1",
    "traveller_name": "Doe, Jane",
    "email": "jane@example.org",
    "carrier": "UA",
    "flight_no": "1545",
    "origin": "EWR",
    "destination": "IAH",
    "sched_dep_local": "2013-12-08T17:45",
    "sched_arr_local": "2013-12-08T20:59",
    "currency": "USD",
    "amount": "210.40",
    "source_updated_at": "2013-12-01T10:00:00Z",
    "deleted": "false",
}
STAY = {
    "booking_ref": "K7QX2M",
    "segment_no": "2",
    "segment_type": "hotel",
    "status": "confirmed",
    "traveller_id": "T1",
    "traveller_name": "DOE/JANE MS",
    "hotel_name": "Lakeside Inn",
    "hotel_lat": "29.99",
    "hotel_lon": "-95.34",
    "check_in": "2013-12-08",
    "check_out": "2013-12-10",
    "rooms": "1",
    "currency": "USD",
    "amount": "198",
}
Row = Mapping[str, object]


@dataclass(frozen=True)
class Whole:
    """All chunks of a file together."""

    segments: pd.DataFrame
    rejected: pd.DataFrame
    ignored_count: int
    chunks: int

    @property
    def row_count(self) -> int:
        return len(self.segments) + len(self.rejected) + self.ignored_count

    def reason(self) -> str:
        assert len(self.rejected) == 1, self.rejected["reason"].to_list()
        return str(self.rejected["reason"].iloc[0])


def read(path: Path, mapping: ColumnMapping | None = None, **options: int) -> Whole:
    chunks = list(read_drop_file(path, mapping, **options))
    return Whole(
        pd.concat([chunk.segments for chunk in chunks], ignore_index=True),
        pd.concat([chunk.rejected for chunk in chunks], ignore_index=True),
        sum(chunk.ignored_count for chunk in chunks),
        len(chunks),
    )


def csv_text(*rows: Row, columns: tuple[str, ...] = CONTRACT, delimiter: str = ",") -> str:
    def cell(value: object) -> str:
        text = "" if value is None else str(value)
        return '"' + text.replace('"', '""') + '"' if set(text) & set(',;"\n\r|\t') else text

    lines = [columns, *([row.get(name) for name in columns] for row in rows)]
    return "".join(delimiter.join(map(cell, line)) + "\n" for line in lines)


@pytest.fixture
def drop(tmp_path: Path) -> Callable[..., Path]:
    """Put rows, text or bytes into a file."""

    def put(*rows: Row | str | bytes, name: str = "bookings.csv") -> Path:
        path = tmp_path / name
        if isinstance(rows[0], bytes):
            path.write_bytes(rows[0])
        elif isinstance(rows[0], str):
            path.write_text(rows[0], encoding="utf-8", newline="")
        else:
            path.write_text(csv_text(*rows), encoding="utf-8", newline="")  # type: ignore[arg-type]
        return path

    return put


Drop = Callable[..., Path]


def the(whole: Whole) -> dict[str, object]:
    assert whole.rejected["reason"].to_list() == []
    assert len(whole.segments) == 1
    return {
        str(name): value for name, value in whole.segments.iloc[0].items() if not pd.isna(value)
    }


def test_a_flight_and_a_stay_of_the_contract_need_no_mapping(drop: Drop) -> None:
    whole = read(drop(FLIGHT, STAY))
    flight, stay = whole.segments.to_dict("records")
    assert {name: value for name, value in flight.items() if not pd.isna(value)} == {
        "line": 2,
        "booking_ref": "K7QX2M",
        "status": "confirmed",
        "kind": "flight",
        "traveller_ref": "T1",
        "given_name": "Jane",
        "family_name": "Doe",
        "email": "jane@example.org",
        "carrier": "UA",
        "flight_number": "1545",
        "origin": "EWR",
        "destination": "IAH",
        "departure_at": pd.Timestamp("2013-12-08T22:45Z"),
        "arrival_at": pd.Timestamp("2013-12-09T02:59Z"),
        "departure_on": pd.Timestamp("2013-12-08"),
        "price_minor_units": 21040,
        "currency": "USD",
        "source_updated_at": pd.Timestamp("2013-12-01T10:00Z"),
    }
    assert {name: value for name, value in stay.items() if not pd.isna(value)} == {
        "line": 3,
        "booking_ref": "K7QX2M",
        "status": "confirmed",
        "kind": "stay",
        "traveller_ref": "T1",
        "given_name": "JANE",
        "family_name": "DOE",
        "hotel_name": "Lakeside Inn",
        "hotel_latitude": 29.99,
        "hotel_longitude": -95.34,
        "check_in_on": pd.Timestamp("2013-12-08"),
        "check_out_on": pd.Timestamp("2013-12-10"),
        "rooms": 1,
        "price_minor_units": 19800,
        "currency": "USD",
    }


def test_segments_have_the_columns_and_types_that_all_readers_share(drop: Drop) -> None:
    shared = segments_frame([])
    for frame in (read(drop(FLIGHT, STAY)).segments, read(drop(csv_text())).segments):
        assert tuple(frame) == SEGMENT_COLUMNS
        assert frame.dtypes.to_dict() == shared.dtypes.to_dict()


def test_a_file_with_our_own_names_needs_no_mapping(drop: Drop) -> None:
    own = {
        "booking_ref": "A1",
        "kind": "flight",
        "given_name": "Jane",
        "carrier": "ua",
        "flight_number": "UA0110",
        "origin": "ewr",
        "departure_at": "2013-12-08T17:45:00-05:00",
        "price_minor_units": 21040,
        "currency": "usd",
        "booked_at": "2013-11-01",
    }
    segment = the(read(drop(csv_text(own, columns=tuple(own)))))
    assert segment["carrier"] == "UA"
    assert segment["flight_number"] == "110"
    assert segment["origin"] == "EWR"
    assert segment["departure_on"] == pd.Timestamp("2013-12-08")
    assert segment["departure_at"] == pd.Timestamp("2013-12-08T22:45Z")
    assert segment["price_minor_units"] == 21040
    assert segment["booked_at"] == pd.Timestamp("2013-11-01T00:00Z")


def test_rail_segments_and_blank_rows_are_counted_as_ignored(drop: Drop) -> None:
    whole = read(drop(FLIGHT, {"booking_ref": "R1", "segment_type": "rail"}, {}))
    assert (len(whole.segments), whole.ignored_count, len(whole.rejected)) == (1, 2, 0)


def test_what_is_deleted_is_cancelled_whatever_its_status_says(drop: Drop) -> None:
    assert the(read(drop(FLIGHT | {"deleted": "true", "status": "?"})))["status"] == "cancelled"


def test_a_status_that_is_not_told_is_missing_and_never_guessed(drop: Drop) -> None:
    assert "status" not in the(read(drop(FLIGHT | {"status": ""})))


UNUSABLE_FLIGHTS = [
    ({"booking_ref": " "}, "booking_ref", "The row has no booking_ref, so nobody can say"),
    ({"status": "HL"}, "status", "The status 'HL' is not translated: say what it means in"),
    ({"segment_type": "ship"}, "kind", "The kind 'ship' is not translated"),
    ({"carrier": "United"}, "carrier", "The carrier 'UNITED' is no two-character IATA code"),
    ({"carrier": ""}, "carrier", "The flight has no carrier: carrier is empty."),
    ({"flight_no": "LH110"}, "carrier", "begins with another carrier than UA"),
    ({"flight_no": "x"}, "flight_number", "The flight number 'x' is none"),
    ({"flight_no": ""}, "flight_number", "The flight has no flight_number: flight_no is empty"),
    ({"origin": ""}, "origin", "The flight has no origin: origin is empty."),
    ({"origin": "XQZ"}, "origin", "The origin 'XQZ' is no airport's IATA code"),
    ({"destination": "??"}, "destination", "The destination '??' is no airport's IATA code"),
    (
        {"sched_dep_local": ""},
        "departure_local",
        "The flight has no departure_local or departure_at or departure_on: sched_dep_local",
    ),
    (
        {"sched_dep_local": "2013-02-31T10:00"},
        "departure_local",
        "departure_local is not a local time such as 2013-12-08 17:45: sched_dep_local is"
        " '2013-02-31T10:00'.",
    ),
    ({"sched_dep_local": "2013-12-08"}, "departure_local", "is not a local time"),
    ({"sched_dep_local": "2013-12-08T17:45Z"}, "departure_local", "is not a local time"),
    ({"sched_dep_local": "13-12-08 17:45"}, "departure_local", "is not a local time"),
    ({"sched_dep_local": "0013-12-08 17:45"}, "departure_local", "not between the years 1950"),
    (
        {"sched_dep_local": "2014-03-09T02:30", "sched_arr_local": ""},
        "departure_local",
        "departure_local 2014-03-09 02:30:00 is a time that clocks at EWR never showed",
    ),
    (
        {"sched_arr_local": "2014-03-09T02:30"},
        "arrival_local",
        "arrival_local 2014-03-09 02:30:00 is a time that clocks at IAH never showed",
    ),
    ({"destination": ""}, "arrival_local", "arrival_local is wall time at the destination"),
    (
        {"sched_arr_local": "2013-12-08T16:45"},
        "arrival_at",
        "The arrival is not after the departure: sched_dep_local is '2013-12-08T17:45' and"
        " sched_arr_local is '2013-12-08T16:45'.",
    ),
    ({"amount": "-210.40"}, "price", "The price is negative"),
    ({"amount": "1,000"}, "price", "price is not an amount such as 1234.50: amount is '1,000'"),
    ({"amount": "1.005"}, "price", "The price 1.005 has more decimals than USD has."),
    ({"currency": "JPY"}, "price", "The price 210.40 has more decimals than JPY has."),
    ({"currency": ""}, "currency", "The row has a price and no currency."),
    ({"currency": "DOL"}, "currency", "The currency 'DOL' is no code of ISO 4217"),
    ({"deleted": "perhaps"}, "deleted", "deleted is not true or false: deleted is 'perhaps'."),
    ({"source_updated_at": "soon"}, "source_updated_at", "is not a time such as"),
    ({"email": "j" * 2001}, "email", "email holds more than 2,000 characters"),
    (
        {"traveller_name": "=cmd|' /C calc'!A0"},
        "traveller_name",
        "like a spreadsheet's formula",
    ),
    ({"booking_ref": "@SUM(A1)"}, "booking_ref", "begins like a spreadsheet's formula"),
    ({"segment_type": "", "hotel_name": "Inn"}, "kind", "names both a flight and a stay"),
    (
        dict.fromkeys(CONTRACT[2:]) | {"deleted": "true"},
        "kind",
        "names neither a flight nor a stay",
    ),
]
UNUSABLE_STAYS = [
    ({"hotel_name": ""}, "hotel_ref", "The stay has no hotel_ref or hotel_name: hotel_name is"),
    ({"check_in": ""}, "check_in_on", "The stay has no check_in_on: check_in is empty."),
    ({"check_out": ""}, "check_out_on", "The stay has no check_out_on: check_out is empty."),
    (
        {"check_out": "2013-12-08"},
        "check_out_on",
        "check_out_on 2013-12-08 is not after check_in_on 2013-12-08.",
    ),
    ({"check_in": "08/12/2013"}, "check_in_on", "is not a date such as 2013-12-08"),
    ({"rooms": "0"}, "rooms", "rooms 0 is not between 1 and 999."),
    ({"rooms": "1.5"}, "rooms", "rooms is not a whole number: rooms is '1.5'."),
    ({"hotel_lat": "91"}, "hotel_latitude", "hotel_latitude 91.0 is not between -90 and 90."),
    ({"hotel_lon": "nan"}, "hotel_longitude", "is not between -180 and 180."),
]


@pytest.fixture(scope="module")
def unusable(tmp_path_factory: pytest.TempPathFactory) -> tuple[Whole, list[str]]:
    """Read all that is wrong in one file, each row beside a good one."""
    flights = [FLIGHT | changes for changes, *_ in UNUSABLE_FLIGHTS]
    stays = [STAY | changes for changes, *_ in UNUSABLE_STAYS]
    text = csv_text(*(row for bad in [*flights, *stays] for row in (bad, FLIGHT)))
    path = tmp_path_factory.mktemp("drop") / "bookings.csv"
    path.write_text(text, encoding="utf-8")
    return read(path), text.splitlines()


def test_what_cannot_be_used_costs_no_other_row(unusable: tuple[Whole, list[str]]) -> None:
    whole, lines = unusable
    bad = len(UNUSABLE_FLIGHTS) + len(UNUSABLE_STAYS)
    assert whole.rejected["line"].to_list() == list(range(2, 2 * bad + 2, 2))
    assert whole.segments["line"].to_list() == list(range(3, 2 * bad + 3, 2))
    assert whole.rejected["raw"].to_list() == lines[1::2]


@pytest.mark.parametrize(
    ("place", "column", "reason"),
    [
        pytest.param(place, column, reason, id=f"{place} {column}")
        for place, (_, column, reason) in enumerate([*UNUSABLE_FLIGHTS, *UNUSABLE_STAYS])
    ],
)
def test_each_is_told_its_column_and_a_reason(
    unusable: tuple[Whole, list[str]], place: int, column: str, reason: str
) -> None:
    told = unusable[0].rejected.iloc[place]
    assert told["column_name"] == column
    assert reason in told["reason"]
    assert told["reason"][0].isupper() or told["reason"].startswith(column)
    assert told["reason"].endswith((".", "?"))


def test_a_cancelled_stay_need_not_say_when_it_would_have_ended(drop: Drop) -> None:
    assert the(read(drop(STAY | {"deleted": "1", "check_out": ""})))["kind"] == "stay"


def test_of_an_hour_that_clocks_show_twice_the_first_is_taken(drop: Drop) -> None:
    twice = FLIGHT | {"sched_dep_local": "2013-11-03 01:30", "sched_arr_local": ""}
    assert the(read(drop(twice)))["departure_at"] == pd.Timestamp("2013-11-03T05:30Z")


@pytest.mark.parametrize(
    ("said", "given", "family"),
    [
        ("Jane Doe", "Jane", "Doe"),
        ("Dr. Jane Mary Doe", "Jane Mary", "Doe"),
        ("DOE/JANE MARY MRS", "JANE MARY", "DOE"),
        ("van der Berg, Anna", "Anna", "van der Berg"),
        ("Madonna", None, "Madonna"),
        ("DOE/", None, "DOE"),
    ],
)
def test_a_travellers_name_is_split(drop: Drop, said: str, given: str, family: str) -> None:
    segment = the(read(drop(FLIGHT | {"traveller_name": said})))
    assert (segment.get("given_name"), segment.get("family_name")) == (given, family)


def test_a_formula_in_any_other_text_is_harmless_and_kept(drop: Drop) -> None:
    formula = '=HYPERLINK("http://evil")'
    assert the(read(drop(STAY | {"hotel_name": formula})))["hotel_name"] == formula


def test_a_key_that_comes_twice_is_kept_twice_for_the_merge_to_judge(drop: Drop) -> None:
    whole = read(drop(FLIGHT, FLIGHT, FLIGHT | {"source_updated_at": "2013-12-02"}))
    assert whole.segments["line"].to_list() == [2, 3, 4]


@pytest.mark.parametrize(
    ("amount", "currency", "minor_units"),
    [
        ("0", "USD", 0),
        ("210.4", "USD", 21040),
        ("799", "JPY", 799),
        ("1.234", "KWD", 1234),
        ("999999999999.99", "EUR", 99999999999999),
    ],
)
def test_a_price_is_exact_in_its_currencys_smallest_unit(
    drop: Drop, amount: str, currency: str, minor_units: int
) -> None:
    segment = the(read(drop(FLIGHT | {"amount": amount, "currency": currency})))
    assert segment["price_minor_units"] == minor_units


# How CSV comes


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_the_delimiter_is_found_out(drop: Drop, delimiter: str) -> None:
    text = csv_text(FLIGHT | {"email": "a;b,c"}, STAY, delimiter=delimiter)
    assert len(read(drop(text)).segments) == 2


def test_excels_note_of_the_delimiter_is_heeded(drop: Drop) -> None:
    whole = read(drop("sep=;\n" + csv_text(FLIGHT, delimiter=";")))
    assert whole.segments["line"].to_list() == [3]


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_lines_may_end_in_any_way(drop: Drop, end: str) -> None:
    text = csv_text(FLIGHT, STAY | {"hotel_name": "Inn\nby the lake"}, FLIGHT)
    assert read(drop(text.replace("\n", end))).segments["line"].to_list() == [2, 3, 5]


def test_lines_may_end_in_several_ways_at_once(drop: Drop) -> None:
    header, *rows = csv_text(FLIGHT, STAY, FLIGHT).splitlines()
    text = f"{header}\n{rows[0]}\r\n{rows[1]}\r{rows[2]}"
    assert read(drop(text)).segments["line"].to_list() == [2, 3, 4]


def test_a_byte_order_mark_is_no_part_of_the_first_name(drop: Drop) -> None:
    assert len(read(drop(csv_text(FLIGHT).encode("utf-8-sig"))).segments) == 1


def test_blanks_around_names_and_values_do_not_count(drop: Drop) -> None:
    text = csv_text(FLIGHT | {"carrier": "\u00a0UA\t"}).replace("carrier", " carrier\u00a0", 1)
    assert the(read(drop(text)))["carrier"] == "UA"


def test_lines_are_told_past_blank_lines_and_breaks_in_fields(drop: Drop) -> None:
    header, flight, *stay = csv_text(FLIGHT, STAY | {"hotel_name": "a\n\nb"}).split("\n")
    text = "\n".join(["", header, "", flight, "", *stay]) + "\n\n" + flight + "\n"
    assert read(drop(text)).segments["line"].to_list() == [4, 6, 11]


def test_ragged_rows_are_rejected_and_rows_padded_with_nothing_are_not(drop: Drop) -> None:
    header, flight, _ = csv_text(FLIGHT).split("\n")
    whole = read(drop("\n".join([header, flight + ",,", flight + ",x", "A1,2"])))
    assert whole.segments["line"].to_list() == [2]
    assert whole.rejected["line"].to_list() == [3, 4]
    assert whole.rejected["reason"].to_list() == [
        "The row has 29 fields, and the header 28.",
        "The row has 2 fields, and the header 28.",
    ]


def test_a_stray_quote_costs_one_line_and_no_other(drop: Drop) -> None:
    header, flight, _ = csv_text(FLIGHT).split("\n")
    rows = [flight, 'A1,"never closed,air', flight, 'A2,"closed" twice",air', flight, 'A3,"open']
    whole = read(drop("\n".join([header, *rows])))
    assert whole.segments["line"].to_list() == [2, 4, 6]
    assert whole.rejected[["line", "raw"]].to_numpy().tolist() == [
        [3, rows[1]],
        [5, rows[3]],
        [7, rows[5]],
    ]
    assert whole.rejected["reason"].to_list() == [
        "The row has text behind a closing quote.",
        "The row has text behind a closing quote.",
        "The row opens a quote that is never closed.",
    ]


def test_a_huge_field_is_rejected_and_only_its_beginning_kept(drop: Drop) -> None:
    whole = read(drop(FLIGHT, FLIGHT | {"email": "x" * 1_000_000}, FLIGHT))
    assert whole.segments["line"].to_list() == [2, 4]
    assert whole.reason() == "The row holds a field of more than 131,072 characters."
    assert len(whole.rejected["raw"].iloc[0]) < 11_000


def test_nul_bytes_and_controls_are_left_out_of_texts(drop: Drop) -> None:
    whole = read(drop(STAY | {"hotel_name": "Lake\x00side\x07 Inn", "booking_ref": "\x00"}, STAY))
    assert "\x00" not in whole.rejected["raw"].iloc[0]
    assert the(read(drop(STAY | {"hotel_name": "Lake\x00side\x07 Inn"})))["hotel_name"] == (
        "Lakeside Inn"
    )


def test_columns_of_one_name_are_told_apart_and_nameless_ones_numbered(drop: Drop) -> None:
    mapping = parse_mapping(
        "[source]\nname='A'\n[columns]\nbooking_ref='PNR'\nstatus='pnr 2'\n"
        "hotel_ref='column 3'\ncheck_in_on='In'\ncheck_out_on='Out'",
        "a.toml",
    )
    text = "PNR,pnr,,In,Out\nA1,confirmed,H1,2013-12-08,2013-12-09\n"
    segment = the(read(drop(text), mapping))
    assert (segment["status"], segment["hotel_ref"]) == ("confirmed", "H1")


def test_another_encoding_is_read_if_the_mapping_names_it(drop: Drop) -> None:
    text = csv_text(STAY | {"hotel_name": "Hôtel «Zürich» €"})
    own = "\n".join(
        f'{ours} = "{theirs}"'
        for ours, theirs in {
            "booking_ref": "booking_ref",
            "hotel_name": "hotel_name",
            "check_in_on": "check_in",
            "check_out_on": "check_out",
        }.items()
    )
    for encoding in ("windows-1252", "utf-16"):
        mapping = parse_mapping(f"[source]\nname='A'\nencoding='{encoding}'\n[columns]\n{own}", "m")
        assert the(read(drop(text.encode(encoding)), mapping))["hotel_name"] == "Hôtel «Zürich» €"


# Whole files that cannot be read


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"", "it is empty; ask the sender"),
        (csv_text(FLIGHT, FLIGHT | {"email": "é"}).encode("latin-1"), "(byte 0xe9 in line 3)"),
        (b"\n\n", "its first row is no header"),
        (b"A1,air,2013-12-08 17:45,210.40\nA2,air,2013-12-08 17:45,1\n", "first row is no header"),
        (gzip.compress(b"booking_ref\n" * 9), "it is packed (gzip); unpack it first"),
        (b"PK\x03\x04....", "it is packed (zip); unpack it first"),
        (b"\x28\xb5\x2f\xfd....", "it is packed (zstd)"),
        (b"x" * 34_000_000, "line 1 is longer than 33,554,432 characters"),
        (b"PAR1", "it is no Parquet file, or damaged"),
        (b"PAR1" + b"\0" * 100 + b"PAR1", "it is no Parquet file, or damaged"),
    ],
    ids=[
        *("empty", "latin", "blank", "headless", "gzip", "zip", "zstd", "endless"),
        *("only a magic", "no footer"),
    ],
)
def test_a_file_that_cannot_be_read_says_so_before_anything_is_taken(
    drop: Drop, content: bytes, told: str
) -> None:
    with pytest.raises(FileUnreadable) as refused:
        read_drop_file(drop(content))
    assert str(refused.value).startswith("bookings.csv cannot be read: ")
    assert told in str(refused.value)


def test_a_folder_a_missing_file_and_a_spreadsheet_are_refused(tmp_path: Path) -> None:
    with pytest.raises(FileUnreadable, match="it is a folder; give the files in it"):
        read_drop_file(tmp_path)
    with pytest.raises(FileUnreadable, match="no such file or folder; check its name"):
        read_drop_file(tmp_path / "none.csv")
    with zipfile.ZipFile(tmp_path / "book.xlsx", "w") as book:
        book.writestr("xl/workbook.xml", "")
    with pytest.raises(FileUnreadable, match="it is a spreadsheet; save it as CSV in UTF-8"):
        read_drop_file(tmp_path / "book.xlsx")


def test_foreign_columns_without_a_mapping_are_told_and_how_to_map_them(drop: Drop) -> None:
    with pytest.raises(MappingRefused) as refused:
        read_drop_file(drop("PNR,Airline\nA1,UA\n"))
    assert str(refused.value) == (
        "bookings.csv: booking_ref needs the column booking_ref, which the file lacks."
        " Its columns are PNR, Airline. Write a mapping for its sender (docs/drop-folder.md)"
        " and give it with --mapping."
    )


def test_half_a_flight_without_a_mapping_is_told_what_is_missing(drop: Drop) -> None:
    with pytest.raises(
        MappingRefused, match=r"origin is missing, which a flight needs: give it under"
    ):
        read_drop_file(drop("booking_ref,carrier,flight_no\nA1,UA,110\n"))


# Parquet


def parquet(path: Path, *rows: Row, **options: object) -> Path:
    pq.write_table(pa.Table.from_pylist(list(rows)), path, **options)  # type: ignore[arg-type]
    return path


def test_parquet_keeps_the_types_it_has(tmp_path: Path) -> None:
    typed = {
        "booking_ref": 1001.0,
        "status": "confirmed",
        "carrier": "UA",
        "flight_no": 1545,
        "origin": "EWR",
        "destination": "IAH",
        "sched_dep_local": datetime(2013, 12, 8, 17, 45),  # noqa: DTZ001 - wall time
        "arrival_at": datetime(2013, 12, 9, 2, 59, tzinfo=UTC),
        "departure_on": date(2013, 12, 8),
        "currency": "USD",
        "amount": Decimal("210.40"),
        "source_updated_at": datetime(2013, 12, 1, 10),  # noqa: DTZ001 - naive stamps are UTC
        "deleted": True,
    }
    segment = the(read(parquet(tmp_path / "b.parquet", typed)))
    assert segment["booking_ref"] == "1001"
    assert segment["flight_number"] == "1545"
    assert segment["departure_at"] == pd.Timestamp("2013-12-08T22:45Z")
    assert segment["arrival_at"] == pd.Timestamp("2013-12-09T02:59Z")
    assert segment["price_minor_units"] == 21040
    assert segment["source_updated_at"] == pd.Timestamp("2013-12-01T10:00Z")
    assert segment["status"] == "cancelled"


def test_a_binary_price_is_rounded_back_to_the_unit_it_meant(tmp_path: Path) -> None:
    rows = [FLIGHT | {"amount": amount} for amount in (0.1 + 0.2, 123456.78, 210.4, 2.675)]
    whole = read(parquet(tmp_path / "b.parquet", *rows))
    assert whole.segments["price_minor_units"].to_list() == [30, 12345678, 21040, 268]


def test_a_parquet_row_is_told_by_its_number_and_kept_as_json(tmp_path: Path) -> None:
    whole = read(parquet(tmp_path / "b.parquet", FLIGHT, FLIGHT | {"origin": "XQZ"}, FLIGHT))
    assert whole.segments["line"].to_list() == [1, 3]
    assert whole.rejected["line"].to_list() == [2]
    assert '"origin": "XQZ"' in whole.rejected["raw"].iloc[0]


def test_parquet_without_rows_gives_no_segment(tmp_path: Path) -> None:
    empty = pa.Table.from_pylist([FLIGHT]).slice(0, 0)
    pq.write_table(empty, tmp_path / "b.parquet")
    assert read(tmp_path / "b.parquet").row_count == 0


def test_parquet_that_is_cut_off_or_not_parquet_is_refused(tmp_path: Path) -> None:
    path = parquet(tmp_path / "b.parquet", *[FLIGHT] * 50)
    path.write_bytes(path.read_bytes()[:-20])
    with pytest.raises(FileUnreadable, match="it is no Parquet file, or damaged"):
        read_drop_file(path)
    path.write_text(csv_text(FLIGHT))
    with pytest.raises(FileUnreadable, match="it is no Parquet file"):
        read_drop_file(path)


def test_a_long_text_shared_by_many_parquet_rows_is_stored_and_refused_once_each(
    tmp_path: Path,
) -> None:
    rows = [FLIGHT, *[FLIGHT | {"email": "x" * 200_000}] * 500, FLIGHT]
    whole = read(parquet(tmp_path / "b.parquet", *rows, row_group_size=300))
    assert whole.segments["line"].to_list() == [1, 502]
    assert set(whole.rejected["reason"]) == {"email holds more than 131,072 characters."}
    assert whole.row_count == 502


# Chunks


@pytest.mark.parametrize("chunk_rows", [1, 2, 3, 1000])
def test_chunks_change_nothing_but_how_much_is_in_memory(
    drop: Drop, tmp_path: Path, chunk_rows: int
) -> None:
    rows = [FLIGHT, STAY, FLIGHT | {"origin": "XQZ"}, {"booking_ref": "R", "segment_type": "car"}]
    text = csv_text(*rows * 3) + "ragged,row\n\n" + ",".join(FLIGHT.values()) + "\n"
    for path in (drop(text), parquet(tmp_path / "b.parquet", *rows * 3)):
        whole, chunked = read(path), read(path, chunk_rows=chunk_rows)
        pd.testing.assert_frame_equal(whole.segments, chunked.segments)
        pd.testing.assert_frame_equal(whole.rejected, chunked.rejected)
        assert whole.ignored_count == chunked.ignored_count == 3


def test_every_chunk_says_what_the_file_was_understood_to_be(drop: Drop, tmp_path: Path) -> None:
    kinds = {chunk.kind for chunk in read_drop_file(drop(FLIGHT, STAY), chunk_rows=1)}
    assert kinds == {"a CSV export of drop folder"}
    found = list(read_drop_file(parquet(tmp_path / "b.parquet", FLIGHT)))
    assert [chunk.kind for chunk in found] == ["a Parquet export of drop folder"]
    assert all(isinstance(chunk, Understood) for chunk in found)
