"""The daily export of the history's head: seal, verify, keep outside the database, and mail it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from pipelines.audit_heads import HeadsFile
from pipelines.channels.email import EmailChannel
from pipelines.channels.letter import Letter
from pipelines.partitions import day_key
from pipelines.resources import Warehouse
from warehouse.operations.audit_export import record_head_export
from warehouse.operations.audit_seals import seal_history
from warehouse.operations.engine import finish_chapter
from warehouse.queries.audit_verification import Verification, verify_history
from warehouse.queries.auditors import list_auditor_addresses
from warehouse.queries.clock import Clock, read_clock
from warehouse.queries.engine import database_identity
from warehouse.rules.sealed_history import SealHead
from warehouse.vocabulary import SYSTEM

EXPORTED_DAYS: Final = "export_head"
"""The long job whose chapters are the days on which the head was exported."""

Words = Callable[[Verification, datetime], tuple[str, str]]
"""Subject and text of a letter about a finding."""


class HistoryBroken(Exception):
    """The history is not as it was sealed; the message is what was found."""


@dataclass(frozen=True, slots=True)
class HeadExport:
    """What went out: the head, None while nothing was ever sealed, and to how many people."""

    head: SealHead | None
    finding: str
    mail_count: int


@dataclass(frozen=True, slots=True)
class _Checked:
    finding: Verification
    identity: str
    addresses: Sequence[str]
    clock: Clock


def export_head(warehouse: Warehouse, heads: HeadsFile, post: EmailChannel) -> HeadExport:
    """Seal, verify, and take the head out; doing so again the same day does no harm.

    Parameters
    ----------
    warehouse:
        The record, whose clock says which day it is.
    heads:
        Where heads are kept, and compared with.
    post:
        How it is mailed to whoever may see the whole history.

    Returns
    -------
    :
        What went out.

    Raises
    ------
    HistoryBroken
        The history was tampered with. The auditors are told so first, and the head is not kept.
    """
    with warehouse.transaction() as session:
        seal_history(session, at=read_clock(session).at)
    checked = _check(warehouse, heads)
    head = checked.finding.head
    if not checked.finding.is_intact:
        _mail(post, checked, "alarm", _alarm)
        raise HistoryBroken(checked.finding.sentence)
    if head is not None:
        heads.append(checked.identity, head, at=checked.clock.at)
        _mail(post, checked, "head", _report)
    with warehouse.transaction() as session:
        if head is not None:
            record_head_export(session, SYSTEM, head, at=checked.clock.at)
        finish_chapter(session, EXPORTED_DAYS, day_key(checked.clock.at), at=checked.clock.at)
    return HeadExport(head, checked.finding.sentence, len(checked.addresses) if head else 0)


def _check(warehouse: Warehouse, heads: HeadsFile) -> _Checked:
    with warehouse.transaction() as session:
        identity = database_identity(session)
        return _Checked(
            finding=verify_history(session, known_heads=heads.read(identity)),
            identity=identity,
            addresses=list_auditor_addresses(session),
            clock=read_clock(session),
        )


def _mail(post: EmailChannel, checked: _Checked, kind: str, words: Words) -> None:
    subject, body = words(checked.finding, checked.clock.at)
    seal_number = checked.finding.head.seal_number if checked.finding.head else 0
    day = day_key(checked.clock.at)
    for position, address in enumerate(checked.addresses):
        message_id = f"audit.{kind}.{day}.{seal_number}.{position}"
        post.send_letter(Letter(address, message_id, subject, body), at=checked.clock.server_at)


def _report(finding: Verification, at: datetime) -> tuple[str, str]:
    head = finding.head or SealHead(0, "")
    return (
        f"Audit head of {at:%Y-%m-%d}: seal {head.seal_number}",
        f"{finding.sentence}\n\n"
        f"Seal {head.seal_number}\n{head.hash}\n\n"
        "Keep this mail: whoever rewrites the history cannot rewrite it here.\n"
        "`stormdesk audit verify` compares the history with every head that was exported.\n",
    )


def _alarm(finding: Verification, at: datetime) -> tuple[str, str]:
    return (
        f"The audit history was tampered with, found on {at:%Y-%m-%d %H:%M} UTC",
        f"{finding.sentence}\n\n"
        "Leave the database as it is, take a copy of it and of its logs, and run "
        "`stormdesk audit verify` to see every finding again.\n",
    )
