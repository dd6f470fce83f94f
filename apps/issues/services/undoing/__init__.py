"""Taking a change of an issue back, by another change that says so."""

from .inverses import INVERSES, CannotBeUndone, Inverse
from .standing import UndoState, undo_states
from .undo import StaleUndo, find_change, undo_change

__all__ = [
    "INVERSES",
    "CannotBeUndone",
    "Inverse",
    "StaleUndo",
    "UndoState",
    "find_change",
    "undo_change",
    "undo_states",
]
