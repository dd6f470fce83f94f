"""Editing: what is stored, what is refused, and that nobody's work is overwritten unseen."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from apps.accounts.models import User
from apps.core.errors import Forbidden, Invalid, NotFound
from apps.events.models import Change, Event
from apps.issues import services
from apps.issues.models import TEXT_LENGTH, Issue, Watcher
from apps.orgs.models import Organization
from apps.projects.models import IssueType, Project
from apps.projects.policies import Role
from apps.projects.services import create_label
from tests.factories import acting, give_role, make_issues, make_member, make_org, make_project, make_user


@pytest.fixture
def issue(ada: User, acme: Organization, flow: Project) -> Issue:
    return make_issues(acme, flow, ada, "before")[0]


def edit(user: User, org: Organization, issue: Issue, version: int | None = None, **values: Any) -> Issue:
    with acting(user, org) as actor:
        fresh = Issue.objects.select_related("project").get(pk=issue.pk)
        return services.edit_issue(actor=actor, issue=fresh, values=values, version=version)


class TestEditIssue:
    @pytest.mark.parametrize(
        ("field", "sent", "stored"),
        [
            ("title", "  two   words \n", "two words"),
            ("description", "# Heading\r\ntext", "# Heading\r\ntext"),
            ("priority", 4, 4),
            ("points", "2,5", Decimal("2.5")),
            ("points", "", None),
            ("due_date", "2026-11-27", date(2026, 11, 27)),
            ("start_date", date(2026, 11, 27), date(2026, 11, 27)),
            ("due_date", "", None),
        ],
    )
    def test_stores_a_clean_value(
        self, ada: User, acme: Organization, issue: Issue, field: str, sent: Any, stored: Any
    ) -> None:
        edit(ada, acme, issue, **{field: sent})
        with acting(ada, acme):
            assert getattr(Issue.objects.get(pk=issue.pk), field) == stored

    @pytest.mark.parametrize(
        ("field", "sent"),
        [
            ("title", "   "),
            ("title", "x" * 501),
            ("title", "nul\x00byte"),
            ("description", "x" * (TEXT_LENGTH + 1)),
            ("description", "nul\x00byte"),
            ("priority", 9),
            ("priority", "urgently"),
            ("points", "-1"),
            ("points", "many"),
            ("points", "NaN"),
            ("points", "1.234"),
            ("due_date", "tomorrow"),
            ("assignee", 999_999_999),
            ("type", 999_999_999),
            ("parent", 999_999_999),
            ("labels", "not a list"),
            ("reporter", 1),
            ("org_id", 1),
        ],
    )
    def test_refuses_what_cannot_be_stored_and_changes_nothing(
        self, ada: User, acme: Organization, issue: Issue, field: str, sent: Any
    ) -> None:
        with pytest.raises(Invalid):
            edit(ada, acme, issue, **{field: sent})
        with acting(ada, acme):
            assert Issue.objects.get(pk=issue.pk).version == 1
            assert not Event.objects.filter(kind="issue.edited").exists()

    def test_refuses_to_be_due_before_it_begins_except_on_the_way_back(
        self, ada: User, acme: Organization, issue: Issue
    ) -> None:
        edit(ada, acme, issue, start_date="2026-11-10", due_date="2026-11-10")
        for values, field, why in (
            ({"due_date": "2026-11-09"}, "due_date", "It starts 10 Nov. It is due on that day, or later."),
            ({"start_date": date(2026, 11, 11)}, "start_date", "It is due 10 Nov. It starts on that day, or before."),
            ({"start_date": "2026-11-20", "due_date": "2026-11-19"}, "due_date", "It starts 20 Nov."),
        ):
            with pytest.raises(Invalid, match=why) as refusal:
                edit(ada, acme, issue, **values)
            assert refusal.value.field == field
        edit(ada, acme, issue, start_date="2026-11-20", due_date="2026-11-25")
        with acting(ada, acme) as actor:
            fresh = Issue.objects.select_related("project").get(pk=issue.pk)
            with pytest.raises(Invalid, match="It starts 20 Nov"):
                services.bulk_edit(
                    actor=actor, project=fresh.project, issue_ids=[issue.pk], values={"due_date": "2026-11-12"}
                )
            # As it came from elsewhere: anything else of it can be changed, and its dates one by one.
            Issue.objects.filter(pk=issue.pk).update(due_date=date(2026, 11, 1))
            edited = services.edit_issue(actor=actor, issue=fresh, values={"title": "after", "due_date": "2026-11-01"})
            assert edited.title == "after"
        edit(ada, acme, issue, due_date=None)
        with acting(ada, acme) as actor:
            fresh = Issue.objects.select_related("project").get(pk=issue.pk)
            change = Change.objects.filter(issue_id=issue.pk, field="due_date").latest("id")
            services.undo_change(actor=actor, issue=fresh, change_id=change.pk)
            assert Issue.objects.get(pk=issue.pk).due_date == date(2026, 11, 1)

    def test_says_nothing_when_nothing_changed(self, ada: User, acme: Organization, issue: Issue) -> None:
        assert edit(ada, acme, issue, title="before", points="").version == 1
        with acting(ada, acme):
            assert not Event.objects.filter(kind="issue.edited").exists()

    def test_refuses_commenters(self, acme: Organization, ada: User, secret: Project) -> None:
        (issue,) = make_issues(acme, secret, ada, "a")
        commenter = make_member(acme)
        give_role(acme, secret, commenter, Role.COMMENTER)
        with pytest.raises(Forbidden):
            edit(commenter, acme, issue, title="b")

    def test_an_assignee_watches_and_must_work_in_the_project(
        self, ada: User, acme: Organization, secret: Project
    ) -> None:
        (issue,) = make_issues(acme, secret, ada, "a")
        member = make_member(acme)
        with pytest.raises(Invalid):
            edit(ada, acme, issue, assignee=member.pk)
        give_role(acme, secret, member, Role.MEMBER)
        edit(ada, acme, issue, assignee=member.pk)
        with acting(ada, acme):
            assert Watcher.objects.filter(issue=issue, user=member).exists()
        edit(ada, acme, issue, assignee="")
        with acting(ada, acme):
            assert Issue.objects.get(pk=issue.pk).assignee_id is None

    def test_a_stranger_of_another_organization_cannot_be_assigned(
        self, ada: User, acme: Organization, issue: Issue
    ) -> None:
        eve = make_user("Eve")
        make_org(eve, "Evil")
        with pytest.raises(Invalid):
            edit(ada, acme, issue, assignee=eve.pk)


class TestParentsAndTypes:
    def test_an_epic_holds_stories_and_not_the_other_way_round(
        self, ada: User, acme: Organization, flow: Project
    ) -> None:
        story, epic = make_issues(acme, flow, ada, "story", "epic")
        with acting(ada, acme):
            epic_type = IssueType.objects.get(project=flow, name="Epic").pk
        edit(ada, acme, epic, type=epic_type)
        assert edit(ada, acme, story, parent=epic.pk).parent_id == epic.pk
        with pytest.raises(Invalid):
            edit(ada, acme, epic, parent=story.pk)
        assert edit(ada, acme, story, parent="").parent_id is None

    def test_a_parent_in_a_hidden_project_does_not_exist(
        self, ada: User, acme: Organization, flow: Project, secret: Project
    ) -> None:
        (hidden,) = make_issues(acme, secret, ada, "hidden")
        (issue,) = make_issues(acme, flow, ada, "a")
        with pytest.raises(Invalid, match="no such parent"):
            edit(make_member(acme), acme, issue, parent=hidden.pk)


class TestLabels:
    def test_sets_exactly_the_given_ones(self, ada: User, acme: Organization, flow: Project, issue: Issue) -> None:
        with acting(ada, acme) as actor:
            project = Project.objects.get(pk=flow.pk)
            ids = [create_label(actor=actor, project=project, name=name).pk for name in "abc"]
        edit(ada, acme, issue, labels=ids[:2])
        edit(ada, acme, issue, labels=[str(ids[1]), ids[2], ""])
        assert edit(ada, acme, issue, labels=ids[1:]).version == 3, "the same labels again are no change"
        with acting(ada, acme):
            assert set(Issue.objects.get(pk=issue.pk).labels.values_list("pk", flat=True)) == set(ids[1:])

    def test_refuses_labels_of_another_project(self, ada: User, acme: Organization, issue: Issue) -> None:
        other = make_project(acme, ada, "OTHER")
        with acting(ada, acme) as actor:
            foreign = create_label(actor=actor, project=Project.objects.get(pk=other.pk), name="x")
        with pytest.raises(NotFound):
            edit(ada, acme, issue, labels=[foreign.pk])


class TestStaleEdits:
    def test_other_fields_never_conflict(self, ada: User, acme: Organization, issue: Issue) -> None:
        edit(ada, acme, issue, version=1, title="theirs")
        assert edit(ada, acme, issue, version=1, points="3").version == 3

    def test_the_same_field_conflicts_and_both_values_are_told(
        self, ada: User, acme: Organization, issue: Issue
    ) -> None:
        edit(ada, acme, issue, version=1, title="theirs")
        with pytest.raises(services.StaleEdit) as refused:
            edit(ada, acme, issue, version=1, title="mine")
        both = {"field": "title", "theirs": "theirs", "mine": "mine"}
        assert refused.value.extra == {**both, "version": 2, "conflicts": [both]}
        with acting(ada, acme):
            assert Issue.objects.get(pk=issue.pk).title == "theirs"

    def test_all_fields_that_conflict_are_told_the_latest_first(
        self, ada: User, acme: Organization, issue: Issue
    ) -> None:
        edit(ada, acme, issue, version=1, title="theirs")
        edit(ada, acme, issue, version=2, points="3")
        with pytest.raises(services.StaleEdit) as refused:
            edit(ada, acme, issue, version=1, title="mine", points="5", description="mine alone")
        assert [conflict["field"] for conflict in refused.value.extra["conflicts"]] == ["points", "title"]
        assert (refused.value.extra["theirs"], refused.value.extra["mine"]) == ("3", "5")

    def test_a_version_that_never_was_is_refused(self, ada: User, acme: Organization, issue: Issue) -> None:
        with pytest.raises(Invalid, match="never at version 9"):
            edit(ada, acme, issue, version=9, title="mine")

    def test_the_newer_version_wins_after_looking(self, ada: User, acme: Organization, issue: Issue) -> None:
        edit(ada, acme, issue, version=1, title="theirs")
        assert edit(ada, acme, issue, version=2, title="mine").title == "mine"

    def test_the_same_value_twice_is_no_conflict(self, ada: User, acme: Organization, issue: Issue) -> None:
        edit(ada, acme, issue, version=1, title="same")
        assert edit(ada, acme, issue, version=1, title="same").version == 2
