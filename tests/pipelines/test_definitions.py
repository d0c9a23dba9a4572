"""The code location loads lightly anywhere, and its graph changes only on purpose."""

import json
import subprocess
import sys
from pathlib import Path

import dagster as dg
import pytest

from pipelines.definitions import build_defs
from pipelines.partitions import DAILY, HOURLY
from pipelines.settings import Profile, SettingRefused, Settings, read_settings
from warehouse.queries.tables import describe_table

SNAPSHOT = Path(__file__).with_name("asset_graph.json")
HEAVY = ("pandas", "sklearn", "numpy", "pyarrow", "streamlit", "requests")


@pytest.fixture(scope="module")
def definitions() -> dg.Definitions:
    return build_defs(Settings())


def own_specs(definitions: dg.Definitions) -> list[dg.AssetSpec]:
    """List the assets that our code writes."""
    assets = [each for each in definitions.assets or () if isinstance(each, dg.AssetsDefinition)]
    return [spec for asset in assets for spec in asset.specs]


def describe(definitions: dg.Definitions) -> dict[str, dict[str, object]]:
    graph = definitions.resolve_asset_graph()
    names = {HOURLY: "hours", DAILY: "days", None: "none"}
    return {
        node.key.to_user_string(): {
            "deps": sorted(key.to_user_string() for key in node.parent_keys),
            "group": node.group_name,
            "partitions": names[node.partitions_def] if node.is_materializable else "external",
            "checks": sorted(
                f"{key.name}{'' if graph.get(key).blocking else ' (warns)'}"
                for key in node.check_keys
            ),
        }
        for node in graph.asset_nodes
    }


@pytest.mark.parametrize("profile", list(Profile))
def test_it_loads_in_a_fresh_interpreter_with_nothing_set_and_nothing_heavy(
    profile: Profile,
) -> None:
    program = (
        "import sys, dagster as dg, pipelines.definitions as d;"
        "dg.Definitions.validate_loadable(d.defs());"
        f"print([name for name in {HEAVY} if name in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", program],
        env={"STORMDESK_PROFILE": profile.value},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stderr.count("Traceback") == 0, done.stderr
    assert done.stdout.strip() == "[]"


def test_the_graph_is_the_one_we_agreed_on(definitions: dg.Definitions) -> None:
    assert describe(definitions) == json.loads(SNAPSHOT.read_text())


def test_every_asset_of_ours_is_described(definitions: dg.Definitions) -> None:
    for spec in own_specs(definitions):
        assert spec.description, spec.key
        assert spec.group_name != "default", spec.key
        assert spec.owners, spec.key
        assert spec.kinds, spec.key


def test_assets_are_called_after_the_tables_they_write(definitions: dg.Definitions) -> None:
    for spec in own_specs(definitions):
        table = spec.metadata["dagster/table_name"]
        assert spec.key.path[0] == table.split(".")[0]
        columns = spec.metadata["dagster/column_schema"].columns
        assert [column.name for column in columns] == [
            column.name for column in describe_table(table).columns
        ]


def test_every_column_of_an_assets_table_is_put_into_words(definitions: dg.Definitions) -> None:
    described = [each for each in definitions.assets or () if isinstance(each, dg.AssetSpec)]
    specs = [*own_specs(definitions), *described]
    tables = {spec.metadata.get("dagster/table_name") for spec in specs} - {None}
    silent = [
        f"{table}.{column.name}"
        for table in sorted(tables)
        for column in describe_table(table).columns
        if not column.description
    ]
    assert silent == []


def test_partitioned_assets_backfill_in_a_single_run(definitions: dg.Definitions) -> None:
    for asset in definitions.assets or ():
        if isinstance(asset, dg.AssetsDefinition) and asset.partitions_def is not None:
            assert asset.backfill_policy == dg.BackfillPolicy.single_run()


def test_every_ingest_asset_stops_what_follows_when_its_rows_do_not_add_up(
    definitions: dg.Definitions,
) -> None:
    for asset in definitions.assets or ():
        if isinstance(asset, dg.AssetsDefinition) and "ingest" in asset.group_names_by_key.values():
            blocking = {spec.name for spec in asset.check_specs if spec.blocking}
            assert "rows_in_are_accounted_for" in blocking


def test_runs_are_in_process(definitions: dg.Definitions) -> None:
    assert definitions.executor is dg.in_process_executor


def test_wall_clock_automation_belongs_to_the_live_profile_only(
    definitions: dg.Definitions,
) -> None:
    for spec in own_specs(definitions):
        assert spec.automation_condition is None


def test_the_dashboards_pages_are_part_of_the_graph() -> None:
    page = next(
        spec
        for spec in build_defs(Settings(dashboard_url="https://desk.example")).assets or ()
        if isinstance(spec, dg.AssetSpec) and spec.key.path == ["dashboard", "inbox"]
    )
    assert page.metadata["url"].value == "https://desk.example/inbox"


def test_a_profile_nobody_knows_is_refused_by_name() -> None:
    with pytest.raises(SettingRefused, match="STORMDESK_PROFILE is 'reply'"):
        read_settings({"STORMDESK_PROFILE": "reply"})
