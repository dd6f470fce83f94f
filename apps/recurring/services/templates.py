"""Writing templates."""

from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from apps.core.errors import Conflict, Invalid, NotFound
from apps.core.tenancy import Actor
from apps.core.texts import one_line
from apps.events.facts import FieldChange, Subject
from apps.events.services import record, service
from apps.issues.models import TITLE_LENGTH, Issue, Priority
from apps.issues.services.common import clean_points, clean_text, clean_title
from apps.projects.models import IssueType, Project
from apps.projects.selectors import assignable_people
from apps.recurring import facts
from apps.recurring.content import Content
from apps.recurring.models import IssueTemplate, TemplateLabel

from .common import hold, manage

MOST_TEMPLATES = 50
MOST_SUBTASKS = 20
NAME_LENGTH = 60
Assigns = IssueTemplate.Assigns


class TemplateNameTaken(Conflict):
    """Another template of the project has this name."""

    title = gettext_lazy("That name is taken")


class TemplateInUse(Conflict):
    """Issues are made from it by themselves."""

    title = gettext_lazy("A schedule needs this template")


@service
def create_template(*, actor: Actor, project: Project, content: Content) -> IssueTemplate:
    """Make a template, behind those that are there.

    :raises Forbidden: for people who do not administer the project
    :raises Invalid: if a value cannot be stored or belongs elsewhere, or there are as many as a project can have
    :raises TemplateNameTaken: if there is one of this name
    """
    manage(actor, project)
    hold(project)
    present = IssueTemplate.objects.present().filter(project=project)
    if present.count() >= MOST_TEMPLATES:
        raise Invalid(_("A project has at most %(limit)s templates. Delete one first.") % {"limit": MOST_TEMPLATES})
    last = project.issue_templates.order_by("-position").values_list("position", flat=True).first()
    template = IssueTemplate(org_id=actor.org_id, project=project, position=0 if last is None else last + 1)
    _write(actor, template, content)
    _tell(actor, template, facts.TemplateCreated, action="create")
    return template


@service
def edit_template(*, actor: Actor, template: IssueTemplate, content: Content) -> IssueTemplate:
    """Change what issues made from it begin with, from now on.

    :raises Forbidden: for people who do not administer the project
    :raises NotFound: if it was deleted
    :raises Invalid: if a value cannot be stored, or belongs elsewhere
    :raises TemplateNameTaken: if another one has the name
    """
    manage(actor, template.project)
    hold(template.project)
    fresh = _lock(template)
    before = _told(fresh)
    _write(actor, fresh, content)
    changes = tuple(
        FieldChange(name, before[name], value) for name, value in _told(fresh).items() if before[name] != value
    )
    if changes:
        _tell(actor, fresh, facts.TemplateEdited, *changes)
    return fresh


def _lock(template: IssueTemplate, *, is_retired: bool = False) -> IssueTemplate:
    """The template as it is now, kept so.

    :raises NotFound: if it was deleted, or is back, meanwhile
    """
    rows = IssueTemplate.objects.select_for_update(no_key=True).filter(
        pk=template.pk, retired_at__isnull=not is_retired
    )
    fresh: IssueTemplate | None = rows.first()
    if fresh is None:
        raise NotFound(_("This template is gone. Reload the page."))
    fresh.project = template.project
    return fresh


def _write(actor: Actor, template: IssueTemplate, content: Content) -> None:
    project = template.project
    set_words(template, content)
    template.type = _type(project, content.type)
    template.is_default = content.is_default
    _assign(actor, template, content)
    if any(label.project_id != project.pk or label.retired_at is not None for label in content.labels):
        raise Invalid(_("Choose labels of this project."), field="labels")
    if template.is_default:
        _displace(actor, template)
    _refuse_taken_name(template)
    template.save()
    wanted = {label.pk for label in content.labels}
    carried = set(template.template_labels.values_list("label_id", flat=True))
    template.template_labels.filter(label_id__in=carried - wanted).delete()
    TemplateLabel.objects.bulk_create(
        TemplateLabel(org_id=project.org_id, project=project, template=template, label_id=label_id)
        for label_id in sorted(wanted - carried)
    )


def set_words(template: IssueTemplate, content: Content) -> None:
    """Give a template what is of no project.

    :raises Invalid: if a value cannot be stored
    """
    template.name = _name(content.name)
    template.title = clean_title(content.title) if one_line(content.title) else ""
    template.description = clean_text(content.description, field="description")
    if content.priority not in Priority.values:
        raise Invalid(_("Choose one of the offered values."), field="priority")
    template.priority = content.priority
    template.points = clean_points(content.points)
    template.subtasks = _subtasks(content)


def _refuse_taken_name(template: IssueTemplate) -> None:
    """Whoever asks holds the project, so nobody takes the name in between."""
    named = IssueTemplate.objects.present().filter(project=template.project, name=template.name)
    if named.exclude(pk=template.pk).exists():
        raise TemplateNameTaken(_("There is a template “%(name)s” already.") % {"name": template.name}, field="name")


def _name(value: str) -> str:
    name = one_line(clean_text(value, field="name", limit=None))
    if not name:
        raise Invalid(_("Give the template a name."), field="name")
    if len(name) > NAME_LENGTH:
        raise Invalid(_("A name has at most %(limit)s characters.") % {"limit": NAME_LENGTH}, field="name")
    return name


def _type(project: Project, issue_type: IssueType) -> IssueType:
    is_mine = issue_type.project_id == project.pk and issue_type.retired_at is None
    if not is_mine or issue_type.level == IssueType.Level.SUBTASK:
        raise Invalid(_("Choose one of the offered values."), field="type")
    return issue_type


def _assign(actor: Actor, template: IssueTemplate, content: Content) -> None:
    if content.assigns not in Assigns.values:
        raise Invalid(_("Choose one of the offered values."), field="assigns")
    template.assigns = content.assigns
    template.assignee = content.assignee if content.assigns == Assigns.PERSON else None
    if content.assigns != Assigns.PERSON:
        return
    able = assignable_people(actor=actor, project=template.project)
    if content.assignee is None or not able.filter(pk=content.assignee.pk).exists():
        raise Invalid(_("Choose somebody who works in this project."), field="assignee")


def _subtasks(content: Content) -> list[str]:
    titles = [clean_text(title, field="subtasks", limit=None) for title in content.subtasks]
    titles = [title for title in map(one_line, titles) if title]
    if len(titles) > MOST_SUBTASKS:
        raise Invalid(
            _("A template has at most %(limit)s sub-tasks; these are %(count)s.")
            % {"limit": MOST_SUBTASKS, "count": len(titles)},
            field="subtasks",
        )
    if any(len(title) > TITLE_LENGTH for title in titles):
        raise Invalid(_("A title has at most %(limit)s characters.") % {"limit": TITLE_LENGTH}, field="subtasks")
    return titles


def _displace(actor: Actor, template: IssueTemplate) -> None:
    """A type has one template that is filled in at once: the one before is no longer it."""
    others = IssueTemplate.objects.present().filter(project=template.project, type=template.type, is_default=True)
    for other in others.exclude(pk=template.pk).select_for_update(no_key=True):
        other.is_default = False
        other.save(update_fields=["is_default"])
        other.project = template.project
        _tell(actor, other, facts.TemplateEdited, FieldChange("is_default", True, False))


def _told(template: IssueTemplate) -> dict[str, Any]:
    """A template in the words of facts: scalars, and lists of them."""
    return {
        "name": template.name,
        "type": template.type_id,
        "is_default": template.is_default,
        "title": template.title,
        "description": template.description,
        "priority": template.priority,
        "points": None if template.points is None else str(template.points.normalize()),
        "assigns": template.assigns,
        "assignee": template.assignee_id,
        "labels": sorted(template.template_labels.values_list("label_id", flat=True)),
        "subtasks": list(template.subtasks),
    }


@service
def shift_template(*, actor: Actor, template: IssueTemplate, by: int) -> None:
    """Offer a template earlier (`by` is negative) or later. At an end it stays where it is.

    :raises Forbidden: for people who do not administer the project
    :raises NotFound: if it was deleted
    """
    project = template.project
    manage(actor, project)
    hold(project)
    present = list(IssueTemplate.objects.present().filter(project=project).order_by("position", "id"))
    here = next((index for index, each in enumerate(present) if each.pk == template.pk), None)
    if here is None:
        raise NotFound(_("This template is gone. Reload the page."))
    there = min(max(here + by, 0), len(present) - 1)
    if there == here:
        return
    moved = present.pop(here)
    present.insert(there, moved)
    for position, each in enumerate(present):
        each.position = position
    IssueTemplate.objects.bulk_update(present, ["position"])
    moved.project = project
    _tell(actor, moved, facts.TemplateEdited, FieldChange("position", here, there))


@service
def retire_template(*, actor: Actor, template: IssueTemplate) -> None:
    """Delete a template. Issues that were made from it stay as they are.

    :raises Forbidden: for people who do not administer the project
    :raises NotFound: if it is gone already
    :raises TemplateInUse: if a schedule makes issues from it
    """
    manage(actor, template.project)
    # Nobody makes a schedule of it in between.
    hold(template.project)
    fresh = _lock(template)
    if fresh.schedules.filter(retired_at__isnull=True).exists():
        raise TemplateInUse(
            _("Issues are made from “%(name)s” by themselves. Delete its schedule first.") % {"name": fresh.name}
        )
    fresh.retired_at = timezone.now()
    fresh.save(update_fields=["retired_at"])
    _tell(actor, fresh, facts.TemplateDeleted, action="delete")


@service
def restore_template(*, actor: Actor, template: IssueTemplate) -> IssueTemplate:
    """Bring a deleted template back. Where another one is filled in at once by now, that one stays it.

    :raises Forbidden: for people who do not administer the project
    :raises NotFound: if it is back already
    :raises TemplateNameTaken: if another one has the name by now
    """
    project = template.project
    manage(actor, project)
    hold(project)
    fresh = _lock(template, is_retired=True)
    present = IssueTemplate.objects.present().filter(project=project)
    _refuse_taken_name(fresh)
    if present.count() >= MOST_TEMPLATES:
        raise Invalid(_("A project has at most %(limit)s templates. Delete one first.") % {"limit": MOST_TEMPLATES})
    fresh.retired_at = None
    fresh.is_default = fresh.is_default and not present.filter(type_id=fresh.type_id, is_default=True).exists()
    fresh.save(update_fields=["retired_at", "is_default"])
    _tell(actor, fresh, facts.TemplateRestored)
    return fresh


def content_of(issue: Issue, *, actor: Actor, name: str) -> Content:
    """A template's content that makes issues like this one, with its sub-tasks. Who left is assigned no more."""
    able = assignable_people(actor=actor, project=issue.project)
    assignee = able.filter(pk=issue.assignee_id).first() if issue.assignee_id is not None else None
    children = issue.children.filter(deleted_at__isnull=True, type__level__lt=issue.type.level).order_by("rank", "id")
    return Content(
        name=name,
        type=issue.type,
        title=issue.title,
        description=issue.description,
        priority=issue.priority,
        points=issue.points,
        assigns=Assigns.PERSON if assignee is not None else Assigns.NOBODY,
        assignee=assignee,
        labels=list(issue.labels.filter(retired_at__isnull=True)),
        subtasks=list(children.values_list("title", flat=True)[:MOST_SUBTASKS]),
    )


def _tell(
    actor: Actor, template: IssueTemplate, fact: type[facts.TemplateFact], *changes: FieldChange, action: str = "update"
) -> None:
    project = template.project
    subject = Subject(
        model="recurring.issuetemplate", id=template.pk, name=f"{project.key} {template.name}", action=action
    )
    record(
        fact(
            project_id=project.pk,
            template_id=template.pk,
            name=template.name,
            subjects=(subject,),
            changes=changes,
        ),
        actor=actor,
    )
