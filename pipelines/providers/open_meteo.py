"""Asks Open-Meteo for hourly weather at many places: forecasts, and what it forecast before."""

import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from random import Random
from typing import Any, Final

import pandas as pd

from pipelines.providers.errors import ProviderRefused
from pipelines.providers.http import Patience, ProviderClient
from pipelines.providers.open_meteo_answer import SOURCE, OpenMeteoWeather, read_weather, together
from pipelines.providers.open_meteo_budget import Budget, call_cost
from pipelines.providers.open_meteo_hours import HOUR
from pipelines.providers.open_meteo_judge import OpenMeteoJudge, VariableUnknown
from pipelines.providers.open_meteo_question import Question, degrees, on_the_hour
from pipelines.providers.open_meteo_variables import ASKED
from pipelines.providers.places import Place, read_places

ATTRIBUTION: Final = (
    "Weather data by Open-Meteo.com (CC BY 4.0, https://creativecommons.org/licenses/by/4.0/)"
)
"""What the licence asks to be shown beside the data; the free host is for non-commercial use."""

FORECASTS: Final = "api"
PREVIOUS_RUNS: Final = "previous-runs-api"
"""Forecasts as they were a number of days before; a key for it needs the Professional plan."""

_PATH: Final = "/v1/forecast"
_DAY: Final = timedelta(days=1)
_UNITS: Final = {"timezone": "GMT", "wind_speed_unit": "ms"}

Places = pd.DataFrame | Iterable[Sequence[Any]]


@dataclass
class OpenMeteo:
    """Asks one host of Open-Meteo, in batches of places and within its limits."""

    client: ProviderClient
    budget: Budget = field(default_factory=Budget)
    places_per_call: int = 100
    sends_forms: bool = False
    """Ask by POST, for batches too long for an address."""
    models: tuple[str, ...] = ()
    clock: Callable[[], datetime] = field(default=lambda: datetime.now(UTC), repr=False)

    def weather(
        self,
        places: Places,
        *,
        at: datetime,
        forecast_days: int = 7,
        past_days: int = 0,
        variables: Sequence[str] = ASKED,
    ) -> OpenMeteoWeather:
        """Ask for the weather of today and the days after it.

        Parameters
        ----------
        places:
            A frame with the columns airport (or iata), latitude and longitude, or as many triples.
        at:
            The instant of asking, at which forecasts count as issued and hours as observed.
        forecast_days:
            How many days from today (UTC) on, 16 at most.
        past_days:
            How many days before today, 92 at most.
        variables:
            What to ask for; those that fill no column are read by nobody.

        Returns
        -------
        :
            What `read_weather` makes of the answers.
        """
        period = {"forecast_days": str(forecast_days), "past_days": str(past_days)}
        question = Question(tuple(variables), period, forecast_days + past_days)
        return self._ask(places, question, at=at)

    def observed(
        self,
        places: Places,
        *,
        since: datetime,
        until: datetime,
        variables: Sequence[str] = ASKED,
    ) -> OpenMeteoWeather:
        """Ask for the hours that were over within a stretch of time, however long it is past.

        Parameters
        ----------
        places:
            As for `weather`.
        since:
            An instant; hours that were over by then are left out.
        until:
            Instant at which the hours count as observed. The provider goes back three months.
        variables:
            What to ask for.

        Returns
        -------
        :
            Observations alone.
        """
        hours = {"start_hour": on_the_hour(since - HOUR), "end_hour": on_the_hour(until)}
        question = Question(tuple(variables), hours, max(1, -((since - until) // _DAY)))
        found = self._ask(places, question, at=until, observed_since=since)
        return replace(found, forecasts=found.forecasts.iloc[:0])

    def previous_runs(
        self,
        places: Places,
        *,
        at: datetime,
        first_on: date,
        last_on: date,
        days_before: Sequence[int] = (1, 2, 3),
        variables: Sequence[str] = ASKED,
    ) -> OpenMeteoWeather:
        """Ask what was forecast of past days a number of days before; connect `PREVIOUS_RUNS`.

        Parameters
        ----------
        places:
            As for `weather`.
        at:
            The instant of asking.
        first_on:
            First day, in UTC.
        last_on:
            Last day, in UTC, whole.
        days_before:
            How many days before the hour it was forecast, from 1 to 7.
        variables:
            What to ask for.

        Returns
        -------
        :
            Forecasts issued so many times 24 h before they are valid.
        """
        names = tuple(f"{name}_previous_day{day}" for day in days_before for name in variables)
        until = last_on + timedelta(days=1)
        # One hour more, since a row takes its rain and gusts from the end of its hour.
        period = {"start_hour": f"{first_on}T00:00", "end_hour": f"{until}T00:00"}
        question = Question(names, period, (until - first_on).days)
        found = self._ask(places, question, at=at)
        is_asked = found.forecasts["valid_at"] < pd.Timestamp(until, tz="UTC")
        return replace(found, forecasts=found.forecasts[is_asked].reset_index(drop=True))

    def _ask(
        self,
        places: Places,
        question: Question,
        *,
        at: datetime,
        observed_since: datetime | None = None,
    ) -> OpenMeteoWeather:
        good, refused = read_places(places)
        nothing = replace(read_weather([], [], at=at), rejected=refused.frame())
        asked, parts = question, [nothing]
        for batch in self._batches(good, question):
            payload, asked = self._ask_batch(batch, asked)
            parts.append(read_weather(payload, batch, at=at, observed_since=observed_since))
        dropped = tuple(name for name in question.variables if name not in asked.variables)
        return replace(together(parts), dropped_variables=dropped)

    def _batches(self, places: list[Place], question: Question) -> Iterator[list[Place]]:
        affordable = self.budget.allowance.per_minute / self._cost(question, 1)
        size = max(1, int(min(self.places_per_call, affordable)))
        for start in range(0, len(places), size):
            yield places[start : start + size]

    def _ask_batch(self, batch: list[Place], question: Question) -> tuple[Any, Question]:
        """Ask, and again without each variable the provider does not know."""
        while True:
            try:
                return self._send(batch, question, ",".join(question.variables)), question
            except VariableUnknown as unknown:
                question = question.without(self._culprit(unknown, batch, question))
                if not question.variables:
                    raise ProviderRefused(SOURCE, "knows none of the variables asked for") from None

    def _culprit(self, unknown: VariableUnknown, batch: list[Place], question: Question) -> str:
        """Find the variable that is not known.

        The provider may name the whole list it stands in: one place and a list per variable then
        make it name the one.

        Returns
        -------
        :
            The variable.

        Raises
        ------
        VariableUnknown
            It is none that was asked for.
        """
        suspects = [name for name in question.variables if name in unknown.named]
        if len(suspects) > 1:
            try:
                self._send(batch[:1], question, list(question.variables))
            except VariableUnknown as named:
                suspects = [name for name in suspects if (name,) == named.named]
        if len(suspects) != 1:
            raise unknown
        return suspects[0]

    def _send(self, batch: list[Place], question: Question, hourly: str | list[str]) -> Any:
        cost = self._cost(question, len(batch))
        if wait_seconds := self.budget.reserve(cost, at=self.clock()):
            self.client.sleep(wait_seconds)
        parameters = {
            "latitude": ",".join(degrees(place.latitude) for place in batch),
            "longitude": ",".join(degrees(place.longitude) for place in batch),
            **_UNITS,
            **question.period,
        }
        if self.models:
            parameters["models"] = ",".join(self.models)
        if self.sends_forms and isinstance(hourly, str):
            return self.client.send("POST", _PATH, form=parameters | {"hourly": hourly})
        return self.client.get(_PATH, {**parameters, "hourly": hourly})

    def _cost(self, question: Question, locations: int) -> float:
        return call_cost(
            variables=len(question.variables),
            models=max(1, len(self.models)),
            days=question.days,
            locations=locations,
        )


def connect_open_meteo(
    host: str = FORECASTS,
    *,
    base_url: str | None = None,
    api_key: str | None = None,
    budget: Budget | None = None,
    patience: Patience = Patience(),  # noqa: B008 # frozen
    sleep: Callable[[float], None] = time.sleep,
    clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    jitter: Random | None = None,
) -> OpenMeteo:
    """Connect to a host of Open-Meteo.

    Parameters
    ----------
    host:
        `FORECASTS` or `PREVIOUS_RUNS`.
    base_url:
        Another address, such as one's own server.
    api_key:
        A customer's key; with it, the customers' host is asked. It goes in a header, since an
        address ends up in logs.
    budget:
        What may be spent; one per process. None for the free host's limits.
    patience:
        How long a busy provider is asked again.
    sleep:
        Waits for so many seconds.
    clock:
        Gives the present instant.
    jitter:
        Draws how much longer to wait.

    Returns
    -------
    :
        The connector; asks nothing yet.
    """
    prefix = "customer-" if api_key else ""
    client = ProviderClient(
        SOURCE,
        base_url or f"https://{prefix}{host}.open-meteo.com",
        headers={"X-Api-Key": api_key} if api_key else {},
        judge=OpenMeteoJudge(clock),
        patience=patience,
        sleep=sleep,
        jitter=jitter or Random(),  # noqa: S311 # no secret
    )
    return OpenMeteo(client, budget or Budget(), clock=clock)
