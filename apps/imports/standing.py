"""How an import stands, from what it says of itself: how fast it goes, and what became of its rows."""

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.http import HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _

from apps.core.spreadsheets import cell
from apps.imports.formats import FORMATS
from apps.imports.selectors import list_problems

if TYPE_CHECKING:
    from apps.core.tenancy import Actor
    from apps.imports.models import ImportProblem, ImportRun

# Beyond this a table of what was the matter helps nobody.
MOST_TOLD = 50_000


def label_of(run: "ImportRun") -> str:
    """What people call the format of an import's files."""
    return next((str(each.label) for each in FORMATS if each.name == run.format), run.format)


@dataclass(frozen=True, slots=True)
class Pace:
    """How many rows a second are written, and in how many seconds it will be done if it goes on like this."""

    rate: int
    seconds_left: int | None


def pace_of(run: "ImportRun") -> Pace:
    """How fast a run is."""
    seconds = (timezone.now() - run.began_at).total_seconds() if run.began_at else 0
    rate = run.rows_done / seconds if seconds >= 1 else 0
    left = max(run.rows_total - run.rows_done, 0)
    return Pace(round(rate), round(left / rate) if rate and run.state == run.State.RUNNING else None)


def brought_by(run: "ImportRun") -> dict[str, int]:
    """How much came with the issues of an import, by kind: comments, links, sprints, people and so on."""
    comments, people = run.counts.get("comments") or {}, run.counts.get("people") or {}
    plain = {name: count for name, count in run.counts.items() if isinstance(count, int)}
    said = {"comments": comments.get("imported", 0), "comments_updated": comments.get("updated", 0)}
    return plain | said | {name: people.get(name, 0) for name in ("members", "placeholders")}


def _problems(actor: "Actor", run: "ImportRun") -> Iterator["ImportProblem"]:
    after = told = 0
    while told < MOST_TOLD and (problems := list_problems(actor=actor, run=run, after=after)):
        yield from problems
        after, told = problems[-1].pk, told + len(problems)


def send_problems(*, actor: "Actor", run: "ImportRun") -> HttpResponse:
    """What was the matter with which row, as a table for a spreadsheet, up to `MOST_TOLD` lines."""
    response = HttpResponse(content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="import-{run.pk}-rows.csv"'
    table = csv.writer(response)
    table.writerow([_("Row"), _("Field"), _("What was the matter"), _("Imported all the same")])
    for problem in _problems(actor, run):
        kept = _("no") if problem.is_failure else _("yes")
        table.writerow(map(cell, (problem.row, problem.field, problem.reason, kept)))
    return response
