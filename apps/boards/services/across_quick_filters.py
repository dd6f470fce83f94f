"""What a board over several projects can be narrowed to with one press."""

from collections.abc import Iterable
from dataclasses import asdict, dataclass

from django.utils.translation import gettext as _

from apps.boards.models import AcrossBoard, AcrossQuickFilter
from apps.boards.selectors.across import AcrossView, alike, labels_on, names_of, types_on
from apps.boards.services.across import lock_across, tell_across
from apps.boards.services.common import clean_name
from apps.boards.services.quick_filters import NAME_LENGTH, AskedOfAll, refuse_more, refuse_nonsense
from apps.core.errors import NotFound
from apps.core.tenancy import Actor
from apps.events.facts import FieldChange
from apps.events.services import service


@dataclass(frozen=True, slots=True, kw_only=True)
class AskedAcross(AskedOfAll):
    """The same, and the names of types and labels, of which each project has its own."""

    type_name: str = ""
    label_name: str = ""


@service
def add_across_quick_filter(
    *, actor: Actor, board: AcrossBoard, view: AcrossView, name: str, asked: AskedAcross
) -> AcrossQuickFilter:
    """Give a board over several projects a quick filter.

    :param view: the board as the actor sees it: they ask for what its projects have
    :raises Forbidden: for people who neither made the board nor administer the organization
    :raises NotFound: if the board is gone, or none of the projects has what is asked for
    :raises Invalid: if a value cannot be used, or the board has as many as it can
    """
    fresh = lock_across(actor, board, is_deleted=False)
    refuse_more(fresh.quick_filters.count())
    refuse_nonsense(asked)
    _refuse_unknown(asked.type_name, names_of(types_on(actor=actor, view=view)))
    _refuse_unknown(asked.label_name, names_of(labels_on(actor=actor, view=view)))
    quick_filter = AcrossQuickFilter.objects.create(
        org_id=actor.org_id, board=fresh, name=clean_name(name, most=NAME_LENGTH), **asdict(asked)
    )
    tell_across(actor, fresh, FieldChange("quick_filter", None, quick_filter.name))
    return quick_filter


def _refuse_unknown(name: str, known: Iterable[str]) -> None:
    if name and alike(name) not in {alike(each) for each in known}:
        raise NotFound(_("What the filter asks for is gone. Reload the page."))


@service
def remove_across_quick_filter(*, actor: Actor, quick_filter: AcrossQuickFilter) -> None:
    """Take a quick filter away.

    :raises Forbidden: for people who neither made the board nor administer the organization
    :raises NotFound: if it is gone
    """
    board = lock_across(actor, quick_filter.board, is_deleted=False)
    deleted, _by_model = board.quick_filters.filter(pk=quick_filter.pk).delete()
    if not deleted:
        raise NotFound(_("This quick filter is gone. Reload the page."))
    tell_across(actor, board, FieldChange("quick_filter", quick_filter.name, None))
