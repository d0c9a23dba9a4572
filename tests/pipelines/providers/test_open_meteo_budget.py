"""Calls are weighed and counted as the provider does it."""

from datetime import UTC, datetime, timedelta

import pytest

from pipelines.providers.errors import ProviderBusy, ProviderRefused
from pipelines.providers.open_meteo_budget import Allowance, Budget, call_cost

AT = datetime(2026, 11, 26, 12, 59, 50, tzinfo=UTC)


@pytest.mark.parametrize(
    ("variables", "models", "days", "locations", "cost"),
    [
        # The first four are the server's own tests of its query weight.
        (1, 1, 7, 1, 1.0),
        (15, 1, 7, 1, 1.5),
        (1, 1, 31, 2, 2.0),
        (15, 1, 31, 2, 6.642857),
        (9, 1, 7, 120, 120.0),
        (9, 3, 7, 1, 2.7),
        (27, 1, 28, 10, 54.0),
    ],
)
def test_a_call_costs_what_the_provider_counts(
    variables: int, models: int, days: int, locations: int, cost: float
) -> None:
    weighed = call_cost(variables=variables, models=models, days=days, locations=locations)

    assert weighed == pytest.approx(cost)


def test_what_fits_is_sent_at_once() -> None:
    budget = Budget()

    assert [budget.reserve(300, at=AT), budget.reserve(300, at=AT)] == [0, 0]


def test_what_exceeds_the_minute_waits_for_the_next() -> None:
    budget = Budget()
    budget.reserve(600, at=AT)

    assert budget.reserve(1, at=AT) == 10
    assert budget.reserve(599, at=AT + timedelta(seconds=11)) == 0
    assert budget.reserve(1, at=AT + timedelta(seconds=11)) == 59


def test_a_wait_counts_in_the_window_it_ends_in() -> None:
    budget = Budget(Allowance(per_minute=10, per_hour=100, per_day=1000), longest_wait_seconds=300)

    waits = [budget.reserve(10, at=AT) for _ in range(4)]

    assert waits == [0, 10, 70, 130]


def test_the_hour_is_the_clocks_own() -> None:
    budget = Budget(Allowance(per_minute=600, per_hour=600, per_day=10_000))
    budget.reserve(600, at=datetime(2026, 11, 26, 12, 58, 0, tzinfo=UTC))

    assert budget.reserve(1, at=AT) == 10


def test_a_wait_beyond_our_patience_is_busy_and_sets_nothing_aside() -> None:
    budget = Budget(Allowance(per_minute=600, per_hour=600, per_day=10_000))
    early = datetime(2026, 11, 26, 12, 5, tzinfo=UTC)
    budget.reserve(500, at=early)

    with pytest.raises(ProviderBusy, match=r"no room for 200 more .*ask at 13:00 UTC") as refusal:
        budget.reserve(200, at=early)

    assert refusal.value.wait_seconds == 55 * 60
    assert "600 per minute, 600 per hour" in str(refusal.value)
    assert budget.reserve(100, at=early) == 0


def test_the_day_is_over_at_midnight_utc() -> None:
    budget = Budget(Allowance(per_minute=600, per_hour=600, per_day=600))
    budget.reserve(600, at=datetime(2026, 11, 26, 3, tzinfo=UTC))

    with pytest.raises(ProviderBusy) as refusal:
        budget.reserve(1, at=datetime(2026, 11, 26, 23, tzinfo=UTC))
    waited = budget.reserve(1, at=datetime(2026, 11, 26, 23, 59, tzinfo=UTC))

    assert refusal.value.wait_seconds == 3600
    assert waited == 60


def test_what_never_fits_is_refused() -> None:
    with pytest.raises(ProviderRefused, match="allows 600 calls a minute and this one costs 601"):
        Budget().reserve(601, at=AT)


def test_another_zone_is_the_same_clock() -> None:
    budget = Budget()
    budget.reserve(600, at=AT)
    eastern = datetime.fromisoformat("2026-11-26T07:59:50-05:00")

    assert budget.reserve(1, at=eastern) == 10
