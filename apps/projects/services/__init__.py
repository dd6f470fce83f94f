"""Writing projects and their configuration."""

from .deleting import begin_purge_of_project, delete_project, restore_project
from .fields import (
    MOST_FIELDS,
    MOST_OPTIONS,
    add_options,
    create_field,
    edit_field,
    rename_option,
    restore_field,
    retire_field,
    shift_field,
    shift_option,
)
from .importing import (
    PastVersion,
    archive_imported_project,
    import_former_keys,
    import_versions,
    update_imported_versions,
)
from .labels import HUES, NameTaken, create_label, edit_label, ensure_labels, next_hue
from .members import copy_members, end_project_roles, give_roles, remove_project_role, set_project_role
from .projects import KeyTaken, change_project_key, create_project, edit_project, set_project_archived, set_triage
from .stars import set_project_starred
from .time_tracking import set_time_tracking
from .versions import create_version, edit_version, set_version_archived
from .workflow import (
    MOST_STATUSES,
    Rules,
    add_issue_type,
    add_status,
    choose_initial_status,
    edit_issue_type,
    order_statuses,
    remove_transition,
    set_transition,
)

__all__ = [
    "HUES",
    "MOST_FIELDS",
    "MOST_OPTIONS",
    "MOST_STATUSES",
    "KeyTaken",
    "NameTaken",
    "PastVersion",
    "Rules",
    "add_issue_type",
    "add_options",
    "add_status",
    "archive_imported_project",
    "begin_purge_of_project",
    "change_project_key",
    "choose_initial_status",
    "copy_members",
    "create_field",
    "create_label",
    "create_project",
    "create_version",
    "delete_project",
    "edit_field",
    "edit_issue_type",
    "edit_label",
    "edit_project",
    "edit_version",
    "end_project_roles",
    "ensure_labels",
    "give_roles",
    "import_former_keys",
    "import_versions",
    "next_hue",
    "order_statuses",
    "remove_project_role",
    "remove_transition",
    "rename_option",
    "restore_field",
    "restore_project",
    "retire_field",
    "set_project_archived",
    "set_project_role",
    "set_project_starred",
    "set_time_tracking",
    "set_transition",
    "set_triage",
    "set_version_archived",
    "shift_field",
    "shift_option",
    "update_imported_versions",
]
