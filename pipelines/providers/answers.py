"""What providers answer of bookings, read as documents are; what cannot be read is refused."""

from collections.abc import Callable
from typing import TypeVar

from pipelines.providers.errors import ProviderRefused
from pipelines.reading.errors import DocumentUnreadable

Read = TypeVar("Read")


def read_answer(provider: str, read: Callable[[object], Read], answer: object) -> Read:
    """Read an answer.

    Parameters
    ----------
    provider:
        Who gave it.
    read:
        Reads such answers.
    answer:
        Parsed JSON.

    Returns
    -------
    :
        What was read.

    Raises
    ------
    ProviderRefused
        The answer is not what was asked for, and asking again would bring the same.
    """
    try:
        return read(answer)
    except DocumentUnreadable as error:
        raise ProviderRefused(provider, error.reason) from error
    except RecursionError as error:
        raise ProviderRefused(provider, "sent an answer nested too deeply to be read") from error
