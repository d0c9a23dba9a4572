"""The record of a release's months is kept for good, once, and seen by those who see forecasts."""

import pytest
from sqlalchemy import func, select, text
from sqlalchemy.exc import DBAPIError

from tests.factories.defaults import STORM_AT
from tests.factories.prediction import make_release
from warehouse.audit_tags import AuditTag
from warehouse.errors import NotFound, PermissionRefused
from warehouse.operations.rolling_origins import keep_rolling_origin
from warehouse.queries.forecast import find_forecaster_months
from warehouse.queries.releases import find_rolling_origin
from warehouse.schema.audit import Entry
from warehouse.schema.predictions import RollingOrigin
from warehouse.session import Access, transaction
from warehouse.vocabulary import SYSTEM, Actor, ReleaseId, Role, UserId

RECORD = {"horizons": {"2": {"chosen": {"2013-02": "300 rounds"}}}}

pytestmark = pytest.mark.usefixtures("database")


@pytest.fixture
def release_id(database: str) -> ReleaseId:
    with transaction(Access.OWNER) as session:
        return ReleaseId(make_release(session).release_id)


def keep(release_id: ReleaseId, record: dict = RECORD, actor: Actor = SYSTEM) -> bool:
    with transaction(Access.PIPELINE) as session:
        return keep_rolling_origin(
            session, actor, release_id, record, code_version="test", at=STORM_AT
        )


def test_the_newest_record_counts_and_the_same_again_changes_nothing(release_id: ReleaseId) -> None:
    newer = {"horizons": {}}
    assert [keep(release_id), keep(release_id), keep(release_id, newer)] == [True, False, True]
    with transaction(Access.OWNER) as session:
        found = find_rolling_origin(session, release_id)
        written = session.scalar(select(func.count()).select_from(RollingOrigin))
        audited = select(func.count()).where(Entry.tag == AuditTag.RELEASE_JUDGED)
        assert (written, session.scalar(audited)) == (2, 2)
    assert found is not None
    assert (found.record, found.told_at) == (newer, STORM_AT)


def test_a_release_that_is_not_there_has_no_record() -> None:
    with pytest.raises(NotFound):
        keep(ReleaseId(404))


def test_only_who_may_judge_keeps_it_and_who_sees_forecasts_reads_it(release_id: ReleaseId) -> None:
    agent, customer = (Actor(UserId(1), frozenset({role})) for role in (Role.AGENT, Role.CUSTOMER))
    with pytest.raises(PermissionRefused):
        keep(release_id, actor=agent)
    with transaction(Access.OWNER) as session, pytest.raises(PermissionRefused):
        find_forecaster_months(session, customer, release_id)


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE predictions.rolling_origin SET record = '{\"horizons\": {}}'",
        "DELETE FROM predictions.rolling_origin",
        "TRUNCATE predictions.rolling_origin",
        "INSERT INTO predictions.rolling_origin (release_id, told_at, code_version, record)"
        " SELECT release_id, told_at, code_version, '{}' FROM predictions.rolling_origin",
    ],
)
def test_postgres_lets_nobody_rewrite_it_or_keep_an_empty_one(
    release_id: ReleaseId, statement: str
) -> None:
    keep(release_id)
    with pytest.raises(DBAPIError), transaction(Access.OWNER) as session:
        session.execute(text(statement))
