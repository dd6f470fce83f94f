"""What the quick actions of a text would do to an issue: their words looked up in its project. Nothing is changed."""

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from typing import Any

from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from apps.accounts.models import User
from apps.accounts.reading import short_day
from apps.accounts.selectors import today_of
from apps.core.durations import in_hours, read_minutes
from apps.core.errors import Forbidden, NotFound
from apps.core.tenancy import Actor
from apps.issues.models import Issue, IssueLink, Priority
from apps.issues.quick_actions import (
    ACTIONS,
    NOTHING,
    Command,
    Spent,
    at_line,
    check_actions,
    read_day,
    read_spent,
    refusal,
)
from apps.issues.selectors.one import find_issue
from apps.issues.selectors.passage import Workflow, get_workflow, landing
from apps.issues.selectors.picking import only, pick
from apps.issues.selectors.reach import OPEN_SPRINTS
from apps.issues.selectors.visible import ISSUE_KEY, visible_issues
from apps.issues.selectors.working import more_than_logged, own_work
from apps.projects import policies
from apps.projects.models import Label, Project, Status
from apps.projects.selectors import assignable_people, list_labels, list_statuses

_OPEN = (Status.Category.TODO, Status.Category.IN_PROGRESS, Status.Category.BACKLOG)
_KEYED = {"parent", "duplicate", "blocks", "relate"}


@dataclass(frozen=True, slots=True)
class Step:
    """One thing that is to be done, in words, before and after."""

    command: Command
    will: str = ""
    did: str = ""
    # What of the issue becomes another value (as `bulk_edit` names it), or else what it becomes to the other issue.
    name: str = ""
    value: Any = None
    other: Issue | None = None


@dataclass(slots=True)
class Plan:
    """What a text's actions do, in their order; of those that set one thing, the last one does."""

    steps: dict[str, Step] = field(default_factory=dict)

    def put(self, key: str, step: Step) -> None:
        """Take a step in, instead of an earlier one for the same thing."""
        self.steps.pop(key, None)
        self.steps[key] = step

    @property
    def will(self) -> list[str]:
        """What is going to happen, a sentence each."""
        return [step.will for step in self.steps.values() if step.will]

    @property
    def did(self) -> str:
        """What has happened, in one sentence."""
        said = ", ".join(step.did for step in self.steps.values() if step.did)
        return said[:1].upper() + said[1:]

    @property
    def others(self) -> list[Issue]:
        """The other issues that change along."""
        return [step.other for step in self.steps.values() if step.other is not None]


def plan_actions(*, actor: Actor, issue: Issue, commands: Sequence[Command], begins_with: Collection[int] = ()) -> Plan:
    """Look up what the actions of a text mean for an issue: a query for each kind of thing that they name.

    :param begins_with: ids of the labels that an issue which does not exist yet is going to have
    :raises Forbidden: for people who may not do one of them
    :raises Invalid: if one makes no sense, or names nothing or several things; it says in which line
    """
    check_actions(tuple(commands))
    for command in commands:
        is_allowed = policies.can_comment if ACTIONS[command.name].is_for_all else policies.can_edit_issues
        if not is_allowed(actor, issue.project):
            raise Forbidden(at_line(command, Forbidden.detail))
    planner = _Planner(actor, issue, commands, begins_with)
    for command in commands:
        planner.do(command)
    return planner.plan


def new_issue_for(
    *,
    actor: Actor,
    project: Project,
    status_id: int | None = None,
    assignee_id: int | None = None,
    is_from_outside: bool = False,
) -> Issue:
    """An issue as somebody is about to create it, for `plan_actions` to look at before there is one: two queries.

    In a status that the project does not have, and where it will wait in Triage, it begins where issues begin.
    """
    waits = project.has_triage and (is_from_outside or policies.comes_from_outside(actor))
    statuses = project.statuses.filter(org_id=actor.org_id)
    chosen = None if waits else statuses.filter(pk=status_id or 0, retired_at__isnull=True).first()
    return Issue(
        org_id=project.org_id,
        project=project,
        status=chosen or statuses.get(is_initial=True),
        reporter_id=actor.user_id,
        assignee_id=assignee_id,
        triage_since=timezone.now() if waits else None,
    )


class _Planner:
    """Reads what the commands need, once for all of them."""

    def __init__(
        self, actor: Actor, issue: Issue, commands: Sequence[Command], begins_with: Collection[int] = ()
    ) -> None:
        self.actor = actor
        self.issue = issue
        self.is_new = issue._state.adding
        self.begins_with = begins_with
        self.project = issue.project
        self.plan = Plan()
        asked = {command.name for command in commands}
        self.statuses: list[Status] = []
        self.labels: list[Label] = []
        self.people: list[User] = []
        self.sprints: list[Any] = []
        if asked & {"status", "close", "reopen", "duplicate"}:
            self.statuses = list(list_statuses(actor=actor, project=self.project))
        if asked & {"label", "unlabel"}:
            self.labels = list(list_labels(actor=actor, project=self.project))
        if "sprint" in asked:
            open_ones = self.project.sprints.filter(org_id=actor.org_id, state__in=OPEN_SPRINTS)
            self.sprints = sorted(open_ones, key=lambda each: (each.start_date is None, each.start_date, each.pk))
        if "assign" in asked:
            self.people = self._people([command for command in commands if command.name == "assign"])
        self.issues = self._issues([command for command in commands if command.name in _KEYED])

    def _people(self, commands: Iterable[Command]) -> list[User]:
        named = Q(pk=self.actor.user_id)
        for command in commands:
            words = command.words.removeprefix("@")
            named |= Q(handle__istartswith=words) | Q(name__istartswith=words) | Q(name__icontains=f" {words}")
        return list(assignable_people(actor=self.actor, project=self.project).filter(named))

    def _issues(self, commands: Iterable[Command]) -> dict[str, Issue]:
        keys = {key for command in commands if ISSUE_KEY.fullmatch(key := _key(command))}
        if not keys:
            return {}
        split = [key.rpartition("-") for key in keys]
        rows = visible_issues(actor=self.actor).filter(
            project__key__in={part[0] for part in split}, number__in={int(part[2]) for part in split}
        )
        found = {f"{row.project.key}-{row.number}": row for row in rows.select_related("project", "status", "type")}
        return {key: issue for key, issue in found.items() if key in keys}

    @cached_property
    def _today(self) -> date:
        return today_of(user_id=self.actor.user_id)

    @cached_property
    def _workflow(self) -> Workflow:
        return get_workflow(project=self.project)

    def do(self, command: Command) -> None:
        """Plan one of them."""
        does: Callable[[Command], None] = getattr(self, f"_{command.name}")
        does(command)

    def _set(self, command: Command, name: str, value: Any, will: str, did: str) -> None:
        self.plan.put(name, Step(command, will, did, name, value))

    # One method for each action, by its name.

    def _assign(self, command: Command) -> None:
        if command.words.lower() == "me":
            chosen = next((person for person in self.people if person.pk == self.actor.user_id), None)
            if chosen is None:
                raise refusal(command, _("Issues of this project cannot be given to you."))
        else:
            handle = command.words.removeprefix("@")
            named = [(person, (person.name, person.handle or "")) for person in self.people]
            nobody = _("Nobody who works in this project is called “%(name)s”.") % {"name": handle}
            chosen = pick(command, handle, named, nobody, is_listed=False)
        will = _("Will assign %(name)s.") % {"name": chosen.name}
        self._set(command, "assignee", chosen.pk, will, _("assigned to %(name)s") % {"name": chosen.name})

    def _unassign(self, command: Command) -> None:
        self._set(command, "assignee", None, _("Will assign nobody."), _("assigned to nobody"))

    def _label(self, command: Command) -> None:
        chosen = self._one_label(command)
        will = _("Will add the label %(name)s.") % {"name": chosen.name}
        did = _("labelled %(name)s") % {"name": chosen.name}
        self.plan.put(f"label {chosen.pk}", Step(command, will, did, "labels_add", chosen.pk))

    def _unlabel(self, command: Command) -> None:
        if command.words:
            labels = [self._one_label(command)]
        else:
            carried = self._carried()
            labels = [label for label in self.labels if label.pk in carried or f"label {label.pk}" in self.plan.steps]
        for label in labels:
            will = _("Will take off the label %(name)s.") % {"name": label.name}
            did = _("label %(name)s taken off") % {"name": label.name}
            self.plan.put(f"label {label.pk}", Step(command, will, did, "labels_remove", label.pk))

    def _carried(self) -> Collection[int]:
        """The ids of the labels that it has, or begins with."""
        if self.is_new:
            return self.begins_with
        return set(self.issue.issue_labels.values_list("label_id", flat=True))

    def _one_label(self, command: Command) -> Label:
        nothing = _("There is no label “%(name)s”.") % {"name": command.words}
        return pick(command, command.words, [(label, (label.name,)) for label in self.labels], nothing)

    def _priority(self, command: Command) -> None:
        named = [(choice, (choice.name, str(choice.label))) for choice in Priority]
        chosen = pick(command, command.words, named, _("There is no such priority."))
        will = _("Will set the priority to %(name)s.") % {"name": chosen.label}
        self._set(command, "priority", chosen.value, will, _("priority %(name)s") % {"name": chosen.label})

    def _status(self, command: Command) -> None:
        nothing = _("There is no status “%(name)s”.") % {"name": command.words}
        named = [(status, (status.name,)) for status in self.statuses]
        self._move(command, pick(command, command.words, named, nothing))

    def _close(self, command: Command) -> None:
        self._end(command, Status.Category.DONE)

    def _reopen(self, command: Command) -> None:
        if self.issue.status.is_closed:
            self._land(command, [each for category in _OPEN for each in self.statuses if each.category == category])
        else:
            self._move(command, self.issue.status)

    def _end(self, command: Command, category: str) -> None:
        """Close it there; what is closed stays where it is."""
        if self.issue.status.is_closed:
            self._move(command, self.issue.status)
        else:
            self._land(command, [each for each in self.statuses if each.category == category])

    def _land(self, command: Command, statuses: list[Status]) -> None:
        """Move to the first of some statuses that the workflow offers."""
        if not statuses:
            raise refusal(command, _("The workflow of this project has no status for that."))
        to = landing(actor=self.actor, issue=self.issue, statuses=statuses, workflow=self._workflow)
        self._move(command, to)

    def _move(self, command: Command, status: Status) -> None:
        will = _("Will be in %(status)s.") % {"status": status.name}
        self._set(command, "status", status.pk, will, _("now in %(status)s") % {"status": status.name})

    def _due(self, command: Command) -> None:
        if command.words.lower() == NOTHING:
            self._set(command, "due_date", None, _("Will have no due date."), _("not due any more"))
            return
        try:
            day = read_day(command.words, self._today)
        except ValueError as error:
            raise refusal(command, _("Write a day such as 2026-12-01, “friday” or “in 2 days”.")) from error
        words = {"day": short_day(day)}
        self._set(command, "due_date", day, _("Will be due %(day)s.") % words, _("due %(day)s") % words)

    def _estimate(self, command: Command) -> None:
        if command.words.lower() == NOTHING:
            self._set(command, "points", None, _("Will have no estimate."), _("without an estimate"))
            return
        words = {"points": command.words}
        will = _("Will be estimated at %(points)s.") % words
        self._set(command, "points", command.words, will, _("estimated at %(points)s") % words)

    def _spend(self, command: Command) -> None:
        self._refuse_untracked(command)
        today = self._today
        try:
            spent = read_spent(command.words, today=today, working=self.project.working_time)
        except ValueError as error:
            raise refusal(
                command, _("Write a time, then the day if it was not today: “2h”, “1h 30m yesterday”, “-30m”.")
            ) from error
        if spent.day is not None and spent.day > today:
            raise refusal(command, _("That day is still to come. Choose today or a day before."))
        time = in_hours(abs(spent.minutes))
        if spent.minutes < 0:
            self._refuse_more_than_logged(command, spent)
            will, did = _("Will take %(time)s back."), _("took %(time)s back")
        elif spent.day in {None, today}:
            will, did = _("Will log %(time)s."), _("logged %(time)s")
        else:
            will, did = _("Will log %(time)s for %(day)s."), _("logged %(time)s for %(day)s")
        words = {"time": time, "day": short_day(spent.day or today)}
        # Each counts, not the last one alone.
        self.plan.put(f"spend {command.line}", Step(command, will % words, did % words, "spend", spent))

    def _refuse_untracked(self, command: Command) -> None:
        if not self.project.has_time_tracking:
            off = _("This project does not track time; an admin can switch it on in its settings.")
            raise refusal(command, off + " " + _("To keep the line as text, put a space before it."))

    def _refuse_more_than_logged(self, command: Command, spent: Spent) -> None:
        logged = 0
        if not self.is_new:
            mine = own_work(actor=self.actor, issue=self.issue, day=spent.day)
            logged = sum(mine.values_list("minutes", flat=True))
        if logged < -spent.minutes:
            raise refusal(command, more_than_logged(logged))

    def _remaining(self, command: Command) -> None:
        self._refuse_untracked(command)
        if command.words.lower() == NOTHING:
            self._set(
                command, "time_remaining", None, _("Will not say what remains."), _("without a time that remains")
            )
            return
        try:
            minutes = read_minutes(command.words, working=self.project.working_time)
        except ValueError as error:
            raise refusal(command, _("Write a time with its unit, such as 1h 30m, 1.5h, 90m or 2d.")) from error
        words = {"time": in_hours(minutes)}
        will, did = _("Will have %(time)s left.") % words, _("%(time)s left") % words
        self._set(command, "time_remaining", minutes, will, did)

    def _parent(self, command: Command) -> None:
        if command.words.lower() == NOTHING:
            self._set(command, "parent", None, _("Will belong to no other issue."), _("part of no other issue"))
            return
        other, words = self._other(command)
        self._set(command, "parent", other.pk, _("Will be part of %(key)s.") % words, _("part of %(key)s") % words)

    def _sprint(self, command: Command) -> None:
        words = command.words.lower()
        if words == NOTHING:
            self._set(command, "sprint", None, _("Will be in no sprint."), _("in no sprint"))
            return
        active = [sprint for sprint in self.sprints if sprint.state == "active"]
        planned = [sprint for sprint in self.sprints if sprint.state == "planned"]
        candidates = {"current": active, "next": planned[:1]}.get(words)
        nothing = _("There is no open sprint “%(name)s”.") % {"name": command.words}
        if candidates is None:
            chosen = pick(command, command.words, [(each, (each.name,)) for each in self.sprints], nothing)
        else:
            chosen = only(command, [(each, (each.name,)) for each in candidates], nothing)
        will = _("Will be in %(sprint)s.") % {"sprint": chosen.name}
        self._set(command, "sprint", chosen.pk, will, _("planned for %(sprint)s") % {"sprint": chosen.name})

    def _duplicate(self, command: Command) -> None:
        other, words = self._other(command)
        will, did = _("Will be a duplicate of %(key)s.") % words, _("a duplicate of %(key)s") % words
        if self.issue.triage_since is None:  # else that is part of the decision
            self._end(command, Status.Category.CANCELLED)
        self.plan.put("duplicate", Step(command, will, did, IssueLink.Kind.DUPLICATES, other=other))

    def _blocks(self, command: Command) -> None:
        other, words = self._other(command)
        will, did = _("Will block %(key)s.") % words, _("blocks %(key)s") % words
        self.plan.put(f"blocks {other.pk}", Step(command, will, did, IssueLink.Kind.BLOCKS, other=other))

    def _relate(self, command: Command) -> None:
        other, words = self._other(command)
        will, did = _("Will be linked to %(key)s.") % words, _("linked to %(key)s") % words
        self.plan.put(f"relates {other.pk}", Step(command, will, did, IssueLink.Kind.RELATES, other=other))

    def _other(self, command: Command) -> tuple[Issue, dict[str, str]]:
        """Another issue by its key, also one that it had before, and the words that name it."""
        key = _key(command)
        try:
            found = self.issues.get(key) or find_issue(actor=self.actor, key=key)
        except NotFound as error:
            raise refusal(command, _("There is no issue “%(key)s”, or not for you.") % {"key": key[:40]}) from error
        return found, {"key": f"{found.project.key}-{found.number}"}

    def _watch(self, command: Command) -> None:
        self._set(command, "watch", True, _("You will watch it."), _("you are watching it"))

    def _unwatch(self, command: Command) -> None:
        self._set(command, "watch", False, _("You will not watch it any more."), _("you are not watching it any more"))

    def _archive(self, command: Command) -> None:
        self._set(command, "archived", True, _("Will be archived."), _("archived"))


def _key(command: Command) -> str:
    """The key that is named, also by an address that ends in it."""
    return command.words.rstrip("/").rsplit("/", 1)[-1].removeprefix("#").upper()
