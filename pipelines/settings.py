"""What the code location reads from its environment; the only file of pipelines that does."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum


class Profile(StrEnum):
    """Whether the pipelines relive the embedded year or follow the wall clock."""

    REPLAY = "replay"
    LIVE = "live"


class SettingRefused(Exception):
    """A setting has a value that means nothing; the message names it and what it may be."""


@dataclass(frozen=True)
class Settings:
    """Everything the code location can be told."""

    profile: Profile = Profile.REPLAY
    dashboard_url: str = "http://127.0.0.1:8501"


def read_settings(environment: Mapping[str, str] | None = None) -> Settings:
    """Read the settings; raises `SettingRefused` on a profile nobody knows."""
    found = os.environ if environment is None else environment
    name = found.get("STORMDESK_PROFILE", Settings.profile)
    try:
        profile = Profile(name)
    except ValueError:
        known = " or ".join(Profile)
        raise SettingRefused(f"STORMDESK_PROFILE is {name!r}: set it to {known}.") from None
    return Settings(
        profile=profile,
        dashboard_url=found.get("STORMDESK_DASHBOARD_URL", Settings.dashboard_url),
    )
