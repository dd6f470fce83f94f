"""Reading webhooks and what they sent. Whoever may not manage them does not know of them."""

from dataclasses import dataclass
from typing import Any

from django.db import connection
from django.db.models import Prefetch, Q, QuerySet
from django.utils.translation import gettext_lazy

from apps.accounts.models import User
from apps.core.errors import Forbidden, NotFound
from apps.core.tenancy import Actor, OrgRole, unit_of_work
from apps.orgs.models import Membership
from apps.projects.models import IssueType, Project, ProjectMember
from apps.projects.selectors import list_issue_types, visible_projects
from apps.webhooks.models import Attempt, Message, Webhook
from apps.webhooks.policies import can_see_webhooks

STATES = Message.State.choices
MESSAGES_ON_A_PAGE = 50


class NoSuchWebhook(NotFound):
    """No webhook with this id, or not for this person."""

    title = gettext_lazy("There is no such webhook")
    detail = gettext_lazy("It was deleted, or belongs to a project or organization that you do not administer.")


def list_webhooks(*, actor: Actor, project: Project | None) -> list[Webhook]:
    """The webhooks of a project, or of the organization (None), by name.

    :raises Forbidden: for those who may not know of them
    """
    if not can_see_webhooks(actor, project):
        raise Forbidden
    return list(_present(actor).filter(project=project).order_by("name", "id"))


def get_webhook(*, actor: Actor, webhook_id: int) -> Webhook:
    """A webhook that the actor may know of, with its project.

    :raises NoSuchWebhook: if there is none with this id for them
    """
    webhook = _present(actor).filter(pk=webhook_id).first()
    if webhook is None or not can_see_webhooks(actor, webhook.project):
        raise NoSuchWebhook
    return webhook


def _present(actor: Actor) -> "QuerySet[Webhook]":
    seen = Q(project__isnull=True) | Q(project__in=visible_projects(actor=actor))
    present = Webhook.objects.filter(seen, org_id=actor.org_id, deleted_at__isnull=True)
    return present.select_related("project", "created_by")


def projects_to_choose(*, actor: Actor) -> list[Project]:
    """The projects of which an organization's webhook can send: private ones have webhooks of their own."""
    public = visible_projects(actor=actor).filter(visibility=Project.Visibility.ORGANIZATION, archived_at__isnull=True)
    return list(public.order_by("name", "id"))


def types_to_choose(*, actor: Actor, project: Project) -> list[IssueType]:
    """The issue types by which a project's webhook can choose."""
    return list_issue_types(actor=actor, project=project)


def list_messages(
    *, actor: Actor, webhook: Webhook, state: str = "", before: int | None = None, limit: int = MESSAGES_ON_A_PAGE
) -> list[Message]:
    """What a webhook sent or is to send, newest first, as far as the actor may see of what it tells.

    :param state: only those in it
    :param before: only those older than the one with this id
    """
    found = _messages(actor, webhook)
    if state:
        found = found.filter(state=state)
    if before is not None:
        found = found.filter(pk__lt=before)
    newest = Attempt.objects.filter(org_id=actor.org_id).order_by("-id").defer("answer")
    return list(found.defer("body").prefetch_related(Prefetch("tries", newest)).order_by("-id")[:limit])


def get_message(*, actor: Actor, webhook: Webhook, message_id: int) -> Message:
    """One of them, with all its attempts, newest first (`tries.all()`).

    :raises NotFound: if there is none with this id for the actor
    """
    newest = Attempt.objects.filter(org_id=actor.org_id).order_by("-id")
    message = _messages(actor, webhook).filter(pk=message_id).prefetch_related(Prefetch("tries", newest)).first()
    if message is None:
        raise NotFound
    return message


def _messages(actor: Actor, webhook: Webhook) -> "QuerySet[Message]":
    mine = Message.objects.filter(org_id=actor.org_id, webhook=webhook)
    return mine.filter(Q(project__isnull=True) | ~Q(project__in=list(actor.hidden_project_ids)))


def who_answers_for(*, actor: Actor, webhook_id: int) -> tuple[Webhook, list[User]]:
    """A webhook, and those who can do something about it: a project's admins, or the organization's.

    :raises NoSuchWebhook: if it is gone
    """
    webhook = Webhook.objects.filter(org_id=actor.org_id, pk=webhook_id, deleted_at__isnull=True).first()
    if webhook is None:
        raise NoSuchWebhook
    seats = Membership.objects.filter(org_id=actor.org_id, ended_at__isnull=True, user__is_active=True)
    managers = Q(role__in=[OrgRole.OWNER, OrgRole.ADMIN])
    if webhook.project_id is not None:
        admins = ProjectMember.objects.filter(
            org_id=actor.org_id, project_id=webhook.project_id, role=ProjectMember.Role.ADMIN
        )
        added = Q(user__in=admins.values("user_id"))
        # Where nobody was made an admin of the project, those of the organization are its admins.
        seats = seats.filter(added if seats.filter(added).exists() else managers)
    else:
        seats = seats.filter(managers)
    return webhook, [seat.user for seat in seats.select_related("user").order_by("id")[:50]]


@dataclass(frozen=True, slots=True)
class Due:
    """An organization in which facts are to be read for webhooks, or messages to be sent."""

    org_id: int
    is_behind: bool
    is_waiting: bool


def due_organizations() -> list[Due]:
    """Where there is something to do, in a unit of work of its own: ids and nothing else."""
    with unit_of_work(), connection.cursor() as cursor:
        cursor.execute("SELECT org_id, is_behind, is_waiting FROM flowboard_due_webhooks()")
        rows: list[tuple[Any, ...]] = cursor.fetchall()
    return [Due(*row) for row in rows]
