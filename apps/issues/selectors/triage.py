"""What waits in Triage until somebody decides."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db.models import Q
from django.utils import timezone
from markupsafe import Markup

from apps.accounts.models import User
from apps.core.markdown import render_markdown
from apps.core.names import Names
from apps.core.tenancy import Actor
from apps.issues.models import Issue, IssueQuerySet
from apps.issues.selectors.cards import PRIORITY_NAMES
from apps.issues.selectors.naming import names_in
from apps.issues.selectors.visible import visible_issues
from apps.projects import policies
from apps.projects.models import IssueType, Project

# As many as one page shows, the oldest first. Whoever has more decides about these before.
MOST_WAITING = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """An issue in Triage."""

    id: int
    number: int
    key: str
    title: str
    description_html: Markup
    type: IssueType
    priority: str
    reporter: User | None
    comment_count: int
    since: datetime
    snoozed_until: date | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Triage:
    """What a project's Triage shows, the oldest first, and what comes back to it later."""

    waiting: Sequence[Waiting]
    snoozed: Sequence[Waiting]
    is_cut: bool


def waiting_issues(*, actor: Actor) -> IssueQuerySet:
    """What waits in the projects of the organization, snoozed or not. Guests know of their own."""
    waiting = visible_issues(actor=actor).waiting()
    return waiting.filter(reporter_id=actor.user_id) if policies.comes_from_outside(actor) else waiting


def is_due() -> Q:
    """That nobody put an issue off beyond today, the reader's day: so it comes back by itself."""
    return Q(snoozed_until__isnull=True) | Q(snoozed_until__lte=timezone.localdate())


def get_triage(*, actor: Actor, project: Project) -> Triage:
    """The project's Triage: one query."""
    rows = (
        waiting_issues(actor=actor)
        .filter(project=project)
        .as_cards()
        .select_related("type", "reporter")
        .order_by("triage_since", "id")[: MOST_WAITING + 1]
    )
    waiting = list(rows)
    names = names_in(actor=actor, texts=[row.description for row in waiting])
    found = [_waiting(project, row, names) for row in waiting]
    today = timezone.localdate()
    shown = found[:MOST_WAITING]
    return Triage(
        waiting=[each for each in shown if each.snoozed_until is None or each.snoozed_until <= today],
        snoozed=[each for each in shown if each.snoozed_until is not None and each.snoozed_until > today],
        is_cut=len(found) > MOST_WAITING,
    )


def _waiting(project: Project, issue: Issue, names: Names) -> Waiting:
    annotated: Any = issue
    return Waiting(
        id=issue.pk,
        number=issue.number,
        key=f"{project.key}-{issue.number}",
        title=issue.title,
        description_html=render_markdown(issue.description, names),
        type=issue.type,
        priority=PRIORITY_NAMES[issue.priority],
        reporter=issue.reporter,
        comment_count=annotated.comment_count,
        since=annotated.triage_since,
        snoozed_until=issue.snoozed_until,
    )
