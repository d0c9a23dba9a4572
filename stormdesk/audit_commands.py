"""`stormdesk audit`: the history, checked and taken out."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Annotated

import typer
from rich.console import Console

from stormdesk.errors import StormdeskRefused
from stormdesk.settings import Settings
from stormdesk.user_commands import OPERATOR
from warehouse.operations.audit_export import ExportFormat
from warehouse.rules.sealed_history import SealHead

app = typer.Typer(help="Check the history, or take it out.", no_args_is_help=True)
console = Console(highlight=False)


class AuditBroken(StormdeskRefused):
    """The history is not what was sealed."""


class KeptHead:
    """The newest seal seen by an earlier check, kept outside the database."""

    def __init__(self, settings: Settings, identity: str) -> None:
        self.file = settings.home / "secrets" / "audit-head"
        self._identity = identity

    def read(self) -> tuple[SealHead, ...]:
        """Give the head kept for this database; none before its first check."""
        if not self.file.exists():
            return ()
        identity, seal_number, digest = self.file.read_text(encoding="utf-8").split()
        return (SealHead(int(seal_number), digest),) if identity == self._identity else ()

    def write(self, head: SealHead) -> None:
        """Keep a head that was just found to hold."""
        self.file.write_text(f"{self._identity} {head.seal_number} {head.hash}\n")


@app.command(epilog="Example: stormdesk audit verify")
def verify() -> None:
    """Recompute every seal, and compare with every head that was exported or kept by a check."""
    from pipelines.audit_heads import HeadsFile
    from stormdesk.database import opened_database
    from warehouse.queries.audit_verification import verify_history
    from warehouse.queries.engine import database_identity
    from warehouse.session import Access, transaction

    settings = Settings()
    with opened_database(settings) as database:
        kept = KeptHead(settings, database.identity)
        with transaction(Access.OWNER) as session:
            exported = HeadsFile(settings.heads).read(database_identity(session))
            finding = verify_history(session, known_heads=[*exported, *kept.read()])
    if not finding.is_intact:
        raise AuditBroken(
            finding.sentence,
            f"The last head that held is in {kept.file}, those exported are in {settings.heads}",
        )
    if finding.head:
        kept.write(finding.head)
    console.print(finding.sentence, soft_wrap=True)


@app.command(epilog="Example: stormdesk audit export --format csv --output history.csv")
def export(
    form: Annotated[
        ExportFormat, typer.Option("--format", help="How to write the entries.")
    ] = ExportFormat.JSONL,
    output: Annotated[
        Path | None, typer.Option(help="File to write; standard output if none.")
    ] = None,
) -> None:
    """Write the whole history, oldest first; the export is itself an entry."""
    from stormdesk.database import opened_database
    from warehouse.operations.audit_export import export_history
    from warehouse.queries.audit import AuditFilter
    from warehouse.queries.clock import current_instant
    from warehouse.session import Access, transaction

    with opened_database(Settings()), _opened(output) as out, transaction(Access.OWNER) as session:
        at = current_instant(session)
        taken = export_history(session, OPERATOR, AuditFilter(), at=at, form=form)
        out.writelines(taken.lines)
    typer.echo(f"{taken.entry_count} entries written.", err=True)


@contextmanager
def _opened(output: Path | None) -> Iterator[IO[str]]:
    if output is None:
        yield sys.stdout
        return
    try:
        with output.open("w", encoding="utf-8") as out:
            yield out
    except OSError as failure:
        reason = (failure.strerror or str(failure)).lower()
        raise StormdeskRefused(
            f"The file {output} cannot be written: {reason}.", "Name another: --output FILE"
        ) from failure
