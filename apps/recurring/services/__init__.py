"""Writing templates and schedules, and making issues from them."""

from apps.recurring.content import Content, Timing
from apps.recurring.models import MOST_INTERVAL
from apps.recurring.services.creating import create_from_template, new_issue
from apps.recurring.services.importing import (
    PastSchedule,
    begin_imported_schedules,
    import_schedules,
    note_imported_occurrences,
    remove_imported_schedules,
)
from apps.recurring.services.keeping import LostAccess, claim_schedule, hold_schedule, keep_schedule, stop_schedule
from apps.recurring.services.schedules import (
    MOST_DUE_DAYS,
    MOST_SCHEDULES,
    MOST_TIMES,
    NTHS,
    create_schedule,
    edit_schedule,
    pause_schedule,
    repeat_issue,
    restore_schedule,
    resume_schedule,
    retire_schedule,
)
from apps.recurring.services.templates import (
    MOST_SUBTASKS,
    MOST_TEMPLATES,
    TemplateInUse,
    TemplateNameTaken,
    create_template,
    edit_template,
    restore_template,
    retire_template,
    shift_template,
)

__all__ = [
    "MOST_DUE_DAYS",
    "MOST_INTERVAL",
    "MOST_SCHEDULES",
    "MOST_SUBTASKS",
    "MOST_TEMPLATES",
    "MOST_TIMES",
    "NTHS",
    "Content",
    "LostAccess",
    "PastSchedule",
    "TemplateInUse",
    "TemplateNameTaken",
    "Timing",
    "begin_imported_schedules",
    "claim_schedule",
    "create_from_template",
    "create_schedule",
    "create_template",
    "edit_schedule",
    "edit_template",
    "hold_schedule",
    "import_schedules",
    "keep_schedule",
    "new_issue",
    "note_imported_occurrences",
    "pause_schedule",
    "remove_imported_schedules",
    "repeat_issue",
    "restore_schedule",
    "restore_template",
    "resume_schedule",
    "retire_schedule",
    "retire_template",
    "shift_template",
    "stop_schedule",
]
