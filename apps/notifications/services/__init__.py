"""Telling people, and what they do with what they were told."""

from .telling import tell

__all__ = ["tell"]
