"""What the first run does before it serves, each stage recorded so that none is repeated."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from rich.console import Console

from stormdesk.chatter import chatter_kept_in
from stormdesk.database import Database, opened_database, set_role_passwords
from stormdesk.errors import StateFolderUnusable
from stormdesk.progress import Progress
from stormdesk.settings import PROJECT_ROOT, Settings
from stormdesk.state_folder import refusals_explained
from stormdesk.welcome import SignIn, keep_sign_ins, kept_sign_ins

STORY = "story prepared"
USERS = "users created"


class StageRecord:
    """Stages done, for one database: a database created anew begins from the first."""

    def __init__(self, file: Path, identity: str) -> None:
        self._file = file
        self._identity = identity

    def is_done(self, stage: str) -> bool:
        """Tell whether the stage was completed on this database."""
        return stage in self._done()

    def mark_done(self, stage: str) -> None:
        """Record a completed stage, all or nothing."""
        draft = self._file.with_suffix(".new")
        stages = sorted({*self._done(), stage})
        draft.write_text(json.dumps({"database": self._identity, "done": stages}, indent=2))
        draft.replace(self._file)

    def _done(self) -> list[str]:
        if not self._file.exists():
            return []
        try:
            record = json.loads(self._file.read_text(encoding="utf-8"))
            return list(record["done"]) if record["database"] == self._identity else []
        except (ValueError, KeyError, TypeError) as damage:
            raise StateFolderUnusable(
                self._file.parent,
                f"its file {self._file.name} is damaged",
                f"Remove {self._file} and try again: users get new passwords, the rest stays.",
            ) from damage


def get_ready(settings: Settings, database: Database, console: Console) -> list[SignIn]:
    """Do whatever is missing for serving; what is already there is left as it is.

    Parameters
    ----------
    settings:
        Where everything is.
    database:
        A database that answers; its URLs stand in this process's environment.
    console:
        Where progress is shown.

    Returns
    -------
    :
        Users whose passwords were never shown: those created now, or by an interrupted run.
    """
    with refusals_explained(settings.home):
        lay_out_dagster_home(settings)
        record = StageRecord(settings.home / "stages.json", database.identity)
        log = settings.logs / "first-run.log"
        with chatter_kept_in(log), Progress(console) as progress:
            with progress.step("Bringing the schema up to date"):
                bring_schema_up_to_date(database)
            if not record.is_done(STORY):
                _prepare_story(progress)
                record.mark_done(STORY)
        if not record.is_done(USERS):
            keep_sign_ins(settings.home, _create_users())
            record.mark_done(USERS)
        return kept_sign_ins(settings.home)


@contextmanager
def ready_database(settings: Settings) -> Iterator[None]:
    """Open the database, its schema up to date and Dagster's home laid out, beside `up` or alone.

    Parameters
    ----------
    settings:
        Which database.

    Yields
    ------
    :
        While the block runs, the environment leads to the database.
    """
    with opened_database(settings) as database:
        lay_out_dagster_home(settings)
        with chatter_kept_in(settings.logs / "schema.log"):
            bring_schema_up_to_date(database)
        yield


def bring_schema_up_to_date(database: Database) -> None:
    """Migrate, then let our processes in under their own roles."""
    from stormdesk.schema import migrate  # Alembic and the models take a second to import

    migrate()
    set_role_passwords(database)


def lay_out_dagster_home(settings: Settings) -> None:
    """Make DAGSTER_HOME, which Dagster writes to, from the file in the project."""
    (settings.logs / "dagster").mkdir(parents=True, exist_ok=True)
    settings.dagster_home.mkdir(exist_ok=True)
    shutil.copyfile(PROJECT_ROOT / "dagster.yaml", settings.dagster_home / "dagster.yaml")


def _prepare_story(progress: Progress) -> None:
    from stormdesk.story import prepare  # pandas and scikit-learn: only the first run pays

    prepare(progress)


def _create_users() -> list[SignIn]:
    from stormdesk.story import create_users  # as above

    return create_users()
