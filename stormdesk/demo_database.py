"""The demo's own database beside the product's: relived from scratch, never mixed with it."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

import psycopg
from psycopg import sql
from sqlalchemy import make_url

from stormdesk.database import Database, opened_database
from stormdesk.errors import DatabaseRefused
from stormdesk.services import DAGSTER_URL
from stormdesk.settings import Settings
from stormdesk.stages import bring_schema_up_to_date
from warehouse.session import forget_engines

SUFFIX = "_demo"


class DemoDatabase:
    """The demo's database, which can be thrown away and made again."""

    def __init__(self, product: Database) -> None:
        self._product = product
        self._database = _beside(product)

    def open(self) -> None:
        """Make the database if it is missing, migrate it, and point this process at it."""
        with self._product.connect() as connection:
            _create(connection, self._name)
        os.environ.update(self._database.urls)
        forget_engines()
        bring_schema_up_to_date(self._database)

    def start_afresh(self) -> None:
        """Drop the database and open an empty one."""
        forget_engines()
        drop = sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(self._name)
        with self._product.connect() as connection:
            connection.execute(drop)
        self.open()

    @property
    def _name(self) -> sql.Identifier:
        name = make_url(next(iter(self._database.urls.values()))).database
        return sql.Identifier(str(name))


@contextmanager
def demo_database(settings: Settings) -> Iterator[DemoDatabase]:
    """Open the demo's database on the same server as the product's.

    Yields
    ------
    :
        The database, migrated.
    """
    with opened_database(settings) as product:
        demo = DemoDatabase(product)
        demo.open()
        try:
            yield demo
        finally:
            forget_engines()


def _beside(product: Database) -> Database:
    urls = {name: url for name, url in product.urls.items() if name != DAGSTER_URL}
    return replace(product, urls={name: _renamed(url) for name, url in urls.items()})


def _renamed(text: str) -> str:
    url = make_url(text)
    return url.set(database=f"{url.database}{SUFFIX}").render_as_string(hide_password=False)


def _create(connection: psycopg.Connection[tuple[object, ...]], name: sql.Identifier) -> None:
    try:
        connection.execute(sql.SQL("CREATE DATABASE {}").format(name))
    except psycopg.errors.DuplicateDatabase:
        return
    except psycopg.errors.InsufficientPrivilege as failure:
        raise DatabaseRefused(
            "The demo needs a database of its own, and the owner may not create one.",
            f"Grant it CREATEDB, or create the database {name.as_string()} for it.",
        ) from failure
    # Waiting for the disk at every commit takes a tenth of the demo. What a power cut could lose is
    # the end of the story, which the next run lives again.
    connection.execute(sql.SQL("ALTER DATABASE {} SET synchronous_commit = off").format(name))
