"""What a data engineer types: ingest, quarantine and backfill, and what each says and returns."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text
from typer.testing import CliRunner, Result

from pipelines import providing
from stormdesk.cli import app
from stormdesk.embedded import EmbeddedServer
from stormdesk.errors import StormdeskRefused
from tests.factories.airport import make_airport, make_carrier
from tests.pipelines.tiny_provider import TinyProvider
from warehouse.queries.feeds import count_rows
from warehouse.session import Access, transaction

HEADER = (
    "booking_ref,segment_type,status,traveller_name,carrier,flight_no,origin,destination,"
    "sched_dep_local,sched_arr_local,source_updated_at\n"
)
GOOD = (
    "RXJ34P,air,confirmed,Eva Green,UA,110,JFK,LAX,2013-12-10T09:15,2013-12-10T12:30,"
    "2013-12-01T00:00:00Z\n"
)
NOWHERE = GOOD.replace("RXJ34P", "ZZZ999").replace("LAX", "XQX")
MAIL = {
    "@context": "http://schema.org",
    "@type": "FlightReservation",
    "reservationNumber": "ABC123",
    "reservationStatus": "http://schema.org/Confirmed",
    "underName": {"@type": "Person", "name": "Adam Green"},
    "reservationFor": {
        "@type": "Flight",
        "flightNumber": "110",
        "airline": {"@type": "Airline", "iataCode": "UA"},
        "departureAirport": {"@type": "Airport", "iataCode": "JFK"},
        "departureTime": "2013-12-10T09:15:00-05:00",
        "arrivalAirport": {"@type": "Airport", "iataCode": "LAX"},
        "arrivalTime": "2013-12-10T12:30:00-08:00",
    },
}


@pytest.fixture(autouse=True)
def home(
    server: EmbeddedServer, database: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Path]:
    server.create_database(f"{database}_dagster")
    monkeypatch.setenv("STORMDESK_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("DAGSTER_PG_URL", server.url(f"{database}_dagster", driver="psycopg2"))
    with transaction(Access.OWNER) as session:
        for iata in ("JFK", "LAX"):
            make_airport(session, iata)
        make_carrier(session, "UA")
    yield tmp_path / "home"
    server.drop_database(f"{database}_dagster")


def run(*arguments: object) -> Result:
    outcome = CliRunner().invoke(app, [str(argument) for argument in arguments])
    if outcome.exception and not isinstance(outcome.exception, SystemExit):
        raise outcome.exception
    return outcome


def as_json(*arguments: object) -> Any:
    return json.loads(run(*arguments, "--json").stdout)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    exports = tmp_path / "exports"
    (exports / "mails").mkdir(parents=True)
    (exports / "march.csv").write_text(HEADER + GOOD + NOWHERE)
    (exports / "mails" / "one.json").write_text(json.dumps(MAIL))
    (exports / "notes.docx").write_bytes(b"nothing of ours")
    return exports


def test_a_folder_comes_in_whole_and_again_changes_nothing(folder: Path) -> None:
    first = run("ingest", folder)
    assert first.exit_code == 0, first.output
    assert "march.csv" in first.stdout
    assert "All 2 files: 3 rows in: 2 accepted, 0 unchanged, 0 superseded, 1 quarantined." in (
        first.stdout
    )
    assert "stormdesk quarantine list" in first.stdout
    told = {Path(each["file"]).name: each for each in as_json("ingest", folder)}
    assert told["march.csv"]["unchanged"] == 1
    assert told["one.json"]["unchanged"] == 1
    with transaction(Access.OWNER) as session:
        assert session.scalar(text("SELECT count(*) FROM travel.leg")) == 2


def test_a_file_that_cannot_be_read_is_told_and_stops_no_other(folder: Path) -> None:
    (folder / "torn.parquet").write_bytes(b"PAR1")
    outcome = run("ingest", folder)
    assert outcome.exit_code == 2
    assert "torn.parquet" in outcome.stdout
    assert "2 accepted" in outcome.stdout


def test_a_file_that_is_not_there_stops_no_other(folder: Path) -> None:
    outcome = run("ingest", folder.parent / "nowhere.csv", folder)
    assert outcome.exit_code == 2
    assert "nowhere.csv cannot be read: there is no such file or folder" in outcome.stdout
    assert "All 3 files: 3 rows in: 2 accepted" in outcome.stdout
    assert "1 could not be read." in outcome.stdout


def test_what_lies_in_a_folder_and_is_not_read_is_named(folder: Path) -> None:
    assert "Left aside, being of no kind that we read: notes.docx." in run("ingest", folder).stdout


def test_a_mapping_that_is_wrong_is_told_before_anything_is_read(folder: Path) -> None:
    mapping = folder.parent / "agency.toml"
    mapping.write_text("[columns]\nbooking_ref = 'booking_ref'\n")
    with pytest.raises(StormdeskRefused) as refused:
        run("ingest", folder, "--mapping", mapping)
    assert refused.value.exit_code == 2
    assert "agency.toml: " in refused.value.sentence


def test_a_mapping_that_does_not_fit_one_file_stops_no_other(folder: Path) -> None:
    mapping = folder.parent / "agency.toml"
    mapping.write_text(
        "[source]\nname = 'Acme'\n[columns]\nbooking_ref = 'PNR'\nstatus = 'State'\n"
    )
    (folder / "april.csv").write_text("PNR,State\nAB12CD,cancelled\n")
    outcome = run("ingest", folder, "--mapping", mapping)
    assert outcome.exit_code == 2
    assert "april.csv: a CSV export of Acme. 1 row in: 1 accepted" in outcome.stdout
    assert "march.csv: agency.toml: booking_ref needs the column PNR" in outcome.stdout


def test_two_agencies_may_use_one_locator(folder: Path) -> None:
    for agency in ("northgate", "southgate"):
        told = run("ingest", folder / "march.csv", "--source", agency).stdout
        assert f"a CSV export of {agency}. 2 rows in: 1 accepted" in told
    with transaction(Access.OWNER) as session:
        assert session.scalar(text("SELECT count(*) FROM travel.booking")) == 2


def test_what_a_file_holds_tells_before_its_name(folder: Path) -> None:
    (folder / "two.csv").write_text(json.dumps([MAIL]))
    told = {Path(each["file"]).name: each for each in as_json("ingest", folder)}
    assert told["two.csv"]["understood"] == "schema.org reservations"


def test_the_list_of_refused_rows_prints_what_came_as_it_came(folder: Path) -> None:
    odd = GOOD.replace("Eva Green", "[/red]Eva [bold]").replace("LAX", "XQX")
    (folder / "[b]odd[red].csv").write_text(HEADER + odd)
    run("ingest", folder / "[b]odd[red].csv")
    told = run("quarantine", "list").stdout
    assert "[b]odd[red].csv line 2, booking_segment of drop folder" in told
    assert "[/red]Eva [bold]" in told
    assert "The destination 'XQX' is no airport's IATA code, such as EWR." in told
    assert "destination The destination" not in told


def test_what_was_refused_is_listed_and_comes_in_when_it_becomes_true(folder: Path) -> None:
    run("ingest", folder)
    [waiting] = as_json("quarantine", "list")
    assert (waiting["file"], waiting["line"]) == ("march.csv", 3)
    assert "ZZZ999" in waiting["raw_text"]
    assert "march.csv" in run("quarantine", "list").stdout
    (folder / "march.csv").write_text(HEADER + GOOD + NOWHERE.replace("XQX", "LAX"))
    run("ingest", folder)
    assert "Nothing waits in quarantine." in run("quarantine", "list").stdout
    assert run("quarantine", "retry").stdout.startswith("Nothing waits in quarantine.")


def test_the_example_of_the_docs_comes_in_as_the_docs_say() -> None:
    docs = Path(__file__).parents[2] / "docs"
    with transaction(Access.OWNER) as session:
        for iata in ("LGA", "ATL"):
            make_airport(session, iata)
    examples = docs / "examples"
    outcome = run("ingest", examples / "agency.csv", "--mapping", examples / "agency.toml")
    told = outcome.stdout.splitlines()[0].split(": ", 1)[1]
    assert told in (docs / "drop-folder.md").read_text()
    [waiting] = as_json("quarantine", "list")
    assert (waiting["source"], waiting["line"]) == ("example agency", 5)
    with transaction(Access.OWNER) as session:
        found = session.execute(
            text("SELECT booking_ref, status, value_minor_units FROM travel.booking ORDER BY 1")
        ).all()
    assert [tuple(row) for row in found] == [
        ("QW2LM8", "cancelled", 21_150),
        ("RXJ34P", "confirmed", 62_990),
    ]


def test_a_span_is_backfilled_and_told(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(providing, "EmbeddedProvider", TinyProvider)
    told = as_json(
        *("backfill", "--from", "2013-01-01", "--to", "2013-01-01T06:00"),
        *("--assets", "feeds/weather_observation"),
    )
    assert [(each["asset"], each["loaded"], each["runs"]) for each in told] == [
        ("feeds/weather_observation", 6, 1)
    ]
    with transaction(Access.PIPELINE) as session:
        tables = ("feeds.weather_observation", "travel.traveller", "inventory.hotel")
        assert all(count_rows(session, table) for table in tables)


def test_a_span_of_nothing_is_refused() -> None:
    with pytest.raises(StormdeskRefused, match="holds nothing"):
        run("backfill", "--from", "2013-03-01", "--to", "2013-03-01")
