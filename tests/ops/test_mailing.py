"""`manage.py send_test_mail` against real servers: one that works, and each kind that does not."""

import socket
import ssl
import subprocess
from collections.abc import Callable, Iterator
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult, LoginPassword
from django.core.management import call_command
from django.core.management.base import CommandError
from pytest_django import Settings

from apps.ops import mailing
from apps.ops.doctor import Level, services
from tests.mailbox import Mailbox, text_of
from tests.processes import free_port

ADDRESS = "ops@example.test"


class Picky:
    """A server that refuses what it is told to refuse."""

    def __init__(self, refuses: str = "") -> None:
        self.refuses = refuses

    async def handle_MAIL(self, server: Any, session: Any, envelope: Any, address: str, options: list[str]) -> str:
        if self.refuses == "sender":
            return "553 Not one of\n ours"
        envelope.mail_from = address
        return "250 OK"

    async def handle_RCPT(self, server: Any, session: Any, envelope: Any, address: str, options: list[str]) -> str:
        if self.refuses == "recipient":
            return "550 Relaying denied"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        return "554 Looks like spam" if self.refuses == "mail" else "250 OK"


@pytest.fixture
def serve(settings: Settings) -> Iterator[Callable[..., None]]:
    """Start a mail server, and configure FlowBoard to use it, in the clear."""
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_USE_TLS = settings.EMAIL_USE_SSL = False
    settings.EMAIL_TIMEOUT = 5
    running: list[Controller] = []

    def start(refuses: str = "", **options: Any) -> None:
        server = Controller(Picky(refuses), hostname="127.0.0.1", port=free_port(), **options)
        server.start()
        running.append(server)
        settings.EMAIL_HOST, settings.EMAIL_PORT = server.hostname, server.port

    yield start
    for each in running:
        each.stop()


@pytest.fixture
def certificate(tmp_path: Path) -> ssl.SSLContext:
    """A certificate that nobody vouches for."""
    key, cert = tmp_path / "key.pem", tmp_path / "cert.pem"
    request = "req -x509 -newkey rsa:2048 -nodes -days 1 -subj /CN=127.0.0.1".split()
    subprocess.run(["openssl", *request, "-keyout", key, "-out", cert], check=True, capture_output=True)
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(cert, key)
    return context


def trouble(address: str = ADDRESS) -> str:
    """The sentence that the command fails with."""
    with pytest.raises(CommandError) as caught:
        call_command("send_test_mail", address)
    sentence = str(caught.value)
    assert "\n" not in sentence
    assert sentence.endswith(".")
    assert caught.value.returncode == 1
    return sentence


def only_ada(server: Any, session: Any, envelope: Any, mechanism: str, data: Any) -> AuthResult:
    """Knows one password."""
    is_right = isinstance(data, LoginPassword) and data.password == b"right"
    # What is not handled here, the server answers with its own refusal.
    return AuthResult(success=is_right, handled=is_right)


class TestItGoesOut:
    def test_a_mail_arrives_and_the_command_says_who_took_it(self, mailbox: Mailbox, settings: Settings) -> None:
        settings.BASE_URL = "https://board.example.test"
        output = StringIO()
        call_command("send_test_mail", ADDRESS, stdout=output)
        assert output.getvalue() == (
            f"127.0.0.1:{mailbox.port} took a mail from {settings.DEFAULT_FROM_EMAIL} to {ADDRESS}.\n"
        )
        (mail,) = mailbox.mails
        assert (mail["To"], mail["Subject"]) == (ADDRESS, "A test mail of FlowBoard")
        for kind in ("plain", "html"):
            assert "Links in mails begin with https://board.example.test." in text_of(mail, kind)

    def test_with_a_sign_in(self, serve: Callable[..., None], settings: Settings) -> None:
        serve(authenticator=only_ada, auth_require_tls=False)
        settings.EMAIL_HOST_USER, settings.EMAIL_HOST_PASSWORD = "ada", "right"
        call_command("send_test_mail", ADDRESS, stdout=StringIO())


class TestSettings:
    def test_no_server(self, settings: Settings) -> None:
        settings.EMAIL_HOST = ""
        assert trouble() == (
            "No mail server is named, so mails are kept as files in "
            f"{settings.FLOWBOARD_HOME / 'mail'}: set EMAIL_HOST."
        )

    def test_no_address(self) -> None:
        assert trouble("ops at example") == "“ops at example” is not an e-mail address."

    def test_both_kinds_of_tls(self, settings: Settings, serve: Callable[..., None]) -> None:
        serve()
        settings.EMAIL_USE_TLS = settings.EMAIL_USE_SSL = True
        assert "are both on: set EMAIL_USE_TLS=0 for port 465" in trouble()
        assert services._mail().level is Level.BAD

    def test_a_sender_without_an_address(self, settings: Settings, serve: Callable[..., None]) -> None:
        serve()
        settings.DEFAULT_FROM_EMAIL = "FlowBoard"
        assert "DEFAULT_FROM_EMAIL holds no e-mail address" in trouble()


class TestReaching:
    @pytest.mark.parametrize("host", ["no-such-host.invalid", "two..dots"])
    def test_a_name_that_is_none(self, settings: Settings, serve: Callable[..., None], host: str) -> None:
        settings.EMAIL_HOST = host
        assert trouble() == f"There is no server named {host}: correct EMAIL_HOST."

    def test_nobody_listens(self, settings: Settings, serve: Callable[..., None]) -> None:
        settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", free_port()
        assert trouble().startswith(f"Nobody listens at 127.0.0.1:{settings.EMAIL_PORT}: correct EMAIL_HOST")

    def test_no_answer(self, settings: Settings, serve: Callable[..., None]) -> None:
        with socket.create_server(("127.0.0.1", 0)) as server:
            settings.EMAIL_HOST, settings.EMAIL_PORT = server.getsockname()
            settings.EMAIL_TIMEOUT = 0.3
            assert "gave no answer within 0.3 seconds, or hung up: correct EMAIL_PORT" in trouble()

    def test_a_network_that_is_away(
        self, settings: Settings, serve: Callable[..., None], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """The one thing that no server of a test can do."""
        serve()

        def unreachable(*args: Any, **kwargs: Any) -> socket.socket:
            raise OSError(101, "Network is unreachable")

        monkeypatch.setattr(socket, "create_connection", unreachable)
        assert "did not take the mail (Network is unreachable): correct the EMAIL_ settings." in trouble()


class TestTls:
    def test_a_certificate_that_nobody_vouches_for(
        self, settings: Settings, serve: Callable[..., None], certificate: ssl.SSLContext
    ) -> None:
        serve(tls_context=certificate)
        settings.EMAIL_USE_TLS = True
        assert "is not trusted (self-signed certificate): name the host" in trouble()

    def test_no_starttls(self, settings: Settings, serve: Callable[..., None]) -> None:
        serve()
        settings.EMAIL_USE_TLS = True
        assert "does not offer STARTTLS: set EMAIL_USE_SSL=1 and EMAIL_USE_TLS=0" in trouble()

    def test_tls_where_the_server_begins_in_the_clear(self, settings: Settings, serve: Callable[..., None]) -> None:
        serve()
        settings.EMAIL_USE_SSL = True
        assert "does not answer with TLS (" in trouble()


class TestSigningIn:
    @pytest.fixture(autouse=True)
    def _named(self, settings: Settings) -> None:
        settings.EMAIL_HOST_USER, settings.EMAIL_HOST_PASSWORD = "ada", "wrong"

    def test_a_wrong_password(self, serve: Callable[..., None]) -> None:
        serve(authenticator=only_ada, auth_require_tls=False)
        sentence = trouble()
        assert "refuses the sign-in (535 5.7.8 Authentication credentials invalid): correct EMAIL_HOST_USER" in sentence
        assert "wrong" not in sentence, "no secret on the screen"
        assert services._mail().level is Level.BAD

    def test_a_password_that_smtp_cannot_carry(self, settings: Settings, serve: Callable[..., None]) -> None:
        serve(authenticator=only_ada, auth_require_tls=False)
        settings.EMAIL_HOST_PASSWORD = "schlüssel"
        assert "use ASCII only" in trouble()

    def test_a_server_that_wants_none(self, serve: Callable[..., None]) -> None:
        serve(auth_exclude_mechanism=["LOGIN", "PLAIN"])
        assert "takes no sign-in over this connection" in trouble()


class TestRefusals:
    @pytest.mark.parametrize(
        ("what", "sentence"),
        [
            ("sender", "refuses mail from FlowBoard <flowboard@localhost> (553 Not one of"),
            ("recipient", "refuses to deliver to this address (550 Relaying denied): check the address"),
            ("mail", "did not take the mail (554 Looks like spam): correct the EMAIL_ settings."),
        ],
    )
    def test_it_says_what_the_server_said(self, serve: Callable[..., None], what: str, sentence: str) -> None:
        serve(what)
        assert sentence in trouble()


def test_checking_the_server_sends_nothing(mailbox: Mailbox) -> None:
    mailing.check_server()
    assert services._mail().level is Level.OK
    assert mailbox.mails == []
