"""One way to be stopped, whatever asks: Ctrl-C, a signal, or a library's own idea of it."""

from __future__ import annotations

import os
import signal
import socket
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import NoReturn

INTERRUPTED = 130
ABANDON_AFTER_SECONDS = 5.0
SHOW_CURSOR = b"\x1b[?25h"
ABANDONED = b"\nStopped in the middle; run it again to go on from there.\n"
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


def leave(code: int) -> NoReturn:
    """End the process at once, when all that must end in order has ended.

    Python would first wait for threads that an interrupted computation has left at work.
    """
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)


def _interrupt_once(_number: int, _frame: FrameType | None) -> None:
    for sign in STOP_SIGNALS:
        signal.signal(sign, signal.SIG_IGN)
    raise KeyboardInterrupt


def _is_interrupted_run(ending: BaseException) -> bool:
    """Tell whether Dagster, which takes signals for itself while it executes, was asked."""
    dagster = sys.modules.get("dagster")
    return dagster is not None and isinstance(ending, dagster.DagsterExecutionInterruptedError)


@contextmanager
def abandonable(*, patience_seconds: float = ABANDON_AFTER_SECONDS) -> Iterator[None]:
    """Let work that cannot hear a request to stop be left where it stands.

    Python notices a signal only between its own steps, so a long computation in a library would
    hold Ctrl-C back for minutes. A thread notices at once, waits, and then ends the process; the
    leash ends what it started, and the next run begins the work again.

    Parameters
    ----------
    patience_seconds:
        How long the block may take to end by itself after the request.
    """
    heard, ear = socket.socketpair()
    ear.setblocking(False)
    before = signal.set_wakeup_fd(ear.fileno(), warn_on_full_buffer=False)
    has_ended = threading.Event()
    listener = threading.Thread(target=_listen, args=(heard, has_ended, patience_seconds))
    listener.daemon = True
    listener.start()
    try:
        yield
    finally:
        has_ended.set()
        signal.set_wakeup_fd(before)
        ear.close()
        listener.join()
        heard.close()


def _listen(heard: socket.socket, has_ended: threading.Event, patience_seconds: float) -> None:
    while received := heard.recv(1):
        if received[0] in STOP_SIGNALS and not has_ended.wait(patience_seconds):
            os.write(2, SHOW_CURSOR + ABANDONED)
            os._exit(INTERRUPTED)
