"""Boards over several projects: each reader sees those of its projects that they may see, or nothing of it at all."""

from .choices import Choices, choices_across
from .filling import FIRST_CARDS, across_cards, across_page, count_across, fill_across
from .going import ColumnWay, column_ways, get_issue_across, get_issues_across, landing_statuses, projects_of_issues
from .reading import get_across, get_across_to_change, list_across
from .shown import COLUMNS_BY, LANES, AcrossColumn, AcrossFilters, AcrossName, AcrossView, Place

__all__ = [
    "COLUMNS_BY",
    "FIRST_CARDS",
    "LANES",
    "AcrossColumn",
    "AcrossFilters",
    "AcrossName",
    "AcrossView",
    "Choices",
    "ColumnWay",
    "Place",
    "across_cards",
    "across_page",
    "choices_across",
    "column_ways",
    "count_across",
    "fill_across",
    "get_across",
    "get_across_to_change",
    "get_issue_across",
    "get_issues_across",
    "landing_statuses",
    "list_across",
    "projects_of_issues",
]
