"""Whom or what a name that is being typed could mean."""

from django.db.models import Q

from apps.accounts.models import User
from apps.core.tenancy import Actor
from apps.issues.models import Issue
from apps.issues.selectors.visible import ISSUE_KEY, visible_issues
from apps.projects.models import Project
from apps.projects.selectors import assignable_people

MOST_SUGGESTIONS = 8


def suggested_people(*, actor: Actor, project: Project, q: str) -> list[User]:
    """Who could be meant, among those who may see the project: a handle or a word of the name begins so. One query."""
    found = assignable_people(actor=actor, project=project).filter(handle__isnull=False)
    if q:
        found = found.filter(Q(handle__istartswith=q) | Q(name__istartswith=q) | Q(name__icontains=f" {q}"))
    return list(found[:MOST_SUGGESTIONS])


def suggested_issues(*, actor: Actor, project: Project, q: str) -> list[Issue]:
    """What could be meant, the newest first: issues of the project whose title has all the words, or one by its key,
    or its number in the project. One query.
    """
    found = visible_issues(actor=actor).select_related("project", "type", "status")
    if key := ISSUE_KEY.fullmatch(q):
        found = found.filter(project__key=key.group(1).upper(), number=int(key.group(2)))
    elif q.isascii() and q.isdigit() and len(q) < 10:
        found = found.filter(project=project, number=int(q))
    else:
        found = found.filter(project=project)
        for word in q.removeprefix(f"{project.key}-").split():
            found = found.filter(title__icontains=word)
    return list(found.order_by("-updated_at", "-id")[:MOST_SUGGESTIONS])
