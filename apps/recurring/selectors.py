"""Reading templates and schedules, and what a template fills in today."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import islice
from typing import Any

from django.db.models import Count, Max, QuerySet
from django.utils.translation import gettext as _

from apps.accounts.models import User
from apps.core.errors import NotFound
from apps.core.tenancy import Actor, happening_at
from apps.issues.selectors import get_workflow, visible_issues
from apps.projects.models import IssueType, Label, Project
from apps.projects.selectors import assignable_people, list_issue_types, list_labels, list_statuses
from apps.recurring.models import IssueTemplate, Occurrence, Schedule
from apps.recurring.slots import Rule, Slot
from apps.recurring.titles import fill_in

# What the forms offer.
ASSIGNS = IssueTemplate.Assigns.choices
FREQUENCIES = Schedule.Frequency.choices
STOPS = Schedule.Stop
# As many coming days as a schedule shows.
SHOWN = 3


def _templates(actor: Actor, project: Project) -> QuerySet[Any]:
    mine = IssueTemplate.objects.filter(org_id=actor.org_id, project=project)
    return mine.select_related("type", "assignee", "project").prefetch_related("labels")


def list_templates(*, actor: Actor, project: Project, is_retired: bool = False) -> list[IssueTemplate]:
    """The project's templates in their order, with all they refer to: two queries, however many.

    :param is_retired: those that were deleted, instead
    """
    return list(_templates(actor, project).filter(retired_at__isnull=not is_retired).order_by("position", "id"))


def template_names(*, actor: Actor, project: Project) -> dict[int, str]:
    """What the project's templates are called by their ids, deleted ones included: a form may still name one."""
    return dict(IssueTemplate.objects.filter(org_id=actor.org_id, project=project).values_list("pk", "name"))


def get_template(*, actor: Actor, project: Project, template_id: int, is_retired: bool = False) -> IssueTemplate:
    """One template of the project.

    :param is_retired: one that was deleted, to bring it back
    :raises NotFound: if there is none with this id
    """
    found = _templates(actor, project).filter(pk=template_id, retired_at__isnull=not is_retired).first()
    if found is None:
        raise NotFound(_("This template is gone. Reload the page."))
    template: IssueTemplate = found
    return template


@dataclass(frozen=True, slots=True, kw_only=True)
class Prefill:
    """What a template fills in on a day, and in words what it names that is no more."""

    template: IssueTemplate
    title: str
    description: str
    type: IssueType | None
    assignee: User | None
    labels: Sequence[Label]
    subtasks: Sequence[str]
    left_out: Sequence[str]


class Present:
    """What templates of a project can refer to as it is now, read once for all of them: three queries."""

    def __init__(self, *, actor: Actor, project: Project) -> None:
        self._actor = actor
        self._types = list_issue_types(actor=actor, project=project)
        self._labels = {label.pk for label in list_labels(actor=actor, project=project)}
        self._people = {person.pk: person for person in assignable_people(actor=actor, project=project)}

    def fill(self, template: IssueTemplate, *, day: date) -> Prefill:
        """What a template, as `list_templates` and `get_template` read it, fills in."""
        left_out = []
        is_typed = any(each.pk == template.type_id for each in self._types)
        if not is_typed:
            left_out.append(_("the type “%(name)s”, which was taken out") % {"name": template.type.name})
        labels = []
        for label in sorted(template.labels.all(), key=lambda label: label.name):
            if label.pk in self._labels:
                labels.append(label)
            else:
                left_out.append(_("the label “%(name)s”, which was deleted") % {"name": label.name})
        assignee = None
        if template.assigns == IssueTemplate.Assigns.CREATOR:
            assignee = self._people.get(self._actor.user_id or 0)
        elif template.assignee is not None:
            assignee = self._people.get(template.assignee.pk)
            if assignee is None:
                left_out.append(_("%(name)s, who does not work here any more") % {"name": template.assignee.name})
        level = template.type.level if is_typed else IssueType.Level.STANDARD
        subtasks = [fill_in(title, day) for title in template.subtasks]
        if subtasks and not any(each.level == level - 1 for each in self._types):
            subtasks = []
            left_out.append(_("the sub-tasks, for which there is no type any more"))
        return Prefill(
            template=template,
            title=fill_in(template.title, day),
            description=fill_in(template.description, day),
            type=template.type if is_typed else None,
            assignee=assignee,
            labels=labels,
            subtasks=subtasks,
            left_out=left_out,
        )


def rule_of(schedule: Schedule) -> Rule:
    """How a schedule repeats."""
    return Rule(
        frequency=schedule.frequency,
        interval=schedule.interval,
        start_date=schedule.start_date,
        at=schedule.at,
        time_zone=schedule.time_zone,
        weekdays=tuple(schedule.weekdays),
        month_day=schedule.month_day,
        nth=schedule.nth,
        end_date=schedule.end_date,
    )


def coming_slots(schedule: Schedule, *, made: int, count: int = SHOWN) -> list[Slot]:
    """The next slots of a schedule from now on, if nobody pauses it.

    :param made: how many issues it has made
    """
    return next_slots(rule_of(schedule), most=schedule.most, made=made, count=count)


def next_slots(rule: Rule, *, most: int | None, made: int = 0, count: int = SHOWN) -> list[Slot]:
    """The next slots of a rule from now on, of at most so many in all."""
    left = count if most is None else min(count, max(most - made, 0))
    return list(islice(rule.slots(after=happening_at()), left))


@dataclass(frozen=True, slots=True, kw_only=True)
class ScheduleLine:
    """A schedule as its page lists it."""

    schedule: Schedule
    made: int
    coming: Sequence[Slot]
    # The last one that it made, where the reader may see it still, and the day of its slot.
    last: Any
    last_day: date | None


def _schedules(actor: Actor, project: Project) -> QuerySet[Any]:
    mine = Schedule.objects.filter(org_id=actor.org_id, project=project)
    return mine.select_related("template", "owner", "status", "project")


def list_schedules(*, actor: Actor, project: Project, is_retired: bool = False) -> list[ScheduleLine]:
    """The project's schedules with what they made last and make next: a constant number of queries.

    :param is_retired: those that were deleted, instead
    """
    found = _schedules(actor, project).filter(retired_at__isnull=not is_retired)
    return _lines(actor, list(found.order_by("template__position", "template_id", "id")))


def line_of(*, actor: Actor, schedule: Schedule) -> ScheduleLine:
    """The same of one schedule."""
    return _lines(actor, [schedule])[0]


def _lines(actor: Actor, schedules: Sequence[Schedule]) -> list[ScheduleLine]:
    ids = [schedule.pk for schedule in schedules]
    mine = Occurrence.objects.filter(org_id=actor.org_id, schedule_id__in=ids)
    newest = mine.values("schedule_id").annotate(newest=Max("id")).values("newest")
    last = {each.schedule_id: each for each in mine.filter(pk__in=newest)}
    made = counts_made(actor=actor, schedule_ids=ids)
    issue_ids = [each.issue_id for each in last.values() if each.issue_id is not None]
    seen = visible_issues(actor=actor).undeleted().filter(pk__in=issue_ids).select_related("project")
    issues = {issue.pk: issue for issue in seen}
    return [
        ScheduleLine(
            schedule=schedule,
            made=made.get(schedule.pk, 0),
            coming=coming_slots(schedule, made=made.get(schedule.pk, 0)),
            last=issues.get(last[schedule.pk].issue_id or 0) if schedule.pk in last else None,
            last_day=last[schedule.pk].slot_date if schedule.pk in last else None,
        )
        for schedule in schedules
    ]


def counts_made(*, actor: Actor, schedule_ids: Collection[int]) -> dict[int, int]:
    """How many issues schedules have made, by their ids: one query."""
    mine = Occurrence.objects.filter(org_id=actor.org_id, schedule_id__in=schedule_ids)
    return dict(mine.values("schedule_id").annotate(count=Count("id")).values_list("schedule_id", "count"))


def get_schedule(*, actor: Actor, project: Project, schedule_id: int, is_retired: bool = False) -> Schedule:
    """One schedule of the project.

    :param is_retired: one that was deleted, to bring it back
    :raises NotFound: if there is none with this id
    """
    found = _schedules(actor, project).filter(pk=schedule_id, retired_at__isnull=not is_retired).first()
    if found is None:
        raise NotFound(_("This schedule is gone. Reload the page."))
    schedule: Schedule = found
    return schedule


def statuses_to_begin_in(*, actor: Actor, project: Project) -> list[Any]:
    """The statuses that a new issue may begin in: the initial one, and those that the workflow leads to from there."""
    statuses = list_statuses(actor=actor, project=project)
    workflow = get_workflow(project=project)
    initial = next(status for status in statuses if status.is_initial)
    return [each for each in statuses if each.is_initial or workflow.edge(initial.pk, each.pk) is not None]
