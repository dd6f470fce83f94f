"""Reading boards: columns with true totals and their first cards, in a constant number of queries."""

from .filling import FIRST_CARDS, cards_by_id, column_page, count, fill
from .reading import (
    column_statuses,
    deleted_boards,
    get_board,
    get_board_to_change,
    get_column_to_change,
    get_quick_filter,
)
from .shown import (
    CARD_FIELDS,
    LIMIT_POLICIES,
    LIMIT_UNITS,
    BoardName,
    BoardView,
    ColumnView,
    Pace,
    QuickFilterView,
    SprintView,
)

__all__ = [
    "CARD_FIELDS",
    "FIRST_CARDS",
    "LIMIT_POLICIES",
    "LIMIT_UNITS",
    "BoardName",
    "BoardView",
    "ColumnView",
    "Pace",
    "QuickFilterView",
    "SprintView",
    "cards_by_id",
    "column_page",
    "column_statuses",
    "count",
    "deleted_boards",
    "fill",
    "get_board",
    "get_board_to_change",
    "get_column_to_change",
    "get_quick_filter",
]
