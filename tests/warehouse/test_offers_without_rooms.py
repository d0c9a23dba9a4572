"""An offer that is no room is told as its alert is, and holds no other message up."""

from datetime import timedelta

from tests.factories.defaults import STORM_AT
from tests.factories.fallback import make_fallback_action
from tests.factories.notification import make_notification
from warehouse.operations.notifications import claim_notifications
from warehouse.session import Access, transaction


def test_it_leaves_beside_the_others(database: str) -> None:
    with transaction(Access.OWNER) as session:
        action = make_fallback_action(
            session,
            kind="rights_note",
            hotel_id=None,
            status="offered",
            offered_at=STORM_AT,
            hold_expires_at=STORM_AT + timedelta(hours=1),
        )
        make_notification(
            session,
            kind="offer",
            alert_id=action.alert_id,
            fallback_action_id=action.fallback_action_id,
        )
        make_notification(session)
    with transaction() as session:
        claimed = claim_notifications(session, worker="w", at=STORM_AT, server_at=STORM_AT)
    assert [letter.kind.value for letter in claimed] == ["offer", "page"]
    assert all("Who: " in letter.text_body for letter in claimed)
