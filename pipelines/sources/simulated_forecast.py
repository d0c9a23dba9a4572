"""Simulated weather forecasts for 2013, for which no archived forecast exists.

Each is the observed weather, blurred the way forecasts err: too early or too late, now and
then plainly wrong for half a day, and noisier the further ahead. It is always labelled
`simulated-2013`, and nothing measured with it may be shown without that word.
"""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from functools import cache
from zlib import crc32

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from pipelines.sources.nycflights_weather import VARIABLES, parse_observations

SOURCE = "simulated-2013"
FORECAST_COLUMNS = ["source", "airport", "valid_at", "issued_at", *VARIABLES]
LEAD_HOURS = (2, 6, 24, 27, 48, 72)
"""Forecasts of 27 h tell a day ahead what follows the departure: those of 48 h are old by then."""

DEFAULT_SEED = 2013
# Noise is drawn hour by hour from here, so a row never depends on which rows are asked for.
EPOCH = pd.Timestamp("2012-12-31T00:00Z")
BLOCK_HOURS = 12
BUST_SHOWS_HOURS_AGO = 72
BRIDGED_GAP_HOURS = 6
CLEAR_VISIBILITY_M = 16_093.44

Numbers = NDArray[np.float64]


@dataclass(frozen=True)
class Skill:
    """How far forecasts of one lead time stray; spreads are standard deviations."""

    timing_hours: float
    bust_probability: float
    drizzle_lost_mm: float
    intensity_log: float
    temperature_c: float
    wind_share: float
    direction_deg: float
    pressure_hpa: float


# Set so that rain in an hour is detected (POD) and falsely announced (FAR) about as often as
# .81/.06, .73/.14, .60/.30, .53/.44 and .40/.54, and temperature errs by 1.6 °C a day ahead.
SKILLS = {
    2: Skill(0.32, 0.012, 0.27, 0.30, 0.70, 0.12, 12, 0.4),
    6: Skill(0.70, 0.035, 0.28, 0.40, 1.00, 0.17, 18, 0.7),
    24: Skill(1.80, 0.095, 0.26, 0.50, 1.35, 0.25, 30, 1.6),
    48: Skill(2.90, 0.160, 0.22, 0.60, 2.20, 0.32, 42, 2.8),
    72: Skill(4.20, 0.270, 0.28, 0.70, 2.80, 0.38, 55, 4.2),
}


@dataclass(frozen=True)
class Noise:
    """Standard normal draws that depend only on seed, lead time, name and hour."""

    seed: int
    lead_hours: int
    hours: NDArray[np.int64]

    def hourly(self, name: str) -> Numbers:
        """Draw one number per hour."""
        drawn: Numbers = self._draw(name, int(self.hours.max()) + 1)[self.hours]
        return drawn

    def uniform_by_block(self, name: str) -> Numbers:
        """Draw one number in [0, 1) that all hours of a half day share."""
        blocks = self.hours // BLOCK_HOURS
        stream = np.random.default_rng(self._key(name))
        drawn: Numbers = stream.random(int(blocks.max()) + 1)[blocks]
        return drawn

    def drifting(self, name: str) -> Numbers:
        """Draw numbers that change slowly, from one half day to the next."""
        at_block = self._draw(name, int(self.hours.max()) // BLOCK_HOURS + 2)
        starts = np.arange(len(at_block)) * BLOCK_HOURS
        return np.interp(self.hours, starts, at_block)

    def mixed(self, name: str) -> Numbers:
        """Draw numbers that drift and flicker, of spread about one."""
        return 0.95 * self.drifting(name) + 0.6 * self.hourly(f"{name} flicker")

    def _draw(self, name: str, count: int) -> Numbers:
        return np.random.default_rng(self._key(name)).standard_normal(count)

    def _key(self, name: str) -> list[int]:
        return [self.seed, self.lead_hours, crc32(name.encode())]


def forecasts_between(
    start: datetime, end: datetime, lead_hours: Sequence[int] = LEAD_HOURS
) -> pd.DataFrame:
    """Give the forecasts issued from start until before end, of every lead time asked for."""
    parts = [_year_of_forecasts(lead) for lead in lead_hours]
    issued = [part[(part["issued_at"] >= start) & (part["issued_at"] < end)] for part in parts]
    return pd.concat(issued).sort_values(["issued_at", "valid_at", "airport"], ignore_index=True)


def simulate_forecasts(
    observations: pd.DataFrame, *, lead_hours: int = 24, seed: int = DEFAULT_SEED
) -> pd.DataFrame:
    """Simulate one forecast per airport and hour, issued `lead_hours` before the hour it is for."""
    parts = [
        _simulate_airport(str(airport), observed, lead_hours, seed)
        for airport, observed in observations.groupby("airport")
    ]
    return pd.concat(parts).sort_values(["valid_at", "airport"], ignore_index=True)


def skill_at(lead_hours: int) -> Skill:
    """Give the skill of a lead time, between those of the table where it lies between."""
    leads = list(SKILLS)
    spread = {
        field.name: np.interp(lead_hours, leads, [getattr(s, field.name) for s in SKILLS.values()])
        for field in fields(Skill)
    }
    return Skill(**{name: float(value) for name, value in spread.items()})


@cache
def _year_of_forecasts(lead_hours: int) -> pd.DataFrame:
    return simulate_forecasts(parse_observations(None).accepted, lead_hours=lead_hours)


def _simulate_airport(
    airport: str, observed: pd.DataFrame, lead_hours: int, seed: int
) -> pd.DataFrame:
    actual = bridge_short_gaps(observed)
    valid_at = pd.DatetimeIndex(actual.index)
    hours = ((valid_at - EPOCH) // pd.Timedelta(hours=1)).to_numpy(dtype=np.int64)
    skill, noise = skill_at(lead_hours), Noise(seed, lead_hours, hours)
    shown = actual.iloc[_shown_hour(len(actual), skill, noise)].set_index(actual.index)
    forecast = _blur(shown, airport, skill, noise)[actual["temperature_c"].notna()]
    labelled = forecast.assign(
        source=SOURCE,
        airport=airport,
        valid_at=forecast.index,
        issued_at=pd.DatetimeIndex(forecast.index) - pd.Timedelta(hours=lead_hours),
    )
    return labelled[FORECAST_COLUMNS].reset_index(drop=True)


def bridge_short_gaps(observed: pd.DataFrame) -> pd.DataFrame:
    """Lay one airport's observations on an unbroken row of hours, gaps up to six hours bridged.

    A gap in the measured pressure marks a special report, so it goes with bad weather: a
    forecast has no such gaps and must not pass them on. No gust stays no gust.

    Returns
    -------
    :
        One row per hour, indexed by hour; longer gaps stay empty.
    """
    by_hour = observed.set_index("observed_at")[VARIABLES].sort_index()
    whole = by_hour.reindex(pd.date_range(by_hour.index[0], by_hour.index[-1], freq="h"))
    bridged = whole.interpolate(limit=BRIDGED_GAP_HOURS, limit_area="inside")
    bridged["pressure_hpa"] = whole["pressure_hpa"].interpolate(limit_direction="both")
    bridged["wind_direction_deg"] = whole["wind_direction_deg"].ffill(limit=BRIDGED_GAP_HOURS)
    bridged["gust_mps"] = whole["gust_mps"]
    return bridged


def _shown_hour(count: int, skill: Skill, noise: Noise) -> NDArray[np.int64]:
    """Choose for each hour the hour whose weather the forecast shows: shifted, or long past.

    Timing and busts belong to the weather system, so all airports share them.

    Returns
    -------
    :
        For each of `count` hours, the place of the hour shown.
    """
    shift = np.rint(noise.drifting("timing") * skill.timing_hours).astype(np.int64)
    is_bust = noise.uniform_by_block("bust") < skill.bust_probability
    shift = np.where(is_bust, -BUST_SHOWS_HOURS_AGO, shift)
    shown: NDArray[np.int64] = np.clip(np.arange(count) + shift, 0, count - 1)
    return shown


def _blur(shown: pd.DataFrame, airport: str, skill: Skill, noise: Noise) -> pd.DataFrame:
    def wobble(name: str) -> Numbers:
        return 0.8 * noise.mixed(name) + 0.6 * noise.mixed(f"{name} {airport}")

    temperature = shown["temperature_c"] + skill.temperature_c * wobble("temperature")
    dew_point = shown["dew_point_c"] + skill.temperature_c * wobble("dew point")
    dew_point = dew_point.clip(upper=temperature)
    wind_factor = np.exp(skill.wind_share * wobble("wind"))
    intensity = np.exp(skill.intensity_log * wobble("intensity"))
    turned = shown["wind_direction_deg"] + skill.direction_deg * wobble("direction")
    return pd.DataFrame({
        "temperature_c": temperature,
        "dew_point_c": dew_point,
        "humidity_pct": relative_humidity(temperature, dew_point),
        "wind_direction_deg": turned % 360,
        "wind_mps": shown["wind_mps"] * wind_factor,
        "gust_mps": shown["gust_mps"] * wind_factor,
        "precipitation_mm": _rain(shown["precipitation_mm"] * intensity, skill),
        "pressure_hpa": shown["pressure_hpa"] + skill.pressure_hpa * wobble("pressure"),
        "visibility_m": (shown["visibility_m"] * intensity**-0.5).clip(upper=CLEAR_VISIBILITY_M),
    }).round(3)


def _rain(amount_mm: "pd.Series[float]", skill: Skill) -> "pd.Series[float]":
    """Lose light rain, which forecasts miss most."""
    return amount_mm.where(amount_mm > skill.drizzle_lost_mm, 0.0).where(amount_mm.notna())


def relative_humidity(
    temperature_c: "pd.Series[float]", dew_point_c: "pd.Series[float]"
) -> "pd.Series[float]":
    """Give relative humidity in percent by the Magnus formula."""
    saturated = 17.625 * temperature_c / (243.04 + temperature_c)
    present = 17.625 * dew_point_c / (243.04 + dew_point_c)
    return pd.Series(100 * np.exp(present - saturated), index=temperature_c.index)
