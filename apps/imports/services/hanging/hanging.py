"""What the modules of this package share."""

from dataclasses import dataclass

from apps.imports.records import IssueRecord
from apps.issues.models import Issue


@dataclass(frozen=True, slots=True)
class Hanging:
    """An issue here, and the record that it came from."""

    row: str
    issue: Issue
    record: IssueRecord
