"""What the desk has decided: when an alert is worth it, and whom it then reaches."""

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, UniqueConstraint
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from warehouse.schema.base import Base, Json, Key, one_of
from warehouse.vocabulary import StepTarget

SCHEMA = "alerting"
USER = "people.user.user_id"
POLICY_VERSION = f"{SCHEMA}.escalation_policy_version.policy_version_id"


class AlertPolicy(Base):
    """When a prediction is worth an alert, in money; a version is never changed, only followed."""

    __tablename__ = "alert_policy"
    __table_args__ = (
        CheckConstraint("avoidable_share > 0 AND avoidable_share <= 1", name="avoidable_is_share"),
        CheckConstraint("alert_cost_minor_units > 0", name="cost_positive"),
        CheckConstraint("loss_per_traveller_minor_units > 0", name="loss_positive"),
        {"schema": SCHEMA, "comment": __doc__},
    )

    alert_policy_id: Mapped[Key]
    alert_cost_minor_units: Mapped[int]
    loss_per_traveller_minor_units: Mapped[int]
    avoidable_share: Mapped[float]
    currency: Mapped[str]
    hold_minutes: Mapped[int]
    fallback_price_cap_minor_units: Mapped[int]
    fallback_distance_cap_km: Mapped[float]
    effective_from_at: Mapped[datetime]
    published_by: Mapped[int | None] = mapped_column(ForeignKey(USER))


class EscalationPolicy(Base):
    """What should happen to an alert nobody takes, by name; its versions hold the steps."""

    __tablename__ = "escalation_policy"
    __table_args__ = ({"schema": SCHEMA, "comment": __doc__},)

    policy_id: Mapped[Key]
    name: Mapped[str] = mapped_column(unique=True)


class EscalationPolicyVersion(Base):
    """One immutable wording of an escalation policy; an alert keeps the one it began with."""

    __tablename__ = "escalation_policy_version"
    __table_args__ = (
        UniqueConstraint("policy_id", "version"),
        CheckConstraint("repeat_count >= 0", name="repeat_not_negative"),
        CheckConstraint("storm_cap_alerts >= 1", name="storm_cap_positive"),
        CheckConstraint("storm_window_minutes >= 1", name="storm_window_positive"),
        CheckConstraint(
            "num_nonnulls(storm_cap_alerts, storm_window_minutes) <> 1", name="storm_control"
        ),
        CheckConstraint(
            "page_rate_messages >= 1 AND page_rate_minutes BETWEEN 1 AND 1440", name="page_rate"
        ),
        {"schema": SCHEMA, "comment": __doc__},
    )

    policy_version_id: Mapped[Key]
    policy_id: Mapped[int] = mapped_column(ForeignKey(f"{SCHEMA}.escalation_policy.policy_id"))
    version: Mapped[int]
    repeat_count: Mapped[int]
    reopens_on_severity_rise: Mapped[bool]
    catch_all_user_id: Mapped[int] = mapped_column(ForeignKey(USER))
    ack_timeout_minutes: Mapped[Json]
    storm_cap_alerts: Mapped[int | None]
    storm_window_minutes: Mapped[int | None]
    page_rate_messages: Mapped[int] = mapped_column(server_default="5")
    page_rate_minutes: Mapped[int] = mapped_column(server_default="15")
    effective_from_at: Mapped[datetime]
    published_by: Mapped[int | None] = mapped_column(ForeignKey(USER))


class PolicyStep(Base):
    """One rung of the ladder: after this delay, these people, by these channels."""

    __tablename__ = "policy_step"
    __table_args__ = (
        CheckConstraint("level >= 1", name="level_from_one"),
        CheckConstraint("delay_minutes >= 0", name="delay_not_negative"),
        CheckConstraint(one_of("target", StepTarget), name="target"),
        CheckConstraint("(target = 'user') = (user_id IS NOT NULL)", name="user_when_named"),
        CheckConstraint("(target = 'on_shift') = (role IS NOT NULL)", name="role_when_on_shift"),
        CheckConstraint("NOT channels ? 'sink'", name="channels_reach_people"),
        {"schema": SCHEMA, "comment": __doc__},
    )

    policy_version_id: Mapped[int] = mapped_column(ForeignKey(POLICY_VERSION), primary_key=True)
    level: Mapped[int] = mapped_column(primary_key=True)
    delay_minutes: Mapped[int]
    target: Mapped[str]
    role: Mapped[str | None]
    user_id: Mapped[int | None] = mapped_column(ForeignKey(USER))
    channels: Mapped[list[Any]] = mapped_column(JSONB)
    fallback_kind: Mapped[str | None]
