"""Bringing issues in from other trackers, and up to date with them. Only FlowBoard itself may."""

from .comments import PastEdit, update_imported_comments
from .files import PastFile, import_files
from .history import PastFact, retell_history
from .issues import PastUpdate, update_imported_issues
from .links import PastLink, import_links, remove_imported_links
from .options import remove_imported_options
from .order import order_imported_issues
from .parents import link_parents
from .restoring import (
    remove_imported_comments,
    remove_imported_files,
    remove_imported_issues,
    remove_imported_work,
    restore_issues,
)
from .work import PastWork, import_work

__all__ = [
    "PastEdit",
    "PastFact",
    "PastFile",
    "PastLink",
    "PastUpdate",
    "PastWork",
    "import_files",
    "import_links",
    "import_work",
    "link_parents",
    "order_imported_issues",
    "remove_imported_comments",
    "remove_imported_files",
    "remove_imported_issues",
    "remove_imported_links",
    "remove_imported_options",
    "remove_imported_work",
    "restore_issues",
    "retell_history",
    "update_imported_comments",
    "update_imported_issues",
]
