"""What the services that configure boards share: checks, the lock, and the fact."""

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext as _

from apps.boards.facts import BoardChanged
from apps.boards.models import Board, Column
from apps.core.errors import Forbidden, Invalid, NotFound
from apps.core.tenancy import Actor
from apps.core.texts import one_line
from apps.events.facts import FieldChange, Subject
from apps.events.services import record
from apps.projects import policies
from apps.projects.models import Project


def require_configure(actor: Actor, project: Project) -> None:
    """Refuse people who do not administer the project.

    :raises Forbidden: for everybody else
    """
    if not policies.can_configure(actor, project):
        raise Forbidden


def lock_board(actor: Actor, board_id: int) -> Board:
    """A board, read anew, that nobody else configures until the commit. After statuses, before columns.

    :raises NotFound: if it is deleted
    """
    rows = Board.objects.select_for_update(no_key=True, of=("self",)).filter(
        org_id=actor.org_id, deleted_at__isnull=True
    )
    board = rows.select_related("project").filter(pk=board_id).first()
    if board is None:
        raise NotFound(_("This board is gone. Reload the page."))
    return board


def clean_name(name: str, *, most: int) -> str:
    """The name of a board or column.

    :raises Invalid: if there is nothing to read, or too much
    """
    name = one_line(name)
    if not name or "\x00" in name:
        raise Invalid(_("Give it a name."), field="name")
    if len(name) > most:
        raise Invalid(_("A name has at most %(limit)s characters.") % {"limit": most}, field="name")
    return name


def apply(thing: Board | Column, wanted: Mapping[str, Any]) -> list[FieldChange]:
    """Set and store what differs, and say what did."""
    changes = [
        FieldChange(name, getattr(thing, name), value)
        for name, value in wanted.items()
        if getattr(thing, name) != value
    ]
    for change in changes:
        setattr(thing, change.field, change.new)
    if changes:
        thing.save(update_fields=[change.field for change in changes])
    return changes


def tell(
    actor: Actor, board: Board, *changes: FieldChange, column: Column | None = None, action: str = "update"
) -> None:
    """Record that a board, or a column of it, changed."""
    thing = column or board
    record(
        BoardChanged(
            project_id=board.project_id,
            board_id=board.pk,
            subjects=(Subject(model=thing._meta.label_lower, id=thing.pk, name=thing.name, action=action),),
            changes=changes,
        ),
        actor=actor,
    )
