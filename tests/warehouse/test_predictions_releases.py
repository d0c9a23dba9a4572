"""Releases are kept for good, one of them predicts, and every change is in the history."""

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import select

from tests.factories.defaults import STORM_AT
from tests.factories.prediction import let_pass
from tests.factories.user import make_actor
from warehouse.audit_tags import AuditTag
from warehouse.errors import NotFound, PermissionRefused, TransitionRefused
from warehouse.operations.champions import promote_champion
from warehouse.operations.predictions import ReleaseDraft, publish_release
from warehouse.queries.predictions import find_champion, get_release_content
from warehouse.schema.audit import Entry
from warehouse.schema.predictions import Champion, ModelRelease
from warehouse.session import Access, transaction
from warehouse.vocabulary import SYSTEM, ReleaseId, Role

DRAFT = ReleaseDraft(
    content=b"weights",
    card={"code_version": "0.1.0"},
    metrics={"24": {"boosted_trees": {"bss": 0.08}}},
    trained_from=STORM_AT - timedelta(days=300),
    trained_until=STORM_AT - timedelta(days=2),
    code_version="0.1.0",
)


@pytest.fixture(autouse=True)
def _database(database: str) -> None:
    """Every test here works on Postgres."""


def publish(content: bytes = DRAFT.content) -> ReleaseId:
    with transaction() as session:
        return publish_release(session, SYSTEM, replace(DRAFT, content=content), at=STORM_AT)


def promote(release_id: ReleaseId, *, hours_later: int = 0) -> None:
    at = STORM_AT + timedelta(hours=hours_later)
    with transaction() as session:
        let_pass(session, release_id)
        promote_champion(session, SYSTEM, release_id, reason="It is better.", at=at)


def test_a_published_release_can_be_read_back_byte_by_byte() -> None:
    release_id = publish()

    with transaction() as session:
        assert get_release_content(session, release_id) == DRAFT.content


def test_the_same_bytes_are_the_same_release_and_leave_one_entry() -> None:
    assert publish() == publish()

    with transaction() as session:
        tags = session.scalars(select(Entry.tag)).all()
    assert tags == [AuditTag.RELEASE_PUBLISHED]


def test_before_the_first_promotion_nothing_predicts() -> None:
    publish()

    with transaction() as session:
        assert find_champion(session) is None


def test_a_promotion_ends_the_reign_before_it() -> None:
    first, second = publish(), publish(b"other weights")
    promote(first)
    promote(second, hours_later=1)

    with transaction() as session:
        reigns = session.execute(
            select(Champion.release_id, Champion.since_at, Champion.ended_at).order_by(
                Champion.champion_id
            )
        ).all()
        champion = find_champion(session)
    later = STORM_AT + timedelta(hours=1)
    assert [tuple(reign) for reign in reigns] == [
        (first, STORM_AT, later),
        (second, later, None),
    ]
    assert champion is not None
    assert champion.release_id == second


def test_promoting_the_champion_again_is_refused() -> None:
    release_id = publish()
    promote(release_id)

    with pytest.raises(TransitionRefused):
        promote(release_id)


def test_a_release_nobody_published_cannot_be_promoted() -> None:
    with pytest.raises(NotFound), transaction() as session:
        promote_champion(session, SYSTEM, ReleaseId(404), reason="Why not.", at=STORM_AT)


def test_a_release_that_learnt_after_its_publication_is_refused_by_postgres() -> None:
    hindsight = replace(DRAFT, trained_until=STORM_AT + timedelta(seconds=1))

    with pytest.raises(Exception, match="trained_on_the_past"), transaction() as session:
        publish_release(session, SYSTEM, hindsight, at=STORM_AT)


def test_an_agent_may_neither_publish_nor_promote() -> None:
    release_id = publish()
    with transaction(Access.OWNER) as session:
        agent = make_actor(session, Role.AGENT)

    with pytest.raises(PermissionRefused), transaction() as session:
        promote_champion(session, agent, release_id, reason="Mine.", at=STORM_AT)
    with pytest.raises(PermissionRefused), transaction() as session:
        publish_release(session, agent, DRAFT, at=STORM_AT)


def test_a_change_of_champion_says_who_came_before() -> None:
    first, second = publish(), publish(b"other weights")
    promote(first)
    promote(second)

    with transaction() as session:
        entries = session.execute(
            select(Entry.before, Entry.after, Entry.reason)
            .where(Entry.tag == AuditTag.CHAMPION_CHANGED)
            .order_by(Entry.entry_id)
        ).all()
    assert [tuple(entry) for entry in entries] == [
        (None, {"release_id": first}, "It is better."),
        ({"release_id": first}, {"release_id": second}, "It is better."),
    ]


def test_the_card_and_metrics_come_with_the_champion() -> None:
    promote(publish())

    with transaction() as session:
        champion = find_champion(session)
        stored = session.scalars(select(ModelRelease)).one()
    assert champion is not None
    assert champion.card == DRAFT.card
    assert champion.metrics == DRAFT.metrics
    assert champion.sha256 == stored.sha256
