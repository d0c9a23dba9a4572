"""Seed a fault: change the text of a function and compile it in place, or alter Postgres."""

import inspect
import textwrap
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from types import FunctionType

import pytest

from tests.warehouse.lifecycle.desk import Desk

Prover = Callable[[Desk], None]


@dataclass(frozen=True)
class Edit:
    """A function, and pairs of what stands in it and what stands there once the fault is seeded."""

    function: Callable[..., object]
    changes: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Fault:
    """What somebody might get wrong, and what has to catch it."""

    words: str
    proved_by: Prover
    edits: tuple[Edit, ...] = ()
    statements: tuple[str, ...] = ()
    """Run by a superuser: what Postgres no longer keeps, or keeps wrongly."""


def edit(
    function: Callable[..., object], stands: str, instead: str = "", *more: str
) -> tuple[Edit, ...]:
    """Say what to change in one function: pairs of texts, the old and the new."""
    texts = (stands, instead, *more)
    return (Edit(function, tuple(zip(texts[::2], texts[1::2], strict=True))),)


@contextmanager
def seeded(fault: Fault, desk: Desk) -> Iterator[None]:
    """Seed a fault for as long as the block runs; a desk of its own keeps Postgres' part."""
    desk.as_superuser(*fault.statements)
    with pytest.MonkeyPatch.context() as patch:
        for each in fault.edits:
            assert isinstance(each.function, FunctionType)
            patch.setattr(each.function, "__code__", _edited(each.function, each.changes).__code__)
        yield


def _edited(function: FunctionType, changes: tuple[tuple[str, str], ...]) -> FunctionType:
    """Compile a function's changed text; a text that no longer stands there is told at once."""
    written = inspect.getsource(function)
    for stands, instead in changes:
        if stands not in written:
            raise LookupError(f"{function.__qualname__} has no {stands!r} to change.")
        written = written.replace(stands, instead)
    source = textwrap.dedent(written)
    scope: dict[str, FunctionType] = {}
    exec(compile(source, inspect.getfile(function), "exec"), function.__globals__, scope)
    return scope[function.__name__]
