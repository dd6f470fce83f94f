"""What a list of issues is narrowed to, from a checked query."""

from typing import Any

from apps.issues.selectors import Filters

_PLAIN = (
    "type", "status", "category", "priority", "label", "version", "created_since", "created_until", "updated_since",
    "updated_until", "held", "starred", "watched",
)  # fmt: skip
_OR_WORD = ("assignee", "sprint", "parent")


def filters_of(query: Any, me: int | None, *, quick: frozenset[int] = frozenset()) -> Filters:
    """The filters of a query (`IssueFilterFields`).

    :param me: whom `me` means
    :param quick: the ids of quick filters of a board
    """
    values = {name: query[name] for name in (*_PLAIN, *_OR_WORD) if name in query}
    without = frozenset(name for name in _OR_WORD if values.get(name) == "none")
    reporter = query.get("reporter")
    return Filters(
        q=query.get("q", ""),
        mine=values.get("assignee") == "me",
        reporter=me if reporter == "me" else reporter,
        without=without,
        quick=quick,
        **{name: value for name, value in values.items() if value not in ("me", "none")},
    )
