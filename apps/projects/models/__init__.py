"""A project and its configuration: who works in it, of what types issues are, through which statuses they go."""

from .fields import CustomField, CustomFieldType, FieldOption
from .naming import Label, RetiringQuerySet, Version
from .project import PROJECT_KEY, FormerKey, Project, ProjectMember, ProjectStar
from .workflow import IssueType, Status, Transition

__all__ = [
    "PROJECT_KEY",
    "CustomField",
    "CustomFieldType",
    "FieldOption",
    "FormerKey",
    "IssueType",
    "Label",
    "Project",
    "ProjectMember",
    "ProjectStar",
    "RetiringQuerySet",
    "Status",
    "Transition",
    "Version",
]
