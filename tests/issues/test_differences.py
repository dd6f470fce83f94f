"""What facts changed, in words: every kind of field, for readers who may see it and for those who may not."""

import pytest

from apps.accounts.models import User
from apps.core.tenancy import run_as_system
from apps.events.models import Change
from apps.issues.differences import Difference, Differences
from apps.issues.models import Issue
from apps.issues.services import archive_issue, bulk_edit, edit_issue, link_issues, move_issue
from apps.orgs.models import Organization
from apps.projects.models import Project
from apps.projects.services import create_label, create_version
from apps.sprints.services import create_sprint, plan_issues
from tests import factories

pytestmark = pytest.mark.django_db


def test_say_from_what_to_what_and_name_nothing_hidden(
    ada: User, acme: Organization, flow: Project, secret: Project
) -> None:
    [issue, other] = factories.make_issues(acme, flow, ada, "Dock the rover", "Another")
    [hidden] = factories.make_issues(acme, secret, ada, "Canary")
    with factories.acting(ada, acme) as actor:
        project = Project.objects.get(pk=flow.pk)
        label = create_label(actor=actor, project=project, name="wheels")
        version = create_version(actor=actor, project=project, name="2.4")
        sprint = create_sprint(actor=actor, project=project, name="Sprint 1")

        def fresh(each: Issue = issue) -> Issue:
            return Issue.objects.select_related("project").get(pk=each.pk)

        values = {
            "title": "Dock it",
            "description": "Slowly.",
            "assignee": ada.pk,
            "priority": 3,
            "points": 3,
            "due_date": "2027-01-02",
            "labels": [label.pk],
            "fix_versions": [version.pk],
        }
        edit_issue(actor=actor, issue=fresh(), values=values)
        edit_issue(actor=actor, issue=fresh(), values={"labels": [], "assignee": None, "due_date": None})
        plan_issues(actor=actor, issues=[fresh()], sprint=sprint)
        move_issue(actor=actor, issue=fresh(), to=project.statuses.get(category="done"))
        link_issues(actor=actor, source=fresh(), target=fresh(other), kind="relates")
        link_issues(actor=actor, source=fresh(), target=fresh(hidden), kind="blocks")
        bulk_edit(actor=actor, project=project, issue_ids=[other.pk], values={"priority": 1})
        archive_issue(actor=actor, issue=fresh(other))
    with run_as_system(org_id=acme.pk) as actor:
        changes = list(Change.objects.filter(issue__in=[issue.pk, other.pk]).order_by("id"))
        known = Differences(actor=actor, changes=changes)
        # In the order in which it happened, for somebody from whom the one project is hidden, and then another.
        told = [
            difference
            for event_id in dict.fromkeys(change.event_id for change in changes)
            for difference in known.of(event_id=event_id, issue_id=issue.pk, hidden=[secret.pk])
        ]
        blocked = [
            difference
            for change in changes
            for difference in known.of(event_id=change.event_id, issue_id=issue.pk)
            if difference.label == "Blocks"
        ]
        nothing = [
            difference
            for change in changes
            for difference in known.of(event_id=change.event_id, issue_id=issue.pk, hidden=[flow.pk])
            if difference.label == "Status"
        ]
    assert {Difference("Title", "Dock the rover", "Dock it"), Difference("Description", "", "changed")} <= set(told)
    assert {Difference("Assignee", "", "Ada Okafor"), Difference("Assignee", "Ada Okafor", "")} <= set(told)
    assert {Difference("Priority", "None", "High"), Difference("Estimate", "", "3")} <= set(told)
    assert {Difference("Due date", "", "2 Jan 2027"), Difference("Due date", "2 Jan 2027", "")} <= set(told)
    assert {Difference("Labels", "", "wheels"), Difference("Labels", "wheels", "")} <= set(told)
    assert {Difference("Versions", "", "2.4"), Difference("Sprint", "", "Sprint 1")} <= set(told)
    assert Difference("Relates to", "", "FLOW-2") in told
    assert Difference("Blocks", "", "something not shared with you") in told
    assert set(blocked) == {Difference("Blocks", "", "SECRET-1")}
    assert {each.new for each in nothing} == {"something not shared with you"}
    assert not any(each.label in {"Rank", "Comment"} for each in told)


def test_know_what_the_log_names_and_nobody_remembers(acme: Organization) -> None:
    changes = [
        Change(event_id=1, issue_id=2, field=field, old=old, new=new)
        for field, old, new in (
            ("archived", False, True),
            ("assignee", None, 2**40),
            ("sprint", 2**40, None),
            ("moon_phase", None, "full"),
            ("rank", "a", "b"),
        )
    ]
    with run_as_system(org_id=acme.pk) as actor:
        told = Differences(actor=actor, changes=changes).of(event_id=1, issue_id=2)
    assert told == [
        Difference("Archived", "no", "yes"),
        Difference("Assignee", "", "somebody"),
        Difference("Sprint", "something not shared with you", ""),
        Difference("Moon phase", "", "full"),
    ]
