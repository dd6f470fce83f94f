"""What only FlowBoard itself may do, and the words and people that an import makes."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from apps.accounts.models import User
from apps.core.errors import Forbidden
from apps.core.tenancy import Actor, at_moment, happening_at, run_as_system
from apps.events.models import Event
from apps.issues.models import Issue
from apps.issues.services import (
    NewIssue,
    PastEdit,
    PastUpdate,
    add_comment,
    create_issue,
    edit_issue,
    import_comments,
    link_parents,
    update_imported_comments,
    update_imported_issues,
)
from apps.orgs.models import Organization
from apps.orgs.placeholders import ensure_placeholders
from apps.projects.models import Project
from apps.projects.policies import Role
from apps.projects.services import ensure_labels
from tests.factories import acting, give_role, make_issues, make_member

Act = Callable[[Actor, Issue], Any]

RESERVED: dict[str, Act] = {
    "placeholders": lambda actor, issue: ensure_placeholders(actor=actor, source="jira", names={"x": "X"}),
    "comments": lambda actor, issue: import_comments(actor=actor, project=issue.project, batch=[]),
    "newer comments": lambda actor, issue: update_imported_comments(actor=actor, edits=[]),
    "newer issues": lambda actor, issue: update_imported_issues(actor=actor, project=issue.project, updates=[]),
    "parents": lambda actor, issue: link_parents(actor=actor, parents={}),
}


@pytest.fixture
def issue(ada: User, acme: Organization, flow: Project) -> Issue:
    return make_issues(acme, flow, ada, "one")[0]


@pytest.mark.parametrize("name", RESERVED)
def test_refuses_everybody_but_flowboard_itself(ada: User, acme: Organization, issue: Issue, name: str) -> None:
    with acting(ada, acme) as actor, pytest.raises(Forbidden):
        RESERVED[name](actor, issue)


class TestEnsureLabels:
    def test_makes_what_is_missing_once(self, ada: User, acme: Organization, flow: Project) -> None:
        with acting(ada, acme) as actor:
            first = ensure_labels(actor=actor, project=flow, names=["b", "a"])
            again = ensure_labels(actor=actor, project=flow, names=["a", "c"])
            assert first.keys() == {"a", "b"}
            assert again["a"] == first["a"]
            assert flow.labels.count() == 3
        with acting(ada, acme):
            assert Event.objects.filter(kind="project.label_created").count() == 3

    def test_refuses_people_who_may_not_edit(self, ada: User, acme: Organization, secret: Project) -> None:
        viewer = make_member(acme)
        give_role(acme, secret, viewer, Role.VIEWER)
        with acting(viewer, acme) as actor, pytest.raises(Forbidden):
            ensure_labels(actor=actor, project=secret, names=["a"])


class TestEnsurePlaceholders:
    def test_makes_each_person_once(self, acme: Organization) -> None:
        with run_as_system(org_id=acme.pk) as actor:
            first = ensure_placeholders(actor=actor, source="jira", names={"mira": "Mira", "otto": ""})
            again = ensure_placeholders(actor=actor, source="jira", names={"mira": "Another name"})
            assert again["mira"] == first["mira"]
            assert again["mira"].name == "Mira"
            assert first["otto"].name
        with run_as_system(org_id=acme.pk):
            (event,) = Event.objects.filter(kind="member.placeholders_added")
            assert event.data["count"] == 2


class TestAtMoment:
    def test_writes_and_records_another_time(self, ada: User, acme: Organization, flow: Project) -> None:
        then = datetime(2025, 2, 3, 4, 5, tzinfo=UTC)
        with acting(ada, acme) as actor:
            with at_moment(then):
                issue = create_issue(actor=actor, project=flow, new=NewIssue(title="old"))
            assert happening_at() > then
            assert issue.created_at == issue.updated_at == then
        with acting(ada, acme):
            event = Event.objects.get(kind="issue.created")
            assert event.occurred_at == then
            assert event.created_at > then

    def test_is_for_units_of_work(self) -> None:
        with pytest.raises(RuntimeError), at_moment(datetime.now(UTC)):
            pass


class TestUpdating:
    def test_the_same_again_is_a_new_version_without_a_fact(self, ada: User, acme: Organization, issue: Issue) -> None:
        with run_as_system(org_id=acme.pk) as actor:
            same = NewIssue(title="one", type=issue.type, reporter=ada, status=issue.status)
            update = PastUpdate(issue_id=issue.pk, new=same)
            update_imported_issues(actor=actor, project=issue.project, updates=[update])
        with acting(ada, acme):
            assert not Event.objects.filter(kind__in=["issue.edited", "issue.moved"]).exists()

    def test_parents_are_set_once_and_refusals_are_told(self, ada: User, acme: Organization, flow: Project) -> None:
        story, epic, other = make_issues(acme, flow, ada, "story", "epic", "other")
        with acting(ada, acme) as actor:
            kind = Project.objects.get(pk=flow.pk).issue_types.get(name="Epic")
            edit_issue(actor=actor, issue=epic, values={"type": kind.pk})
        with run_as_system(org_id=acme.pk) as actor:
            wanted = {story.pk: epic.pk, other.pk: story.pk, epic.pk: 999_999_999}
            refused = link_parents(actor=actor, parents=wanted)
            assert refused == {other.pk: "A Task cannot hold a Task.", epic.pk: "One of the two is gone."}
            assert link_parents(actor=actor, parents={story.pk: epic.pk}) == {}
        with acting(ada, acme):
            assert Issue.objects.get(pk=story.pk).parent_id == epic.pk
            assert Event.objects.filter(issue=story, kind="issue.edited").count() == 1

    def test_the_same_words_again_change_no_comment(self, ada: User, acme: Organization, issue: Issue) -> None:
        now = datetime(2026, 1, 1, tzinfo=UTC)
        with acting(ada, acme) as actor:
            comment = add_comment(actor=actor, issue=issue, body="same")
        with run_as_system(org_id=acme.pk) as actor:
            edit = PastEdit(comment_id=comment.pk, body="same", edited_at=now)
            update_imported_comments(actor=actor, edits=[edit])
        with acting(ada, acme):
            assert not Event.objects.filter(kind="comment.edited").exists()
