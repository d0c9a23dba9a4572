"""Whether the database answers, and has the schema this code was written for."""

from functools import cache
from pathlib import Path

from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from warehouse.session import Access, transaction

_MIGRATIONS = Path(__file__).parent.parent / "migrations"


def what_is_not_ready(access: Access) -> str | None:
    """Say what keeps the database from being used, without saying where it is.

    Parameters
    ----------
    access:
        As whom to connect.

    Returns
    -------
    :
        One sentence with what to do, or None when all is well.
    """
    try:
        with transaction(access) as session:
            found = session.scalar(text("SELECT version_num FROM public.alembic_version"))
    except SQLAlchemyError as error:
        return f"The database does not answer ({type(error).__name__}): start it and try again."
    expected = _newest_migration()
    if found != expected:
        return f"The schema is at {found} and should be at {expected}: run `stormdesk migrate`."
    return None


@cache
def _newest_migration() -> str | None:
    configuration = Config()
    configuration.set_main_option("script_location", str(_MIGRATIONS))
    return ScriptDirectory.from_config(configuration).get_current_head()
