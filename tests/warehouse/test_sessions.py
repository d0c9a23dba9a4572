"""Signing in: tries, tickets, sessions, and everything that ends them."""

import hashlib
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import func, select

from tests.factories.user import actor_of, make_user
from warehouse.errors import SignInRefused
from warehouse.operations import people, sessions, sign_ins
from warehouse.queries.clock import Clock
from warehouse.queries.people import IDLE_LIMIT, SignedIn, find_signed_in
from warehouse.rules import lockout
from warehouse.schema.audit import Entry
from warehouse.schema.people import BrowserSession, SignInAttempt
from warehouse.session import Access, transaction
from warehouse.vocabulary import SYSTEM, Actor, Role, UserId

REPLAYED_AT = datetime(2013, 12, 10, 11, tzinfo=UTC)
NOW = datetime(2026, 11, 23, 8, tzinfo=UTC)
SECOND = timedelta(seconds=1)


def clock(server_at: datetime = NOW) -> Clock:
    return Clock(at=REPLAYED_AT, server_at=server_at, is_replay=True, speed=1.0)


@pytest.fixture
def mara(database: str) -> Actor:
    with transaction(Access.OWNER) as session:
        return actor_of(make_user(session, username="mara", roles=(Role.AGENT,)), Role.AGENT)


def attempt(name: str, *, is_password: bool, at: datetime = NOW) -> str | None:
    with transaction(Access.DASHBOARD) as session:
        tried = sign_ins.begin_sign_in(session, name)
        return sign_ins.finish_sign_in(session, tried, is_password=is_password, clock=clock(at))


def claim(ticket: str, at: datetime = NOW) -> sessions.StartedSession:
    with transaction(Access.DASHBOARD) as session:
        return sessions.claim_session(session, ticket, clock=clock(at), user_agent="test")


def sign_in(name: str = "mara") -> str:
    ticket = attempt(name, is_password=True)
    assert ticket is not None
    return claim(ticket).sid


def resolve(sid: str, at: datetime = NOW) -> SignedIn | None:
    with transaction(Access.DASHBOARD) as session:
        return find_signed_in(session, hashlib.sha256(sid.encode()).digest(), server_at=at)


def audited(tag: str) -> list[Entry]:
    with transaction(Access.OWNER) as session:
        return list(session.scalars(select(Entry).where(Entry.tag == tag).order_by("entry_id")))


def test_a_right_password_opens_a_session_with_the_roles_of_the_moment(mara: Actor) -> None:
    visit = resolve(sign_in())
    assert visit is not None
    assert visit.actor == mara
    (entry,) = audited("session.started")
    assert (entry.actor_username, entry.at, entry.noun_id) == (
        "mara",
        REPLAYED_AT,
        visit.session_id,
    )


def test_only_hashes_of_tickets_and_session_ids_are_stored(mara: Actor) -> None:
    ticket = attempt("mara", is_password=True)
    sid = claim(ticket).sid
    with transaction(Access.OWNER) as session:
        stored = session.scalars(select(BrowserSession.sid_sha256)).one()
        rows = session.scalars(select(func.row_to_json(BrowserSession.__table__.table_valued())))
        written = str(rows.all())
    assert stored == hashlib.sha256(sid.encode()).digest()
    assert sid not in written
    assert ticket not in written


def test_a_ticket_works_once(mara: Actor) -> None:
    ticket = attempt("mara", is_password=True)
    claim(ticket)
    with pytest.raises(SignInRefused):
        claim(ticket)


def test_many_claims_of_one_ticket_open_one_session(mara: Actor) -> None:
    ticket = attempt("mara", is_password=True)

    def try_claim(_: int) -> bool:
        try:
            return bool(claim(ticket))
        except SignInRefused:
            return False

    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(try_claim, range(16))) == 1


def test_a_ticket_goes_stale(mara: Actor) -> None:
    ticket = attempt("mara", is_password=True)
    with pytest.raises(SignInRefused):
        claim(ticket, NOW + sign_ins.TICKET_LIFE)


def test_a_ticket_nobody_gave_out_is_refused(mara: Actor) -> None:
    with pytest.raises(SignInRefused):
        claim("x" * 43)


def test_a_user_disabled_between_ticket_and_claim_stays_out(mara: Actor) -> None:
    ticket = attempt("mara", is_password=True)
    with transaction(Access.OWNER) as session:
        people.disable_user(session, SYSTEM, mara.user_id, at=REPLAYED_AT)
    with pytest.raises(SignInRefused):
        claim(ticket)


def test_a_wrong_password_and_an_unknown_name_look_the_same(mara: Actor) -> None:
    assert attempt("mara", is_password=False) is None
    assert attempt("nobody", is_password=False) is None
    known, unknown = audited("sign_in.refused")
    assert (known.reason, unknown.reason) == ("wrong name or password",) * 2
    assert (known.noun_id, unknown.noun_id) == (mara.user_id, None)


def test_after_too_many_tries_even_the_right_password_waits(mara: Actor) -> None:
    for _ in range(lockout.FREE_FAILURES + 1):
        attempt("mara", is_password=False)
    assert attempt("mara", is_password=True, at=NOW + 29 * SECOND) is None
    assert audited("sign_in.refused")[-1].reason == "too many tries"
    assert attempt("mara", is_password=True, at=NOW + 30 * SECOND) is not None


def test_a_try_that_had_to_wait_does_not_prolong_the_wait(mara: Actor) -> None:
    for _ in range(lockout.FREE_FAILURES + 1):
        attempt("mara", is_password=False)
    for second in range(0, 30, 5):
        attempt("mara", is_password=False, at=NOW + second * SECOND)
    assert attempt("mara", is_password=True, at=NOW + 30 * SECOND) is not None


def test_an_unknown_name_is_locked_out_alike(database: str) -> None:
    for _ in range(lockout.FREE_FAILURES + 2):
        attempt("nobody", is_password=False)
    assert audited("sign_in.refused")[-1].reason == "too many tries"


def test_parallel_guesses_are_counted_one_by_one(mara: Actor) -> None:
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda _: attempt("mara", is_password=False), range(24)))
    with transaction(Access.OWNER) as session:
        counted = session.scalar(select(func.count()).select_from(SignInAttempt))
    assert counted == lockout.FREE_FAILURES + 1


def test_a_right_password_forgives_the_wrong_ones(mara: Actor) -> None:
    for _ in range(lockout.FREE_FAILURES):
        attempt("mara", is_password=False)
    attempt("mara", is_password=True)
    attempt("mara", is_password=False)
    assert attempt("mara", is_password=True) is not None


def test_a_session_ends_after_its_life_however_busy(mara: Actor) -> None:
    sid = sign_in()
    end = NOW + sessions.SESSION_LIFE
    with transaction(Access.OWNER) as session:
        session.execute(BrowserSession.__table__.update().values(seen_at=end - SECOND))
    assert resolve(sid, end - SECOND) is not None
    assert resolve(sid, end) is None


def test_an_idle_session_ends(mara: Actor) -> None:
    sid = sign_in()
    assert resolve(sid, NOW + IDLE_LIMIT - SECOND) is not None
    assert resolve(sid, NOW + IDLE_LIMIT) is None


def test_use_is_noted_at_most_once_a_minute(mara: Actor) -> None:
    visit = resolve(sign_in())
    seen = []
    for later in (30 * SECOND, 61 * SECOND):
        with transaction(Access.DASHBOARD) as session:
            sessions.keep_alive(session, visit, server_at=NOW + later)
            seen.append(session.scalars(select(BrowserSession.seen_at)).one())
    assert seen == [NOW, NOW + 61 * SECOND]


def test_signing_out_ends_that_session_and_no_other(mara: Actor) -> None:
    here, there = sign_in(), sign_in()
    with transaction(Access.DASHBOARD) as session:
        assert sessions.revoke_session(session, mara, here, at=REPLAYED_AT)
    assert resolve(here) is None
    assert resolve(there) is not None
    with transaction(Access.DASHBOARD) as session:
        assert not sessions.revoke_session(session, mara, here, at=REPLAYED_AT)
    assert len(audited("session.revoked")) == 1


def test_all_sessions_of_a_user_end_together(mara: Actor) -> None:
    sids = [sign_in() for _ in range(3)]
    with transaction(Access.OWNER) as session:
        assert (
            sessions.revoke_sessions_of(
                session, SYSTEM, mara.user_id, at=REPLAYED_AT, reason="lost laptop"
            )
            == 3
        )
    assert [resolve(sid) for sid in sids] == [None] * 3
    assert {entry.reason for entry in audited("session.revoked")} == {"lost laptop"}


def disable(session, user_id: UserId) -> None:
    people.disable_user(session, SYSTEM, user_id, at=REPLAYED_AT)


def change_roles(session, user_id: UserId) -> None:
    people.change_roles(session, SYSTEM, user_id, [Role.ANALYST], at=REPLAYED_AT)


def change_password(session, user_id: UserId) -> None:
    people.change_password(session, SYSTEM, user_id, "$2b$04$" + "x" * 53, at=REPLAYED_AT)


@pytest.mark.parametrize("change", [disable, change_roles, change_password])
def test_a_change_of_the_user_ends_their_sessions_at_the_next_resolve(mara: Actor, change) -> None:
    sid = sign_in()
    with transaction(Access.OWNER) as session:
        change(session, mara.user_id)
    assert resolve(sid) is None


def test_a_session_gone_out_of_epoch_is_over_even_if_not_revoked(mara: Actor) -> None:
    sid = sign_in()
    with transaction(Access.OWNER) as session:
        session.execute(BrowserSession.__table__.update().values(session_epoch=0))
    assert resolve(sid) is None


def test_a_role_taken_behind_our_back_is_gone_at_the_next_resolve(
    database: str, mara: Actor
) -> None:
    sid = sign_in()
    with transaction(Access.OWNER) as session:
        session.connection().exec_driver_sql("DELETE FROM people.user_role")
    assert resolve(sid).actor.roles == frozenset()
