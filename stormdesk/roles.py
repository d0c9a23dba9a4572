"""Database roles and their passwords, which reach the server only as SCRAM verifiers."""

from __future__ import annotations

from typing import Any

from psycopg import Connection, sql


def ensure_role(connection: Connection[Any], role: str, password: str, rights: str) -> None:
    """Create the role with these rights if it is missing, then set its password."""
    known = connection.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [role]).fetchone()
    if known is None:
        statement = sql.SQL("CREATE ROLE {} {}").format(sql.Identifier(role), sql.SQL(rights))
        connection.execute(statement)
    set_password(connection, role, password)


def set_password(connection: Connection[Any], role: str, password: str) -> None:
    """Give an existing role its password, so that no log of the server ever shows it."""
    verifier = connection.pgconn.encrypt_password(
        password.encode(), role.encode(), b"scram-sha-256"
    )
    statement = sql.SQL("ALTER ROLE {} PASSWORD {}").format(
        sql.Identifier(role), sql.Literal(verifier.decode())
    )
    connection.execute(statement)


def ensure_database(connection: Connection[Any], name: str, *, owner: str) -> None:
    """Create the database for `owner`, which the connected role must be allowed to become."""
    known = connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name]).fetchone()
    if known is not None:
        return
    names = {"name": sql.Identifier(name), "owner": sql.Identifier(owner)}
    connection.execute(sql.SQL("GRANT {owner} TO CURRENT_USER").format(**names))
    connection.execute(sql.SQL("CREATE DATABASE {name} OWNER {owner}").format(**names))
