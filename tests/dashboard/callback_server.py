"""The address that providers call, served alone."""

from collections.abc import Iterator
from contextlib import contextmanager
from threading import Thread

import uvicorn
from starlette.applications import Starlette

from dashboard.callbacks import callback_route
from dashboard.settings import Settings
from tests.pipelines.servers import free_port


@contextmanager
def serving(settings: Settings) -> Iterator[str]:
    """Serve the address alone, and give what stands before it."""
    app, port = Starlette(routes=[callback_route(settings)]), free_port()
    server = uvicorn.Server(uvicorn.Config(app, port=port, lifespan="off", log_level="error"))
    thread = Thread(target=server.run)
    thread.start()
    while not server.started:
        thread.join(0.01)
    try:
        yield f"http://127.0.0.1:{port}/callbacks"
    finally:
        server.should_exit = True
        thread.join()
