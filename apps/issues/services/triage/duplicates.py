"""Marking as a duplicate: what hangs on the issue goes to the one that it repeats."""

from django.utils.translation import gettext as _

from apps.core.errors import Invalid, NotFound
from apps.core.tenancy import Actor, happening_at
from apps.events.facts import FieldChange
from apps.events.services import service
from apps.issues.models import Decision, Issue, IssueLink, Watcher
from apps.issues.services.common import lock_with_deleted, require_edit, watch
from apps.issues.services.limits import Arrival, Standing, lock_limits, refuse_if_full
from apps.issues.services.linking import lock_blocking
from apps.issues.services.moving import hold_statuses
from apps.projects.selectors import assignable_people

from .carrying import carry, ends_of, gained, links_of, lost, tell
from .deciding import cancelled_status, decided, leave_for
from .opening import look, refuse_decided, require_triage, settle, waited_since


@service
def mark_duplicate(*, actor: Actor, issue: Issue, canonical: Issue) -> Issue:
    """Say that an issue repeats another one: it is cancelled, and its watchers and links go to that one.

    What cannot go along stays (`carry` says when), and so do the comments.

    :raises Forbidden: for people who may not decide here, or not edit the other issue
    :raises NotFound: if one of the two is gone
    :raises Invalid: for an issue and itself
    :raises NoCancelledStatus: if the workflow has none
    :raises AlreadyDecided: if it does not wait
    """
    require_triage(actor, issue.project)
    require_edit(actor, canonical.project)
    if issue.pk == canonical.pk:
        raise Invalid(_("An issue cannot repeat itself."), field="value")
    to = cancelled_status(issue.project)
    hold_statuses([to])
    limits = lock_limits(issue.project, [to])
    lock_blocking(actor)
    around = ends_of(links_of(actor, issue))
    locked = {each.pk: each for each in lock_with_deleted(actor, {issue.pk, canonical.pk} | around)}
    fresh, original = (locked.get(each.pk) for each in (issue, canonical))
    if fresh is None or original is None or fresh.deleted_at or original.deleted_at:
        raise NotFound(_("The issue was deleted, or is not shared with you."))
    refuse_decided(fresh)
    before, since = look(fresh), waited_since(fresh)
    carried = carry(actor, links_of(actor, fresh), away=fresh, to=original, locked=locked)
    link, _is_new = IssueLink.objects.get_or_create(
        source=fresh,
        target=original,
        kind=IssueLink.Kind.DUPLICATES,
        defaults={
            "org_id": actor.org_id,
            "project_id": fresh.project_id,
            "target_project_id": original.project_id,
            "created_at": happening_at(),
        },
    )
    followers = list(Watcher.objects.filter(issue__in=(fresh, original)).values_list("issue_id", "user_id"))
    here, there = ({user_id for pk, user_id in followers if pk == each.pk} for each in (fresh, original))
    # Whoever cannot see the other issue does not hear of it either.
    people = assignable_people(actor=actor, project=original.project).filter(pk__in=here - there)
    joined = sorted(people.values_list("pk", flat=True))
    watch(original, joined)
    leave_for(fresh, to)
    refuse_if_full(limits, actor=actor, project=fresh.project, arriving=[Arrival(Standing.of(fresh))])
    own = FieldChange("duplicates_in", None, fresh.pk)
    tell(actor, carried, away=fresh, to=original, original=original, changed=[own, *gained(carried)], locked=locked)
    return settle(
        actor,
        fresh,
        before,
        decided(Decision.DUPLICATE),
        FieldChange("duplicates", None, original.pk),
        *lost(carried),
        decision=Decision.DUPLICATE.value,
        since=since,
        link_id=link.pk,
        merged=tuple(each.link.pk for each in carried),
        joined=tuple(joined),
    )
