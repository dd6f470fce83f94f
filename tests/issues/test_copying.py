"""A copy of an issue asks for the same, and begins anew."""

from decimal import Decimal

import pytest
from django.test import Client
from django.utils import timezone

from apps.accounts.models import User
from apps.core.errors import Forbidden
from apps.core.tenancy import OrgRole
from apps.events.models import Event
from apps.issues import services
from apps.issues.models import Issue
from apps.issues.selectors import NoSuchIssue, get_issue
from apps.orgs.models import Organization
from apps.projects.models import IssueType, Project
from apps.projects.services import create_label, create_version
from apps.sprints.services import complete_sprint, create_sprint, plan_issues, start_sprint
from tests.factories import acting, give_role, make_issues, make_member

SCRIPTED = {"X-Requested-With": "XMLHttpRequest"}


@pytest.fixture
def issue(ada: User, acme: Organization, flow: Project) -> Issue:
    return make_issues(acme, flow, ada, "Lamps", description="Bright ones")[0]


def dress(user: User, org: Organization, issue: Issue) -> None:
    """Give the issue one of everything."""
    with acting(user, org) as actor:
        project = Project.objects.get(pk=issue.project_id)
        epic_type = IssueType.objects.get(project=project, level=IssueType.Level.EPIC)
        epic = services.create_issue(actor=actor, project=project, new=services.NewIssue(title="Epic", type=epic_type))
        label = create_label(actor=actor, project=project, name="bright")
        version = create_version(actor=actor, project=project, name="1.0")
        sprint = create_sprint(actor=actor, project=project, name="Sprint 1", end_date=timezone.localdate())
        bug = IssueType.objects.get(project=project, name="Bug")
        values = {
            "type": bug.pk,
            "priority": 3,
            "points": "5",
            "assignee": user.pk,
            "parent": epic.pk,
            "labels": [label.pk],
            "fix_versions": [version.pk],
            "due_date": "2026-12-01",
        }
        fresh = services.edit_issue(actor=actor, issue=issue, values=values)
        plan_issues(actor=actor, issues=[fresh], sprint=sprint)
        services.add_comment(actor=actor, issue=fresh, body="Not copied.")


class TestCopyIssue:
    def test_takes_what_is_asked_for_and_nothing_that_happened(
        self, ada: User, acme: Organization, flow: Project, issue: Issue
    ) -> None:
        dress(ada, acme, issue)
        with acting(ada, acme) as actor:
            old = get_issue(actor=actor, key="FLOW-1")
            made = services.copy_issue(actor=actor, issue=old)
            new = get_issue(actor=actor, key=f"FLOW-{made.number}")
            for name in ("title", "description", "type", "priority", "points", "assignee", "parent", "sprint_id"):
                assert getattr(new, name) == getattr(old, name), name
            assert new.points == Decimal(5)
            assert [label.name for label in new.labels.all()] == ["bright"]
            assert [version.name for version in new.fix_versions.all()] == ["1.0"]
            assert new.status.is_initial
            assert (new.due_date, new.comments.count(), new.reporter_id) == (None, 0, ada.pk)
        with acting(ada, acme):
            assert Event.objects.filter(issue=new, kind="issue.created").count() == 1

    def test_does_nothing_that_its_text_says(self, ada: User, acme: Organization, flow: Project) -> None:
        """An import kept a line that would be a quick action, were it written here."""
        (old,) = make_issues(acme, flow, ada, "Imported", description="Run this:\n/archive")
        with acting(ada, acme) as actor:
            new = services.copy_issue(actor=actor, issue=old)
            assert (new.description, new.archived_at) == (old.description, None)

    def test_leaves_out_what_is_gone(self, ada: User, acme: Organization, flow: Project, issue: Issue) -> None:
        dress(ada, acme, issue)
        with acting(ada, acme) as actor:
            old = get_issue(actor=actor, key="FLOW-1")
            services.retire_label(actor=actor, label=old.labels.get())
            services.release_version(actor=actor, version=old.fix_versions.get())
            services.delete_issue(actor=actor, issue=get_issue(actor=actor, key="FLOW-2"))
            sprint = start_sprint(actor=actor, sprint=old.sprint)
            complete_sprint(actor=actor, sprint=sprint)
            new = services.copy_issue(actor=actor, issue=old)
            assert (new.sprint_id, new.parent_id) == (None, None)
            assert (new.labels.count(), new.fix_versions.count()) == (0, 0)

    def test_is_refused_to_viewers_and_of_deleted_issues(
        self, ada: User, acme: Organization, flow: Project, issue: Issue
    ) -> None:
        viewer = make_member(acme, OrgRole.GUEST, "Vera Viewer")
        give_role(acme, flow, viewer, "viewer")
        with acting(viewer, acme) as actor, pytest.raises(Forbidden):
            services.copy_issue(actor=actor, issue=issue)
        with acting(ada, acme) as actor:
            services.delete_issue(actor=actor, issue=issue)
        with acting(ada, acme) as actor, pytest.raises(NoSuchIssue):
            services.copy_issue(actor=actor, issue=issue)
        with acting(ada, acme):
            assert Issue.objects.count() == 1

    def test_by_a_form(self, client: Client, ada: User, acme: Organization, issue: Issue) -> None:
        client.force_login(ada)
        path = f"/{acme.slug}/issue/FLOW-1/copy/"
        shown = client.post(path, headers=SCRIPTED).content.decode()
        assert "FLOW-2 created, a copy of FLOW-1." in shown
        assert client.post(path).url == f"/{acme.slug}/issue/FLOW-3/"


class TestType:
    def test_is_changed_where_the_issue_is_read(
        self, client: Client, ada: User, acme: Organization, flow: Project, issue: Issue
    ) -> None:
        client.force_login(ada)
        with acting(ada, acme):
            types = {each.name: each.pk for each in IssueType.objects.filter(project=flow)}
        page = client.get(f"/{acme.slug}/issue/FLOW-1/").content.decode()
        assert "Type: Task. Change" in page
        edit = {"field": "type", "value": types["Sub-task"], "version": "1"}
        assert client.post(f"/{acme.slug}/issue/FLOW-1/edit/", edit, headers=SCRIPTED).status_code == 200
        shown = client.get(f"/{acme.slug}/issue/FLOW-1/").content.decode()
        assert "made this a <b>Sub-task</b> from a Task" in shown
        stale = {"field": "type", "value": types["Bug"], "version": "1"}
        conflict = client.post(f"/{acme.slug}/issue/FLOW-1/edit/", stale, headers=SCRIPTED)
        assert conflict.status_code == 409
        assert "Sub-task" in conflict.content.decode()
