"""What takes a change back, field by field. A new kind of change is undone by one more entry of `INVERSES`.

Each writes the old value through the service that anybody changes it with, so that rights, the workflow, limits and
whatever else may refuse are asked as ever. A field that is not here cannot be undone, and nothing offers it.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from apps.core.errors import Conflict
from apps.core.tenancy import Actor
from apps.events.models import Change
from apps.issues.models import Comment, Issue, IssueLink, field_id_of
from apps.issues.selectors.attachments import get_attachment
from apps.issues.selectors.visible import visible_issues
from apps.issues.services.attaching import remove_attachment, restore_attachment
from apps.issues.services.bulk import bulk_edit
from apps.issues.services.comments import delete_comment, edit_comment, restore_comment
from apps.issues.services.editing import EDITABLE, edit_issue
from apps.issues.services.lifecycle import archive_issue, delete_issue, restore_issue
from apps.issues.services.linking import link_issues, unlink_issues
from apps.issues.services.moving import move_issue
from apps.issues.services.pinning import set_pinned
from apps.issues.services.threads import set_thread_resolved
from apps.projects import policies
from apps.projects.models import Status


class CannotBeUndone(Conflict):
    """The way back is closed: what the change names is gone, or nothing leads back from this kind of change."""

    title = gettext_lazy("This cannot be undone any more")


def _may_edit(actor: Actor, issue: Issue, change: Change) -> bool:
    return policies.can_edit_issues(actor, issue.project)


@dataclass(frozen=True, slots=True, kw_only=True)
class Inverse:
    """How a field's change is taken back.

    `put` writes the old value. A switch is on or off (there or not there): once it was turned again there is nothing
    to choose between. `may` says to whom it is offered; whether it happens is up to the service. Where a field can
    change several things of an issue, `one_of` tells them apart: by a name in the fact's data, or by `value`, the id
    that the change names; `also` are other fields that change the same thing.
    """

    put: Callable[[Actor, Issue, Change], object]
    is_switch: bool = False
    may: Callable[[Actor, Issue, Change], bool] = _may_edit
    one_of: str = ""
    also: tuple[str, ...] = ()

    def fields_of(self, field: str) -> set[str]:
        """The fields in which the log says that it was taken back, on whichever side of a link."""
        return {field, *self.also, f"{field}_in", field.removesuffix("_in")}


def _edit(actor: Actor, issue: Issue, change: Change) -> None:
    old: Any = change.old
    edit_issue(actor=actor, issue=issue, values={change.field: "" if old is None else old})


def _move(actor: Actor, issue: Issue, change: Change) -> None:
    """Back to the status, and to the place there that it had, as near as it can be had again."""
    old: Any = change.old
    present = Status.objects.filter(project=issue.project, retired_at__isnull=True)
    status = present.filter(pk=old).first() if isinstance(old, int) else None
    if status is None:
        raise CannotBeUndone(_("The status that it had is no more in this project. Choose another one."))
    was: Any = Change.objects.filter(event_id=change.event_id, issue=issue, field="rank").values_list("old", flat=True)
    rank = was.first()
    others = Issue.objects.alive().filter(project=issue.project).exclude(pk=issue.pk)
    below = others.filter(rank__gte=rank).order_by("rank").first() if rank else None
    above = others.order_by("-rank").first() if rank and below is None else None
    move_issue(actor=actor, issue=issue, to=status, before=below, after=above)


def _plan(actor: Actor, issue: Issue, change: Change) -> None:
    bulk_edit(actor=actor, project=issue.project, issue_ids=[issue.pk], values={"sprint": change.old})


def _shelve(actor: Actor, issue: Issue, change: Change) -> None:
    (restore_issue if change.new else archive_issue)(actor=actor, issue=issue)


def _bin(actor: Actor, issue: Issue, change: Change) -> None:
    (restore_issue if change.new else delete_issue)(actor=actor, issue=issue)


def _link(actor: Actor, issue: Issue, change: Change) -> None:
    other_id: Any = change.new or change.old
    other = visible_issues(actor=actor).filter(pk=other_id).select_related("project").first()
    if other is None:
        raise CannotBeUndone(_("The other issue was deleted, or is not shared with you."))
    kind = change.field.removesuffix("_in")
    source, target = (other, issue) if change.field != kind else (issue, other)
    if change.new is None:
        link_issues(actor=actor, source=source, target=target, kind=kind)
        return
    link = IssueLink.objects.select_related("source__project", "target__project").filter(
        org_id=actor.org_id, source=source, target=target, kind=kind
    )
    found = link.first()
    if found is None:
        raise CannotBeUndone(_("That link is gone already."))
    unlink_issues(actor=actor, link=found)


def _file(actor: Actor, issue: Issue, change: Change) -> None:
    is_there = change.new is not None
    attachment = get_attachment(actor=actor, attachment_id=change.event.data["attachment_id"], is_removed=not is_there)
    (remove_attachment if is_there else restore_attachment)(actor=actor, attachment=attachment)


def _may_file(actor: Actor, issue: Issue, change: Change) -> bool:
    """Whoever attached it, or an admin. The log says who took it away, who may be either."""
    return policies.can_moderate(actor, issue.project) or (
        policies.can_comment(actor, issue.project) and change.event.actor_id == actor.user_id
    )


def _comment(actor: Actor, issue: Issue, change: Change) -> Comment:
    """A comment that the change is about, in the bin or not."""
    rows = Comment.objects.select_related("issue__project").filter(org_id=actor.org_id, issue=issue)
    return rows.get(pk=change.event.data["comment_id"])


def _reword(actor: Actor, issue: Issue, change: Change) -> None:
    comment = _comment(actor, issue, change)
    if comment.deleted_at is not None:
        raise CannotBeUndone(_("The comment was deleted. Bring it back first."))
    edit_comment(actor=actor, comment=comment, body=str(change.old))


def _bring_back(actor: Actor, issue: Issue, change: Change) -> None:
    comment = _comment(actor, issue, change)
    (restore_comment if change.new else delete_comment)(actor=actor, comment=comment)


def _may_reword(actor: Actor, issue: Issue, change: Change) -> bool:
    return policies.can_comment(actor, issue.project) and change.event.actor_id == actor.user_id


def _pin(actor: Actor, issue: Issue, change: Change) -> None:
    named: Any = change.old or change.new
    rows = Comment.objects.select_related("issue__project").filter(org_id=actor.org_id, issue=issue)
    comment = rows.filter(pk=named, deleted_at__isnull=True).first()
    if comment is None:
        raise CannotBeUndone(_("That comment was deleted."))
    set_pinned(actor=actor, comment=comment, is_pinned=change.old is not None)


def _settle(actor: Actor, issue: Issue, change: Change) -> None:
    named: Any = change.old or change.new
    comment = Comment.objects.select_related("issue__project").get(org_id=actor.org_id, issue=issue, pk=named)
    set_thread_resolved(actor=actor, comment=comment, is_resolved=change.new is None)


def _may_comment(actor: Actor, issue: Issue, change: Change) -> bool:
    return policies.can_comment(actor, issue.project)


_LINK = Inverse(put=_link, is_switch=True, one_of="value")
_FILE = Inverse(
    put=_file, is_switch=True, may=_may_file, one_of="attachment_id", also=("attachment", "attachment_restored")
)

INVERSES: dict[str, Inverse] = {
    **dict.fromkeys(EDITABLE, Inverse(put=_edit)),
    "status": Inverse(put=_move),
    "sprint": Inverse(put=_plan),
    "archived": Inverse(put=_shelve, is_switch=True),
    "deleted": Inverse(put=_bin, is_switch=True),
    **{f"{kind}{side}": _LINK for kind in IssueLink.Kind.values for side in ("", "_in")},
    "attachment": _FILE,
    "attachment_restored": _FILE,
    "comment": Inverse(put=_reword, may=_may_reword, one_of="comment_id"),
    "comment_deleted": Inverse(put=_bring_back, is_switch=True, may=_may_file, one_of="comment_id"),
    "pinned_comment": Inverse(put=_pin),
    "resolved_thread": Inverse(put=_settle, is_switch=True, may=_may_comment, one_of="value"),
}

# Fields that there are any number of: whether a name is one of them, and what takes their changes back.
FAMILIES: list[tuple[Callable[[str], bool], Inverse]] = [
    (lambda name: field_id_of(name) is not None, Inverse(put=_edit)),
]


def inverse_for(field: str) -> Inverse | None:
    """What takes a field's changes back; None where nothing does."""
    found = INVERSES.get(field)
    if found is not None:
        return found
    return next((inverse for is_one, inverse in FAMILIES if is_one(field)), None)
