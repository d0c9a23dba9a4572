"""A desk with a million alerts behind it is as quick as one with a thousand."""

import statistics
import time
from collections.abc import Callable
from datetime import timedelta

import psycopg
from psycopg import sql
from sqlalchemy import select, text

from tests.benchmarks.conftest import Scoreboard
from tests.factories.defaults import STORM_AT
from tests.factories.flight import make_flight
from tests.factories.policy import make_policy_step, make_policy_version
from tests.factories.user import make_actor, make_shift_assignment, make_user
from warehouse.operations.alerts import acknowledge_alert
from warehouse.operations.escalations import escalate_due_alerts
from warehouse.schema.alerting import Alert, Notification
from warehouse.session import Access, engine, transaction
from warehouse.vocabulary import Actor, AlertId, Role

SMALL, LARGE = (1_000, 9_000), (100_000, 900_000)
"""Open and closed alerts."""

STORM = 6_000
RECIPIENTS = 4
ROWS_PER_INSERT = 1_000
BATCH = 500
ROUNDS = 40
MOST_IDLE, MOST_WHEN_TAKEN, MOST_FOR_A_HUNDRED = 1.5, 1.3, 4
SPELLS, TAKEN = 5, 60
LATER = STORM_AT + timedelta(days=2)

FILL = text(
    """
    INSERT INTO alerting.alert (dedup_key, kind, basis, flight_id, headline, severity, status,
      policy_version_id, next_escalation_at, raised_at, last_seen_at, closed_at, close_reason,
      travellers_affected, money_at_risk_minor_units, currency)
    SELECT 'v1:bench:' || :status || :first + number, 'flight', 'reported', :flight_id, 'bench',
      (ARRAY['low', 'medium', 'high', 'critical'])[1 + number % 4], :status, :version_id,
      CASE WHEN :status = 'open' THEN CAST(:later AS timestamptz) END,
      CAST(:at AS timestamptz) - number * interval '1 second', :at,
      CASE WHEN :status = 'closed' THEN CAST(:at AS timestamptz) END,
      CASE WHEN :status = 'closed' THEN 'resolved' END, 1, 1, 'USD'
    FROM generate_series(1, :count) AS number
    """
)
BARE_HUNDRED = text(
    "UPDATE alerting.alert SET escalation_level = 1, occurrences = occurrences + 1,"
    " next_escalation_at = CAST(:later AS timestamptz) + occurrences * interval '1 second'"
    " WHERE alert_id = ANY(:ids) RETURNING alert_id"
)
"""It changes what an escalation has to change, the indexed instant above all."""
MAKE_DUE = text(
    "UPDATE alerting.alert SET next_escalation_at = :at, escalation_level = 0,"
    " escalation_loop = 0, generation = generation + 1 WHERE alert_id = ANY(:ids)"
)


class Desk:
    """A ladder, its people, and as many alerts as asked for."""

    def __init__(self, recipients: int) -> None:
        with transaction(Access.OWNER) as session:
            version = make_policy_version(session).policy_version_id
            make_policy_step(session, policy_version_id=version)
            make_policy_step(session, policy_version_id=version, level=2, delay_minutes=60)
            self.agent = make_actor(session)
            make_shift_assignment(session, user_id=self.agent.user_id)
            for _ in range(recipients - 1):
                user = make_user(session, roles=[Role.AGENT])
                make_shift_assignment(session, user_id=user.user_id)
            self._facts = {
                "version_id": version,
                "flight_id": make_flight(session).flight_id,
                "at": STORM_AT,
                "later": LATER,
            }
        self._filled = [0, 0]

    def fill(self, open_count: int, closed_count: int) -> None:
        """Add alerts until there are so many."""
        wanted = zip(("open", "closed"), (open_count, closed_count), strict=True)
        with transaction(Access.OWNER) as session:
            for place, (status, count) in enumerate(wanted):
                first, self._filled[place] = self._filled[place], count
                values = {"status": status, "first": first, "count": count - first}
                session.execute(FILL, self._facts | values)
        with engine(Access.OWNER).connect() as connection:
            settled = connection.execution_options(isolation_level="AUTOCOMMIT")
            settled.execute(text("VACUUM ANALYZE alerting.alert"))

    def open_ids(self, count: int) -> list[int]:
        with transaction(Access.OWNER) as session:
            statement = select(Alert.alert_id).where(Alert.status == "open").limit(count)
            return list(session.scalars(statement.order_by(Alert.alert_id.desc())))

    def make_due(self, ids: list[int]) -> None:
        with transaction(Access.OWNER) as session:
            session.execute(MAKE_DUE, {"at": STORM_AT, "ids": ids})


def sweep(limit: int = 100) -> int:
    with transaction(Access.PIPELINE) as session:
        return len(escalate_due_alerts(session, at=STORM_AT, limit=limit).escalated)


def seconds(do: Callable[[], object], rounds: int = ROUNDS) -> float:
    times = []
    for _ in range(rounds):
        began = time.perf_counter()
        do()
        times.append(time.perf_counter() - began)
    return statistics.median(times)


def slow_acknowledging(desk: Desk) -> float:
    """Give the p95 of taking alerts one by one: the median of what several spells gave.

    A spell in which the machine was busy with something else says nothing of either size.
    """
    ids = iter(desk.open_ids(SPELLS * TAKEN))
    return statistics.median(
        sorted(seconds(lambda: acknowledge(desk.agent, next(ids)), 1) for _ in range(TAKEN))[
            int(TAKEN * 0.95)
        ]
        for _ in range(SPELLS)
    )


def acknowledge(agent: Actor, alert_id: int) -> None:
    with transaction(Access.DASHBOARD, on_behalf_of=agent) as session:
        acknowledge_alert(session, agent, AlertId(alert_id), at=STORM_AT)


def test_a_million_alerts(database: str, scoreboard: Scoreboard) -> None:
    desk = Desk(recipients=1)
    desk.fill(*SMALL)
    acknowledge(desk.agent, desk.open_ids(1)[0])
    sweep()
    idle_small, taken_small = seconds(sweep), slow_acknowledging(desk)
    desk.fill(*LARGE)
    sweep()
    idle = scoreboard.tell(
        "sweep that finds nothing among 100k open, 900k closed",
        seconds(sweep),
        "among 1k open, 9k closed",
        idle_small,
    )
    taken = scoreboard.tell(
        "acknowledge, p95, among a million alerts",
        slow_acknowledging(desk),
        "among ten thousand",
        taken_small,
    )
    hundred = a_hundred_due(desk, scoreboard)
    assert idle <= MOST_IDLE
    assert taken <= MOST_WHEN_TAKEN
    assert hundred <= MOST_FOR_A_HUNDRED


def a_hundred_due(desk: Desk, scoreboard: Scoreboard) -> float:
    """Compare in turn, each time from the same start: what was due has just been written."""
    ids = desk.open_ids(100)

    def ours() -> None:
        assert sweep() == 100

    def bare() -> None:
        with transaction(Access.PIPELINE) as session:
            session.execute(BARE_HUNDRED, {"ids": ids, "later": LATER})

    def from_due(do: Callable[[], None]) -> float:
        desk.make_due(ids)
        return seconds(do, 1)

    times = [(from_due(ours), from_due(bare)) for _ in range(ROUNDS)]
    return scoreboard.tell(
        "escalate 100 due among 100k open, a page each",
        statistics.median(ours_s for ours_s, _ in times),
        "100-row UPDATE of the same columns",
        statistics.median(bare_s for _, bare_s in times),
    )


def test_six_thousand_due_at_once(database: str, scoreboard: Scoreboard) -> None:
    desk = Desk(RECIPIENTS)
    desk.fill(STORM, 0)
    ids = desk.open_ids(STORM)
    desk.make_due(ids[:10])
    sweep()
    desk.make_due(ids)
    began = time.perf_counter()
    while sweep(BATCH):
        pass
    ours = time.perf_counter() - began
    with transaction(Access.OWNER) as session:
        rows = [dict(row._mapping) for row in session.execute(select(Notification.__table__))]
    assert len(rows) >= STORM * RECIPIENTS
    ratio = scoreboard.tell(
        f"{STORM:,} due at once, {STORM * RECIPIENTS:,} pages queued",
        ours,
        "bare multi-row INSERTs of the same rows",
        insert_bare(rows[-STORM * RECIPIENTS :]),
    )
    assert ratio <= 1 / 0.25


def insert_bare(rows: list[dict]) -> float:
    """Insert rows as they are into a table with the same indexes, by a thousand a statement.

    The statements are written beforehand: only Postgres is measured.
    """
    with transaction(Access.OWNER) as session:
        session.execute(
            text("CREATE TABLE alerting.bare (LIKE alerting.notification INCLUDING ALL)")
        )
        session.execute(text("ALTER TABLE alerting.bare ALTER notification_id DROP IDENTITY"))
    parts = [
        rows[first : first + ROWS_PER_INSERT] for first in range(0, len(rows), ROWS_PER_INSERT)
    ]
    with engine(Access.OWNER).begin() as connection:
        driver = connection.connection.driver_connection
        assert isinstance(driver, psycopg.Connection)
        statements = [_multi_row(part).as_string(driver) for part in parts]
        began = time.perf_counter()
        for statement in statements:
            driver.execute(statement.encode())
        driver.commit()
        return time.perf_counter() - began


def _multi_row(rows: list[dict]) -> sql.Composed:
    columns = sql.SQL(", ").join(map(sql.Identifier, rows[0]))
    values = [
        sql.SQL("({})").format(sql.SQL(", ").join(map(sql.Literal, row.values()))) for row in rows
    ]
    head = sql.SQL("INSERT INTO alerting.bare ({}) VALUES ").format(columns)
    return head + sql.SQL(", ").join(values)
