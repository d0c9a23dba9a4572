"""Signed webhooks: an HMAC over the time and the body, no redirects, no private addresses."""

import http.client
import ipaddress
import json
import socket
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from threading import Timer
from typing import Final
from urllib.parse import SplitResult, urlsplit

from pipelines.channels.channel import DeliveryFailed
from warehouse.queries.notifications import ClaimedNotification, FoldedPage
from warehouse.rules.signatures import NAME, signature
from warehouse.vocabulary import NotificationKind

MAY_PASS: Final = frozenset({408, 425, 429})
"""Replies below 500 that another try may turn into a success."""

CONNECT_SECONDS: Final = 3.0
TOTAL_SECONDS: Final = 10.0
LONGEST_PAUSE_SECONDS: Final = 3600.0
"""A receiver that asks for more is asked again after this."""


@dataclass(frozen=True, slots=True)
class WebhookChannel:
    """Posts messages as JSON to the address of each notification."""

    secret: str = field(repr=False)
    allows_private_addresses: bool = False
    total_seconds: float = TOTAL_SECONDS

    def send(self, notification: ClaimedNotification, *, at: datetime) -> str | None:
        """Post one message; only an answer of 200 to 299 counts as delivered.

        Parameters
        ----------
        notification:
            What to post, and to which URL.
        at:
            Instant that is signed with the body, so that an old post cannot be replayed.

        Returns
        -------
        :
            None: receivers give no name of their own.

        Raises
        ------
        DeliveryFailed
            The address is not allowed, nobody answered in time, or the answer was no success.
        """
        target = _target(notification.address)
        body = body_of(notification)
        headers = {
            "Content-Type": "application/json",
            "Idempotency-Key": notification.message_id,
            NAME: signature(self.secret, body, at=at),
            "User-Agent": "Stormdesk",
        }
        with _failures_told():
            status, pause_seconds = self._post(target, body, headers)
        if not 200 <= status <= 299:
            raise DeliveryFailed(
                f"HTTP {status}",
                may_retry=status >= 500 or status in MAY_PASS,
                after_seconds=pause_seconds,
            )
        return None

    def _post(
        self, target: SplitResult, body: bytes, headers: dict[str, str]
    ) -> tuple[int, float | None]:
        connection = self._connection(target)
        path = (target.path or "/") + (f"?{target.query}" if target.query else "")
        try:
            connection.connect()
            with _deadline(connection.sock, self.total_seconds):
                connection.request("POST", path, body, headers)
                with connection.getresponse() as answer:
                    return answer.status, _asked_pause(answer)
        finally:
            connection.close()

    def _connection(self, target: SplitResult) -> "_CheckedHttp | _CheckedHttps":
        kind = _CheckedHttps if target.scheme == "https" else _CheckedHttp
        connection = kind(str(target.hostname), target.port, timeout=CONNECT_SECONDS)
        connection.allows_private = self.allows_private_addresses
        return connection


def body_of(notification: ClaimedNotification) -> bytes:
    """Write the JSON body: the same bytes for the same message; a digest lists its pages."""
    facts: dict[str, object] = {
        "message_id": notification.message_id,
        "kind": notification.kind.value,
        "alert_id": notification.alert_id,
        "generation": notification.generation,
        "subject": notification.subject,
        "text": notification.text_body,
    }
    if notification.folded:
        facts |= {"kind": "digest", "pages": [_page(each) for each in notification.folded]}
        del facts["alert_id"], facts["generation"]
    return json.dumps(facts, ensure_ascii=False, sort_keys=True).encode()


def _page(page: FoldedPage) -> dict[str, object]:
    return {
        "kind": NotificationKind.PAGE.value,
        "alert_id": page.alert_id,
        "generation": page.generation,
        "subject": page.subject,
        "text": page.text_body,
    }


def _asked_pause(answer: http.client.HTTPResponse) -> float | None:
    asked = answer.getheader("Retry-After", "").strip()
    return min(float(asked), LONGEST_PAUSE_SECONDS) if asked.isdecimal() else None


def _target(address: str) -> SplitResult:
    try:
        target = urlsplit(address)
        is_usable = target.scheme in {"http", "https"} and bool(target.hostname)
        _ = target.port
    except ValueError:
        is_usable = False
    if not is_usable:
        raise DeliveryFailed("The address is no http or https URL.", may_retry=False)
    return target


def _checked_addresses(host: str, port: int, *, allows_private: bool) -> list[str]:
    """Resolve a host once, and refuse it if any of its addresses lies inside our own network."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    addresses = [str(entry[4][0]) for entry in found]
    private = [address for address in addresses if not _is_public(address)]
    if private and not allows_private:
        raise DeliveryFailed(f"{host} is {private[0]}, a private address.", may_retry=False)
    return addresses


def _is_public(address: str) -> bool:
    parsed = ipaddress.ip_address(address.split("%", maxsplit=1)[0])
    mapped = getattr(parsed, "ipv4_mapped", None)
    return (mapped or parsed).is_global and not parsed.is_multicast


class _CheckedHttp(http.client.HTTPConnection):
    """Connects to the very address that was checked, so that a second look-up cannot differ."""

    allows_private = False

    def connect(self) -> None:
        """Open the socket."""
        addresses = _checked_addresses(self.host, self.port, allows_private=self.allows_private)
        self.sock = _first_reachable(addresses, self.port)


class _CheckedHttps(http.client.HTTPSConnection):
    """The same over TLS; the certificate must name the host."""

    allows_private = False

    def connect(self) -> None:
        """Open the socket and shake hands."""
        addresses = _checked_addresses(self.host, self.port, allows_private=self.allows_private)
        plain = _first_reachable(addresses, self.port)
        self.sock = ssl.create_default_context().wrap_socket(plain, server_hostname=self.host)


def _first_reachable(addresses: list[str], port: int) -> socket.socket:
    for address in addresses[:-1]:
        try:
            return socket.create_connection((address, port), timeout=CONNECT_SECONDS)
        except OSError:
            continue
    return socket.create_connection((addresses[-1], port), timeout=CONNECT_SECONDS)


@contextmanager
def _deadline(sock: socket.socket, seconds: float) -> Iterator[None]:
    """Cut the line when the whole exchange takes too long, however slowly bytes trickle in."""
    sock.settimeout(seconds)
    timer = Timer(seconds, _cut, [sock])
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()


def _cut(sock: socket.socket) -> None:
    try:
        sock.shutdown(socket.SHUT_RDWR)
    except OSError:
        return  # The exchange ended at the same moment.


@contextmanager
def _failures_told() -> Iterator[None]:
    """Turn what the network raises into a delivery that failed."""
    try:
        yield
    except ssl.SSLCertVerificationError as refusal:
        raise DeliveryFailed(f"Certificate refused: {refusal.reason}", may_retry=False) from None
    except (http.client.HTTPException, OSError) as failure:
        raise DeliveryFailed(f"{type(failure).__name__}: {failure}", may_retry=True) from None
