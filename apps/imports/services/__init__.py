"""Everything that writes imports."""

from apps.imports.services.capacities import write_capacities
from apps.imports.services.claiming import claim_placeholder, hand_over_names
from apps.imports.services.configuring import foresee_project, take_over_configuration
from apps.imports.services.history import write_history
from apps.imports.services.keeping import FilesTooLarge, files_at_hand, forget_files
from apps.imports.services.keys import write_former_keys
from apps.imports.services.ledgers import write_ledgers
from apps.imports.services.profiles import delete_profile, save_profile, use_profile
from apps.imports.services.references import follow_references, keep_comments
from apps.imports.services.rhythm import write_rhythm, write_schedules
from apps.imports.services.runs import (
    NotNow,
    cancel_import,
    choose,
    confirm_import,
    decide,
    forget_import,
    revert_import,
    start_import,
)
from apps.imports.services.taken import TakenBack
from apps.imports.services.taking_back import is_of_tracker, note_project, take_back_batch
from apps.imports.services.writing import Entry, sort_batch, write_batch, write_project

__all__ = [
    "Entry",
    "FilesTooLarge",
    "NotNow",
    "TakenBack",
    "cancel_import",
    "choose",
    "claim_placeholder",
    "confirm_import",
    "decide",
    "delete_profile",
    "files_at_hand",
    "follow_references",
    "foresee_project",
    "forget_files",
    "forget_import",
    "hand_over_names",
    "is_of_tracker",
    "keep_comments",
    "note_project",
    "revert_import",
    "save_profile",
    "sort_batch",
    "start_import",
    "take_back_batch",
    "take_over_configuration",
    "use_profile",
    "write_batch",
    "write_capacities",
    "write_former_keys",
    "write_history",
    "write_ledgers",
    "write_project",
    "write_rhythm",
    "write_schedules",
]
