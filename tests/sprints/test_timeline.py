"""The timeline: what it shows in which order, its warnings, dates that are given on it, and what is refused."""

import html
import re
from collections.abc import Callable
from datetime import date, timedelta
from itertools import pairwise
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from apps.accounts.models import User
from apps.events.models import Event
from apps.issues.models import Issue
from apps.issues.services import archive_issue, edit_issue, link_issues, move_issue
from apps.orgs.models import Organization
from apps.projects.models import IssueType, Project, Status
from apps.sprints import timeline
from apps.sprints.scale import Scale, Zoom
from apps.sprints.services import create_sprint, edit_sprint
from tests.factories import acting, give_role, make_issues, make_member, make_project, make_user

SCRIPT = {"X-Requested-With": "XMLHttpRequest", "HX-Request": "true", "Accept": "application/json"}
MAY = date(2026, 5, 4)


class Plan:
    """A project's timeline for its owner, as the browser shows it and as the script asks for it."""

    def __init__(self, ada: User, acme: Organization, project: Project) -> None:
        self.ada, self.acme, self.project = ada, acme, project
        self.base = f"/{acme.slug}/{project.key}/timeline/"
        self.client = self.sign_in(ada)

    def sign_in(self, user: User) -> Client:
        client = Client()
        client.force_login(user)
        return client

    def type(self, level: int) -> IssueType:
        with acting(self.ada, self.acme):
            found = IssueType.objects.filter(project=self.project, level=level).first()
        assert found is not None
        return found

    def add(self, title: str, start: date | None = None, due: date | None = None, **fields: Any) -> Issue:
        if "level" in fields:
            fields["type"] = self.type(fields.pop("level"))
        (issue,) = make_issues(self.acme, self.project, self.ada, title, **fields)
        return self.edit(issue, start_date=start, due_date=due) if start or due else issue

    def do(self, act: Callable[[Any], Any], by: User | None = None) -> Any:
        with acting(by or self.ada, self.acme) as actor:
            return act(actor)

    def edit(self, issue: Issue, **values: Any) -> Issue:
        edited: Issue = self.do(lambda actor: edit_issue(actor=actor, issue=issue, values=values))
        return edited

    def fresh(self, issue: Issue) -> Issue:
        with acting(self.ada, self.acme):
            return Issue.objects.get(pk=issue.pk)

    def facts(self) -> list[Event]:
        with acting(self.ada, self.acme):
            return list(Event.objects.order_by("id"))

    def block(self, source: Issue, target: Issue) -> None:
        self.do(lambda actor: link_issues(actor=actor, source=source, target=target, kind="blocks"))

    def get(self, rest: str = "", expected: int = 200, **headers: str) -> str:
        answer = self.client.get(self.base + rest, follow=True, headers=headers)
        assert answer.status_code == expected, answer.content.decode()[:2000]
        return html.unescape(answer.content.decode())

    def part(self, rest: str = "", expected: int = 200) -> str:
        return self.get(rest, expected, **SCRIPT)

    def post(self, expected: int = 200, *, by: Client | None = None, plain: bool = False, **values: Any) -> str:
        headers = {} if plain else SCRIPT
        answer = (by or self.client).post(self.base + "dates/", values, follow=True, headers=headers)
        assert answer.status_code == expected, answer.content.decode()[:2000]
        return html.unescape(answer.content.decode())


def keys(page: str) -> list[str]:
    """The keys of the lines, in their order."""
    return re.findall(r'<tr role="row" class="line[^>]*data-issue-key="([^"]*)"', page)


def undated(page: str) -> list[str]:
    return re.findall(r'<li data-issue-id="\d+" data-issue-key="([^"]*)"', page)


def line(page: str, key: str) -> str:
    """The words of a line, without its picture."""
    (found,) = re.findall(rf'data-issue-key="{key}" data-v.*?</tr>', page, flags=re.DOTALL)
    return re.sub(r"\s+", " ", re.sub(r"<[^>]*>", " ", found.split('class="lane"')[0]))


@pytest.fixture
def plan(ada: User, acme: Organization, flow: Project) -> Plan:
    return Plan(ada, acme, flow)


class TestScale:
    def test_counts_days_without_a_zone(self) -> None:
        scale = Scale.around(Zoom.WEEKS, date(2026, 3, 29))  # a night of 23 hours in much of Europe
        assert scale.first.weekday() == 0
        assert scale.x(date(2026, 3, 30)) - scale.x(date(2026, 3, 29)) == scale.day_width
        whole = scale.stretch(date(2026, 3, 28), date(2026, 3, 30))
        assert (whole.x, whole.width) == (scale.x(date(2026, 3, 28)), 3 * scale.day_width)
        assert (whole.is_before, whole.is_after) == (False, False)
        assert scale.stretch(None, date(2026, 3, 30)) == scale.stretch(date(2026, 3, 30), None)
        assert scale.stretch(date(2026, 3, 30), date(2026, 3, 28)) == whole  # drawn, and warned of

    def test_cuts_what_lies_beyond_the_window(self) -> None:
        scale = Scale.around(Zoom.QUARTERS, MAY)
        before, after = scale.first - timedelta(days=9), scale.last + timedelta(days=9)
        assert scale.stretch(before, before).width == scale.stretch(after, after).width == 0
        assert scale.stretch(before, before).is_before
        assert scale.stretch(after, after).is_after
        through = scale.stretch(before, after)
        assert (through.x, through.width, through.is_before, through.is_after) == (0, scale.width, True, True)

    @pytest.mark.parametrize("zoom", list(Zoom))
    @pytest.mark.parametrize("day", [date.min, MAY, date(2028, 2, 29), date.max])
    def test_has_marks_that_follow_each_other(self, zoom: Zoom, day: date) -> None:
        scale = Scale.around(zoom, day)
        for ticks in (scale.majors(), scale.minors()):
            assert ticks[0].x == 0
            assert ticks[-1].end == scale.width
            assert all(one.end == other.x for one, other in pairwise(ticks))
        assert scale.earlier < scale.first + timedelta(days=scale.days // 16) < scale.later


class TestLines:
    def test_are_a_tree_with_what_has_dates(self, plan: Plan) -> None:
        loose = plan.add("loose", due=MAY)
        epic = plan.add("Epic", level=2)
        child = plan.add("child", MAY, MAY + timedelta(days=4), parent=epic)
        plan.add("part", MAY + timedelta(days=9), parent=child, level=0)
        empty = plan.add("empty epic", level=2)
        idle = plan.add("idle child", parent=epic)
        gone = plan.add("gone", MAY)
        plan.do(lambda actor: archive_issue(actor=actor, issue=gone))
        elsewhere = make_project(plan.acme, plan.ada, "ELSE")
        make_issues(plan.acme, elsewhere, plan.ada, "elsewhere", due_date=MAY)
        page = plan.get("?at=2026-05-04")
        # Epics first, each with what is in it; an epic without dates covers what has some.
        assert keys(page) == ["FLOW-2", "FLOW-3", "FLOW-4", "FLOW-1"]
        assert re.findall(r'class="line depth-(\d)', page) == ["0", "1", "2", "0"]
        assert "no dates of its own; what is in it goes from 4 May 2026 to 13 May 2026" in page
        assert "3 issues with dates" in page
        assert undated(page) == ["FLOW-2", f"FLOW-{empty.number}", f"FLOW-{idle.number}"]
        assert "FLOW-3 child: 4 May 2026 to 8 May 2026, 5 days" in page
        assert f"FLOW-{loose.number} loose: due 4 May 2026, no start date" in page
        assert "FLOW-4 part: starts 13 May 2026, no due date" in page
        # What belongs to a parent that is not shown stands for itself.
        plan.do(lambda actor: archive_issue(actor=actor, issue=child))
        assert keys(plan.get()) == ["FLOW-1", "FLOW-4"]
        # The order of its children is the board's.
        assert keys(plan.get("?q=part")) == ["FLOW-4"]

    def test_warn_where_what_is_blocked_starts_too_early(self, plan: Plan) -> None:
        first = plan.add("first", MAY, MAY + timedelta(days=3))
        second = plan.add("second", MAY + timedelta(days=2), MAY + timedelta(days=5))
        plan.block(first, second)
        said = "Starts on 6 May 2026, before FLOW-1, which blocks it, ends on 7 May 2026."
        page = plan.get("?at=2026-05-04")
        assert said in line(page, "FLOW-2")
        assert "Starts before FLOW-1 ends" in page
        assert "Starts on" not in line(page, "FLOW-1")
        # On the day on which the other ends is early enough; a due date alone says when it is.
        plan.edit(second, start_date=MAY + timedelta(days=3))
        assert "Starts on" not in plan.get()
        plan.edit(second, start_date=None, due_date=MAY + timedelta(days=1))
        assert "Starts on 5 May 2026, before FLOW-1" in line(plan.get(), "FLOW-2")
        # What is done holds nothing up any more, and what has no dates says nothing.
        plan.edit(first, start_date=None, due_date=None)
        assert "Starts on" not in plan.get()
        plan.edit(first, due_date=MAY + timedelta(days=8))
        assert "Starts on" in plan.get()
        plan.do(lambda actor: self._finish(actor, plan, second))
        assert "Starts on" not in plan.get()

    def _finish(self, actor: Any, plan: Plan, issue: Issue) -> None:
        move_issue(actor=actor, issue=issue, to=Status.objects.get(project=plan.project, name="Done"))

    def test_warn_of_an_end_before_the_start(self, plan: Plan) -> None:
        backwards = plan.add("backwards", MAY)
        # As an import may bring it; nobody can set it so.
        plan.do(lambda actor: Issue.objects.filter(pk=backwards.pk).update(due_date=MAY - timedelta(days=2)))
        page = plan.get("?at=2026-05-04")
        assert "It is due before it starts." in line(page, "FLOW-1")
        assert "starts 4 May 2026, due 2 May 2026" in page

    def test_show_blockers_of_other_projects_to_those_who_see_them(self, plan: Plan) -> None:
        secret = make_project(plan.acme, plan.ada, "KEEP", visibility="private")
        (hidden,) = make_issues(plan.acme, secret, plan.ada, "canary", due_date=MAY + timedelta(days=30))
        plan.block(hidden, plan.add("open", MAY))
        assert "KEEP-1" in line(plan.get(), "FLOW-1")
        plan.client = plan.sign_in(make_member(plan.acme))
        page = plan.get()
        assert keys(page) == ["FLOW-1"]
        assert "KEEP-1" not in page
        # Elsewhere on the page something that is no issue may have the same number.
        assert f'"{hidden.pk}"' not in line(page, "FLOW-1")

    def test_are_read_on_by_path(self, plan: Plan, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(timeline, "FIRST_LINES", 2)
        monkeypatch.setattr(timeline, "FIRST_UNDATED", 2)
        epic = plan.add("Epic", MAY, level=2)
        for title in "abc":
            plan.add(title, MAY, parent=epic)
        make_issues(plan.acme, plan.project, plan.ada, *"uvw")
        first = plan.get()
        assert keys(first) == ["FLOW-1", "FLOW-2"]
        assert "4 issues with dates" in first
        assert undated(first) == ["FLOW-5", "FLOW-6"]
        (more,) = re.findall(r'data-more>.*?href="([^"]*)"', first)
        second = plan.part(more)
        assert keys(second) == ["FLOW-3", "FLOW-4"]
        assert "data-more>" not in second
        assert keys(plan.get(more)) == ["FLOW-3", "FLOW-4"]  # without script
        (rest,) = re.findall(r'href="([^"]*)" data-more-undated', first)
        assert undated(plan.part(rest)) == undated(plan.get(rest)) == ["FLOW-7"]
        assert "not one of ours" in plan.part("?after=%00", 422)
        assert "not one of ours" in plan.part("?undated_after=é", 422)

    def test_are_filtered_with_true_totals(self, plan: Plan) -> None:
        epic = plan.add("Epic", MAY, level=2)
        plan.add("paint", MAY, parent=epic, assignee=plan.ada)
        printed = plan.add("print", MAY)
        plan.do(lambda actor: self._finish(actor, plan, printed))
        # What a match belongs to is shown with it.
        page = plan.get("?q=pa")
        assert keys(page) == ["FLOW-1", "FLOW-2"]
        assert "1 issue with dates" in page
        assert keys(plan.get("?open=1")) == ["FLOW-1", "FLOW-2"]
        assert keys(plan.get("?mine=1")) == ["FLOW-1", "FLOW-2"]
        assert "No issue with dates matches" in plan.get("?q=nothing+like+this")
        (zoom,) = set(re.findall(r'href="(\?zoom=weeks[^"]*)"', plan.get("?q=pa&open=1")))
        assert "q=pa" in zoom
        assert "open=1" in zoom

    def test_cost_the_same_for_few_and_many(self, plan: Plan) -> None:
        def cost(rest: str) -> int:
            with CaptureQueriesContext(connection) as queries:
                plan.part(rest)
            return len(queries)

        def grow(number: int) -> list[int]:
            epic = plan.add(f"Epic {number}", MAY, level=2)
            made = [plan.add(f"so much {n}", MAY, MAY, parent=epic, assignee=plan.ada) for n in range(number)]
            for one, other in pairwise(made):
                plan.block(one, other)
            plan.add(f"idle {number}")
            plan.do(lambda actor: create_sprint(actor=actor, project=plan.project, name=f"S{number}", start_date=MAY))
            return [issue.pk for issue in made]

        ids = grow(2)
        parts = ("", "?q=o", "?after=0", f"lines/?ids={ids[0]}")
        for rest in parts:
            cost(rest)
        few = [cost(rest) for rest in parts]
        everything = ",".join(map(str, grow(6)))
        assert [cost(rest) for rest in (*parts[:3], f"lines/?ids={everything}")] == few
        assert max(few) < 20


class TestPage:
    def test_teaches_while_nothing_has_dates(self, plan: Plan) -> None:
        assert "Create an issue, give it a start and a due date" in plan.get()
        plan.add("first")
        assert "Give FLOW-1 dates" in plan.get()
        plan.client = plan.sign_in(make_member(plan.acme, "guest"))
        plan.get(expected=404)
        viewer = make_member(plan.acme, "guest")
        give_role(plan.acme, plan.project, viewer, "viewer")
        plan.client = plan.sign_in(viewer)
        shown = plan.get()
        assert "as soon as somebody who works in the project" in shown
        assert "data-dates" not in shown
        assert "data-can-edit" not in shown

    def test_remembers_zoom_and_view(self, plan: Plan) -> None:
        plan.add("first", timezone.localdate())

        def shown(rest: str = "") -> tuple[str, str]:
            page = plan.get(rest)
            (zoom,) = re.findall(r'href="\?zoom=(\w+)[^"]*" class="chip on" aria-current="true"><span', page)[:1]
            (view,) = re.findall(r'data-view="(\w+)"', page)
            return zoom, view

        assert shown() == ("months", "auto")
        assert shown("?zoom=weeks") == ("weeks", "auto")
        assert shown("?view=table") == ("weeks", "table")
        assert shown() == ("weeks", "table")
        assert shown("?zoom=years&view=upside-down&at=yesterday") == ("months", "auto")
        plan.client.cookies["timeline"] = "x.y.z"
        assert shown() == ("months", "auto")

    def test_draws_sprints_and_today_and_leads_to_other_times(self, plan: Plan) -> None:
        today = timezone.localdate()
        plan.add("far", today + timedelta(days=5000))
        sprint = plan.do(lambda actor: create_sprint(actor=actor, project=plan.project, name="Sprint 7"))
        assert "sprint-band" not in plan.get()
        plan.do(
            lambda actor: edit_sprint(
                actor=actor,
                sprint=sprint,
                name="Sprint 7",
                goal="",
                start_date=today,
                end_date=today + timedelta(days=13),
            )
        )
        page = plan.get()
        assert re.search(r'<text x="6" y="12">Sprint 7</text>', page)
        assert '<rect class="today"' in page
        assert f"at={(today + timedelta(days=5000)).isoformat()}" in page  # where to look for it
        assert re.search(r'class="beyond" href="\?[^"]*q=far', plan.get("?q=far"))  # and no filter is lost
        there = plan.get(f"?at={(today + timedelta(days=5000)).isoformat()}")
        assert '<rect class="today"' not in there
        assert "data-bar" in there


class TestDates:
    def test_are_given_in_one_edit_and_answered_with_what_they_changed(self, plan: Plan) -> None:
        epic = plan.add("Epic", level=2)
        first = plan.add("first", MAY, MAY, parent=epic)
        second = plan.add("second", parent=epic)
        plan.block(first, second)
        before = len(plan.facts())
        answer = plan.post(issue=second.pk, start="2026-05-03", due="2026-05-09")
        (event,) = plan.facts()[before:]
        assert (event.kind, sorted(event.data["f"])) == ("issue.edited", ["due_date", "start_date"])
        assert keys(answer) == ["FLOW-1", "FLOW-3"]  # and the epic that covers it now
        assert "Starts on 3 May 2026, before FLOW-2, which blocks it, ends on 4 May 2026." in line(answer, "FLOW-3")
        assert "2 issues with dates" in answer
        assert undated(answer) == ["FLOW-1"]
        # The blocker moves: the line of what it blocks comes along.
        answer = plan.post(issue=first.pk, start="2026-05-01", due="2026-05-02")
        assert keys(answer) == ["FLOW-1", "FLOW-2", "FLOW-3"]
        assert "Starts on" not in answer
        # Dates that are taken away take the line away.
        answer = plan.post(issue=second.pk, start="", due="")
        assert keys(answer) == ["FLOW-1"]
        assert undated(answer) == ["FLOW-1", "FLOW-3"]
        fresh = plan.fresh(first)
        assert (fresh.start_date, fresh.due_date) == (date(2026, 5, 1), date(2026, 5, 2))
        # Without script the page says that they are saved.
        assert "The dates of FLOW-3 are saved." in plan.post(plain=True, issue=second.pk, start="2026-06-01", due="")

    @pytest.mark.parametrize(
        ("start", "due", "said"),
        [
            ("2026-05-09", "2026-05-08", "An issue ends on the day it starts, or later."),
            ("2026-02-30", "", "A date looks like 2026-11-27."),
            ("soon", "", "A date looks like 2026-11-27."),
            ("", "20260-01-01", "A date looks like 2026-11-27."),
            ("0026-05-01", "", "Choose a day between the years 1900 and 2199."),
        ],
    )
    def test_are_refused_with_a_sentence(self, plan: Plan, start: str, due: str, said: str) -> None:
        issue = plan.add("first", MAY)
        assert said in plan.post(422, issue=issue.pk, start=start, due=due)
        fresh = plan.fresh(issue)
        assert (fresh.start_date, fresh.due_date, fresh.version) == (MAY, None, issue.version)

    def test_that_somebody_else_changed_are_not_written_over(self, plan: Plan) -> None:
        issue = plan.add("first", MAY)
        plan.edit(issue, start_date=MAY + timedelta(days=1))
        assert "Somebody else changed this" in plan.post(409, issue=issue.pk, start="2026-05-20", version=issue.version)
        plan.post(issue=issue.pk, start="2026-05-05", due="2026-05-20", version=issue.version)  # another field

    def test_are_for_those_who_edit_issues(self, plan: Plan) -> None:
        issue = plan.add("first", MAY)
        for role, status in (("viewer", 403), ("commenter", 403), ("member", 200)):
            guest = make_member(plan.acme, "guest")
            give_role(plan.acme, plan.project, guest, role)
            plan.post(status, by=plan.sign_in(guest), issue=issue.pk, start="2026-05-20")
        plan.post(404, by=plan.sign_in(make_user("Eve")), issue=issue.pk, start="2026-05-21")
        plan.post(404, issue=issue.pk + 999, start="2026-05-21")
        plan.post(422, issue="x", start="2026-05-21")
        assert plan.fresh(issue).start_date == date(2026, 5, 20)
