"""Many changes of one project's issues in one transaction: all of them or none."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from itertools import groupby
from time import monotonic

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from apps.core.errors import DomainError, Forbidden
from apps.core.tenancy import Actor
from apps.events.services import service
from apps.issues.models import Issue
from apps.issues.services.common import hold_sprints, lock_with_deleted
from apps.issues.services.creating import NewIssue, create_issues
from apps.issues.services.limits import lock_limits
from apps.issues.services.linking import lock_blocking
from apps.issues.services.moving import hold_statuses
from apps.projects import policies
from apps.projects.models import Project

# As many as one transaction takes, and for how long (in seconds) it may keep others waiting.
MOST_CHANGES = 500
LONGEST = 20.0

# A new issue, or what changes one and says which.
Change = NewIssue | Callable[[], Issue]


class TooSlow(DomainError):
    """The changes together would hold what they lock for too long."""

    title = gettext_lazy("These are too many changes for one transaction")


@contextmanager
def naming_item(item: int) -> Iterator[None]:
    """Let a refusal say which of several changes (by its place, from 0) it is about."""
    try:
        yield
    except DomainError as error:
        error.extra["item"] = item
        raise


@service
def change_together(
    *, actor: Actor, project: Project, changes: Sequence[Change], issue_ids: Iterable[int]
) -> list[Issue]:
    """Make changes one after the other; the issue of each. New ones that follow each other are stored together.

    What they change is locked before the first of them, in the order of `apps.events.services`: in whatever order they
    come, two who do this never wait for each other.

    :param issue_ids: every issue that one of them names: the changed ones, neighbours, parents, the other ends of links
    :raises Forbidden: for people who may only read
    :raises TooSlow: if it takes longer than `LONGEST` seconds
    :raises DomainError: whatever refuses one of the changes; `item` is its place
    """
    if not policies.can_comment(actor, project):
        raise Forbidden
    hold_statuses(project.statuses.filter(retired_at__isnull=True))
    lock_limits(project, None)
    new = [change for change in changes if isinstance(change, NewIssue)]
    sprint_ids = {each.sprint_id for each in new if each.sprint_id is not None}
    if sprint_ids:
        # Those that are there: which change names another one is said where it is made.
        hold_sprints(project, project.sprints.filter(pk__in=sprint_ids).values_list("pk", flat=True), with_past=True)
    lock_blocking(actor)
    lock_with_deleted(actor, issue_ids)
    deadline = monotonic() + LONGEST
    done: list[Issue] = []
    for is_new, run in groupby(changes, key=lambda change: isinstance(change, NewIssue)):
        if is_new:
            done += _create(actor, project, [change for change in run if isinstance(change, NewIssue)], len(done))
            _refuse_slow(deadline, len(done) - 1)
            continue
        for change in run:
            with naming_item(len(done)):
                done.append(change())  # type: ignore[operator]  # what is new went above
            _refuse_slow(deadline, len(done) - 1)
    return done


def _create(actor: Actor, project: Project, batch: Sequence[NewIssue], first: int) -> list[Issue]:
    """Store new issues together; if they are refused, find out with which of them that begins."""
    try:
        return create_issues(actor=actor, project=project, batch=batch)
    except DomainError:
        one_by_one = (_create_one(actor, project, new, place) for place, new in enumerate(batch, start=first))
        return list(one_by_one)


def _create_one(actor: Actor, project: Project, new: NewIssue, place: int) -> Issue:
    with naming_item(place):
        (made,) = create_issues(actor=actor, project=project, batch=[new])
    return made


def _refuse_slow(deadline: float, item: int) -> None:
    if monotonic() > deadline:
        detail = _("They took longer than %(seconds)s seconds. Send fewer at once.") % {"seconds": int(LONGEST)}
        raise TooSlow(detail, item=item)
