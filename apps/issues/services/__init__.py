"""Writing issues. One function a verb; each authorizes, locks, writes and records its fact."""

from .acting import Did, Said, comment_and_act, edit_and_act, edit_comment_and_act
from .attaching import (
    MOST_FILES,
    FileTooLarge,
    NoRoomLeft,
    TooManyFiles,
    attach_files,
    draw_preview,
    forget_removed,
    remove_attachment,
    restore_attachment,
)
from .batch import MOST_ISSUES
from .bulk import BULK_EDITABLE, BulkEdit, Part, Place, bulk_edit, bulk_edit_across
from .comments import PastComment, add_comment, delete_comment, edit_comment, import_comments, restore_comment
from .common import InTriage, SprintOver
from .copying import copy_issue
from .creating import NewIssue, create_issue, create_issues, raise_counter, take_numbers
from .editing import StaleEdit, edit_issue
from .handing_over import remove_from_organization, remove_from_project
from .importing import (
    PastEdit,
    PastFile,
    PastLink,
    PastUpdate,
    PastWork,
    import_files,
    import_links,
    import_work,
    link_parents,
    remove_imported_links,
    update_imported_comments,
    update_imported_issues,
)
from .keeping import note_visit, set_issue_starred
from .lifecycle import archive_issue, delete_issue, delete_issues, restore_issue, set_watching
from .limits import Arrival, ColumnFull, LaneFull, Standing, lock_limits, refuse_if_full
from .linking import BlocksInACircle, link_issues, unlink_issues
from .moving import hold_statuses, move_issue, rebalance_ranks
from .pinning import set_pinned
from .reacting import set_reaction
from .removing import (
    ReleasedAlready,
    release_version,
    restore_label,
    restore_option,
    restore_version,
    retire_label,
    retire_option,
    retire_version,
    unrelease_version,
)
from .reshaping import WorkflowNeedsIt, edit_status, retire_issue_type, retire_status
from .taking_back import NothingToTakeBack, TakenBack, take_back, take_back_across
from .threads import set_thread_resolved
from .ticking import TaskChanged, tick_in_comment, tick_in_description
from .timing import NoTimeTracking
from .transferring import MeanwhileChanged, move_to_project, take_transfer_back
from .tree import add_children
from .triage import (
    AlreadyDecided,
    NoCancelledStatus,
    accept_issue,
    decline_issue,
    mark_duplicate,
    snooze_issue,
    take_decision_back,
)
from .undoing import CannotBeUndone, StaleUndo, find_change, undo_change
from .values import FieldEmpty, named_fields
from .work_log import GOES_DOWN, Adjust, DayFull, Remaining, edit_work, log_work, remove_work, restore_work

__all__ = [
    "BULK_EDITABLE",
    "GOES_DOWN",
    "MOST_FILES",
    "MOST_ISSUES",
    "Adjust",
    "AlreadyDecided",
    "Arrival",
    "BlocksInACircle",
    "BulkEdit",
    "CannotBeUndone",
    "ColumnFull",
    "DayFull",
    "Did",
    "FieldEmpty",
    "FileTooLarge",
    "InTriage",
    "LaneFull",
    "MeanwhileChanged",
    "NewIssue",
    "NoCancelledStatus",
    "NoRoomLeft",
    "NoTimeTracking",
    "NothingToTakeBack",
    "Part",
    "PastComment",
    "PastEdit",
    "PastFile",
    "PastLink",
    "PastUpdate",
    "PastWork",
    "Place",
    "ReleasedAlready",
    "Remaining",
    "Said",
    "SprintOver",
    "StaleEdit",
    "StaleUndo",
    "Standing",
    "TakenBack",
    "TaskChanged",
    "TooManyFiles",
    "WorkflowNeedsIt",
    "accept_issue",
    "add_children",
    "add_comment",
    "archive_issue",
    "attach_files",
    "bulk_edit",
    "bulk_edit_across",
    "comment_and_act",
    "copy_issue",
    "create_issue",
    "create_issues",
    "decline_issue",
    "delete_comment",
    "delete_issue",
    "delete_issues",
    "draw_preview",
    "edit_and_act",
    "edit_comment",
    "edit_comment_and_act",
    "edit_issue",
    "edit_status",
    "edit_work",
    "find_change",
    "forget_removed",
    "hold_statuses",
    "import_comments",
    "import_files",
    "import_links",
    "import_work",
    "link_issues",
    "link_parents",
    "lock_limits",
    "log_work",
    "mark_duplicate",
    "move_issue",
    "move_to_project",
    "named_fields",
    "note_visit",
    "raise_counter",
    "rebalance_ranks",
    "refuse_if_full",
    "release_version",
    "remove_attachment",
    "remove_from_organization",
    "remove_from_project",
    "remove_imported_links",
    "remove_work",
    "restore_attachment",
    "restore_comment",
    "restore_issue",
    "restore_label",
    "restore_option",
    "restore_version",
    "restore_work",
    "retire_issue_type",
    "retire_label",
    "retire_option",
    "retire_status",
    "retire_version",
    "set_issue_starred",
    "set_pinned",
    "set_reaction",
    "set_thread_resolved",
    "set_watching",
    "snooze_issue",
    "take_back",
    "take_back_across",
    "take_decision_back",
    "take_numbers",
    "take_transfer_back",
    "tick_in_comment",
    "tick_in_description",
    "undo_change",
    "unlink_issues",
    "unrelease_version",
    "update_imported_comments",
    "update_imported_issues",
]
