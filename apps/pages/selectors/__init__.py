"""What crosses domains: the navigation, a person's work, the projects at a glance."""

from .navigation import Navigation, NavOrganization, navigation
from .projects import ProjectPage, ProjectRow, project_page
from .recent import RECENT, changed_lately, last_touched, mentioned
from .tour import Step, Tour, first_steps
from .work import CATEGORIES, SORTS, VIEWS, Group, Work, WorkFilters, work

__all__ = [
    "CATEGORIES",
    "RECENT",
    "SORTS",
    "VIEWS",
    "Group",
    "NavOrganization",
    "Navigation",
    "ProjectPage",
    "ProjectRow",
    "Step",
    "Tour",
    "Work",
    "WorkFilters",
    "changed_lately",
    "first_steps",
    "last_touched",
    "mentioned",
    "navigation",
    "project_page",
    "work",
]
