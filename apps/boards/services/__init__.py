"""Every write about boards."""

from .cards import create_card, create_cards, move_card, move_cards
from .choosing import MOST_FOLDED, choose_grouping, fold_lane
from .columns import (
    MOST_COLUMNS,
    ColumnNeeded,
    Limit,
    add_column,
    edit_column,
    map_statuses,
    remove_column,
    set_column_limit,
    shift_column,
    show_status,
)
from .configuring import MOST_BOARDS, BoardNeeded, create_board, delete_board, edit_board, restore_board
from .copying import (
    ConfigurationChanged,
    CopyInUse,
    copy_configuration,
    create_project_like,
    plan_copy,
    take_copy_back,
)
from .importing import (
    Foreseen,
    Imported,
    foresee_configuration,
    import_configuration,
    remove_imported_parts,
    take_configuration_back,
)
from .limits import lift_lane_limit, limit_lanes
from .quick_filters import MOST_QUICK_FILTERS, Asked, add_quick_filter, remove_quick_filter

__all__ = [
    "MOST_BOARDS",
    "MOST_COLUMNS",
    "MOST_FOLDED",
    "MOST_QUICK_FILTERS",
    "Asked",
    "BoardNeeded",
    "ColumnNeeded",
    "ConfigurationChanged",
    "CopyInUse",
    "Foreseen",
    "Imported",
    "Limit",
    "add_column",
    "add_quick_filter",
    "choose_grouping",
    "copy_configuration",
    "create_board",
    "create_card",
    "create_cards",
    "create_project_like",
    "delete_board",
    "edit_board",
    "edit_column",
    "fold_lane",
    "foresee_configuration",
    "import_configuration",
    "lift_lane_limit",
    "limit_lanes",
    "map_statuses",
    "move_card",
    "move_cards",
    "plan_copy",
    "remove_column",
    "remove_imported_parts",
    "remove_quick_filter",
    "restore_board",
    "set_column_limit",
    "shift_column",
    "show_status",
    "take_configuration_back",
    "take_copy_back",
]
