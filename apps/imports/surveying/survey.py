"""Looking through the files of an import before anything is written: what is in them, and what would become of it."""

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any

from apps.accounts.models import User
from apps.boards.services import Foreseen
from apps.core.tenancy import Actor, run_as_system
from apps.imports import guessing
from apps.imports.choices import Choices
from apps.imports.files import Upload
from apps.imports.formats.base import Format
from apps.imports.formats.table import Table
from apps.imports.likeness import alike
from apps.imports.mapping import Mapping, People
from apps.imports.mapping.fields import Shape, custom_of
from apps.imports.models import ImportRun
from apps.imports.reach import reachable_project_ids
from apps.imports.reading.tables import NoTable
from apps.imports.records import (
    CommentsRecord,
    HistoryRecord,
    IssueRecord,
    LedgerRecord,
    LeftOut,
    Person,
    ProjectRecord,
    Row,
    ScheduleRecord,
    Unreadable,
)
from apps.imports.services import Entry, foresee_project, sort_batch
from apps.orgs.selectors import people
from apps.projects.models import Project
from apps.projects.selectors import list_custom_fields, visible_projects

from .names import MOST_NAMES, Met, Names, example, like, most, sample_of

MOST_PROBLEMS = 50
_SHOWN = 10
_EXAMPLES = 3
_EXAMPLES_SEEN = 20
_BATCH = 200


class Survey:
    """What one look through the rows of an import finds. It takes as much memory for a long file as for a short one."""

    def __init__(self, run: ImportRun) -> None:
        self.run = run
        self.choices = Choices.from_json(run.choices)
        self.rows = 0
        self.counts: Counter[str] = Counter()
        self.left_out: Counter[str] = Counter()
        self.failures: list[dict[str, str]] = []
        self.notes: list[dict[str, str]] = []
        self.preview: list[IssueRecord] = []
        self._names = {
            kind: Names()
            for kind in ("statuses", "types", "priorities", "people", "labels", "fields", "versions", "sprints")
        }
        self._projects = Names()
        self._with_sprints: set[str] = set()
        self._abouts: dict[str, Foreseen] = {}
        self._met = Met()
        self._waiting: list[Entry] = []

    # ---- row by row

    def look(self, row: Row) -> None:
        """Take a row into account."""
        self.rows += 1
        match row.content:
            case Unreadable() as error:
                self._fail(row, error.field, error.reason)
            case LeftOut(reason):
                self.left_out[reason] += 1
            case CommentsRecord() as loose:
                self.left_out["comments, kept with their issue"] += 1
                self.counts["comments"] += len(loose.comments)
                self._note_people(comment.author for comment in loose.comments)
            case HistoryRecord() as history:
                self.left_out["history, kept with its issue"] += 1
                self._note_people(history.people)
            case LedgerRecord():
                self.left_out["figures of a sprint"] += 1
            case ScheduleRecord():
                self.left_out["a schedule of the project"] += 1
                self.counts["schedules"] += 1
            case ProjectRecord() as about:
                self.left_out["about the project"] += 1
                self.counts["cadences"] += about.cadence is not None
                self._note(row, about.notes)
                self._look_at_project(row, about)
            case IssueRecord() as record:
                self._look_at(row, record)

    def _look_at_project(self, row: Row, about: ProjectRecord) -> None:
        """Keep what would come of a project, not what is told of it: that may be long."""
        key = self.run.project.key if self.run.project is not None else self.run.project_key or about.key
        if len(self._abouts) >= MOST_NAMES:
            return
        with run_as_system(org_id=self.run.org_id) as actor:
            project = self._present(actor, [key]).get(key)
            people = People(self.run.source, self.choices)
            found = foresee_project(actor=actor, project=project, about=about, people=people)
        if found is not None:
            self._abouts.setdefault(key, found)
            self._note(row, [(left.name, left.why) for left in found.left])

    def _fail(self, row: Row, name: str, reason: str) -> None:
        self.counts["failed"] += 1
        if len(self.failures) < MOST_PROBLEMS:
            self.failures.append({"row": row.name, "field": name, "reason": reason})

    def _note(self, row: Row, told: Iterable[tuple[str, str]]) -> None:
        for name, reason in told:
            self.counts["notes"] += 1
            if len(self.notes) < MOST_PROBLEMS:
                self.notes.append({"row": row.name, "field": name, "reason": reason})

    def _look_at(self, row: Row, record: IssueRecord) -> None:
        self.counts["issues"] += 1
        self.counts["comments"] += len(record.comments)
        self.counts["links"] += len(record.links)
        self.counts["attachments"] += len(record.attachments)
        self.counts["work_logs"] += len(record.work_logs)
        if len(self.preview) < _SHOWN:
            self.preview.append(record)
        self._note(row, [*record.notes, *guessing.notes(record, self.choices)])
        self._note_names(record)
        self._note_people(record.people)
        same = self._met.note(record)
        if same is None:
            self._waiting.append(Entry(row.name, record))
            if len(self._waiting) >= _BATCH:
                self._sort()
        else:
            self.counts["same" if same else "changed"] += 1

    def _note_names(self, record: IssueRecord) -> None:
        names = self._names
        if status := names["statuses"].note(record.status_name):
            status.sample = status.sample or like(record)
            status.seen[guessing.status_category_of(record) or ""] += 1
        if kind := names["types"].note(record.type_name or "Task"):
            kind.sample = kind.sample or like(record)
        if priority := names["priorities"].note(record.priority_name):
            priority.sample = priority.sample or like(record)
        for label in record.labels:
            names["labels"].note(label)
        for version in record.fix_versions:
            names["versions"].note(version.name)
        for sprint in record.sprints:
            if found := names["sprints"].note(sprint.name):
                found.seen[sprint.state or ""] += 1
        for name, value in custom_of(record).items():
            if found := names["fields"].note(name):
                found.shape = found.shape or Shape(name)
                found.shape.note(value, self._key_of(record))
                if len(found.values) < _EXAMPLES_SEEN:
                    found.values.append(value)
        if project := self._projects.note(record.project_key):
            project.seen[record.project_name] += 1
            if record.sprints:
                self._with_sprints.add(record.project_key)

    def _note_people(self, named: Iterable[Person | None]) -> None:
        for person in named:
            if person is not None and (found := self._names["people"].note(person.handle)):
                found.person = found.person or person

    def _sort(self) -> None:
        """Tell those that are new from those that were imported before."""
        waiting, self._waiting = self._waiting, []
        by_key: dict[str, list[Entry]] = {}
        for entry in waiting:
            by_key.setdefault(self._key_of(entry.record), []).append(entry)
        with run_as_system(org_id=self.run.org_id) as actor:
            projects = self._present(actor, by_key)
            for key, entries in by_key.items():
                if key not in projects:
                    self.counts["new"] += len(entries)
                    continue
                mapping = Mapping(projects[key], People(self.run.source))
                batch = sort_batch(mapping=mapping, source=self.run.source, entries=entries)
                self.counts.update(new=len(batch.new), changed=len(batch.changed), same=len(batch.same))

    def _key_of(self, record: IssueRecord) -> str:
        run = self.run
        return run.project.key if run.project is not None else run.project_key or record.project_key

    def _present(self, actor: Actor, keys: Iterable[str]) -> dict[str, Project]:
        """Those of the projects that are there, as far as whoever started the run may know."""
        if self.run.project is not None:
            return {self.run.project.key: self.run.project}
        reachable = reachable_project_ids(actor=actor, run=self.run)
        found = visible_projects(actor=actor).filter(key__in=list(keys), pk__in=reachable)
        return {project.key: project for project in found}

    # ---- all in all

    def result(self, here: Sequence[tuple[Upload, Format]]) -> dict[str, Any]:
        """What was found, as it is kept with the run."""
        self._sort()
        issues = ("issues", "new", "changed", "same", "failed")
        counted = (*issues, "comments", "links", "attachments", "work_logs", "schedules", "cadences")
        with run_as_system(org_id=self.run.org_id) as actor:
            main = self._main_project(actor)
            mapping = Mapping(main, People(self.run.source, self.choices), self.choices)
            told = self._abouts.get(main.key)
            takes_over = told is not None and told.is_replaced and not mapping.names_own
            mapping.look(actor=actor, outline=(told.types, told.statuses) if told is not None and takes_over else None)
            members = self._members(actor)
            return {
                "rows": self.rows,
                **{name: self.counts[name] for name in counted},
                "notes": self.counts["notes"],
                "left_out": dict(self.left_out),
                "statuses": self._statuses(mapping),
                "types": self._types(mapping),
                "priorities": [
                    {"name": name, "count": named.count, "to": mapping.foresee_priority(sample_of(named))}
                    for name, named in self._names["priorities"].ranked()
                ],
                "people": self._people(members),
                "labels": self._plain("labels"),
                "fields": self._fields(actor, main),
                "versions": self._plain("versions"),
                "sprints": [
                    {"name": name, "count": named.count, "state": most(named.seen)}
                    for name, named in self._names["sprints"].ranked()
                ],
                "columns": _columns(here, self.choices),
                "projects": self._found_projects(),
                "configurations": [
                    {"key": key, "is_replaced": found.is_replaced, "counts": found.counts}
                    for key, found in self._abouts.items()
                ],
                "alike": self._alike(),
                "preview": [self._shown(mapping, members, record) for record in self.preview],
                "problems": (self.failures + self.notes)[:MOST_PROBLEMS],
            }

    def _main_project(self, actor: Actor) -> Project:
        """The project whose words are shown: the one that takes all rows, or most of them, or one like new ones."""
        names = [self.run.project_key] if self.run.project_key else [key for key, _named in self._projects.ranked()[:1]]
        present = self._present(actor, names)
        if present:
            return next(iter(present.values()))
        found = {"projects": self._found_projects(), "sprints": self._names["sprints"]}
        key = next(iter(names), "")
        template = guessing.template_of(found, key=key, takes_all=bool(self.run.project_key))
        return Project(org_id=self.run.org_id, key=key, template=template)

    def _found_projects(self) -> list[dict[str, Any]]:
        return [
            {"key": key, "name": most(named.seen), "count": named.count, "has_sprints": key in self._with_sprints}
            for key, named in self._projects.ranked()
        ]

    def _statuses(self, mapping: Mapping) -> list[dict[str, Any]]:
        found = []
        for name, named in self._names["statuses"].ranked():
            category = most(named.seen)
            record = sample_of(named)
            record.category, record.resolution = category or record.category, ""
            to = mapping.foresee_status(record)
            found.append({"name": name, "count": named.count, "category": category or to["category"], "to": to})
        return found

    def _types(self, mapping: Mapping) -> list[dict[str, Any]]:
        return [
            {
                "name": name,
                "count": named.count,
                "level": guessing.level_of(sample_of(named)).value,
                "to": mapping.foresee_type(sample_of(named)),
            }
            for name, named in self._names["types"].ranked()
        ]

    def _members(self, actor: Actor) -> dict[str, User]:
        """Who of the organization is meant by which handle."""
        known = {handle: named.person for handle, named in self._names["people"].items() if named.person is not None}
        decided = {handle: guessing.chosen(self.choices.people, handle) for handle in known}
        # Whoever is said to be somebody else there goes under that one's name.
        chosen = {handle: 0 if isinstance(found, dict) else found for handle, found in decided.items()}
        addresses = {person.email for handle, person in known.items() if person.email and chosen[handle] is None}
        members = people(actor=actor).filter(kind=User.Kind.PERSON)
        by_id = members.in_bulk([pk for pk in chosen.values() if pk])
        by_email = {user.email: user for user in members.filter(email__in=addresses)}
        found = {
            handle: by_email.get(person.email) if chosen[handle] is None else by_id.get(chosen[handle])
            for handle, person in known.items()
        }
        return {handle: user for handle, user in found.items() if user is not None}

    def _people(self, members: dict[str, User]) -> list[dict[str, Any]]:
        return [
            {
                "handle": handle,
                "name": named.person.name,
                "email": named.person.email,
                "count": named.count,
                "to": members[handle].pk if handle in members else 0,
            }
            for handle, named in self._names["people"].ranked()
            if named.person is not None
        ]

    def _plain(self, kind: str) -> list[dict[str, Any]]:
        return [{"name": name, "count": named.count} for name, named in self._names[kind].ranked()]

    def _fields(self, actor: Actor, project: Project) -> list[dict[str, Any]]:
        there = list_custom_fields(actor=actor, project=project) if project.pk is not None else []
        present = {each.name.casefold(): each for each in there}
        found = []
        for name, named in self._names["fields"].ranked():
            assert named.shape is not None  # noqa: S101 (each of these names was noted with one)
            told = self._abouts.get(project.key)
            kind = told.kinds.get(name, named.shape.kind) if told is not None else named.shape.kind
            kind = str(kind)
            to: Any = self.choices.fields.get(name, {"name": name, "kind": kind})
            is_full = False
            if name not in self.choices.fields and name.casefold() in present:
                there_already = present[name.casefold()]
                to = {"id": there_already.pk, "name": there_already.name}
                is_full = named.shape.overflows(there_already, project.key)
            elif isinstance(to, int):
                to = {"id": to}
            found.append(
                {
                    "name": name,
                    "count": named.count,
                    "kind": kind,
                    "to": to,
                    "examples": list(dict.fromkeys(example(value) for value in named.values))[:_EXAMPLES],
                    "is_crowded": named.shape.is_crowded,
                    "is_full": is_full,
                }
            )
        return found

    def _alike(self) -> dict[str, list[list[str]]]:
        """Names that are probably the same; people by their handles."""
        found = {}
        for kind in ("statuses", "labels"):
            names = [name for name, _named in self._names[kind].ranked()]
            found[kind] = [[names[one], names[other]] for one, other in alike(names)]
        ranked = [(handle, named.person) for handle, named in self._names["people"].ranked() if named.person]
        pairs = alike([person.name for _handle, person in ranked])
        found["people"] = [[ranked[one][0], ranked[other][0]] for one, other in pairs]
        return found

    def _shown(self, mapping: Mapping, members: dict[str, User], record: IssueRecord) -> dict[str, Any]:
        def who(person: Person | None) -> str:
            if person is None:
                return ""
            return members[person.handle].name if person.handle in members else person.name

        return {
            "key": record.key,
            "title": record.title,
            "type": mapping.foresee_type(record)["name"],
            "status": mapping.foresee_status(record)["name"],
            "priority": mapping.foresee_priority(record),
            "assignee": who(record.assignee),
            "reporter": who(record.reporter),
            "labels": record.labels,
            "created_at": record.created_at.isoformat() if record.created_at is not None else None,
            "comments": len(record.comments),
        }


def _columns(here: Sequence[tuple[Upload, Format]], choices: Choices) -> list[dict[str, str]]:
    """The columns of tables, and what each is taken for."""
    found: dict[str, dict[str, str]] = {}
    for upload, file_format in here:
        if isinstance(file_format, Table):
            try:
                columns = file_format.columns(upload, choices)
            except NoTable:
                continue
            for each in columns[:MOST_NAMES]:
                found.setdefault(each.name, {"name": each.name, "to": each.target, "example": each.example})
    return list(found.values())
