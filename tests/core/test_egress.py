"""What leaves the house: where it goes, and where it does not."""

import socket
import ssl
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from ipaddress import ip_address
from pathlib import Path
from typing import Any

import pytest
from django.core.exceptions import ImproperlyConfigured
from pytest_django import Settings

from apps.core import egress
from apps.core.egress import AddressRefused, Limits, NoAnswer, check_address, is_public, send
from flowboard.settings import env
from tests.endpoint import Endpoint, answer, hang, nonsense, trickle

QUICK = Limits(connect=1.0, total=1.0, largest=1000)

# What a name was said to be, by a resolver that somebody else runs.
Records = dict[str, list[str]]


@pytest.fixture
def endpoint(settings: Settings) -> Iterator[Endpoint]:
    settings.EGRESS_ALLOW = ["127.0.0.1"]
    with Endpoint() as server:
        yield server


@pytest.fixture
def names(monkeypatch: pytest.MonkeyPatch) -> Callable[[Records], list[str]]:
    """Let names have these addresses; each list is given once, one element (words parted by blanks) a look-up."""
    real = socket.getaddrinfo
    asked: list[str] = []

    def install(records: Records) -> list[str]:
        def resolve(host: Any, port: Any, *rest: Any, **more: Any) -> Any:
            name = host.decode() if isinstance(host, bytes) else host
            if name not in records:
                return real(host, port, *rest, **more)
            asked.append(name)
            addresses = records[name].pop(0) if len(records[name]) > 1 else records[name][0]
            if not addresses:
                raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")
            return [found for each in addresses.split() for found in real(each, port, *rest, **more)]

        monkeypatch.setattr(socket, "getaddrinfo", resolve)
        return asked

    return install


# Ways to write an address inside, of which a server must not ask anything.
INSIDE = [
    "http://127.0.0.1/",
    "http://127.1/",
    "http://2130706433/",
    "http://0x7f000001/",
    "http://0x7f.1/",
    "http://0177.0.0.1/",
    "http://017700000001/",
    "http://127.0.0.1./",
    "http://0.0.0.0/",
    "http://0/",
    "http://localhost/",
    "http://LOCALHOST./",
    "http://a.localhost/",
    "http://[::1]/",
    "http://[::]/",
    "http://[::ffff:127.0.0.1]/",
    "http://[::ffff:7f00:1]/",
    "http://[::ffff:93.184.215.14]/",
    "http://[::127.0.0.1]/",
    "http://[64:ff9b::7f00:1]/",
    "http://[64:ff9b:1::7f00:1]/",
    "http://[2002:7f00:1::1]/",
    "http://[2002:5db8:d70e::1]/",
    "http://[2001:0:7f00:1::1]/",
    "http://[fe80::1]/",
    "http://[fec0::1]/",
    "http://[fc00::1]/",
    "http://[fd12:3456::1]/",
    "http://[ff02::1]/",
    "http://[2001:db8::1]/",
    "http://[3fff::1]/",
    "http://[100::1]/",
    "http://10.0.0.1/",
    "http://172.16.0.1/",
    "http://192.168.1.1/",
    "http://169.254.169.254/latest/meta-data/",
    "http://100.64.0.1/",
    "http://100.100.100.200/",
    "http://192.0.0.192/",
    "http://192.0.2.1/",
    "http://192.88.99.1/",
    "http://198.18.0.1/",
    "http://198.51.100.1/",
    "http://203.0.113.1/",
    "http://224.0.0.1/",
    "http://239.255.255.250/",
    "http://240.0.0.1/",
    "http://255.255.255.255/",
    "http://１２７.0.0.1/",
    "http://①②⑦.0.0.1/",
    "http://ⓛocalhost/",
    "http://127。0。0。1/",
]
# Addresses that are refused whatever is there.
NOT_FOR_US = [
    "",
    "example.org",
    "//example.org/",
    "ftp://example.org/",
    "file:///etc/passwd",
    "gopher://example.org/",
    "javascript:alert(1)",
    "http:///etc/passwd",
    "http://",
    "https://user@example.org/",
    "https://user:password@example.org/",
    "https://:@example.org/",
    "https://127.0.0.1#@example.org/",
    "https://example.org:22/",
    "https://example.org:25/",
    "https://example.org:0/",
    "https://example.org:1023/",
    "https://example.org:99999/",
    "https://example.org:port/",
    "https://exa mple.org/",
    "https://example.org/\r\nX-Injected: yes",
    "https://example.org/\x00",
    "https://[::1/",
    "https://./",
    "https://" + "a" * 3000,
]


def word(url: str) -> str:
    """What a case is called."""
    return ascii(url)[1:60] or "empty"


class TestCheckAddress:
    @pytest.mark.parametrize("url", [*INSIDE, *NOT_FOR_US], ids=word)
    def test_refuses_what_is_inside_or_not_on_the_web(self, url: str) -> None:
        with pytest.raises(AddressRefused) as refusal:
            check_address(url)
        assert refusal.value.field == "url"

    @pytest.mark.parametrize(
        "url",
        [
            "https://example.org/hook?token=1",
            "http://example.org:8080/",
            "https://example.org:443/",
            "https://bücher.example/",
            "https://xn--bcher-kva.example/",
            "https://example.org./",
            "http://93.184.215.14/",
            "https://[2606:2800:21f:cb07:6820:80da:af6b:8b2c]:8443/",
        ],
        ids=word,
    )
    def test_takes_what_may_be_on_the_web(self, url: str) -> None:
        check_address(url)

    def test_the_operator_allows_names_and_networks(self, settings: Settings) -> None:
        settings.EGRESS_ALLOW = ["localhost", "10.1.0.0/16"]
        for url in ("http://localhost:8080/", "https://10.1.2.3/"):
            check_address(url)
        for url in ("http://10.2.0.1/", "http://127.0.0.1/", "http://[::ffff:10.1.2.3]/"):
            with pytest.raises(AddressRefused):
                check_address(url)


class TestSend:
    @pytest.mark.parametrize("url", [*INSIDE, *NOT_FOR_US], ids=word)
    def test_asks_nothing_of_what_is_inside(self, url: str, monkeypatch: pytest.MonkeyPatch) -> None:
        connected: list[Any] = []
        monkeypatch.setattr(socket, "create_connection", lambda *arguments, **_more: connected.append(arguments))
        with pytest.raises(AddressRefused):
            send("GET", url, limits=QUICK)
        assert not connected

    def test_sends_and_reads(self, endpoint: Endpoint) -> None:
        endpoint.script = answer(201, b"made", X_Kind="a")
        got = send("POST", endpoint.url + "?a=1", headers={"X-Mine": "1"}, body=b"{}", limits=QUICK)
        assert (got.status, got.body, got.is_cut, got.headers["x-kind"]) == (201, b"made", False, "a")
        [received] = endpoint.received
        assert (received.method, received.path, received.body) == ("POST", "/hook?a=1", b"{}")
        assert received.headers["x-mine"] == "1"
        assert received.headers["host"] == f"127.0.0.1:{endpoint.port}"

    def test_a_name_is_looked_up_once_and_keeps_its_name(
        self, endpoint: Endpoint, names: Callable[[Records], list[str]], settings: Settings
    ) -> None:
        asked = names({"hooks.example": ["127.0.0.1", "10.0.0.1"]})
        got = send("GET", f"http://hooks.example:{endpoint.port}/", limits=QUICK)
        assert got.status == 200
        assert asked == ["hooks.example"]
        assert endpoint.received[0].headers["host"] == f"hooks.example:{endpoint.port}"

    def test_a_name_that_answers_differently_the_second_time_gains_nothing(
        self, names: Callable[[Records], list[str]], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        asked = names({"rebind.example": ["93.184.215.14", "127.0.0.1"]})
        connected: list[Any] = []

        def connect(address: Any, *_rest: Any, **_more: Any) -> None:
            connected.append(address)
            raise ConnectionRefusedError

        monkeypatch.setattr(socket, "create_connection", connect)
        check_address("http://rebind.example/")
        with pytest.raises(NoAnswer):
            send("GET", "http://rebind.example/", limits=QUICK)
        assert (asked, connected) == (["rebind.example"], [("93.184.215.14", 80)])

    @pytest.mark.parametrize(
        "addresses",
        ["127.0.0.1", "93.184.215.14 10.0.0.1", "2606:4700::1111 ::1", "93.184.215.14 ::ffff:10.0.0.1", "fe80::1"],
    )
    def test_one_record_inside_spoils_them_all(
        self, addresses: str, names: Callable[[Records], list[str]], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        names({"many.example": [addresses]})
        connected: list[Any] = []
        monkeypatch.setattr(socket, "create_connection", lambda *arguments, **_more: connected.append(arguments))
        with pytest.raises(AddressRefused) as refusal:
            send("GET", "http://many.example/", limits=QUICK)
        assert not connected
        assert not [each for each in addresses.split() if each in str(refusal.value)], "what is inside is not told"

    def test_the_next_address_is_tried_where_the_first_does_not_answer(
        self, endpoint: Endpoint, names: Callable[[Records], list[str]], settings: Settings
    ) -> None:
        settings.EGRESS_ALLOW = ["two.example"]
        names({"two.example": ["127.0.0.9 127.0.0.1"]})
        assert send("GET", f"http://two.example:{endpoint.port}/", limits=QUICK).status == 200

    def test_punycode_is_judged_as_what_it_leads_to(self, names: Callable[[Records], list[str]]) -> None:
        asked = names({"xn--bcher-kva.example": ["192.168.0.1"]})
        with pytest.raises(AddressRefused):
            send("GET", "http://bücher.example/", limits=QUICK)
        assert asked == ["xn--bcher-kva.example"]

    def test_a_dot_at_the_end_changes_nothing(self, endpoint: Endpoint, names: Callable[[Records], list[str]]) -> None:
        asked = names({"hooks.example": ["127.0.0.1"]})
        assert send("GET", f"http://hooks.example.:{endpoint.port}/", limits=QUICK).status == 200
        assert asked == ["hooks.example"]

    def test_a_name_that_nobody_knows(self, names: Callable[[Records], list[str]]) -> None:
        names({"nowhere.example": [""]})
        with pytest.raises(NoAnswer, match="was not found"):
            send("GET", "http://nowhere.example/", limits=QUICK)

    def test_a_resolver_that_hangs_is_not_waited_for(self, monkeypatch: pytest.MonkeyPatch) -> None:
        go_on = threading.Event()

        def resolve(*_arguments: Any, **_more: Any) -> list[Any]:
            go_on.wait(10)
            return []

        monkeypatch.setattr(socket, "getaddrinfo", resolve)
        began_at = time.monotonic()
        with pytest.raises(NoAnswer, match="not found in time"):
            send("GET", "http://slow.example/", limits=Limits(connect=0.2, total=1.0))
        go_on.set()
        assert time.monotonic() - began_at < 5

    def test_nobody_listens(self, endpoint: Endpoint) -> None:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        with pytest.raises(NoAnswer, match="Connection refused"):
            send("GET", f"http://127.0.0.1:{port}/", limits=QUICK)

    @pytest.mark.parametrize("script", [hang(10), trickle(10)], ids=["hangs", "trickles"])
    def test_a_slow_server_is_left_in_time(self, endpoint: Endpoint, script: Any) -> None:
        endpoint.script = script
        began_at = time.monotonic()
        with pytest.raises(NoAnswer, match="too long"):
            send("GET", endpoint.url, limits=Limits(total=0.4, largest=100_000))
        assert time.monotonic() - began_at < 5

    def test_a_server_that_reads_nothing_is_left_in_time(self, endpoint: Endpoint) -> None:
        with socket.socket() as deaf:
            deaf.bind(("127.0.0.1", 0))
            deaf.listen()
            with pytest.raises(NoAnswer, match="too long"):
                send("POST", f"http://127.0.0.1:{deaf.getsockname()[1]}/", body=b"x" * 20_000_000, limits=QUICK)

    def test_a_huge_answer_is_cut(self, endpoint: Endpoint) -> None:
        endpoint.script = answer(200, b"x" * 5_000_000)
        got = send("GET", endpoint.url, limits=QUICK)
        assert (len(got.body), got.is_cut) == (1000, True)

    @pytest.mark.parametrize("data", [b"SSH-2.0-OpenSSH\r\n", b"", b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nx"])
    def test_what_is_not_http_is_no_answer(self, endpoint: Endpoint, data: bytes) -> None:
        endpoint.script = nonsense(data)
        with pytest.raises(NoAnswer):
            send("GET", endpoint.url, limits=QUICK)

    def test_neither_proxies_nor_cookies(self, endpoint: Endpoint, monkeypatch: pytest.MonkeyPatch) -> None:
        for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
            monkeypatch.setenv(name, "http://127.0.0.1:9/")
        endpoint.script = answer(200, Set_Cookie="a=1; Path=/")
        for _time in range(2):
            assert send("GET", endpoint.url, limits=QUICK).status == 200
        assert "cookie" not in endpoint.received[1].headers


class TestRedirects:
    def test_are_answers(self, endpoint: Endpoint) -> None:
        endpoint.script = answer(302, Location="http://169.254.169.254/latest/meta-data/")
        got = send("POST", endpoint.url, body=b"{}", limits=QUICK)
        assert (got.status, got.headers["location"]) == (302, "http://169.254.169.254/latest/meta-data/")
        assert len(endpoint.received) == 1

    @pytest.mark.parametrize(
        "location",
        ["http://169.254.169.254/latest/", "//[::ffff:10.0.0.1]/", "file:///etc/passwd", "http://[", "http://a:b@c.d/"],
    )
    def test_each_is_judged(self, endpoint: Endpoint, location: str) -> None:
        endpoint.script = answer(302, Location=location)
        with pytest.raises(AddressRefused):
            send("GET", endpoint.url, limits=QUICK, most_redirects=3)
        assert len(endpoint.received) == 1

    def test_are_followed_as_often_as_was_said(self, endpoint: Endpoint) -> None:
        endpoint.script = answer(307, Location="/again")
        assert send("GET", endpoint.url, limits=QUICK, most_redirects=2).status == 307
        assert [each.path for each in endpoint.received] == ["/hook", "/again", "/again"]

    def test_take_no_headers_elsewhere(self, endpoint: Endpoint) -> None:
        with Endpoint() as other:
            endpoint.scripts = [answer(302, Location="/here"), answer(302, Location=other.url)]
            got = send("GET", endpoint.url, headers={"Authorization": "secret"}, limits=QUICK, most_redirects=5)
            assert got.status == 200
            assert [each.headers.get("authorization") for each in endpoint.received] == ["secret", "secret"]
            assert "authorization" not in other.received[0].headers

    def test_are_not_followed_by_what_writes(self) -> None:
        with pytest.raises(ValueError, match="redirects"):
            send("POST", "https://example.org/", body=b"{}", most_redirects=1)


class TestTls:
    def test_the_certificate_must_be_the_names(
        self,
        tmp_path: Path,
        names: Callable[[Records], list[str]],
        settings: Settings,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        settings.EGRESS_ALLOW = ["hooks.example", "other.example", "127.0.0.1"]
        names({"hooks.example": ["127.0.0.1"], "other.example": ["127.0.0.1"]})
        key, certificate = tmp_path / "key.pem", tmp_path / "certificate.pem"
        subprocess.run(
            [
                *"openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=hooks.example".split(),
                *"-addext subjectAltName=DNS:hooks.example".split(),
                *("-keyout", key, "-out", certificate),
            ],
            check=True,
            capture_output=True,
        )
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate, key)
        with Endpoint() as server:
            server._server.socket = context.wrap_socket(server._server.socket, server_side=True)
            with pytest.raises(NoAnswer, match=r"certificate|self-signed"):
                send("GET", f"https://hooks.example:{server.port}/", limits=QUICK)
            monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
            egress._trust.cache_clear()
            try:
                assert send("GET", f"https://hooks.example:{server.port}/", limits=QUICK).status == 200
                for other in ("other.example", "127.0.0.1"):
                    with pytest.raises(NoAnswer, match=r"match|valid for"):
                        send("GET", f"https://{other}:{server.port}/", limits=QUICK)
            finally:
                egress._trust.cache_clear()


class TestIsPublic:
    @pytest.mark.parametrize("address", ["1.1.1.1", "93.184.215.14", "2606:4700::1111", "2a00:1450:4001::1"])
    def test_takes_the_internet(self, address: str) -> None:
        assert is_public(ip_address(address))


class TestDestinations:
    def test_reads_names_and_networks(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("FLOWBOARD_EGRESS_ALLOW", "ci.internal, 10.1.0.0/16,[")
        with pytest.raises(ImproperlyConfigured, match="neither"):
            env.destinations("FLOWBOARD_EGRESS_ALLOW")
        monkeypatch.setenv("FLOWBOARD_EGRESS_ALLOW", "ci.internal, 10.1.0.0/16,::1")
        assert env.destinations("FLOWBOARD_EGRESS_ALLOW") == ["ci.internal", "10.1.0.0/16", "::1"]

    @pytest.mark.parametrize("entry", ["10.0.0.0/33", "999.1.1.1", "http://ci/", "a b"])
    def test_refuses_anything_else(self, entry: str, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("FLOWBOARD_EGRESS_ALLOW", entry)
        with pytest.raises(ImproperlyConfigured):
            env.destinations("FLOWBOARD_EGRESS_ALLOW")
