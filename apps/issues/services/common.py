"""What the issue services share: checks of input, locking, and the audited subject."""

from collections.abc import Callable, Iterable
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from django.db import IntegrityError, connection, transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from apps.core.errors import Conflict, Forbidden, Invalid, NotFound
from apps.core.tenancy import Actor, happening_at
from apps.core.texts import one_line
from apps.events.facts import Subject
from apps.issues.models import TEXT_LENGTH, TITLE_LENGTH, Issue, Watcher
from apps.issues.selectors.reach import OPEN_SPRINTS
from apps.projects import policies
from apps.projects.models import Project, Status


def key_of(issue: Issue) -> str:
    """How people call an issue: `FLOW-12`."""
    return f"{issue.project.key}-{issue.number}"


def subject_of(issue: Issue, action: str = "update") -> Subject:
    """The issue as the audit trail names it."""
    return Subject(model="issues.issue", id=issue.pk, name=f"{key_of(issue)} {issue.title}", action=action)


def require_edit(actor: Actor, project: Project) -> None:
    """Refuse people who may not change issues of the project.

    :raises Forbidden: for commenters, viewers, and in an archived project
    """
    if not policies.can_edit_issues(actor, project):
        raise Forbidden


class SprintOver(Conflict):
    """A sprint that is completed takes nothing in."""

    title = gettext_lazy("That sprint is over")
    detail = gettext_lazy("Choose another one.")


def hold_sprints(project: Project, sprint_ids: Iterable[int | None], *, with_past: bool = False) -> None:
    """Keep sprints from being completed until the commit: whoever completes one waits, and sees what came in.

    After board columns and before issues (the lock order of `apps.events.services`).

    :param with_past: completed ones will do as well
    :raises NotFound: if the project has no such sprint
    :raises SprintOver: if one of them is completed, and must not be
    """
    ids = {sprint_id for sprint_id in sprint_ids if sprint_id is not None}
    if not ids:
        return
    rows = project.sprints.select_for_update(no_key=True).filter(pk__in=ids).order_by("pk")
    states = dict(rows.values_list("pk", "state"))
    if len(states) != len(ids):
        raise NotFound(_("This sprint is gone. Choose another one."))
    if not with_past and not set(states.values()) <= set(OPEN_SPRINTS):
        raise SprintOver


def lock(actor: Actor, issue_ids: Iterable[int]) -> list[Issue]:
    """The issues by id, locked in that order, with project and status; deleted ones count as absent.

    :raises NotFound: if one of them is not there for this actor
    """
    wanted = sorted(set(issue_ids))
    issues = [issue for issue in lock_with_deleted(actor, wanted) if issue.deleted_at is None]
    if len(issues) != len(wanted):
        raise NotFound(_("The issue was deleted, or is not shared with you."))
    return issues


def lock_with_deleted(actor: Actor, issue_ids: Iterable[int]) -> list[Issue]:
    """Those of the issues that are there, in the bin or not, locked in the order of their ids.

    Two queries, because a locking query that joins loses rows: PostgreSQL checks a row that changed while it waited
    against the status it was joined with before.
    """
    mine = Issue.objects.filter(org_id=actor.org_id, pk__in=list(issue_ids)).exclude(
        project_id__in=actor.hidden_project_ids
    )
    ids = list(mine.select_for_update(no_key=True).order_by("pk").values_list("pk", flat=True))
    return list(Issue.objects.filter(pk__in=ids).select_related("project", "status", "type").order_by("pk"))


class InTriage(Conflict):
    """What waits in Triage has no place on a board or in a sprint yet."""

    title = gettext_lazy("It waits in Triage")


def lock_in(actor: Actor, project: Project, issue_ids: Iterable[int]) -> dict[int, Issue]:
    """Issues of one project that the caller has fetched already, by id, locked in that order with one query.

    They carry this project and none of their other relations. Deleted ones count as absent.

    :raises NotFound: if one of them is not there, or no longer in this project
    :raises InTriage: if nobody has decided about one of them yet
    """
    wanted = sorted(set(issue_ids))
    rows = (
        Issue.objects.select_for_update(no_key=True)
        .undeleted()
        .filter(org_id=actor.org_id, project=project, pk__in=wanted)
    )
    issues = {issue.pk: issue for issue in rows.order_by("pk")}
    if len(issues) != len(wanted):
        raise NotFound(_("The issue was deleted, or is not shared with you."))
    for issue in issues.values():
        issue.project = project
        if issue.triage_since is not None:
            raise InTriage(_("Decide in Triage about %(key)s first: accept it.") % {"key": key_of(issue)})
    return issues


class RankContended(Conflict):
    """So many people drop into one gap at once that no place was found."""

    title = gettext_lazy("Too many moves at the same place")
    detail = gettext_lazy("Try again.")


_TRIES = 20
# How much wider each new try draws its place: of many writers in one gap, few meet twice.
_SPREAD = 8


def find_place(project_ids: Iterable[int], write: Callable[[int], None]) -> None:
    """Run a write that chooses ranks with some leeway; again with more, if somebody took one in the same instant.

    Places in a project are given to one at a time, under its counter's lock. Two who give several at once could
    else each hold a rank that the other one chooses next, and wait for each other.

    :param project_ids: the projects in which ranks are chosen
    :raises RankContended: if that goes on
    """
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT id FROM issues_issuecounter WHERE project_id = ANY(%s) ORDER BY project_id FOR NO KEY UPDATE",
            [list(project_ids)],
        )
    for attempt in range(_TRIES):
        try:
            with transaction.atomic():
                write(1 + attempt * _SPREAD)
        except IntegrityError as error:
            if "issue_rank_unique_in_project" not in str(error):
                raise
        else:
            return
    raise RankContended


def touch(issue: Issue, *fields: str, at: datetime | None = None) -> None:
    """Save these fields with a new version and time."""
    issue.version += 1
    issue.updated_at = at or happening_at()
    issue.save(update_fields=[*fields, "version", "updated_at"])


def apply_status(issue: Issue, status: Status, at: datetime) -> list[str]:
    """Set the status and what follows from it; the names of the changed columns."""
    issue.status = status
    issue.status_changed_at = at
    if status.is_closed and issue.resolved_at is None:
        issue.resolved_at = at
    elif not status.is_closed:
        issue.resolved_at = None
    return ["status", "status_changed_at", "resolved_at"]


def watch(issue: Issue, user_ids: Iterable[int | None]) -> None:
    """Let people follow the issue, once each."""
    watch_all((issue, user_id) for user_id in set(user_ids))


def watch_all(pairs: Iterable[tuple[Issue, int | None]]) -> None:
    """Let people follow issues, once each; nobody (None) follows nothing. One statement."""
    Watcher.objects.bulk_create(
        [
            Watcher(org_id=issue.org_id, project_id=issue.project_id, issue=issue, user_id=user_id)
            for issue, user_id in pairs
            if user_id is not None
        ],
        ignore_conflicts=True,
    )


def clean_title(value: Any) -> str:
    """A title: one line, neither empty nor longer than `TITLE_LENGTH`.

    :raises Invalid: otherwise
    """
    title = one_line(clean_text(value, limit=None, field="title"))
    if not title:
        raise Invalid(_("An issue needs a title."), field="title")
    if len(title) > TITLE_LENGTH:
        raise Invalid(
            _("A title has at most %(limit)s characters; this one has %(length)s. Put the rest into the description.")
            % {"limit": TITLE_LENGTH, "length": len(title)},
            field="title",
        )
    return title


def clean_text(value: Any, *, field: str, limit: int | None = TEXT_LENGTH) -> str:
    """Text as it can be stored.

    :raises Invalid: if it holds a NUL character, which no text does, or is longer than `limit`
    """
    text = str(value)
    if "\x00" in text:
        raise Invalid(_("The text holds a NUL character. Remove it and try again."), field=field)
    if limit is not None and len(text) > limit:
        raise Invalid(
            _("The text has %(length)s characters; at most %(limit)s are kept.")
            % {"length": len(text), "limit": limit},
            field=field,
        )
    return text


def clean_points(value: Any) -> Decimal | None:
    """An estimate: a number from 0 to 9999 with at most two decimals, or none.

    :raises Invalid: otherwise
    """
    if value in (None, ""):
        return None
    try:
        points = Decimal(str(value).strip().replace(",", "."))
        is_good = points.is_finite() and 0 <= points < 10_000 and points == round(points, 2)
    except InvalidOperation:
        is_good = False
    if not is_good:
        raise Invalid(_("Points are a number from 0 to 9999, such as 3 or 0.5."), field="points")
    return points


def clean_day(value: Any, field: str) -> date | None:
    """A day, or none.

    :raises Invalid: for anything else
    """
    if value in (None, ""):
        return None
    try:
        return value if isinstance(value, date) else date.fromisoformat(str(value))
    except ValueError as error:
        raise Invalid(_("A date looks like 2026-11-27."), field=field) from error
