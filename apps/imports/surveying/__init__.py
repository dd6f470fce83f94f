"""Looking through the files of an import before anything is written."""

from .names import MOST_NAMES
from .survey import Survey

__all__ = ["MOST_NAMES", "Survey"]
