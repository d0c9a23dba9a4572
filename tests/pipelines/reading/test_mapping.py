"""A mapping file says what columns mean, and a wrong one hears precisely what is wrong."""

from pathlib import Path
from textwrap import dedent

import duckdb
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.reading.bound_mapping import BoundMapping, bind
from pipelines.reading.expressions import (
    Expression,
    ExpressionRefused,
    open_sandbox,
    tried,
    type_of,
)
from pipelines.reading.mapped_columns import MAPPABLE
from pipelines.reading.mapping import (
    DEFAULT_KEY,
    ColumnMapping,
    MappingRefused,
    built_in_mapping,
    parse_mapping,
    read_mapping,
)
from pipelines.reading.segments import SEGMENT_COLUMNS

FLIGHTS = """
[source]
name = "Acme"
[columns]
booking_ref = "PNR"
carrier = "Airline"
flight_number = "Flight"
origin = "From"
departure_local = "try_strptime(Dep, '%d/%m/%Y %H:%M')"
"""
FILE_COLUMNS = ("PNR", "Airline", "Flight", "From", "Dep")


def mapping(text: str) -> ColumnMapping:
    return parse_mapping(dedent(text), "acme.toml")


def with_column(column: str, expression: str) -> ColumnMapping:
    return mapping(f"{FLIGHTS}\n{column} = {expression!r}\n")


def bound(to: ColumnMapping, *columns: str, **typed: pa.DataType) -> BoundMapping:
    kinds = dict.fromkeys(columns, pa.string()) | typed
    return bind(to, pa.schema(kinds).empty_table())


def refusal(text: str) -> str:
    with pytest.raises(MappingRefused) as refused:
        mapping(text)
    assert str(refused.value).startswith("acme.toml: ")
    return refused.value.problem


def test_a_mapping_says_who_sends_and_what_each_column_is() -> None:
    found = mapping(FLIGHTS)
    assert (found.source, found.key, found.encoding) == ("Acme", DEFAULT_KEY, "utf-8")
    assert found.columns["booking_ref"][0].text == "PNR"
    assert found.columns["departure_local"][0].names == {"dep"}


def test_a_mapping_is_read_from_a_file_with_or_without_a_byte_order_mark(tmp_path: Path) -> None:
    place = tmp_path / "acme.toml"
    place.write_text(FLIGHTS, encoding="utf-8-sig")
    assert read_mapping(place).source == "Acme"


def test_a_mapping_that_is_not_there_or_not_text_is_refused_by_name(tmp_path: Path) -> None:
    with pytest.raises(MappingRefused, match=r"none\.toml: cannot be opened: No such file"):
        read_mapping(tmp_path / "none.toml")
    (tmp_path / "latin.toml").write_bytes("name = 'Café'".encode("latin-1"))
    with pytest.raises(MappingRefused, match=r"latin\.toml: is not UTF-8: save it as UTF-8"):
        read_mapping(tmp_path / "latin.toml")


def test_a_syntax_error_tells_its_line() -> None:
    assert "line 5" in refusal('[source]\nname = "Acme"\n[columns]\n\nbooking_ref = PNR\n')


def test_an_unknown_column_is_told_with_the_nearest_name() -> None:
    problem = refusal(FLIGHTS + "departur_at = 'Dep'")
    assert problem == "departur_at is no column of a segment; did you mean departure_at?"


def test_an_unknown_column_unlike_any_is_told_with_all_names() -> None:
    problem = refusal(FLIGHTS + "zzz = 'Dep'")
    assert all(name in problem for name in MAPPABLE)


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("[colums]", "colums is no table; did you mean columns?"),
        ("[source.encodin]", "encodin is no setting of [source]; did you mean encoding?"),
        ("[values.cabin]", "cabin is no mapped column of words"),
        ("[values.carier]", "did you mean carrier?"),
        ("[values.departure_local]", "departure_local is no mapped column of words"),
        ("status = 'S'\n[values.status]\nHK = 'confirmd'", "confirmd is no status; did you mean"),
        (
            "status = 'S'\n[values.status]\nHK = 'confirmed'\nhk = 'cancelled'",
            "[values.status] translates hk twice, differently.",
        ),
        ("status = 'S'\n[values]\nstatus = 1", "values.status must be a table"),
        ("status = 3", "status must be an expression in quotes"),
        ("status = []", "status must be an expression in quotes"),
        ("status = ['S', 4]", "status must be an expression in quotes"),
        ("[optional]\norigin = 'x'", "origin stands in both [columns] and [optional]"),
    ],
)
def test_what_else_is_wrong_is_told(line: str, told: str) -> None:
    assert told in refusal(FLIGHTS + line)


@pytest.mark.parametrize(
    ("source", "told"),
    [
        ("", "[source] lacks a name"),
        ("name = ' '", "[source] lacks a name"),
        ("name = 'A'\nkey = 'booking_ref'", "key must be a list of columns"),
        ("name = 'A'\nkey = ['carier']", "did you mean carrier?"),
        ("name = 'A'\nkey = ['hotel_ref']", "hotel_ref is no column that this mapping gives"),
        ("name = 'A'\nencoding = 'rot13'", "'rot13' is no encoding we read"),
        ("name = 'A'\nencoding = 5", "5 is no encoding we read"),
    ],
)
def test_a_wrong_source_is_told(source: str, told: str) -> None:
    assert told in refusal(FLIGHTS.replace('name = "Acme"', source))


def test_a_key_may_name_what_is_made_of_mapped_columns() -> None:
    chosen = FLIGHTS.replace('"Acme"', '"Acme"\nkey = ["booking_ref", "departure_on"]')
    assert mapping(chosen).key == ("booking_ref", "departure_on")


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"status": "S"}, "booking_ref is missing"),
        ({"booking_ref": "P"}, "no column gives a flight, a stay or the status of a booking"),
        ({"booking_ref": "P", "carrier": "C"}, "flight_number is missing, which a flight needs"),
        (
            {"booking_ref": "P", "flight_number": "F", "origin": "O"},
            "departure_local or departure_at or departure_on is missing, which a flight needs",
        ),
        (
            {"booking_ref": "P", "check_in_on": "I", "check_out_on": "O"},
            "hotel_ref or hotel_name is missing, which a stay needs",
        ),
        (
            {"booking_ref": "P", "hotel_name": "H", "check_in_on": "I"},
            "check_out_on is missing, which a stay needs",
        ),
        ({"booking_ref": "P", "status": "S", "price": "A"}, "price needs currency"),
        (
            {"booking_ref": "P", "status": "S", "price": "A", "price_minor_units": "M"}
            | {"currency": "C"},
            "price and price_minor_units say the same",
        ),
    ],
)
def test_what_a_flight_or_a_stay_needs_is_told(given: dict[str, str], told: str) -> None:
    lines = "\n".join(f'{name} = "{expression}"' for name, expression in given.items())
    assert told in refusal(f"[source]\nname = 'A'\n[columns]\n{lines}")


def test_cancellations_need_no_more_than_a_reference_and_a_status() -> None:
    found = mapping("[source]\nname='A'\n[columns]\nbooking_ref='P'\ndeleted='D'")
    assert bound(found, "P", "D").columns.keys() == {"booking_ref", "deleted"}


@pytest.mark.parametrize(
    ("expression", "told"),
    [
        ("upper(trim(", "cabin = 'upper(trim(' does not parse: syntax error"),
        ("", "cabin = '' is empty: write a column's name"),
        ("a, b", "does not parse: Please provide only a single expression"),
        ("a); DROP TABLE source; SELECT (a", "does not parse"),
        ("a; SELECT 1", "does not parse"),
        ("a' FROM b", "does not parse"),
        ("now()", "asks now(), and the same file must always give the same rows"),
        ("strftime(today(), '%Y')", "asks today()"),
        ("age(a)", "asks age()"),
        ("random()", "asks random()"),
    ],
)
def test_an_expression_that_cannot_be_read_is_quoted_with_the_reason(
    expression: str, told: str
) -> None:
    assert told in refusal(f"{FLIGHTS}cabin = {expression!r}")


@pytest.mark.parametrize(
    "expression", ["PNR -- the locator", "PNR /* locator */", "PNR AS locator", '"PNR"', "pnr"]
)
def test_comments_aliases_and_capitals_make_no_difference(expression: str) -> None:
    found = bound(with_column("cabin", expression), *FILE_COLUMNS)
    assert found.sources_of("cabin") == ["PNR"]


@pytest.mark.parametrize(
    "name", ["Order", "Traveller Name", "Price (USD)", "Check-in / out", "Flight #", "a b c", "No."]
)
def test_a_columns_name_needs_no_quotes_of_sql_if_the_file_has_it(name: str) -> None:
    found = bound(with_column("cabin", name), *FILE_COLUMNS, name)
    assert found.sources_of("cabin") == [name]


def test_a_column_that_the_file_lacks_is_told_with_those_it_has() -> None:
    with pytest.raises(MappingRefused) as refused:
        bound(mapping(FLIGHTS), "PNR", "Airline", "Flight", "From", "Departure")
    assert refused.value.problem == (
        "departure_local needs the column Dep, which the file lacks; did you mean Departure?"
        " Its columns are PNR, Airline, Flight, From, Departure."
    )


def test_of_several_expressions_the_first_that_the_file_can_give_is_used() -> None:
    chosen = mapping(FLIGHTS + 'cabin = ["Class", "PNR", "Flight"]')
    assert bound(chosen, *FILE_COLUMNS).sources_of("cabin") == ["PNR"]
    assert bound(chosen, *FILE_COLUMNS, "Class").sources_of("cabin") == ["Class"]


def test_what_is_optional_is_left_out_if_the_file_lacks_it() -> None:
    chosen = mapping(FLIGHTS + '[optional]\ncabin = "Class"')
    assert "cabin" not in bound(chosen, *FILE_COLUMNS).columns
    assert "cabin" in bound(chosen, *FILE_COLUMNS, "Class").columns


@pytest.mark.parametrize(
    ("expression", "told"),
    [
        ("uper(PNR)", 'does not exist! Did you mean "upper"'),
        ("PNR + 1", "No function matches"),
        ("max(PNR)", "looks beyond its own row"),
        ("row_number() OVER ()", "looks beyond its own row"),
        ("unnest([1, 2])", "looks beyond its own row"),
        ("*", "looks beyond its own row"),
        ("COLUMNS(*)", "looks beyond its own row"),
        ("(SELECT 1)", "looks beyond its own row"),
        ("EXISTS (SELECT 1)", "looks beyond its own row"),
        ("PNR IN (SELECT 'a')", "looks beyond its own row"),
        ("#1", "looks beyond its own row"),
        ("?", "cannot be used"),
        ("[PNR]", "gives a varchar[]: make it text or a number"),
        ("source", "needs the column source"),
    ],
)
def test_an_expression_that_does_not_fit_the_rows_is_refused(expression: str, told: str) -> None:
    with pytest.raises(MappingRefused) as refused:
        bound(with_column("cabin", expression), *FILE_COLUMNS)
    assert told in refused.value.problem


@pytest.mark.parametrize(
    "expression",
    [
        "read_text('/etc/passwd')",
        "(SELECT content FROM read_text('/etc/passwd'))",
        "(SELECT string_agg(content, '') FROM read_blob('/etc/passwd'))",
        "(SELECT count(*) FROM read_csv('https://example.org/x.csv'))",
        "(SELECT count(*) FROM '/etc/passwd')",
        "(SELECT count(*) FROM duckdb_settings())",
        "getenv('HOME')",
        "current_setting('memory_limit')",
        "query('SELECT 1')",
        "sleep_ms(1000)",
        "write_log('x')",
        "nextval('x')",
    ],
)
def test_no_expression_reaches_files_settings_or_the_network(expression: str) -> None:
    with pytest.raises(MappingRefused):
        bound(with_column("cabin", expression), *FILE_COLUMNS)


@pytest.mark.parametrize(
    "statement",
    [
        "SELECT * FROM read_text('/etc/passwd')",
        "SELECT * FROM read_csv('/etc/passwd')",
        "SELECT * FROM glob('/*')",
        "COPY (SELECT 1) TO '{folder}/out.csv'",
        "ATTACH '{folder}/out.duckdb'",
        "INSTALL httpfs",
        "LOAD httpfs",
        "EXPORT DATABASE '{folder}'",
        "SET enable_external_access = true",
        "SET allowed_paths = ['/etc/passwd']",
        "SET memory_limit = '64GB'",
        "RESET lock_configuration",
    ],
)
def test_even_a_whole_statement_reaches_nothing(statement: str, tmp_path: Path) -> None:
    with pytest.raises(duckdb.Error, match=r"disabled|locked|not allowed"):
        open_sandbox().execute(statement.format(folder=tmp_path)).fetchall()
    assert list(tmp_path.iterdir()) == []


def test_the_sandbox_does_not_see_the_programs_own_variables() -> None:
    secret = pa.table({"password": ["hunter2"]})
    with pytest.raises(duckdb.Error, match="secret"):
        open_sandbox().execute("SELECT * FROM secret").fetchall()
    assert secret.num_rows == 1


@pytest.mark.parametrize(
    ("column", "kind", "told"),
    [
        ("departure_at", pa.timestamp("us"), "has no zone: give it as departure_local"),
        ("departure_at", pa.date32(), "has no zone: give it as departure_local"),
        ("arrival_local", pa.timestamp("us", "UTC"), "is an instant: give it as arrival_at"),
        ("arrival_local", pa.date32(), "has no time of day"),
        ("departure_on", pa.timestamp("us", "UTC"), "is an instant: make it the local date"),
        ("cabin", pa.binary(), "gives a blob: make it text or a number"),
        ("cabin", pa.list_(pa.int32()), "make it text or a number"),
        ("cabin", pa.struct({"a": pa.int32()}), "make it text or a number"),
    ],
)
def test_a_type_that_does_not_say_enough_is_refused(
    column: str, kind: pa.DataType, told: str
) -> None:
    chosen = mapping(f'{FLIGHTS}destination = "From"\n{column} = "Odd"\n')
    with pytest.raises(MappingRefused) as refused:
        bound(chosen, *FILE_COLUMNS, Odd=kind)
    assert told in refused.value.problem


def test_a_column_of_a_type_nobody_knows_does_no_harm_unless_it_is_named() -> None:
    odd = pa.run_end_encoded(pa.int32(), pa.float16())
    assert bound(mapping(FLIGHTS), *FILE_COLUMNS, Odd=odd).sources == list(FILE_COLUMNS)


def test_the_built_in_mapping_knows_every_column_of_a_segment() -> None:
    found = built_in_mapping()
    assert set(SEGMENT_COLUMNS) - {"line"} <= found.columns.keys()
    assert found.optional == found.columns.keys() - {"booking_ref"}


@given(st.text(max_size=200))
def test_any_text_is_a_mapping_or_refused_in_words(text: str) -> None:
    with pytest.raises(MappingRefused, match=r".{10}"):
        parse_mapping(text, "acme.toml")


SQL = st.lists(
    st.sampled_from(["PNR", "(", ")", "'", '"', "--", "/*", ",", ";", "1", "::", "int", "@", "#1"])
    | st.sampled_from(["SELECT", "FROM", "AS", "CASE", "[", "]", "||", "x ->", "?", "\0", "*"])
).map(" ".join)


@settings(deadline=None)
@given(SQL | st.text(max_size=40))
def test_any_expression_gives_one_value_for_each_row_or_is_refused_in_words(text: str) -> None:
    connection = open_sandbox()
    try:
        expression = Expression.parse(text)
        type_of(connection, expression, {"PNR": "VARCHAR"})
    except ExpressionRefused:
        return
    rows = connection.sql(f"SELECT {tried(expression)} FROM (VALUES ('a'), ('b')) AS _(PNR)")
    assert len(rows.fetchall()) == 2
