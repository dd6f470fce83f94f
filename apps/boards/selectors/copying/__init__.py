"""What copying a project's configuration would do, before it does it."""

from .parts import LEFT_OUT, PART_NAMES, PARTS, SETTINGS, SETTINGS_LEFT, Part
from .plan import ArchivedProject, CopyPlan, LeftOut, SameProject, Summary, Ways
from .planning import copy_plan, copy_sources, plan_of

__all__ = [
    "LEFT_OUT",
    "PARTS",
    "PART_NAMES",
    "SETTINGS",
    "SETTINGS_LEFT",
    "ArchivedProject",
    "CopyPlan",
    "LeftOut",
    "Part",
    "SameProject",
    "Summary",
    "Ways",
    "copy_plan",
    "copy_sources",
    "plan_of",
]
