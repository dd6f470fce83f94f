"""Reading issues. Fetching and authorizing are one step; each page costs a constant number of queries."""

from .cards import PRIORITIES, PRIORITY_CHOICES, PRIORITY_NAMES, Card, cards
from .one import (
    IssueView,
    NoSuchIssue,
    ParentLink,
    get_comment,
    get_issue,
    get_issue_by_id,
    get_issues_by_id,
    issue_view,
    list_comments,
    split_key,
)
from .paging import DEFAULT_SORT, SORTS, IssuePage, beyond, issue_page, rows_by_id
from .visible import ISSUE_KEY, Filters, is_shown, visible_issues

__all__ = [
    "DEFAULT_SORT",
    "ISSUE_KEY",
    "PRIORITIES",
    "PRIORITY_CHOICES",
    "PRIORITY_NAMES",
    "SORTS",
    "Card",
    "Filters",
    "IssuePage",
    "IssueView",
    "NoSuchIssue",
    "ParentLink",
    "beyond",
    "cards",
    "get_comment",
    "get_issue",
    "get_issue_by_id",
    "get_issues_by_id",
    "is_shown",
    "issue_page",
    "issue_view",
    "list_comments",
    "rows_by_id",
    "split_key",
    "visible_issues",
]
