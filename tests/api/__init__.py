"""The doors for scripts."""
