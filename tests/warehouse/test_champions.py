"""Who predicts is decided by the gate or by a named person, and the history of it stands."""

from datetime import timedelta
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError

from tests.factories.defaults import STORM_AT
from tests.factories.prediction import let_pass, make_gate_result, make_release
from tests.factories.user import make_actor
from warehouse.audit_tags import AuditTag
from warehouse.errors import NotFound, PermissionRefused, PromotionRefused, TransitionRefused
from warehouse.operations.champions import (
    GateVerdict,
    Rollback,
    keep_gate_result,
    promote_champion,
    rollback_champion,
)
from warehouse.queries.predictions import find_champion
from warehouse.queries.releases import get_release, list_gate_results, list_reigns
from warehouse.rules.champion_history import Reign, release_before
from warehouse.schema.audit import Entry
from warehouse.session import Access, transaction
from warehouse.vocabulary import SYSTEM, ReleaseId, Role

HOUR = timedelta(hours=1)
RULE = {"name": "skill_gain", "horizon_hours": 2, "value": 0.012, "limit": 0.0, "passed": True}


def publish(count: int = 1) -> list[ReleaseId]:
    with transaction(Access.OWNER) as session:
        return [ReleaseId(make_release(session).release_id) for _ in range(count)]


def promote(release_id: ReleaseId, *, hours: int = 0) -> None:
    with transaction() as session:
        let_pass(session, release_id)
        promote_champion(session, SYSTEM, release_id, reason="Better.", at=STORM_AT + hours * HOUR)


def roll_back(*, hours: int, further: bool = False) -> Rollback:
    at = STORM_AT + hours * HOUR
    with transaction() as session:
        return rollback_champion(session, SYSTEM, reason="It shouts.", at=at, further=further)


def reigning() -> ReleaseId | None:
    with transaction() as session:
        champion = find_champion(session)
    return champion.release_id if champion else None


def audited(tag: AuditTag) -> list[tuple[object, object, object]]:
    with transaction(Access.OWNER) as session:
        statement = select(Entry.before, Entry.after, Entry.reason).where(Entry.tag == tag)
        return [tuple(row) for row in session.execute(statement.order_by(Entry.entry_id))]


@pytest.mark.usefixtures("database")
class TestTheGate:
    def test_a_verdict_is_kept_rule_by_rule_and_audited(self) -> None:
        first, second = publish(2)
        verdict = GateVerdict(first, passed=True, words="It is better.", rules=[RULE])
        with transaction() as session:
            keep_gate_result(session, SYSTEM, second, verdict, at=STORM_AT)
            [kept] = list_gate_results(session, second)
        assert (kept.compared_with, kept.passed, kept.words) == (first, True, "It is better.")
        assert kept.rules == [RULE]
        after = {"passed": True, "compared_with": first}
        assert audited(AuditTag.RELEASE_JUDGED) == [(None, after, "It is better.")]

    def test_the_last_verdict_comes_first(self) -> None:
        [release_id] = publish()
        with transaction(Access.OWNER) as session:
            make_gate_result(session, release_id=release_id, passed=False)
            make_gate_result(session, release_id=release_id)
            assert [row.passed for row in list_gate_results(session, release_id)] == [True, False]

    def test_a_verdict_on_no_release_is_refused(self) -> None:
        verdict = GateVerdict(None, passed=True, words="", rules=[RULE])
        with pytest.raises(NotFound), transaction() as session:
            keep_gate_result(session, SYSTEM, ReleaseId(404), verdict, at=STORM_AT)

    @pytest.mark.parametrize(
        ("passed", "rules", "constraint"),
        [
            (True, [RULE | {"passed": False}], "passed_every_rule"),
            (True, [], "rules_were_asked"),
        ],
    )
    def test_postgres_refuses_a_verdict_that_does_not_follow(
        self, passed: bool, rules: list[dict[str, object]], constraint: str
    ) -> None:
        [release_id] = publish()
        verdict = GateVerdict(None, passed=passed, words="", rules=rules)
        with pytest.raises(DBAPIError, match=constraint), transaction() as session:
            keep_gate_result(session, SYSTEM, release_id, verdict, at=STORM_AT)

    def test_an_agent_may_not_judge(self) -> None:
        [release_id] = publish()
        with transaction(Access.OWNER) as session:
            agent = make_actor(session, Role.AGENT)
        verdict = GateVerdict(None, passed=True, words="", rules=[RULE])
        with pytest.raises(PermissionRefused), transaction() as session:
            keep_gate_result(session, agent, release_id, verdict, at=STORM_AT)


@pytest.mark.usefixtures("database")
class TestPromotion:
    def attempt(self, release_id: ReleaseId) -> None:
        with transaction() as session:
            promote_champion(session, SYSTEM, release_id, reason="Better.", at=STORM_AT)

    def test_the_first_needs_no_verdict(self) -> None:
        [release_id] = publish()
        self.attempt(release_id)
        assert reigning() == release_id

    def test_one_that_was_never_judged_is_refused(self) -> None:
        first, second = publish(2)
        promote(first)
        with pytest.raises(PromotionRefused, match="the gate never judged it"):
            self.attempt(second)

    def test_one_that_failed_is_refused_with_the_gates_words(self) -> None:
        first, second = publish(2)
        promote(first)
        with transaction(Access.OWNER) as session:
            make_gate_result(session, release_id=second, compared_with=first)
            make_gate_result(
                session, release_id=second, compared_with=first, passed=False, words="It shouts."
            )
        with pytest.raises(PromotionRefused, match=r"the gate refused it: It shouts\. Judge it"):
            self.attempt(second)
        assert reigning() == first

    def test_a_verdict_beside_an_earlier_champion_does_not_count(self) -> None:
        first, second, third = publish(3)
        promote(first)
        with transaction(Access.OWNER) as session:
            make_gate_result(session, release_id=third, compared_with=first)
        promote(second)
        with pytest.raises(PromotionRefused, match=f"but release {second} predicts now"):
            self.attempt(third)

    def test_an_admin_may_overrule_the_gate_and_the_audit_says_why(self) -> None:
        first, second = publish(2)
        promote(first)
        with transaction(Access.OWNER) as session:
            admin = make_actor(session, Role.ADMIN)
        with transaction() as session:
            promote_champion(
                session,
                admin,
                second,
                reason="Trial.",
                at=STORM_AT,
                override_reason="The champion's feed is gone.",
            )
        assert reigning() == second
        before, after, reason = audited(AuditTag.CHAMPION_CHANGED)[-1]
        assert (before, reason) == ({"release_id": first}, "Trial.")
        assert after == {"release_id": second, "override_reason": "The champion's feed is gone."}

    def test_the_pipeline_may_not_overrule_it_nor_anybody_without_words(self) -> None:
        first, second = publish(2)
        promote(first)
        with transaction(Access.OWNER) as session:
            admin, manager = (make_actor(session, role) for role in (Role.ADMIN, Role.MANAGER))
        for actor, why, refusal in (
            (SYSTEM, "Because.", PermissionRefused),
            (manager, "Because.", PermissionRefused),
            (admin, " ", PromotionRefused),
        ):
            with pytest.raises(refusal), transaction() as session:
                promote_champion(
                    session, actor, second, reason="", at=STORM_AT, override_reason=why
                )
        assert reigning() == first


@pytest.mark.usefixtures("database")
class TestRollback:
    def test_it_puts_back_the_champion_before_and_says_so(self) -> None:
        first, second = publish(2)
        promote(first)
        promote(second, hours=1)
        assert roll_back(hours=2) == Rollback(first, second, STORM_AT + 2 * HOUR, is_new=True)
        assert reigning() == first
        with transaction() as session:
            last = list_reigns(session)[-1]
        assert (last.release_id, last.rolled_back_from, last.reason) == (
            first,
            second,
            "It shouts.",
        )
        assert audited(AuditTag.CHAMPION_ROLLED_BACK) == [
            ({"release_id": second}, {"release_id": first}, "It shouts.")
        ]

    def test_the_same_request_again_changes_nothing(self) -> None:
        first, second, third = publish(3)
        for hours, release_id in enumerate((first, second, third)):
            promote(release_id, hours=hours)
        roll_back(hours=3)
        again = roll_back(hours=4)
        assert again == Rollback(second, third, STORM_AT + 3 * HOUR, is_new=False)
        assert len(audited(AuditTag.CHAMPION_ROLLED_BACK)) == 1

    def test_further_goes_back_one_more_and_never_to_what_was_taken_off(self) -> None:
        first, second, third = publish(3)
        for hours, release_id in enumerate((first, second, third)):
            promote(release_id, hours=hours)
        roll_back(hours=3)
        assert roll_back(hours=4, further=True).release_id == first
        with pytest.raises(TransitionRefused, match="no release predicted before it"):
            roll_back(hours=5, further=True)

    def test_nothing_to_go_back_to_is_refused_in_words(self) -> None:
        with pytest.raises(TransitionRefused, match="A model that is not trained yet cannot be"):
            roll_back(hours=0)
        [first] = publish()
        promote(first)
        with pytest.raises(TransitionRefused, match="train and promote another"):
            roll_back(hours=1)
        assert reigning() == first

    def test_what_was_rolled_back_may_return_by_its_verdict(self) -> None:
        first, second = publish(2)
        promote(first)
        promote(second, hours=1)
        roll_back(hours=2)
        promote(second, hours=3)
        assert roll_back(hours=4).release_id == first

    def test_an_agent_may_not_roll_back(self) -> None:
        with transaction(Access.OWNER) as session:
            agent = make_actor(session, Role.AGENT)
        with pytest.raises(PermissionRefused), transaction() as session:
            rollback_champion(session, agent, reason="Mine.", at=STORM_AT)


REWRITES = (
    "UPDATE predictions.gate_result SET passed = true",
    "DELETE FROM predictions.gate_result",
    "TRUNCATE predictions.gate_result",
    "UPDATE predictions.champion SET reason = 'x'",
    "UPDATE predictions.champion SET ended_at = NULL WHERE ended_at IS NOT NULL",
    "UPDATE predictions.champion SET release_id = release_id + 1, ended_at = since_at"
    " WHERE ended_at IS NULL",
    "DELETE FROM predictions.champion",
    "TRUNCATE predictions.champion",
)


def test_nobody_rewrites_who_predicted_or_what_the_gate_said(database: str) -> None:
    first, second = publish(2)
    promote(first)
    promote(second, hours=1)
    for statement, access in product(REWRITES, Access):
        with (
            pytest.raises(DBAPIError, match=r"append-only|only ever ended|permission denied"),
            transaction(access) as session,
        ):
            session.execute(text(statement))


def test_the_dashboard_reads_the_verdicts_and_writes_none(database: str) -> None:
    with transaction(Access.OWNER) as session:
        release_id = ReleaseId(make_gate_result(session).release_id)
    with transaction(Access.DASHBOARD) as session:
        assert list_gate_results(session, release_id)
        assert get_release(session, release_id).release_id == release_id
    insert = "INSERT INTO predictions.gate_result (release_id, judged_at, passed, words, rules)"
    with (
        pytest.raises(DBAPIError, match="permission denied"),
        transaction(Access.DASHBOARD) as session,
    ):
        session.execute(text(f"{insert} VALUES ({release_id}, now(), false, '', '[1]')"))


def test_a_release_nobody_published_is_not_found(database: str) -> None:
    with pytest.raises(NotFound), transaction() as session:
        get_release(session, ReleaseId(404))


@given(st.lists(st.sampled_from(["promote", "roll back"]), max_size=30))
def test_a_rollback_undoes_exactly_one_promotion(steps: list[str]) -> None:
    line: list[ReleaseId] = []
    reigns: list[Reign] = []
    for number, step in enumerate(steps):
        if step == "promote":
            line.append(ReleaseId(number))
            reigns.append(Reign(line[-1], None))
        elif len(line) > 1:
            taken_off = line.pop()
            assert release_before(reigns) == line[-1]
            reigns.append(Reign(line[-1], taken_off))
    assert release_before(reigns) == (line[-2] if len(line) > 1 else None)
