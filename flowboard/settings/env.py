"""Reading settings from the environment: one place, so that a wrong value fails at start with a sentence."""

import os
import re
from dataclasses import dataclass
from ipaddress import ip_network
from typing import Any, Literal
from urllib.parse import parse_qsl, unquote, urlsplit

from django.core.exceptions import ImproperlyConfigured

_HOST = re.compile(r"(?!-)[a-z0-9_-]+(\.[a-z0-9_-]+)*\.?", re.IGNORECASE)
_NUMBERS = re.compile(r"[0-9.]+")


@dataclass(frozen=True, slots=True)
class Variable:
    """A variable that a setting was read from. `shows` says what of its value an operator may see: all, the address
    without its password, or nothing."""

    name: str
    default: str
    shows: Literal["all", "address", "nothing"] = "all"


# Every variable that was read, for the operator's page.
READ: dict[str, Variable] = {}


def _read(name: str, default: object = "", shows: Literal["all", "address", "nothing"] = "all") -> str:
    READ.setdefault(name, Variable(name, str(default), shows))
    return os.environ.get(name, "")


def text(name: str, default: str = "") -> str:
    """The variable's value, or the default where it is unset or empty."""
    return _read(name, default) or default


def secret(name: str) -> str:
    """The value of a variable that nobody is shown."""
    return _read(name, shows="nothing")


def secrets(name: str) -> list[str]:
    """A comma-separated list that nobody is shown, without empty entries."""
    return [word.strip() for word in _read(name, shows="nothing").split(",") if word.strip()]


def address(name: str) -> str:
    """The URL of a service, which may hold a password."""
    return _read(name, shows="address")


def flag(name: str, *, default: bool = False) -> bool:
    """A yes-or-no variable: 1, true, yes, on / 0, false, no, off.

    :raises ImproperlyConfigured: for any other value
    """
    value = _read(name, int(default)).strip().lower()
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
    value = _read(name, default).strip()
    if not value:
        return default
    try:
        return int(value)
    except ValueError as error:
        raise ImproperlyConfigured(f"{name} must be a whole number, not {value!r}.") from error


def words(name: str, default: str = "") -> list[str]:
    """A comma-separated list, without empty entries."""
    return [word.strip() for word in text(name, default).split(",") if word.strip()]


def destinations(name: str) -> list[str]:
    """A comma-separated list of host names and networks in CIDR notation.

    :raises ImproperlyConfigured: if an entry is neither
    """
    entries = words(name)
    for entry in entries:
        try:
            ip_network(entry, strict=False)
        except ValueError as error:
            if not _HOST.fullmatch(entry) or _NUMBERS.fullmatch(entry):
                raise ImproperlyConfigured(
                    f"{name} lists host names and networks, such as ci.internal,10.1.0.0/16; {entry!r} is neither."
                ) from error
    return entries


def database(name: str, *, options: dict[str, Any] | None = None) -> dict[str, Any]:
    """A Django database from a `postgresql://user:password@host:port/name?option=value` URL.

    A socket directory is given as `?host=/run/postgresql`.

    :raises ImproperlyConfigured: if the variable is missing or names another kind of database
    """
    url = address(name)
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
    if address(name):
        return database(name, options=options)
    return {"ENGINE": "django.db.backends.dummy"}
