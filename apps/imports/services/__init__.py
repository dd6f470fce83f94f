"""Everything that writes imports."""

from apps.imports.services.references import Link, follow_references, keep_comments, write_links
from apps.imports.services.taken import TakenBack
from apps.imports.services.taking_back import note_project, take_back_batch
from apps.imports.services.writing import Entry, sort_batch, write_batch, write_project

__all__ = [
    "Entry",
    "Link",
    "TakenBack",
    "follow_references",
    "keep_comments",
    "note_project",
    "sort_batch",
    "take_back_batch",
    "write_batch",
    "write_links",
    "write_project",
]
