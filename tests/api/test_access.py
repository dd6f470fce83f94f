"""Who gets in: tokens, sessions, scopes, foreign organizations, limits."""

from datetime import time, timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from apps.accounts.models import User
from apps.boards.models import (
    AcrossBoard,
    AcrossProject,
    AcrossQuickFilter,
    Board,
    Column,
    ColumnStatus,
    LaneLimit,
    QuickFilter,
)
from apps.core import limits
from apps.core.tenancy import run_as_system
from apps.events.models import Stream
from apps.imports.models import MappingProfile
from apps.issues.models import Attachment, Comment, IssueLink, WorkLog
from apps.issues.services import NewIssue, create_issues, link_issues, log_work, remove_attachment
from apps.notifications.models import InboxEntry
from apps.orgs.models import ApiToken, Invitation, Organization
from apps.orgs.selectors import get_member
from apps.orgs.services import remove_member, set_organization_suspended
from apps.projects.models import (
    CustomField,
    IssueType,
    Label,
    Project,
    ProjectMember,
    Status,
    Transition,
    Version,
)
from apps.projects.services import set_time_tracking, set_triage
from apps.recurring.models import IssueTemplate, Schedule
from apps.sprints.models import CalendarLink, Sprint
from apps.webhooks.models import Message, Webhook
from flowboard.api_urls import urlpatterns
from tests import factories
from tests.api.conftest import Script, Upload, make_script
from tests.exports.world import make_archive
from tests.imports.world import make_placeholder, make_run, version_of_priorities

pytestmark = pytest.mark.django_db

# Ids that no sequence has come to.
COMMENT = 4_711_000
MATEO = 4_711_001
INVITED = 4_711_002
GONE = 4_711_003
FILE, LOST_FILE, WORK, LINK = 4_711_004, 4_711_005, 4_711_006, 4_711_007
ROBOT = 4_711_008
# Of each part of a project's configuration: two that are there, and one that was taken away.
PART, OTHER_PART, RETIRED = 4_711_010, 4_711_011, 4_711_012
DAILY = {"frequency": "daily", "start_date": str(timezone.localdate() + timedelta(days=1)), "at": "09:00"}
# Whom imports met.
MIRA = 4_711_040
TABLE = b"Title,Status\nA lamp,Open\n"
ROUTES: list[tuple[str, str, Any, int]] = [
    ("GET", "", None, 200),
    ("PATCH", "", {"name": "Acme"}, 200),
    ("GET", "members/", None, 200),
    ("PATCH", f"members/{MATEO}/", {"role": "admin"}, 200),
    ("GET", "invitations/", None, 200),
    ("POST", "invitations/", {"emails": ["noor@example.test"], "role": "member"}, 201),
    ("DELETE", f"invitations/{INVITED}/", None, 204),
    ("POST", f"invitations/{INVITED}/resend/", None, 200),
    ("POST", f"members/{MATEO}/remove/", {"keeps_work": False}, 200),
    ("GET", "tokens/", None, 200),
    ("DELETE", f"tokens/{PART}/", None, 204),
    ("GET", "service-accounts/", None, 200),
    ("PATCH", f"service-accounts/{ROBOT}/", {"name": "Night job"}, 200),
    ("GET", f"service-accounts/{ROBOT}/tokens/", None, 200),
    ("DELETE", f"service-accounts/{ROBOT}/tokens/{OTHER_PART}/", None, 204),
    ("GET", "limits/", None, 200),
    ("GET", "limits/tokens/", None, 200),
    ("GET", "recent/", None, 200),
    ("GET", "inbox/", None, 200),
    ("GET", "inbox/unread/", None, 200),
    ("PATCH", f"inbox/{PART}/", {"read": True}, 200),
    ("POST", "inbox/finish/", {}, 200),
    ("POST", "inbox/finish/undo/", {"at": "2026-11-02T09:30:00Z"}, 200),
    ("GET", "inbox/ended/", None, 200),
    ("POST", "inbox/ended/", {"until": PART}, 200),
    ("GET", "inbox/choices/", None, 200),
    ("PATCH", "inbox/choices/", {"rhythm": "daily"}, 200),
    ("DELETE", "inbox/choices/", None, 204),
    ("GET", "inbox/choices/FLOW/", None, 200),
    ("PATCH", "inbox/choices/FLOW/", {"interest": "followed"}, 200),
    ("DELETE", "inbox/choices/FLOW/", None, 204),
    ("POST", "inbox/resume-mail/", None, 204),
    ("PUT", "issues/FLOW-1/mute/", None, 204),
    ("DELETE", "issues/FLOW-1/mute/", None, 204),
    ("GET", "projects/", None, 200),
    ("POST", "projects/", {"name": "Rover", "key": "ROVER"}, 201),
    ("GET", "projects/FLOW/", None, 200),
    ("PATCH", "projects/FLOW/", {"description": "All of it."}, 200),
    ("POST", "projects/FLOW/delete/", {"confirmation": "Project FLOW"}, 204),
    ("PUT", "projects/FLOW/star/", None, 204),
    ("DELETE", "projects/FLOW/star/", None, 204),
    ("GET", "deleted-projects/", None, 200),
    ("POST", f"deleted-projects/{GONE}/restore/", None, 200),
    ("POST", "projects/FLOW/copy/plan/", {"source": "TWO"}, 200),
    ("POST", "projects/FLOW/copy/", {"source": "TWO"}, 200),
    ("POST", "projects/FLOW/copy/undo/", None, 404),
    ("GET", "projects/FLOW/members/", None, 200),
    ("POST", "projects/FLOW/members/", {"user": MATEO, "role": "viewer"}, 200),
    ("POST", f"projects/FLOW/members/{MATEO}/remove/", {}, 200),
    ("GET", "projects/FLOW/statuses/", None, 200),
    ("POST", "projects/FLOW/statuses/", {"name": "Stuck", "category": "todo"}, 201),
    ("POST", "projects/FLOW/statuses/order/", {"order": [PART]}, 422),
    ("PATCH", f"projects/FLOW/statuses/{PART}/", {"name": "Else"}, 200),
    ("POST", f"projects/FLOW/statuses/{PART}/remove/", {"to": OTHER_PART}, 200),
    ("GET", "projects/FLOW/transitions/", None, 200),
    ("POST", "projects/FLOW/transitions/", {"source": PART, "target": OTHER_PART}, 201),
    ("PATCH", f"projects/FLOW/transitions/{PART}/", {"name": "Else"}, 200),
    ("DELETE", f"projects/FLOW/transitions/{PART}/", None, 204),
    ("GET", "projects/FLOW/types/", None, 200),
    ("POST", "projects/FLOW/types/", {"name": "Spike"}, 201),
    ("PATCH", f"projects/FLOW/types/{PART}/", {"name": "Else"}, 200),
    ("POST", f"projects/FLOW/types/{PART}/remove/", {"to": OTHER_PART}, 200),
    ("GET", "projects/FLOW/labels/", None, 200),
    ("POST", "projects/FLOW/labels/", {"name": "fresh"}, 201),
    ("PATCH", f"projects/FLOW/labels/{PART}/", {"name": "else"}, 200),
    ("POST", f"projects/FLOW/labels/{PART}/remove/", {}, 200),
    ("POST", f"projects/FLOW/labels/{RETIRED}/restore/", None, 200),
    ("GET", "webhooks/", None, 200),
    ("POST", "webhooks/", {"name": "Chat", "url": "https://hooks.example.com/"}, 201),
    ("GET", "projects/FLOW/webhooks/", None, 200),
    ("POST", "projects/FLOW/webhooks/", {"name": "Chat", "url": "https://hooks.example.com/"}, 201),
    ("GET", f"webhooks/{PART}/", None, 200),
    ("PATCH", f"webhooks/{PART}/", {"paused": True}, 200),
    ("DELETE", f"webhooks/{PART}/", None, 204),
    ("POST", f"webhooks/{PART}/secret/", None, 200),
    ("DELETE", f"webhooks/{PART}/secret/", None, 204),
    ("POST", f"webhooks/{PART}/test/", None, 201),
    ("GET", f"webhooks/{PART}/messages/", None, 200),
    ("GET", f"webhooks/{PART}/messages/{PART}/", None, 200),
    ("POST", f"webhooks/{PART}/messages/{PART}/redeliver/", None, 200),
    ("GET", "projects/FLOW/issues.csv", None, 200),
    ("GET", "imports/", None, 200),
    ("POST", "imports/", Upload("list.csv", TABLE, {"project": "FLOW"}, field="files"), 202),
    ("GET", "imports/people/", None, 200),
    ("POST", f"imports/people/{MIRA}/claim/", {"member": MATEO}, 200),
    ("GET", f"imports/{PART}/", None, 200),
    ("DELETE", f"imports/{PART}/", None, 204),
    ("GET", f"imports/{PART}/preview/", None, 200),
    ("GET", f"imports/{PART}/sections/", None, 200),
    ("GET", f"imports/{PART}/sections/priorities/", None, 200),
    ("GET", f"imports/{PART}/sections/priorities/words/", None, 200),
    (
        "PATCH",
        f"imports/{PART}/sections/priorities/",
        {"version": version_of_priorities(), "choices": {"Blocker": "is-1"}},
        200,
    ),
    ("POST", f"imports/{PART}/profiles/", {"name": "Next time"}, 200),
    ("POST", f"imports/{PART}/profiles/{PART}/use/", None, 200),
    ("POST", f"imports/{PART}/start/", None, 202),
    ("POST", f"imports/{PART}/cancel/", None, 200),
    ("POST", f"imports/{OTHER_PART}/take-back/", None, 202),
    ("GET", f"imports/{OTHER_PART}/kept/", None, 200),
    ("GET", f"imports/{OTHER_PART}/problems/", None, 200),
    ("GET", f"imports/{OTHER_PART}/problems.csv", None, 200),
    ("GET", "import-profiles/", None, 200),
    ("DELETE", f"import-profiles/{PART}/", None, 204),
    ("GET", "exports/", None, 200),
    ("POST", "exports/", {"project": "FLOW"}, 202),
    ("GET", f"exports/{PART}/", None, 200),
    ("GET", f"exports/{PART}/content/", None, 200),
    ("DELETE", f"exports/{PART}/", None, 204),
    ("GET", "projects/FLOW/sprints/", None, 200),
    ("POST", "projects/FLOW/sprints/", {"name": "Sprint 2"}, 201),
    ("GET", f"projects/FLOW/sprints/{PART}/", None, 200),
    ("PATCH", f"projects/FLOW/sprints/{PART}/", {"goal": "Weld."}, 200),
    ("GET", f"projects/FLOW/sprints/{PART}/report/", None, 200),
    ("POST", "projects/FLOW/sprints/plan/", {"issues": [PART], "sprint": None}, 404),
    ("GET", "projects/FLOW/sprints/velocity/", None, 200),
    ("GET", "projects/FLOW/sprints/cadence/", None, 200),
    ("PATCH", "projects/FLOW/sprints/cadence/", {"weeks": 3}, 200),
    ("GET", f"projects/FLOW/sprints/{PART}/capacity/", None, 200),
    ("PATCH", f"projects/FLOW/sprints/{PART}/capacity/", {"points": {}}, 200),
    ("GET", "calendar-links/", None, 200),
    ("DELETE", f"calendar-links/{PART}/", None, 204),
    ("GET", "projects/FLOW/triage/", None, 200),
    ("GET", "projects/FLOW/epics/", None, 200),
    ("POST", "issues/FLOW-3/triage/accept/", {}, 200),
    ("POST", "issues/FLOW-3/triage/decline/", {"comment": "No."}, 200),
    ("POST", "issues/FLOW-3/triage/duplicate/", {"of": 2**40}, 404),
    ("POST", "issues/FLOW-3/triage/snooze/", {"until": DAILY["start_date"]}, 200),
    ("POST", "issues/FLOW-3/triage/undo/", None, 409),
    ("GET", "projects/FLOW/boards/", None, 200),
    ("POST", "projects/FLOW/boards/", {"name": "Testing"}, 201),
    ("GET", f"projects/FLOW/boards/{PART}/", None, 200),
    ("PATCH", f"projects/FLOW/boards/{PART}/", {"name": "Else"}, 200),
    ("POST", f"projects/FLOW/boards/{PART}/delete/", None, 204),
    ("GET", "projects/FLOW/deleted-boards/", None, 200),
    ("POST", f"projects/FLOW/deleted-boards/{RETIRED}/restore/", None, 200),
    ("GET", f"projects/FLOW/boards/{PART}/totals/", None, 200),
    ("POST", f"projects/FLOW/boards/{PART}/statuses/", {"places": [{"status": PART, "column": PART}]}, 200),
    ("POST", f"projects/FLOW/boards/{PART}/columns/", {"name": "Fresh", "statuses": [PART]}, 201),
    ("PATCH", f"projects/FLOW/boards/{PART}/columns/{PART}/", {"name": "Else"}, 200),
    ("DELETE", f"projects/FLOW/boards/{PART}/columns/{PART}/", None, 204),
    ("GET", f"projects/FLOW/boards/{PART}/columns/{PART}/cards/", None, 200),
    ("POST", f"projects/FLOW/boards/{PART}/columns/{PART}/cards/", {"titles": ["New"]}, 201),
    ("POST", f"projects/FLOW/boards/{PART}/columns/{PART}/cards/move/", {"issues": [2**40]}, 404),
    ("POST", f"projects/FLOW/boards/{PART}/lane-limits/", {"by": "epic", "wip_limit": 9}, 200),
    ("DELETE", f"projects/FLOW/boards/{PART}/lane-limits/{PART}/", None, 204),
    ("POST", f"projects/FLOW/boards/{PART}/quick-filters/", {"name": "Fresh", "is_mine": True}, 201),
    ("DELETE", f"projects/FLOW/boards/{PART}/quick-filters/{PART}/", None, 204),
    ("GET", "boards/", None, 200),
    ("POST", "boards/", {"name": "Everything", "projects": ["TWO"]}, 201),
    ("GET", "deleted-boards/", None, 200),
    ("POST", f"deleted-boards/{RETIRED}/restore/", None, 200),
    ("GET", f"boards/{PART}/", None, 200),
    ("PATCH", f"boards/{PART}/", {"name": "Else"}, 200),
    ("DELETE", f"boards/{PART}/", None, 204),
    ("GET", f"boards/{PART}/totals/", None, 200),
    ("POST", f"boards/{PART}/quick-filters/", {"name": "Fresh", "is_mine": True}, 201),
    ("DELETE", f"boards/{PART}/quick-filters/{PART}/", None, 204),
    ("GET", f"boards/{PART}/columns/{PART}/cards/", None, 200),
    ("POST", f"boards/{PART}/columns/{PART}/cards/", {"project": "FLOW", "titles": ["New"]}, 422),
    ("POST", f"boards/{PART}/columns/{PART}/cards/move/", {"issues": [2**40]}, 404),
    ("POST", f"boards/{PART}/cards/bulk/", {"issues": [2**40], "values": {"priority": "high"}}, 404),
    ("POST", f"boards/{PART}/cards/undo/", {"op": "none", "issues": [2**40]}, 404),
    ("GET", "projects/FLOW/versions/", None, 200),
    ("POST", "projects/FLOW/versions/", {"name": "9"}, 201),
    ("GET", f"projects/FLOW/versions/{PART}/", None, 200),
    ("PATCH", f"projects/FLOW/versions/{PART}/", {"name": "Else"}, 200),
    ("GET", f"projects/FLOW/versions/{PART}/notes/", None, 200),
    ("POST", f"projects/FLOW/versions/{PART}/release/", {}, 200),
    ("POST", f"projects/FLOW/versions/{OTHER_PART}/unrelease/", {}, 200),
    ("POST", f"projects/FLOW/versions/{PART}/remove/", {}, 200),
    ("POST", f"projects/FLOW/versions/{RETIRED}/restore/", None, 200),
    ("GET", "projects/FLOW/fields/", None, 200),
    ("POST", "projects/FLOW/fields/", {"name": "Fresh", "kind": "text"}, 201),
    ("PATCH", f"projects/FLOW/fields/{PART}/", {"name": "Else"}, 200),
    ("DELETE", f"projects/FLOW/fields/{PART}/", None, 204),
    ("POST", f"projects/FLOW/fields/{RETIRED}/restore/", None, 200),
    ("POST", f"projects/FLOW/fields/{PART}/options/", {"options": ["Fresh"]}, 200),
    ("PATCH", f"projects/FLOW/fields/{PART}/options/1/", {"name": "Else"}, 200),
    ("POST", f"projects/FLOW/fields/{PART}/options/1/remove/", {}, 200),
    ("POST", f"projects/FLOW/fields/{PART}/options/3/restore/", None, 200),
    ("GET", "projects/FLOW/templates/", None, 200),
    ("POST", "projects/FLOW/templates/", {"name": "Report", "type": PART}, 201),
    ("GET", f"projects/FLOW/templates/{PART}/", None, 200),
    ("PATCH", f"projects/FLOW/templates/{PART}/", {"title": "Report"}, 200),
    ("DELETE", f"projects/FLOW/templates/{OTHER_PART}/", None, 204),
    ("POST", f"projects/FLOW/templates/{RETIRED}/restore/", None, 200),
    ("POST", "projects/FLOW/issues/from-template/", {"template": PART}, 201),
    ("GET", "projects/FLOW/schedules/", None, 200),
    ("POST", "projects/FLOW/schedules/", DAILY | {"template": PART}, 201),
    ("GET", f"projects/FLOW/schedules/{PART}/", None, 200),
    ("PATCH", f"projects/FLOW/schedules/{PART}/", {"paused": True}, 200),
    ("DELETE", f"projects/FLOW/schedules/{PART}/", None, 204),
    ("POST", f"projects/FLOW/schedules/{RETIRED}/restore/", None, 200),
    ("GET", "projects/FLOW/issues/", None, 200),
    ("POST", "projects/FLOW/issues/", {"title": "New"}, 201),
    ("GET", "projects/FLOW/events", None, 200),
    ("GET", "issues/FLOW-1/", None, 200),
    ("PATCH", "issues/FLOW-1/", {"title": "Other"}, 200),
    ("POST", "issues/FLOW-1/move/", {}, 200),
    ("GET", "issues/FLOW-1/history/", None, 200),
    ("POST", "issues/FLOW-1/undo/", {"change": 2**40}, 404),
    ("GET", "issues/FLOW-1/comments/", None, 200),
    ("POST", "issues/FLOW-1/comments/", {"body": "Yes"}, 201),
    ("PATCH", f"issues/FLOW-1/comments/{COMMENT}/", {"resolved": True}, 200),
    ("GET", "issues/FLOW-1/work/", None, 200),
    ("POST", "issues/FLOW-1/work/", {"minutes": 5}, 201),
    ("PATCH", f"issues/FLOW-1/work/{WORK}/", {"minutes": 6}, 200),
    ("DELETE", f"issues/FLOW-1/work/{WORK}/", None, 204),
    ("GET", "issues/", None, 200),
    ("DELETE", "issues/FLOW-1/", None, 204),
    ("GET", "issues/FLOW-1/transitions/", None, 200),
    ("POST", "issues/FLOW-1/transitions/", {"status": 2**40}, 422),
    ("POST", "issues/FLOW-1/archive/", None, 200),
    ("POST", "issues/FLOW-1/restore/", None, 200),
    ("POST", "issues/FLOW-1/copy/", None, 201),
    ("GET", "issues/FLOW-1/children/", None, 200),
    ("POST", "issues/FLOW-1/children/", {"titles": ["Oil the axle"]}, 201),
    ("GET", "issues/FLOW-1/links/", None, 200),
    ("POST", "issues/FLOW-1/links/", {"kind": "blocks", "issue": 2**40}, 404),
    ("DELETE", f"issues/FLOW-1/links/{LINK}/", None, 204),
    ("GET", "issues/FLOW-1/watchers/", None, 200),
    ("PUT", "issues/FLOW-1/watchers/me/", None, 204),
    ("DELETE", "issues/FLOW-1/watchers/me/", None, 204),
    ("PUT", "issues/FLOW-1/star/", None, 204),
    ("DELETE", "issues/FLOW-1/star/", None, 204),
    ("GET", "issues/FLOW-1/reactions/", None, 200),
    ("PUT", "issues/FLOW-1/reactions/", {"emoji": "heart", "is_on": True}, 204),
    ("DELETE", f"issues/FLOW-1/comments/{COMMENT}/", None, 204),
    ("GET", "issues/FLOW-1/attachments/", None, 200),
    ("POST", "issues/FLOW-1/attachments/", Upload("notes.txt", b"Oil."), 201),
    ("GET", f"issues/FLOW-1/attachments/{FILE}/content/", None, 200),
    ("DELETE", f"issues/FLOW-1/attachments/{FILE}/", None, 204),
    ("POST", f"issues/FLOW-1/attachments/{LOST_FILE}/restore/", None, 200),
    ("POST", "projects/FLOW/issues/bulk/", {"issues": [2**40], "values": {"priority": "high"}}, 404),
    ("POST", "projects/FLOW/issues/bulk/undo/", {"op": "none", "issue": 2**40}, 404),
    ("POST", "projects/FLOW/issues/transfer/", {"issues": [2**40], "to": "FLOW"}, 404),
    ("POST", "projects/FLOW/issues/transfer/undo/", {"issue": 2**40}, 404),
    ("POST", "projects/FLOW/batch/", {"changes": [{"do": "create", "values": {"title": "New"}}]}, 200),
]

# What is found below `projects/` but has scopes of its own; everything else there is the project's.
BELOW_PROJECTS = {
    "issues": "issues",
    "batch": "issues",
    "triage": "issues",
    "epics": "issues",
    "sprints": "sprints",
    "webhooks": "webhooks",
    "issues.csv": "exports",
    "boards": "boards",
    "deleted-boards": "boards",
}
# What is on boards are issues.
ON_BOARDS = {"cards", "totals"}
IN_THE_ORGANIZATION = {
    "": "organization",
    "members": "organization",
    "invitations": "organization",
    "deleted-projects": "projects",
    "calendar-links": "sprints",
    "import-profiles": "imports",
    "tokens": "organization",
    "service-accounts": "organization",
    "limits": "organization",
    "recent": "issues",
    "deleted-boards": "boards",
}


def resource_of(path: str) -> str:
    """Which resource's scopes an address asks for."""
    first, _slash, rest = path.partition("/")
    if ON_BOARDS & set(path.split("/")):
        return "issues"
    if first == "projects":
        below = rest.split("/")[1:2]
        return BELOW_PROJECTS.get(below[0], first) if below else first
    return IN_THE_ORGANIZATION.get(first, first)


@pytest.fixture
def issue(acme: Organization, ada: User, flow: Project) -> None:
    """What the routes name."""
    fill(acme, ada, flow)


def fill(acme: Organization, ada: User, flow: Project) -> None:
    """One of everything that the routes name: FLOW-1, for example."""
    factories.make_member(acme, id=MATEO)
    factories.make_member(acme, name="Robot", id=ROBOT, kind="service", email="robot@service.invalid")
    with factories.acting(ada, acme) as actor:
        for pk, owner in ((PART, ada), (OTHER_PART, User(pk=ROBOT))):
            ApiToken.objects.create(
                pk=pk, org=acme, user_id=owner.pk, is_service=owner is not ada, name="old", prefix="x",
                token_hash=f"part {pk}", scopes=["read"],
            )  # fmt: skip
        project = set_time_tracking(actor=actor, project=Project.objects.get(pk=flow.pk), is_on=True)
    made, other = factories.make_issues(acme, project, ada, "Dock the rover", "Weld")
    with factories.acting(ada, acme) as actor:
        log_work(actor=actor, issue=made, minutes=30)
        WorkLog.objects.update(id=WORK)
        make_parts(acme, flow)
        make_archive(actor=actor, project=flow, pk=PART)
        project = set_triage(actor=actor, project=project, is_on=True)
        outside = NewIssue(title="Waits", is_from_outside=True)
        (waiting,) = create_issues(actor=actor, project=project, batch=[outside])
        assert waiting.number == 3
        make_run(actor=actor, project=flow, state="review", pk=PART)
        make_run(actor=actor, project=flow, state="done", pk=OTHER_PART, imported=1)
        make_placeholder(flow, "mira", pk=MIRA)
        MappingProfile.objects.create(pk=PART, org=acme, name="Ours", source="jira", created_by=ada)
        InboxEntry.objects.create(pk=PART, org=acme, project=flow, issue=made, user=ada, unread_count=1)
        Invitation.objects.create(pk=INVITED, org=acme, email="old@example.test", role="member", invited_by=ada)
        link_issues(actor=actor, source=made, target=other, kind="relates")
        IssueLink.objects.update(id=LINK)
        for pk, name in ((FILE, "plan.txt"), (LOST_FILE, "lost.txt")):
            file = factories.attach_one(actor, made, name, b"Text.")
            Attachment.objects.filter(pk=file.pk).update(id=pk)
        remove_attachment(actor=actor, attachment=Attachment.objects.select_related("issue__project").get(pk=LOST_FILE))
        Comment.objects.create(pk=COMMENT, org=acme, project=flow, issue=made, author=ada, body="Slowly.")


def make_parts(acme: Organization, flow: Project) -> None:
    """Parts of the configuration with ids that are known, and two projects beside it: TWO, and one that is deleted."""
    now = timezone.now()
    common: dict[str, Any] = {"org": acme, "project": flow}
    for pk, name, retired_at in ((PART, "part", None), (OTHER_PART, "other part", None), (RETIRED, "retired", now)):
        Status.objects.create(pk=pk, name=name, category="todo", position=pk % 100, retired_at=retired_at, **common)
        IssueType.objects.create(
            pk=pk, name=name, icon="bug", hue=0, position=pk % 100, retired_at=retired_at, **common
        )
        Label.objects.create(pk=pk, name=name, hue=0, retired_at=retired_at, **common)
        released_at = now if pk == OTHER_PART else None
        Version.objects.create(pk=pk, name=name, released_at=released_at, retired_at=retired_at, **common)
        options = [{"id": number, "name": f"option {number}", "retired": number == 3} for number in (1, 2, 3)]
        CustomField.objects.create(
            pk=pk, name=name, kind="select", options=options, position=pk % 100, retired_at=retired_at, **common
        )
    Transition.objects.create(pk=PART, name="part", source_id=OTHER_PART, target_id=PART, **common)
    Sprint.objects.create(pk=PART, name="part", **common)
    CalendarLink.objects.create(
        pk=PART, user=acme.memberships.get(role="owner").user, whose="mine", prefix="x", token_hash="part", **common
    )
    for pk, retired_at in ((PART, None), (OTHER_PART, None), (RETIRED, now)):
        IssueTemplate.objects.create(
            pk=pk, name=f"template {pk}", type_id=PART, position=pk % 100, retired_at=retired_at, **common
        )
    for pk, retired_at in ((PART, None), (RETIRED, now)):
        owner = acme.memberships.get(role="owner").user
        Schedule.objects.create(
            pk=pk, template_id=PART, owner=owner, frequency="daily", start_date=now.date(), at=time(9),
            time_zone="Europe/Berlin", retired_at=retired_at, **common,
        )  # fmt: skip
    make_board_parts(common, deleted_at=now)
    Webhook.objects.create(pk=PART, name="part", url="https://hooks.example.com/", nonce="part", **common)
    Message.objects.create(pk=PART, webhook_id=PART, kind="issue.created", body="{}", state="dead", **common)
    ProjectMember.objects.create(user_id=MATEO, role="viewer", **common)
    Project.objects.create(org=acme, key="TWO", name="Two", template="kanban")
    gone = Project.objects.create(pk=GONE, org=acme, key="GONE", name="Gone", template="kanban", deleted_at=now)
    for project in Project.objects.filter(stream__isnull=True):
        Stream.objects.create(org=acme, kind=Stream.Kind.PROJECT, project=project)
    ProjectMember.objects.create(org=acme, project=gone, user=acme.memberships.get(role="owner").user, role="admin")


def make_board_parts(common: dict[str, Any], *, deleted_at: Any) -> None:
    """A second board with two columns, a limit and a quick filter, and one that is deleted; the same over projects."""
    board = Board.objects.create(pk=PART, name="part", position=1, **common)
    Board.objects.create(pk=RETIRED, name="gone", position=2, deleted_at=deleted_at, **common)
    shown = Status.objects.filter(project=common["project"], category="in_progress").order_by("position")
    for pk, status in zip((PART, OTHER_PART), shown, strict=False):
        column = Column.objects.create(pk=pk, board=board, name=status.name, position=pk % 100, **common)
        ColumnStatus.objects.create(board=board, column=column, status=status, **common)
    LaneLimit.objects.create(pk=PART, board=board, by="assignee", at=99, **common)
    QuickFilter.objects.create(pk=PART, board=board, name="part", is_mine=True, **common)
    for pk, gone_at in ((PART, None), (RETIRED, deleted_at)):
        across = AcrossBoard.objects.create(pk=pk, org=common["org"], name="part", deleted_at=gone_at)
        AcrossProject.objects.create(board=across, **common)
        AcrossQuickFilter.objects.create(pk=pk, org=common["org"], board=across, name="part", is_mine=True)


def test_every_route_is_in_the_matrix() -> None:
    def walk(patterns: Any) -> list[Any]:
        return [
            leaf
            for entry in patterns
            for leaf in (walk(entry.url_patterns) if hasattr(entry, "url_patterns") else [entry])
        ]

    operations = {
        getattr(pattern.callback.view_class, method).operation.name
        for pattern in walk(entry for entry in urlpatterns if "<slug:org>" in str(entry.pattern))
        for method in ("get", "post", "put", "patch", "delete")
        if hasattr(pattern.callback.view_class, method)
    }
    assert len(operations) == len(ROUTES)


class TestTokens:
    @pytest.mark.parametrize(
        "header", ["Bearer", "Bearer ", "Bearer fb_wrong", "Bearer fb_ü", "Basic YTpi", "fb_x", "Token fb_x"]
    )
    def test_that_are_none(self, acme: Organization, header: str) -> None:
        answer = Client().get(f"/api/v1/orgs/{acme.slug}/projects/", headers={"authorization": header})
        assert answer.status_code == 401
        assert answer["WWW-Authenticate"]

    def test_that_were_revoked_or_have_expired(self, script: Script, acme: Organization, ada: User) -> None:
        assert script.get("projects/").status_code == 200
        for change in (
            {"revoked_at": timezone.now()},
            {"revoked_at": None, "expires_at": timezone.now() - timedelta(1)},
        ):
            with factories.acting(ada, acme):
                ApiToken.objects.update(**change)
            assert script.get("projects/").status_code == 401

    def test_of_somebody_who_left_or_was_suspended(self, acme: Organization) -> None:
        mateo = factories.make_member(acme)
        script = make_script(mateo, acme)
        User.objects.filter(pk=mateo.pk).update(is_active=False)
        assert script.get("projects/").status_code == 401
        User.objects.filter(pk=mateo.pk).update(is_active=True)
        assert script.get("projects/").status_code == 200
        with run_as_system(org_id=acme.pk) as actor:
            remove_member(actor=actor, membership=get_member(actor=actor, user_id=mateo.pk))
        assert script.get("projects/").status_code == 401

    def test_of_a_suspended_organization(self, script: Script, acme: Organization) -> None:
        with run_as_system(org_id=acme.pk) as actor:
            set_organization_suspended(actor=actor, is_suspended=True)
        answer = script.get("projects/")
        assert (answer.status_code, answer.json()["type"]) == (403, "about:blank#OrganizationSuspended")

    def test_show_when_they_were_last_used(self, script: Script, acme: Organization, ada: User) -> None:
        script.get("projects/")
        with factories.acting(ada, acme):
            assert ApiToken.objects.get().last_used_at is not None

    def test_go_before_the_session(self, script: Script, acme: Organization) -> None:
        stranger = factories.make_user("Noor Haddad")
        browser = Client()
        browser.force_login(stranger)
        url = f"/api/v1/orgs/{acme.slug}/projects/"
        assert browser.get(url).status_code == 404
        assert browser.get(url, headers={"authorization": f"Bearer {script.secret}"}).status_code == 200

    def test_name_the_author_of_what_they_write(self, acme: Organization, ada: User, flow: Project) -> None:
        mateo = factories.make_member(acme)
        made = make_script(mateo, acme).post("projects/FLOW/issues/", {"title": "By a script"}).json()
        assert made["reporter"]["id"] == mateo.pk
        events = make_script(ada, acme).get("projects/FLOW/events").json()["results"]
        assert (events[-1]["kind"], events[-1]["actor"], events[-1]["origin"]) == ("issue.created", mateo.pk, "api")


class TestAddresses:
    @pytest.mark.parametrize(
        "path",
        ["issues/FLOW-0/", "issues/FLOW/", "issues/FLOW-99999999999/", "issues/12/", "projects/NOPE/",
         "projects/FL%00OW/", "issues/FLOW-99/", "nothing/"],
    )  # fmt: skip
    def test_that_lead_nowhere(self, script: Script, issue: None, path: str) -> None:
        answer = script.get(path)
        assert (answer.status_code, answer["Content-Type"]) == (404, "application/problem+json")

    @pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH"])
    def test_with_a_method_they_do_not_have(self, script: Script, issue: None, method: str) -> None:
        answer = script.call(method, "projects/FLOW/issues/", {})
        assert answer.status_code == 405
        assert answer["Content-Type"] == "application/problem+json"


class TestLimits:
    @pytest.fixture(autouse=True)
    def _low(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setitem(limits.LIMITS, "api-read", limits.Limit("5/h"))
        monkeypatch.setitem(limits.LIMITS, "api-search", limits.Limit("3/h"))
        monkeypatch.setitem(limits.LIMITS, "api-create", limits.Limit("2/h"))
        monkeypatch.setitem(limits.LIMITS, "api-write", limits.Limit("3/h"))
        monkeypatch.setitem(limits.LIMITS, "api-stranger", limits.Limit("4/h"))

    @staticmethod
    def met_after(call: Any) -> tuple[int, Any]:
        for number in range(1, 20):
            answer = call()
            if answer.status_code == 429:
                return number - 1, answer
        raise AssertionError("The limit was never met.")

    def test_are_counted_apart_and_say_how_long_to_wait(self, script: Script, issue: None) -> None:
        for allowed, call in (
            (2, lambda: script.post("projects/FLOW/issues/", {"title": "New"})),
            (5, lambda: script.get("issues/FLOW-1/")),
            (3, lambda: script.patch("issues/FLOW-1/", {"title": "Other"})),
        ):
            number, answer = self.met_after(call)
            assert number == allowed
            assert 0 < int(answer["Retry-After"]) <= 3600
            assert answer["Content-Type"] == "application/problem+json"
            assert answer.json()["retry_after"] == int(answer["Retry-After"])

    def test_of_searching_are_counted_beside_those_of_reading(self, script: Script, issue: None) -> None:
        number, answer = self.met_after(lambda: script.get("projects/FLOW/issues/?q=rover"))
        assert number == 3
        assert 0 < int(answer["Retry-After"]) <= 3600
        assert [answer[f"RateLimit-{name}"] for name in ("Limit", "Remaining")] == ["3", "0"]
        read = script.get("projects/FLOW/issues/")
        assert (read.status_code, read["RateLimit-Limit"], read["RateLimit-Remaining"]) == (200, "5", "0")
        assert script.get("projects/FLOW/issues/").status_code == 429

    def test_are_counted_for_each_token_and_for_the_person(self, acme: Organization, ada: User, issue: None) -> None:
        nightly, hourly = make_script(ada, acme), make_script(ada, acme)
        assert self.met_after(lambda: nightly.get("projects/"))[0] == 5
        assert self.met_after(lambda: hourly.get("projects/"))[0] == 5
        browser = Client()
        browser.force_login(ada)
        assert self.met_after(lambda: browser.get(f"/api/v1/orgs/{acme.slug}/projects/"))[0] == 5

    def test_of_one_organization_are_not_anothers(self, acme: Organization, ada: User) -> None:
        other = factories.make_org(ada, "Harbour Freight")
        browser = Client()
        browser.force_login(ada)
        self.met_after(lambda: browser.get(f"/api/v1/orgs/{acme.slug}/projects/"))
        assert browser.get(f"/api/v1/orgs/{other.slug}/projects/").status_code == 200

    def test_are_counted_when_the_request_is_refused(self, script: Script, issue: None) -> None:
        number, _answer = self.met_after(lambda: script.post("projects/FLOW/issues/", {"title": ""}))
        assert number == 2

    def test_of_one_person_are_not_anothers(self, script: Script, acme: Organization, issue: None) -> None:
        self.met_after(lambda: script.get("projects/"))
        assert make_script(factories.make_member(acme), acme).get("projects/").status_code == 200

    def test_hold_for_guessing_tokens_whatever_address_is_claimed(self, script: Script, acme: Organization) -> None:
        numbers = iter(range(100))
        url = f"/api/v1/orgs/{acme.slug}/projects/"

        def guess() -> Any:
            n = next(numbers)
            headers = {"authorization": f"Bearer fb_{n}", "x-forwarded-for": f"203.0.113.{n}"}
            return Client().get(url, headers=headers)

        assert self.met_after(guess)[0] == 4
        assert script.get("projects/").status_code == 200
