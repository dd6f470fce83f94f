"""What schemathesis need not make up: cursors are words of ours, which nobody else can write (see `apps.core.api`)."""

from typing import Any

import schemathesis


@schemathesis.hook
def filter_case(_context: schemathesis.HookContext, case: Any) -> bool:
    """Leave cursors out; that others than ours are refused has a test of its own. And let no project be archived: most
    of what comes after would be refused."""
    archives = case.operation.label.startswith("PATCH") and isinstance(case.body, dict) and "archived" in case.body
    return not archives and (not case.query or "cursor" not in case.query)


@schemathesis.hook
def filter_query(_context: schemathesis.HookContext, query: Any) -> bool:
    """The same, before a case is made of it."""
    return not query or "cursor" not in query
