"""The policy backtest of a release: what its thresholds would have meant for those booked."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final

from warehouse.errors import NotFound
from warehouse.queries.policies import get_policy

if TYPE_CHECKING:
    import pandas as pd
    from sqlalchemy.orm import Session

    from ml.release import Release
    from warehouse.queries.policies import DeskPolicy

SHIFT_HOURS: Final = 8.0
"""How long somebody of the desk works; three shifts make a day."""

CARD_ENTRY: Final = "policy_backtest"


def with_backtest(session: Session, release: Release, *, at: datetime) -> Release:
    """Write onto a release's card what its judged days would have meant for the desk.

    Parameters
    ----------
    session:
        Open transaction.
    release:
        A release right after its training, with the flights it was judged on.
    at:
        Whose alert policy counts, UTC.

    Returns
    -------
    :
        The release with the backtest on its card, or why there is none where no policy was in
        force yet; unchanged where it no longer knows its flights.
    """
    from warehouse.queries.judging import exposure_frame

    judged = release.judged
    if judged is None or judged.empty:
        return release
    departs = judged["scheduled_departure_at"]
    exposure = exposure_frame(
        session,
        start=departs.min().to_pydatetime(),
        end=departs.max().to_pydatetime() + timedelta(minutes=1),
    )
    try:
        told = backtest_of(judged, exposure, get_policy(session, at=at))
    except NotFound as absent:
        told = {"absent": f"Nothing says what an alert is worth: {absent}"}
    return replace(release, card=release.card | {CARD_ENTRY: told})


def backtest_of(
    judged: pd.DataFrame, exposure: pd.DataFrame, policy: DeskPolicy
) -> dict[str, object]:
    """Replay alerting over judged flights with the money of a policy, in plain values."""
    from ml.backtest import policy_backtest
    from ml.judgement import spoken

    stakes = policy.stakes
    return policy_backtest(
        judged.assign(probability=spoken(judged)),
        exposure,
        handling_cost_minor_units=stakes.alert_cost_minor_units,
        loss_per_traveller_minor_units=stakes.loss_per_traveller_minor_units,
        avoidable_share=stakes.avoidable_share,
        currency=policy.currency,
        shift_hours=SHIFT_HOURS,
    ).as_dict()
