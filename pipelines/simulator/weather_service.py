"""Speaks as the US National Weather Service, which warned of nothing.

The data of 2013 holds no warnings, and inventing some would put words in the service's mouth; an
empty collection lets those who ask go on.
"""

from typing import Final

from pipelines.simulator.exchange import Answer, Asked, Endpoint, Voice, in_zulu
from pipelines.simulator.faults import Kind

PROVIDER: Final = "nws"
_STATUSES: Final = {Kind.UNAVAILABLE: 503, Kind.REFUSED: 400}
_TITLES: Final = {400: "Bad Request", 429: "Rate Limit Exceeded", 503: "Service Unavailable"}
_PATHS: Final = ("/alerts/active", "/alerts/active/zone/{zone}")


def _failing(kind: Kind) -> Answer:
    status = _STATUSES.get(kind, 429)
    problem = {
        "type": "urn:noaa:nws:api:Problem",
        "title": _TITLES[status],
        "status": status,
        "detail": "The simulator was told to answer so.",
    }
    headers = {"Content-Type": "application/problem+json"}
    return Answer(problem, status, headers | ({"Retry-After": "5"} if status == 429 else {}))


VOICE: Final = Voice(_failing)


def endpoints() -> list[Endpoint]:
    """List what can be asked of the service."""
    return [Endpoint(PROVIDER, "alerts", ("GET",), path, _nothing, VOICE) for path in _PATHS]


def _nothing(asked: Asked) -> Answer:
    title = "Current watches, warnings, and advisories"
    collection = {"type": "FeatureCollection", "features": [], "title": title}
    return Answer(collection | {"updated": in_zulu(asked.at)})
