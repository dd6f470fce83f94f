"""The statuses and types of a project, and the edges between its statuses.

What also changes issues (another category, retiring a status or type) is in `apps.issues.services`.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import Max
from django.utils.translation import gettext as _

from apps.core.errors import Invalid, NotFound
from apps.core.tenancy import Actor
from apps.core.texts import one_line
from apps.events.facts import FieldChange, Subject
from apps.events.services import record, service
from apps.projects import facts
from apps.projects.models import IssueType, Label, Project, Status, Transition
from apps.projects.templates import from_anywhere

from .common import change_look, require_configure
from .labels import HUES, NameTaken

NAME_LENGTH = 60
COMMENT_LENGTH = 2000
# More than anybody can look at, and few enough for a picture and a page.
MOST_STATUSES = 40


def clean_name(name: str) -> str:
    """The name of a part of the workflow.

    :raises Invalid: if there is nothing to read, or too much
    """
    name = one_line(name)
    if not name:
        raise Invalid(_("Give it a name."), field="name")
    if len(name) > NAME_LENGTH:
        raise Invalid(_("A name has at most %(limit)s characters.") % {"limit": NAME_LENGTH}, field="name")
    return name


def save_named(part: Status | IssueType) -> None:
    """Store a status or type.

    :raises NameTaken: if another one of the project has the name
    """
    try:
        with transaction.atomic():
            part.save()
    except IntegrityError as error:
        raise NameTaken(_("There is already one called “%(name)s”.") % {"name": part.name}, field="name") from error


def tell(actor: Actor, part: Status | IssueType | Transition, *changes: FieldChange, action: str = "update") -> None:
    """Record that a part of the workflow changed: every page of the project draws itself anew."""
    model = part._meta.label_lower
    record(
        facts.WorkflowChanged(
            project_id=part.project_id,
            part=model,
            part_id=part.pk,
            subjects=(Subject(model=model, id=part.pk, name=str(part), action=action),),
            changes=changes,
        ),
        actor=actor,
    )


@service
def add_status(*, actor: Actor, project: Project, name: str, category: str, hue: int | None = None) -> Status:
    """Add a step to the end of the workflow, which can be reached from any other. No board shows it yet.

    :raises Forbidden: for people who do not administer the project
    :raises Invalid: if the name or category cannot be used, or beyond `MOST_STATUSES`
    :raises NameTaken: if another status has the name
    """
    require_configure(actor, project)
    if category not in Status.Category.values:
        raise Invalid(_("Choose one of the offered values."), field="category")
    present = project.statuses.filter(retired_at__isnull=True)
    if not actor.is_system and present.count() >= MOST_STATUSES:
        raise Invalid(_("A project has at most %(limit)s statuses.") % {"limit": MOST_STATUSES}, field="name")
    last = present.aggregate(last=Max("position"))["last"]
    status = Status(
        org_id=actor.org_id,
        project=project,
        name=clean_name(name),
        category=category,
        hue=clean_hue(hue),
        position=0 if last is None else last + 1,
    )
    save_named(status)
    from_anywhere(status).save()
    tell(actor, status, FieldChange("category", None, category), action="create")
    return status


def clean_hue(hue: int | None) -> int | None:
    """One of our colours, or none.

    :raises Invalid: otherwise
    """
    if hue is not None and hue not in HUES:
        raise Invalid(_("Choose one of the offered values."), field="hue")
    return hue


@service
def order_statuses(*, actor: Actor, project: Project, status_ids: Sequence[int]) -> list[Status]:
    """Put the statuses into this order.

    :raises Forbidden: for people who do not administer the project
    :raises Invalid: if these are not all of the project's statuses, once each
    """
    require_configure(actor, project)
    statuses = {
        status.pk: status
        for status in Status.objects.select_for_update(no_key=True)
        .filter(org_id=actor.org_id, project=project, retired_at__isnull=True)
        .order_by("pk")
    }
    if sorted(status_ids) != sorted(statuses):
        raise Invalid(_("The statuses have changed in the meantime. Reload the page."), field="order")
    for position, status_id in enumerate(status_ids):
        status = statuses[status_id]
        if status.position != position:
            change = FieldChange("position", status.position, position)
            status.position = position
            status.save(update_fields=["position"])
            tell(actor, status, change)
    return [statuses[status_id] for status_id in status_ids]


@service
def choose_initial_status(*, actor: Actor, status: Status) -> Status:
    """Let new issues begin in this status from now on.

    :raises Forbidden: for people who do not administer the project
    :raises NotFound: if it is retired
    :raises Invalid: if it means that the work is over
    """
    require_configure(actor, status.project)
    statuses = Status.objects.select_for_update(no_key=True).filter(org_id=actor.org_id, project_id=status.project_id)
    by_id = {each.pk: each for each in statuses.order_by("pk")}
    fresh = by_id.get(status.pk)
    if fresh is None or fresh.retired_at is not None:
        raise NotFound
    if fresh.is_closed:
        raise Invalid(_("New issues cannot begin in a status that means they are over."), field="is_initial")
    if fresh.is_initial:
        return fresh
    for former in by_id.values():
        if former.is_initial:
            former.is_initial = False
            former.save(update_fields=["is_initial"])
    fresh.is_initial = True
    fresh.save(update_fields=["is_initial"])
    tell(actor, fresh, FieldChange("is_initial", False, True))
    return fresh


@service
def add_issue_type(
    *, actor: Actor, project: Project, name: str, icon: str, hue: int, level: int = IssueType.Level.STANDARD
) -> IssueType:
    """Add a type that issues can have.

    :raises Forbidden: for people who do not administer the project
    :raises Invalid: if a value cannot be used
    :raises NameTaken: if another type has the name
    """
    require_configure(actor, project)
    issue_type = IssueType(
        org_id=actor.org_id,
        project=project,
        name=clean_name(name),
        icon=icon,
        hue=clean_hue(hue) or 0,
        level=level,
        position=project.issue_types.count(),
    )
    save_named(issue_type)
    tell(actor, issue_type, action="create")
    return issue_type


@service
def edit_issue_type(*, actor: Actor, issue_type: IssueType, name: str, icon: str, hue: int) -> IssueType:
    """Rename a type or give it another sign, on every card at once. Its level stays: issues are nested by it.

    :raises Forbidden: for people who do not administer the project
    :raises Invalid: if a value cannot be used
    :raises NameTaken: if another type has the name
    """
    require_configure(actor, issue_type.project)
    wanted = {"name": clean_name(name), "icon": icon, "hue": clean_hue(hue)}
    changes = apply_changes(issue_type, wanted)
    if changes:
        save_named(issue_type)
        change_look(issue_type.project)
        tell(actor, issue_type, *changes)
    return issue_type


def apply_changes(part: Status | IssueType | Transition, wanted: dict[str, Any]) -> tuple[FieldChange, ...]:
    """Set what differs, and say what did."""
    changes = []
    for name, value in wanted.items():
        old = getattr(part, name)
        if old != value:
            setattr(part, name, value)
            changes.append(FieldChange(name, _as_json(old), _as_json(value)))
    return tuple(changes)


def _as_json(value: Any) -> Any:
    return getattr(value, "pk", value)


@dataclass(slots=True, kw_only=True)
class Rules:
    """What a transition asks for and what happens with it; see `Transition`."""

    allowed_parties: Collection[str] = field(default_factory=tuple)
    required_fields: Collection[str] = field(default_factory=tuple)
    needs_finished_subtasks: bool = False
    needs_no_open_blocker: bool = False
    sets_priority: int | None = None
    assigns: str = ""
    adds_label: Label | None = None
    comment: str = ""


@service
def set_transition(
    *, actor: Actor, source: Status | None, target: Status, name: str = "", rules: Rules | None = None
) -> Transition:
    """Let a status (or any, without a source) lead to another one, under these rules.

    Without a name it has the target's.

    :raises Forbidden: for people who do not administer the project
    :raises Invalid: if the two are one, belong to different projects or are retired, or a rule makes no sense
    """
    project = target.project
    require_configure(actor, project)
    ends = [target] if source is None else [source, target]
    if any(end.project_id != project.pk or end.retired_at is not None for end in ends):
        raise Invalid(_("Choose statuses of this project."), field="source")
    if source is not None and source.pk == target.pk:
        raise Invalid(_("A transition leads to another status."), field="target")
    wanted = clean_rules(project, rules or Rules()) | {"name": clean_name(name or target.name)}
    transition = (
        Transition.objects.select_for_update(no_key=True)
        .filter(org_id=actor.org_id, project=project, source=source, target=target)
        .first()
    )
    if transition is None:
        transition = Transition(org_id=actor.org_id, project=project, source=source, target=target)
        action = "create"
    else:
        action = "update"
    changes = apply_changes(transition, wanted)
    if changes or action == "create":
        transition.save()
        tell(actor, transition, *changes, action=action)
    return transition


def clean_rules(project: Project, rules: Rules) -> dict[str, Any]:
    """What a transition asks for, as it is stored.

    :raises Invalid: if a rule makes no sense
    """
    chosen = (
        ("allowed_parties", rules.allowed_parties, Transition.Party),
        ("required_fields", rules.required_fields, Transition.Required),
        ("assigns", [rules.assigns], Transition.Assigns),
    )
    for name, values, offered in chosen:
        # A status is not among them: a step that took another one could go round for ever.
        if not set(values) <= set(offered.values):
            raise Invalid(_("Choose one of the offered values."), field=name)
    if rules.sets_priority is not None and rules.sets_priority not in range(5):
        raise Invalid(_("Choose one of the offered values."), field="sets_priority")
    if rules.adds_label is not None and rules.adds_label.project_id != project.pk:
        raise Invalid(_("That label belongs to another project."), field="adds_label")
    comment = rules.comment.strip()
    if "\x00" in comment or len(comment) > COMMENT_LENGTH:
        raise Invalid(
            _("A comment of the workflow has at most %(limit)s characters.") % {"limit": COMMENT_LENGTH},
            field="comment",
        )
    return {
        "allowed_parties": [party for party in Transition.Party.values if party in rules.allowed_parties],
        "required_fields": [name for name in Transition.Required.values if name in rules.required_fields],
        "needs_finished_subtasks": rules.needs_finished_subtasks,
        "needs_no_open_blocker": rules.needs_no_open_blocker,
        "sets_priority": rules.sets_priority,
        "assigns": rules.assigns,
        "adds_label": rules.adds_label,
        "comment": comment,
    }


@service
def remove_transition(*, actor: Actor, transition: Transition) -> None:
    """Close a way between two statuses. Issues stay where they are.

    :raises Forbidden: for people who do not administer the project
    :raises NotFound: if it is gone already
    """
    require_configure(actor, transition.project)
    transition_id = transition.pk
    deleted, _by_model = Transition.objects.filter(org_id=actor.org_id, pk=transition_id).delete()
    if not deleted:
        raise NotFound
    ends = (FieldChange("source", transition.source_id, None), FieldChange("target", transition.target_id, None))
    tell(actor, transition, *ends, action="delete")
