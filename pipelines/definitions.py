"""The code location: every asset, sensor and job in explicit lists; no I/O, nothing heavy."""

from collections.abc import Mapping, Sequence

import dagster as dg

from pipelines.assets.alerts import alert, ops_specs
from pipelines.assets.bookings import booking_part_specs
from pipelines.assets.externals import page_specs, provider_specs
from pipelines.assets.features import feature_row
from pipelines.assets.ingest import INGEST
from pipelines.assets.monitoring import model_monitoring
from pipelines.assets.predictions import disruption_prediction
from pipelines.assets.reference import REFERENCE
from pipelines.assets.rolling_origin import rolling_origin
from pipelines.assets.training import model_release
from pipelines.channels.setup import Outbound
from pipelines.checks.coverage import every_step_reaches_somebody
from pipelines.connected import ConnectedProvider
from pipelines.jobs.audit_head import export_audit_head
from pipelines.jobs.booking import book_fallbacks
from pipelines.jobs.delivery import deliver_notifications
from pipelines.jobs.history_cleaning import clean_history
from pipelines.jobs.monitoring import watch_day
from pipelines.jobs.refresh import refresh_hour
from pipelines.jobs.rolling_origin import tell_history
from pipelines.jobs.training import train
from pipelines.resources import Warehouse
from pipelines.schedules.audit_head import daily_audit_head
from pipelines.schedules.history_cleaning import daily_cleaning
from pipelines.schedules.rolling_origin import monthly_history
from pipelines.schedules.training import weekly_training
from pipelines.sensors.automation import automation_sensors
from pipelines.sensors.bookings import bookings_due
from pipelines.sensors.coverage import coverage_due
from pipelines.sensors.escalation import escalation_due
from pipelines.sensors.fallbacks import fallback_due
from pipelines.sensors.notifications import notifications_due
from pipelines.sensors.replay import replay_hour_reached
from pipelines.sensors.replay_daily import replay_cleaning_due, replay_head_due
from pipelines.sensors.replay_days import replay_day_reached
from pipelines.sensors.retraining import replay_week_over
from pipelines.sensors.sealing import history_unsealed
from pipelines.sensors.sweeps import sweeps_due
from pipelines.sensors.synthetic import synthetic_due
from pipelines.settings import Profile, Settings, read_settings

MODELLING = (
    *(feature_row, model_release, rolling_origin),
    *(disruption_prediction, model_monitoring, alert),
)
OPS_SENSORS = (
    *(escalation_due, sweeps_due, fallback_due, bookings_due, notifications_due),
    *(history_unsealed, coverage_due, synthetic_due),
)
REPLAY_SENSORS = (
    *(replay_hour_reached, replay_day_reached, replay_week_over),
    *(replay_head_due, replay_cleaning_due),
)

JOBS = (
    *(refresh_hour, train, tell_history, watch_day),
    *(deliver_notifications, book_fallbacks, export_audit_head, clean_history),
)
SCHEDULES = (weekly_training, monthly_history, daily_audit_head, daily_cleaning)


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
        assets=[
            *provider_specs(),
            *REFERENCE,
            *INGEST,
            *booking_part_specs(),
            *MODELLING,
            *ops_specs(),
            *page_specs(settings),
        ],
        asset_checks=[every_step_reaches_somebody],
        sensors=[*OPS_SENSORS, *_time_sensors(settings.profile)],
        jobs=JOBS,
        schedules=SCHEDULES if settings.profile is Profile.LIVE else [],
        resources={
            "warehouse": Warehouse(),
            "provider": ConnectedProvider(),
            "outbound": Outbound(),
            **(resources or {}),
        },
        executor=dg.in_process_executor,
    )


def _time_sensors(profile: Profile) -> Sequence[dg.SensorDefinition]:
    """Let the wall clock drive the live assets, and the replayed instant those of a replay."""
    return automation_sensors() if profile is Profile.LIVE else REPLAY_SENSORS


@dg.definitions
def defs() -> dg.Definitions:
    """Load the code location as the environment describes it."""
    return build_defs(read_settings())
