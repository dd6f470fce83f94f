"""What is read to be taken out."""

from apps.exports.selectors.runs import (
    NoSuchArchive,
    archive_at_work,
    archive_page,
    expired_archives,
    get_archive,
    get_readable_archive,
    list_archives,
    projects_to_archive,
    unclaimed_files,
    waiting_archives,
)

__all__ = [
    "NoSuchArchive",
    "archive_at_work",
    "archive_page",
    "expired_archives",
    "get_archive",
    "get_readable_archive",
    "list_archives",
    "projects_to_archive",
    "unclaimed_files",
    "waiting_archives",
]
