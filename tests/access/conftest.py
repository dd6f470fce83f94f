"""A world with one of everything, seen by eight kinds of visitor, and a picture of all its rows."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest
from allauth.account.models import EmailAddress
from django.conf import settings
from django.core.cache import caches
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver
from django.utils import timezone
from pytest_django import DjangoDbBlocker

from apps.accounts.models import User
from apps.boards.models import Board
from apps.boards.selectors.across import get_across
from apps.boards.services import (
    Asked,
    Limit,
    add_quick_filter,
    copy_configuration,
    create_board,
    delete_board,
    limit_lanes,
)
from apps.boards.services.across import create_across, delete_across
from apps.boards.services.across_quick_filters import AskedAcross, add_across_quick_filter
from apps.core.markdown import render_markdown
from apps.core.tenancy import Actor, OrgRole, current_unit, run_as, run_as_system
from apps.events.models import Change
from apps.events.selectors import project_stream
from apps.issues.models import Issue
from apps.issues.services import (
    NewIssue,
    add_comment,
    bulk_edit,
    create_issues,
    decline_issue,
    edit_issue,
    link_issues,
    log_work,
    move_to_project,
    release_version,
    remove_attachment,
    retire_label,
    retire_option,
    retire_version,
)
from apps.notifications.models import InboxEntry
from apps.notifications.stopping import Reason, token_of
from apps.orgs.models import Organization
from apps.orgs.services import create_api_token, create_service_account, invitation_secret, invite
from apps.projects.models import IssueType, Project, Status, Transition
from apps.projects.selectors import get_project, list_statuses
from apps.projects.services import (
    create_field,
    create_label,
    create_project,
    create_version,
    retire_field,
    set_time_tracking,
    set_triage,
)
from apps.sprints.services import create_sprint, make_calendar_link
from tests import factories
from tests.exports.world import make_archive
from tests.imports.world import make_imports
from tests.pictures import Picture, picture, sessions, world_stands
from tests.recurring.world import make_templates
from tests.webhooks.world import make_webhook


def all_routes() -> dict[str, str]:
    """Every URL pattern of the project, as one string each, with its name; Django's admin left out."""
    found: dict[str, str] = {}

    def walk(resolver: URLResolver, prefix: str) -> None:
        for pattern in resolver.url_patterns:
            text = prefix + str(pattern.pattern)
            if isinstance(pattern, URLResolver):
                walk(pattern, text)
            elif isinstance(pattern, URLPattern) and not text.startswith("admin/"):
                found[text] = pattern.name or ""

    walk(get_resolver(), "")
    return found


def path_of(route: str, names: Mapping[str, Any]) -> str:
    """The route's address with the world's names filled in."""
    if "(?P<" in route:
        # The two kinds of braces of a regular expression: its groups, then what only anchors it.
        route = re.sub(r"\(\?P<(\w+)>[^)]*\)", r"<\1>", route).replace("^", "").replace("/?$", "/").replace("$", "")
    return "/" + re.sub(r"<(?:\w+:)?(\w+)>", lambda match: str(names[match[1]]), route)


@dataclass(frozen=True)
class Place:
    """An organization with one of everything, and the names by which its addresses are made."""

    org: Organization
    owner: User
    names: dict[str, Any]


def make_fields(*, actor: Actor, project: Project, name: str = "Customer") -> dict[str, int]:
    """A field of each fate, with an option of each."""
    bug = IssueType.objects.get(project=project, name="Bug")
    field = create_field(
        actor=actor,
        project=project,
        name=name,
        kind="select",
        on_cards=True,
        in_lists=True,
        options=["Acme", "Globex", "Gone"],
    )
    lost = create_field(actor=actor, project=project, name=f"{name}, once", kind="text", type_ids=[bug.pk])
    retire_field(actor=actor, field=lost)
    first, second, gone = (option.id for option in field.choices)
    retire_option(actor=actor, field=field, option_id=gone)
    return {
        "field_id": field.pk,
        "retired_field_id": lost.pk,
        "option_id": first,
        "next_option_id": second,
        "retired_option_id": gone,
    }


def make_place(name: str, slug: str, *, visibility: str = "organization") -> Place:
    """One of everything; `owner` made it all."""
    owner = factories.make_user(f"{name} Owner")
    org = factories.make_org(owner, name, slug)
    project = factories.make_project(org, owner, "FLOW", visibility=visibility)
    target = factories.make_member(org, OrgRole.MEMBER, f"{name} Target")
    factories.give_role(org, project, target, "viewer")
    issue, linked, free = factories.make_issues(
        org, project, owner, "First", "Second", "Third", description="- [ ] Task"
    )
    with run_as(user_id=owner.pk, org_slug=slug) as actor:
        link = link_issues(actor=actor, source=issue, target=linked, kind="relates")
        comment = add_comment(actor=actor, issue=issue, body="A remark.")
        set_time_tracking(actor=actor, project=Project.objects.get(pk=project.pk), is_on=True)
        work = log_work(actor=actor, issue=Issue.objects.select_related("project").get(pk=issue.pk), minutes=30)
        dropped_file = factories.attach_one(actor, issue, "dropped.txt", b"dropped")
        remove_attachment(actor=actor, attachment=dropped_file)
        label = create_label(actor=actor, project=Project.objects.get(pk=project.pk), name="plain")
        whole = Project.objects.get(pk=project.pk)
        lost = create_label(actor=actor, project=whole, name="lost")
        retire_label(actor=actor, label=lost)
        planned, out, dropped = (create_version(actor=actor, project=whole, name=each) for each in ("1", "2", "3"))
        release_version(actor=actor, version=out)
        retire_version(actor=actor, version=dropped)
        invitation = invite(actor=actor, email=f"invited@{slug}.test", role=OrgRole.MEMBER)
        token, _secret = create_api_token(actor=actor, name="script", scopes=["read"])
        robot = create_service_account(actor=actor, name="Robot", role=OrgRole.MEMBER)
        robots_token, _secret = create_api_token(actor=actor, name="script", scopes=["read"], account=robot)
        board = Board.objects.get(project=project)
        columns = list(board.columns.order_by("position"))
        quick = add_quick_filter(actor=actor, board=board, name="Own", asked=Asked(is_mine=True))
        lane_limit = limit_lanes(actor=actor, board=board, by="epic", limit=Limit(at=99))
        gone = create_board(actor=actor, project=Project.objects.get(pk=project.pk), name="Gone")
        delete_board(actor=actor, board=gone)
        extra = create_board(actor=actor, project=Project.objects.get(pk=project.pk), name="Extra")
        across = create_across(actor=actor, name="All", by="status", project_ids=[project.pk])
        across_quick = add_across_quick_filter(
            actor=actor,
            board=across,
            view=get_across(actor=actor, across_id=across.pk),
            name="Own",
            asked=AskedAcross(is_mine=True),
        )
        across_gone = create_across(actor=actor, name="Past", by="status", project_ids=[project.pk])
        delete_across(actor=actor, board=across_gone)
        stream, _seq = project_stream(actor=actor, project_id=project.pk)
        status = Status.objects.get(project=project, name="In review")
        idle = Status.objects.get(project=project, name="Cancelled")  # in no column
        todo = Status.objects.get(project=project, name="To do")
        status_ids = [each.pk for each in list_statuses(actor=actor, project=project)]
        bug = IssueType.objects.get(project=project, name="Bug")
        transition = Transition.objects.get(project=project, target=status)
        fresh = set_triage(actor=actor, project=Project.objects.get(pk=project.pk), is_on=True)
        outside = [NewIssue(title=title, is_from_outside=True) for title in ("Waiting", "Declined")]
        waiting, declined = create_issues(actor=actor, project=fresh, batch=outside)
        decline_issue(actor=actor, issue=declined, comment="Not now.")
        second, _maker = create_project(actor=actor, key="TWO", name="Second", visibility=visibility)
        create_label(actor=actor, project=second, name="copied")
        copy_configuration(actor=actor, source=second, target=fresh)
        (arrived,) = create_issues(actor=actor, project=second, batch=[NewIssue(title="Arrived")])
        move_to_project(actor=actor, project=second, issue_ids=[arrived.pk], target=fresh)
        templates = make_templates(actor=actor, project=whole)
        imports = make_imports(actor=actor, project=whole)
        fields = make_fields(actor=actor, project=whole)
        archive = make_archive(actor=actor, project=whole)
        webhook, message = make_webhook(actor=actor, project=whole)
        sprint = create_sprint(actor=actor, project=Project.objects.get(pk=project.pk), name="Sprint 1")
        calendar, calendar_secret = make_calendar_link(actor=actor, project=sprint.project, whose="everybody")
        # Used just now, for as long as these tests run: that it is read is written down every five minutes only.
        calendar.last_used_at = timezone.now() + timedelta(days=1)
        calendar.save()
        entry = InboxEntry.objects.create(org=org, project_id=project.pk, issue=issue, user=owner, unread_count=1)
    for text in ("- [ ] Other", issue.description):
        with run_as(user_id=owner.pk, org_slug=slug) as actor:
            edit_issue(actor=actor, issue=issue, values={"description": text})
    with run_as(user_id=owner.pk, org_slug=slug):
        change = Change.objects.filter(issue=issue, field="description").latest("pk")
    attached = factories.attach(org, issue, owner, "plan.png", factories.picture())
    return Place(
        org,
        owner,
        {
            "org": slug,
            "project_key": "FLOW",
            "issue_key": f"FLOW-{issue.number}",
            "issue_id": issue.pk,
            "stream_id": stream,
            "task": re.findall(r'value="(0-[0-9a-f]+)"', render_markdown(issue.description))[0],
            "comment_id": comment.pk,
            "work_id": work.pk,
            "change_id": change.pk,
            "entry_id": entry.pk,
            "attachment_id": attached.pk,
            "removed_attachment_id": dropped_file.pk,
            "link_id": link.pk,
            "linked_key": f"FLOW-{free.number}",
            "linked_id": free.pk,
            "number": waiting.number,
            "second_key": "TWO",
            "arrived_id": arrived.pk,
            "decided_number": declined.number,
            "waiting_key": f"FLOW-{waiting.number}",
            "decided_key": f"FLOW-{declined.number}",
            **templates,
            **imports,
            **fields,
            "export_id": archive.pk,
            "webhook_id": webhook.pk,
            "message_id": message.pk,
            "label_id": label.pk,
            "retired_label_id": lost.pk,
            "version_id": planned.pk,
            "released_version_id": out.pk,
            "retired_version_id": dropped.pk,
            "board_id": board.pk,
            "extra_board_id": extra.pk,
            "quick_filter_id": quick.pk,
            "lane_limit_id": lane_limit.pk,
            "deleted_board_id": gone.pk,
            "across_id": across.pk,
            "across_quick_filter_id": across_quick.pk,
            "deleted_across_id": across_gone.pk,
            "across_column_id": todo.pk,
            "live_project_id": project.pk,
            "column_id": columns[0].pk,
            "last_column_id": columns[-1].pk,
            "status_id": status.pk,
            "todo_id": todo.pk,
            "idle_id": idle.pk,
            "status_ids": status_ids,
            "transition_id": transition.pk,
            "bug_id": bug.pk,
            "sprint_id": sprint.pk,
            "type_id": issue.type_id,
            "user_id": target.pk,
            "heir_id": owner.pk,
            "invitation_id": invitation.pk,
            "token_id": token.pk,
            "working_token_id": token.pk,
            "account_id": robot.user_id,
            "service_token_id": robots_token.pk,
            "calendar_link_id": calendar.pk,
            "calendar_secret": calendar_secret,
            "stop_token": token_of(Reason(owner.pk, slug, "mute", issue.pk)),
            "project_id": project.pk,
            "session_id": 2**40,
            "sign_in_id": "none",
            "secret": invitation_secret(invitation.nonce),
            "name": "picture",
            "key": "none",
            "uidb36": "1",
        },
    )


class World:
    """Two organizations of the same make, and visitors of the first."""

    def __init__(self) -> None:
        self.acme = make_place("Acme", "acme")
        self.other = make_place("Other", "other")
        org, owner = self.acme.org, self.acme.owner
        project = Project(pk=self._project_id())
        self._sessions: dict[str, str] = {}
        people = {"outsider": self.other.owner, "owner": owner}
        for role, org_role, project_role in (
            ("suspended", OrgRole.ADMIN, None),
            ("guest", OrgRole.GUEST, None),
            ("viewer", OrgRole.GUEST, "viewer"),
            ("commenter", OrgRole.GUEST, "commenter"),
            ("member", OrgRole.MEMBER, None),
            ("admin", OrgRole.ADMIN, None),
        ):
            people[role] = factories.make_member(org, org_role, role.title())
            if project_role:
                factories.give_role(org, project, people[role], project_role)
        for role, person in people.items():
            # As sign-up leaves it; allauth's page would make the row up when it is looked at.
            EmailAddress.objects.create(user=person, email=person.email, primary=True)
            client = Client()
            client.force_login(person)
            self._sessions[role] = client.cookies[settings.SESSION_COOKIE_NAME].value
            sessions[client.session.cache_key] = caches["default"].get(client.session.cache_key)
        # What each of the two who may could take back: of fields of their own, since later changes stay.
        for role, values in (("member", {"priority": 2}), ("admin", {"points": 3})):
            with run_as(user_id=people[role].pk, org_slug=org.slug) as actor:
                unit = current_unit()
                assert unit is not None
                unit.op = "op"
                issue_ids = [self.acme.names["issue_id"]]
                bulk_edit(actor=actor, project=get_project(actor=actor, key="FLOW"), issue_ids=issue_ids, values=values)
        User.objects.filter(pk=people["suspended"].pk).update(is_active=False)

    def visitor(self, role: str, **options: Any) -> Client:
        """A browser of this kind of visitor, as it was before any request of a test."""
        client = Client(**options)
        if role in self._sessions:
            client.cookies[settings.SESSION_COOKIE_NAME] = self._sessions[role]
        return client

    def _project_id(self) -> int:
        with run_as_system(org_id=self.acme.org.pk):
            return Project.objects.get(key="FLOW").pk

    def picture(self) -> Picture:
        """All rows of both organizations (`tests.pictures`)."""
        return picture(self.acme.org, self.other.org)


@pytest.fixture(scope="package")
def world(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[World]:
    """One world for all tests here, never committed: each request of a test is undone (`undone`)."""
    with django_db_blocker.unblock(), world_stands():
        face = default_storage.save("avatars/picture.webp", ContentFile(b"RIFF"))
        made = World()
        for place in (made.acme, made.other):
            place.names["name"] = face.removeprefix("avatars/").removesuffix(".webp")
        yield made
        default_storage.delete(face)
