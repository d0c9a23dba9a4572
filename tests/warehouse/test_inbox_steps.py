"""The inbox names the step that comes next, also where the ladder starts over."""

import pytest

from tests.factories.alert import make_alert
from tests.factories.policy import make_policy_step, make_policy_version
from tests.factories.user import make_actor
from warehouse.queries.alerts import InboxFilter, list_inbox
from warehouse.session import Access, transaction


@pytest.mark.parametrize(("reached", "following"), [(0, 1), (1, 2), (2, 1)])
def test_the_step_after_the_last_is_the_first_again(
    database: str, reached: int, following: int
) -> None:
    with transaction(Access.OWNER) as session:
        agent = make_actor(session)
        version = make_policy_version(session, repeat_count=1).policy_version_id
        for level in (1, 2):
            make_policy_step(session, policy_version_id=version, level=level)
        make_alert(session, policy_version_id=version, escalation_level=reached)
    with transaction(Access.DASHBOARD, on_behalf_of=agent) as session:
        [row] = list_inbox(session, agent, InboxFilter())
    assert row.next_escalation_level == following
