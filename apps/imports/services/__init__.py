"""Everything that writes imports."""

from apps.imports.services.references import Link, follow_references, keep_comments, write_links
from apps.imports.services.writing import Entry, sort_batch, write_batch, write_project

__all__ = [
    "Entry",
    "Link",
    "follow_references",
    "keep_comments",
    "sort_batch",
    "write_batch",
    "write_links",
    "write_project",
]
