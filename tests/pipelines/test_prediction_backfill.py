"""A backfill says what was said then, by whoever predicted then, and pages nobody."""

from datetime import datetime, timedelta
from functools import partial

import dagster as dg
import pytest
from sqlalchemy import func, select, update

from ml.release import pack_release
from pipelines.assets.alerts import alert
from pipelines.assets.features import feature_row
from pipelines.assets.predictions import disruption_prediction
from pipelines.backfilling import Backfilled, backfill
from pipelines.partitions import Window
from pipelines.predicting import claims as claiming
from pipelines.predicting import feature_rows as describing
from pipelines.predicting.champion import load_champion
from pipelines.predicting.claims import store_claims
from pipelines.predicting.feature_rows import store_features
from pipelines.predicting.pieces import pieces_of, store_in_pieces
from pipelines.resources import Warehouse
from pipelines.sensors.escalation import escalate_due
from tests.factories.booking import make_leg
from tests.factories.clock import set_clock
from tests.factories.policy import make_alert_policy
from tests.factories.prediction import let_pass
from tests.pipelines.conftest import TRAINED_UNTIL, World, load_world
from warehouse.operations.champions import promote_champion
from warehouse.operations.predictions import ReleaseDraft, publish_release
from warehouse.queries.releases import list_reigns
from warehouse.schema.alerting import Alert, Notification
from warehouse.schema.predictions import DisruptionPrediction
from warehouse.schema.travel import Flight
from warehouse.session import Access, transaction
from warehouse.vocabulary import SYSTEM, ReleaseId

HOUR = timedelta(hours=1)
AT = TRAINED_UNTIL
LATER = AT + timedelta(days=3)


@pytest.fixture(autouse=True)
def _known(world_database: str, small_world: World) -> None:
    """The desk has gone on for three days since its champion was trained."""
    load_world(small_world, reported_by=LATER)
    set_clock(LATER)


def backfilled(
    instance: dg.DagsterInstance, window: Window, *assets: dg.AssetsDefinition
) -> list[Backfilled]:
    resources = {"warehouse": Warehouse()}
    asked = {"instance": instance, "resources": resources, "backfill_id": "test"}
    return list(backfill(assets, window, **asked))


def in_pieces(monkeypatch: pytest.MonkeyPatch, at_once: timedelta) -> None:
    """Cut windows shorter than a year needs, so that a short one has several pieces."""
    shorter = partial(store_in_pieces, at_once=at_once)
    for module in (claiming, describing):
        monkeypatch.setattr(module, "store_in_pieces", shorter)


def said() -> list[tuple[datetime, int, float, int]]:
    claim = DisruptionPrediction
    with transaction(Access.OWNER) as session:
        statement = select(
            claim.predicted_at, claim.release_id, claim.probability, claim.flight_id
        ).order_by(claim.predicted_at, claim.flight_id, claim.horizon_hours)
        return [tuple(row) for row in session.execute(statement)]


def releases_by_hour() -> dict[datetime, set[int]]:
    told: dict[datetime, set[int]] = {}
    for predicted_at, release_id, *_ in said():
        told.setdefault(predicted_at, set()).add(release_id)
    return told


def succeed(at: datetime) -> ReleaseId:
    """Let another release with the same models predict from an instant on."""
    with transaction(Access.OWNER) as session:
        [reign] = list_reigns(session)
        champion = load_champion(session, reign.release_id)
        content = pack_release(champion.release.model_set, champion.release.card | {"of": "later"})
        draft = ReleaseDraft(content, champion.release.card, {}, AT, AT, "test")
        release_id = publish_release(session, SYSTEM, draft, at=at)
        let_pass(session, release_id)
        promote_champion(session, SYSTEM, release_id, reason="Better.", at=at)
    return release_id


def test_a_span_is_one_run_an_asset_and_says_what_each_hour_would_have(
    instance: dg.DagsterInstance, monkeypatch: pytest.MonkeyPatch
) -> None:
    window = Window(AT - HOUR, AT + 29 * HOUR)
    in_pieces(monkeypatch, 12 * HOUR)

    done = backfilled(instance, window, feature_row, disruption_prediction)

    assert [(each.loaded, each.runs, each.failed) for each in done] == [(30, 1, ()), (30, 1, ())]
    together = said()
    assert len(together) > 100
    for hour in pieces_of(window, HOUR):
        with transaction() as session:
            assert store_features(session, hour).written == 0
            assert store_claims(session, hour).written == 0
    assert said() == together


def test_whoever_was_the_champion_then_speaks_and_before_the_first_nobody(
    instance: dg.DagsterInstance,
) -> None:
    [first] = _reigning()
    second = succeed(AT + 4 * HOUR)
    window = Window(AT - 5 * HOUR, AT + 8 * HOUR)

    [_, done] = backfilled(instance, window, feature_row, disruption_prediction)

    assert (done.loaded, done.failed) == (13, ())
    told = releases_by_hour()
    assert min(told) == AT
    assert max(told) > AT + 4 * HOUR
    for at, by in told.items():
        assert by == {first if at < AT + 4 * HOUR else second}, at
    event = instance.get_latest_materialization_event(disruption_prediction.key)
    assert event is not None
    metadata = event.asset_materialization.metadata
    assert metadata["releases"].value == f"{first}, {second}"
    assert metadata["without_champion"].value > 0
    assert "No release predicted yet when" in str(metadata["preview"].value)


def test_days_before_the_first_champion_are_no_failure(instance: dg.DagsterInstance) -> None:
    window = Window(AT - 30 * HOUR, AT - 2 * HOUR)

    [_, done] = backfilled(instance, window, feature_row, disruption_prediction)

    assert (done.loaded, done.runs, done.failed) == (28, 1, ())
    assert said() == []


def test_what_became_known_since_moves_nothing_that_was_said(instance: dg.DagsterInstance) -> None:
    window = Window(AT - HOUR, AT + 5 * HOUR)
    backfilled(instance, window, feature_row, disruption_prediction)
    before = said()
    with transaction(Access.OWNER) as session:
        session.execute(
            update(Flight)
            .where(Flight.scheduled_departure_at > AT + 6 * HOUR)
            .values(status="cancelled", cancelled_reported_at=LATER)
        )

    backfilled(instance, window, feature_row, disruption_prediction)

    assert said() == before != []


@pytest.mark.parametrize("due", [(-3, -1), (3, 4)], ids=["hours late", "an hour late"])
def test_a_report_that_came_late_is_not_known_before_it_came(
    instance: dg.DagsterInstance, due: tuple[int, int]
) -> None:
    window = Window(AT - HOUR, AT + 8 * HOUR)
    with transaction(Access.OWNER) as session:
        first, last = (AT + hours * HOUR for hours in due)
        leaving = Flight.scheduled_departure_at.between(first, last)
        session.execute(
            update(Flight)
            .where(leaving)
            .values(
                status="cancelled",
                cancelled_reported_at=AT + 4.5 * HOUR,
                delay_reported_at=None,
                actual_departure_at=None,
                departure_delay_minutes=None,
            )
        )

    backfilled(instance, window, feature_row)

    for hour in pieces_of(window, HOUR):
        with transaction() as session:
            assert store_features(session, hour).written == 0, hour


def test_one_refusal_keeps_nothing_of_the_whole_span(monkeypatch: pytest.MonkeyPatch) -> None:
    window = Window(AT - HOUR, AT + 5 * HOUR)
    with transaction() as session:
        store_features(session, window)
    refusals = iter([None, None, "1 probabilities lie outside."])
    in_pieces(monkeypatch, HOUR)
    monkeypatch.setattr(claiming, "refusal_of", lambda claims: next(refusals))

    with transaction() as session:
        run = store_claims(session, window)

    assert (run.refusal, run.written) == ("1 probabilities lie outside.", 0)
    assert said() == []


def test_a_backfill_through_to_the_alerts_pages_nobody(instance: dg.DagsterInstance) -> None:
    with transaction(Access.OWNER) as session:
        make_alert_policy(session, alert_cost_minor_units=1, effective_from_at=AT - 2 * HOUR)
        within = Flight.scheduled_departure_at.between(AT + 2 * HOUR, AT + 6 * HOUR)
        for flight_id in session.scalars(select(Flight.flight_id).where(within).limit(10)):
            make_leg(session, flight_id=flight_id)
    window = Window(AT - HOUR, AT + 3 * HOUR)

    backfilled(instance, window, feature_row, disruption_prediction, alert)
    escalated = escalate_due(Warehouse()).escalated

    with transaction(Access.OWNER) as session:
        due = session.scalars(select(Alert.next_escalation_at)).all()
        assert session.scalar(select(func.count()).select_from(Notification)) == 0
    assert len(due) > 0
    assert set(due) == {None}
    assert escalated == ()


def _reigning() -> list[ReleaseId]:
    with transaction() as session:
        return [reign.release_id for reign in list_reigns(session)]


def test_pieces_cover_a_window_and_end_at_each_cut() -> None:
    window = Window(AT, AT + 10 * HOUR)
    cuts = [AT - HOUR, AT, AT + 3 * HOUR, AT + 4 * HOUR, AT + 20 * HOUR]
    pieces = list(pieces_of(window, 5 * HOUR, cuts=cuts))
    assert [piece.end for piece in pieces] == [AT + hours * HOUR for hours in (3, 4, 9, 10)]
    assert [piece.start for piece in pieces[1:]] == [piece.end for piece in pieces[:-1]]
