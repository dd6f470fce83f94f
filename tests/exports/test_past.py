"""What happened comes along: the history of issues, earlier words of comments, and the ledgers of sprints."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from decimal import Decimal
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings as live_settings
from django.core.management import call_command
from django.utils import timezone
from django.utils.html import strip_tags
from pytest_django import Settings

from apps.accounts.models import User
from apps.core.tenancy import Actor, current_unit, run_as_system
from apps.events.models import Change, Delivery, Event
from apps.imports.models import ImportRun
from apps.issues.activity import history_page
from apps.issues.facts import IssueRetold
from apps.issues.models import Comment, Issue
from apps.issues.selectors import comment_history
from apps.issues.selectors.pace import with_beginning, with_entry
from apps.issues.services import (
    NewIssue,
    add_comment,
    create_issues,
    delete_issue,
    edit_comment,
    edit_issue,
    link_issues,
    move_issue,
    retire_label,
    undo_change,
)
from apps.orgs.models import Organization
from apps.projects.models import IssueType, Project, Status
from apps.projects.services import create_field, create_label
from apps.realtime.selectors import read_log
from apps.sprints.models import ScopeEntry, Sprint
from apps.sprints.selectors import sprint_report
from apps.sprints.services import complete_sprint, create_sprint, plan_issues, start_sprint
from tests.exports.test_round_trip import fill, lines, taken_out
from tests.factories import acting, make_member, make_org
from tests.imports.test_import_tracker import import_tracker

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def _place(settings: Settings, tmp_path: Path) -> None:
    settings.MEDIA_ROOT = str(tmp_path / "media")
    settings.STORAGES = {**live_settings.STORAGES, "attachments": {"BACKEND": "apps.core.files.LocalFiles"}}


def history(path: Path, key: str = "FLOW") -> list[Any]:
    """What an archive tells of issues, without what means nothing outside of it: comments are called by their words."""
    said = {each["id"]: each["body"] for issue in lines(path, "issues", key) for each in issue["comments"]}
    told = sorted(lines(path, "history", key), key=lambda line: (line["issue"], int(line["id"])))
    places = {(line["issue"], line["id"]): place for place, line in enumerate(told)}
    for line in told:
        line["takes_back"] = places[line["issue"], line["takes_back"]] if line["takes_back"] else None
        line["comment"] = said.get(line["comment"])
        for change in line["changes"]:
            if change.get("field") in {"resolved_thread", "pinned_comment"}:
                change["old"], change["new"] = said.get(change["old"]), said.get(change["new"])
    return [_plain(line) for line in told]


def _plain(found: Any) -> Any:
    if isinstance(found, dict):
        return {name: _plain(value) for name, value in found.items() if name not in {"id", "handle", "email"}}
    return [_plain(each) for each in found] if isinstance(found, list) else found


def ledgers(path: Path, key: str = "FLOW") -> list[Any]:
    """The sprints with their ledgers, called by their names."""
    sprints = lines(path, "sprints", key)
    names = {each["id"]: each["name"] for each in sprints}
    for each in sprints:
        # One that was not started has no zone that matters.
        each |= {"id": "", "created_at": "", "time_zone": each["time_zone"] if each["run"] else ""}
        each["carried_to"] = names.get(each["carried_to"])
    return sprints


BEGINNING = timezone.now().replace(hour=12, minute=0, second=0, microsecond=0) - timedelta(days=40)


class Team:
    """Ada and Mateo at their work, day by day."""

    def __init__(self, ada: User, acme: Organization, flow: Project) -> None:
        self.ada, self.acme, self.flow = ada, acme, flow
        self.mateo = make_member(acme)

    @contextmanager
    def day(self, number: float, by: User | None = None) -> Iterator[Actor]:
        """A unit of work so many days after the beginning."""
        with acting(by or self.ada, self.acme) as actor:
            unit = current_unit()
            assert unit is not None
            unit.moment = BEGINNING + timedelta(days=number)
            yield actor

    def issue(self, number: int) -> Issue:
        """The issue as it is."""
        return Issue.objects.select_related("project", "type", "status").get(project=self.flow, number=number)

    def move(self, day: float, number: int, to: str, by: User | None = None) -> None:
        """Let somebody move an issue."""
        with self.day(day, by) as actor:
            status = Status.objects.get(project=self.flow, name=to)
            move_issue(actor=actor, issue=self.issue(number), to=status)

    def edit(self, day: float, number: int, **values: Any) -> None:
        """Change fields of an issue."""
        with self.day(day) as actor:
            edit_issue(actor=actor, issue=self.issue(number), values=values)

    def undo(self, day: float, number: int, field: str) -> None:
        """Let Mateo take back what was last done to a field."""
        with self.day(day, self.mateo) as actor:
            last = Change.objects.filter(issue=self.issue(number), field=field).latest("pk")
            undo_change(actor=actor, issue=self.issue(number), change_id=last.pk)

    def work(self) -> None:
        """A sprint from its beginning to its end: planned, added to, taken out of, estimated anew, done, carried on."""
        with self.day(0) as actor:
            create_issues(
                actor=actor,
                project=self.flow,
                batch=[NewIssue(title=f"Work {n}", points=Decimal(n)) for n in range(1, 6)],
            )
        with self.day(1) as actor:
            sprint = create_sprint(actor=actor, project=self.flow, name="Sprint 1", goal="A roof.")
            plan_issues(actor=actor, issues=[self.issue(n) for n in (1, 2, 3)], sprint=sprint)
            start_sprint(actor=actor, sprint=sprint, end_date=(BEGINNING + timedelta(days=14)).date())
        self.move(2, 1, "In progress", self.mateo)
        self.edit(3, 2, points="8")
        with self.day(4) as actor:
            plan_issues(actor=actor, issues=[self.issue(4)], sprint=Sprint.objects.get(name="Sprint 1"))
        with self.day(5) as actor:
            plan_issues(actor=actor, issues=[self.issue(3)], sprint=None)
        self.move(6, 1, "Done", self.mateo)
        with self.day(7) as actor:
            said = add_comment(actor=actor, issue=self.issue(1), body="Frist words.")
        with self.day(8) as actor:
            edit_comment(actor=actor, comment=said, body="First words.")

    def complete(self) -> None:
        """End the sprint; what is open goes on in the next one."""
        with self.day(12) as actor:
            complete_sprint(actor=actor, sprint=Sprint.objects.get(name="Sprint 1"), to="new")


@pytest.fixture
def team(ada: User, acme: Organization, flow: Project) -> Team:
    return Team(ada, acme, flow)


@pytest.fixture
def globex(ada: User) -> Organization:
    return make_org(ada, "Globex", "globex")


def figures(org: Organization, name: str = "Sprint 1") -> Any:
    """What the page of a sprint shows."""
    with run_as_system(org_id=org.pk) as actor:
        sprint = Sprint.objects.select_related("project").get(name=name, project__key="FLOW")
        found = sprint_report(actor=actor, sprint=sprint)
        inside = dict(Issue.objects.filter(pk__in=found.inside).values_list("pk", "number"))
        about = (sprint.name, sprint.goal, sprint.state, sprint.start_date, sprint.end_date, sprint.time_zone)
        amounts = (found.committed, found.added, found.removed, found.reestimated, found.completed, found.remaining)
        in_it = {inside[pk]: is_done for pk, is_done in found.inside.items()}
        return about, found.unit, amounts, list(found.days), list(found.events), in_it


def page(user: User, org: Organization, number: int) -> list[Any]:
    """The history of an issue on its page."""
    with acting(user, org) as actor:
        issue = Issue.objects.select_related("project").get(project__key="FLOW", number=number)
        return list(history_page(actor=actor, issue=issue, is_oldest_first=True).entries)


def versions(user: User, org: Organization) -> Any:
    """What the page of a comment tells of its earlier words."""
    with acting(user, org) as actor:
        found = comment_history(actor=actor, comment=Comment.objects.select_related("author").get())
        edits = [(each.at, each.author.name if each.author else "", list(each.pieces)) for each in found.edits]
        return edits, found.original


def retold(org: Organization) -> int:
    with run_as_system(org_id=org.pk):
        return Event.objects.filter(kind=IssueRetold.kind).count()


def bring(path: Path, org: Organization, *further: Path) -> dict[str, Any]:
    account = import_tracker(path, *map(str, further), "--org", org.slug)
    assert account["failed"] == 0, account["problems"]
    return account


def take_back(account: dict[str, Any], org: Organization) -> None:
    call_command("import_tracker", "--org", org.slug, "--take-back", str(account["run"]), stdout=StringIO())


class TestHistory:
    def test_is_the_same_in_another_organization(
        self, ada: User, acme: Organization, flow: Project, globex: Organization, tmp_path: Path
    ) -> None:
        fill(ada, acme, flow)
        first = taken_out(acme, tmp_path / "first.zip")
        assert {line["kind"] for line in lines(first, "history")} >= {
            "issue.created",
            "issue.edited",
            "issue.linked",
            "comment.edited",
            "comment.pinned",
            "comment.resolved",
            "issue.work_logged",
            "issue.archived",
            "issue.attached",
        }
        bring(first, globex)
        assert history(taken_out(globex, tmp_path / "second.zip")) == history(first)

    def test_is_told_on_the_page_as_there_and_offers_no_undo(
        self, team: Team, globex: Organization, tmp_path: Path
    ) -> None:
        team.work()
        bring(taken_out(team.acme, tmp_path / "a.zip"), globex)
        there, here = page(team.ada, team.acme, 1), page(team.ada, globex, 1)
        assert len(here) > 4
        said = [(each.at, each.author.name if each.author else "", strip_tags(each.sentence_html)) for each in here]
        assert said == [
            (each.at, each.author.name if each.author else "", strip_tags(each.sentence_html)) for each in there
        ]
        assert {each.origin for each in here} == {"import"}
        assert not any(each.can_undo for each in here)
        assert any(each.can_undo for each in there)

    def test_keeps_earlier_words_of_comments(self, team: Team, globex: Organization, tmp_path: Path) -> None:
        team.work()
        bring(taken_out(team.acme, tmp_path / "a.zip"), globex)
        [entry] = [each for each in page(team.ada, globex, 1) if each.field == "comment"]
        assert (entry.old, entry.new) == ("Frist words.", "First words.")
        with run_as_system(org_id=globex.pk):
            assert Comment.objects.get().pk == entry.comment_id
        assert versions(team.ada, globex) == versions(team.ada, team.acme)
        assert versions(team.ada, globex)[1] == "Frist words."

    def test_tells_how_long_work_took_as_there(self, team: Team, globex: Organization, tmp_path: Path) -> None:
        team.work()
        bring(taken_out(team.acme, tmp_path / "a.zip"), globex)

        def times(org: Organization) -> Any:
            with run_as_system(org_id=org.pk):
                working = Status.objects.filter(name="In progress").values_list("pk", flat=True)
                groups = [[pk] for pk in Status.objects.values_list("pk", flat=True)]
                found = with_entry(with_beginning(Issue.objects.all(), working=list(working)), groups=groups)
                return list(
                    found.order_by("number").values_list("number", "begun_at", "entered_at", "status_changed_at")
                )

        assert times(globex) == times(team.acme)
        assert times(globex)[0][1] == BEGINNING + timedelta(days=2)

    def test_reaches_nobody_and_no_page(self, team: Team, globex: Organization, tmp_path: Path) -> None:
        team.work()
        bring(taken_out(team.acme, tmp_path / "a.zip"), globex)
        with run_as_system(org_id=globex.pk) as actor:
            told = Event.objects.filter(kind=IssueRetold.kind)
            assert told.count() > 10
            assert set(told.values_list("origin", flat=True)) == {"import"}
            assert not Delivery.objects.filter(event__in=told).exists()
            stream = told.values_list("stream_id", flat=True).first()
            assert stream is not None
            frames = read_log(actor=actor, since={stream: 0}, limit=10_000)[stream].events
            assert frames
            assert IssueRetold.kind not in {frame.kind for frame in frames}

    def test_comes_once_and_goes_on_with_a_newer_archive(
        self, team: Team, globex: Organization, tmp_path: Path
    ) -> None:
        team.work()
        first = taken_out(team.acme, tmp_path / "first.zip")
        bring(first, globex)
        before, count = history(taken_out(globex, tmp_path / "a.zip")), retold(globex)
        bring(first, globex)
        assert retold(globex) == count
        team.move(9, 2, "In progress")
        team.edit(10, 1, title="Another name")
        second = taken_out(team.acme, tmp_path / "second.zip")
        newer = bring(second, globex)
        assert retold(globex) == count + 2
        assert history(taken_out(globex, tmp_path / "b.zip")) == history(second)
        assert figures(globex) == figures(team.acme)
        take_back(newer, globex)
        assert history(taken_out(globex, tmp_path / "c.zip")) == before
        bring(second, globex)
        assert history(taken_out(globex, tmp_path / "d.zip")) == history(second)

    def test_says_whose_change_was_taken_back(self, team: Team, globex: Organization, tmp_path: Path) -> None:
        team.work()
        team.undo(9, 2, "points")
        team.undo(9.5, 2, "points")
        team.edit(10, 3, title="Another name")
        first = taken_out(team.acme, tmp_path / "first.zip")
        assert sum(line["takes_back"] is not None for line in history(first)) == 2
        bring(first, globex)
        assert history(taken_out(globex, tmp_path / "second.zip")) == history(first)
        # What a later archive tells may take back what an earlier one told.
        team.undo(11, 3, "title")
        newer = taken_out(team.acme, tmp_path / "newer.zip")
        bring(newer, globex)
        assert history(taken_out(globex, tmp_path / "third.zip")) == history(newer)

        def said(org: Organization) -> Any:
            every = [each for number in (2, 3) for each in page(team.ada, org, number)]
            return [(each.returns, each.is_taken_back) for each in every]

        assert said(globex) == said(team.acme)
        assert [returns for returns, _is_back in said(globex) if returns] == [
            "takes back a change by Ada Okafor",
            "takes back a change by Mateo Ruiz",
            "takes back a change by Ada Okafor",
        ]

    def test_names_issues_and_sprints_by_what_they_are_here(
        self, team: Team, globex: Organization, tmp_path: Path
    ) -> None:
        team.work()
        with team.day(9) as actor:
            link_issues(actor=actor, source=team.issue(1), target=team.issue(2), kind="blocks")
            bug = IssueType.objects.get(project=team.flow, name="Bug")
            edit_issue(actor=actor, issue=team.issue(1), values={"assignee": team.mateo.pk, "type": bug.pk})
        bring(taken_out(team.acme, tmp_path / "a.zip"), globex)
        with run_as_system(org_id=globex.pk):
            told = Change.objects.filter(event__kind=IssueRetold.kind, issue__number=1)
            assert told.get(field="sprint").new == Sprint.objects.get(name="Sprint 1").pk
            assert told.get(field="blocks").new == Issue.objects.get(number=2).pk
            assert isinstance(told.get(field="assignee").new, int)
            assert told.get(field="type").new == IssueType.objects.get(name="Bug").pk
            assert told.filter(field="status").last().new == Status.objects.get(name="Done").pk

    def test_is_taken_back_with_its_issues(self, team: Team, globex: Organization, tmp_path: Path) -> None:
        team.work()
        team.complete()
        first = taken_out(team.acme, tmp_path / "first.zip")
        account = bring(first, globex)
        take_back(account, globex)
        with run_as_system(org_id=globex.pk):
            assert not Issue.objects.exists()
            assert not Sprint.objects.exists()
            assert not ScopeEntry.objects.exists()
            assert not Change.objects.filter(event__kind=IssueRetold.kind).exists()
        assert retold(globex) == 0
        bring(first, globex)
        assert history(taken_out(globex, tmp_path / "again.zip")) == history(first)
        assert ledgers(tmp_path / "again.zip") == ledgers(first)

    def test_of_an_earlier_import_goes_while_a_later_one_stays(
        self, team: Team, globex: Organization, tmp_path: Path
    ) -> None:
        team.work()
        first = bring(taken_out(team.acme, tmp_path / "first.zip"), globex)
        with acting(team.ada, globex) as actor:
            issue = Issue.objects.select_related("project").get(number=2)
            add_comment(actor=actor, issue=issue, body="It stays.")
        team.complete()
        team.move(13, 2, "In progress")
        bring(taken_out(team.acme, tmp_path / "second.zip"), globex)
        take_back(first, globex)
        with run_as_system(org_id=globex.pk):
            assert set(Issue.objects.values_list("number", flat=True)) == {2}
            told = Event.objects.filter(kind=IssueRetold.kind)
            assert set(told.values_list("issue__number", flat=True)) == {2}

    def test_stays_with_an_issue_that_somebody_changed_since(
        self, team: Team, globex: Organization, tmp_path: Path
    ) -> None:
        team.work()
        account = bring(taken_out(team.acme, tmp_path / "first.zip"), globex)
        with acting(team.ada, globex) as actor:
            issue = Issue.objects.select_related("project").get(number=1)
            edit_issue(actor=actor, issue=issue, values={"title": "Mine"})
        told = len(page(team.ada, globex, 1))
        take_back(account, globex)
        assert len(page(team.ada, globex, 1)) == told
        with run_as_system(org_id=globex.pk):
            about = Event.objects.filter(kind=IssueRetold.kind).values_list("issue__number", flat=True)
            assert set(about) == {1}

    def test_keeps_the_names_of_what_is_gone(self, team: Team, globex: Organization, tmp_path: Path) -> None:
        with team.day(0) as actor:
            create_issues(actor=actor, project=team.flow, batch=[NewIssue(title=n) for n in ("One", "Two")])
            label = create_label(actor=actor, project=team.flow, name="urgent work")
            field = create_field(actor=actor, project=team.flow, name="Size", kind="select", options=["S", "L"])
        team.edit(1, 1, labels=[label.pk], **{field.key: field.choices[0].id})
        with team.day(2) as actor:
            link_issues(actor=actor, source=team.issue(1), target=team.issue(2), kind="blocks")
            retire_label(actor=actor, label=label)
        with team.day(3) as actor:
            delete_issue(actor=actor, issue=team.issue(2))
        bring(taken_out(team.acme, tmp_path / "a.zip"), globex)
        said = " ".join(strip_tags(each.sentence_html) for each in page(team.ada, globex, 1))
        assert "urgent work" in said
        assert "set Size to S" in said
        assert "an issue that is not shared with you" in said


class TestLedgers:
    def test_give_the_figures_of_a_sprint_that_is_over(self, team: Team, globex: Organization, tmp_path: Path) -> None:
        team.work()
        team.complete()
        first = taken_out(team.acme, tmp_path / "first.zip")
        bring(first, globex)
        assert figures(globex) == figures(team.acme)
        second = taken_out(globex, tmp_path / "second.zip")
        assert ledgers(second) == ledgers(first)
        with run_as_system(org_id=globex.pk):
            count = ScopeEntry.objects.count()
        bring(first, globex)
        with run_as_system(org_id=globex.pk):
            assert ScopeEntry.objects.count() == count

    def test_go_on_here_after_a_sprint_that_runs(self, team: Team, globex: Organization, tmp_path: Path) -> None:
        team.work()
        first = taken_out(team.acme, tmp_path / "first.zip")
        bring(first, globex)
        assert figures(globex) == figures(team.acme)
        team.complete()
        second = taken_out(team.acme, tmp_path / "second.zip")
        newer = bring(second, globex)
        assert figures(globex) == figures(team.acme)
        take_back(newer, globex)
        assert ledgers(taken_out(globex, tmp_path / "a.zip"))[0] == ledgers(first)[0]
        with acting(team.ada, globex) as actor:
            issue = Issue.objects.select_related("project").get(number=2)
            edit_issue(actor=actor, issue=issue, values={"points": "13"})
        lines_here = len(ledgers(taken_out(globex, tmp_path / "b.zip"))[0]["ledger"])
        account = bring(second, globex)
        assert "went its own way" in json.dumps(account["problems"])
        assert len(ledgers(taken_out(globex, tmp_path / "c.zip"))[0]["ledger"]) >= lines_here

    def test_come_in_one_import_from_an_archive_and_a_newer_one(
        self, team: Team, globex: Organization, tmp_path: Path
    ) -> None:
        team.work()
        first = taken_out(team.acme, tmp_path / "first.zip")
        team.complete()
        second = taken_out(team.acme, tmp_path / "second.zip")
        account = bring(first, globex, second)
        assert figures(globex) == figures(team.acme)
        take_back(account, globex)
        with run_as_system(org_id=globex.pk):
            assert not Issue.objects.exists()

    def test_counts_issues_that_are_gone_by_their_keys(self, team: Team, globex: Organization, tmp_path: Path) -> None:
        team.work()
        team.complete()
        with team.day(13) as actor:
            delete_issue(actor=actor, issue=team.issue(1))
        bring(taken_out(team.acme, tmp_path / "a.zip"), globex)
        there, here = figures(team.acme), figures(globex)
        assert here[:5] == there[:5]

    def test_stay_with_a_sprint_that_went_on_here(self, team: Team, globex: Organization, tmp_path: Path) -> None:
        team.work()
        bring(taken_out(team.acme, tmp_path / "first.zip"), globex)
        team.edit(9, 2, points="9")
        newer = bring(taken_out(team.acme, tmp_path / "second.zip"), globex)
        with acting(team.ada, globex) as actor:
            issue = Issue.objects.select_related("project").get(number=1)
            edit_issue(actor=actor, issue=issue, values={"points": "13"})
        with run_as_system(org_id=globex.pk):
            there = ScopeEntry.objects.count()
        take_back(newer, globex)
        with run_as_system(org_id=globex.pk):
            assert "ledger stays" in json.dumps(ImportRun.objects.get(pk=newer["run"]).counts["kept"])
            assert ScopeEntry.objects.count() >= there
