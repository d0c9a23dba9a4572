"""Reads a policy from a file of TOML, or lists every mistake in it with what to do about each."""

import tomllib
from collections.abc import Mapping
from typing import Any, Final

from warehouse.errors import PolicyFileWrong
from warehouse.rules.currencies import DECIMALS
from warehouse.rules.file_settings import Settings
from warehouse.rules.page_rate import PRODUCTS_RATE, PageRate
from warehouse.rules.policy_files import (
    FiledAlertPolicy,
    FiledEscalation,
    FiledPolicy,
    FiledStep,
    PolicyKind,
)
from warehouse.rules.severity import Stakes
from warehouse.rules.storm_control import StormControl
from warehouse.vocabulary import TO_PEOPLE, FallbackKind, Role, Severity

MOST_MINUTES: Final = 10_080
"""A week: nobody waits longer for a step."""
MOST_STEPS: Final = 10
MOST_REPEATS: Final = 10
MOST_MINOR_UNITS: Final = 10**12
MOST_KM: Final = 20_000.0
ON_SHIFT: Final = (Role.AGENT, Role.MANAGER, Role.ADMIN)
"""The roles in which somebody can be on shift."""


def read_policy(text: str) -> FiledPolicy:
    """Understand the text of a policy file.

    Parameters
    ----------
    text:
        TOML, as `policy_files.render` writes it.

    Returns
    -------
    :
        A policy that is right in itself; whether the people it names are there is known with the
        record.

    Raises
    ------
    PolicyFileWrong
        With every mistake, not only the first.
    """
    try:
        document = tomllib.loads(text)
    except tomllib.TOMLDecodeError as failure:
        raise PolicyFileWrong([f"It is not TOML: {failure}. Mend that first."]) from failure
    settings = Settings(document)
    kind = settings.choice("kind", tuple(PolicyKind))
    if kind is None:
        raise PolicyFileWrong(settings.mistakes)
    policy = _escalation(settings) if kind is PolicyKind.ESCALATION else _alert_policy(settings)
    settings.refuse_unread()
    if settings.mistakes:
        raise PolicyFileWrong(settings.mistakes)
    return policy


def _alert_policy(settings: Settings) -> FiledAlertPolicy:
    money = (1, MOST_MINOR_UNITS)
    return FiledAlertPolicy(
        stakes=Stakes(
            settings.whole("alert_cost_minor_units", *money, such_as=2000),
            settings.whole("loss_per_traveller_minor_units", *money, such_as=40_000),
            settings.number("avoidable_share", 0.001, 1.0, such_as=0.4),
        ),
        currency=settings.choice("currency", tuple(DECIMALS)) or "",
        hold_minutes=settings.whole("hold_minutes", 1, MOST_MINUTES, such_as=60),
        fallback_price_cap_minor_units=settings.whole(
            "fallback_price_cap_minor_units", 0, MOST_MINOR_UNITS, such_as=35_000
        ),
        fallback_distance_cap_km=settings.number(
            "fallback_distance_cap_km", 0.0, MOST_KM, such_as=25.0
        ),
    )


def _escalation(settings: Settings) -> FiledEscalation:
    return FiledEscalation(
        name=settings.text("name", such_as="Flight disruption"),
        catch_all=settings.text("catch_all", such_as="admin").strip().lower(),
        repeat_count=settings.whole("starts_over", 0, MOST_REPEATS, such_as=3),
        reopens_on_severity_rise=settings.flag("reopens_on_severity_rise"),
        ack_timeout_minutes=_timeouts(settings),
        page_rate=_page_rate(settings),
        storm=_storm(settings),
        steps=_steps(settings),
    )


def _timeouts(settings: Settings) -> Mapping[Severity, int]:
    table = settings.table("ack_timeout_minutes")
    if table is None:
        return {}
    table.skip(*Severity)
    return {
        severity: table.whole(severity.value, 1, MOST_MINUTES, such_as=180)
        for severity in reversed(Severity)
        if table.has(severity.value)
    }


def _page_rate(settings: Settings) -> PageRate:
    table = settings.table("page_rate")
    if table is None:
        return PRODUCTS_RATE
    messages = table.whole("messages", 1, 1_000, such_as=PRODUCTS_RATE.messages)
    return PageRate(messages, table.whole("minutes", 1, 1_440, such_as=PRODUCTS_RATE.minutes))


def _storm(settings: Settings) -> StormControl | None:
    table = settings.table("storm")
    if table is None:
        return None
    cap = table.whole("cap_alerts", 1, 10_000, such_as=25)
    return StormControl(cap, table.whole("window_minutes", 1, MOST_MINUTES, such_as=60))


def _steps(settings: Settings) -> tuple[FiledStep, ...]:
    tables = settings.tables("step")
    if not 1 <= len(tables) <= MOST_STEPS:
        settings.mistakes.append(
            f"It has {len(tables)} steps: write 1 to {MOST_STEPS}, each below a line [[step]]."
        )
    return tuple(_step(table) for table in tables)


def _step(table: Settings) -> FiledStep:
    role, username = _whom(table)
    return FiledStep(
        delay_minutes=table.whole("delay_minutes", 0, MOST_MINUTES, such_as=15),
        role=role,
        username=username,
        channels=tuple(table.choices("channels", TO_PEOPLE)),
        fallback_kind=table.choice("sets_off", tuple(FallbackKind), may_lack=True),
    )


def _whom(table: Settings) -> tuple[Role | None, str | None]:
    """Read whom a step asks: a role on shift or one user, and not both."""
    asks: tuple[Any, Any] = (table.has("on_shift"), table.has("user"))
    if asks[0] == asks[1]:
        both = "asks both on_shift and user: keep one of them"
        neither = 'asks nobody: add on_shift = "agent", or user = "a name to sign in with"'
        table.complain(both if asks[0] else neither)
        table.skip("on_shift", "user")
        return None, None
    if asks[0]:
        return table.choice("on_shift", ON_SHIFT), None
    return None, table.text("user", such_as="admin").strip().lower()
