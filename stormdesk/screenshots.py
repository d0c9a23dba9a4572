"""Takes pictures of every page of the running product: `python -m stormdesk.screenshots FOLDER`.

Signs in as one user of each role, at the width of a desk and of a phone, in light and in dark.
"""

from __future__ import annotations

import argparse
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from dashboard.navigation import PAGES, PageSpec
from stormdesk.camera import SCHEMES, WIDTHS, Picture, chromium, shoot, shoot_graph, window
from stormdesk.chromium import find_chromium
from stormdesk.database import opened_database
from stormdesk.settings import Settings
from warehouse.operations.sign_ins import begin_sign_in, finish_sign_in
from warehouse.queries.alerts import LIVE, InboxFilter, list_inbox
from warehouse.queries.clock import current_instant, read_clock
from warehouse.queries.fallbacks import list_fallbacks, list_offers_of_traveller
from warehouse.queries.people import find_actor, list_users
from warehouse.queries.responders import list_responders
from warehouse.rules.permissions import ALLOWED
from warehouse.session import Access, transaction
from warehouse.vocabulary import SYSTEM, Role

if TYPE_CHECKING:
    from datetime import datetime

    from playwright.sync_api import BrowserContext
    from sqlalchemy.orm import Session

MOST_ALERTS = 200
OF_README = {
    "inbox.png": "inbox-agent-1440-light.png",
    "alert.png": "alert-agent-1440-light.png",
    "forecast.png": "forecast-manager-1440-dark.png",
    "audit.png": "audit-manager-1440-light.png",
    "pipeline.png": "pipeline-manager-1440-light.png",
    "my_trips.png": "my_trips-customer-390-light.png",
    "asset_graph.png": "asset_graph-1440-light.png",
}
"""Pictures that README.md shows, by the name it knows them under."""


def pages_of(role: Role) -> list[PageSpec]:
    """List the pages a role opens, and the first it may not: that one shows the refusal."""
    opened = [spec for spec in PAGES if spec.permission in ALLOWED[role]]
    refused = [spec for spec in PAGES if spec not in opened]
    return opened + refused[:1]


def take_pictures(folder: Path, settings: Settings) -> Iterator[Picture]:
    """Write a PNG of every page, for each role and each look, and of the asset graph.

    Yields
    ------
    :
        Each picture once it is written.
    """
    folder.mkdir(parents=True, exist_ok=True)
    users, alert = _one_user_per_role(), _telling_alert()
    with chromium() as browser:
        for device in WIDTHS:
            with window(browser, device) as context:
                yield from _of_page(context, "", folder / f"sign_in-{WIDTHS[device]}", settings)
                for role, username in users.items():
                    _sign_in(context, username, settings.dashboard_url)
                    for spec in pages_of(role):
                        name = name_of(spec, role, WIDTHS[device])
                        path = spec.path + (alert if spec.path == "alert" else "")
                        yield from _of_page(context, path, folder / name, settings)
        yield shoot_graph(browser, settings.dagster_url, folder / OF_README["asset_graph.png"])


def name_of(spec: PageSpec, role: Role, width: int) -> str:
    """Name the pictures of a page, but for the scheme; a page the role may not open says so."""
    name = spec.path if spec.permission in ALLOWED[role] else f"refused_{spec.path}"
    return f"{name}-{role}-{width}"


def _of_page(
    context: BrowserContext, path: str, file: Path, settings: Settings
) -> Iterator[Picture]:
    for scheme in SCHEMES:
        picture = file.with_name(f"{file.name}-{scheme}.png")
        yield shoot(context, f"{settings.dashboard_url}/{path}", picture, scheme)


def _one_user_per_role() -> dict[Role, str]:
    with transaction(Access.OWNER) as session:
        at = current_instant(session)
        return {
            role: username for role in Role if (username := _user_of(session, role, at)) is not None
        }


def _user_of(session: Session, role: Role, at: datetime) -> str | None:
    """Choose whoever has most to see: an agent on shift, a traveller with an offer to answer."""
    users = [each for each in list_users(session, SYSTEM) if each.is_active and role in each.roles]
    on_shift = {each.user_id for each in list_responders(session, role, at=at)}
    ranked = sorted(
        users,
        key=lambda each: (
            each.user_id not in on_shift,
            -_offers_of(session, each.username, at) if role is Role.CUSTOMER else 0,
        ),
    )
    return ranked[0].username if ranked else None


def _offers_of(session: Session, username: str, at: datetime) -> int:
    """Weigh a traveller's offers: one that can be answered counts more than any that cannot."""
    actor = find_actor(session, username)
    offers = list_offers_of_traveller(session, actor) if actor else []
    return len(offers) + 100 * sum(each.can_be_answered(at) for each in offers)


def _telling_alert() -> str:
    """Give the alert page the worst live alert that has hotels to show, or else the worst."""
    with transaction(Access.OWNER) as session:
        rows = list_inbox(session, SYSTEM, InboxFilter(statuses=LIVE), limit=MOST_ALERTS)
        with_hotels = (row for row in rows if list_fallbacks(session, SYSTEM, row.alert_id))
        chosen = next(with_hotels, rows[0] if rows else None)
    return f"?id={chosen.alert_id}" if chosen else ""


def _sign_in(context: BrowserContext, username: str, url: str) -> None:
    """Vouch for a user as the operator of this database, and let the browser claim the session."""
    context.clear_cookies()
    with transaction(Access.OWNER) as session:
        attempt = begin_sign_in(session, username)
        ticket = finish_sign_in(session, attempt, is_password=True, clock=read_clock(session))
    answer = context.request.post(
        f"{url}/session/claim", data=ticket, headers={"origin": url, "content-type": "text/plain"}
    )
    if not answer.ok:
        raise SystemExit(f"{username} could not sign in at {url}: {answer.text()}")


def keep_for_readme(taken: Path, folder: Path) -> None:
    """Copy the pictures that README.md shows to where it looks for them."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, source in OF_README.items():
        if (taken / source).exists():
            shutil.copyfile(taken / source, folder / name)


def main(arguments: list[str] | None = None) -> None:
    """Take the pictures of what `stormdesk up` serves on this machine."""
    settings = Settings()
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path, nargs="?", default=settings.home / "pictures")
    parser.add_argument("--readme", type=Path, help="where README.md's own pictures go")
    asked = parser.parse_args(arguments)
    if find_chromium() is None:
        sys.exit("No Chromium was found: `python -m stormdesk.chromium --install` installs one.")
    with opened_database(settings):
        pictures = []
        for picture in take_pictures(asked.folder, settings):
            pictures.append(picture)
            print(picture.file.name, *["scrolls sideways"] * picture.is_too_wide, flush=True)
    if asked.readme:
        keep_for_readme(asked.folder, asked.readme)
    print(f"{len(pictures)} pictures in {asked.folder}")


if __name__ == "__main__":
    main()
