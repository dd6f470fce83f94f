"""Everything that writes imports."""

from apps.imports.services.references import Link, write_links
from apps.imports.services.writing import Entry, sort_batch, write_batch

__all__ = ["Entry", "Link", "sort_batch", "write_batch", "write_links"]
