"""Reading calendars: whose addresses there are, what one of them shows, and that as iCalendar (RFC 5545)."""

from collections.abc import Callable
from datetime import timedelta
from typing import TYPE_CHECKING

from django.utils import timezone
from django.utils.translation import gettext as _

from apps.core.errors import NotFound
from apps.core.tenancy import Actor
from apps.core.tenancy.doors import NoSuchCalendar
from apps.issues.models import Issue
from apps.issues.selectors import visible_issues
from apps.projects import policies
from apps.projects.models import Status
from apps.sprints.models import CalendarLink, Sprint

if TYPE_CHECKING:
    from icalendar import Event

# How far back a calendar goes, and how much it holds.
PAST = timedelta(days=92)
MOST_ISSUES = 1000
MOST_SPRINTS = 200
# How often it asks calendars to look again.
REFRESH = timedelta(hours=1)
DAY = timedelta(days=1)

# Whose due dates a calendar can show, with words for it.
WHOSE = CalendarLink.Whose.choices


def list_calendar_links(*, actor: Actor) -> list[CalendarLink]:
    """The actor's own addresses that still work, in all projects of the organization that they see, newest first."""
    own = CalendarLink.objects.filter(org_id=actor.org_id, user_id=actor.person_id, revoked_at__isnull=True)
    return list(own.exclude(project_id__in=actor.hidden_project_ids).select_related("project").order_by("-id"))


def get_calendar_link(*, actor: Actor, link_id: int) -> CalendarLink:
    """One of the actor's own addresses that still works.

    :raises NotFound: if there is none with this id
    """
    own = CalendarLink.objects.filter(org_id=actor.org_id, user_id=actor.person_id, revoked_at__isnull=True)
    found = own.filter(pk=link_id).exclude(project_id__in=actor.hidden_project_ids).select_related("project").first()
    if found is None:
        raise NotFound
    return found


def calendar_of(*, actor: Actor, link_id: int, absolute: Callable[[str], str]) -> bytes:
    """What a calendar reads at an address: three queries, the same bytes as long as nothing changes.

    :param actor: the link's owner, as `enter_calendar` gave it
    :param absolute: makes a whole address of a path
    :raises NoSuchCalendar: if the project is none that they may see now
    """
    from icalendar import Calendar, vDuration, vText

    try:
        link = get_calendar_link(actor=actor, link_id=link_id)
    except NotFound as error:
        raise NoSuchCalendar from error
    project = link.project
    if not policies.can_see(actor, project):
        raise NoSuchCalendar
    calendar = Calendar()
    calendar.add("prodid", "-//FlowBoard//Calendar//EN")
    calendar.add("version", "2.0")
    mine = link.whose == CalendarLink.Whose.MINE
    name = _("%(project)s: my due dates") if mine else _("%(project)s: due dates")
    calendar.add("name", vText(name % {"project": project.name}))
    calendar.add("x-wr-calname", vText(name % {"project": project.name}))
    calendar.add("refresh-interval", REFRESH, parameters={"VALUE": "DURATION"})
    calendar.add("x-published-ttl", vDuration(REFRESH))
    since = timezone.localdate() - PAST
    sprints = Sprint.objects.filter(org_id=actor.org_id, project=project, start_date__isnull=False, end_date__gte=since)
    for sprint in sprints.order_by("start_date", "id")[:MOST_SPRINTS]:
        address = absolute(f"/{actor.org_slug}/{project.key}/sprints/{sprint.pk}/")
        calendar.add_component(_sprint(sprint, project.key, address))
    issues = visible_issues(actor=actor).alive().filter(project=project, due_date__gte=since)
    if mine:
        issues = issues.filter(assignee_id=actor.user_id)
    due = (
        issues.exclude(status__category__in=Status.CLOSED)
        .select_related("status", "assignee")
        .order_by("due_date", "id")
    )
    for issue in due[:MOST_ISSUES]:
        key = f"{project.key}-{issue.number}"
        calendar.add_component(_due(issue, key, absolute(f"/{actor.org_slug}/issue/{key}/")))
    return bytes(calendar.to_ical())


def _sprint(sprint: Sprint, project_key: str, address: str) -> "Event":
    event = _event("sprint", sprint, sprint.created_at)
    event.add("dtstart", sprint.start_date)
    # The end of a whole day is the day after it.
    event.add("dtend", sprint.end_date + DAY)  # type: ignore[operator]
    event.add("summary", f"{project_key}: {sprint.name}")
    event.add("description", "\n\n".join(part for part in (sprint.goal, sprint.get_state_display()) if part))
    event.add("url", address)
    return event


def _due(issue: Issue, key: str, address: str) -> "Event":
    event = _event("issue", issue, issue.updated_at)
    event.add("dtstart", issue.due_date)
    event.add("dtend", issue.due_date + DAY)  # type: ignore[operator]
    event.add("summary", f"{key} {issue.title}")
    words = [_("Due: %(status)s") % {"status": issue.status.name}]
    if issue.assignee is not None:
        words.append(issue.assignee.name)
    event.add("description", " · ".join(words))
    event.add("url", address)
    return event


def _event(kind: str, thing: Sprint | Issue, stamp: object) -> "Event":
    """A whole day that keeps nobody busy. Its id stays: no other server made one of this number at that instant."""
    from icalendar import Event

    event = Event()
    event.add("uid", f"{kind}-{thing.pk}-{thing.created_at:%Y%m%dT%H%M%S%f}@flowboard")
    event.add("dtstamp", stamp)
    event.add("transp", "TRANSPARENT")
    return event
