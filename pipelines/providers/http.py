"""How providers are asked: patiently where waiting helps, and never taking half an answer."""

import html
import json
import re
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from random import Random
from typing import Any, Final

import requests
from tenacity import RetryCallState, Retrying, retry_if_exception_type, stop_after_attempt

from pipelines.providers.errors import ProviderBusy, ProviderError, ProviderRefused

TRY_AGAIN_STATUSES: Final = frozenset({408, 425, 429, 500, 502, 503, 504})
_CHUNK_BYTES: Final = 65_536
_TITLE: Final = re.compile(r"<title[^>]*>([^<]*)</title", re.IGNORECASE)

Judge = Callable[[str, requests.Response], ProviderError | None]
"""Says what is wrong with an answer of a provider, by its name; None takes it."""


@dataclass(frozen=True)
class Patience:
    """How often and how long a provider is asked before it is left for later."""

    attempts: int = 4
    first_wait_seconds: float = 1.0
    longest_wait_seconds: float = 90.0
    """A provider that wants more time is left for the next run, which does not block this one."""


@dataclass
class ProviderClient:
    """Asks one provider; answers are JSON, whole or not at all."""

    name: str
    base_url: str
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    judge: Judge | None = None
    patience: Patience = Patience()
    timeout_seconds: float = 30.0
    most_bytes: int = 64 * 1024 * 1024
    sleep: Callable[[float], None] = time.sleep
    jitter: Random = field(default_factory=Random, repr=False)  # noqa: S311 # no secret
    session: requests.Session = field(default_factory=requests.Session, repr=False)

    def get(self, path: str, params: Mapping[str, Any] | None = None) -> Any:
        """Ask for something, again if the provider is busy.

        Parameters
        ----------
        path:
            Below the base address.
        params:
            Query parameters.

        Returns
        -------
        :
            The JSON of the answer; None if it has no content.

        Raises
        ------
        ProviderRefused
            Asking again would not help.
        ProviderBusy
            The provider did not answer within our patience.
        """
        return self.send("GET", path, params=params)

    def send(
        self,
        method: str,
        path: str,
        *,
        params: Mapping[str, Any] | None = None,
        body: object = None,
        form: Mapping[str, str] | None = None,
        is_repeatable: bool = True,
    ) -> Any:
        """Send any request.

        Parameters
        ----------
        method:
            HTTP method.
        path:
            Below the base address.
        params:
            Query parameters.
        body:
            Sent as JSON.
        form:
            Sent as a form instead.
        is_repeatable:
            Whether asking twice is harmless; what is not is asked once.

        Returns
        -------
        :
            The JSON of the answer; None if it has no content.

        Raises
        ------
        ProviderRefused
            Asking again would not help.
        ProviderBusy
            Nobody can tell whether the provider took the request in.
        """
        retrying = Retrying(
            stop=stop_after_attempt(self.patience.attempts if is_repeatable else 1),
            wait=self._wait_seconds,
            retry=retry_if_exception_type(ProviderBusy),
            sleep=self.sleep,
            reraise=True,
        )
        return retrying(self._once, method, path, params=params, json=body, data=form)

    def _once(self, method: str, path: str, **request: Any) -> Any:
        url = f"{self.base_url.rstrip('/')}/{path.lstrip('/')}"
        try:
            # A redirect would carry our key to another host.
            with self.session.request(
                method,
                url,
                headers=dict(self.headers),
                timeout=self.timeout_seconds,
                allow_redirects=False,
                stream=True,
                **request,
            ) as answer:
                self._read(answer)
                return self._taken(answer)
        except (requests.ConnectionError, requests.Timeout) as error:
            raise ProviderBusy(self.name, f"could not be reached ({_words(error)})") from error
        except (
            requests.exceptions.ChunkedEncodingError,
            requests.exceptions.ContentDecodingError,
        ) as error:
            raise ProviderBusy(self.name, "broke off in the middle of an answer") from error
        except requests.RequestException as error:
            raise ProviderRefused(self.name, f"cannot be asked ({_words(error)})") from error

    def _read(self, answer: requests.Response) -> None:
        """Read the whole answer, unless there is far more of it than any answer needs."""
        parts, size = [], 0
        for part in answer.iter_content(_CHUNK_BYTES):
            parts.append(part)
            size += len(part)
            if size > self.most_bytes:
                raise ProviderRefused(self.name, f"sent more than {self.most_bytes} bytes")
        answer._content = b"".join(parts)  # how requests itself keeps what it read

    def _taken(self, answer: requests.Response) -> Any:
        wrong = (self.judge or judge_by_status)(self.name, answer)
        if wrong is not None:
            raise wrong
        if answer.status_code == requests.codes.no_content or not answer.content:
            return None
        try:
            # Not answer.json(): that reads differently where simplejson happens to be installed.
            return json.loads(answer.content)
        except (ValueError, RecursionError) as error:
            raise ProviderBusy(self.name, _broken_words(answer)) from error

    def _wait_seconds(self, state: RetryCallState) -> float:
        """Wait as long as the provider says, or twice as long each time; a little at random."""
        error = state.outcome.exception() if state.outcome is not None else None
        asked = error.wait_seconds if isinstance(error, ProviderBusy) else None
        if asked is None:
            asked = self.patience.first_wait_seconds * 2.0 ** (state.attempt_number - 1)
        if asked > self.patience.longest_wait_seconds and error is not None:
            raise error
        return asked + self.jitter.uniform(0, max(0.5, asked / 4))


def judge_by_status(name: str, answer: requests.Response) -> ProviderError | None:
    """Judge an answer by its status alone, and by Retry-After where a provider sends one.

    Parameters
    ----------
    name:
        Of the provider.
    answer:
        What it sent, read whole.

    Returns
    -------
    :
        What is wrong with it; None for a 2xx.
    """
    status = answer.status_code
    if 200 <= status < 300:
        return None
    words = f"answered {status}: {_body_words(answer) or answer.reason}"
    if status in TRY_AGAIN_STATUSES:
        return ProviderBusy(name, words, wait_seconds=retry_after_seconds(answer))
    if answer.is_redirect:
        moved = _without_query(answer.headers.get("Location", "elsewhere"))
        return ProviderRefused(name, f"has moved to {moved}: set its address", status=status)
    return ProviderRefused(name, words, status=status)


def retry_after_seconds(answer: requests.Response) -> float | None:
    """Read how long an answer asks us to wait: seconds, or an instant; None if it does not."""
    text = answer.headers.get("Retry-After", "").strip()
    if text.isdecimal():
        return float(text)
    try:
        until = parsedate_to_datetime(text)
    except ValueError:
        return None
    if until.tzinfo is None:  # a date ending in -0000: UTC, from nowhere in particular
        until = until.replace(tzinfo=UTC)
    return max(0.0, (until - datetime.now(UTC)).total_seconds())


def _body_words(answer: requests.Response) -> str:
    """Say what an answer says in a line; a page for browsers says only its title."""
    if _is_page(answer):
        title = _TITLE.search(answer.text)
        return " ".join(html.unescape(title[1]).split())[:300] if title else ""
    return " ".join(answer.text[:300].split())


def _broken_words(answer: requests.Response) -> str:
    if _is_page(answer):
        title = _body_words(answer) or "without a title"
        return f'sent a page for browsers, "{title}", where data was asked for: look at its address'
    return "sent a broken answer, which may be half of it"


def _is_page(answer: requests.Response) -> bool:
    return answer.content.lstrip()[:1] == b"<"


def _words(error: Exception) -> str:
    return _without_query(str(error)).strip()[:200] or type(error).__name__


def _without_query(words: str) -> str:
    """Leave out the query of any address: some providers take their key there."""
    return re.sub(r"\?\S+", "", words)
