import os
import signal
import subprocess
import sys

import dagster as dg
import pytest

from stormdesk.stopping import INTERRUPTED, STOP_SIGNALS, abandonable, stoppable


def stop_twice(sign: signal.Signals, ended: list[bool]) -> None:
    """Be impatient: the second signal comes while the block is ending."""
    with stoppable():
        try:
            os.kill(os.getpid(), sign)
        finally:
            os.kill(os.getpid(), sign)
            ended.append(True)


@pytest.mark.parametrize("sign", STOP_SIGNALS)
def test_every_polite_signal_ends_the_block_once(sign):
    ended = []
    with pytest.raises(KeyboardInterrupt):
        stop_twice(sign, ended)
    assert ended


def test_the_handlers_of_before_are_back_afterwards():
    before = signal.getsignal(signal.SIGTERM)
    with stoppable():
        assert signal.getsignal(signal.SIGTERM) is not before
    assert signal.getsignal(signal.SIGTERM) is before


def test_a_run_that_dagster_interrupted_is_an_interruption():
    with pytest.raises(KeyboardInterrupt), stoppable():
        raise dg.DagsterExecutionInterruptedError


def test_any_other_ending_stays_what_it_is():
    with pytest.raises(KeyError), stoppable():
        raise KeyError("leg")


DEAF = """
import hashlib, os
from collections import deque
from itertools import chain
from stormdesk.stopping import abandonable, stoppable
with stoppable(), abandonable(patience_seconds=0.2):
    says = map(os.write, [1], [b"computing\\n"])
    computes = map(hashlib.pbkdf2_hmac, ["sha256"], [b""], [b""], [2**31 - 1])
    deque(chain(says, computes), maxlen=0)
"""
"""Says so and computes within one step of Python, so that no signal is heard in between."""


def test_a_computation_that_cannot_hear_is_abandoned():
    process = subprocess.Popen(
        [sys.executable, "-c", DEAF], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    process.stdout.readline()
    process.send_signal(signal.SIGINT)
    _out, said = process.communicate(timeout=60)
    assert process.returncode == INTERRUPTED
    assert "run it again to go on from there" in said


LEFT_AT_WORK = """
import threading
from stormdesk.stopping import leave
threading.Thread(target=threading.Event().wait).start()
print("stopped")
leave(130)
"""


def test_a_thread_left_at_work_is_not_waited_for():
    outcome = subprocess.run(
        [sys.executable, "-c", LEFT_AT_WORK],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (outcome.returncode, outcome.stdout) == (INTERRUPTED, "stopped\n")


def test_work_that_hears_ends_in_order():
    ended = []
    with pytest.raises(KeyboardInterrupt):
        stop_while_working(ended)
    assert ended


def stop_while_working(ended: list[bool]) -> None:
    with stoppable(), abandonable(patience_seconds=60):
        try:
            os.kill(os.getpid(), signal.SIGINT)
        finally:
            ended.append(True)
