"""Who may do what with boards over several projects. A project's own boards follow the project's policies."""

from apps.boards.models import AcrossBoard
from apps.core.tenancy import Actor, OrgRole


def can_make(actor: Actor) -> bool:
    """Make a board over projects that one sees. Guests were let in for single projects."""
    return actor.may("write") and (actor.is_manager or actor.org_role == OrgRole.MEMBER)


def can_change(actor: Actor, board: AcrossBoard) -> bool:
    """Change, delete and bring back such a board: whoever made it, and those who administer the organization."""
    return actor.may("write") and looks_after(actor, board)


def looks_after(actor: Actor, board: AcrossBoard) -> bool:
    """Whether it is theirs to change, though the token that they use may only read."""
    return actor.is_manager or (actor.org_role == OrgRole.MEMBER and board.maker_id == actor.user_id)
