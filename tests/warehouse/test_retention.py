"""How long history is kept is a policy: versioned, audited, and never less than is safe."""

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError, IntegrityError

from tests.factories.clock import set_clock
from tests.factories.defaults import STORM_AT
from tests.factories.user import make_actor
from warehouse.errors import PermissionRefused, TransitionRefused
from warehouse.operations.retention import set_retention
from warehouse.queries.retention import get_retention, list_retention
from warehouse.rules.retention import LEAST_DAYS, Retained, RetentionPolicy
from warehouse.schema.audit import Entry
from warehouse.session import Access, transaction
from warehouse.vocabulary import SYSTEM, Role

NEXT = """
    INSERT INTO engine.retention_version (notification_days, alert_days, session_days,
      sign_in_attempt_days, quarantine_days, prediction_days, audit_days, reason, effective_from_at)
    SELECT {} FROM engine.retention_version
"""
COLUMNS = [f"{kind}_days" for kind in Retained] + ["'because'", "effective_from_at"]


@pytest.fixture(autouse=True)
def _storm(database: str) -> None:
    set_clock(STORM_AT)


def test_what_the_product_begins_with_says_where_it_is_from() -> None:
    with transaction() as session:
        begun = get_retention(session, at=STORM_AT)
    assert begun.policy.complaint() is None
    assert begun.policy.days[Retained.AUDIT] == 2557
    assert begun.policy.days[Retained.ALERT] == 400
    assert begun.policy.days[Retained.NOTIFICATION] == 90
    assert "seven years, as commercial records are kept" in begun.reason


def test_an_administrator_publishes_the_next_version_and_it_is_told() -> None:
    with transaction(Access.OWNER) as session:
        ada = make_actor(session, Role.ADMIN)
        set_retention(session, ada, {Retained.ALERT: 500}, reason=" two seasons ", at=STORM_AT)
        first, second = reversed(list_retention(session, ada))
        entry = session.scalars(select(Entry).order_by(Entry.entry_id.desc())).first()
    assert (second.policy.days[Retained.ALERT], second.published_by) == (500, ada.username)
    assert second.policy.days[Retained.AUDIT] == first.policy.days[Retained.AUDIT]
    assert entry is not None
    assert (entry.tag, entry.noun, entry.reason) == (
        *("policy.published", "retention_version"),
        "two seasons",
    )
    assert (entry.before, entry.after) == ({"alert_days": 400}, {"alert_days": 500})


@pytest.mark.parametrize("role", [role for role in Role if role is not Role.ADMIN])
def test_nobody_else_does(role: Role) -> None:
    with transaction(Access.OWNER) as session:
        actor = make_actor(session, role)
        with pytest.raises(PermissionRefused):
            set_retention(session, actor, {Retained.ALERT: 500}, reason="x", at=STORM_AT)


@pytest.mark.parametrize(
    ("changes", "reason", "why"),
    [
        ({Retained.AUDIT: 364}, "x", "keep audit for 365 to 36525 days, not for 364"),
        ({Retained.NOTIFICATION: 401}, "x", "keep alert at least as long as notification"),
        ({Retained.ALERT: 400}, "x", "says what the one in force says already"),
        ({Retained.ALERT: 500}, "  ", "say why"),
    ],
)
def test_what_should_not_be_published_is_refused_with_what_to_do(
    changes: dict[Retained, int], reason: str, why: str
) -> None:
    with transaction(Access.OWNER) as session, pytest.raises(TransitionRefused, match=why):
        set_retention(session, SYSTEM, changes, reason=reason, at=STORM_AT)


@pytest.mark.parametrize("kind", list(Retained))
def test_postgres_refuses_the_same(kind: Retained) -> None:
    def publish(days: int) -> None:
        values = [str(days) if name == f"{kind}_days" else name for name in COLUMNS]
        with transaction(Access.OWNER) as session:
            session.execute(text(NEXT.format(", ".join(values))))

    with pytest.raises(IntegrityError, match="kept_long_enough"):
        publish(LEAST_DAYS[kind] - 1)
    publish(LEAST_DAYS[kind]) if kind is not Retained.ALERT else publish(LEAST_DAYS[kind] + 1)


def test_messages_are_never_kept_longer_than_their_alert() -> None:
    days = {**LEAST_DAYS, Retained.NOTIFICATION: 91}
    assert RetentionPolicy(days).complaint() is not None
    values = [str(days[kind]) for kind in Retained] + ["'because'", "effective_from_at"]
    with (
        pytest.raises(IntegrityError, match="messages_go_with_their_alert"),
        transaction(Access.OWNER) as session,
    ):
        session.execute(text(NEXT.format(", ".join(values))))


def test_a_kind_that_is_not_named_is_missed() -> None:
    assert RetentionPolicy({Retained.ALERT: 400}).complaint() is not None


CHANGES = (
    "UPDATE engine.retention_version SET audit_days = 365",
    "DELETE FROM engine.retention_version",
    "TRUNCATE engine.retention_version CASCADE",
)


def attempt(access: Access, statement: str) -> None:
    with transaction(access) as session:
        session.execute(text(statement))


@pytest.mark.parametrize("statement", CHANGES)
@pytest.mark.parametrize("access", list(Access))
def test_a_version_never_changes(access: Access, statement: str) -> None:
    with pytest.raises(DBAPIError, match=r"append-only|permission denied"):
        attempt(access, statement)


@pytest.mark.parametrize("access", [Access.PIPELINE, Access.DASHBOARD])
def test_no_role_of_ours_publishes_one(access: Access) -> None:
    with pytest.raises(DBAPIError, match="permission denied"):
        attempt(access, NEXT.format(", ".join(COLUMNS)))
    attempt(Access.OWNER, NEXT.format(", ".join(COLUMNS)))
