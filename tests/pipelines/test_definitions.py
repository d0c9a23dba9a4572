"""The code location loads lightly anywhere, and its graph changes only on purpose."""

import json
import subprocess
import sys
from pathlib import Path

import dagster as dg
import pytest

from dashboard.navigation import PAGES
from pipelines.conventions import Group, Owner, key_of
from pipelines.definitions import build_defs
from pipelines.partitions import DAILY, HOURLY
from pipelines.settings import Profile, SettingRefused, Settings, read_settings
from warehouse.queries.tables import describe_table

PROJECT = Path(__file__).parents[2]
SNAPSHOT = Path(__file__).with_name("asset_graph.json")
LIVE_SNAPSHOT = Path(__file__).with_name("asset_graph_live.json")
HEAVY = ("pandas", "sklearn", "numpy", "pyarrow", "streamlit", "requests")


@pytest.fixture(scope="module")
def definitions() -> dg.Definitions:
    return build_defs(Settings())


def own_specs(definitions: dg.Definitions) -> list[dg.AssetSpec]:
    """List the assets that our code writes."""
    assets = [each for each in definitions.assets or () if isinstance(each, dg.AssetsDefinition)]
    return [spec for asset in assets for spec in asset.specs]


def all_specs(definitions: dg.Definitions) -> list[dg.AssetSpec]:
    """List every asset of the graph: ours, and those we only describe."""
    described = [each for each in definitions.assets or () if isinstance(each, dg.AssetSpec)]
    return [*own_specs(definitions), *described]


def describe(definitions: dg.Definitions) -> dict[str, dict[str, object]]:
    graph = definitions.resolve_asset_graph()
    names = {HOURLY: "hours", DAILY: "days", None: "none"}
    return {
        node.key.to_user_string(): {
            "deps": sorted(key.to_user_string() for key in node.parent_keys),
            "group": node.group_name,
            "kinds": sorted(node.kinds),
            "owners": list(node.owners),
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


LIVE_PROGRAM = """
import json
from pipelines.definitions import defs

def words(policy):
    if hasattr(policy, "deadline_cron"):
        return f"since {policy.lower_bound_delta} before {policy.deadline_cron} {policy.timezone}"
    return policy and (
        f"warns after {policy.warn_window.to_timedelta()}, "
        f"fails after {policy.fail_window.to_timedelta()}"
    )

print(json.dumps({
    node.key.to_user_string(): {
        "runs": node.automation_condition and node.automation_condition.get_label(),
        "ages": words(node.freshness_policy_or_from_metadata),
    }
    for node in defs().resolve_asset_graph().asset_nodes
    if node.is_materializable
}))
"""


@pytest.fixture(scope="module")
def live_bounds() -> dict[str, dict[str, str | None]]:
    """Ask a code location that follows the wall clock when each asset runs, and how old it gets."""
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", LIVE_PROGRAM],
        env={"STORMDESK_PROFILE": Profile.LIVE.value},
        capture_output=True,
        text=True,
        check=True,
    )
    return dict(json.loads(done.stdout))


def test_a_live_desk_runs_and_ages_as_we_agreed_on(
    live_bounds: dict[str, dict[str, str | None]],
) -> None:
    assert live_bounds == json.loads(LIVE_SNAPSHOT.read_text())


def test_what_runs_by_itself_on_a_live_desk_has_a_named_condition_and_a_limit_of_age(
    live_bounds: dict[str, dict[str, str | None]],
) -> None:
    unrhythmic = {
        *("travel/airport", "travel/carrier", "travel/traveller", "inventory/hotel"),
        *("predictions/model_release", "predictions/rolling_origin"),
    }
    for name, bound in live_bounds.items():
        assert {value is None for value in bound.values()} == {name in unrhythmic}, name


def test_no_asset_of_a_replay_can_be_overdue(definitions: dg.Definitions) -> None:
    for spec in all_specs(definitions):
        assert spec.freshness_policy is None


def test_every_asset_says_what_it_is_and_who_answers_for_it(definitions: dg.Definitions) -> None:
    for spec in all_specs(definitions):
        first = (spec.description or "").partition("\n")[0]
        assert first.endswith("."), spec.key
        assert len(first.split()) >= 5, spec.key
        assert spec.group_name in set(Group), spec.key
        assert set(spec.owners) <= set(Owner), spec.key
        assert spec.owners, spec.key
        assert spec.kinds, spec.key


def test_every_asset_with_a_table_shows_its_columns(definitions: dg.Definitions) -> None:
    for spec in all_specs(definitions):
        if spec.group_name not in {Group.SOURCES, Group.DASHBOARD}:
            assert spec.metadata["dagster/column_schema"].columns, spec.key


def test_columns_come_from_columns_that_are_there(definitions: dg.Definitions) -> None:
    schemas = {
        spec.key: {column.name for column in spec.metadata["dagster/column_schema"].columns}
        for spec in all_specs(definitions)
        if "dagster/column_schema" in spec.metadata
    }
    for spec in all_specs(definitions):
        lineage = spec.metadata.get("dagster/column_lineage")
        for column, origins in lineage.deps_by_column.items() if lineage else ():
            assert column in schemas[spec.key], (spec.key, column)
            for origin in origins:
                assert origin.column_name in schemas[origin.asset_key], (spec.key, column, origin)


def test_whatever_is_made_from_another_table_says_from_which_columns(
    definitions: dg.Definitions,
) -> None:
    tables = {
        spec.key for spec in all_specs(definitions) if "dagster/column_schema" in spec.metadata
    }
    for spec in all_specs(definitions):
        above = {dep.asset_key for dep in spec.deps} & tables
        if spec.key in tables and above:
            assert spec.metadata["dagster/column_lineage"].deps_by_column, spec.key


def test_a_column_says_where_it_comes_from_as_dagsters_own_pages_do_not(
    definitions: dg.Definitions,
) -> None:
    schema = {
        column.name: column
        for spec in own_specs(definitions)
        if spec.key == key_of("predictions.feature_row")
        for column in spec.metadata["dagster/column_schema"].columns
    }
    assert schema["flight_id"].description == "The flight (from travel/flight.flight_id)"
    assert str(schema["features"].description).endswith(
        "(from travel/flight.carrier, travel/flight.origin, travel/flight.destination and 23 more)"
    )
    assert schema["flight_id"].constraints.other == ["key: flight_id, horizon_hours"]
    assert not schema["flight_id"].constraints.unique


def test_what_is_predicted_is_traced_to_the_weather_and_the_reports(
    definitions: dg.Definitions,
) -> None:
    lineage = {
        spec.key: spec.metadata["dagster/column_lineage"].deps_by_column
        for spec in all_specs(definitions)
        if "dagster/column_lineage" in spec.metadata
    }
    seen, waiting = set(), [(key_of("alerting.alert"), "severity")]
    while waiting:
        key, column = waiting.pop()
        seen.add((key.to_user_string(), column))
        origins = lineage.get(key, {}).get(column, ())
        waiting += [(origin.asset_key, origin.column_name) for origin in origins]
    assert {
        ("predictions/disruption_prediction", "probability"),
        ("predictions/feature_row", "features"),
        ("feeds/weather_forecast", "gust_mps"),
        ("travel/flight_report", "departure_delay_minutes"),
        ("travel/leg", "price_minor_units"),
        ("feeds/booking_segment", "price_minor_units"),
    } <= seen


def test_every_provider_leads_to_where_more_is_said_of_it(definitions: dg.Definitions) -> None:
    providers = [spec for spec in all_specs(definitions) if spec.key.path[0] == "source"]
    assert {spec.key.path[1] for spec in providers} == {
        *("nycflights", "simulated_forecast", "generated_travel"),
        *("open_meteo", "nws", "aviation_weather", "duffel_stays", "liteapi"),
        *("bookings_api", "drop_folder", "documents", "duffel_orders"),
    }
    for spec in providers:
        if "url" in spec.metadata:
            assert spec.metadata["url"].value.startswith("https://")
        else:
            assert (PROJECT / spec.metadata["in_repository"].value).is_file(), spec.key
    read = {dep.asset_key for spec in own_specs(definitions) for dep in spec.deps}
    assert {spec.key for spec in providers} <= read


def test_every_page_of_the_dashboard_ends_the_graph(definitions: dg.Definitions) -> None:
    pages = {spec.key.path[1] for spec in all_specs(definitions) if spec.key.path[0] == "dashboard"}
    assert pages == {page.path for page in PAGES if not page.is_hidden}


def test_assets_are_called_after_the_tables_they_write(definitions: dg.Definitions) -> None:
    for spec in own_specs(definitions):
        table = spec.metadata["dagster/table_name"]
        assert spec.key.path[0] == table.split(".")[0]
        columns = spec.metadata["dagster/column_schema"].columns
        assert [column.name for column in columns] == [
            column.name for column in describe_table(table).columns
        ]


def test_every_column_of_an_assets_table_is_put_into_words(definitions: dg.Definitions) -> None:
    specs = all_specs(definitions)
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
