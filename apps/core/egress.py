"""Everything that leaves the house by HTTP: the one client for addresses that people have typed.

A name is looked up once, every address it has is judged, and the connection goes to an address that was judged: a name
that answers differently the second time gains nothing. TLS and the Host header still speak of the name. Proxies and
cookies play no part, and redirects are answers unless somebody asks to follow them; then each is judged anew.

An architecture test keeps other HTTP clients out (`tests/architecture/test_egress.py`).
"""

import re
import socket
import ssl
import threading
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from queue import Empty, Queue
from typing import Any

import httpcore
import httpx
import structlog
from django.conf import settings
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from apps.core.errors import DomainError, Invalid
from apps.core.mail import answer_of

logger = structlog.get_logger("flowboard.egress")

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network

LONGEST_URL = 2_000
_PORTS = {"http": 80, "https": 443}
_FIRST_FREE_PORT, _LAST_PORT = 1024, 65535
_NAME = re.compile(r"[a-z0-9_.-]+")
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_AGENT = "FlowBoard"
_WRITTEN_AT_ONCE = 16 * 1024

# What Python calls global and is not for us: the way back of 6to4, and addresses of protocols.
_NO_IPV4 = (ip_network("192.88.99.0/24"), ip_network("192.0.0.0/24"))
# The public internet's, and in it what wraps an IPv4 address (Teredo, 6to4) or stands in examples. Everything else is
# out: loopback, link-local, unique local, multicast, IPv4-mapped and NAT64 addresses.
_IPV6 = ip_network("2000::/3")
_NO_IPV6 = (ip_network("2001::/23"), ip_network("2001:db8::/32"), ip_network("2002::/16"), ip_network("3fff::/20"))


class AddressRefused(Invalid):
    """FlowBoard sends nothing to this address."""

    title = gettext_lazy("FlowBoard sends nothing to this address")

    def __init__(self, detail: Any) -> None:
        super().__init__(detail, field="url")


class NoAnswer(DomainError):
    """The other server could not be reached, took too long, or does not speak HTTP."""

    status = 502
    title = gettext_lazy("The other server did not answer")


@dataclass(frozen=True, slots=True)
class Limits:
    """How long a server may take, in seconds, and how much of its answer is read, in bytes."""

    connect: float = 5.0
    total: float = 15.0
    largest: int = 64 * 1024


@dataclass(frozen=True, slots=True)
class Answer:
    """What a server answered. `is_cut`: there was more than the limit. Names of header fields are in small letters."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    is_cut: bool
    seconds: float


def check_address(url: str) -> None:
    """Refuse what can be refused without looking the name up, so that a form can say so.

    :raises AddressRefused: then
    """
    _destination(url)


def send(
    method: str,
    url: str,
    *,
    headers: Mapping[str, str] | None = None,
    body: bytes = b"",
    limits: Limits | None = None,
    most_redirects: int = 0,
) -> Answer:
    """Send a request and read the answer, whatever its status. Nobody may call this with a transaction open.

    :param headers: for the first server only; where a redirect leads to another, they are left out
    :param most_redirects: how many to follow; the next one is the answer
    :raises AddressRefused: if the address, or one that a redirect names, is not for us
    :raises NoAnswer: if there was no answer within the limits
    """
    if most_redirects and (body or method not in {"GET", "HEAD"}):
        raise ValueError("Only what asks follows redirects; what writes would be written elsewhere.")
    limits = limits or Limits()
    clock = _Clock(limits.total)
    sent: Mapping[str, str] = headers or {}
    target = _destination(url)
    for left in range(most_redirects, -1, -1):
        answer = _ask(method, target, sent, body, limits, clock)
        if not left or answer.status not in _REDIRECTS or "location" not in answer.headers:
            break
        following = _destination(_joined(target, answer.headers["location"]))
        if (following.scheme, following.netloc) != (target.scheme, target.netloc):
            sent = {}
        target = following
    return answer


def _joined(url: httpx.URL, location: str) -> str:
    try:
        return str(url.join(location))
    except httpx.InvalidURL as error:
        raise AddressRefused(_("The server leads on to something that is not an address.")) from error


def _destination(url: str) -> httpx.URL:
    """The address, if nothing in it forbids it. A name's own addresses are judged when it is connected to."""
    if len(url) > LONGEST_URL:
        raise AddressRefused(_("The address is too long: it may have %(most)s characters.") % {"most": LONGEST_URL})
    try:
        parsed = httpx.URL(url)
    except (httpx.InvalidURL, UnicodeError) as error:
        raise AddressRefused(_("This is not an address on the web, such as https://ci.example.org/hook.")) from error
    if parsed.scheme not in _PORTS or not parsed.host:
        raise AddressRefused(_("The address must begin with https:// or http:// and name a server."))
    if parsed.userinfo:
        raise AddressRefused(_("The address must not hold a user name or password: it is shown to whoever looks."))
    port = _port(parsed)
    if port not in _PORTS.values() and not _FIRST_FREE_PORT <= port <= _LAST_PORT:
        raise AddressRefused(
            _("Port %(port)s is not used for this: 80, 443 and those from 1024 on are.") % {"port": port}
        )
    host = _host(parsed)
    literal = _literal(host)
    if literal is None and not _NAME.fullmatch(host):
        raise AddressRefused(_("“%(host)s” is not the name of a server.") % {"host": host})
    if (literal is not None and not _may_reach(host, literal)) or _is_local_name(host):
        raise AddressRefused(_private(host))
    return parsed


def _private(host: str) -> str:
    return _(
        "“%(host)s” is not on the public internet. The operator of this server can allow it (FLOWBOARD_EGRESS_ALLOW)."
    ) % {"host": host}


def _port(url: httpx.URL) -> int:
    return _PORTS[url.scheme] if url.port is None else url.port


def _host(url: httpx.URL) -> str:
    """The name as it is looked up and as its certificate has it: in ASCII, without the root's dot."""
    return url.raw_host.decode("ascii").lower().removesuffix(".")


def _literal(host: str) -> Address | None:
    """The address that a host itself is, also in the old ways to write one: 2130706433, 0x7f.1, 0177.0.0.1."""
    try:
        return ip_address(host)
    except ValueError:
        pass
    try:
        return IPv4Address(socket.inet_aton(host))
    except OSError:
        return None


def _is_local_name(host: str) -> bool:
    """Whether it is this machine by its name alone (RFC 6761), which nobody needs to look up."""
    is_local = host == "localhost" or host.endswith(".localhost")
    return is_local and not _may_reach(host, IPv4Address("127.0.0.1"))


def is_public(address: Address) -> bool:
    """Whether an address is somebody's on the public internet, and wraps no other."""
    if isinstance(address, IPv4Address):
        return address.is_global and not address.is_multicast and not any(address in net for net in _NO_IPV4)
    return address in _IPV6 and not any(address in net for net in _NO_IPV6)


def _may_reach(host: str, address: Address) -> bool:
    names, networks = _allowed()
    return host in names or is_public(address) or any(address in network for network in networks)


def _allowed() -> tuple[frozenset[str], tuple[Network, ...]]:
    """The names and networks that the operator allows."""
    return _parsed(tuple(settings.EGRESS_ALLOW))


@lru_cache(maxsize=8)
def _parsed(entries: Iterable[str]) -> tuple[frozenset[str], tuple[Network, ...]]:
    names: set[str] = set()
    networks: list[Network] = []
    for entry in entries:
        try:
            networks.append(ip_network(entry, strict=False))
        except ValueError:
            names.add(entry.lower().removesuffix("."))
    return frozenset(names), tuple(networks)


class _Clock:
    """How much of the time for everything is left."""

    def __init__(self, total: float) -> None:
        self.began_at = time.monotonic()
        self._ends_at = self.began_at + total

    def left(self, most: float | None = None) -> float:
        """Seconds that the next step may take.

        :raises NoAnswer: if there are none
        """
        left = self._ends_at - time.monotonic()
        if left <= 0:
            raise NoAnswer(_("The server took too long to answer."))
        return left if most is None else min(left, most)


def _resolve(host: str, port: int, clock: _Clock, timeout: float) -> list[Address]:
    """Look a name up, once, in a thread of its own: the system's resolver has no time limit that we could set.

    :raises AddressRefused: if one of its addresses is not for us
    :raises NoAnswer: if it has none, or that took too long
    """
    found: Queue[list[Any] | OSError | UnicodeError] = Queue()

    def look_up() -> None:
        try:
            found.put(list(socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)))
        except (OSError, UnicodeError) as error:
            found.put(error)

    threading.Thread(target=look_up, name="look-up", daemon=True).start()
    try:
        answer = found.get(timeout=clock.left(timeout))
    except Empty as error:
        raise NoAnswer(_("The name “%(host)s” was not found in time.") % {"host": host}) from error
    if not isinstance(answer, list) or not answer:
        raise NoAnswer(_("The name “%(host)s” was not found.") % {"host": host})
    addresses = list(dict.fromkeys(ip_address(str(info[4][0]).partition("%")[0]) for info in answer))
    # One that is not for us makes all of them suspect: whoever runs the name means us to get there.
    if not all(_may_reach(host, address) for address in addresses):
        logger.warning("address refused", host=host, addresses=[str(address) for address in addresses])
        raise AddressRefused(_private(host))
    return addresses


class _Judged(httpcore.NetworkBackend):
    """Connects to what a name was resolved to, and to nothing that was not judged."""

    def __init__(self, clock: _Clock) -> None:
        self._clock = clock
        self._plain = httpcore.SyncBackend()

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.NetworkStream:
        """Connect to the first of the name's addresses that takes it."""
        failure: httpcore.ConnectError | httpcore.ConnectTimeout | None = None
        patience = _Clock(self._clock.left(timeout))
        for address in _resolve(host, port, self._clock, patience.left()):
            try:
                stream = self._plain.connect_tcp(str(address), port, patience.left(), local_address, socket_options)
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
                failure = error
            else:
                return _Timed(stream, self._clock)
        raise failure or httpcore.ConnectError(host)


class _Timed(httpcore.NetworkStream):
    """A connection whose every step ends when the time for everything is over."""

    def __init__(self, stream: httpcore.NetworkStream, clock: _Clock) -> None:
        self._stream = stream
        self._clock = clock

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        """Some of what comes."""
        return self._stream.read(max_bytes, self._clock.left(timeout))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        """All of it, in pieces: whoever takes one byte at a time does not take our time."""
        for begin in range(0, len(buffer), _WRITTEN_AT_ONCE):
            self._stream.write(buffer[begin : begin + _WRITTEN_AT_ONCE], self._clock.left(timeout))

    def close(self) -> None:
        """End it."""
        self._stream.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        """Go on under TLS, with the certificate of the name."""
        return _Timed(self._stream.start_tls(ssl_context, server_hostname, self._clock.left(timeout)), self._clock)

    def get_extra_info(self, info: str) -> Any:
        """What is known of it."""
        return self._stream.get_extra_info(info)


@lru_cache(maxsize=1)
def _trust() -> ssl.SSLContext:
    """The usual authorities; an operator's own are named by SSL_CERT_FILE."""
    return httpx.create_ssl_context()


def _ask(method: str, url: httpx.URL, headers: Mapping[str, str], body: bytes, limits: Limits, clock: _Clock) -> Answer:
    target = httpcore.URL(scheme=url.scheme, host=_host(url), port=_port(url), target=url.raw_path)
    sent = {
        "Host": url.netloc.decode("ascii"),
        "User-Agent": _AGENT,
        "Accept": "*/*",
        "Accept-Encoding": "identity",
        "Connection": "close",
        **headers,
    }
    timeout = {"connect": limits.connect, "read": limits.total, "write": limits.total, "pool": limits.total}
    try:
        with (
            httpcore.ConnectionPool(
                ssl_context=_trust(), network_backend=_Judged(clock), max_keepalive_connections=0
            ) as pool,
            pool.stream(
                method, target, headers=list(sent.items()), content=body, extensions={"timeout": timeout}
            ) as response,
        ):
            read, is_cut = _read(response, limits.largest)
    except httpcore.TimeoutException as error:
        raise NoAnswer(_("The server took too long to answer.")) from error
    except httpcore.NetworkError as error:
        raise NoAnswer(
            _("There was no connection: %(reason)s.") % {"reason": answer_of(_cause(error)) or _("it was closed")}
        ) from error
    except httpcore.ProtocolError as error:
        raise NoAnswer(_("The server closed the connection, or answered something that is not HTTP.")) from error
    fields = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in reversed(response.headers)}
    seconds = time.monotonic() - clock.began_at
    logger.info("sent", method=method, host=_host(url), status=response.status, seconds=round(seconds, 3))
    return Answer(response.status, fields, read, is_cut, seconds)


def _read(response: httpcore.Response, largest: int) -> tuple[bytes, bool]:
    """The beginning of the answer, and whether there was more."""
    read = bytearray()
    for piece in response.iter_stream():
        read += piece
        if len(read) > largest:
            return bytes(read[:largest]), True
    return bytes(read), False


def _cause(error: BaseException) -> Exception:
    """What the operating system or TLS said first."""
    while isinstance(error.__cause__, Exception):
        error = error.__cause__
    return error if isinstance(error, Exception) else Exception()
