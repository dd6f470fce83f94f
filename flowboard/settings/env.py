"""Reading settings from the environment: one place, so that a wrong value fails at start with a sentence."""

import os
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from django.core.exceptions import ImproperlyConfigured


def text(name: str, default: str = "") -> str:
    """The variable's value, or the default where it is unset or empty."""
    return os.environ.get(name) or default


def flag(name: str, *, default: bool = False) -> bool:
    """A yes-or-no variable: 1, true, yes, on / 0, false, no, off.

    :raises ImproperlyConfigured: for any other value
    """
    value = os.environ.get(name, "").strip().lower()
    if not value:
        return default
    if value in {"1", "true", "yes", "on"}:
        return True
    if value in {"0", "false", "no", "off"}:
        return False
    raise ImproperlyConfigured(f"{name} must be 1 or 0, not {value!r}.")


def number(name: str, default: int) -> int:
    """A whole number.

    :raises ImproperlyConfigured: if the value is not one
    """
    value = os.environ.get(name, "").strip()
    if not value:
        return default
    try:
        return int(value)
    except ValueError as error:
        raise ImproperlyConfigured(f"{name} must be a whole number, not {value!r}.") from error


def words(name: str, default: str = "") -> list[str]:
    """A comma-separated list, without empty entries."""
    return [word.strip() for word in text(name, default).split(",") if word.strip()]


def database(name: str, *, options: dict[str, Any] | None = None) -> dict[str, Any]:
    """A Django database from a `postgresql://user:password@host:port/name?option=value` URL.

    A socket directory is given as `?host=/run/postgresql`.

    :raises ImproperlyConfigured: if the variable is missing or names another kind of database
    """
    url = os.environ.get(name, "")
    if not url:
        raise ImproperlyConfigured(f"{name} is not set. `make up` and `manage.py` set it for the embedded database.")
    parts = urlsplit(url)
    if parts.scheme not in {"postgres", "postgresql"}:
        raise ImproperlyConfigured(f"{name} must be a postgresql:// URL, not {parts.scheme}://.")
    query = dict(parse_qsl(parts.query))
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": unquote(parts.path.lstrip("/")),
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": query.pop("host", "") or unquote(parts.hostname or ""),
        "PORT": str(query.pop("port", "") or parts.port or ""),
        "CONN_MAX_AGE": None,
        "CONN_HEALTH_CHECKS": True,
        "OPTIONS": {"connect_timeout": 5, "application_name": "flowboard", **(options or {}), **query},
    }


def database_if_named(name: str, *, options: dict[str, Any] | None = None) -> dict[str, Any]:
    """As `database`; where the variable is not set, an alias that refuses every use.

    Web processes and workers do well without the owner's password.
    """
    if os.environ.get(name):
        return database(name, options=options)
    return {"ENGINE": "django.db.backends.dummy"}
