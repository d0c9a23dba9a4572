"""What Duffel's errors mean, and how long it asks us to wait."""

from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

import requests

from pipelines.providers.errors import ProviderBusy, ProviderError, ProviderRefused
from pipelines.providers.hotel_payload import mapping, members, words
from pipelines.providers.http import TRY_AGAIN_STATUSES, judge_by_status, retry_after_seconds
from pipelines.providers.problems import answer_object


def judge_duffel(name: str, answer: requests.Response) -> ProviderError | None:
    """Judge an answer by its status and its list of errors.

    Parameters
    ----------
    name:
        Of the provider.
    answer:
        What it sent, read whole.

    Returns
    -------
    :
        What is wrong with it; None to take it.
    """
    said = _errors_in(answer)
    status = answer.status_code
    if status == requests.codes.too_many_requests:
        told = said or "has had too many requests from us"
        return ProviderBusy(name, told, wait_seconds=reset_seconds(answer))
    if said is None:
        return judge_by_status(name, answer)
    if status in TRY_AGAIN_STATUSES:
        return ProviderBusy(name, said, wait_seconds=retry_after_seconds(answer))
    if status == requests.codes.unauthorized:
        said += "; check our token, STORMDESK_DUFFEL_TOKEN"
    return ProviderRefused(name, said, status=status)


def reset_seconds(answer: requests.Response) -> float | None:
    """Read how long until requests are allowed again, by the supplier's own clock if it shows it.

    Parameters
    ----------
    answer:
        With `ratelimit-reset`, an HTTP date; else what `Retry-After` says.

    Returns
    -------
    :
        Seconds; None if it does not say.
    """
    reset = _http_date(answer, "ratelimit-reset")
    if reset is None:
        return retry_after_seconds(answer)
    now = _http_date(answer, "Date") or datetime.now(UTC)
    return max(0.0, (reset - now).total_seconds())


def _errors_in(answer: requests.Response) -> str | None:
    """Say in words what an answer lists as errors; None if it lists none."""
    listed = members(answer_object(answer).get("errors"))
    told = [_told(mapping(error)) for error in listed]
    return f"answered {answer.status_code}: {'; '.join(told)}" if told else None


def _told(error: Mapping[str, Any]) -> str:
    title, message, code = (words(error.get(field)) for field in ("title", "message", "code"))
    sentence = ": ".join(part for part in (title, message) if part)
    return f"{sentence} ({code})" if code else sentence or "an error without words"


def _http_date(answer: requests.Response, header: str) -> datetime | None:
    try:
        read = parsedate_to_datetime(answer.headers.get(header, ""))
    except ValueError:
        return None
    return read if read.tzinfo else read.replace(tzinfo=UTC)
