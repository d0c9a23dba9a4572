"""Fold what carriers report of their flights into the flights themselves."""

import pandas as pd
from sqlalchemy import Column, DateTime, Double, Text, text
from sqlalchemy.orm import Session

from warehouse.bulk.column_rules import rules_of
from warehouse.bulk.contract import ColumnRule, Contract, RowRule, judge, refuse_lines, row_keys
from warehouse.bulk.staging import stage
from warehouse.operations.deliveries import Delivery
from warehouse.operations.fact_merges import table_of
from warehouse.operations.feed_batches import (
    BatchResult,
    Counts,
    all_refused,
    close_delivery,
    open_delivery,
)
from warehouse.operations.feeds import FLIGHT_KEY
from warehouse.schema.travel import Flight
from warehouse.vocabulary import Actor, FlightStatus

REPORTED = [status.value for status in FlightStatus if status is not FlightStatus.SCHEDULED]
_DELAYS = ("departure_delay_minutes", "arrival_delay_minutes")
_CONTRACT = Contract(
    {
        **rules_of(table_of(Flight), *FLIGHT_KEY, *_DELAYS),
        "kind": ColumnRule("text", among=REPORTED),
        "reported_at": ColumnRule("instant"),
        "occurred_at": ColumnRule("instant", is_required=False),
    },
    key=(*FLIGHT_KEY, "kind"),
    newer_by="reported_at",
    rows=(
        RowRule(
            "occurred_at",
            "is missing, and a departure or arrival happens at an instant",
            lambda rows: ~rows["kind"].isin(["departed", "arrived"]) | rows["occurred_at"].notna(),
        ),
        RowRule(
            "departure_delay_minutes",
            "is missing, and a flight that arrived or was diverted had departed",
            lambda rows: (
                ~rows["kind"].isin(["arrived", "diverted"])
                | rows["departure_delay_minutes"].notna()
            ),
        ),
    ),
)
_COLUMNS = [
    *[Column(name, table_of(Flight).c[name].type) for name in FLIGHT_KEY],
    Column("kind", Text),
    Column("reported_at", DateTime(timezone=True)),
    Column("occurred_at", DateTime(timezone=True)),
    Column("departure_delay_minutes", Double),
    Column("arrival_delay_minutes", Double),
]

_UNKNOWN = text(
    """
    SELECT line FROM staged_flight_report AS report
    WHERE NOT EXISTS (
      SELECT FROM travel.flight
      WHERE (flight.carrier, flight.flight_number, flight.origin, flight.service_date)
        = (report.carrier, report.flight_number, report.origin, report.service_date))
    """
)
# One row per flight: what the reports say, then what the flight should hold. A report older than
# the newest one known only fills in what is missing, so any order of loading ends the same.
_FOLD = text(
    """
    CREATE TEMPORARY TABLE folded_report ON COMMIT DROP AS
    WITH told AS (
      SELECT flight.flight_id, count(*) AS report_count, max(report.reported_at) AS newest_at,
        max(report.reported_at) FILTER (WHERE kind = 'delayed') AS delayed_at,
        max(report.reported_at) FILTER (WHERE kind = 'departed') AS departed_at,
        max(report.reported_at) FILTER (WHERE kind = 'arrived') AS arrived_at,
        max(report.reported_at) FILTER (WHERE kind = 'diverted') AS diverted_at,
        max(report.reported_at) FILTER (WHERE kind = 'cancelled') AS cancelled_at,
        max(occurred_at) FILTER (WHERE kind = 'departed') AS departure_at,
        max(occurred_at) FILTER (WHERE kind = 'arrived') AS arrival_at,
        coalesce(
          max(report.departure_delay_minutes) FILTER (WHERE kind = 'departed'),
          max(report.departure_delay_minutes) FILTER (WHERE kind IN ('arrived', 'diverted'))
        ) AS departure_delay,
        max(report.departure_delay_minutes) FILTER (WHERE kind = 'delayed') AS delay_so_far,
        max(report.arrival_delay_minutes) FILTER (WHERE kind = 'arrived') AS arrival_delay
      FROM staged_flight_report AS report
      JOIN travel.flight USING (carrier, flight_number, origin, service_date)
      GROUP BY flight.flight_id
    ), named AS (
      SELECT told.*, CASE newest_at WHEN cancelled_at THEN 'cancelled'
        WHEN diverted_at THEN 'diverted' WHEN arrived_at THEN 'arrived'
        WHEN departed_at THEN 'departed' ELSE 'delayed' END AS newest_kind
      FROM told
    ), ordered AS (
      SELECT named.*, flight.reported_at IS NULL OR
        (newest_at, array_position(:kinds, newest_kind))
          >= (flight.reported_at, array_position(:kinds, flight.status)) AS is_news
      FROM named JOIN travel.flight USING (flight_id)
    ), merged AS (
      SELECT flight_id, report_count, newest_at,
        CASE WHEN is_news THEN newest_kind ELSE flight.status END AS status,
        greatest(flight.reported_at, newest_at) AS reported_at,
        least(flight.delay_reported_at, delayed_at) AS delay_reported_at,
        least(flight.cancelled_reported_at, cancelled_at) AS cancelled_reported_at,
        coalesce(
          CASE WHEN is_news THEN departure_at END, flight.actual_departure_at, departure_at,
          flight.scheduled_departure_at + departure_delay * interval '1 minute'
        ) AS actual_departure_at,
        coalesce(
          CASE WHEN is_news THEN arrival_at END, flight.actual_arrival_at, arrival_at
        ) AS actual_arrival_at,
        coalesce(
          CASE WHEN is_news THEN departure_delay END,
          CASE WHEN flight.actual_departure_at IS NOT NULL
            THEN flight.departure_delay_minutes END,
          departure_delay, delay_so_far, flight.departure_delay_minutes
        ) AS departure_delay_minutes,
        coalesce(
          CASE WHEN is_news THEN arrival_delay END, flight.arrival_delay_minutes, arrival_delay
        ) AS arrival_delay_minutes
      FROM ordered JOIN travel.flight USING (flight_id)
    ), proposed AS (
      SELECT flight_id, report_count, newest_at, status, reported_at, delay_reported_at,
        CASE WHEN status = 'cancelled' THEN cancelled_reported_at END AS cancelled_reported_at,
        actual_departure_at, actual_arrival_at, departure_delay_minutes, arrival_delay_minutes
      FROM merged
    )
    SELECT proposed.*,
      CASE WHEN (
          proposed.status, proposed.reported_at, proposed.delay_reported_at,
          proposed.cancelled_reported_at, proposed.actual_departure_at,
          proposed.actual_arrival_at, proposed.departure_delay_minutes,
          proposed.arrival_delay_minutes
        ) IS DISTINCT FROM (
          flight.status, flight.reported_at, flight.delay_reported_at,
          flight.cancelled_reported_at, flight.actual_departure_at,
          flight.actual_arrival_at, flight.departure_delay_minutes, flight.arrival_delay_minutes
        ) THEN 'changed'
        WHEN newest_at < flight.reported_at THEN 'superseded' ELSE 'unchanged' END AS verdict
    FROM proposed JOIN travel.flight USING (flight_id)
    """
)
_COUNT = text("SELECT verdict, sum(report_count)::bigint FROM folded_report GROUP BY verdict")
_WRITE = text(
    """
    UPDATE travel.flight SET status = told.status, reported_at = told.reported_at,
      delay_reported_at = told.delay_reported_at,
      cancelled_reported_at = told.cancelled_reported_at,
      actual_departure_at = told.actual_departure_at,
      actual_arrival_at = told.actual_arrival_at,
      departure_delay_minutes = told.departure_delay_minutes,
      arrival_delay_minutes = told.arrival_delay_minutes
    FROM folded_report AS told
    WHERE told.flight_id = flight.flight_id AND told.verdict = 'changed'
    """
)


def load_flight_reports(
    session: Session,
    actor: Actor,
    reports: pd.DataFrame,
    delivery: Delivery,
    *,
    rejected: pd.DataFrame | None = None,
) -> BatchResult:
    """Fold reports into their flights: the newest decides where a flight stands.

    A report that comes late only fills in what is missing, so the order of loading does not
    matter, and loading twice changes nothing. A flight's batch stays that of its schedule.

    Parameters
    ----------
    session:
        Open transaction.
    actor:
        Who loads. Needs `Permission.ADMINISTER`.
    reports:
        Canonical flight reports; of several of one kind about a flight, the newest counts.
    delivery:
        Who reports and when it came.
    rejected:
        Rows the source refused.

    Returns
    -------
    :
        Reports that changed their flight, said nothing new, came too late, or were refused.

    Raises
    ------
    FeedRefused
        A column is missing or an instant has no zone.
    """
    open_delivery(session, actor, delivery.feed)
    judged = judge(reports, _CONTRACT)
    staged = stage(session, "flight_report", judged.accepted, _COLUMNS)
    unknown = session.scalars(_UNKNOWN).all()
    session.execute(text("DROP TABLE IF EXISTS pg_temp.folded_report"))
    session.execute(_FOLD, {"kinds": [status.value for status in FlightStatus]})
    verdicts: dict[str, int] = dict(session.execute(_COUNT).all())
    result = close_delivery(
        session,
        actor,
        delivery,
        Counts(
            received=judged.received_count + (0 if rejected is None else len(rejected)),
            changed=verdicts.get("changed", 0),
            unchanged=verdicts.get("unchanged", 0),
            superseded=verdicts.get("superseded", 0) + judged.superseded_count,
        ),
        digests=[staged.sha256],
        refused=all_refused(
            rejected,
            judged.refused,
            refuse_lines(
                judged.accepted,
                unknown,
                "flight_number",
                "names no flight we know",
                contract=_CONTRACT,
            ),
        ),
        accepted_keys=lambda: frozenset(
            row_keys(judged.accepted.drop(unknown), _CONTRACT),
        ),
    )
    session.execute(_WRITE)
    return result
