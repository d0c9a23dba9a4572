import os
import signal

import dagster as dg
import pytest

from stormdesk.stopping import STOP_SIGNALS, stoppable


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
