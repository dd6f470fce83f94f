"""Writing projects and their configuration."""

from .deleting import begin_purge_of_project, delete_project, restore_project
from .labels import HUES, NameTaken, create_label, delete_label, edit_label, ensure_labels, next_hue
from .members import end_project_roles, remove_project_role, set_project_role
from .projects import KeyTaken, change_project_key, create_project, edit_project, set_project_archived
from .stars import set_project_starred
from .workflow import add_issue_type, add_status

__all__ = [
    "HUES",
    "KeyTaken",
    "NameTaken",
    "add_issue_type",
    "add_status",
    "begin_purge_of_project",
    "change_project_key",
    "create_label",
    "create_project",
    "delete_label",
    "delete_project",
    "edit_label",
    "edit_project",
    "end_project_roles",
    "ensure_labels",
    "next_hue",
    "remove_project_role",
    "restore_project",
    "set_project_archived",
    "set_project_role",
    "set_project_starred",
]
