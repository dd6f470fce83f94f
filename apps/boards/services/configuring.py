"""Making, changing and deleting boards."""

from collections.abc import Collection
from typing import Any

from django.db.models import Max
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from apps.boards.models import Board, Column, ColumnStatus
from apps.boards.services.common import apply, clean_name, lock_board, require_configure, tell
from apps.core.errors import Conflict, Invalid, NotFound
from apps.core.tenancy import Actor
from apps.events.facts import FieldChange
from apps.events.services import service
from apps.issues.models import Grouping
from apps.projects.models import Project

NAME_LENGTH = 80
# As many as fit into a menu that one can still read.
MOST_BOARDS = 20
MOST_DAYS = 999


class BoardNeeded(Conflict):
    """Every project has a board."""

    title = gettext_lazy("The project needs this board")
    detail = gettext_lazy("It is the one that the project opens with. Its name and columns can be changed.")


@service
def create_board(*, actor: Actor, project: Project, name: str) -> Board:
    """Make another board. It begins with the columns of the default one, without their limits.

    :raises Forbidden: for people who do not administer the project
    :raises Invalid: if the name cannot be used, or beyond `MOST_BOARDS`
    """
    require_configure(actor, project)
    # The project's boards are numbered one after the other.
    Project.objects.select_for_update(no_key=True).get(org_id=actor.org_id, pk=project.pk)
    boards = Board.objects.filter(org_id=actor.org_id, project=project)
    if boards.filter(deleted_at__isnull=True).count() >= MOST_BOARDS:
        raise Invalid(_("A project has at most %(limit)s boards.") % {"limit": MOST_BOARDS}, field="name")
    pattern = boards.filter(deleted_at__isnull=True).order_by("position", "id").first()
    last = boards.aggregate(last=Max("position"))["last"]
    board = Board.objects.create(
        org_id=actor.org_id,
        project=project,
        name=clean_name(name, most=NAME_LENGTH),
        position=0 if last is None else last + 1,
    )
    if pattern is not None:
        _copy_columns(pattern, board)
    tell(actor, board, action="create")
    return board


def _copy_columns(pattern: Board, board: Board) -> None:
    copies = {
        column.pk: Column(
            org_id=board.org_id,
            project_id=board.project_id,
            board=board,
            name=column.name,
            position=column.position,
        )
        for column in pattern.columns.order_by("position", "id")
    }
    Column.objects.bulk_create(copies.values())
    ColumnStatus.objects.bulk_create(
        ColumnStatus(
            org_id=board.org_id,
            project_id=board.project_id,
            board=board,
            column=copies[place.column_id],
            status_id=place.status_id,
        )
        for place in ColumnStatus.objects.filter(board=pattern).order_by("id")
    )


@service
def edit_board(
    *,
    actor: Actor,
    board: Board,
    name: str,
    left_out: Collection[str] = (),
    done_days: int | None = None,
    marks_slow: bool = False,
    grouping: str = Grouping.NONE,
) -> Board:
    """Change what a board is called and what it shows.

    :param left_out: what its cards do not show
    :param done_days: how long what is done stays; None for ever
    :param marks_slow: whether cards are marked that take longer than is usual in the project
    :param grouping: its lanes, for whoever chose none for themselves

    :raises Forbidden: for people who do not administer the project
    :raises NotFound: if it is deleted
    :raises Invalid: if a value cannot be used
    """
    require_configure(actor, board.project)
    fresh = lock_board(actor, board.pk)
    cards = clean_cards(left_out, done_days=done_days, marks_slow=marks_slow)
    if grouping not in Grouping.values:
        raise Invalid(_("Choose one of the offered values."), field="grouping")
    wanted = {
        "name": clean_name(name, most=NAME_LENGTH),
        **cards,
        "grouping": grouping,
    }
    changes = apply(fresh, wanted)
    if changes:
        tell(actor, fresh, *changes)
    return fresh


def clean_cards(left_out: Collection[str], *, done_days: int | None, marks_slow: bool) -> dict[str, Any]:
    """What the cards of a board show and how long they stay, as boards of all kinds store it.

    :raises Invalid: if a value cannot be used
    """
    if not set(left_out) <= set(Board.CardField.values):
        raise Invalid(_("Choose one of the offered values."), field="shows")
    if done_days is not None and not 1 <= done_days <= MOST_DAYS:
        raise Invalid(_("Choose 1 to %(limit)s days.") % {"limit": MOST_DAYS}, field="done_days")
    return {
        "left_out": [field for field in Board.CardField.values if field in left_out],
        "done_days": done_days,
        "marks_slow": marks_slow,
    }


@service
def delete_board(*, actor: Actor, board: Board) -> None:
    """Take a board away, with its columns and limits. Its issues were never in it. `restore_board` undoes it.

    :raises Forbidden: for people who do not administer the project
    :raises NotFound: if it is deleted already
    :raises BoardNeeded: if it is the default one
    """
    require_configure(actor, board.project)
    fresh = lock_board(actor, board.pk)
    present = Board.objects.filter(org_id=actor.org_id, project_id=fresh.project_id, deleted_at__isnull=True)
    if present.order_by("position", "id").values_list("pk", flat=True)[0] == fresh.pk:
        raise BoardNeeded
    fresh.deleted_at = timezone.now()
    fresh.save(update_fields=["deleted_at"])
    tell(actor, fresh, FieldChange("deleted", False, True), action="delete")


@service
def restore_board(*, actor: Actor, board: Board) -> Board:
    """Bring a deleted board back, as it was.

    :raises Forbidden: for people who do not administer the project
    :raises NotFound: if it is not deleted
    """
    require_configure(actor, board.project)
    rows = Board.objects.select_for_update(no_key=True, of=("self",)).filter(
        org_id=actor.org_id, deleted_at__isnull=False
    )
    fresh = rows.select_related("project").filter(pk=board.pk).first()
    if fresh is None:
        raise NotFound(_("This board is not deleted. Reload the page."))
    fresh.deleted_at = None
    fresh.save(update_fields=["deleted_at"])
    tell(actor, fresh, FieldChange("deleted", True, False))
    return fresh
