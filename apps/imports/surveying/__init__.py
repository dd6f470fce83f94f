"""Looking through the files of an import before anything is written."""

from .survey import Survey

__all__ = ["Survey"]
