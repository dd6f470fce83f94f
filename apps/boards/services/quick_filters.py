"""What a board can be narrowed to with one press."""

from dataclasses import asdict, dataclass
from typing import Any

from django.utils.translation import gettext as _

from apps.boards.models import Board, QuickFilter
from apps.boards.services.common import clean_name, lock_board, require_configure, tell
from apps.core.errors import Invalid, NotFound
from apps.core.tenancy import Actor
from apps.events.facts import FieldChange
from apps.events.services import service
from apps.issues.models import Priority
from apps.projects.models import IssueType, Label, Project

NAME_LENGTH = 40
# As many as fit beside the other filters.
MOST_QUICK_FILTERS = 12


@dataclass(frozen=True, slots=True, kw_only=True)
class AskedOfAll:
    """What a quick filter asks of an issue of whatever project; all that is set must hold."""

    is_mine: bool = False
    is_unassigned: bool = False
    least_priority: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked(AskedOfAll):
    """The same, and what is one project's."""

    type_id: int | None = None
    label_id: int | None = None


def refuse_nonsense(asked: AskedOfAll) -> None:
    """Refuse to ask for nothing, or for what nothing could meet.

    :raises Invalid: then
    """
    if asked == type(asked)():
        raise Invalid(_("Choose what the filter asks for."))
    if asked.is_mine and asked.is_unassigned:
        raise Invalid(_("Nobody’s issues are not one’s own."), field="whose")
    if asked.least_priority is not None and asked.least_priority not in Priority.values:
        raise Invalid(_("Choose one of the offered values."), field="least_priority")


def refuse_more(count: int) -> None:
    """Refuse another one where a board has as many as it can.

    :raises Invalid: then
    """
    if count >= MOST_QUICK_FILTERS:
        raise Invalid(_("A board has at most %(limit)s quick filters.") % {"limit": MOST_QUICK_FILTERS}, field="name")


def _check(actor: Actor, project: Project, asked: Asked) -> dict[str, Any]:
    """What is asked, as it is stored.

    :raises Invalid: if it is nothing, or nothing could meet it
    :raises NotFound: if the type or the label is none of the project's
    """
    refuse_nonsense(asked)
    for model, pk in ((IssueType, asked.type_id), (Label, asked.label_id)):
        if pk is not None and not model._default_manager.filter(org_id=actor.org_id, project=project, pk=pk).exists():
            raise NotFound(_("What the filter asks for is gone. Reload the page."))
    return asdict(asked)


@service
def add_quick_filter(*, actor: Actor, board: Board, name: str, asked: Asked) -> QuickFilter:
    """Give a board a quick filter.

    :raises Forbidden: for people who do not administer the project
    :raises NotFound: if the board, or what is asked for, is gone
    :raises Invalid: if a value cannot be used, or beyond `MOST_QUICK_FILTERS`
    """
    require_configure(actor, board.project)
    fresh = lock_board(actor, board.pk)
    refuse_more(fresh.quick_filters.count())
    quick_filter = QuickFilter.objects.create(
        org_id=actor.org_id,
        project_id=fresh.project_id,
        board=fresh,
        name=clean_name(name, most=NAME_LENGTH),
        **_check(actor, fresh.project, asked),
    )
    tell(actor, fresh, FieldChange("quick_filter", None, quick_filter.name))
    return quick_filter


@service
def remove_quick_filter(*, actor: Actor, quick_filter: QuickFilter) -> None:
    """Take a quick filter away.

    :raises Forbidden: for people who do not administer the project
    :raises NotFound: if it is gone
    """
    require_configure(actor, quick_filter.project)
    board = lock_board(actor, quick_filter.board_id)
    deleted, _by_model = board.quick_filters.filter(pk=quick_filter.pk).delete()
    if not deleted:
        raise NotFound(_("This quick filter is gone. Reload the page."))
    tell(actor, board, FieldChange("quick_filter", quick_filter.name, None))
