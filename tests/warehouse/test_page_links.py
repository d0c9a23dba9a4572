"""A link of a page proves which page it was in, and nobody without the key can write one."""

from contextlib import suppress
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from itsdangerous import URLSafeSerializer
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from tests.factories.alert import make_alert
from tests.factories.defaults import STORM_AT
from tests.factories.notification import make_notification
from warehouse.errors import LinkRefused
from warehouse.operations.notifications import claim_notifications
from warehouse.queries.page_links import follow_link
from warehouse.rules.page_links import LASTS, PageLink, read_link, sign_link
from warehouse.session import Access, transaction
from warehouse.vocabulary import AlertId, UserId

KEY, OTHER_KEY = b"k" * 32, b"o" * 32
LINK = PageLink(AlertId(41), 2, UserId(7), STORM_AT + LASTS)


@given(
    st.integers(1, 2**62),
    st.integers(1, 10**6),
    st.none() | st.integers(1, 2**62),
    st.integers(1, 4_000_000_000),
)
def test_what_was_signed_is_read(
    alert_id: int, generation: int, user_id: int | None, expires: int
) -> None:
    until = datetime.fromtimestamp(expires, UTC)
    person = None if user_id is None else UserId(user_id)
    link = PageLink(AlertId(alert_id), generation, person, until)
    assert read_link(sign_link(link, KEY), KEY, at=until - timedelta(seconds=1)) == link


@given(st.integers(0, 200), st.characters(codec="ascii"))
def test_not_a_letter_of_it_can_be_changed(place: int, letter: str) -> None:
    signed = sign_link(LINK, KEY)
    place %= len(signed)
    changed = signed[:place] + letter + signed[place + 1 :]
    with suppress(LinkRefused):
        # The last letter holds spare bits: what can be read at all is what was signed.
        assert read_link(changed, KEY, at=STORM_AT) == LINK


@pytest.mark.parametrize("written", ["", "x", "WzQxLDJd.abc", sign_link(LINK, OTHER_KEY)])
def test_what_somebody_else_wrote_is_refused(written: str) -> None:
    with pytest.raises(LinkRefused, match="changed on its way"):
        read_link(written, KEY, at=STORM_AT)


def test_an_old_one_is_refused() -> None:
    with pytest.raises(LinkRefused, match="too old"):
        read_link(sign_link(LINK, KEY), KEY, at=LINK.expires_at)


def test_one_of_another_shape_is_refused() -> None:
    other = URLSafeSerializer(KEY, salt="page link").dumps({"alert": 41})
    with pytest.raises(LinkRefused, match="another version"):
        read_link(str(other), KEY, at=STORM_AT)


def test_a_page_carries_one_for_its_alert_generation_and_person(database: str) -> None:
    with transaction(Access.OWNER) as session:
        alert = make_alert(session, generation=3)
        row = make_notification(session, alert_id=alert.alert_id)
    with transaction() as session:
        [page] = claim_notifications(session, worker="w", at=STORM_AT, server_at=STORM_AT)
    signed = page.text_body.split("&page=")[1].split()[0]
    assert f"&amp;page={signed}" in page.html_body
    with transaction(Access.DASHBOARD) as session:
        link = follow_link(session, signed, at=STORM_AT)
    assert link == PageLink(
        AlertId(alert.alert_id), 3, UserId(row.recipient_user_id), STORM_AT + LASTS
    )


def test_another_key_ends_every_link_of_before(database: str) -> None:
    with transaction(Access.OWNER) as session:
        make_notification(session)
    with transaction() as session:
        [page] = claim_notifications(session, worker="w", at=STORM_AT, server_at=STORM_AT)
    signed = page.text_body.split("&page=")[1].split()[0]
    with transaction(Access.OWNER) as session:
        session.execute(text("UPDATE people.secret SET value = sha256('new') WHERE true"))
    with transaction(Access.DASHBOARD) as session, pytest.raises(LinkRefused):
        follow_link(session, signed, at=STORM_AT)


@pytest.mark.parametrize("access", [Access.PIPELINE, Access.DASHBOARD])
def test_no_process_reads_the_table_of_keys(database: str, access: Access) -> None:
    with pytest.raises(DBAPIError, match="permission denied"), transaction(access) as session:
        session.execute(text("SELECT value FROM people.secret"))
