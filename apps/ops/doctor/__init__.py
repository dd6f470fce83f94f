"""What `manage.py doctor` looks at. Every check says what it found and, where something is wrong, what to do."""

from . import data, machine, services
from .findings import Finding, Level

__all__ = ["Finding", "Level", "examine"]


def examine() -> list[Finding]:
    """Run every check, in the order in which a fault explains the ones after it."""
    findings = list(machine.examine())
    reachable, about_data = data.examine()
    findings += about_data
    findings += services.examine(with_database=reachable)
    return findings
