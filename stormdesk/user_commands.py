"""`stormdesk users`: people who sign in, for whoever runs the machine."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime
from functools import partial
from secrets import token_urlsafe
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.table import Table

from stormdesk.settings import Settings
from warehouse.vocabulary import SYSTEM, Role, Source, UserId

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from warehouse.queries.people import UserRow

app = typer.Typer(help="Add, disable and list the people who sign in.", no_args_is_help=True)
console = Console(highlight=False)
OPERATOR = replace(SYSTEM, source=Source.COMMAND_LINE)

Username = Annotated[str, typer.Argument(help="Name the person signs in with.")]


@app.command("list", epilog="Example: stormdesk users list")
def list_() -> None:
    """List everybody, the disabled too."""
    from warehouse.queries.people import list_users

    with desk_transaction() as (session, _at):
        users = list_users(session, OPERATOR)
    table = Table("User", "Name", "E-mail", "Roles", "May sign in", box=None)
    for user in users:
        may = "yes" if user.is_active else "no"
        table.add_row(user.username, user.display_name, user.email, ", ".join(user.roles), may)
    console.print(table)


@app.command(
    epilog="Example: stormdesk users add erik --name 'Erik Ek' --email e@x.org --role agent"
)
def add(
    username: Username,
    name: Annotated[str, typer.Option(help="Name that colleagues read.")],
    email: Annotated[str, typer.Option(help="Where pages and offers go.")],
    role: Annotated[list[Role], typer.Option(help="What they are to the desk; repeatable.")],
    time_zone: Annotated[str, typer.Option(help="IANA zone.")] = "America/New_York",
) -> None:
    """Add somebody, and print the password generated for them once."""
    from warehouse.operations.people import add_user
    from warehouse.rules.passwords import hash_password

    password = token_urlsafe(12)
    with desk_transaction() as (session, at):
        add_user(
            session,
            OPERATOR,
            username=username,
            display_name=name,
            email=email,
            roles=role,
            password_hash=hash_password(password),
            time_zone=time_zone,
            at=at,
        )
    _show_password(username, password)


@app.command(epilog="Example: stormdesk users disable erik")
def disable(username: Username) -> None:
    """Keep somebody from signing in, and end their sessions at once."""
    from warehouse.operations.people import disable_user

    with desk_transaction() as (session, at):
        disable_user(session, OPERATOR, find_user(session, username).user_id, at=at)
    console.print(f"{username} may no longer sign in.")


@app.command(epilog="Example: stormdesk users enable erik")
def enable(username: Username) -> None:
    """Let somebody sign in again."""
    from warehouse.operations.people import enable_user

    with desk_transaction() as (session, at):
        enable_user(session, OPERATOR, find_user(session, username).user_id, at=at)
    console.print(f"{username} may sign in.")


@app.command("reset-password", epilog="Example: stormdesk users reset-password erik")
def reset_password(username: Username) -> None:
    """Give somebody a new generated password, printed once; their sessions end."""
    from warehouse.operations.people import change_password
    from warehouse.rules.passwords import hash_password

    password = token_urlsafe(12)
    with desk_transaction() as (session, at):
        user_id: UserId = find_user(session, username).user_id
        change_password(session, OPERATOR, user_id, hash_password(password), at=at)
    _show_password(username, password)


@contextmanager
def desk_transaction() -> Iterator[tuple[Session, datetime]]:
    """Open one transaction of the owner's, and read the desk's instant in it.

    What it refuses somebody for want of a right is kept in the audit history.
    """
    from stormdesk.database import opened_database
    from warehouse.operations.refused_attempts import keeping_refusals
    from warehouse.queries.clock import current_instant
    from warehouse.session import Access, transaction

    opened = partial(transaction, Access.OWNER)
    with opened_database(Settings()), keeping_refusals(opened), opened() as session:
        yield session, current_instant(session)


def find_user(session: Session, username: str) -> UserRow:
    """Find somebody by the name they sign in with, or refuse a name nobody has."""
    from warehouse.errors import NotFound
    from warehouse.queries.people import list_users

    wanted = username.strip().lower()
    found = [user for user in list_users(session, OPERATOR) if user.username == wanted]
    if not found:
        raise NotFound("user", username)
    return found[0]


def _show_password(username: str, password: str) -> None:
    console.print(f"{username} signs in with {password}", soft_wrap=True)
    console.print("It is not shown again.")
