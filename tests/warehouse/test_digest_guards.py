"""What Postgres refuses of digests, whoever asks: the owner of the tables tries it here."""

from datetime import timedelta

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from tests.factories.defaults import STORM_AT
from tests.factories.digest import make_page, make_page_rate, make_pages
from tests.factories.user import make_user
from tests.warehouse.digesting import claim, finish, more, pages, stored
from warehouse.operations.notifications import Retry, Sent
from warehouse.rules.page_rate import LONGEST_HELD, PageRate
from warehouse.schema.alerting import Notification
from warehouse.session import Access, transaction

CLAIMED = (
    "status = 'sending', attempts = attempts + 1, lease_owner = 'w',"
    " lease_until_at = '2013-12-08T13:00:00Z'"
)
JOIN = (
    f"UPDATE alerting.notification SET {CLAIMED}, digest_id ="
    " (SELECT message_id FROM alerting.notification WHERE notification_id = :leader)"
    " WHERE notification_id = ANY(:ids)"
)


def run(statement: str, **values: object) -> None:
    with transaction(Access.OWNER) as session:
        session.execute(text(statement), values)


def refused(constraint: str, statement: str, **values: object) -> None:
    with pytest.raises(DBAPIError) as refusal:
        run(statement, **values)
    assert refusal.value.orig.diag.constraint_name == constraint


@pytest.fixture
def two(database: str) -> list[int]:
    """Two pages for one person, due and over nothing."""
    return pages("high", "low", rate=PageRate(9, 15))


def test_two_pages_of_one_person_become_a_digest(two: list[int]) -> None:
    run(JOIN, leader=two[0], ids=two)
    assert {stored(each).digest_id for each in two} == {stored(two[0]).message_id}


@pytest.mark.parametrize("differs", ["person", "channel", "address"])
def test_no_digest_mixes_people_channels_or_addresses(two: list[int], differs: str) -> None:
    with transaction(Access.OWNER) as session:
        page = session.get_one(Notification, two[0])
        version = make_page_rate(session, PageRate(9, 15))
        user_id = make_user(session).user_id if differs == "person" else page.recipient_user_id
        other = {
            "person": {},
            "channel": {"channel": "sms"},
            "address": {"address": "other@desk.example.test"},
        }[differs]
        mixed = make_page(session, "low", user_id or 0, version, **other)
    refused("a_digest_is_one_persons", JOIN, leader=two[0], ids=[*two, mixed])


@pytest.mark.parametrize(
    "change", ["recipient_user_id = :other", "channel = 'webhook'", "address = 'x@desk.test'"]
)
def test_nobody_is_taken_out_of_a_digest_by_another_address(two: list[int], change: str) -> None:
    run(JOIN, leader=two[0], ids=two)
    with transaction(Access.OWNER) as session:
        other = make_user(session).user_id
    statement = f"UPDATE alerting.notification SET {change} WHERE notification_id = :one"
    values = {"one": two[1]} | ({"other": other} if ":other" in change else {})
    refused("a_digest_is_one_persons", statement, **values)


@pytest.mark.parametrize(
    "moved_on",
    [
        "status = 'acknowledged', generation = generation + 1",
        "generation = generation + 1",
        "severity = 'critical'",
    ],
    ids=["taken", "of a later generation", "critical"],
)
def test_no_page_of_an_alert_that_moved_on_is_claimed_in_a_digest(
    two: list[int], moved_on: str
) -> None:
    alert_id = stored(two[1]).alert_id
    with transaction(Access.OWNER) as session:
        # As a fault elsewhere would leave it: the alert moved on, and its page waits.
        session.execute(text("ALTER TABLE alerting.alert DISABLE TRIGGER USER"))
        update = f"UPDATE alerting.alert SET {moved_on} WHERE alert_id = :id"
        session.execute(text(update), {"id": alert_id})
        session.execute(text("ALTER TABLE alerting.alert ENABLE TRIGGER USER"))
    refused("a_digest_is_current", JOIN, leader=two[0], ids=two)


def test_nor_is_it_claimed_again(database: str) -> None:
    ids = pages("high", "low")
    (digest,) = claim()
    finish(digest, Retry("451 busy"))
    with transaction(Access.OWNER) as session:
        session.execute(text("ALTER TABLE alerting.alert DISABLE TRIGGER USER"))
        session.execute(text("UPDATE alerting.alert SET generation = generation + 1"))
        session.execute(text("ALTER TABLE alerting.alert ENABLE TRIGGER USER"))
    again = f"UPDATE alerting.notification SET {CLAIMED} WHERE notification_id = :one"
    refused("a_digest_is_current", again, one=ids[0])


def test_one_page_is_no_digest(two: list[int]) -> None:
    refused("a_digest_begins_with_two", JOIN, leader=two[0], ids=two[:1])


def test_a_digest_is_led_by_one_of_its_own(two: list[int]) -> None:
    (third,) = more(two[0], "low")
    refused("a_digest_begins_with_two", JOIN, leader=two[0], ids=[two[1], third])


def test_what_left_never_grows(two: list[int]) -> None:
    """Its name was seen: what joined it now would be dropped as a repeat."""
    run(JOIN, leader=two[0], ids=two)
    (third,) = more(two[0], "low")
    late = JOIN.replace("13:00:00", "13:00:01")
    refused("digests_never_grow", late, leader=two[0], ids=[third])
    run("UPDATE alerting.notification SET status = 'sent', sent_at = created_at, lease_owner ="
        " NULL, lease_until_at = NULL WHERE digest_id IS NOT NULL")  # fmt: skip
    refused("digests_never_grow", JOIN, leader=two[0], ids=[third])


@pytest.mark.parametrize(
    ("constraint", "change"),
    [
        ("joins_a_digest_as_it_is_claimed", "digest_id = message_id"),
        ("joins_a_digest_as_it_is_claimed", "digest_id = message_id, status = 'cancelled'"),
    ],
)
def test_a_page_joins_as_it_is_first_claimed(two: list[int], constraint: str, change: str) -> None:
    refused(constraint, f"UPDATE alerting.notification SET {change}")


def test_a_page_is_queued_in_no_digest(two: list[int]) -> None:
    with pytest.raises(DBAPIError, match="not as it is queued"):
        more(two[0], "low", digest_id=stored(two[0]).message_id)


def test_a_page_leaves_its_digest_only_to_go_again(two: list[int]) -> None:
    run(JOIN, leader=two[0], ids=two)
    for change in ("digest_id = NULL", "digest_id = 'another'"):
        statement = f"UPDATE alerting.notification SET {change} WHERE notification_id = :one"
        refused("stays_in_its_digest", statement, one=two[1])


def test_a_digest_holds_pages_for_people(database: str) -> None:
    with transaction(Access.OWNER) as session:
        version = make_page_rate(session, PageRate(9, 15))
        ids = make_pages(session, "low", "low", policy_version_id=version, kind="inform")
    refused("a_digest_is_one_persons", JOIN, leader=ids[0], ids=ids)


def test_a_page_is_held_once_and_for_three_minutes_at_most(database: str) -> None:
    (first,) = pages("high")
    finish(claim()[0], Sent("1"))
    (second,) = more(first, "low")
    assert claim() == []
    row = stored(second)
    assert (row.held_since_at, row.not_before_at) == (STORM_AT, STORM_AT + LONGEST_HELD)
    mine = " WHERE notification_id = :one"
    late = "UPDATE alerting.notification SET not_before_at = not_before_at + interval '1 second'"
    refused("ck_notification_held_briefly", late + mine, one=second)
    again = "UPDATE alerting.notification SET held_since_at = not_before_at"
    refused("held_once", again + mine, one=second)
    (third,) = more(first, "low", not_before_at=STORM_AT + timedelta(hours=1))
    early = "UPDATE alerting.notification SET held_since_at = now()"
    refused("held_once", early + mine, one=third)


def test_a_rate_lets_something_through(database: str) -> None:
    for column, value in (("messages", 0), ("minutes", 0), ("minutes", 1_441)):
        with pytest.raises(DBAPIError, match="page_rate"), transaction(Access.OWNER) as session:
            make_page_rate(session, PageRate(**{column: value}))
