"""Checks of this machine and its settings; they ask no other process."""

import platform
import shutil
from collections.abc import Iterator

import django
from django.conf import settings
from django.core import checks

from apps.core.files import attached_files
from apps.ops.doctor.findings import Finding, bad, ok, warn

GIGABYTE = 1_000_000_000
SHORTEST_KEY = 50


def is_production() -> bool:
    """Whether these are the production settings."""
    return bool(settings.SETTINGS_MODULE == "flowboard.settings.prod")


def examine() -> Iterator[Finding]:
    """Versions, settings, disk."""
    yield ok(
        "versions", f"FlowBoard {settings.RELEASE}, Python {platform.python_version()}, Django {django.get_version()}"
    )
    yield _settings()
    yield _debug()
    yield _secret_key()
    yield _disk()
    yield _files()


def _settings() -> Finding:
    # What Django recommends for deployments is about TLS, which `make up` on loopback does without.
    messages = checks.run_checks(include_deployment_checks=is_production())
    grave = [message for message in messages if message.is_serious() and not message.is_silenced()]
    slight = [message for message in messages if message.level >= checks.WARNING and not message.is_silenced()]
    if grave:
        return bad("settings", f"{grave[0].id}: {grave[0].msg}", grave[0].hint or "See `manage.py check --deploy`.")
    if slight:
        return warn("settings", f"{slight[0].id}: {slight[0].msg}", slight[0].hint or "See `manage.py check --deploy`.")
    return ok("settings", settings.SETTINGS_MODULE)


def _debug() -> Finding:
    if not settings.DEBUG:
        return ok("debug", "off")
    report = bad if is_production() else warn
    return report("debug", "on: error pages show settings and code", "Unset FLOWBOARD_DEBUG.")


def _secret_key() -> Finding:
    length = len(settings.SECRET_KEY)
    if length < SHORTEST_KEY:
        return bad(
            "secret key",
            f"{length} characters long",
            f"Set FLOWBOARD_SECRET_KEY to {SHORTEST_KEY} random ones or more.",
        )
    return ok("secret key", f"{length} characters")


def _disk() -> Finding:
    usage = shutil.disk_usage(settings.FLOWBOARD_HOME)
    what = f"{usage.free / GIGABYTE:.1f} GB of {usage.total / GIGABYTE:.1f} GB free at {settings.FLOWBOARD_HOME}"
    advice = "Free space, or move FLOWBOARD_HOME; PostgreSQL stops when the disk is full."
    if usage.free < GIGABYTE / 2:
        return bad("disk", what, advice)
    if usage.free < 2 * GIGABYTE or usage.free < usage.total / 20:
        return warn("disk", what, advice)
    return ok("disk", what)


def _files() -> Finding:
    """Whether attached files can be kept and read, by trying."""
    try:
        place = attached_files().probe()
    except OSError as error:
        what = f"cannot be kept: {error}"
        return bad("files", what, "Let FlowBoard write to FLOWBOARD_MEDIA_ROOT, or correct the bucket's settings.")
    return ok("files", f"kept in {place}")
