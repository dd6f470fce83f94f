"""Undoing one change."""

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from apps.core.errors import Conflict, Forbidden, NotFound
from apps.core.tenancy import Actor
from apps.events.models import Change
from apps.events.services import service, taking_back
from apps.issues.models import Issue
from apps.issues.services.taking_back import NothingToTakeBack
from apps.issues.services.undoing.inverses import CannotBeUndone, Inverse
from apps.issues.services.undoing.standing import inverse_of, later_changes, since


class StaleUndo(Conflict):
    """The same field was changed since.

    `extra` holds `field`, `theirs` (the value now), `mine` (the one that the undo would set) and `seen`, with which it
    is set nevertheless.
    """

    title = gettext_lazy("It was changed again since")


def find_change(*, actor: Actor, issue: Issue, op: str, field: str) -> Change:
    """One's own change of a field of an issue, by what one's browser called it.

    :raises NotFound: if there is none
    """
    mine = Change.objects.filter(org_id=actor.org_id, issue=issue, field=field, event__actor_id=actor.user_id)
    found = mine.filter(event__op=op).exclude(event__op="").order_by("-pk").first()
    if found is None:
        raise NotFound(_("This change is not known any more. Look at the history."))
    return found


@service
def undo_change(*, actor: Actor, issue: Issue, change_id: int, seen: int | None = None) -> Change:
    """Take one change of an issue back by an inverse one; what else its fact changed, here or elsewhere, stays.

    The field must be as the change left it, whoever else changed it and put it back since. The inverse goes through
    the service that anybody would use and is refused as anybody would be; its fact says what it takes back, so that it
    can be undone as well.

    :param seen: the last change of the field that the person was shown; then it is set back nevertheless, if nobody
        has changed it yet again
    :return: the change that was taken back
    :raises Forbidden: for people who may not change this
    :raises NotFound: if the issue has no such change
    :raises CannotBeUndone: if nothing leads back, or what the change names is gone
    :raises NothingToTakeBack: if it is as it was before
    :raises StaleUndo: if the field was changed since
    :raises DomainError: whatever refuses the inverse change
    """
    rows = Change.objects.filter(org_id=actor.org_id, issue=issue, pk=change_id).select_related("event")
    change = rows.first()
    if change is None:
        raise NotFound(_("The issue has no such change. Look at its history."))
    inverse = inverse_of(change)
    if inverse is None:
        raise CannotBeUndone(_("Nothing leads back from this kind of change. Change the issue itself."))
    if not inverse.may(actor, issue, change):
        raise Forbidden
    before = _settled(issue, change, inverse, seen=seen)
    try:
        with taking_back(change.event_id, inverse.fields_of(change.field)):
            inverse.put(actor, issue, change)
    except NotFound as error:
        # What is to be again is gone: a label, a sprint, a file. The issue's page is there.
        raise CannotBeUndone(error.detail) from error
    # The inverse holds the issue locked: whoever was faster has written by now, and whoever is not will see it.
    if _last(issue, change, inverse) != before:
        raise _stale(issue, change, inverse)
    return change


def _settled(issue: Issue, change: Change, inverse: Inverse, *, seen: int | None) -> int | None:
    """Refuse unless the field is as the change left it; the last change of it since, which somebody agreed to lose."""
    live, is_taken_back = since(change, inverse, later_changes(issue, [change]))
    if is_taken_back:
        raise NothingToTakeBack(_("Somebody has taken it back already."))
    if not live:
        return None
    if inverse.is_switch:
        raise NothingToTakeBack(_("It was changed again since. Look at its newest entry."))
    if live[-1] != seen:
        raise _stale(issue, change, inverse)
    if Change.objects.get(pk=seen).new == change.old:
        raise NothingToTakeBack(_("It has that value already."))
    return seen


def _last(issue: Issue, change: Change, inverse: Inverse) -> int | None:
    live, is_taken_back = since(change, inverse, later_changes(issue, [change]))
    return change.pk if is_taken_back else (live[-1] if live else None)


def _stale(issue: Issue, change: Change, inverse: Inverse) -> Conflict:
    live, _is_taken_back = since(change, inverse, later_changes(issue, [change]))
    if not live:
        return NothingToTakeBack(_("Somebody has taken it back already."))
    now = Change.objects.get(pk=live[-1])
    return StaleUndo(
        _("Choose which of the two values it gets."), field=change.field, theirs=now.new, mine=change.old, seen=now.pk
    )
