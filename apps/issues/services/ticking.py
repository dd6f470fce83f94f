"""Ticking a task where it is read: an ordinary edit of the text that it stands in."""

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from apps.core.errors import Conflict, NotFound
from apps.core.markdown import tick_task
from apps.core.tasks import NoSuchTask
from apps.core.tenancy import Actor
from apps.events.services import service
from apps.issues.models import Comment, Issue
from apps.issues.services.comments import edit_comment, require_author
from apps.issues.services.common import lock_with_deleted, require_edit
from apps.issues.services.editing import edit_issue


class TaskChanged(Conflict):
    """The text does not have that task any more."""

    title = gettext_lazy("That task is not there any more")


@service
def tick_in_description(*, actor: Actor, issue: Issue, place: int, mark: str, is_done: bool) -> Issue:
    """Set a task of the description to done, or not done, whatever else was written there meanwhile.

    :param place: which of the text's tasks it was when it was read, from 0
    :param mark: what it said (`apps.core.tasks`)
    :raises Forbidden: for people who may not edit the issue
    :raises NotFound: if the issue is gone
    :raises TaskChanged: if no task says that any more
    """
    require_edit(actor, issue.project)
    fresh = next((row for row in lock_with_deleted(actor, [issue.pk]) if row.deleted_at is None), None)
    if fresh is None:
        raise NotFound
    text = _ticked(fresh.description, place, mark, is_done=is_done)
    return edit_issue(actor=actor, issue=fresh, values={"description": text})


@service
def tick_in_comment(*, actor: Actor, comment: Comment, place: int, mark: str, is_done: bool) -> Comment:
    """The same in one's own comment.

    :raises Forbidden: for anybody but its author
    :raises TaskChanged: if no task says that any more
    """
    require_author(actor, comment)
    fresh = Comment.objects.select_for_update(no_key=True, of=("self",)).get(pk=comment.pk)
    text = _ticked(fresh.body, place, mark, is_done=is_done)
    return edit_comment(actor=actor, comment=comment, body=text)


def _ticked(text: str, place: int, mark: str, *, is_done: bool) -> str:
    try:
        return tick_task(text, place=place, mark=mark, is_done=is_done)
    except NoSuchTask as gone:
        raise TaskChanged(_("Somebody changed it or took it away. Here is the text as it is now.")) from gone
