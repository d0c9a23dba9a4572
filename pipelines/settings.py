"""What the code location reads from its environment; the only file of pipelines that does."""

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from enum import StrEnum
from typing import Any

from pipelines.apprise_services import CHAT, PHONE, is_usable

IATA_LETTERS = 3


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
    smtp_host: str = "127.0.0.1"
    smtp_port: int = 2525
    smtp_username: str | None = None
    smtp_password: str | None = field(default=None, repr=False)
    smtp_starts_tls: bool = False
    smtp_ca_file: str | None = None
    """Certificates of those who vouch for the mail server; unset, those this machine trusts."""
    mail_sender: str = "Stormdesk <desk@stormdesk.example>"
    synthetic_mailbox: str | None = None
    """Where the desk's own alerts are mailed to; unset, they end before the mail server."""
    audit_heads_file: str = "audit-heads.jsonl"
    """Where heads of the sealed history are kept outside the database."""
    webhook_secret: str | None = field(default=None, repr=False)
    """Signs webhooks; without it none are sent."""
    webhook_allows_private_addresses: bool = False
    sms_url: str | None = field(default=None, repr=False)
    """Where texts leave, as twilio://SID:TOKEN@FROM/{phone} for Apprise; without it none do."""
    chat_url: str | None = field(default=None, repr=False)
    """Where chat messages leave, as slack://TOKEN/{chat} for Apprise; without it none do."""
    duffel_url: str = "https://api.duffel.com"
    duffel_token: str | None = field(default=None, repr=False)
    """Finds and books hotels with Duffel Stays; without it Duffel is not asked."""
    liteapi_url: str = "https://api.liteapi.travel/v3.0"
    liteapi_booking_url: str = "https://book.liteapi.travel/v3.0"
    liteapi_key: str | None = field(default=None, repr=False)
    """Finds and books hotels with LiteAPI; without it LiteAPI is not asked."""
    liteapi_payment_method: str = "ACC_CREDIT_CARD"
    """How LiteAPI is paid: ACC_CREDIT_CARD, WALLET or CREDIT."""
    liteapi_guest_nationality: str = "US"
    """Some hotels price by it; ISO 3166 alpha-2."""
    hotel_contact_email: str | None = None
    """Where suppliers and hotels write to about bookings; needed with a supplier's key."""
    hotel_contact_phone: str | None = None
    weather_airports: tuple[str, ...] = ("EWR", "JFK", "LGA")
    """Whose weather and hotels are asked for."""
    open_meteo_url: str | None = None
    """Such as https://api.open-meteo.com, which is for non-commercial use; unset, not asked."""
    open_meteo_archive_url: str | None = None
    """Such as https://previous-runs-api.open-meteo.com: forecasts of hours that are over."""
    open_meteo_key: str | None = field(default=None, repr=False)
    aviation_weather_url: str | None = None
    """Such as https://aviationweather.gov/api/data; unset, not asked."""
    nws_url: str | None = None
    """Such as https://api.weather.gov, for airports in the US; unset, not asked."""
    user_agent: str = "Stormdesk (set STORMDESK_USER_AGENT)"
    """How we introduce ourselves to weather services, with an address to write to."""
    bookings_url: str | None = None
    """An agency's own interface, asked at /bookings; unset, not asked."""
    bookings_token: str | None = field(default=None, repr=False)

    @property
    def has_hotel_suppliers(self) -> bool:
        """Whether there is a key of any hotel supplier."""
        return bool(self.duffel_token or self.liteapi_key)


def read_settings(environment: Mapping[str, str] | None = None) -> Settings:
    """Read the settings: STORMDESK_ and each field's name in capitals.

    Parameters
    ----------
    environment:
        Where to read; None for the process's own.

    Returns
    -------
    :
        What is set, and the defaults for the rest; an empty value counts as not set.

    Raises
    ------
    SettingRefused
        A value means nothing.
    """
    found = os.environ if environment is None else environment
    values: dict[str, Any] = {}
    for each in fields(Settings):
        name = f"STORMDESK_{each.name.upper()}"
        if text := found.get(name, "").strip():
            values[each.name] = _parse(name, text, _READERS.get(each.name, str))
    return Settings(**values)


def _parse(name: str, text: str, read: Callable[[str], Any]) -> object:
    try:
        return read(text)
    except ValueError:
        raise SettingRefused(f"{name} is {text!r}: set it to {_WORDS[read]}.") from None


def _port(text: str) -> int:
    if not 1 <= int(text) <= 65_535:
        raise ValueError(text)
    return int(text)


def _truth(text: str) -> bool:
    if text.lower() not in {"true", "false"}:
        raise ValueError(text)
    return text.lower() == "true"


def _airports(text: str) -> tuple[str, ...]:
    codes = tuple(code.strip().upper() for code in text.split(","))
    if not all(len(code) == IATA_LETTERS and code.isalpha() for code in codes):
        raise ValueError(text)
    return codes


def _sms_url(text: str) -> str:
    """Refuse an address that Apprise cannot use, without repeating it: it holds a key."""
    if not is_usable(text, PHONE):
        raise SettingRefused(
            "STORMDESK_SMS_URL is no address that Apprise can send a text to: write it as its page "
            "of your provider says, with {phone} where the number goes, such as "
            "twilio://SID:TOKEN@FROM/{phone}."
        )
    return text


def _chat_url(text: str) -> str:
    """Refuse an address that Apprise cannot use, without repeating it: it holds a key."""
    if not is_usable(text, CHAT):
        raise SettingRefused(
            "STORMDESK_CHAT_URL is no address that Apprise can send a message to: write it as its "
            "page of your chat service says, with {chat} where the room or person goes, such as "
            "slack://TOKEN/{chat}."
        )
    return text


_READERS: dict[str, Callable[[str], Any]] = {
    "profile": Profile,
    "smtp_port": _port,
    "smtp_starts_tls": _truth,
    "webhook_allows_private_addresses": _truth,
    "weather_airports": _airports,
    "sms_url": _sms_url,
    "chat_url": _chat_url,
}
_WORDS: dict[Callable[[str], Any], str] = {
    Profile: " or ".join(Profile),
    _port: "a number from 1 to 65535",
    _truth: "true or false",
    _airports: "IATA codes with commas between, as JFK,LGA",
}
