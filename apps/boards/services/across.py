"""Making, changing and deleting boards over several projects."""

from collections.abc import Collection

from django.utils import timezone
from django.utils.translation import gettext as _

from apps.boards import policies
from apps.boards.facts import AcrossBoardChanged
from apps.boards.models import AcrossBoard, AcrossProject
from apps.boards.services.common import clean_name
from apps.boards.services.configuring import NAME_LENGTH, clean_cards
from apps.core.errors import Forbidden, Invalid, NotFound
from apps.core.tenancy import Actor
from apps.events.facts import FieldChange, Subject
from apps.events.services import record, service
from apps.projects.models import Project
from apps.projects.selectors import visible_projects

# A page follows the log of each project, and one socket follows at most fifty.
MOST_PROJECTS = 20
MOST_ACROSS = 100


@service
def create_across(*, actor: Actor, name: str, by: str, project_ids: Collection[int]) -> AcrossBoard:
    """Make a board over projects that the actor sees.

    :raises Forbidden: for guests
    :raises Invalid: if a value cannot be used, or beyond `MOST_ACROSS`
    """
    if not policies.can_make(actor):
        raise Forbidden
    projects = _chosen(actor, project_ids)
    if AcrossBoard.objects.filter(org_id=actor.org_id, deleted_at__isnull=True).count() >= MOST_ACROSS:
        raise Invalid(_("An organization has at most %(limit)s of these boards.") % {"limit": MOST_ACROSS})
    board = AcrossBoard.objects.create(
        org_id=actor.org_id,
        name=clean_name(name, most=NAME_LENGTH),
        by=_clean_by(by),
        maker_id=actor.user_id,
    )
    _show(board, projects)
    shown = FieldChange("projects", None, sorted(project.pk for project in projects))
    tell_across(actor, board, shown, action="create")
    return board


@service
def edit_across(
    *,
    actor: Actor,
    board: AcrossBoard,
    name: str,
    by: str,
    project_ids: Collection[int],
    left_out: Collection[str] = (),
    done_days: int | None = None,
    marks_slow: bool = False,
    grouping: str = AcrossBoard.Lanes.NONE,
) -> AcrossBoard:
    """Change what a board is called, what its columns stand for, which projects it shows, and what its cards do.

    Projects on it that the actor may not see stay: they can neither be kept nor taken away by somebody who does not
    know of them.

    :param left_out: what its cards do not show
    :param done_days: how long what is done stays; None for ever
    :param marks_slow: whether cards are marked that take longer than is usual in their projects
    :param grouping: its lanes, for whoever chose none for themselves
    :raises Forbidden: for people who neither made it nor administer the organization
    :raises NotFound: if it is deleted
    :raises Invalid: if a value cannot be used
    """
    fresh = lock_across(actor, board, is_deleted=False)
    if grouping not in AcrossBoard.Lanes.values:
        raise Invalid(_("Choose one of the offered values."), field="grouping")
    wanted = {"name": clean_name(name, most=NAME_LENGTH), "by": _clean_by(by), "grouping": grouping}
    wanted |= clean_cards(left_out, done_days=done_days, marks_slow=marks_slow)
    projects = {project.pk: project for project in _chosen(actor, project_ids)}
    places = AcrossProject.objects.filter(org_id=actor.org_id, board=fresh)
    shown = set(places.exclude(project_id__in=actor.hidden_project_ids).values_list("project_id", flat=True))
    changes = [
        FieldChange(field, old, new)
        for field, old, new in (
            *((field, getattr(fresh, field), value) for field, value in wanted.items()),
            ("projects", sorted(shown), sorted(projects)),
        )
        if old != new
    ]
    if not changes:
        return fresh
    places.filter(project_id__in=shown - projects.keys()).delete()
    _show(fresh, [project for pk, project in projects.items() if pk not in shown])
    for field, value in wanted.items():
        setattr(fresh, field, value)
    fresh.save(update_fields=[*wanted])
    tell_across(actor, fresh, *changes)
    return fresh


@service
def delete_across(*, actor: Actor, board: AcrossBoard) -> AcrossBoard:
    """Delete a board; its issues are where they were, and it can be brought back.

    :raises Forbidden: for people who neither made it nor administer the organization
    :raises NotFound: if it is deleted already
    """
    fresh = lock_across(actor, board, is_deleted=False)
    fresh.deleted_at = timezone.now()
    fresh.save(update_fields=["deleted_at"])
    tell_across(actor, fresh, action="delete")
    return fresh


@service
def restore_across(*, actor: Actor, board: AcrossBoard) -> AcrossBoard:
    """Bring a deleted board back.

    :raises Forbidden: for people who neither made it nor administer the organization
    :raises NotFound: if it is not deleted
    """
    fresh = lock_across(actor, board, is_deleted=True)
    fresh.deleted_at = None
    fresh.save(update_fields=["deleted_at"])
    tell_across(actor, fresh, action="create")
    return fresh


def lock_across(actor: Actor, board: AcrossBoard, *, is_deleted: bool) -> AcrossBoard:
    """The board, read anew, that nobody else changes until the commit.

    :raises Forbidden: for people who neither made it nor administer the organization
    :raises NotFound: if it is not there, or not deleted
    """
    if not policies.can_change(actor, board):
        raise Forbidden
    rows = AcrossBoard.objects.select_for_update(no_key=True, of=("self",)).filter(org_id=actor.org_id, pk=board.pk)
    fresh = rows.filter(deleted_at__isnull=not is_deleted).first()
    if fresh is None:
        raise NotFound(_("This board is gone. Reload the page."))
    return fresh


def _chosen(actor: Actor, project_ids: Collection[int]) -> list[Project]:
    wanted = set(project_ids)
    if not wanted:
        raise Invalid(_("Choose at least one project."), field="projects")
    if len(wanted) > MOST_PROJECTS:
        raise Invalid(_("A board shows at most %(limit)s projects.") % {"limit": MOST_PROJECTS}, field="projects")
    projects = list(visible_projects(actor=actor).filter(pk__in=wanted))
    if len(projects) != len(wanted):
        raise Invalid(_("One of these projects is gone. Choose anew."), field="projects")
    return projects


def _clean_by(by: str) -> str:
    if by not in AcrossBoard.By.values:
        raise Invalid(_("Choose one of the offered values."), field="by")
    return by


def _show(board: AcrossBoard, projects: Collection[Project]) -> None:
    AcrossProject.objects.bulk_create(
        AcrossProject(org_id=board.org_id, board=board, project=project) for project in projects
    )


def tell_across(actor: Actor, board: AcrossBoard, *changes: FieldChange, action: str = "update") -> None:
    """Record that a board changed."""
    subject = Subject(model=board._meta.label_lower, id=board.pk, name=board.name, action=action)
    record(AcrossBoardChanged(board_id=board.pk, subjects=(subject,), changes=changes), actor=actor)
