"""A real HTTP server on loopback that plays a hotel supplier: answers by method and path."""

import json
from contextlib import AbstractContextManager
from typing import Any

from pipelines.providers import duffel_stays, liteapi
from pipelines.providers.duffel_errors import judge_duffel
from pipelines.providers.http import ProviderClient
from pipelines.providers.liteapi_errors import judge_liteapi
from tests.pipelines.providers.scripted_server import (
    Answer,
    Asked,
    NoJitter,
    ScriptedServer,
    next_of,
)
from tests.pipelines.servers import running


class HotelServer(ScriptedServer):
    """Gives the answers of each route in order, the last one again and again; no route is a 404."""

    def __init__(self) -> None:
        super().__init__()
        self.routes: dict[tuple[str, str], list[Answer]] = {}

    def on(self, method: str, path: str, *answers: Answer) -> None:
        self.routes[method, path] = list(answers)

    def answer_to(self, asked: Asked) -> Answer:
        return next_of(self.routes.get((asked.method, asked.path), [Answer({}, status=404)]))

    def bodies(self, method: str, path: str) -> list[Any]:
        """Give the JSON of every request to a route."""
        return [
            json.loads(asked.body) if asked.body else None
            for asked in self.asked
            if (asked.method, asked.path) == (method, path)
        ]


def playing() -> AbstractContextManager[HotelServer]:
    """Serve until the block ends."""
    return running(HotelServer())


def duffel_client(server: HotelServer, slept: list[float], **options: Any) -> ProviderClient:
    headers = duffel_stays.duffel_headers("duffel_test_token")
    standard = {"headers": headers, "judge": judge_duffel, **_at_once(slept)}
    return ProviderClient("duffel", server.url, **(standard | options))


def liteapi_client(url: str, slept: list[float], **options: Any) -> ProviderClient:
    headers = liteapi.liteapi_headers("sand_key")
    standard = {"headers": headers, "judge": judge_liteapi, **_at_once(slept)}
    return ProviderClient("liteapi", url, **(standard | options))


def _at_once(slept: list[float]) -> dict[str, Any]:
    return {"sleep": slept.append, "jitter": NoJitter()}
