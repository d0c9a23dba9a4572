"""What people read: instants, money, severities, reasons, weather, timelines."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from dashboard.components.affected_table import affected_frame
from dashboard.components.alert_actions import SNOOZES
from dashboard.components.alert_reasons import reason_lines, strongest_reason
from dashboard.components.amounts import chance, counted, markdown_money, money, short_money
from dashboard.components.fallback_list import fallback_frame, origin_words, status_text
from dashboard.components.fallback_list import reason_lines as fallback_lines
from dashboard.components.inbox_table import compact_frame, escalation_text
from dashboard.components.instants import countdown, day_and_time, span, zone_name
from dashboard.components.palette import DARK, LIGHT
from dashboard.components.severity_marks import MARKS, most_severe_first
from dashboard.components.timeline import grouped, sentence
from dashboard.components.weather_chart import (
    PANELS,
    weather_charts,
    weather_frame,
    window_around,
)
from tests.factories.defaults import STORM_AT
from tests.factories.fallback_rows import fallback_row
from tests.factories.inbox import inbox_row
from warehouse.audit_tags import AuditTag
from warehouse.queries.alert_page import AffectedBookingRow, TimelineEntry
from warehouse.queries.weather import WeatherHour
from warehouse.vocabulary import AlertStatus, BookingId, FallbackStatus, Severity

NEW_YORK = "America/New_York"


@pytest.mark.parametrize(
    ("minutes", "words"),
    [
        (0, "now"),
        (0.9, "now"),
        (15, "in 15 min"),
        (-20, "20 min ago"),
        (125, "in 2 h 05 min"),
        (60 * 27, "in 1 d 3 h"),
    ],
)
def test_a_countdown_reads_as_people_speak(minutes: float, words: str) -> None:
    assert countdown(STORM_AT + timedelta(minutes=minutes), STORM_AT) == words


def test_every_time_names_its_zone_through_the_change_of_clocks() -> None:
    before = datetime(2013, 11, 3, 5, 30, tzinfo=UTC)
    assert day_and_time(before, NEW_YORK) == "Sun 3 Nov 01:30 EDT"
    assert day_and_time(before + timedelta(hours=1), NEW_YORK) == "Sun 3 Nov 01:30 EST"
    assert zone_name(STORM_AT, NEW_YORK) == "EST (New York)"


def test_a_span_says_its_two_largest_units() -> None:
    assert [span(timedelta(seconds=s)) for s in (30, 60, 3600, 90_000)] == [
        "under 1 min",
        "1 min",
        "1 h 00 min",
        "1 d 1 h",
    ]


def test_money_is_whole_and_short_where_it_is_long() -> None:
    assert money(163_749, "USD") == "$1,637"
    assert short_money(41_249_900, "USD") == "$412k"
    assert short_money(124_000_000, "EUR") == "€1.24M"
    assert short_money(99_900, "CHF") == "CHF 999"
    assert markdown_money(41_249_900, "USD") == r"\$412k"


def test_a_chance_is_never_a_false_zero() -> None:
    assert [chance(p) for p in (0.004, 0.01, 0.625, None)] == [
        "under 1 %",
        "1 %",
        "62 %",
        "unknown",
    ]


def test_a_count_agrees_with_its_noun() -> None:
    assert counted(1, "traveller") == "1 traveller"
    assert counted(2310, "party", "parties") == "2,310 parties"


def test_no_two_severities_share_a_shape_or_a_colour_and_only_the_worst_is_red() -> None:
    assert len({mark.shape for mark in MARKS.values()}) == len(Severity)
    assert len({mark.colour for mark in MARKS.values()}) == len(Severity)
    assert [severity for severity in Severity if MARKS[severity].colour == "red"] == ["critical"]
    assert most_severe_first()[0] is Severity.CRITICAL


@pytest.mark.parametrize(
    ("overrides", "words"),
    [
        ({}, "step 1, in 12 min"),
        ({"next_escalation_at": STORM_AT - timedelta(minutes=1)}, "step 1, due now"),
        ({"next_escalation_at": None}, "ladder used up"),
        ({"next_escalation_at": None, "status": AlertStatus.ACKNOWLEDGED}, "stopped"),
        ({"suppressed_until_at": STORM_AT + timedelta(hours=1)}, "snoozed, in 1 h 00 min"),
        ({"suppressed_until_at": STORM_AT - timedelta(hours=1)}, "step 1, in 12 min"),
    ],
)
def test_the_next_escalation_is_said_or_why_there_is_none(overrides: dict, words: str) -> None:
    assert escalation_text(inbox_row(**overrides), STORM_AT) == words


def test_a_phone_reads_everything_that_matters_in_one_cell() -> None:
    cell = compact_frame([inbox_row(acknowledged_by="Mara Diaz")], STORM_AT)["alert"][0]
    assert cell == (
        "High: B6 615  JFK → BOS, 62 % likely. Tue 10 Dec 18:00 EST. 4 travellers, $1,637. "
        "Mara Diaz has it, step 1, in 12 min"
    )


def test_an_alert_about_the_desk_itself_has_no_flight_to_name() -> None:
    row = inbox_row(
        carrier=None,
        scheduled_departure_at=None,
        origin_time_zone=None,
        headline="Nobody is on shift",
    )
    assert "Nobody is on shift" in compact_frame([row], STORM_AT)["alert"][0]


def test_reasons_come_strongest_first_and_those_that_hardly_count_are_left_out() -> None:
    drivers = [
        {"group": "season", "words": "winter evening", "effect": -0.011},
        {"group": "wind", "words": "gusts 24 m/s", "effect": 0.21},
        {"group": "noise", "words": "Tuesday", "effect": 0.001},
    ]
    assert reason_lines(drivers) == [
        "**Gusts 24 m/s**: 21 points more than usual",
        "**Winter evening**: 1 point less than usual",
    ]
    assert strongest_reason(drivers) == "gusts 24 m/s"
    assert strongest_reason(drivers[:1]) == ""


def booking(**overrides: object) -> AffectedBookingRow:
    values = {
        "booking_id": BookingId(1),
        "booking_ref": "QX7Z2P",
        "leg_id": 1,
        "stay_id": None,
        "lead_traveller": "Ada Reyes",
        "email": "ada@example.test",
        "phone": "+15550001",
        "home_airport": "BOS",
        "travellers": 2,
        "trip_purpose": "family",
        "value_minor_units": 60_000,
        "currency": "USD",
        "is_generated": True,
    }
    return AffectedBookingRow(**values | overrides)


def test_who_may_not_see_people_sees_no_column_about_them() -> None:
    hidden = {"lead_traveller": None, "email": None, "phone": None, "home_airport": None}
    assert list(affected_frame([booking(**hidden)])) == [
        "Booking",
        "Travellers",
        "Trip",
        "Booked for",
    ]
    assert "Lead traveller" in affected_frame([booking(), booking(**hidden)])


def hour(at: datetime, **overrides: object) -> WeatherHour:
    values = {
        "valid_at": at,
        "issued_at": at,
        "source": "observed",
        "is_forecast": False,
        "wind_mps": 8.0,
        "gust_mps": None,
        "visibility_m": 800.0,
        "precipitation_mm": 0.3,
        "temperature_c": -1.0,
    }
    return WeatherHour(**values | overrides)


def test_weather_is_laid_out_in_local_time_and_a_simulated_forecast_says_so() -> None:
    forecast = hour(STORM_AT, is_forecast=True, source="simulated-2013", gust_mps=15.0)
    frame = weather_frame([hour(STORM_AT), forecast], NEW_YORK)
    assert frame["local"][0] == STORM_AT.astimezone(ZoneInfo(NEW_YORK)).replace(tzinfo=None)
    assert frame["kind"].tolist() == ["observed", "simulated forecast"]
    assert frame["gust"].tolist() == [8.0, 15.0]
    assert frame["visibility"][0] == 0.8


def test_the_picture_reaches_back_to_now_unless_that_is_days_away() -> None:
    departs_at = STORM_AT + timedelta(hours=12)
    start, until = window_around(departs_at, STORM_AT)
    assert start < STORM_AT < departs_at < until
    assert window_around(STORM_AT + timedelta(hours=60), STORM_AT)[0] > STORM_AT


@pytest.mark.parametrize("colours", [LIGHT, DARK])
@pytest.mark.parametrize("hours", [[], [hour(STORM_AT, visibility_m=None)]])
def test_the_weather_can_be_drawn_whatever_is_missing(hours: list, colours: object) -> None:
    charts = weather_charts(
        hours, departs_at=STORM_AT, now=STORM_AT, time_zone=NEW_YORK, colours=colours
    )
    assert list(charts) == list(PANELS.values())
    for chart in charts.values():
        chart.to_dict()


def entry(tag: AuditTag, **overrides: object) -> TimelineEntry:
    values = {
        "entry_id": 1,
        "at": STORM_AT,
        "tag": tag,
        "actor_username": "SYSTEM",
        "actor_name": None,
        "before": None,
        "after": None,
        "reason": None,
    }
    return TimelineEntry(**values | overrides)


def test_the_timeline_speaks_in_sentences_and_has_one_for_what_it_does_not_know() -> None:
    assert sentence(entry(AuditTag.ALERT_RAISED)) == "The desk raised it"
    taken = entry(AuditTag.ALERT_ACKNOWLEDGED, actor_username="mara")
    assert sentence(taken) == "mara acknowledged it"
    named = entry(AuditTag.ALERT_RELEASED, actor_username="mara", actor_name="Mara Diaz")
    assert sentence(named) == "Mara Diaz released it"
    facts = {"level": 2, "recipients": ["Tomas Berg"]}
    assert (
        sentence(entry(AuditTag.ALERT_ESCALATED, after=facts)) == "Escalated to step 2: Tomas Berg"
    )
    assert sentence(entry(AuditTag.NOTIFICATION_DIED)) == "The desk: notification died"


def test_a_page_that_left_with_others_says_with_how_many() -> None:
    facts = {"recipient": "Mara Lind", "channel": "email", "others": 3}
    sent = entry(AuditTag.NOTIFICATION_SENT, after=facts)
    assert sentence(sent) == "Paged Mara Lind by e-mail, in one message with 3 others"
    alone = entry(AuditTag.NOTIFICATION_SENT, after=facts | {"others": 1, "channel": "sms"})
    assert sentence(alone) == "Paged Mara Lind by text message, in one message with 1 other"
    assert [times for _, times in grouped([sent, alone])] == [1, 1]


def test_neighbours_that_say_the_same_fold_into_one() -> None:
    held = entry(AuditTag.FALLBACK_HELD)
    later = entry(AuditTag.FALLBACK_HELD, at=STORM_AT + timedelta(minutes=5))
    raised = entry(AuditTag.ALERT_RAISED)
    assert [times for _, times in grouped([held, held, later, raised])] == [2, 1, 1]


def test_a_snooze_ends_in_minutes_as_it_says() -> None:
    assert SNOOZES["2 hours"] == 120


def test_the_zone_is_the_airports_not_the_readers() -> None:
    assert day_and_time(STORM_AT.astimezone(ZoneInfo("Asia/Tokyo")), NEW_YORK) == (
        "Tue 10 Dec 06:00 EST"
    )


def test_a_hold_says_how_long_it_lasts() -> None:
    row = fallback_row(status=FallbackStatus.HELD, hold_expires_at=STORM_AT + timedelta(minutes=29))
    assert status_text(row, STORM_AT) == "held, 29 min left"
    assert status_text(row, STORM_AT + timedelta(hours=1)) == "held, time is up"
    assert status_text(fallback_row(), STORM_AT) == "proposed"


def test_a_hotels_place_is_explained_weightiest_first_and_the_cap_is_named() -> None:
    assert fallback_lines(fallback_row(requires_approval=True)) == [
        "2.4 km from the airport: 24 of 30 points",
        "refundable until check-in: 10 of 10 points",
        "above the policy's price cap: a manager has to offer it",
    ]


def test_only_made_up_hotels_are_said_to_be_generated() -> None:
    generated, real = fallback_row(is_generated=True), fallback_row(is_generated=False)
    assert origin_words([generated]) == "Hotels and rooms are generated."
    assert origin_words([generated, real]) == "Some hotels and rooms are generated."
    assert not origin_words([real])


def test_only_what_is_not_yet_offered_can_be_and_only_by_whoever_may() -> None:
    rows = [fallback_row(), fallback_row(status=FallbackStatus.OFFERED)]
    assert fallback_frame(rows, STORM_AT, may_offer=True)["act"].tolist() == ["Offer", ""]
    assert fallback_frame(rows, STORM_AT, may_offer=False)["act"].tolist() == ["", ""]
    assert fallback_frame(rows, STORM_AT, may_offer=False)["Traveller"][0] == "2 people"
