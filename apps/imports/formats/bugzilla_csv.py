"""Bugzilla's list of bugs as CSV, with whatever columns the list showed."""

from collections.abc import Mapping
from typing import ClassVar

from apps.imports.choices import Choices
from apps.imports.files import Upload
from apps.imports.formats import bugzilla, building
from apps.imports.formats.base import Sample
from apps.imports.formats.columns import CUSTOM, IGNORE, Plan, plain
from apps.imports.formats.table import Cells, Table, TableIssues
from apps.imports.records import AttachmentRecord, IssueRecord


class BugzillaCsv(Table):
    """What the link “CSV” below a list of bugs gives."""

    name = "bugzilla-csv"
    source = bugzilla.SOURCE
    label = "Bugzilla (CSV)"
    known: ClassVar[Mapping[str, str]] = {
        "bugid": "external_id",
        "shortdesc": "title",
        "summary": "title",
        "bugstatus": "status_name",
        "product": "project_key",
        "component": "components",
        "version": CUSTOM,
        "targetmilestone": "fix_versions",
        "bugseverity": IGNORE,
        "severity": IGNORE,
        "priority": IGNORE,
        "assignedto": "assignee",
        "assignedtorealname": IGNORE,
        "assigneerealname": IGNORE,
        "reporterrealname": IGNORE,
        "opendate": "created_at",
        "opened": "created_at",
        "changeddate": "updated_at",
        "deltats": "updated_at",
        "changed": "updated_at",
        "deadline": "due_date",
        "estimatedtime": "estimate_minutes",
        "remainingtime": "remaining_minutes",
        "dependson": IGNORE,
        "blocked": IGNORE,
        "blocks": IGNORE,
        "dupid": IGNORE,
        "attachments": IGNORE,
        "longdesc": "text",
    }

    def recognises(self, sample: Sample) -> bool:
        """By a column for ids of bugs, which lists always have, beside one for what they are about."""
        names = {plain(name) for name in sample.columns}
        return "bugid" in names and bool(names & {"shortdesc", "summary", "bugstatus", "component"})

    def rows(self, upload: Upload, table: Plan, choices: Choices) -> TableIssues:
        """What makes issues of this table's rows."""
        return _Bugs(upload, table, choices)


class _Bugs(TableIssues):
    @staticmethod
    def convert(text: str) -> str:
        """Bugzilla knows no markup that Markdown would read otherwise."""
        return text

    def finish(self, record: IssueRecord, cells: Cells) -> None:
        """Status and resolution, names of people beside their addresses, relations, names of files."""
        where = bugzilla.standing(record.status_name, record.resolution)
        record.status_name, record.category, record.resolution = where.status, where.category, where.resolution
        severity = cells.named("bugseverity") or cells.named("severity")
        record.priority_name = bugzilla.priority(cells.named("priority"), severity)
        if bugzilla.chosen(severity):
            record.custom["Severity"] = bugzilla.chosen(severity)
        record.type_name = record.type_name or "Bug"
        record.fix_versions = [each for each in record.fix_versions if bugzilla.chosen(each.name)]
        if record.assignee is not None:
            name = cells.named("assignedtorealname") or cells.named("assigneerealname")
            record.assignee = building.person(
                name or record.assignee.name, record.assignee.email, record.assignee.handle
            )
        if record.reporter is not None:
            name = cells.named("reporterrealname") or record.reporter.name
            record.reporter = building.person(name, record.reporter.email, record.reporter.handle)
        record.links = bugzilla.links(
            building.items_of(cells.named("dependson")),
            building.items_of(cells.named("blocked") or cells.named("blocks")),
            building.identifier(cells.named("dupid")),
        )
        record.attachments = [
            AttachmentRecord(external_id=f"{record.external_id[:80]}/file/{place}", name=building.file_name(name))
            for place, name in enumerate(building.items_of(cells.named("attachments"), ","), start=1)
        ]
