"""The story hands the desk over once: from then on its time is its own."""

from contextlib import nullcontext
from datetime import timedelta

import pytest

from stormdesk import story
from stormdesk.desk import open_desk
from warehouse.operations.clock import set_replay_clock
from warehouse.queries.clock import current_instant
from warehouse.session import Access, transaction
from warehouse.vocabulary import SYSTEM

LATER = story.PICKED_UP_AT + timedelta(days=1)


@pytest.fixture
def played(database: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Give a desk whose storm counts as relived."""
    monkeypatch.setattr(story, "kept_instance", lambda _settings: nullcontext())
    monkeypatch.setattr(story, "play", lambda *_arguments, **_options: None)
    with transaction(Access.OWNER) as session:
        open_desk(session)


def now_at_the_desk():
    with transaction(Access.PIPELINE) as session:
        return current_instant(session)


def test_the_desk_is_handed_over_with_a_running_clock(played):
    story.prepare(progress=None)
    first = now_at_the_desk()
    assert story.PICKED_UP_AT < first < now_at_the_desk()


def test_a_desk_that_was_handed_over_is_not_set_back(played):
    story.prepare(progress=None)
    with transaction(Access.PIPELINE) as session:
        set_replay_clock(session, SYSTEM, replayed_at=LATER, speed=1)
    story.prepare(progress=None)
    assert now_at_the_desk() > LATER
