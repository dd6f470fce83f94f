"""What an operator asks about an installation: settings and where they come from, storage, versions, licences."""

import os
import platform
import re
import shutil
from dataclasses import dataclass
from functools import lru_cache
from importlib import metadata
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import django
import redis
from django.conf import settings
from django.core.cache import cache
from django.db import connection
from django.utils.translation import gettext as _

from apps.ops.embedded import GENERATED

MEDIA_KEY = "ops:media"
# Counting every file takes a while on a large installation, and nobody needs it to the minute.
MEDIA_SECONDS = 300
_CANNOT_BE_SHOWN = re.compile(r"PASSWORD|SECRET|TOKEN")


@dataclass(frozen=True, slots=True)
class Setting:
    """A variable, what holds for it, and why: `source` is environment, default or generated."""

    name: str
    value: str
    source: str


@dataclass(frozen=True, slots=True)
class Storage:
    """Bytes, and how many uploaded files there are."""

    database: int
    media: int
    files: int
    free: int
    total: int


@dataclass(frozen=True, slots=True)
class Package:
    """Something that FlowBoard is made of, and on what terms."""

    name: str
    version: str
    licence: str


def settings_in_force() -> list[Setting]:
    """Every variable that FlowBoard read when this process started. Secrets are named, never shown."""
    generated = set(os.environ.get(GENERATED, "").split(","))
    found = []
    for variable in sorted(settings.ENVIRONMENT.values(), key=lambda each: each.name):
        given = os.environ.get(variable.name, "")
        source = "generated" if variable.name in generated else "environment" if given else "default"
        found.append(Setting(variable.name, _shown(variable.name, given or variable.default, variable.shows), source))
    return found


def _shown(name: str, value: str, shows: str) -> str:
    if not value:
        return ""
    if shows == "nothing" or _CANNOT_BE_SHOWN.search(name):
        return _("set, not shown")
    if shows == "address":
        parts = urlsplit(value)
        return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path}"
    return value


def storage() -> Storage:
    """How much there is of everything, and how much room is left."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_database_size(current_database())")
        database = cursor.fetchone()[0]
    media = cache.get(MEDIA_KEY)
    if media is None:
        media = _size_of(Path(settings.MEDIA_ROOT))
        cache.set(MEDIA_KEY, media, MEDIA_SECONDS)
    disk = shutil.disk_usage(settings.FLOWBOARD_HOME)
    size, files = media
    return Storage(database=database, media=size, files=files, free=disk.free, total=disk.total)


def _size_of(folder: Path) -> tuple[int, int]:
    """The bytes and the number of files below a folder; what vanishes meanwhile does not count."""
    size = count = 0
    for place, _folders, names in os.walk(folder):
        for name in names:
            try:
                size += os.stat(os.path.join(place, name), follow_symlinks=False).st_size
            except FileNotFoundError:
                continue
            count += 1
    return size, count


def versions() -> list[tuple[str, str]]:
    """What runs here, and which release of it."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_setting('server_version')")
        postgres = cursor.fetchone()[0]
    return [
        ("FlowBoard", settings.RELEASE),
        ("Python", platform.python_version()),
        ("Django", django.get_version()),
        ("PostgreSQL", postgres),
        ("Valkey", _valkey()),
        ("Celery", metadata.version("celery")),
        (_("System"), platform.platform(terse=True)),
    ]


def _valkey() -> str:
    try:
        with redis.Redis.from_url(settings.REDIS_URL, socket_connect_timeout=1, socket_timeout=2) as client:
            info = client.info("server")
    except redis.RedisError:
        return _("cannot be reached")
    name = "" if info.get("valkey_version") else "Redis "
    return f"{name}{info.get('valkey_version') or info['redis_version']}"


@lru_cache(maxsize=1)
def packages() -> list[Package]:
    """Every Python package that is installed here, by name."""
    found = {}
    for each in metadata.distributions():
        name = each.metadata["Name"]
        found[name.lower()] = Package(name, each.version, _licence(each.metadata))
    return [found[name] for name in sorted(found)]


def _licence(about: Any) -> str:
    """What a package says about itself: the expression, else its classifiers, else the first line of its words."""
    expression = about.get("License-Expression")
    if expression:
        return str(expression)
    named = [
        line.rpartition(" :: ")[2]
        for line in about.get_all("Classifier") or []
        if line.startswith("License :: ") and not line.endswith("OSI Approved")
    ]
    words = str(about.get("License") or "").strip().splitlines()
    return ", ".join(named) or (words[0][:80] if words else _("not stated"))


@lru_cache(maxsize=1)
def vendored() -> list[Package]:
    """What browsers get that others wrote: the table of VENDOR.md."""
    text = (settings.BASE_DIR / "static" / "vendor" / "VENDOR.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| (?!package )([^|]+) \| ([^|]+) \| ([^|]+) \| https?://[^|]+ \|$", text, re.MULTILINE)
    return [Package(*row) for row in rows]
