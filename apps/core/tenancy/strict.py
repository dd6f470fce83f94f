"""Strict tenancy: a query that names a tenant table without a context is an error, since zero rows hide bugs."""

import re
from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.backends.signals import connection_created

from .tables import TENANT_TABLES
from .unit import current_unit

_TENANT_TABLE = re.compile(r'"(' + "|".join(sorted(TENANT_TABLES)) + r')"')


class NoTenancyContext(Exception):
    """A tenant table was queried outside of every organization."""


def _refuse_without_context(execute: Callable[..., Any], sql: str, params: Any, many: bool, context: Any) -> Any:
    unit = current_unit()
    # An INSERT hides nothing: the database refuses it aloud, but for what belongs to nobody (an account's history).
    if (unit is None or not unit.is_entered) and not sql.startswith("INSERT "):
        match = _TENANT_TABLE.search(sql)
        if match:
            raise NoTenancyContext(f"{match.group(1)} was queried before an organization was entered.")
    return execute(sql, params, many, context)


def _wrap(sender: Any, connection: BaseDatabaseWrapper, **kwargs: Any) -> None:
    if connection.alias == "default" and _refuse_without_context not in connection.execute_wrappers:
        connection.execute_wrappers.append(_refuse_without_context)


def install() -> None:
    """Watch every connection of the application role, where the settings ask for it (the tests do)."""
    if settings.TENANCY_STRICT:
        connection_created.connect(_wrap, dispatch_uid="flowboard_tenancy_strict")
