"""Reading boards: columns with true totals and their first cards, in a constant number of queries."""

from .filling import FIRST_CARDS, cards_by_id, column_page, count, fill
from .lanes import FIRST_IN_CELL, MOST_LANES, name_lanes
from .reading import (
    column_statuses,
    deleted_boards,
    get_board,
    get_board_to_change,
    get_column_to_change,
    get_lane_limit,
    get_quick_filter,
)
from .shown import (
    CARD_FIELDS,
    LIMIT_POLICIES,
    LIMIT_UNITS,
    BoardName,
    BoardView,
    CellView,
    ColumnView,
    LaneLimitView,
    LaneView,
    Pace,
    QuickFilterView,
    Reached,
    SprintView,
)

__all__ = [
    "CARD_FIELDS",
    "FIRST_CARDS",
    "FIRST_IN_CELL",
    "LIMIT_POLICIES",
    "LIMIT_UNITS",
    "MOST_LANES",
    "BoardName",
    "BoardView",
    "CellView",
    "ColumnView",
    "LaneLimitView",
    "LaneView",
    "Pace",
    "QuickFilterView",
    "Reached",
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
    "get_lane_limit",
    "get_quick_filter",
    "name_lanes",
]
