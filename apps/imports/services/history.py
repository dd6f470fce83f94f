"""The history that issues bring along from another FlowBoard: what is new of it, in the words of the project here."""

import re
from collections.abc import Sequence
from datetime import date
from typing import Any

from django.utils.translation import gettext as _

from apps.core.tenancy import Actor
from apps.events.facts import FieldChange
from apps.events.services import service
from apps.imports.mapping import Mapping
from apps.imports.models import ExternalRef, ImportRun
from apps.imports.reconciliation import Reconciliation
from apps.imports.records import HistoryRecord, PastChange, PastLine, Person, Ref
from apps.imports.services.work import Work
from apps.issues.activity.meanings import MEANINGS, Meaning
from apps.issues.models import Issue
from apps.issues.services import PastFact, retell_history
from apps.projects.models import CustomField

Kind = ExternalRef.Kind
FieldKind = CustomField.Kind
_A_KEY = re.compile(r"[A-Z][A-Z0-9]*-[0-9]+")


@service
def write_history(
    *, actor: Actor, mapping: Mapping, source: str, run: ImportRun, rows: Sequence[tuple[str, HistoryRecord]]
) -> Reconciliation:
    """Tell what is new of the history of some issues of a project, each row with its name.

    As many statements, however many lines. Lines come in their order; up to which one those of an issue came is kept,
    so that the same archive adds nothing, and a newer one what is new.
    """
    work = Work(actor=actor, project=mapping.project, people=mapping.people, source=source, run=run)
    mapping.prepare(actor=actor, records=[])
    mapping.people.learn(actor=actor, named=[person for _row, record in rows for person in record.people])
    ids = list({record.issue.external_id for _row, record in rows})
    refs = work.known(Kind.ISSUE, ids)
    told = work.known(Kind.HISTORY, ids)
    last = {external_id: int(ref.key) for external_id, ref in told.items()}
    there = Issue.objects.undeleted().filter(org_id=actor.org_id, pk__in=[ref.object_id for ref in refs.values()])
    issues = {issue.pk: issue for issue in there.only("pk", "project_id")}
    words = _Words(work, mapping, [record for _row, record in rows])
    batch: list[PastFact] = []
    for row, record in rows:
        ref = refs.get(record.issue.external_id)
        if ref is None:
            work.account.note(row, "history", f"{record.issue} was not imported, so its history is not.")
            continue
        lines = [line for line in record.lines if line.number > last.get(ref.external_id, 0)]
        if not lines or ref.object_id not in issues:
            continue
        last[ref.external_id] = max(line.number for line in lines)
        batch += [words.fact(row, issues[ref.object_id], record, line) for line in lines]
    retell_history(actor=actor, run_id=run.pk, batch=batch)
    _remember(work, run, refs, told, last)
    work.account.counts["history"] += len(batch)
    return work.account


def _remember(
    work: Work, run: ImportRun, refs: dict[str, ExternalRef], told: dict[str, ExternalRef], last: dict[str, int]
) -> None:
    """Note up to where history came, and where it ended before this run, for when that is taken back."""
    new, further = [], []
    for external_id, number in last.items():
        ref = told.get(external_id)
        if ref is None:
            new.append(work.ref(Kind.HISTORY, external_id, refs[external_id].object_id, key=str(number)))
        elif ref.key != str(number):
            if run.pk not in {ref.run_id, ref.updated_by_id}:
                ref.updated_by, ref.before = run, {"key": ref.key}
            ref.key = str(number)
            further.append(ref)
    ExternalRef.objects.bulk_create(new, batch_size=1000)
    ExternalRef.objects.bulk_update(further, ["key", "updated_by", "before"], batch_size=1000)


class _Words:
    """What lines name, as it is called here: a fixed number of statements. What is not here keeps its name."""

    def __init__(self, work: Work, mapping: Mapping, records: Sequence[HistoryRecord]) -> None:
        self._work = work
        self._mapping = mapping
        changes = [change for record in records for line in record.lines for change in line.changes]
        values = [(change.field, value) for change in changes for value in (change.old, change.new)]
        named = [(MEANINGS.get(field), value) for field, value in values if isinstance(value, Ref)]
        comments = {value.external_id for meaning, value in named if meaning is Meaning.COMMENT}
        comments |= {line.comment.external_id for record in records for line in record.lines if line.comment}
        self._comments = work.known(Kind.COMMENT, [each for each in comments if each])
        self._issues = work.issues(value.external_id for meaning, value in named if meaning is Meaning.ISSUE)

    def fact(self, row: str, issue: Issue, record: HistoryRecord, line: PastLine) -> PastFact:
        """A line as a fact of ours."""
        by = self._mapping.people.who(line.by)
        comment = self._comments.get(line.comment.external_id) if line.comment is not None else None
        return PastFact(
            issue=issue,
            there=line.kind,
            at=line.at,
            by_id=by.pk if by is not None else None,
            line=line.number,
            takes_back=line.takes_back,
            changes=[change for each in line.changes if (change := self._change(row, record, each)) is not None],
            about={
                "origin": line.origin,
                "why": line.reason,
                "comment_id": comment.object_id if comment is not None else None,
                "template": line.template,
                "schedule": True if line.is_scheduled else None,
            },
        )

    def _change(self, row: str, record: HistoryRecord, change: PastChange) -> FieldChange | None:
        if change.own_field:
            field = self._mapping.fields.called(change.own_field)
            if field is None:
                self._work.account.note(row, "history", f"There is no field “{change.own_field}” to tell of here.")
                return None
            return FieldChange(field.key, self._own(field, change.old), self._own(field, change.new))
        return FieldChange(
            change.field, *(self._value(record, change.field, each) for each in (change.old, change.new))
        )

    def _value(self, record: HistoryRecord, field: str, value: Any) -> Any:
        """What a value is here: an id, or the name that it had."""
        if value is None:
            return None
        found: Any
        match MEANINGS.get(field):
            case Meaning.STATUS:
                found = self._mapping.status_called(value, record.categories.get(value))
            case Meaning.TYPE:
                found = self._mapping.type_called(value)
            case Meaning.LABELS:
                return [_here(self._mapping.label_called(each), each) for each in value]
            case Meaning.VERSIONS:
                return [_here(self._mapping.plans.version_called(each), each) for each in value]
            case Meaning.SPRINT:
                found, value = self._mapping.plans.sprint_called(value.external_id), value.key
            case Meaning.PERSON:
                found = self._mapping.people.who(value)
            case Meaning.ISSUE:
                return self._issues.get(value.external_id) or self._elsewhere(record, value)
            case Meaning.COMMENT:
                comment = self._comments.get(value.external_id)
                # One that is gone is told of, and leads nowhere.
                return comment.object_id if comment is not None else 0
            case _:
                return value
        return _here(found, value)

    def _elsewhere(self, record: HistoryRecord, issue: Ref) -> str:
        """What to call an issue that is not here: those of other projects may be nobody's business here."""
        is_strange = _A_KEY.fullmatch(issue.key) and not issue.key.startswith(f"{record.project_key}-")
        return _("an issue of another project") if is_strange else issue.key

    def _own(self, field: Any, value: Any) -> Any:
        """A value of a project's own field as the field here has it."""
        if value is None or value == []:
            return None
        texts = [value.name if isinstance(value, Person) else str(value)] if not isinstance(value, list) else value
        match field.kind:
            case FieldKind.USER:
                user = self._mapping.people.who(value) if isinstance(value, Person) else None
                return user.pk if user is not None else None
            case FieldKind.CHECKBOX:
                return True if value is True else None
            case FieldKind.DATE:
                return _day(texts[0])
            case FieldKind.SELECT | FieldKind.MULTI:
                options = {each.name.casefold(): each.id for each in field.choices}
                found = [options.get(text.casefold(), text) for text in texts]
                return found if field.kind == FieldKind.MULTI else next(iter(found), None)
        return ", ".join(texts)


def _here(found: Any, name: Any) -> Any:
    return found.pk if found is not None else name


def _day(text: str) -> str | None:
    try:
        return date.fromisoformat(text).isoformat()
    except ValueError:
        return None
