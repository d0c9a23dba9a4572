"""Policies as files: read again as they were written, and every mistake told at once."""

import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from warehouse.errors import PolicyFileWrong
from warehouse.rules.currencies import DECIMALS
from warehouse.rules.page_rate import PRODUCTS_RATE, PageRate
from warehouse.rules.policy_files import (
    FiledAlertPolicy,
    FiledEscalation,
    FiledStep,
    render,
    setting_changes,
)
from warehouse.rules.policy_reading import ON_SHIFT, read_policy
from warehouse.rules.severity import Stakes
from warehouse.rules.storm_control import StormControl
from warehouse.vocabulary import TO_PEOPLE, Channel, FallbackKind, Role, Severity

MINUTES = st.integers(1, 10_080)
UNITS = st.integers(1, 10**12)
USERNAMES = st.text(string.ascii_lowercase + string.digits + '._-"\\é', min_size=1)
NAMES = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), min_size=1)
STEPS = st.builds(
    lambda delay, whom, channels, kind: FiledStep(delay, *whom, tuple(channels), kind),
    st.integers(0, 10_080),
    st.sampled_from([(role, None) for role in ON_SHIFT])
    | USERNAMES.map(lambda username: (None, username)),
    st.lists(st.sampled_from(TO_PEOPLE), min_size=1, unique=True),
    st.none() | st.sampled_from(FallbackKind),
)
ESCALATIONS = st.builds(
    FiledEscalation,
    name=NAMES.filter(str.strip),
    catch_all=USERNAMES,
    repeat_count=st.integers(0, 10),
    reopens_on_severity_rise=st.booleans(),
    ack_timeout_minutes=st.dictionaries(st.sampled_from(Severity), MINUTES),
    page_rate=st.builds(PageRate, st.integers(1, 1_000), st.integers(1, 1_440)),
    storm=st.none() | st.builds(StormControl, st.integers(1, 10_000), MINUTES),
    steps=st.lists(STEPS, min_size=1, max_size=10).map(tuple),
)
ALERT_POLICIES = st.builds(
    FiledAlertPolicy,
    stakes=st.builds(Stakes, UNITS, UNITS, st.floats(0.001, 1)),
    currency=st.sampled_from(sorted(DECIMALS)),
    hold_minutes=MINUTES,
    fallback_price_cap_minor_units=st.integers(0, 10**12),
    fallback_distance_cap_km=st.floats(0, 20_000),
)

EMAIL = (Channel.EMAIL,)
LADDER = FiledEscalation(
    name="Flights",
    catch_all="ada",
    repeat_count=1,
    reopens_on_severity_rise=True,
    ack_timeout_minutes={Severity.CRITICAL: 30},
    page_rate=PRODUCTS_RATE,
    storm=None,
    steps=(FiledStep(0, Role.AGENT, None, EMAIL, None), FiledStep(15, None, "ada", EMAIL, None)),
)
ALERTS = FiledAlertPolicy(Stakes(2_000, 40_000, 0.4), "USD", 60, 35_000, 25.0)


@given(ESCALATIONS | ALERT_POLICIES)
def test_a_policy_is_read_again_as_it_was_written(policy) -> None:
    again = read_policy(render(policy))
    assert again == policy
    assert setting_changes(policy, again) == []


def mistakes(text: str) -> list[str]:
    with pytest.raises(PolicyFileWrong) as refused:
        read_policy(text)
    return list(refused.value.mistakes)


def test_every_mistake_is_told_at_once_with_what_to_do() -> None:
    assert mistakes("""
kind = "escalation"
name = ""
catch_al = "admin"
starts_over = true
reopens_on_severity_rise = "yes"
[ack_timeout_minutes]
critical = 0
hihg = 3
[storm]
cap_alerts = 2.5
[[step]]
delay_minutes = -1
on_shift = "agnet"
channels = ["email", "pigeon"]
[[step]]
on_shift = "manager"
user = "ada"
channels = []
[[step]]
delay_minutes = 10081
channels = ["sms", "sms"]
""") == [
        'It says name = "", which must be words in quotes, such as name = "Flight disruption".',
        'It lacks catch_all: add catch_all = "admin".',
        "It says starts_over = true, which must be a whole number from 0 to 10.",
        'It says reopens_on_severity_rise = "yes", which must be true or false, without quotes.',
        "[ack_timeout_minutes] says critical = 0, which must be a whole number from 1 to 10,080.",
        "[storm] says cap_alerts = 2.5, which must be a whole number from 1 to 10,000.",
        "[storm] lacks window_minutes: add window_minutes = 60.",
        'Step 1 says on_shift = "agnet", which is none of those there are: did you mean agent?',
        "Step 1 says delay_minutes = -1, which must be a whole number from 0 to 10,080.",
        'Step 1 says channels = "pigeon", which is none of those there are: there are email, sms, '
        "chat, webhook.",
        "Step 2 asks both on_shift and user: keep one of them.",
        "Step 2 lacks delay_minutes: add delay_minutes = 15.",
        'Step 2 says channels = [], which must be a list with one or more, such as ["email"].',
        'Step 3 asks nobody: add on_shift = "agent", or user = "a name to sign in with".',
        "Step 3 says delay_minutes = 10081, which must be a whole number from 0 to 10,080.",
        'Step 3 says channels = ["sms", "sms"], which names one twice: keep it once.',
        "It has catch_al, which means nothing here: did you mean catch_all?",
        "[ack_timeout_minutes] has hihg, which means nothing here: did you mean high?",
    ]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("x =", "It is not TOML: Invalid value (at end of document). Mend that first."),
        ("", 'It lacks kind: add kind = "escalation".'),
        ('kind = "alerts"', 'It says kind = "alerts", which is none of those there are: did you'),
        ('kind = "escalation"', "It has 0 steps: write 1 to 10, each below a line [[step]]."),
        ('kind = "escalation"\nstep = 3', "begin each with a line [[step]]."),
        ('kind = "escalation"\nstorm = 3', "must be a table: write [storm] on a line of its own."),
        ('kind = "escalation"\nname = "a\\u0000"', "which must be words in quotes"),
        (
            'kind = "alert"\ncurrency = "EURO"',
            'currency = "EURO", which is none of those there are',
        ),
        ('kind = "alert"\navoidable_share = nan', "must be a number from 0.001 to 1."),
        ('kind = "alert"\navoidable_share = 0', "must be a number from 0.001 to 1."),
        ('kind = "alert"\nhold_minutes = "60"', "must be a whole number from 1 to 10,080."),
        ('kind = "alert"\n[[step]]', "It has step, which means nothing here"),
    ],
)
def test_a_mistake_says_what_to_do(text: str, told: str) -> None:
    assert [each for each in mistakes(text) if told in each], mistakes(text)


@given(st.text())
def test_whatever_a_file_holds_is_read_or_refused_in_words(text: str) -> None:
    # No text of a few letters says a policy: anything else than a refusal in words fails here.
    assert all(mistakes(text))


def test_what_differs_is_told_by_the_names_of_the_file() -> None:
    other = FiledEscalation(
        name="Flights",
        catch_all="ada",
        repeat_count=1,
        reopens_on_severity_rise=False,
        ack_timeout_minutes={Severity.CRITICAL: 45, Severity.LOW: 600},
        page_rate=PageRate(3, 10),
        storm=StormControl(25, 60),
        steps=LADDER.steps,
    )
    assert setting_changes(LADDER, other) == [
        "reopens_on_severity_rise: true → false",
        "ack_timeout_minutes.critical: 30 → 45",
        "ack_timeout_minutes.low: none → 600",
        "page_rate: 5 in 15 min → 3 in 10 min",
        "storm: none → 25 alerts in 60 minutes",
    ]
    dearer = FiledAlertPolicy(Stakes(3_000, 40_000, 0.4), "USD", 60, 35_000, 25.0)
    assert setting_changes(ALERTS, dearer) == [
        "alert_cost_minor_units: 2000 → 3000",
        "worth an alert from: 12.5% on → 18.8% on",
    ]
