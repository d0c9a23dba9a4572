"""One way to be stopped, whatever asks: Ctrl-C, a signal, or a library's own idea of it."""

from __future__ import annotations

import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

STOP_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


@contextmanager
def stoppable() -> Iterator[None]:
    """Make every polite signal end the block like Ctrl-C, once: stopping is not interrupted.

    Raises
    ------
    KeyboardInterrupt
        Somebody asked to stop; the blocks within have ended in order.
    """
    before = {sign: signal.signal(sign, _interrupt_once) for sign in STOP_SIGNALS}
    try:
        yield
    except BaseException as ending:
        if _is_interrupted_run(ending):
            raise KeyboardInterrupt from None
        raise
    finally:
        for sign, handler in before.items():
            signal.signal(sign, handler)


def _interrupt_once(_number: int, _frame: FrameType | None) -> None:
    for sign in STOP_SIGNALS:
        signal.signal(sign, signal.SIG_IGN)
    raise KeyboardInterrupt


def _is_interrupted_run(ending: BaseException) -> bool:
    """Tell whether Dagster, which takes signals for itself while it executes, was asked."""
    dagster = sys.modules.get("dagster")
    return dagster is not None and isinstance(ending, dagster.DagsterExecutionInterruptedError)
