"""`stormdesk model`: train, judge, read, promote and roll back what predicts."""

from __future__ import annotations

import json
from dataclasses import asdict
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console

from stormdesk.errors import StormdeskRefused
from stormdesk.model_refusals import AsOfAhead, ReasonMissing, ReleaseMissing
from stormdesk.progress import Progress
from stormdesk.settings import Settings
from stormdesk.stages import ready_database
from stormdesk.user_commands import OPERATOR
from warehouse.vocabulary import ReleaseId

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from warehouse.queries.releases import ReleaseRow

app = typer.Typer(
    help="Train the model, see how good it is, and decide which release predicts.",
    no_args_is_help=True,
)
NOT_PROMOTED = 1

AsJson = Annotated[bool, typer.Option("--json", help="Print the result as JSON.")]
Which = Annotated[
    int | None,
    typer.Option("--release", min=1, help="Of this release, else the one that predicts."),
]
Reason = Annotated[str, typer.Option(help="Why, for the history and the audit.")]


@app.command(
    epilog="Examples: stormdesk model train · stormdesk model train --as-of 2013-11-01T05:00"
)
def train(
    as_of: Annotated[
        datetime | None,
        typer.Option(
            formats=["%Y-%m-%d", "%Y-%m-%dT%H:%M"],
            help="Learn only what was known at this instant, UTC; else at the desk's.",
        ),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Train a release, and let it predict if it passes the gate; ends with 1 if it does not."""
    from importlib.metadata import version

    from pipelines.assets.training import HISTORY_SINCE
    from pipelines.predicting.training import train as train_and_judge
    from pipelines.resources import Warehouse
    from stormdesk.model_tables import show_verdict

    console = Console(highlight=False, quiet=as_json)
    with ready_database(Settings()), Progress(console) as bars:
        at = _now()
        trained_until = as_of.replace(tzinfo=UTC) if as_of else at
        if trained_until > at:
            raise AsOfAhead(trained_until, at)
        run = train_and_judge(
            Warehouse(),
            since=HISTORY_SINCE,
            trained_until=trained_until,
            at=at,
            code_version=version("stormdesk"),
            actor=OPERATOR,
            step=bars.step,
        )
    if as_json:
        _print_json({name: value for name, value in asdict(run).items() if name != "card"})
    else:
        show_verdict(console, run.release_id, run.rules, run.verdict, predicts=run.is_promoted)
    raise typer.Exit(0 if run.is_promoted else NOT_PROMOTED)


@app.command(
    epilog="Examples: stormdesk model evaluate · stormdesk model evaluate --release 3 --gate · "
    "stormdesk model evaluate --rolling"
)
def evaluate(
    release: Which = None,
    gate: Annotated[
        bool, typer.Option("--gate", help="Judge it again first, beside the champion of now.")
    ] = False,
    rolling: Annotated[
        bool,
        typer.Option(
            "--rolling", help="Tell its history month by month first; takes half an hour and more."
        ),
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Print a release's figures with 95 % intervals beside both controls, and its last verdict."""
    from stormdesk.model_judging import judge_again, tell_months
    from stormdesk.model_tables import show_figures, show_verdict
    from stormdesk.rolling_tables import show_rolling
    from warehouse.queries.releases import find_rolling_origin, list_gate_results
    from warehouse.session import Access, transaction

    console = Console(highlight=False, quiet=as_json)
    with ready_database(Settings()):
        with transaction(Access.PIPELINE) as session:
            row, predicts = _release(session, release)
        if gate:
            judge_again(console, row.release_id, at=_now())
        if rolling:
            tell_months(console, row, at=_now())
        with transaction(Access.PIPELINE) as session:
            verdicts = list_gate_results(session, row.release_id)
            told = find_rolling_origin(session, row.release_id)
    trials = {hours: each.get("trial", {}) for hours, each in row.card.get("horizons", {}).items()}
    if as_json:
        last = asdict(verdicts[0]) if verdicts else None
        months = told.record if told else None
        judged = {"horizons": trials, "gate": last, "rolling_origin": months}
        _print_json(_named(row, predicts) | judged)
        return
    show_figures(console, row, predicts=predicts)
    show_rolling(console, told.record if told else None)
    if verdicts:
        show_verdict(
            console, row.release_id, verdicts[0].rules, verdicts[0].words, predicts=predicts
        )


@app.command(epilog="Example: stormdesk model card --release 2")
def card(release: Which = None, as_json: AsJson = False) -> None:
    """Print the model card: what it is, what it learnt from, how good it was, what it is not."""
    from stormdesk.model_tables import show_card
    from warehouse.session import Access, transaction

    with ready_database(Settings()), transaction(Access.PIPELINE) as session:
        row, predicts = _release(session, release)
    if as_json:
        _print_json(row.card)
    else:
        show_card(Console(highlight=False), row, predicts=predicts)


@app.command(epilog="Example: stormdesk model promote 3 --reason 'Passed on Monday.'")
def promote(
    release: Annotated[int, typer.Argument(min=1, help="The release that is to predict.")],
    reason: Reason,
    override: Annotated[
        str | None, typer.Option(help="Why the gate is overruled; kept in the audit history.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Let a release predict that passed its gate beside the champion; ends with 1 if refused."""
    from warehouse.errors import PromotionRefused
    from warehouse.operations.champions import promote_champion
    from warehouse.session import Access, transaction

    _require_words(reason, "--reason")
    _require_words(override, "--override")
    with ready_database(Settings()), transaction(Access.PIPELINE) as session:
        at, release_id = _now(), ReleaseId(release)
        try:
            promote_champion(
                session, OPERATOR, release_id, reason=reason, at=at, override_reason=override
            )
        except PromotionRefused as refused:
            why = f"Release {release} is not promoted: {refused.why.removesuffix('.')}."
            again = f"Judge it beside the champion: stormdesk model evaluate --release {release}"
            raise StormdeskRefused(
                why, f"{again} --gate\nOr overrule the gate, with a reason: --override 'why'"
            ) from refused
    told = {"release_id": release, "since_at": at, "override_reason": override}
    _tell(told, f"Release {release} predicts from {at:%Y-%m-%d %H:%M} UTC on.", as_json=as_json)


@app.command(epilog="Example: stormdesk model rollback --reason 'It shouts on calm days.'")
def rollback(
    reason: Reason,
    further: Annotated[
        bool, typer.Option("--further", help="Go back one more, if a rollback was done already.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Put back the release that predicted before this one; repeating it changes nothing."""
    from warehouse.operations.champions import rollback_champion
    from warehouse.session import Access, transaction

    _require_words(reason, "--reason")
    with ready_database(Settings()), transaction(Access.PIPELINE) as session:
        back = rollback_champion(session, OPERATOR, reason=reason, at=_now(), further=further)
    since = f"{back.since_at:%Y-%m-%d %H:%M} UTC"
    if back.is_new:
        words = f"Release {back.release_id} predicts again from {since} on, in place of release "
        words += f"{back.rolled_back_from}."
    else:
        words = f"Release {back.release_id} predicts since {since}: release "
        words += f"{back.rolled_back_from} was rolled back then. Nothing was changed.\n"
        words += "To go back one more: stormdesk model rollback --further --reason ..."
    _tell(asdict(back), words, as_json=as_json)


@app.command(epilog="Example: stormdesk model backtest --json")
def backtest(release: Which = None, as_json: AsJson = False) -> None:
    """Print what alerting from each probability on would have meant: alerts, travellers, money."""
    from stormdesk.model_tables import show_backtest
    from warehouse.session import Access, transaction

    with ready_database(Settings()), transaction(Access.PIPELINE) as session:
        row, _ = _release(session, release)
    told = row.card.get("policy_backtest") or {}
    if not told.get("thresholds"):
        why = told.get("absent") or "its training did not replay the alert policy"
        raise StormdeskRefused(
            f"Release {row.release_id} has no backtest: {why}.",
            "Train another where bookings and an alert policy are loaded: stormdesk model train",
        )
    if as_json:
        _print_json(told)
    else:
        show_backtest(Console(highlight=False), row.release_id, told)


def _release(session: Session, release: int | None) -> tuple[ReleaseRow, bool]:
    """Read a release, or the champion, and whether it predicts."""
    from warehouse.queries.predictions import find_champion
    from warehouse.queries.releases import get_release

    champion = find_champion(session)
    if release is None and champion is None:
        raise ReleaseMissing
    release_id = ReleaseId(release) if release else champion.release_id if champion else None
    row = get_release(session, ReleaseId(release_id or 0))
    return row, champion is not None and champion.release_id == row.release_id


def _named(row: ReleaseRow, predicts: bool) -> dict[str, Any]:
    return {
        "release_id": row.release_id,
        "predicts": predicts,
        "trained_until": row.trained_until,
        "sha256": row.sha256,
    }


def _now() -> datetime:
    from warehouse.queries.clock import current_instant
    from warehouse.session import Access, transaction

    with transaction(Access.PIPELINE) as session:
        return current_instant(session)


def _require_words(words: str | None, option: str) -> None:
    if words is not None and not words.strip():
        raise ReasonMissing(option)


def _tell(told: dict[str, Any], words: str, *, as_json: bool) -> None:
    if as_json:
        _print_json(told)
    else:
        Console(highlight=False).print(words, markup=False)


def _print_json(told: object) -> None:
    typer.echo(json.dumps(told, indent=2, default=_plain))


def _plain(value: object) -> str:
    return value.isoformat() if isinstance(value, datetime) else str(value)
