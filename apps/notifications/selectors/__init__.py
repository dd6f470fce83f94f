"""Whom something concerns, and what is in somebody's inbox."""

from .audience import Audience, audiences_of

__all__ = ["Audience", "audiences_of"]
