"""A project's whole configuration, copied from another one: for a new project, and onto one that is there."""

from collections import Counter
from collections.abc import Iterator
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import Model
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from apps.boards.facts import BoardChanged, ConfigurationCopied, ConfigurationImported, ConfigurationTakenBack
from apps.boards.models import Board, BoardChoice, Column, QuickFilter
from apps.boards.selectors.copying import PARTS, SETTINGS, CopyPlan, Ways, copy_plan
from apps.boards.services.columns import MOST_COLUMNS
from apps.boards.services.common import require_configure
from apps.boards.services.configuring import MOST_BOARDS
from apps.boards.services.quick_filters import MOST_QUICK_FILTERS
from apps.core.errors import Conflict, Forbidden, Invalid, NotFound
from apps.core.tenancy import Actor
from apps.events.facts import FieldChange, Subject
from apps.events.models import Change, Event
from apps.events.services import record, service
from apps.issues.services import hold_statuses
from apps.issues.services.moving import TAKE_BACK
from apps.projects import facts as project_facts
from apps.projects import policies
from apps.projects.models import CustomField, IssueType, Label, Project, Status, Transition
from apps.projects.selectors import list_statuses
from apps.projects.services import MOST_FIELDS, MOST_STATUSES, copy_members, create_project
from apps.recurring import facts as recurring_facts
from apps.recurring.models import IssueTemplate
from apps.recurring.services import MOST_TEMPLATES
from apps.sprints.facts import CadenceChanged

_MODELS: dict[str, type[Model]] = {part.model._meta.label_lower: part.model for part in PARTS}
_WAYS = Transition._meta.label_lower
# After one of these the configuration is not what copying, or an import, left behind.
CHANGES = tuple(
    fact.kind
    for fact in (
        BoardChanged,
        CadenceChanged,
        ConfigurationCopied,
        ConfigurationImported,
        ConfigurationTakenBack,
        project_facts.CustomFieldChanged,
        project_facts.FieldOptionRemoved,
        project_facts.FieldOptionRestored,
        project_facts.LabelCreated,
        project_facts.LabelDeleted,
        project_facts.LabelEdited,
        project_facts.LabelRestored,
        project_facts.ProjectEdited,
        project_facts.WorkflowChanged,
        recurring_facts.TemplateCreated,
        recurring_facts.TemplateDeleted,
        recurring_facts.TemplateEdited,
        recurring_facts.TemplateRestored,
    )
)


class ConfigurationChanged(Conflict):
    """Somebody changed the project's configuration at the same moment, or since."""

    title = gettext_lazy("The configuration was changed in the meantime")


class CopyInUse(Conflict):
    """Issues have what was copied."""

    title = gettext_lazy("What was copied is in use")


def plan_copy(*, actor: Actor, source: Project, target: Project) -> CopyPlan:
    """What copying would do, if it can be done; see `copy_plan`.

    :raises Invalid: if the project, or one of its boards, would have more of something than it can
    """
    plan = copy_plan(actor=actor, source=source, target=target)
    counts = (
        (Status, len, MOST_STATUSES, _("A project has at most %(limit)s statuses; it would have %(count)s.")),
        (
            CustomField,
            len,
            MOST_FIELDS,
            _("A project has at most %(limit)s fields of its own; it would have %(count)s."),
        ),
        (Board, len, MOST_BOARDS, _("A project has at most %(limit)s boards; it would have %(count)s.")),
        (
            IssueTemplate,
            len,
            MOST_TEMPLATES,
            _("A project has at most %(limit)s issue templates; it would have %(count)s."),
        ),
        (Column, _on_the_fullest, MOST_COLUMNS, _("A board has at most %(limit)s columns; one would have %(count)s.")),
        (
            QuickFilter,
            _on_the_fullest,
            MOST_QUICK_FILTERS,
            _("A board has at most %(limit)s quick filters; one would have %(count)s."),
        ),
    )
    for model, count, most, sentence in counts:
        added = plan.added[model]
        if added and (found := count([*plan.present[model], *added])) > most:
            raise Invalid(sentence % {"limit": most, "count": found}, field="from")
    return plan


def _on_the_fullest(rows: list[Any]) -> int:
    """How many there are on the board that has most. One that is not stored yet is told by itself."""
    return max(Counter(row.board_id or id(row.board) for row in rows).values())


@service
def create_project_like(
    *, actor: Actor, source: Project, key: str, name: str, visibility: str, with_members: bool = False
) -> tuple[Project, CopyPlan, int]:
    """Start a project with the whole configuration of another one; its creator administers it.

    :param with_members: those who have a role of their own there get it here
    :returns: the project, what it got, and how many people
    :raises NotFound: if the actor may not know of the other project
    :raises Forbidden: for guests
    :raises Invalid: if key or name cannot be used
    :raises KeyTaken: if another project has the key
    """
    if source.org_id != actor.org_id or not policies.can_see(actor, source):
        raise NotFound
    project, actor = create_project(
        actor=actor, key=key, name=name, template=source.template, visibility=visibility, set_up=_leave_empty
    )
    # First the people: what is copied may name them.
    people = copy_members(actor=actor, source=source, project=project) if with_members else 0
    plan = plan_copy(actor=actor, source=source, target=project)
    store_plan(plan, Ways.KEEP)
    _tell(actor, plan, Ways.KEEP, is_new=True)
    return project, plan, people


def _leave_empty(_project: Project) -> None:
    """The configuration of the other project comes in place of a template's."""


@service
def copy_configuration(
    *, actor: Actor, source: Project, target: Project, ways: Ways = Ways.KEEP, seen: str | None = None
) -> CopyPlan:
    """Give a project all that it lacks of the configuration of another one.

    What it has by the same name stays as it is, and nothing that issues have goes. `take_copy_back` undoes it.

    :param ways: whether its transitions stay, or those between statuses of both become the other's
    :param seen: the digest of the plan that somebody agreed to
    :raises NotFound: if the actor may not know of the source
    :raises Forbidden: for people who do not administer the target
    :raises SameProject: if the two are one
    :raises ArchivedProject: if the target is archived
    :raises Invalid: if it would have more of something than it can
    :raises ConfigurationChanged: if it would do something else by now, or somebody changes the same at this moment
    """
    require_configure(actor, target)
    target = hold_configuration(actor, target)
    plan = plan_copy(actor=actor, source=source, target=target)
    if seen is not None and seen != plan.digest:
        raise ConfigurationChanged(_("Nothing was copied. Look at what would be copied now, and decide again."))
    if plan.does_something(ways):
        try:
            with transaction.atomic():
                store_plan(plan, ways)
        except IntegrityError as error:
            raise ConfigurationChanged(_("Somebody added something of the same name. Look again.")) from error
        _tell(actor, plan, ways, is_new=False)
    return plan


def hold_configuration(actor: Actor, project: Project) -> Project:
    """The project read anew; until the commit nobody else changes what it is made of."""
    # Statuses come before boards, and whoever renames one changes the project after it.
    hold_statuses(list_statuses(actor=actor, project=project))
    project = _lock(actor, project)
    boards = Board.objects.select_for_update(no_key=True).filter(
        org_id=actor.org_id, project=project, deleted_at__isnull=True
    )
    list(boards.order_by("pk"))
    return project


def _lock(actor: Actor, project: Project) -> Project:
    """The project read anew, that nobody else configures as a whole until the commit."""
    return Project.objects.select_for_update(no_key=True).get(org_id=actor.org_id, pk=project.pk)


def store_plan(plan: CopyPlan, ways: Ways) -> None:
    """Store what a plan adds, and change what it changes."""
    if ways is Ways.REPLACE and plan.going:
        Transition.objects.filter(pk__in=[way.pk for way in plan.going]).delete()
    for model, rows in plan.rows(ways).items():
        model._default_manager.bulk_create(rows, batch_size=2000)
    if plan.settings:
        for name, value in plan.settings.items():
            setattr(plan.target, name, value)
        plan.target.save(update_fields=list(plan.settings))


def _tell(actor: Actor, plan: CopyPlan, ways: Ways, *, is_new: bool) -> None:
    stored = {model._meta.label_lower: rows for model, rows in plan.rows(ways).items() if rows}
    going = plan.going if ways is Ways.REPLACE else []
    changes = [FieldChange(label, None, [row.pk for row in rows]) for label, rows in stored.items()]
    if going:
        changes.append(FieldChange("replaced", [_as_json(way) for way in going], None))
    changes += [FieldChange(name, plan.settings_now[name], value) for name, value in plan.settings.items()]
    record(
        ConfigurationCopied(
            project_id=plan.target.pk,
            source_id=plan.source.pk,
            is_new=is_new,
            added={label: len(rows) for label, rows in stored.items()},
            replaced=len(going),
            subjects=(_subject(plan.target),),
            changes=tuple(changes),
        ),
        actor=actor,
    )


def _subject(project: Project) -> Subject:
    return Subject(model="projects.project", id=project.pk, name=str(project))


def _as_json(way: Transition) -> dict[str, Any]:
    """A transition as the log keeps it, to be made again."""
    left = {"id", "org_id", "project_id"}
    return {each.attname: getattr(way, each.attname) for each in way._meta.concrete_fields if each.attname not in left}


@service
def take_copy_back(*, actor: Actor, project: Project) -> None:
    """Undo one's own last copying onto a project, within ten minutes: all of it, or nothing.

    What was added goes, the transitions that were replaced come back.

    :raises Forbidden: for whoever did not do it, or does not administer the project any more
    :raises NotFound: if there was none, or it is too long ago
    :raises ConfigurationChanged: if the configuration was changed since, or it is taken back already
    :raises CopyInUse: if an issue has, or had, something of it, or a schedule needs it
    """
    require_configure(actor, project)
    event = _last_copy(actor, project)
    if event is None:
        raise NotFound(_("It is more than ten minutes ago. Change the settings themselves."))
    if event.actor_id != actor.user_id:
        raise Forbidden(_("Somebody else copied it. Whoever did can take it back."))
    changes = {change.field: change for change in event.changes.all()}
    ids: dict[type[Model], list[int]] = {
        model: changes[label].new or [] for label, model in _MODELS.items() if label in changes
    }
    list(Status.objects.select_for_update().filter(pk__in=ids.get(Status, [])).order_by("pk"))
    project = _lock(actor, project)
    since = Event.objects.filter(org_id=actor.org_id, stream_id=event.stream_id, seq__gt=event.seq)
    if since.filter(kind__in=CHANGES).exists():
        raise ConfigurationChanged(
            _("Nothing was taken back, so that nobody’s work is lost. Change it in the settings.")
        )
    if any(uses(ids)) or _was_used(since, ids):
        raise CopyInUse(_("Nothing was taken back: an issue has, or had, something of it, or a schedule needs it."))
    for model in reversed(_MODELS.values()):
        if model in ids:
            model._default_manager.filter(org_id=actor.org_id, project=project, pk__in=ids[model]).delete()
    replaced: list[dict[str, Any]] = (changes["replaced"].old or []) if "replaced" in changes else []
    Transition.objects.bulk_create(Transition(org_id=actor.org_id, project=project, **values) for values in replaced)
    settings = [change for name, change in changes.items() if name in SETTINGS]
    for change in settings:
        setattr(project, change.field, change.old)
    project.save(update_fields=[change.field for change in settings])
    inverse = (FieldChange(change.field, change.new, change.old) for change in changes.values())
    fact = ConfigurationTakenBack(project_id=project.pk, subjects=(_subject(project),), changes=tuple(inverse))
    record(fact, actor=actor)


def _last_copy(actor: Actor, project: Project) -> Event | None:
    recent = Event.objects.filter(
        org_id=actor.org_id,
        project=project,
        kind=ConfigurationCopied.kind,
        created_at__gt=timezone.now() - TAKE_BACK,
        # A project that was made with it would have nothing left.
        data__is_new=False,
    )
    return recent.order_by("-id").first()


def uses(ids: dict[type[Model], list[int]]) -> Iterator[bool]:
    """For each table that is no part of the configuration and refers to one: whether a row refers to what was added."""
    for model, added in ids.items():
        for relation in model._meta.get_fields(include_hidden=True):
            other = relation.related_model
            is_reference = relation.auto_created and not relation.concrete and relation.one_to_many
            if not is_reference or other in _MODELS.values() or other is BoardChoice:
                continue
            name = relation.field.name  # type: ignore[union-attr]
            yield other._default_manager.filter(**{f"{name}__in": added}).exists()  # type: ignore[union-attr]


def _was_used(since: Any, ids: dict[type[Model], list[int]]) -> bool:
    """Whether the history names something of it: an issue had it for a while."""
    fields = [f"field_{pk}" for pk in ids.get(CustomField, [])]
    if Change.objects.filter(event__in=since, field__in=fields).exists():
        return True
    named = {"status": ids.get(Status, []), "type": ids.get(IssueType, []), "labels": ids.get(Label, [])}
    rows = Change.objects.filter(event__in=since, field__in=named).values_list("field", "old", "new")
    return any(not {*_listed(old), *_listed(new)}.isdisjoint(named[name]) for name, old, new in rows)


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]
