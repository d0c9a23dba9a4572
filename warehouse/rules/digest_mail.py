"""The mail that tells of several alerts at once, over the rate at which pages go one by one."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Final

from warehouse.rules.page_mail import COLOURS, TEMPLATES, Page, Sheet, page_sheet
from warehouse.rules.wording import Message
from warehouse.vocabulary import Severity

LEFT_OUT: Final = "Why"
"""It stands on the alert's own page."""
_NEVER: Final = datetime.max.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class _Digest:
    """What both templates are filled with."""

    subject: str
    title: str
    preview: str
    pages: Sequence[tuple[Sheet, str]]
    """Each with the colour of its severity."""
    link: str


def digest_mail(pages: Sequence[Page], *, link: str) -> Message:
    """Word several pages as one mail, plain and HTML, each with its own link.

    Parameters
    ----------
    pages:
        One for each alert, in any order.
    link:
        Address of the list of all alerts.

    Returns
    -------
    :
        The most severe first, of these the first to depart; the subject counts them.
    """
    ranked = sorted(pages, key=urgency)
    digest = _Digest(
        subject=f"[{ranked[0].alert.severity.value}] {digest_words(pages)}",
        title=digest_words(pages),
        preview="; ".join(page.alert.headline for page in ranked),
        pages=[(_told(page), COLOURS[page.alert.severity]) for page in ranked],
        link=link,
    )
    text, html = (
        TEMPLATES.get_template(f"digest.{kind}.j2").render(digest=digest)
        for kind in ("txt", "html")
    )
    return Message(digest.subject, text, html)


def digest_words(pages: Sequence[Page]) -> str:
    """Say how many alerts wait, and how many of each severity: "3 alerts wait for you: ..."."""
    counts = Counter(page.alert.severity for page in pages)
    ranked = sorted(Severity, key=lambda severity: severity.rank, reverse=True)
    each = ", ".join(
        f"{counts[severity]} {severity.value}" for severity in ranked if counts[severity]
    )
    return f"{len(pages)} alerts wait for you: {each}"


def urgency(page: Page) -> tuple[int, datetime]:
    """Sort pages by it: the most severe first, of these the first to depart."""
    return -page.alert.severity.rank, page.alert.departs_at or _NEVER


def _told(page: Page) -> Sheet:
    sheet = page_sheet(page)
    return replace(sheet, facts=[fact for fact in sheet.facts if fact[0] != LEFT_OUT])
