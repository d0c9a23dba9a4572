"""How a promise is written: a function that gives one query over all rows and the journal.

The query gives one column of words, a row per breach. `:since` in it is the newest change before
the step that is being looked at, for what only holds of the moment.
"""

from collections.abc import Callable
from dataclasses import dataclass
from types import ModuleType


@dataclass(frozen=True)
class Promise:
    """One numbered promise in words, and the query that finds its breaches."""

    number: int
    words: str
    name: str
    query: str


def promise(number: int, words: str) -> Callable[[Callable[[], str]], Promise]:
    """Make a promise of the query that a function gives."""
    return lambda query: Promise(number, words, query.__name__, query())


def promises_of(module: ModuleType) -> list[Promise]:
    """List a module's promises in the order they are written."""
    return [each for each in vars(module).values() if isinstance(each, Promise)]
