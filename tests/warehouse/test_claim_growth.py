"""Claiming costs what leaves, however much was sent before and however much is held."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from sqlalchemy import text

from tests.factories.defaults import STORM_AT
from tests.factories.digest import make_page_rate
from tests.factories.user import make_user
from tests.warehouse.digesting import claim, finish, more
from tests.warehouse.test_cleaning_growth import read_rows
from warehouse.operations.notifications import Sent
from warehouse.rules.page_rate import MOST_IN_DIGEST, PageRate
from warehouse.session import Access, transaction

MINUTE = timedelta(minutes=1)
PEOPLE, EACH = 5, 4_000
FEW = 2_500
"""Rows: a few looks at a hundred pages and their alerts, and the guards of a digest of fifty, each
of which is compared with the others; nothing that grows with the crowd."""

ALERTS = text(
    """
    INSERT INTO alerting.alert (dedup_key, kind, basis, headline, severity, policy_version_id,
      raised_at, last_seen_at, travellers_affected, money_at_risk_minor_units, currency)
    SELECT 'v1:desk:crowd' || n, 'desk', 'reported', 'crowd', 'low', :version, :at, :at, 0, 0, 'USD'
    FROM generate_series(1, :count) AS n
    """
)
PAGES = text(
    """
    INSERT INTO alerting.notification (kind, alert_id, generation, escalation_loop,
      escalation_level, recipient_user_id, channel, address, priority, created_at, not_before_at,
      held_since_at, status, sent_at, attempts)
    SELECT 'page', alert_id, 1, 0, 1, (CAST(:people AS bigint[]))[1 + alert_id % :count], 'email',
      'mara@desk.example.test', 3, :at, CAST(:at AS timestamptz) + wait * interval '1 minute',
      CASE WHEN wait > 0 THEN CAST(:at AS timestamptz) END,
      CASE WHEN wait > 0 THEN 'pending' ELSE 'sent' END,
      CASE WHEN wait > 0 THEN NULL ELSE CAST(:at AS timestamptz) - interval '1 day' END,
      CASE WHEN wait > 0 THEN 0 ELSE 1 END
    FROM alerting.alert, LATERAL (SELECT 3 * (alert_id / :count % 2) AS wait) AS half
    WHERE dedup_key LIKE 'v1:desk:crowd%'
    """
)


@pytest.fixture
def crowd(database: str) -> int:
    """Half of twenty thousand pages were sent yesterday, half are held; give one of their ids."""
    with transaction(Access.OWNER) as session:
        version = make_page_rate(session, PageRate(1, 15))
        people = [make_user(session).user_id for _ in range(PEOPLE)]
        values = {"version": version, "at": STORM_AT, "people": people, "count": PEOPLE * EACH}
        session.execute(ALERTS, values)
        session.execute(PAGES, values | {"count": PEOPLE})
    with transaction(Access.OWNER) as session:
        session.execute(text("ANALYZE alerting.alert"))
        session.execute(text("ANALYZE alerting.notification"))
        page = text("SELECT min(notification_id) FROM alerting.notification")
        return int(session.execute(page).scalar_one())


def read(act: Callable[[], object]) -> int:
    """Count the rows of alerts and messages that an act reads."""
    _tell_what_was_read()
    before = read_rows()
    act()
    _tell_what_was_read()
    return sum(now - then for now, then in zip(read_rows(), before, strict=True))


def _tell_what_was_read() -> None:
    """Have the connection tell what it read; by itself it does so now and then."""
    with transaction(Access.PIPELINE) as session:
        session.execute(text("SELECT pg_stat_force_next_flush()"))


def test_one_of_many_is_found_without_reading_the_others(crowd: int) -> None:
    more(crowd, "critical")
    assert 0 < read(lambda: finish(claim(limit=1)[0], Sent("1"))) < FEW


def test_whoever_is_over_their_rate_is_told_so_by_as_little(crowd: int) -> None:
    more(crowd, "high")
    finish(claim(limit=1)[0], Sent("1"))
    more(crowd, "high")
    assert 0 < read(lambda: claim(limit=1)) < FEW


def test_a_digest_is_made_of_what_it_holds(crowd: int) -> None:
    letters = []
    assert 0 < read(lambda: letters.extend(claim(STORM_AT + 3 * MINUTE, limit=1))) < FEW
    assert [len(letter.folded) for letter in letters] == [MOST_IN_DIGEST]
