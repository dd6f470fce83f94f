"""Reading issues. Fetching and authorizing are one step; each page costs a constant number of queries."""

from .cards import PRIORITIES, PRIORITY_CHOICES, PRIORITY_NAMES, Card, cards
from .links import LINK_KINDS, LinkView, get_link, list_links
from .one import (
    IssueView,
    NoSuchIssue,
    ParentLink,
    get_comment,
    get_issue,
    get_issue_by_id,
    get_issues_by_id,
    get_issues_by_key,
    issue_view,
    list_comments,
    split_key,
)
from .paging import DEFAULT_SORT, SORTS, IssuePage, beyond, issue_page, rows_by_id
from .passage import Movable, TransitionRefused, Way, Workflow, get_workflow, landing, passage, ways_from
from .reach import MOST_EPICS, issues_by_status, issues_by_type, open_epics, open_sprints, projects_with_long_ranks
from .visible import ISSUE_KEY, Filters, is_shown, visible_issues

__all__ = [
    "DEFAULT_SORT",
    "ISSUE_KEY",
    "LINK_KINDS",
    "MOST_EPICS",
    "PRIORITIES",
    "PRIORITY_CHOICES",
    "PRIORITY_NAMES",
    "SORTS",
    "Card",
    "Filters",
    "IssuePage",
    "IssueView",
    "LinkView",
    "Movable",
    "NoSuchIssue",
    "ParentLink",
    "TransitionRefused",
    "Way",
    "Workflow",
    "beyond",
    "cards",
    "get_comment",
    "get_issue",
    "get_issue_by_id",
    "get_issues_by_id",
    "get_issues_by_key",
    "get_link",
    "get_workflow",
    "is_shown",
    "issue_page",
    "issue_view",
    "issues_by_status",
    "issues_by_type",
    "landing",
    "list_comments",
    "list_links",
    "open_epics",
    "open_sprints",
    "passage",
    "projects_with_long_ranks",
    "rows_by_id",
    "split_key",
    "visible_issues",
    "ways_from",
]
