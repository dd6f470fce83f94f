"""What is over of what somebody had asked for, an archive or an import: the part of an inbox that is about no issue.

It is read from the person's own stream: what ended, behind what they have seen.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import BigIntegerField, QuerySet, Subquery, Value
from django.db.models.fields.json import KeyTextTransform
from django.db.models.functions import Cast, Coalesce
from django.urls import reverse
from django.utils.translation import gettext as _

from apps.core.tenancy import Actor
from apps.events.models import Event
from apps.notifications.facts import WorkSeen
from apps.orgs.facts import WorkEnded

# As many are listed, the newest; all are seen at once.
MOST = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class EndedWork:
    """Something that is over, in words, and the page where it is found."""

    id: int
    text: str
    url: str
    is_done: bool
    at: datetime


def unseen_work(*, actor: Actor) -> "QuerySet[Event]":
    """The facts about what is over and was not seen yet, of projects that the actor may see."""
    mine = Event.objects.filter(org_id=actor.org_id, user_id=actor.person_id)
    until = Cast(KeyTextTransform("until", "data"), BigIntegerField())
    seen = mine.filter(kind=WorkSeen.kind).order_by("-id").annotate(until=until).values("until")[:1]
    ended = mine.filter(kind=WorkEnded.kind).exclude(project_id__in=actor.hidden_project_ids)
    return ended.filter(pk__gt=Coalesce(Subquery(seen), Value(0), output_field=BigIntegerField()))


def list_ended_work(*, actor: Actor) -> list[EndedWork]:
    """What is over and was not seen yet, the newest first: one query."""
    return [_ended(actor, event) for event in unseen_work(actor=actor).select_related("project").order_by("-id")[:MOST]]


def _ended(actor: Actor, event: Event) -> EndedWork:
    data: dict[str, Any] = event.data
    project = event.project
    # What was told before there was more than archives names neither.
    what, page_id = data.get("what", "archive"), data.get("page_id")
    within = [page_id] if page_id is not None else [project.key] if project is not None else []
    return EndedWork(
        id=event.pk,
        text=_words(what, project.name if project is not None else "", is_done=data["is_done"]),
        url=reverse(data["page"], args=[actor.org_slug, *within]),
        is_done=data["is_done"],
        at=event.occurred_at,
    )


def _words(what: str, project: str, *, is_done: bool) -> str:
    if not project:
        words = {
            ("archive", True): _("Your archive of the organization is ready."),
            ("archive", False): _("Your archive of the organization could not be written."),
            ("import", True): _("Your import is done."),
            ("import", False): _("Your import has stopped."),
            ("return", True): _("Your import is taken back."),
        }
        return words[what, is_done]
    words = {
        ("archive", True): _("Your archive of %(name)s is ready."),
        ("archive", False): _("Your archive of %(name)s could not be written."),
        ("import", True): _("Your import into %(name)s is done."),
        ("import", False): _("Your import into %(name)s has stopped."),
        ("return", True): _("Your import into %(name)s is taken back."),
    }
    return words[what, is_done] % {"name": project}
