"""Reads what a service says of its own refusals: problem+json, or an object with an error."""

import json
from collections.abc import Mapping
from typing import Any, Final

import requests

from pipelines.providers.errors import ProviderBusy, ProviderError, ProviderRefused
from pipelines.providers.http import judge_by_status

_LONGEST_BYTES: Final = 4_096
_WORDS: Final = ("title", "detail", "reason", "message", "error")


def error_object(answer: requests.Response) -> Mapping[str, Any]:
    """Read the object an error consists of; an answer too long for one is none."""
    return {} if len(answer.content) > _LONGEST_BYTES else answer_object(answer)


def answer_object(answer: requests.Response) -> Mapping[str, Any]:
    """Read the object an answer consists of; what is none counts as empty."""
    try:
        body = json.loads(answer.content)
    except (ValueError, RecursionError):
        return {}
    return body if isinstance(body, Mapping) else {}


def judge_by_problem(name: str, answer: requests.Response) -> ProviderError | None:
    """Judge by status, in the service's own words where it has some.

    Parameters
    ----------
    name:
        Of the provider.
    answer:
        What it sent.

    Returns
    -------
    :
        What is wrong with it; None for a 2xx.
    """
    wrong = judge_by_status(name, answer)
    body = error_object(answer)
    said = [body[key] for key in _WORDS if isinstance(body.get(key), str)]
    if wrong is None or not said:
        return wrong
    words = f"answered {answer.status_code}: {' '.join(': '.join(said).split())[:300]}"
    if isinstance(wrong, ProviderBusy):
        return ProviderBusy(name, words, wait_seconds=wrong.wait_seconds)
    return ProviderRefused(name, words, status=answer.status_code)
