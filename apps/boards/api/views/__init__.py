"""Boards for scripts: the same selectors and services as the pages."""
