"""Warnings of the National Weather Service become bulletins by airport."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.providers.errors import ProviderBusy, ProviderError, ProviderRefused
from pipelines.providers.nws_alerts import NwsAlerts, connect_nws
from pipelines.providers.nws_answer import read_alerts, read_zone_alerts
from pipelines.providers.weather_client import Asker
from pipelines.providers.weather_frames import BULLETIN_COLUMNS
from tests.pipelines.providers.any_json import ANY_JSON, nearly
from tests.pipelines.providers.scripted_server import Answer, ScriptedServer

ALERT = {
    "id": "urn:oid:2.49.0.1.840.0.1",
    "areaDesc": "Kings (Brooklyn); Southern Queens",
    "affectedZones": ["https://api.weather.gov/zones/forecast/NYZ075"],
    "geocode": {"UGC": ["NYZ178"]},
    "sent": "2026-11-26T10:00:00-05:00",
    "effective": "2026-11-26T10:00:00-05:00",
    "onset": "2026-11-26T18:00:00-05:00",
    "expires": "2026-11-26T20:00:00-05:00",
    "ends": "2026-11-27T06:00:00-05:00",
    "status": "Actual",
    "messageType": "Alert",
    "severity": "Severe",
    "event": "High Wind Warning",
    "headline": "High Wind Warning issued\nNovember 26 by NWS New York NY",
    "description": "Gusts up to 60 mph.",
    "instruction": "Stay inside.",
}
NOTHING_IN_FORCE = {"type": "FeatureCollection", "features": []}


def collection(*alerts: dict[str, Any]) -> dict[str, Any]:
    return {"type": "FeatureCollection", "features": [{"properties": alert} for alert in alerts]}


def one(**overrides: Any) -> dict[str, Any]:
    return read_alerts(collection(ALERT | overrides), "JFK").bulletins.to_dict("records")[0]


def refused(**overrides: Any) -> dict[str, Any]:
    found = read_alerts(collection(ALERT | overrides), "JFK")
    assert found.bulletins.empty
    return found.rejected.to_dict("records")[0]


def utc(text: str) -> pd.Timestamp:
    return pd.Timestamp(text, tz="UTC")


def test_a_warning_becomes_a_bulletin() -> None:
    found = read_alerts(collection(ALERT), "JFK")

    assert list(found.bulletins.columns) == list(BULLETIN_COLUMNS)
    assert found.bulletins.to_dict("records") == [
        {
            "source": "nws",
            "kind": "alert",
            "airport": "JFK",
            "bulletin_ref": "urn:oid:2.49.0.1.840.0.1",
            "issued_at": utc("2026-11-26T15:00"),
            "valid_from": utc("2026-11-26T23:00"),
            "valid_until": utc("2026-11-27T11:00"),
            "severity": "Severe",
            "headline": "High Wind Warning issued November 26 by NWS New York NY",
            "raw_text": "Gusts up to 60 mph.\n\nStay inside.",
        }
    ]
    assert found.rejected.empty


def test_what_a_warning_leaves_out_is_filled_from_the_rest() -> None:
    bare = one(onset=None, ends=None, headline=None, description=None, instruction=None)

    assert bare["valid_from"] == utc("2026-11-26T15:00")
    assert bare["valid_until"] == utc("2026-11-27T01:00")
    assert bare["headline"] == "High Wind Warning for Kings (Brooklyn); Southern Queens"
    assert bare["raw_text"] == bare["headline"]


def test_a_message_that_expires_before_its_storm_begins_stands_from_when_it_was_sent() -> None:
    early = one(ends=None, expires="2026-11-26T16:00:00-05:00")

    assert (early["valid_from"], early["valid_until"]) == (
        utc("2026-11-26T15:00"),
        utc("2026-11-26T21:00"),
    )


def test_a_cancelled_warning_is_over_at_once() -> None:
    cancelled = one(messageType="Cancel")

    assert cancelled["valid_until"] == cancelled["issued_at"]
    assert cancelled["headline"].startswith("Cancelled: High Wind Warning")


def test_an_unknown_severity_is_none() -> None:
    assert pd.isna(one(severity="Unknown")["severity"])
    assert pd.isna(one(severity=3)["severity"])


@pytest.mark.parametrize(
    ("overrides", "column", "reason"),
    [
        ({"status": "Test"}, "status", "is Test: not meant for the public"),
        ({"id": None}, "id", "is missing"),
        ({"sent": "soon", "effective": None}, "sent", "is no instant"),
        ({"headline": "", "event": None}, "headline", "there is nothing to tell"),
    ],
)
def test_what_an_agent_cannot_use_is_refused(
    overrides: dict[str, Any], column: str, reason: str
) -> None:
    found = refused(**overrides)

    assert (found["line"], found["column_name"]) == (1, column)
    assert reason in found["reason"]
    assert json.loads(found["raw"])["properties"]["areaDesc"] == ALERT["areaDesc"]


def test_json_ld_is_read_too() -> None:
    found = read_alerts({"@graph": [ALERT]}, "JFK")

    assert list(found.bulletins["bulletin_ref"]) == [ALERT["id"]]


@pytest.mark.parametrize("payload", [None, [], "no", {}, {"features": {}}])
def test_no_collection_is_no_all_clear(payload: object) -> None:
    with pytest.raises(ProviderBusy, match="sent no warnings but"):
        read_alerts(payload, "JFK")


def test_zones_find_the_airports_a_warning_is_about() -> None:
    elsewhere = ALERT | {"affectedZones": [], "geocode": {"UGC": ["ORZ006"]}}
    zones = {"JFK": ["NYZ178"], "LGA": ["NYZ176", "NYZ075"], "PDX": ["ORZ112"]}

    found = read_zone_alerts(collection(ALERT, elsewhere), zones)

    assert list(found.bulletins["airport"]) == ["JFK", "LGA"]
    [stray] = found.rejected.to_dict("records")
    assert (stray["line"], stray["column_name"]) == (2, "affectedZones")


EARLIER = [
    {"identifier": "urn:second", "sent": "2026-11-26T09:30:00-05:00"},
    {"identifier": "urn:first", "sent": "2026-11-26T09:00:00-05:00"},
]
LATER = {"id": "urn:third", "sent": "2026-11-26T10:30:00-05:00"}


@pytest.mark.parametrize("message", ["Update", "Cancel"])
def test_a_message_that_follows_others_takes_the_place_of_the_first(message: str) -> None:
    expired = {
        "expiredReferences": ["w@noaa.gov,urn:oldest,2026-11-25T09:00:00-05:00 w@noaa.gov,x"]
    }

    follows = one(**LATER, messageType=message, references=EARLIER)
    assert follows["bulletin_ref"] == "urn:first"
    follows = one(**LATER, messageType=message, references=EARLIER, parameters=expired)
    assert follows["bulletin_ref"] == "urn:oldest"
    odd = one(**LATER, messageType=message, references=[None, {"identifier": 3}], parameters=[])
    assert odd["bulletin_ref"] == "urn:third"


def test_two_messages_that_follow_the_same_one_both_stand() -> None:
    split = [
        ALERT | {"id": "urn:a", "references": EARLIER},
        ALERT | LATER | {"id": "urn:b", "references": EARLIER},
    ]

    found = read_alerts(collection(*split), "JFK").bulletins

    assert dict(zip(found["bulletin_ref"], found["issued_at"].dt.minute, strict=True)) == {
        "urn:first": 30,
        "urn:a": 0,
    }


def test_a_message_without_an_id_is_known_by_its_address() -> None:
    nameless = {name: value for name, value in ALERT.items() if name != "id"}

    [linked] = read_alerts(
        {"@graph": [nameless | {"@id": "https://api.weather.gov/alerts/urn:x/"}]}, "JFK"
    ).bulletins.to_dict("records")

    assert linked["bulletin_ref"] == "urn:x"


def test_a_single_warning_is_read_too() -> None:
    single = collection(ALERT)["features"][0] | {"type": "Feature"}

    assert len(read_alerts(single, "JFK").bulletins) == 1


@pytest.mark.parametrize(
    "place",
    [
        {"affectedZones": None, "geocode": {"UGC": "NYZ178", "SAME": None}},
        {"affectedZones": ["https://api.weather.gov/zones/county/nyz178/"], "geocode": None},
        {"affectedZones": "NYZ178", "geocode": []},
    ],
)
def test_zones_are_found_however_they_are_written(place: dict[str, Any]) -> None:
    found = read_zone_alerts(collection(ALERT | place), {"JFK": ["NYZ178"]})

    assert list(found.bulletins["airport"]) == ["JFK"]


def test_a_warning_that_was_over_when_it_was_sent_is_kept() -> None:
    over = one(ends="2026-11-26T09:00:00-05:00", expires=None)

    assert over["valid_from"] == over["valid_until"] == utc("2026-11-26T14:00")


def test_a_severity_is_one_word_however_it_is_written() -> None:
    assert one(severity="EXTREME")["severity"] == "Extreme"
    assert pd.isna(one(severity="unknown")["severity"])


@pytest.fixture
def nws(provider: ScriptedServer, slept: list[float]) -> NwsAlerts:
    return connect_nws(
        Asker("Stormdesk (desk@example.com)", sleep=slept.append), base_url=provider.url
    )


def test_airports_are_asked_for_one_by_one(provider: ScriptedServer, nws: NwsAlerts) -> None:
    provider.will_answer(Answer(collection(ALERT)), Answer(NOTHING_IN_FORCE))

    found = nws.at_places([("JFK", 40.639928, -73.778692), ("LAX", 33.9, -118.0)])

    assert list(found.bulletins["airport"]) == ["JFK"]
    first, second = provider.asked
    assert first.path == "/alerts/active"
    assert first.query == {"status": ["actual"], "point": ["40.6399,-73.7787"]}
    assert second.query["point"] == ["33.9,-118"]
    assert first.headers["User-Agent"] == "Stormdesk (desk@example.com)"


def test_an_airport_abroad_is_refused_and_the_others_are_not(
    provider: ScriptedServer, nws: NwsAlerts
) -> None:
    problem = {
        "type": "https://api.weather.gov/problems/InvalidParameter",
        "title": "Invalid Parameter",
        "status": 400,
        "detail": 'Parameter "point" is invalid: out of bounds',
    }
    provider.will_answer(Answer(problem, 400), Answer(collection(ALERT)))

    found = nws.at_places([("LHR", 51.47, -0.45), ("JFK", 40.64, -73.78)])

    assert list(found.bulletins["airport"]) == ["JFK"]
    [refusal] = found.rejected.to_dict("records")
    assert (refusal["line"], refusal["raw"]) == (1, '{"airport": "LHR"}')
    assert "Invalid Parameter" in refusal["reason"]
    assert 'Parameter "point" is invalid: out of bounds' in refusal["reason"]


def test_zones_are_asked_for_all_at_once(provider: ScriptedServer, nws: NwsAlerts) -> None:
    provider.will_answer(Answer(collection(ALERT)))

    nws.in_zones({"JFK": ["NYZ178"], "PDX": ["ORZ112", "NYZ178"]})
    nws.in_zones({"JFK": ["NYZ178"]})

    several, single = provider.asked
    assert several.query == {"status": ["actual"], "zone": ["NYZ178,ORZ112"]}
    assert (single.path, single.query) == ("/alerts/active/zone/NYZ178", {})
    assert nws.in_zones({"JFK": []}).bulletins.empty
    assert len(provider.asked) == 2


def test_who_does_not_say_who_asks_is_told_to(provider: ScriptedServer, nws: NwsAlerts) -> None:
    provider.will_answer(Answer(b"<html>Access Denied</html>", 403))

    with pytest.raises(ProviderRefused, match="set a user agent with an address to write to"):
        nws.at_places([("JFK", 40.64, -73.78)])
    with pytest.raises(ProviderRefused, match="answers nobody unknown"):
        connect_nws(Asker(" "))


def test_a_passing_trouble_is_tried_again(
    provider: ScriptedServer, nws: NwsAlerts, slept: list[float]
) -> None:
    problem = {"title": "Unexpected Problem", "status": 500, "detail": "Unexpected."}
    provider.will_answer(Answer(problem, 500), Answer(collection(ALERT)))

    found = nws.at_places([("JFK", 40.64, -73.78)])

    assert len(found.bulletins) == 1
    assert len(slept) == 1


def test_a_lasting_trouble_is_told_in_the_services_words(
    provider: ScriptedServer, nws: NwsAlerts
) -> None:
    provider.will_answer(Answer({"title": "Unexpected Problem", "detail": "Try later."}, 503))

    with pytest.raises(ProviderBusy, match="nws: answered 503: Unexpected Problem: Try later"):
        nws.at_places([("JFK", 40.64, -73.78)])


def test_a_captured_answer(shared_fixtures: Path) -> None:
    path = shared_fixtures / "weather" / "nws_alerts_active_zone.json"
    payload = json.loads(path.read_text(encoding="utf-8"))

    found = read_alerts(payload, "PDX")
    by_zone = read_zone_alerts(payload, {"PDX": ["ORZ006"], "HIO": ["ORZ999"]})

    [bulletin] = found.bulletins.to_dict("records")
    raw = bulletin.pop("raw_text")
    assert bulletin == {
        "source": "nws",
        "kind": "alert",
        "airport": "PDX",
        "bulletin_ref": "NWS-IDP-PROD-3963421-3367361",
        "issued_at": pd.Timestamp(datetime(2019, 12, 20, 21, 34, tzinfo=UTC)),
        "valid_from": pd.Timestamp(datetime(2019, 12, 20, 21, 34, tzinfo=UTC)),
        "valid_until": pd.Timestamp(datetime(2019, 12, 22, 18, 0, tzinfo=UTC)),
        "severity": "Severe",
        "headline": "Flood Watch issued December 20 at 1:34PM PST until "
        "December 22 at 10:00AM PST by NWS Portland OR",
    }
    assert raw.startswith("The Flood Watch continues for")
    assert raw.endswith("rapidly moving landslides.")
    assert found.rejected.empty
    assert list(by_zone.bulletins["airport"]) == ["PDX"]


@settings(deadline=None)
@given(payload=ANY_JSON | st.lists(nearly(ALERT) | ANY_JSON).map(lambda alerts: {"@graph": alerts}))
def test_whatever_comes_is_read_or_refused_by_name(payload: object) -> None:
    for read in (
        lambda: read_alerts(payload, "JFK"),
        lambda: read_zone_alerts(payload, {"JFK": ["NYZ178"]}),
    ):
        try:
            found = read()
        except ProviderError:
            continue
        assert list(found.bulletins.columns) == list(BULLETIN_COLUMNS)
        assert found.bulletins["headline"].str.len().gt(0).all()
        assert found.bulletins["issued_at"].notna().all()
