"""Changes of a project's statuses and types that its issues feel."""

from django.db.models import F
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from apps.core.errors import Conflict, Forbidden, Invalid, NotFound
from apps.core.tenancy import Actor, happening_at
from apps.events.facts import FieldChange
from apps.events.services import service
from apps.issues.models import Issue
from apps.projects import policies
from apps.projects.models import CustomFieldType, IssueType, Project, Status, Transition
from apps.projects.services.common import change_look
from apps.projects.services.workflow import apply_changes, clean_hue, clean_name, save_named, tell


class WorkflowNeedsIt(Conflict):
    """Without this status or type the project could not work."""

    title = gettext_lazy("The workflow needs it")


def _configure(actor: Actor, project: Project) -> None:
    if not policies.can_configure(actor, project):
        raise Forbidden


def _lock_present(actor: Actor, project_id: int) -> dict[int, Status]:
    """The project's statuses, locked against moves into them and against each other's changes."""
    rows = Status.objects.select_for_update().filter(
        org_id=actor.org_id, project_id=project_id, retired_at__isnull=True
    )
    return {status.pk: status for status in rows.order_by("pk")}


def _refuse_losing_category(status: Status, present: dict[int, Status]) -> None:
    """A project always has a status that means done, since reports and boards ask for it.

    :raises WorkflowNeedsIt: if this one is the last
    """
    others = [each for each in present.values() if each.pk != status.pk and each.category == Status.Category.DONE]
    if status.category == Status.Category.DONE and not others:
        raise WorkflowNeedsIt(_("“%(name)s” is the only status that means done.") % {"name": status.name})


@service
def edit_status(*, actor: Actor, status: Status, name: str, category: str, hue: int | None = None) -> Status:
    """Rename a status, recolour it, or let it mean something else. Its issues are resolved or open accordingly.

    :raises Forbidden: for people who do not administer the project
    :raises NotFound: if it is retired
    :raises Invalid: if a value cannot be used
    :raises NameTaken: if another status has the name
    :raises WorkflowNeedsIt: if new issues begin here and it would mean that they are over, or none would mean done
    """
    _configure(actor, status.project)
    if category not in Status.Category.values:
        raise Invalid(_("Choose one of the offered values."), field="category")
    present = _lock_present(actor, status.project_id)
    fresh = present.get(status.pk)
    if fresh is None:
        raise NotFound
    if category != Status.Category.DONE:
        _refuse_losing_category(fresh, present)
    was_closed = fresh.is_closed
    changes = apply_changes(fresh, {"name": clean_name(name), "category": category, "hue": clean_hue(hue)})
    if not changes:
        return fresh
    if fresh.is_initial and fresh.is_closed:
        raise WorkflowNeedsIt(
            _("New issues begin in “%(name)s”. Choose another status for them first.") % {"name": name}
        )
    save_named(fresh)
    if fresh.is_closed != was_closed:
        resolved_at = F("status_changed_at") if fresh.is_closed else None
        Issue.objects.filter(org_id=actor.org_id, status=fresh).update(resolved_at=resolved_at)
    change_look(status.project)
    tell(actor, fresh, *changes)
    return fresh


@service
def retire_status(*, actor: Actor, status: Status, to: Status) -> int:
    """Take a status out of the workflow. Its issues go to another one, archived and deleted ones too: how many.

    It is one fact. The workflow's rules do not apply, since its admin decided where everything goes.

    :raises Forbidden: for people who do not administer the project
    :raises NotFound: if one of the two is retired
    :raises Invalid: if both are the same, or of different projects
    :raises WorkflowNeedsIt: if new issues begin here, or none would mean done
    """
    _configure(actor, status.project)
    if to.project_id != status.project_id or to.pk == status.pk:
        raise Invalid(_("Choose another status of this project for its issues."), field="to")
    present = _lock_present(actor, status.project_id)
    fresh, target = present.get(status.pk), present.get(to.pk)
    if fresh is None or target is None:
        raise NotFound(_("This status is gone. Reload the page."))
    if fresh.is_initial:
        raise WorkflowNeedsIt(
            _("New issues begin in “%(name)s”. Choose another status for them first.") % {"name": fresh.name}
        )
    _refuse_losing_category(fresh, present)
    issues = Issue.objects.filter(org_id=actor.org_id, project_id=status.project_id, status=fresh)
    moved = list(issues.select_for_update(no_key=True).order_by("pk").values_list("pk", flat=True))
    now = happening_at()
    if fresh.is_closed != target.is_closed:
        Issue.objects.filter(pk__in=moved).update(resolved_at=now if target.is_closed else None)
    Issue.objects.filter(pk__in=moved).update(
        status=target, status_changed_at=now, updated_at=now, version=F("version") + 1
    )
    fresh.retired_at = timezone.now()
    fresh.save(update_fields=["retired_at"])
    for place in fresh.column_statuses.order_by("pk"):
        # Where the board shows the target nowhere yet, it takes the place, so that no issue leaves the board.
        if target.column_statuses.filter(board_id=place.board_id).exists():
            place.delete()
        else:
            place.status = target
            place.save(update_fields=["status"])
    Transition.objects.filter(source=fresh).delete()
    Transition.objects.filter(target=fresh).delete()
    tell(
        actor,
        fresh,
        *(FieldChange("status", fresh.pk, target.pk, issue_id=issue_id) for issue_id in moved),
        action="delete",
    )
    return len(moved)


@service
def retire_issue_type(*, actor: Actor, issue_type: IssueType, to: IssueType) -> int:
    """Take a type out of use. Its issues become another one of the same level: how many.

    :raises Forbidden: for people who do not administer the project
    :raises NotFound: if one of the two is retired
    :raises Invalid: if both are the same, of different projects, or of different levels
    """
    _configure(actor, issue_type.project)
    if to.project_id != issue_type.project_id or to.pk == issue_type.pk or to.level != issue_type.level:
        raise Invalid(_("Choose another type of the same level for its issues."), field="to")
    rows = IssueType.objects.select_for_update(no_key=True).filter(
        org_id=actor.org_id, pk__in=[issue_type.pk, to.pk], retired_at__isnull=True
    )
    present = {each.pk: each for each in rows.order_by("pk")}
    if len(present) != 2:
        raise NotFound(_("This type is gone. Reload the page."))
    fresh = present[issue_type.pk]
    issues = Issue.objects.filter(org_id=actor.org_id, project_id=issue_type.project_id, type=fresh)
    changed = list(issues.select_for_update(no_key=True).order_by("pk").values_list("pk", flat=True))
    Issue.objects.filter(pk__in=changed).update(type=to, updated_at=happening_at(), version=F("version") + 1)
    # What the issues have in fields of their own type goes on being shown.
    theirs = CustomFieldType.objects.filter(type=fresh)
    theirs.exclude(field__field_types__type=to).update(type=to)
    theirs.delete()
    fresh.retired_at = timezone.now()
    fresh.save(update_fields=["retired_at"])
    change_look(issue_type.project)
    tell(
        actor,
        fresh,
        *(FieldChange("type", fresh.pk, to.pk, issue_id=issue_id) for issue_id in changed),
        action="delete",
    )
    return len(changed)
