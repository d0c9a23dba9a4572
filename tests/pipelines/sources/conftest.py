"""The year, read once, and small files of the same shape to break."""

import zipfile
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest

from pipelines.sources import nycflights
from pipelines.sources.generated_travel import GeneratedTravel, generate_travel
from pipelines.sources.nycflights_files import FLIGHTS_FILE, WEATHER_FILE, package_folder
from pipelines.sources.source_frame import SourceFrame

FLIGHT_LINE = (
    "2013,1,1,517,515,2,830,819,11,UA,1545,N14228,EWR,IAH,227,1400,5,15,2013-01-01T10:00:00Z"
)
WEATHER_LINE = "EWR,2013,1,1,1,39.02,26.06,59.37,270,10.35702,NA,0,1012,10,2013-01-01T06:00:00Z"


@pytest.fixture(scope="session")
def flights() -> SourceFrame:
    return nycflights.read_flights()


@pytest.fixture(scope="session")
def reports() -> pd.DataFrame:
    return nycflights.read_flight_reports()


@pytest.fixture(scope="session")
def observations() -> SourceFrame:
    return nycflights.read_weather_observations()


@pytest.fixture(scope="session")
def travel() -> GeneratedTravel:
    return generate_travel()


@pytest.fixture(scope="session")
def flights_text() -> str:
    with zipfile.ZipFile(package_folder() / FLIGHTS_FILE.name) as archive:
        return archive.read("flights.csv").decode()


@pytest.fixture
def flights_file(tmp_path: Path, flights_text: str) -> Callable[..., Path]:
    """Write a flights file with the real header and the lines given."""
    return _writer(tmp_path / "flights.csv", flights_text.split("\n", 1)[0])


@pytest.fixture
def weather_file(tmp_path: Path) -> Callable[..., Path]:
    """Write a weather file with the real header and the lines given."""
    text = (package_folder() / WEATHER_FILE.name).read_text()
    return _writer(tmp_path / "weather.csv", text.split("\n", 1)[0])


def _writer(place: Path, header: str) -> Callable[..., Path]:
    def write(*lines: str) -> Path:
        place.write_text("\n".join([header, *lines]) + "\n")
        return place

    return write
