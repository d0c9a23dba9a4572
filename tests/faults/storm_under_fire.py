"""A storm that goes on while things die: alerts come due, people take them, weather comes in."""

import random
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from threading import Event

from sqlalchemy import func, select
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from tests.factories.alert import make_alert
from tests.factories.frames import delivery, observations_frame_of
from tests.factories.notification import make_notification
from tests.running_desk import RunningDesk
from warehouse.operations.alerts import acknowledge_alert
from warehouse.operations.feeds import load_observations
from warehouse.schema.alerting import Alert
from warehouse.schema.feeds import WeatherObservation
from warehouse.session import Access, forget_engines, transaction
from warehouse.vocabulary import SYSTEM, Actor, AlertId, AlertStatus

FIRST_HOUR = datetime(2013, 1, 1, tzinfo=UTC)
ACKNOWLEDGED_SHARE = 0.4
HOOKED_SHARE = 0.2
TURN_S = 1.0


@dataclass
class Storm:
    """What the storm did, as far as Postgres confirmed it."""

    desk: RunningDesk
    agent: Actor
    hook_url: str
    chance: random.Random
    acknowledged_at: dict[int, datetime] = field(default_factory=dict)
    hours_loaded: int = 0
    broken_off: int = 0
    """Transactions that ended because the database did."""

    def rage(self, over: Event) -> None:
        """Go on until it is over, whatever dies meanwhile."""
        while not over.wait(TURN_S):
            for act in (self.raise_alert, self.acknowledge, self.load_hour):
                self._try(act)

    def _try(self, act: Callable[[Session], Callable[[], None] | None]) -> None:
        try:
            with transaction(Access.OWNER) as session:
                confirm = act(session)
        except DBAPIError as failure:
            if not failure.connection_invalidated and "connect" not in str(failure.orig):
                raise
            self.broken_off += 1
            forget_engines()
        else:
            if confirm is not None:
                confirm()

    def raise_alert(self, session: Session) -> None:
        """Raise an alert that is due at once, some with a page to a webhook as well."""
        at = datetime.now(UTC)
        alert = make_alert(
            session,
            policy_version_id=self.desk.policy_version_id,
            raised_at=at,
            last_seen_at=at,
            next_escalation_at=at,
        )
        if self.chance.random() < HOOKED_SHARE:
            make_notification(
                session,
                alert_id=alert.alert_id,
                recipient_user_id=self.agent.user_id,
                channel="webhook",
                address=self.hook_url,
                created_at=at,
                not_before_at=at,
            )

    def acknowledge(self, session: Session) -> Callable[[], None] | None:
        """Take one of the open alerts, and note when that was certain."""
        if self.chance.random() > ACKNOWLEDGED_SHARE:
            return None
        is_open = Alert.status == AlertStatus.OPEN.value
        alert_id = session.scalar(
            select(Alert.alert_id).where(is_open, Alert.kind == "flight").order_by(func.random())
        )
        if alert_id is None:
            return None
        acknowledge_alert(session, self.agent, AlertId(alert_id), at=datetime.now(UTC))
        return lambda: self.acknowledged_at.update({alert_id: datetime.now(UTC)})

    def load_hour(self, session: Session) -> Callable[[], None]:
        """Take in the next hour of weather."""
        observed_at = FIRST_HOUR + timedelta(hours=self.hours_loaded)
        frame = observations_frame_of({
            "observed_at": observed_at,
            "known_at": observed_at + timedelta(hours=1),
        })
        known_at = observed_at + timedelta(hours=1)
        load_observations(session, SYSTEM, frame, delivery("weather_observation", at=known_at))
        return self._count_hour

    def _count_hour(self) -> None:
        self.hours_loaded += 1


def count_hours() -> int:
    """Count the hours of weather that are stored."""
    with transaction(Access.OWNER) as session:
        return session.scalar(select(func.count()).select_from(WeatherObservation)) or 0
