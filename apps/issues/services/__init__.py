"""Writing issues. One function a verb; each authorizes, locks, writes and records its fact."""

from .comments import PastComment, add_comment, delete_comment, edit_comment, import_comments
from .creating import NewIssue, create_issue, create_issues
from .editing import StaleEdit, edit_issue
from .lifecycle import archive_issue, delete_issue, restore_issue, set_watching
from .moving import ColumnFull, move_issue, move_issues, rebalance_ranks

__all__ = [
    "ColumnFull",
    "NewIssue",
    "PastComment",
    "StaleEdit",
    "add_comment",
    "archive_issue",
    "create_issue",
    "create_issues",
    "delete_comment",
    "delete_issue",
    "edit_comment",
    "edit_issue",
    "import_comments",
    "move_issue",
    "move_issues",
    "rebalance_ranks",
    "restore_issue",
    "set_watching",
]
