"""A contact is one's own once its code was typed in, in time, within five tries."""

from datetime import timedelta

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError

from tests.factories.alert import make_alert
from tests.factories.defaults import STORM_AT
from tests.factories.policy import make_policy_step, make_policy_version
from tests.factories.user import make_actor, make_user
from warehouse.errors import ContactRefused, PermissionRefused, TransitionRefused
from warehouse.operations.contacts import (
    CodeOutcome,
    ask_for_code,
    remove_contact,
    send_test,
    type_code,
)
from warehouse.operations.escalations import escalate_due_alerts
from warehouse.operations.notifications import Dead, claim_notifications, record_delivery
from warehouse.operations.resending import resend_notification
from warehouse.queries.clock import Clock
from warehouse.queries.notifications import ClaimedNotification
from warehouse.rules.contacts import written_contact
from warehouse.schema.audit import Entry
from warehouse.schema.contacts import ContactCheck
from warehouse.schema.people import User
from warehouse.session import Access, transaction
from warehouse.vocabulary import Actor, Channel, NotificationId, Role

SMS, EMAIL, CHAT, WEBHOOK = Channel.SMS, Channel.EMAIL, Channel.CHAT, Channel.WEBHOOK
SECOND = timedelta(seconds=1)
PHONE = "+12125550100"


def clock(seconds: float = 0) -> Clock:
    """The server's instant so long after the storm's morning; the desk's stands still."""
    server_at = STORM_AT + seconds * SECOND
    return Clock(at=STORM_AT, server_at=server_at, is_replay=True, speed=0)


@pytest.fixture
def mara(database: str) -> Actor:
    with transaction(Access.OWNER) as session:
        return make_actor(session)


def ask(actor: Actor, typed: str = PHONE, channel: Channel = SMS, seconds: float = 0) -> None:
    with transaction(Access.DASHBOARD, on_behalf_of=actor) as session:
        ask_for_code(session, actor, channel, typed, clock=clock(seconds))


def letters() -> list[ClaimedNotification]:
    with transaction(Access.PIPELINE) as session:
        return claim_notifications(session, worker="w", at=STORM_AT, server_at=STORM_AT)


def code_sent() -> str:
    (letter,) = letters()
    return letter.short_text.split("code ")[1].split(",")[0]


def type_in(actor: Actor, code: str, channel: Channel = SMS, seconds: float = 60) -> CodeOutcome:
    with transaction(Access.DASHBOARD, on_behalf_of=actor) as session:
        return type_code(session, actor, channel, code, clock=clock(seconds))


def stored(actor: Actor) -> User:
    with transaction(Access.OWNER) as session:
        return session.get_one(User, actor.user_id)


def other_than(code: str) -> str:
    return f"{(int(code) + 1) % 1_000_000:06}"


def test_the_code_that_was_sent_makes_a_phone_ones_own(mara: Actor) -> None:
    ask(mara, "+1 (212) 555-0100")
    assert stored(mara).phone is None
    (letter,) = letters()
    assert (letter.address, letter.alert_id) == (PHONE, None)
    code = letter.short_text.split("code ")[1].split(",")[0]
    assert len(code) == 6
    assert type_in(mara, f" {code[:3]} {code[3:]} ").result == "verified"
    assert (stored(mara).phone, stored(mara).phone_verified_at) == (PHONE, STORM_AT)


def test_the_address_in_force_stays_until_the_new_one_is_verified(mara: Actor) -> None:
    before = stored(mara).email
    ask(mara, "mara@new.example", EMAIL)
    assert (stored(mara).email, stored(mara).email_verified_at) == (before, STORM_AT)
    assert type_in(mara, code_sent(), EMAIL).result == "verified"
    assert (stored(mara).email, stored(mara).email_verified_at) == ("mara@new.example", STORM_AT)


def test_five_wrong_tries_end_a_code_even_for_the_right_one(mara: Actor) -> None:
    ask(mara)
    code = code_sent()
    answers = [type_in(mara, other_than(code)) for _ in range(5)]
    assert [each.result for each in answers] == ["wrong"] * 4 + ["too_late"]
    assert answers[3].message == "That is not the code: 1 try is left."
    assert type_in(mara, code).result == "too_late"
    assert stored(mara).phone is None


@pytest.mark.parametrize(("seconds", "result"), [(599, "verified"), (600, "too_late")])
def test_a_code_is_good_for_ten_minutes(mara: Actor, seconds: float, result: str) -> None:
    ask(mara)
    assert type_in(mara, code_sent(), seconds=seconds).result == result


def test_a_newer_code_ends_the_older_one_and_none_works_twice(mara: Actor) -> None:
    ask(mara)
    old = code_sent()
    ask(mara, "+12125550199", seconds=31)
    new = code_sent()
    assert type_in(mara, old).result == ("verified" if old == new else "wrong")
    assert type_in(mara, new).result == "verified"
    assert type_in(mara, new).result == "too_late"
    assert stored(mara).phone == "+12125550199"


def test_messages_are_rationed(mara: Actor) -> None:
    ask(mara)
    with pytest.raises(ContactRefused, match="Wait half a minute"):
        ask(mara, seconds=29)
    for number in range(1, 6):
        ask(mara, seconds=30 * number)
    with pytest.raises(ContactRefused, match="Try again in 58 min"):
        ask(mara, seconds=180)
    ask(mara, seconds=3_601)


def test_a_code_belongs_to_who_asked_for_it(mara: Actor) -> None:
    ask(mara)
    code = code_sent()
    with transaction(Access.OWNER) as session:
        ben = make_actor(session)
    assert type_in(ben, code).result == "too_late"
    with transaction(Access.DASHBOARD, on_behalf_of=ben) as session:
        assert session.scalars(select(ContactCheck)).all() == []


def test_a_customer_keeps_no_contacts(database: str) -> None:
    with transaction(Access.OWNER) as session:
        customer = make_actor(session, Role.CUSTOMER)
    with pytest.raises(PermissionRefused):
        ask(customer)


@pytest.mark.parametrize("role", [Role.AGENT, Role.MANAGER, Role.ANALYST, Role.ADMIN])
def test_everybody_at_the_desk_sends_themselves_a_test(database: str, role: Role) -> None:
    with transaction(Access.OWNER) as session:
        actor = make_actor(session, role)
    with transaction(Access.DASHBOARD, on_behalf_of=actor) as session:
        send_test(session, actor, EMAIL, clock=clock())
        with pytest.raises(ContactRefused, match="Verify that contact first"):
            send_test(session, actor, SMS, clock=clock())
    (letter,) = letters()
    assert (letter.address, letter.subject) == (
        stored(actor).email,
        "Stormdesk test: pages reach you here",
    )


def test_a_phone_is_forgotten(mara: Actor) -> None:
    ask(mara)
    type_in(mara, code_sent())
    for _ in range(2):
        with transaction(Access.DASHBOARD, on_behalf_of=mara) as session:
            remove_contact(session, mara, SMS, clock=clock())
    assert (stored(mara).phone, stored(mara).phone_verified_at) == (None, None)


def test_an_e_mail_address_is_changed_and_never_forgotten(mara: Actor) -> None:
    with (
        transaction(Access.DASHBOARD, on_behalf_of=mara) as session,
        pytest.raises(ContactRefused, match="verify another one in its place"),
    ):
        remove_contact(session, mara, EMAIL, clock=clock())


@pytest.mark.parametrize(
    ("channel", "typed"), [(CHAT, " #storm-desk "), (WEBHOOK, "https://desk.example/pages?of=mara")]
)
def test_whoever_verified_a_channel_is_paged_by_it(
    database: str, channel: Channel, typed: str
) -> None:
    with transaction(Access.OWNER) as session:
        manager = make_actor(session, Role.MANAGER)
        version = make_policy_version(session)
        named = {"policy_version_id": version.policy_version_id, "target": "user", "role": None}
        make_policy_step(session, user_id=manager.user_id, channels=[channel.value], **named)
    ask(manager, typed, channel)
    (code,) = letters()
    assert (code.channel, code.address) == (channel, typed.strip())
    type_in(manager, code.short_text.split("code ")[1].split(",")[0], channel)
    with transaction(Access.OWNER) as session:
        alert = make_alert(session, policy_version_id=version.policy_version_id)
    with transaction(Access.PIPELINE) as session:
        escalate_due_alerts(session, at=alert.next_escalation_at)
        pages = claim_notifications(
            session, worker="w", at=alert.next_escalation_at, server_at=STORM_AT
        )
    assert [(each.channel, each.address) for each in pages] == [(channel, typed.strip())]


def test_what_is_verified_already_needs_no_code(mara: Actor) -> None:
    with pytest.raises(ContactRefused, match="is verified already"):
        ask(mara, stored(mara).email, EMAIL)


def test_a_code_that_could_not_be_sent_is_asked_for_anew(mara: Actor) -> None:
    ask(mara)
    (letter,) = letters()
    with transaction(Access.PIPELINE) as session:
        record_delivery(
            session,
            notification_id=letter.notification_id,
            attempt=1,
            worker="w",
            at=STORM_AT,
            outcome=Dead("no such number"),
        )
    with (
        transaction(Access.DASHBOARD, on_behalf_of=mara) as session,
        pytest.raises(TransitionRefused, match="asks for another"),
    ):
        resend_notification(session, mara, NotificationId(letter.notification_id), at=STORM_AT)


def test_the_history_says_what_was_done_and_neither_number_nor_code(mara: Actor) -> None:
    ask(mara)
    code = code_sent()
    type_in(mara, other_than(code))
    type_in(mara, code)
    with transaction(Access.OWNER) as session:
        entries = session.scalars(select(Entry).order_by(Entry.entry_id)).all()
    assert [each.tag for each in entries] == [
        "contact.asked",
        "contact.refused",
        "contact.verified",
    ]
    written = " ".join(f"{each.before}{each.after}{each.reason}" for each in entries)
    assert "2125550100" not in written
    assert code not in written


@pytest.mark.parametrize(
    ("channel", "typed"),
    [
        (SMS, "212 555 0100"),
        (SMS, "+0 212"),
        (SMS, "+1 212 CALL ME"),
        (EMAIL, "mara"),
        (EMAIL, "a@b.c, d@e.f"),
        (CHAT, "storm desk"),
        (CHAT, "#a/b"),
        (WEBHOOK, "desk.example/pages"),
        (WEBHOOK, "ftp://desk.example"),
        (WEBHOOK, "https://user:word@desk.example"),
        (WEBHOOK, "https://desk.example/" + "x" * 2_000),
        (Channel.SINK, "x"),
    ],
)
def test_what_is_no_contact_is_refused_with_what_to_write(channel: Channel, typed: str) -> None:
    with pytest.raises(ContactRefused, match=r"write it as|contact of their own"):
        written_contact(channel, typed)


class TestPostgres:
    @pytest.mark.parametrize(
        "change",
        [
            "email = 'new@desk.example.test'",
            f"phone = '{PHONE}'",
            "chat = '#storm-desk'",
            "webhook = 'https://desk.example/pages'",
        ],
    )
    def test_what_is_changed_past_the_code_is_not_verified(self, mara: Actor, change: str) -> None:
        column = change.split(" ", maxsplit=1)[0]
        with transaction(Access.DASHBOARD, on_behalf_of=mara) as session:
            session.execute(
                text(f'UPDATE people."user" SET {change}, {column}_verified_at = created_at')
            )
        assert getattr(stored(mara), f"{column}_verified_at") is None

    @pytest.mark.parametrize("access", [Access.OWNER, Access.DASHBOARD])
    @pytest.mark.parametrize("column", ["phone", "chat", "webhook"])
    def test_nothing_becomes_verified_without_a_code(
        self, database: str, access: Access, column: str
    ) -> None:
        with transaction(Access.OWNER) as session:
            make_user(session, **{column: "somewhere"})
        with pytest.raises(DBAPIError, match="nobody has typed a code in"):
            self._change(f'UPDATE people."user" SET {column}_verified_at = created_at', access)

    @pytest.mark.parametrize("column", ["phone", "chat", "webhook"])
    def test_verified_needs_a_contact(self, mara: Actor, column: str) -> None:
        missing = pytest.raises(DBAPIError, match=f"verified_{column}_is_there")
        with missing, transaction(Access.OWNER) as session:
            make_user(session, **{f"{column}_verified_at": STORM_AT})

    def test_the_catch_all_stays_verified(self, database: str) -> None:
        with transaction(Access.OWNER) as session:
            make_policy_version(session)
        with pytest.raises(DBAPIError, match="is the catch-all"):
            self._change("UPDATE people.\"user\" SET email = 'x@desk.example.test'")

    @pytest.mark.parametrize(
        ("change", "why"),
        [
            ("tries = tries - 1", "only counts its tries|five_tries"),
            ("tries = 6", "five_tries"),
            ("address = '+1'", "only counts its tries"),
            ("verified_at = expires_at", "verified_in_time"),
        ],
    )
    def test_a_check_only_counts_and_ends(self, mara: Actor, change: str, why: str) -> None:
        ask(mara)
        with pytest.raises(DBAPIError, match=why):
            self._change(f"UPDATE people.contact_check SET {change}")

    @pytest.mark.parametrize(
        ("access", "statement"),
        [
            (Access.DASHBOARD, "SELECT people.contact_code(1)"),
            (Access.DASHBOARD, "SELECT value FROM people.secret"),
            (Access.PIPELINE, "SELECT value FROM people.secret"),
            (Access.PIPELINE, "SELECT people.is_contact_code(1, '000000')"),
            (Access.PIPELINE, "UPDATE people.contact_check SET tries = 0"),
        ],
    )
    def test_no_role_may_both_read_codes_and_use_them(
        self, mara: Actor, access: Access, statement: str
    ) -> None:
        with pytest.raises(DBAPIError, match="permission denied"):
            self._change(statement, access)

    def _change(self, statement: str, access: Access = Access.OWNER) -> None:
        with transaction(access) as session:
            session.execute(text(statement))
