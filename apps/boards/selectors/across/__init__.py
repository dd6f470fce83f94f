"""Boards over several projects: each reader sees those of its projects that they may see, or nothing of it at all."""

from .choices import Choices, choices_across
from .filling import FIRST_CARDS, across_card_page, across_cards, across_page, count_across, fill_across
from .going import ColumnWay, column_ways, get_issue_across, get_issues_across, landing_statuses, projects_of_issues
from .narrowing import get_across_quick_filter, labels_on, names_of, quick_filters_on, types_on
from .reading import get_across, get_across_to_change, list_across
from .shown import COLUMNS_BY, LANES, AcrossColumn, AcrossFilters, AcrossName, AcrossQuickView, AcrossView, Place, alike

__all__ = [
    "COLUMNS_BY",
    "FIRST_CARDS",
    "LANES",
    "AcrossColumn",
    "AcrossFilters",
    "AcrossName",
    "AcrossQuickView",
    "AcrossView",
    "Choices",
    "ColumnWay",
    "Place",
    "across_card_page",
    "across_cards",
    "across_page",
    "alike",
    "choices_across",
    "column_ways",
    "count_across",
    "fill_across",
    "get_across",
    "get_across_quick_filter",
    "get_across_to_change",
    "get_issue_across",
    "get_issues_across",
    "labels_on",
    "landing_statuses",
    "list_across",
    "names_of",
    "projects_of_issues",
    "quick_filters_on",
    "types_on",
]
