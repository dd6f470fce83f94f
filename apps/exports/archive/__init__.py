"""Writing archives: a zip of everything that the reader may see of some projects (docs/export-format.md)."""

from apps.exports.archive.writing import FORMAT, Lost, Written, write_archive

__all__ = ["FORMAT", "Lost", "Written", "write_archive"]
