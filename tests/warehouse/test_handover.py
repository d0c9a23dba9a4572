"""Hand-over notes: who may leave one, who is shown it, and until when."""

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from tests.factories.alert import make_alert
from tests.factories.defaults import STORM_AT
from tests.factories.shift import HOUR, hours, put_on_shift
from tests.factories.user import make_actor
from warehouse.errors import NotFound, PermissionRefused, TransitionRefused
from warehouse.operations.handover import mark_note_seen, write_note
from warehouse.queries.handover import list_notes, list_unread_notes
from warehouse.session import Access, transaction
from warehouse.vocabulary import Actor, Role


@pytest.fixture
def desk(database: str) -> dict[str, Actor]:
    """Mara from 06 to 14, Ben from 14 to 22, Theo the manager all day, Nora off."""
    with transaction(Access.OWNER) as session:
        people = {name: make_actor(session, display_name=name) for name in ("Mara", "Ben", "Nora")}
        people["Theo"] = make_actor(session, Role.MANAGER, display_name="Theo")
        put_on_shift(session, hours(0, 8), user_id=people["Mara"].user_id)
        put_on_shift(session, hours(8, 16), user_id=people["Ben"].user_id, name="Evening")
        put_on_shift(
            session, hours(0, 16), user_id=people["Theo"].user_id, role=Role.MANAGER, name="Lead"
        )
    return people


def leave(actor: Actor, hour: float, body: str = "JFK: call the party of B6 615", **options) -> int:
    with transaction(Access.DASHBOARD, on_behalf_of=actor) as session:
        return write_note(session, actor, body=body, at=STORM_AT + hour * HOUR, **options)


def unread(actor: Actor, hour: float) -> list[str]:
    with transaction(Access.DASHBOARD, on_behalf_of=actor) as session:
        notes = list_unread_notes(session, actor, at=STORM_AT + hour * HOUR)
    return [note.author for note in notes]


def test_it_is_shown_to_who_comes_on_until_they_have_read_it(desk) -> None:
    note_id = leave(desk["Mara"], 7.5)
    assert unread(desk["Ben"], 6.9) == []
    assert unread(desk["Ben"], 7.5) == ["Mara"]
    assert unread(desk["Ben"], 12) == ["Mara"]
    assert [unread(desk[name], 8) for name in ("Mara", "Nora", "Theo")] == [[], [], []]
    with transaction(Access.DASHBOARD, on_behalf_of=desk["Ben"]) as session:
        for _ in range(2):
            mark_note_seen(session, desk["Ben"], note_id, at=STORM_AT + 8 * HOUR)
    assert unread(desk["Ben"], 12) == []
    with transaction(Access.DASHBOARD, on_behalf_of=desk["Theo"]) as session:
        (note,) = list_notes(session, desk["Theo"], limit=5)
    assert (note.author, note.role, note.seen_by) == ("Mara", Role.AGENT, ("Ben",))


def test_it_can_name_alerts(desk) -> None:
    with transaction(Access.OWNER) as session:
        alert_id = make_alert(session).alert_id
    leave(desk["Mara"], 1, alert_ids=[alert_id, alert_id])
    with transaction(Access.DASHBOARD, on_behalf_of=desk["Ben"]) as session:
        (note,) = list_unread_notes(session, desk["Ben"], at=STORM_AT + 8 * HOUR)
    assert note.alert_ids == (alert_id,)
    with pytest.raises(NotFound, match="no alert 99"):
        leave(desk["Mara"], 1, alert_ids=[99])


def test_it_comes_from_who_is_or_just_was_on_shift(desk) -> None:
    leave(desk["Mara"], 9.9)
    for name, hour in (("Mara", 10.1), ("Nora", 4)):
        with pytest.raises(TransitionRefused, match="within two hours after"):
            leave(desk[name], hour)
    leave(desk["Theo"], 30)
    assert unread(desk["Ben"], 9.95) == ["Mara"]


@pytest.mark.parametrize("body", ["", "  \n", "x" * 2001])
def test_it_says_something_and_not_too_much(desk, body: str) -> None:
    with pytest.raises(TransitionRefused, match="between 1 and 2,000"):
        leave(desk["Mara"], 1, body)


@pytest.mark.parametrize("role", [Role.ANALYST, Role.CUSTOMER])
def test_who_has_no_shifts_neither_writes_nor_reads(desk, role: Role) -> None:
    note_id = leave(desk["Mara"], 1)
    with transaction(Access.OWNER) as session:
        stranger = make_actor(session, role)
    assert unread(stranger, 8) == []
    with transaction(Access.DASHBOARD, on_behalf_of=stranger) as session:
        for act in (
            lambda: write_note(session, stranger, body="x", at=STORM_AT),
            lambda: mark_note_seen(session, stranger, note_id, at=STORM_AT),
            lambda: list_notes(session, stranger, limit=1),
        ):
            with pytest.raises(PermissionRefused):
                act()
        assert session.scalar(text("SELECT count(*) FROM people.handover_note")) == 0


@pytest.mark.parametrize(
    ("statement", "promise"),
    [
        ("UPDATE people.handover_note SET body = 'other'", "append-only"),
        ("DELETE FROM people.handover_seen", "append-only"),
        (
            "INSERT INTO people.handover_note (author_user_id, role, body, written_at)"
            " SELECT author_user_id, role, '  ', written_at FROM people.handover_note",
            "says_something",
        ),
    ],
)
def test_postgres_keeps_notes_as_they_were_written(desk, statement: str, promise: str) -> None:
    leave(desk["Mara"], 1)
    with pytest.raises(DBAPIError, match=promise), transaction(Access.OWNER) as session:
        session.execute(text(statement))
