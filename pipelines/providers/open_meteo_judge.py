"""Judges what Open-Meteo answers: it sends no Retry-After, so its reasons say how long to wait."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

import requests

from pipelines.providers.errors import ProviderBusy, ProviderError, ProviderRefused
from pipelines.providers.http import judge_by_status, retry_after_seconds
from pipelines.providers.problems import error_object
from pipelines.providers.weather_payload import one_line, raw_text

_UNKNOWN_VARIABLE: Final = re.compile(
    r"Cannot initialize \w+ from invalid String value (?P<named>.+?)(?: for key (?P<key>\w+))?\.?"
)
_ADVICE: Final = {401: "set its API key", 403: "use another plan, or what this one includes"}


class VariableUnknown(ProviderRefused):
    """The provider does not know one of the names it was asked for."""

    def __init__(self, provider: str, reason: str, named: tuple[str, ...], status: int) -> None:
        super().__init__(provider, reason, status=status)
        self.named = named
        """The unknown name, or all names of the list that holds it."""


@dataclass(frozen=True)
class OpenMeteoJudge:
    """Reads the reason of an error; the clock says how far the next hour or day is."""

    clock: Callable[[], datetime]

    def __call__(self, name: str, answer: requests.Response) -> ProviderError | None:
        """Say what is wrong with an answer; None takes it."""
        by_status = judge_by_status(name, answer)
        reason = _reason(answer)
        if reason is None:
            return by_status
        if isinstance(by_status, ProviderBusy) or by_status is None:
            wait_seconds = self._wait_seconds(reason)
            if wait_seconds is not None:
                return ProviderBusy(name, reason, wait_seconds=wait_seconds)
        if isinstance(by_status, ProviderBusy):
            return ProviderBusy(name, reason, wait_seconds=retry_after_seconds(answer))
        return _refusal(name, reason, answer.status_code)

    def _wait_seconds(self, reason: str) -> float | None:
        """Read which of the clock's windows is used up; None where a short wait will do."""
        match reason.split(maxsplit=1)[0].lower():
            case "minutely":
                return 60.0
            case "hourly":
                return self._seconds_to_next(timedelta(hours=1))
            case "daily":
                return self._seconds_to_next(timedelta(days=1))
        return None

    def _seconds_to_next(self, window: timedelta) -> float:
        passed = (self.clock() - datetime.min.replace(tzinfo=UTC)) % window
        return (window - passed).total_seconds()


def _reason(answer: requests.Response) -> str | None:
    """Read the reason of an error, with whatever status it comes."""
    body = error_object(answer)
    if not body.get("error"):
        return None
    return one_line(body.get("reason")) or one_line(raw_text(body["error"]))


def _refusal(name: str, reason: str, status: int) -> ProviderRefused:
    unknown = _UNKNOWN_VARIABLE.fullmatch(reason)
    if unknown is not None and unknown["key"] in {None, "hourly"}:
        named = tuple(part.strip() for part in unknown["named"].split(","))
        return VariableUnknown(name, reason, named, status)
    advice = f": {_ADVICE[status]}" if status in _ADVICE else ""
    return ProviderRefused(name, f"answered {status}: {reason.rstrip('.')}{advice}", status=status)
