"""The hotel suppliers that the settings have a key for."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING

from pipelines.providers import duffel_stays, liteapi
from pipelines.providers.duffel_errors import judge_duffel
from pipelines.providers.hotel_orders import NetworkSupplier, SupplierByHotel
from pipelines.providers.hotel_supplier import HotelSupplier
from pipelines.providers.http import ProviderClient
from pipelines.providers.liteapi_errors import judge_liteapi
from pipelines.settings import SettingRefused, Settings
from warehouse.operations.embedded_supplier import EmbeddedSupplier

if TYPE_CHECKING:
    from sqlalchemy.orm import Session


def suppliers_from(settings: Settings) -> dict[str, HotelSupplier]:
    """Set up every supplier there is a key for, by name; Duffel, which counts rooms, comes first.

    Parameters
    ----------
    settings:
        With keys, addresses and whom the suppliers can reach.

    Returns
    -------
    :
        None of them without a key.

    Raises
    ------
    SettingRefused
        There is a key, but nobody whom the hotel can write to or call.
    """
    suppliers: dict[str, HotelSupplier] = {}
    if settings.duffel_token:
        suppliers[duffel_stays.DuffelStays.name] = _duffel(settings, settings.duffel_token)
    if settings.liteapi_key:
        suppliers[liteapi.LiteApi.name] = _liteapi(settings, settings.liteapi_key)
    if suppliers:
        _contact(settings)
    return suppliers


def order_taker_from(
    settings: Settings, open_transaction: Callable[[], "AbstractContextManager[Session]"]
) -> SupplierByHotel:
    """Set up who books accepted fallbacks: each hotel's own supplier, else the embedded one.

    Parameters
    ----------
    settings:
        As for `suppliers_from`.
    open_transaction:
        For the embedded supplier, which sells our own ledger.

    Returns
    -------
    :
        A supplier for orders of any hotel.
    """
    suppliers = suppliers_from(settings)
    embedded = EmbeddedSupplier(open_transaction)
    if not suppliers:
        return SupplierByHotel({}, embedded)
    email, phone_number = _contact(settings)
    by_name = {
        name: NetworkSupplier(supplier, email=email, phone_number=phone_number)
        for name, supplier in suppliers.items()
    }
    return SupplierByHotel(by_name, embedded)


def _duffel(settings: Settings, token: str) -> duffel_stays.DuffelStays:
    client = ProviderClient(
        duffel_stays.DuffelStays.name,
        settings.duffel_url,
        headers=duffel_stays.duffel_headers(token),
        judge=judge_duffel,
        timeout_seconds=duffel_stays.TIMEOUT_SECONDS,
    )
    return duffel_stays.DuffelStays(client)


def _liteapi(settings: Settings, key: str) -> liteapi.LiteApi:
    offers, bookings = (
        ProviderClient(
            liteapi.LiteApi.name,
            url,
            headers=liteapi.liteapi_headers(key),
            judge=judge_liteapi,
            timeout_seconds=liteapi.TIMEOUT_SECONDS,
        )
        for url in (settings.liteapi_url, settings.liteapi_booking_url)
    )
    return liteapi.LiteApi(
        offers,
        bookings,
        payment_method=settings.liteapi_payment_method,
        guest_nationality=settings.liteapi_guest_nationality,
    )


def _contact(settings: Settings) -> tuple[str, str]:
    """Give whom suppliers reach about a booking; they take none without."""
    email, phone_number = settings.hotel_contact_email, settings.hotel_contact_phone
    if not (email and phone_number):
        raise SettingRefused(
            "Hotel suppliers need to reach the desk: set STORMDESK_HOTEL_CONTACT_EMAIL and "
            "STORMDESK_HOTEL_CONTACT_PHONE."
        )
    return email, phone_number
