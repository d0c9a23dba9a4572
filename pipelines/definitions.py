"""The code location: every asset, sensor and job in explicit lists; no I/O, nothing heavy."""

from collections.abc import Mapping

import dagster as dg

from pipelines.assets.externals import page_specs, provider_specs
from pipelines.resources import Warehouse
from pipelines.settings import Settings, read_settings


def build_defs(
    settings: Settings, *, resources: Mapping[str, object] | None = None
) -> dg.Definitions:
    """Put the code location together.

    Runs are in-process: parallelism comes from runs, so scaling out is a matter of dagster.yaml.

    Parameters
    ----------
    settings:
        What the environment says.
    resources:
        Stand-ins by name, for tests and the demo.

    Returns
    -------
    :
        Definitions that load without a database.
    """
    return dg.Definitions(
        assets=[*provider_specs(), *page_specs(settings)],
        sensors=[],
        jobs=[],
        schedules=[],
        resources={"warehouse": Warehouse(), **(resources or {})},
        executor=dg.in_process_executor,
    )


@dg.definitions
def defs() -> dg.Definitions:
    """Load the code location as the environment describes it."""
    return build_defs(read_settings())
