"""Which pages may open a socket."""

from typing import Any

import pytest

from apps.realtime.origins import is_own


@pytest.fixture(autouse=True)
def _hosts(settings: Any) -> None:
    settings.ALLOWED_HOSTS = ["flow.example", "127.0.0.1", "[::1]"]
    settings.CSRF_TRUSTED_ORIGINS = ["https://desk.example:8443"]


@pytest.mark.parametrize(
    ("origin", "host"),
    [
        ("https://flow.example", "flow.example"),
        ("http://FLOW.example", "Flow.Example"),
        ("http://127.0.0.1:8000", "127.0.0.1:8000"),
        ("http://[::1]:8000", "[::1]:8000"),
        ("https://desk.example:8443", "flow.example"),
    ],
)
def test_our_own_do(origin: str, host: str) -> None:
    assert is_own(origin=origin, host=host)


@pytest.mark.parametrize(
    ("origin", "host"),
    [
        ("", "flow.example"),
        ("null", "flow.example"),
        ("null", ""),
        ("://", ""),
        ("http://", ""),
        ("http://127.0.0.1:9999", "127.0.0.1:8000"),
        ("http://127.0.0.1", "127.0.0.1:8000"),
        ("https://flow.example:8443", "flow.example"),
        ("https://flow.example.evil.example", "flow.example"),
        ("https://evil.example", "flow.example"),
        ("https://evil.example", "evil.example"),
        ("https://desk.example", "flow.example"),
        ("file://flow.example", "flow.example"),
        ("https://flow.example/", "flow.example"),
    ],
)
def test_others_do_not(origin: str, host: str) -> None:
    assert not is_own(origin=origin, host=host)
