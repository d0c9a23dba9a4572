"""Runs whose process is gone: closed as failed at once, so that nobody waits for them."""

import socket
from typing import Final

import dagster as dg
import psutil

from pipelines.sensors.in_flight import IN_FLIGHT

HOST_TAG: Final = "stormdesk/host"
PROCESS_TAG: Final = "stormdesk/process"
_MESSAGE: Final = (
    "The process of this run ended before the run did. Run it again: what was loaded stays as it "
    "is, and nothing is loaded twice."
)


def process_tags() -> dict[str, str]:
    """Tell which process works on a run, for `close_abandoned` to see whether it lives."""
    return {HOST_TAG: socket.gethostname(), PROCESS_TAG: _words_of(psutil.Process())}


def close_abandoned(instance: dg.DagsterInstance) -> int:
    """Report runs as failed that a process of this host began, and that has ended since.

    Parameters
    ----------
    instance:
        Where the runs are kept.

    Returns
    -------
    :
        How many there were; a second call finds none.
    """
    begun = dg.RunsFilter(statuses=IN_FLIGHT, tags={HOST_TAG: socket.gethostname()})
    abandoned = [
        run for run in instance.get_runs(begun) if not _is_alive(run.tags.get(PROCESS_TAG, ""))
    ]
    for run in abandoned:
        instance.report_run_failed(run, _MESSAGE)
    return len(abandoned)


def _is_alive(words: str) -> bool:
    """Find the very process: another may have its number by now."""
    number = words.partition("@")[0]
    try:
        return number.isdigit() and _words_of(psutil.Process(int(number))) == words
    except psutil.NoSuchProcess:
        return False


def _words_of(process: psutil.Process) -> str:
    return f"{process.pid}@{process.create_time():.2f}"
