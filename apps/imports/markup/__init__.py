"""Markup of other trackers, made into Markdown."""
