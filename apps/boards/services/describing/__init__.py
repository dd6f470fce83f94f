"""A configuration in words, made into rows that are not stored."""

from .described import Described
from .describing import MOST_LEFT, describe

__all__ = ["MOST_LEFT", "Described", "describe"]
