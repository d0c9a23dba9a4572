"""The two codes of an airport: IATA as travellers know it, ICAO as weather stations do."""

from functools import cache

import airportsdata


@cache
def icao_by_iata() -> dict[str, str]:
    """Give the ICAO code of every airport that has both."""
    return {code: row["icao"] for code, row in airportsdata.load("IATA").items() if row["icao"]}


@cache
def iata_by_icao() -> dict[str, str]:
    """Give the IATA code of every airport that has both."""
    return {icao: iata for iata, icao in icao_by_iata().items()}
