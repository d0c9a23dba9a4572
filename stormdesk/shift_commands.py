"""`stormdesk shifts`: who works when, planned and checked from the command line."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import asdict
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from stormdesk.cast import TIME_ZONE
from stormdesk.user_commands import OPERATOR, desk_transaction, find_user
from warehouse.vocabulary import AssignmentId, Role

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from warehouse.queries.coverage import Coverage
    from warehouse.queries.shifts import PlannedShift
    from warehouse.rules.wall_time import Window

app = typer.Typer(help="Plan who is on shift, and see what is not covered.", no_args_is_help=True)
console = Console(highlight=False)
UNCOVERED = 3
"""The exit code of `coverage` where there is a gap, for whoever runs it every night."""

AsJson = Annotated[bool, typer.Option("--json", help="Print the result as JSON.")]
Zone = Annotated[str, typer.Option("--zone", help="IANA zone of the local times.")]
Starts = Annotated[str, typer.Option("--starts", help="Local start, as '2013-12-10 22:00'.")]
Ends = Annotated[str, typer.Option("--ends", help="Local end; it is not part of the shift.")]
Second = Annotated[
    bool, typer.Option("--second", help="Of an hour that comes twice, mean the second.")
]
Why = Annotated[str | None, typer.Option(help="Why, for the audit history.")]
ShiftNumber = Annotated[int, typer.Argument(metavar="SHIFT", help="Its number: shifts list.")]
AssignmentNumber = Annotated[
    int, typer.Argument(metavar="ASSIGNMENT", help="Its number: shifts list.")
]


@app.command("list", epilog="Example: stormdesk shifts list --days 7")
def list_(
    days: Annotated[int, typer.Option(min=1, max=366, help="How far ahead.")] = 14,
    as_json: AsJson = False,
) -> None:
    """List the shifts ahead with who is in them, and who stands in."""
    from warehouse.queries.shifts import list_shifts

    with desk_transaction() as (session, at):
        ends_at = at + timedelta(days=days)
        shifts = list_shifts(session, OPERATOR, starts_at=at, ends_at=ends_at)
    if as_json:
        _print_json([asdict(shift) for shift in shifts])
    else:
        console.print(_plan(shifts) if shifts else f"No shift is planned for {days} days.")


@app.command(
    epilog="Example: stormdesk shifts add 'Agent from 22:00' --starts '2013-12-10 22:00' "
    "--ends '2013-12-11 06:00'"
)
def add(
    name: Annotated[str, typer.Argument(help="What the desk calls it.")],
    starts: Starts,
    ends: Ends,
    zone: Zone = TIME_ZONE,
    second: Second = False,
    as_json: AsJson = False,
) -> None:
    """Draw a shift in local time; nobody is in it yet."""
    from warehouse.operations.shifts import draw_shift

    window = _window(starts, ends, zone, is_second=second)

    def change(session: Session, at: datetime) -> int:
        return draw_shift(session, OPERATOR, name=name, window=window, at=at)

    _save(change, "shift_id", f"{name} is drawn, {window.words}, as shift {{}}.", as_json=as_json)


@app.command(epilog="Example: stormdesk shifts assign 12 ben --role agent")
def assign(
    shift: ShiftNumber,
    username: Annotated[str, typer.Argument(help="Who works.")],
    role: Annotated[Role, typer.Option(help="As what.")] = Role.AGENT,
    as_json: AsJson = False,
) -> None:
    """Put somebody in a shift."""
    from warehouse.operations.shift_assignments import assign_user

    def change(session: Session, at: datetime) -> int:
        user_id = find_user(session, username).user_id
        return assign_user(session, OPERATOR, shift, user_id=user_id, role=role, at=at)

    words = f"{username} is in shift {shift}, as assignment {{}}."
    _save(change, "assignment_id", words, as_json=as_json)


@app.command(
    epilog="Example: stormdesk shifts override 40 ines --starts '2013-12-10 22:00' "
    "--ends '2013-12-11 01:00' --why dentist"
)
def override(
    assignment: AssignmentNumber,
    username: Annotated[str, typer.Argument(help="Who stands in.")],
    starts: Annotated[str | None, typer.Option(help="Local start; else the whole of it.")] = None,
    ends: Annotated[str | None, typer.Option(help="Local end.")] = None,
    zone: Zone = TIME_ZONE,
    second: Second = False,
    why: Why = None,
    as_json: AsJson = False,
) -> None:
    """Let somebody stand in for an assignment, for certain hours or for all of it."""
    from warehouse.operations.shift_holders import override_assignment

    if (starts is None) != (ends is None):
        raise typer.BadParameter("Give both --starts and --ends, or neither for all of it.")
    window = _window(starts, ends, zone, is_second=second) if starts and ends else None

    def change(session: Session, at: datetime) -> int:
        return override_assignment(
            session,
            OPERATOR,
            AssignmentId(assignment),
            user_id=find_user(session, username).user_id,
            during=None if window is None else (window.starts_at, window.ends_at),
            at=at,
            reason=why,
        )

    words = f"{username} stands in for assignment {assignment}, as override {{}}."
    _save(change, "override_id", words, as_json=as_json)


@app.command(epilog="Example: stormdesk shifts swap 40 57 --why choir")
def swap(
    first: AssignmentNumber, second: AssignmentNumber, why: Why = None, as_json: AsJson = False
) -> None:
    """Let two assignments change hands; they stay swapped when a shift is moved."""
    from warehouse.operations.shift_holders import swap_assignments

    def change(session: Session, at: datetime) -> int:
        ids = (AssignmentId(first), AssignmentId(second))
        return swap_assignments(session, OPERATOR, *ids, at=at, reason=why)

    _save(change, "swap_id", f"{first} and {second} changed hands, as swap {{}}.", as_json=as_json)


@app.command(
    epilog="Example: stormdesk shifts move 12 --starts '2013-12-10 21:00' --ends '2013-12-11 05:00'"
)
def move(
    shift: ShiftNumber,
    starts: Starts,
    ends: Ends,
    zone: Zone = TIME_ZONE,
    second: Second = False,
    why: Why = None,
    as_json: AsJson = False,
) -> None:
    """Move a shift with everybody in it."""
    from warehouse.operations.shifts import move_shift

    window = _window(starts, ends, zone, is_second=second)

    def change(session: Session, at: datetime) -> int:
        move_shift(session, OPERATOR, shift, window=window, at=at, reason=why)
        return shift

    _save(change, "shift_id", f"Shift {{}} is moved to {window.words}.", as_json=as_json)


@app.command(epilog="Example: stormdesk shifts cancel 12 --why 'the airport is closed'")
def cancel(shift: ShiftNumber, why: Why = None, as_json: AsJson = False) -> None:
    """Cancel a shift: nobody in it is on shift then."""
    from warehouse.operations.shifts import cancel_shift

    def change(session: Session, at: datetime) -> int:
        cancel_shift(session, OPERATOR, shift, at=at, reason=why)
        return shift

    _save(change, "shift_id", "Shift {} is cancelled.", as_json=as_json)


@app.command(epilog="Example: stormdesk shifts repeat 2013-12-09 --weeks 4")
def repeat(
    first_on: Annotated[datetime, typer.Argument(formats=["%Y-%m-%d"], help="Its first day.")],
    weeks: Annotated[int, typer.Option(help="For how many weeks after it.")] = 1,
    as_json: AsJson = False,
) -> None:
    """Draw a week's shifts again for the weeks after it, at the same local times."""
    from warehouse.operations.shift_weeks import repeat_week

    first: date = first_on.date()
    with desk_transaction() as (session, at):
        done = repeat_week(session, OPERATOR, first_on=first, weeks=weeks, at=at)
        found = _coverage(session, at)
    if as_json:
        _print_json(asdict(done) | {"gaps": _gaps(found)})
        return
    console.print(f"{done.shifts} shifts, {done.assignments} assignments.")
    for remark in done.remarks:
        console.print(remark, markup=False, soft_wrap=True)
    console.print(found.sentence(TIME_ZONE), markup=False, soft_wrap=True)


@app.command(epilog="Example: stormdesk shifts coverage --json")
def coverage(as_json: AsJson = False) -> None:
    """Look 14 days ahead for steps of the ladder that reach nobody; exits 3 if there is a gap."""
    with desk_transaction() as (session, at):
        found = _coverage(session, at)
    if as_json:
        _print_json(_gaps(found))
    elif found.is_complete:
        console.print(found.sentence(TIME_ZONE))
    for gap in () if as_json else found.gaps:
        console.print(gap.sentence(TIME_ZONE), markup=False, soft_wrap=True)
    if not found.is_complete:
        raise typer.Exit(UNCOVERED)


def _save(
    change: Callable[[Session, datetime], int], key: str, words: str, *, as_json: bool
) -> None:
    """Make a change, and tell with it what the days ahead leave uncovered."""
    with desk_transaction() as (session, at):
        number = change(session, at)
        found = _coverage(session, at)
    if as_json:
        _print_json({key: number, "gaps": _gaps(found)})
        return
    console.print(words.format(number), markup=False, soft_wrap=True)
    console.print(found.sentence(TIME_ZONE), markup=False, soft_wrap=True)


def _coverage(session: Session, at: datetime) -> Coverage:
    from warehouse.queries.coverage import check_coverage

    return check_coverage(session, at=at)


def _window(starts: str, ends: str, zone: str, *, is_second: bool) -> Window:
    from warehouse.rules.wall_time import Occurrence, read_wall_time, window_of

    which = Occurrence.SECOND if is_second else None
    return window_of(
        read_wall_time(starts),
        read_wall_time(ends),
        zone,
        starts_occurrence=which,
        ends_occurrence=which,
    )


def _plan(shifts: Sequence[PlannedShift]) -> Table:
    table = Table("Shift", "When", "Name", "Assignment", "Who", box=None)
    for shift in shifts:
        head = (str(shift.shift_id), shift.when, shift.name)
        for each in shift.assignments:
            table.add_row(*head, str(each.assignment_id), each.words(shift.time_zone))
        if not shift.assignments:
            table.add_row(*head, "", "nobody")
    return table


def _gaps(found: Coverage) -> list[dict[str, Any]]:
    return [asdict(gap) for gap in found.gaps]


def _print_json(result: object) -> None:
    print(json.dumps(result, indent=2, default=_written))


def _written(value: object) -> str:
    return value.isoformat() if isinstance(value, datetime) else str(value)
