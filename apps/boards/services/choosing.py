"""How one person looks at a board. Nothing happens to the board, so nothing is recorded."""

from typing import Any

from django.utils.translation import gettext as _

from apps.boards.models import AcrossBoard, AcrossChoice, Board, BoardChoice
from apps.boards.selectors import BoardView
from apps.boards.selectors.across import AcrossView
from apps.core.errors import Invalid, NotFound
from apps.core.tenancy import Actor
from apps.events.services import service
from apps.issues.selectors import Lane

# Lanes come and go, and nobody unfolds those that are gone: the oldest are forgotten.
MOST_FOLDED = 200


def _lock_choice(actor: Actor, board: BoardView | AcrossView) -> BoardChoice | AcrossChoice:
    """The actor's choices for a board that they see, locked; made if there were none.

    :raises Forbidden: for FlowBoard itself
    :raises NotFound: if the board is gone
    """
    boards: Any = AcrossBoard.objects if isinstance(board, AcrossView) else Board.objects
    if not boards.filter(org_id=actor.org_id, pk=board.id, deleted_at__isnull=True).exists():
        raise NotFound(_("This board is gone. Reload the page."))
    own = {"org_id": actor.org_id, "board_id": board.id, "user_id": actor.person_id}
    if isinstance(board, AcrossView):
        AcrossChoice.objects.bulk_create([AcrossChoice(**own, grouping="")], ignore_conflicts=True)
        return AcrossChoice.objects.select_for_update(no_key=True).get(**own)
    fresh = BoardChoice(**own, project_id=board.project.pk, grouping="")
    BoardChoice.objects.bulk_create([fresh], ignore_conflicts=True)
    return BoardChoice.objects.select_for_update(no_key=True).get(**own)


@service
def choose_grouping(*, actor: Actor, board: BoardView | AcrossView, grouping: str) -> None:
    """Lay a board in these lanes for oneself; empty for those that the board has.

    :raises Forbidden: for FlowBoard itself
    :raises NotFound: if the board is gone
    :raises Invalid: if there are no such lanes
    """
    if grouping and grouping not in board.groupings:
        raise Invalid(_("Choose one of the offered values."), field="grouping")
    mine = _lock_choice(actor, board)
    mine.grouping = grouping
    mine.save(update_fields=["grouping"])


@service
def fold_lane(*, actor: Actor, board: BoardView | AcrossView, lane: Lane, is_folded: bool) -> None:
    """Fold a lane of a board for oneself, or unfold it.

    :raises Forbidden: for FlowBoard itself
    :raises NotFound: if the board is gone
    """
    mine = _lock_choice(actor, board)
    others = [key for key in mine.folded if key != lane.key]
    mine.folded = [*others, lane.key][-MOST_FOLDED:] if is_folded else others
    mine.save(update_fields=["folded"])
