"""Redmine's CSV of a list of issues, with whatever columns the list showed, in the language of whoever exported it."""

import re
from collections.abc import Mapping
from typing import ClassVar

from apps.imports.choices import Choices
from apps.imports.files import Upload
from apps.imports.formats import building
from apps.imports.formats.base import Sample
from apps.imports.formats.columns import CUSTOM, IGNORE, Plan, guess, plain
from apps.imports.formats.redmine_rest import to_markdown
from apps.imports.formats.table import Cells, Table, TableIssues
from apps.imports.records import AttachmentRecord, IssueRecord, LinkRecord, Ref, Relation

# What Redmine calls a type of issue; no other tracker does.
_TRACKERS = {"tracker", "трекер", "トラッカー", "跟踪", "跟踪标签", "유형", "sledování", "typzagadnienia"}
_RELATED = re.compile(r"([^#,;0-9]*)#(\d{1,9})")
# Of the first word, in the languages that Redmine's words are known in; what is none of these relates.
_RELATIONS = {
    "blocks": Relation.BLOCKS,
    "precedes": Relation.BLOCKS,
    "blockiert": Relation.BLOCKS,
    "bloque": Relation.BLOCKS,
    "blocked": Relation.BLOCKED_BY,
    "follows": Relation.BLOCKED_BY,
    "duplicates": Relation.DUPLICATES,
    "is duplicate of": Relation.DUPLICATES,
    "has": Relation.DUPLICATED_BY,
    "duplicated": Relation.DUPLICATED_BY,
}


class RedmineCsv(Table):
    """What Redmine's “Also available in: CSV” gives, and what its own importer takes."""

    name = "redmine-csv"
    source = "redmine"
    label = "Redmine (CSV)"
    known: ClassVar[Mapping[str, str]] = {
        **dict.fromkeys(_TRACKERS, "type_name"),
        **dict.fromkeys(("category", "kategorie", "catégorie", "categoría", "categoria", "категория"), "components"),
        **dict.fromkeys(("relatedissues", "zugehörigetickets", "demandesliées", "peticionesrelacionadas"), IGNORE),
        **dict.fromkeys(("files", "dateien", "fichiers", "ficheros"), IGNORE),
        **dict.fromkeys(("lastnotes", "letzteanmerkungen", "dernièresnotes"), "comments"),
        "user": "assignee",
        "version": "fix_versions",
        "follows": IGNORE,
        "precedes": IGNORE,
        "spenttime": CUSTOM,
        "lastupdatedby": CUSTOM,
    }

    def recognises(self, sample: Sample) -> bool:
        """By a column for trackers beside one for subjects."""
        names = [plain(name) for name in sample.columns]
        return bool(_TRACKERS & set(names)) and {"title", "type_name"} <= set(guess(sample.columns, self.known))

    def rows(self, upload: Upload, table: Plan, choices: Choices) -> TableIssues:
        """What makes issues of this table's rows."""
        return _Issues(upload, table, choices)


class _Issues(TableIssues):
    @staticmethod
    def convert(text: str) -> str:
        """Textile or Markdown, as Redmine is set."""
        return to_markdown(text)

    def finish(self, record: IssueRecord, cells: Cells) -> None:
        """Relations and the names of files."""
        related = _first(cells, "relatedissues", "zugehörigetickets", "demandesliées", "peticionesrelacionadas")
        for words, number in _RELATED.findall(related[:20_000]):
            said = words.strip().casefold()
            relation = _RELATIONS.get(said) or _RELATIONS.get(said.split(" ", 1)[0], Relation.RELATES)
            record.links.append(LinkRecord(relation, Ref(number, number), words.strip()[:60]))
        # Of Redmine's own importer: “2 1d” is issue 2 and a day's delay.
        for column, relation in (("follows", Relation.BLOCKED_BY), ("precedes", Relation.BLOCKS)):
            for each in building.items_of(cells.named(column)):
                number = each.split(" ", 1)[0].lstrip("#")
                record.links.append(LinkRecord(relation, Ref(number, number), column))
        record.attachments += [
            AttachmentRecord(external_id=f"{record.external_id[:80]}/file/{place}", name=building.file_name(name))
            for place, name in enumerate(
                building.items_of(_first(cells, "files", "dateien", "fichiers", "ficheros"), ","), start=1
            )
        ]


def _first(cells: Cells, *names: str) -> str:
    return next((cell for name in names if (cell := cells.named(name))), "")
