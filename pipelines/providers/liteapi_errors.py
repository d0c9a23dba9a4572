"""What LiteAPI's errors mean: refused for good, busy or unclear, nothing there, or booked already.

LiteAPI answers most failures with status 400, so that the code in the body decides, and for three
codes the words beside it. Where they leave open whether a booking was made, it counts as busy:
looking the key up costs little, a second booking much.
"""

import re
from collections.abc import Mapping
from typing import Any, Final

import requests

from pipelines.providers.errors import ProviderBusy, ProviderError, ProviderRefused
from pipelines.providers.hotel_payload import mapping, number, words
from pipelines.providers.hotel_supplier import AlreadyBooked, NothingAvailable
from pipelines.providers.http import TRY_AGAIN_STATUSES, judge_by_status, retry_after_seconds
from pipelines.providers.problems import answer_object

NOTHING_AVAILABLE: Final = frozenset({2001})
ALREADY_BOOKED: Final = frozenset({4005, 4009})
"""A booking under this client reference exists; an amendment was completed before."""

OUTDATED_OFFER: Final = 4040
"""Comes with status 408, but the same offer will never do again."""

UNCLEAR: Final = frozenset({2013, 2014, 4016, 5000})
"""Failures in the middle of the work."""

SURE_ENOUGH: Final = re.compile(
    r"payment method|payment information|payment not completed|invalid data|not associated"
    r"|booking not confirmed",
    re.IGNORECASE,
)
"""Words of an unclear code that make it clear: nothing was booked, and asking again is no use."""


def judge_liteapi(name: str, answer: requests.Response) -> ProviderError | None:
    """Judge an answer by the error in it, else by its status.

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
    error = _error_in(answer)
    if error is None:
        return judge_by_status(name, answer)
    told = _told(error, answer)
    busy = ProviderBusy(name, told, wait_seconds=retry_after_seconds(answer))
    status, code = answer.status_code, int(number(error.get("code"), 0, 99_999) or 0)
    if code in NOTHING_AVAILABLE:
        return NothingAvailable(name, told, status=status)
    if code in ALREADY_BOOKED:
        return AlreadyBooked(name, told, status=status)
    if code in UNCLEAR and not SURE_ENOUGH.search(told):
        return busy
    if status in TRY_AGAIN_STATUSES and code not in {OUTDATED_OFFER, *UNCLEAR}:
        return busy
    if status == requests.codes.unauthorized:
        told += "; check its key, STORMDESK_LITEAPI_KEY"
    return ProviderRefused(name, told, status=status)


def _error_in(answer: requests.Response) -> Mapping[str, Any] | None:
    """Give the error of an answer; a status 2xx may carry one too."""
    error = answer_object(answer).get("error")
    if isinstance(error, str) and error:
        return {"message": error}
    return mapping(error) or None


def _told(error: Mapping[str, Any], answer: requests.Response) -> str:
    code, message, description = (
        words(error.get(field)) for field in ("code", "message", "description")
    )
    said = ": ".join(dict.fromkeys(part for part in (message, description) if part))
    return f"answered {code or answer.status_code}: {said or 'an error without words'}"
