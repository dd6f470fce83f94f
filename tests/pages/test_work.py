"""A person's work across projects: in groups, filtered, sorted, in pages; and what they touched last."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from apps.accounts.models import User
from apps.core.errors import Invalid
from apps.issues.models import Issue, Priority
from apps.issues.services import edit_issue, note_visit, set_issue_starred, set_watching
from apps.orgs.models import Organization
from apps.pages.selectors import SORTS, VIEWS, WorkFilters, changed_lately, last_touched, work
from apps.projects.models import Project, Status
from apps.projects.services import set_project_archived
from tests.factories import acting, make_issues, make_member, make_project

pytestmark = pytest.mark.django_db


def status(acme: Organization, ada: User, flow: Project, name: str) -> Status:
    with acting(ada, acme):
        return Status.objects.get(project=flow, name=name)


def titles(found: Any) -> dict[str, list[str]]:
    return {group.name: [line.title for line in group.lines] for group in found.groups}


def fresh(issue: Issue) -> Issue:
    return Issue.objects.select_related("project").get(pk=issue.pk)


class TestWork:
    def test_is_grouped_by_date_first_and_then_by_how_far_it_is(
        self, ada: User, acme: Organization, flow: Project
    ) -> None:
        today = timezone.localdate()
        doing, done = (status(acme, ada, flow, name) for name in ("In progress", "Done"))
        make_issues(acme, flow, ada, "late", assignee=ada, due_date=today - timedelta(days=1), status=doing)
        make_issues(acme, flow, ada, "today", assignee=ada, due_date=today)
        make_issues(acme, flow, ada, "far", assignee=ada, due_date=today + timedelta(days=30))
        make_issues(acme, flow, ada, "doing", assignee=ada, status=doing)
        make_issues(acme, flow, ada, "finished", assignee=ada, status=done)
        make_issues(acme, flow, ada, "somebody else's")
        with acting(ada, acme) as actor:
            found = work(actor=actor, filters=WorkFilters())
            assert titles(found)["Overdue"] == ["late"]
            assert titles(found)["Due this week"] == ["today"]
            assert titles(found)["In progress"] == ["doing"]
            assert found.total == 4
            [late] = [line for group in found.groups if group.is_late for line in group.lines]
            assert late.days_left == -1
            assert late.can_edit
            assert [group.total for group in work(actor=actor, filters=WorkFilters()).summary][:3] == [1, 1, 1]
            closed = work(actor=actor, filters=WorkFilters(category="closed"))
            assert titles(closed) == {"Closed": ["finished"]}

    def test_a_week_ends_on_sunday(self, ada: User, acme: Organization, flow: Project) -> None:
        sunday = timezone.localdate() + timedelta(days=6 - timezone.localdate().weekday())
        make_issues(acme, flow, ada, "sunday", assignee=ada, due_date=sunday)
        make_issues(acme, flow, ada, "monday", assignee=ada, due_date=sunday + timedelta(days=1))
        with acting(ada, acme) as actor:
            assert titles(work(actor=actor, filters=WorkFilters()))["Due this week"] == ["sunday"]

    def test_what_changed_lately_leaves_out_what_was_archived(
        self, ada: User, acme: Organization, flow: Project
    ) -> None:
        [_kept, gone] = make_issues(acme, flow, ada, "kept", "gone")
        with acting(ada, acme) as actor:
            Issue.objects.filter(pk=gone.pk).update(archived_at=timezone.now())
            assert [line.title for line in changed_lately(actor=actor, limit=5)] == ["kept"]

    def test_today_is_the_readers(self, ada: User, acme: Organization, flow: Project) -> None:
        """Twenty-four hours apart, it is never the same day, and always the next one."""
        with timezone.override("Pacific/Kiritimati"):
            tomorrow_for_most = timezone.localdate()
        make_issues(acme, flow, ada, "a", assignee=ada, due_date=tomorrow_for_most)
        names = {}
        for zone in ("Pacific/Kiritimati", "Pacific/Honolulu"):
            with timezone.override(zone), acting(ada, acme) as actor:
                [group] = work(actor=actor, filters=WorkFilters()).groups
                names[zone] = group.lines[0].days_left
        assert names == {"Pacific/Kiritimati": 0, "Pacific/Honolulu": 1}

    def test_has_views_of_what_was_created_watched_and_is_due(
        self, ada: User, acme: Organization, flow: Project
    ) -> None:
        mateo = make_member(acme)
        make_issues(acme, flow, ada, "made by Ada")
        [watched] = make_issues(acme, flow, ada, "watched", due_date=timezone.localdate() + timedelta(days=90))
        with acting(mateo, acme) as actor:
            set_watching(actor=actor, issue=fresh(watched), is_watching=True)
            seen = {
                view: [
                    line.title
                    for group in work(actor=actor, filters=WorkFilters(view=view)).groups
                    for line in group.lines
                ]
                for view in VIEWS
                if view != "recent"
            }
        assert seen == {"assigned": [], "due": ["watched"], "created": [], "watching": ["watched"]}
        with acting(ada, acme) as actor:
            assert work(actor=actor, filters=WorkFilters(view="created")).total == 2

    def test_leaves_out_archived_projects_and_is_narrowed_to_one(
        self, ada: User, acme: Organization, flow: Project
    ) -> None:
        other = make_project(acme, ada, "OTHER")
        for project in (flow, other):
            make_issues(acme, project, ada, f"of {project.key}", assignee=ada)
        with acting(ada, acme) as actor:
            narrowed = work(actor=actor, filters=WorkFilters(project="OTHER"))
            assert [line.title for line in narrowed.groups[0].lines] == ["of OTHER"]
            set_project_archived(actor=actor, project=Project.objects.get(pk=other.pk), is_archived=True)
            assert work(actor=actor, filters=WorkFilters()).total == 1

    @pytest.mark.parametrize("sort", SORTS)
    def test_is_read_in_pages_without_loss_in_every_order(
        self, ada: User, acme: Organization, flow: Project, sort: str
    ) -> None:
        today = timezone.localdate()
        for number in range(7):
            make_issues(
                acme, flow, ada, f"{number}", assignee=ada,
                priority=Priority(number % 3), due_date=today + timedelta(days=number * 3) if number % 2 else None,
            )  # fmt: skip
        read: list[int] = []
        after: Sequence[Any] | None = None
        with acting(ada, acme) as actor:
            whole = work(actor=actor, filters=WorkFilters(sort=sort))
            expected = [line.id for group in whole.groups for line in group.lines]
            while True:
                page = work(actor=actor, filters=WorkFilters(sort=sort), after=after, size=2)
                read += [line.id for group in page.groups for line in group.lines]
                if page.next_after is None:
                    break
                # As the address carries them: dates and times are text there.
                after = [value.isoformat() if hasattr(value, "isoformat") else value for value in page.next_after]
        assert read == expected
        assert len(read) == 7

    def test_refuses_a_mark_of_another_order(self, ada: User, acme: Organization) -> None:
        with acting(ada, acme) as actor:
            for mark in (["x", "y", "z", "a"], [1], [None, None, None, None]):
                with pytest.raises(Invalid):
                    work(actor=actor, filters=WorkFilters(), after=mark)


class TestFilters:
    def test_ignore_what_makes_no_sense(self) -> None:
        assert (
            WorkFilters.read({"view": "x", "sort": "user__password", "category": "'", "project": "../.."})
            == WorkFilters()
        )

    def test_come_back_from_their_own_address(self) -> None:
        filters = WorkFilters(view="created", project="FLOW", category="todo", sort="updated")
        assert WorkFilters.read(filters.as_query()) == filters
        assert filters.active
        assert WorkFilters().as_query() == {}


class TestLastTouched:
    def test_is_what_one_changed_or_looked_at_newest_first(self, ada: User, acme: Organization, flow: Project) -> None:
        first, second, third = make_issues(acme, flow, ada, "first", "second", "third")
        mateo = make_member(acme)
        with acting(mateo, acme) as actor:
            note_visit(actor=actor, issue=fresh(third))
            set_issue_starred(actor=actor, issue=fresh(second), is_starred=True)
        with acting(mateo, acme) as actor:
            edit_issue(actor=actor, issue=fresh(first), values={"title": "first again"})
        with acting(mateo, acme) as actor:
            assert [line.title for line in last_touched(actor=actor, limit=5)] == ["first again", "third"]
            assert changed_lately(actor=actor, limit=1)[0].title == "first again"


class TestPages:
    @pytest.mark.parametrize("view", VIEWS)
    def test_an_empty_view_says_what_to_do_next(
        self, client: Client, acme: Organization, flow: Project, view: str
    ) -> None:
        client.force_login(make_member(acme))
        page = client.get(f"/{acme.slug}/my-issues/?view={view}").content.decode()
        empty = page.partition('class="empty')[2]
        assert 'class="button' in empty.partition("</div>\n</div>")[0]

    def test_filters_that_match_nothing_can_be_cleared(
        self, client: Client, ada: User, acme: Organization, flow: Project
    ) -> None:
        client.force_login(ada)
        page = client.get(f"/{acme.slug}/my-issues/?category=todo").content.decode()
        assert "No issue matches" in page
        assert "Clear filters" in page

    def test_a_mark_that_is_none_is_refused(self, client: Client, ada: User, acme: Organization) -> None:
        client.force_login(ada)
        assert client.get(f"/{acme.slug}/my-issues/?after=garbage").status_code == 422

    def test_a_script_gets_the_list_alone(self, client: Client, ada: User, acme: Organization, flow: Project) -> None:
        make_issues(acme, flow, ada, "Mine", assignee=ada)
        client.force_login(ada)
        for path in (f"/{acme.slug}/", f"/{acme.slug}/my-issues/"):
            part = client.get(path, HTTP_HX_REQUEST="true").content.decode()
            assert "Mine" in part
            assert "<html" not in part

    def test_cost_the_same_with_three_times_as_much(
        self, client: Client, ada: User, acme: Organization, flow: Project, django_assert_max_num_queries: Any
    ) -> None:
        client.force_login(ada)

        def queries(path: str) -> int:
            client.get(path)
            with django_assert_max_num_queries(40) as found:
                assert client.get(path).status_code == 200
            return len(found)

        paths = [f"/{acme.slug}/", f"/{acme.slug}/projects/"]
        paths += [f"/{acme.slug}/my-issues/?view={view}" for view in VIEWS]
        make_issues(acme, flow, ada, "One", assignee=ada)
        few = [queries(path) for path in paths]
        for key in ("AB", "CD", "EF"):
            make_issues(acme, make_project(acme, ada, key), ada, "One", "Two", "Three", assignee=ada)
        assert [queries(path) for path in paths] == few
