"""How the release in force would have told the months of its history."""

from importlib.metadata import version
from typing import Any, Final

import dagster as dg

from pipelines.assets.training import HISTORY_SINCE
from pipelines.conventions import Group, Materialized, Owner, column_deps, table_asset
from pipelines.predicting.champion import NoChampion
from pipelines.predicting.release_pictures import pictures_of
from pipelines.predicting.rolling_origin import tell_months
from pipelines.resources import Warehouse
from warehouse.queries.clock import current_instant
from warehouse.queries.predictions import find_champion

TABLE: Final = "predictions.rolling_origin"
RELEASE: Final = "predictions.model_release"


@table_asset(
    TABLE,
    group=Group.TRAINING,
    owner=Owner.SCIENCE,
    kinds=frozenset({"scikitlearn", "postgres"}),
    deps=[RELEASE, "travel.flight_report", "feeds.weather_observation", "feeds.weather_forecast"],
    lineage={
        "record": column_deps(
            f"{RELEASE}.trained_until",
            "travel.flight_report.status",
            "feeds.weather_observation.temperature_c",
        )
    },
)
def rolling_origin(context: dg.AssetExecutionContext, warehouse: Warehouse) -> Materialized:
    """Every month of a release's history, told by models that learnt only what was settled before.

    One split judges a model by one season; here a whole year of storms is met as it would have
    been, beside both controls, by month, airport and carrier. Settings are chosen by earlier months
    alone. It takes some minutes, so a live desk does it once a month, and a replay when asked to.
    """
    from ml.errors import MlRefused

    with warehouse.transaction() as session:
        at = current_instant(session)
        champion = find_champion(session)
    if champion is None:
        raise dg.Failure(str(NoChampion()), allow_retries=False)
    try:
        run = tell_months(
            warehouse,
            champion.release_id,
            since=HISTORY_SINCE,
            at=at,
            code_version=version("stormdesk"),
            on_month=lambda hours, month: context.log.info(f"{month} told {hours} h ahead"),
        )
    except MlRefused as refused:
        raise dg.Failure(str(refused), allow_retries=False) from refused
    return Materialized(metadata=_metadata(run.release_id, run.record))


def _metadata(release_id: int, record: dict[str, Any]) -> dict[str, Any]:
    return {
        "release_id": int(release_id),
        "how": "\n".join(record["protocol"]),
        "record": dg.MetadataValue.json(record),
        **pictures_of(record),
    }
