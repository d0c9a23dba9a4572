"""The dashboard's own heartbeat, so that the watchdog notices when its process is gone."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

from warehouse.operations.engine import beat
from warehouse.queries.clock import read_clock
from warehouse.session import Access, transaction

COMPONENT = "dashboard"
EVERY_SECONDS = 30

_LOG = logging.getLogger("stormdesk.dashboard")


@asynccontextmanager
async def beating(*, every_seconds: float = EVERY_SECONDS) -> AsyncIterator[None]:
    """Beat while the block runs."""
    task = asyncio.create_task(_beat_on(every_seconds))
    try:
        yield
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


async def _beat_on(every_seconds: float) -> None:
    while True:
        done = await asyncio.gather(asyncio.to_thread(beat_once), return_exceptions=True)
        if isinstance(done[0], Exception):
            # The pages say themselves that the database is gone; the next beat may find it again.
            _LOG.warning("no heartbeat was left: %s", done[0])
        await asyncio.sleep(every_seconds)


def beat_once() -> None:
    """Note that this process runs."""
    with transaction(Access.DASHBOARD) as session:
        beat(session, COMPONENT, at=read_clock(session).server_at, every_seconds=EVERY_SECONDS)
