"""Quick actions: lines of a text that are done, with the text or not at all."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from apps.accounts.models import User
from apps.boards.services import set_column_limit
from apps.core.errors import DomainError, Forbidden, Invalid
from apps.core.tenancy import Actor, OrgRole, current_unit, run_as_system
from apps.issues import services
from apps.issues.models import Comment, Issue, IssueLabel, IssueLink, Priority, Watcher
from apps.issues.quick_actions import ACTIONS, MOST_ACTIONS, Command, Written, read_actions, read_day
from apps.issues.selectors import completed_action, new_issue_for, offered_actions, plan_actions
from apps.issues.services import ColumnFull, InTriage, NewIssue, SprintOver, StaleEdit
from apps.issues.services import acting as acting_services
from apps.orgs.models import Organization
from apps.projects.models import IssueType, Label, Project, Status
from apps.projects.services import set_triage
from apps.sprints.models import Sprint
from apps.sprints.services import create_sprint, start_sprint
from tests.factories import acting, give_role, make_issues, make_member

SCRIPTED = {"X-Requested-With": "XMLHttpRequest"}
CODE = "```\n/close\n```\n"


class TestReading:
    @pytest.mark.parametrize(
        ("text", "kept", "commands"),
        [
            ("/assign @ada", "", ["/assign @ada"]),
            ('Look.\r\n\r\n/LABEL  "needs care"  \r\nMore.', "Look.\r\n\r\nMore.", ["/label needs care"]),
            (
                "/due in 2 days\n/estimate 3\nSo be it.\n/close",
                "So be it.",
                ["/due in 2 days", "/estimate 3", "/close"],
            ),
            ("> quoted\n/close", "> quoted", ["/close"]),
            (CODE + "/watch", CODE.rstrip(), ["/watch"]),
        ],
    )
    def test_takes_the_lines_that_are_actions(self, text: str, kept: str, commands: list[str]) -> None:
        written = read_actions(text)
        assert written.text == kept
        assert [str(command) for command in written.commands] == commands

    @pytest.mark.parametrize(
        "text", ["", "/etc/hosts", "/close/it", "/unknown ada", "see /close", " /close", "> /close", CODE, "a\n\n\n"]
    )
    def test_leaves_everything_else_as_it_is(self, text: str) -> None:
        assert read_actions(text).text == text
        assert read_actions(text).commands == ()

    @given(st.lists(st.text("/ab>`~ -\t\r\n#1.") | st.sampled_from([" /close", "`/close`", "/closed"])).map("".join))
    def test_never_changes_a_text_without_any(self, text: str) -> None:
        assert read_actions(text) == Written(text)

    def test_knows_in_which_line_each_stands(self) -> None:
        assert read_actions("a\r\n/close\n\n/label x").commands == (Command("close", "", 2), Command("label", "x", 4))

    @pytest.mark.parametrize(
        ("words", "day"),
        [
            ("2026-12-01", date(2026, 12, 1)),
            ("today", date(2026, 11, 26)),
            ("Tomorrow", date(2026, 11, 27)),
            ("in 2 days", date(2026, 11, 28)),
            ("1 week", date(2026, 12, 3)),
            ("in 3 months", date(2027, 2, 26)),
            ("friday", date(2026, 11, 27)),
            ("next thu", date(2026, 12, 3)),
        ],
    )
    def test_reads_days(self, words: str, day: date) -> None:
        assert read_day(words, date(2026, 11, 26)) == day  # a Thursday

    @pytest.mark.parametrize("words", ["soon", "in days", "2026-02-30", "in 9999 days"])
    def test_refuses_what_is_no_day(self, words: str) -> None:
        with pytest.raises(ValueError, match=r".+"):
            read_day(words, date(2026, 11, 26))


@pytest.fixture
def mateo(acme: Organization) -> User:
    return make_member(acme, OrgRole.MEMBER, "Mateo Ruiz")


@pytest.fixture
def issue(ada: User, acme: Organization, flow: Project, mateo: User) -> Issue:
    with acting(ada, acme):
        for name in ("bug", "lamps"):
            Label.objects.get_or_create(org=acme, project=flow, name=name, defaults={"hue": 30})
    return make_issues(acme, flow, ada, "Lamps", "Wires", "Walls")[0]


@pytest.fixture
def epic(ada: User, acme: Organization, flow: Project, issue: Issue) -> Issue:
    with acting(ada, acme):
        epics = IssueType.objects.get(project=flow, name="Epic")
    return make_issues(acme, flow, ada, "Light", type=epics)[0]


@pytest.fixture
def sprints(ada: User, acme: Organization, flow: Project) -> list[Sprint]:
    with acting(ada, acme) as actor:
        made = [create_sprint(actor=actor, project=flow, name=name) for name in ("First", "Second")]
        start_sprint(actor=actor, sprint=made[0], end_date=timezone.localdate() + timedelta(days=7))
    return made


def now(issue: Issue) -> Issue:
    """The issue as it is now."""
    return Issue.objects.select_related("project", "status", "type").get(pk=issue.pk)


def labels_of(issue: Issue) -> set[str]:
    return set(issue.issue_labels.values_list("label__name", flat=True))


def say(actor: Actor, issue: Issue, body: str) -> services.Said:
    return services.comment_and_act(actor=actor, issue=now(issue), body=body)


def picture() -> list[Any]:
    unit = current_unit()
    assert unit is not None
    tables = (Issue, IssueLink, IssueLabel, Comment, Watcher)
    return [len(unit.collected), *(list(table.objects.order_by("pk").values_list()) for table in tables)]


@contextmanager
def refused(with_: type[DomainError], match: str) -> Iterator[None]:
    """The refusal says why, and nothing at all has changed."""
    before = picture()
    with pytest.raises(with_) as caught:
        yield
    assert match in str(caught.value.detail)
    assert picture() == before


class TestDoing:
    def test_sets_every_field_with_the_comment_and_is_taken_back_at_once(
        self, client: Client, ada: User, acme: Organization, issue: Issue, epic: Issue, sprints: list[Sprint]
    ) -> None:
        with acting(ada, acme):
            before = now(issue)
        body = (
            "Take care.\n/assign @mateo\n/label BUG\n/priority high\n/status in prog\n/due 2026-12-01\n"
            f"/estimate 3\n/parent flow-{epic.number}\n/sprint current\n/assign me"
        )
        client.force_login(ada)
        comments, undo = f"/{acme.slug}/issue/FLOW-1/comments/", f"/{acme.slug}/FLOW/issues/bulk/undo/"
        answer = client.post(comments, {"body": body, "op": "first-operation"}, headers=SCRIPTED).content.decode()
        with acting(ada, acme):
            after = now(issue)
            assert (after.assignee, after.priority, after.status.name) == (ada, Priority.HIGH, "In progress")
            assert (after.due_date, after.points) == (date(2026, 12, 1), Decimal(3))
            assert (after.parent, after.sprint, labels_of(after)) == (epic, sprints[0], {"bug"})
            assert Comment.objects.get().body == "Take care."
        said = answer[: answer.index("<article")]
        assert f'data-did="{issue.pk}"' in said
        assert "Labelled bug, priority High, now in In progress, due 1 Dec" in said
        assert "assigned to Ada Okafor<" in said
        assert "Mateo" not in said
        sent = {"of": "first-operation", "issue": issue.pk}
        assert client.post(undo, sent, headers=SCRIPTED).json()["text"] == "Taken back."
        with acting(ada, acme):
            back = now(issue)
            for name in ("assignee", "priority", "status", "due_date", "points", "parent", "sprint"):
                assert getattr(back, name) == getattr(before, name), name
            assert labels_of(back) == set()

    def test_takes_values_away(
        self, ada: User, acme: Organization, issue: Issue, epic: Issue, sprints: list[Sprint]
    ) -> None:
        with acting(ada, acme) as actor:
            full = "/assign ada okafor\n/label bug\n/label lamps\n/due friday\n/estimate 1\n/priority low\n/sprint next"
            assert say(actor, issue, f"{full}\n/parent FLOW-{epic.number}").did.is_reversible
            assert (now(issue).sprint, labels_of(issue)) == (sprints[1], {"bug", "lamps"})
            bare = "/unassign\n/unlabel bug\n/due none\n/estimate none\n/parent none\n/sprint none"
            said = say(actor, issue, bare)
            assert said.comment is None
            assert said.did.words.startswith("Assigned to nobody, label bug taken off, not due any more")
            left = now(issue)
            assert (left.assignee, left.due_date, left.points, left.parent, left.sprint) == (None,) * 5
            assert labels_of(issue) == {"lamps"}
            say(actor, issue, "/label bug\n/unlabel")
            assert labels_of(issue) == set()
            assert not say(actor, issue, "/unassign").did.is_reversible
            assert not Comment.objects.exists()

    def test_closes_reopens_links_watches_and_archives(self, ada: User, acme: Organization, issue: Issue) -> None:
        with acting(ada, acme) as actor:
            did = say(actor, issue, "Done.\n/close\n/unwatch").did
            assert did == services.Did("Now in Done, you are not watching it any more")
            assert not Watcher.objects.filter(issue=issue, user=ada).exists()
            say(actor, issue, "/close\n/watch")
            assert now(issue).status.name == "Done"
            assert Watcher.objects.filter(issue=issue, user=ada).exists()
            for _twice in range(2):
                say(actor, issue, "/reopen")
                assert now(issue).status.category == "todo"
            did = say(actor, issue, "/blocks FLOW-2\n/relate https://flow.example/acme/issue/FLOW-3/").did
            assert did == services.Did("Blocks FLOW-2, linked to FLOW-3")
            assert set(IssueLink.objects.values_list("kind", "target__number")) == {("blocks", 2), ("relates", 3)}
            did = say(actor, issue, "/duplicate #FLOW-2\n/archive").did
            assert did.words == "Now in Cancelled, a duplicate of FLOW-2, archived"
            assert now(issue).status.category == "cancelled"
            assert now(issue).archived_at is not None
            say(actor, issue, "/duplicate FLOW-3")
            assert IssueLink.objects.filter(kind="duplicates", source=issue).count() == 2

    def test_works_in_triage_as_far_as_that_allows(
        self, ada: User, acme: Organization, flow: Project, issue: Issue
    ) -> None:
        with acting(ada, acme) as actor:
            set_triage(actor=actor, project=flow, is_on=True)
            project = Project.objects.get(pk=flow.pk)
            batch = [NewIssue(title=title, is_from_outside=True) for title in ("one", "two", "three")]
            one, two, _three = services.create_issues(actor=actor, project=project, batch=batch)
            did = say(actor, one, "/assign me\n/label bug\n/due today\n/archive").did
            assert not did.is_reversible
            left = now(one)
            assert (left.assignee, left.due_date, labels_of(left)) == (ada, timezone.localdate(), {"bug"})
            assert left.archived_at is not None
            with refused(InTriage, "Line 2, “/status Done”: Decide in Triage"):
                say(actor, two, "/assign me\n/status Done")
            say(actor, two, "/estimate 2\n/duplicate FLOW-1")
            assert (now(two).triage_since, now(two).status.category) == (None, "cancelled")

    def test_in_an_edited_comment(self, ada: User, acme: Organization, issue: Issue) -> None:
        with acting(ada, acme) as actor:
            say(actor, issue, "A lamp")
            comment = Comment.objects.select_related("issue__project", "issue__status").get()
            said = services.edit_comment_and_act(actor=actor, comment=comment, body="Two lamps\n/assign me")
            assert said.did.words == "Assigned to Ada Okafor"
            assert (Comment.objects.get().body, now(issue).assignee) == ("Two lamps", ada)
            with refused(Invalid, "Write something first."):
                services.edit_comment_and_act(actor=actor, comment=comment, body="/unassign")
            services.edit_comment_and_act(actor=actor, comment=comment, body="Lamps")
            assert Comment.objects.get().body == "Lamps"

    def test_in_a_description(self, ada: User, acme: Organization, flow: Project, issue: Issue) -> None:
        with acting(ada, acme) as actor:
            began = now(issue)
            values = {"description": "Bright.\n/estimate 5"}
            did = services.edit_and_act(actor=actor, issue=began, values=values, version=began.version)
            assert did.words == "Estimated at 5"
            assert services.edit_and_act(actor=actor, issue=began, values={"title": "Lamp"}) == services.Did()
            assert (now(issue).description, now(issue).points) == ("Bright.", Decimal(5))
            new = NewIssue(title="Doors", description="Oak.\n/assign me\n/due tomorrow\n/close")
            made = services.create_issue(actor=actor, project=flow, new=new)
            assert (made.description, made.assignee, made.status.name) == ("Oak.", ada, "Done")
            assert made.due_date == timezone.localdate() + timedelta(days=1)
            with refused(Invalid, "Line 1, “/assign nobody”"):
                new = NewIssue(title="Windows", description="/assign nobody")
                services.create_issue(actor=actor, project=flow, new=new)
        with acting(ada, acme) as actor, refused(StaleEdit, "Nothing was overwritten"):
            values = {"description": "Dark.\n/estimate 8"}
            services.edit_and_act(actor=actor, issue=now(issue), values=values, version=began.version)
        with run_as_system(org_id=acme.pk) as actor:
            kept = NewIssue(title="By itself", description="/close")
            assert services.create_issue(actor=actor, project=flow, new=kept).description == "/close"


class TestRefusing:
    def test_names_the_line_and_changes_nothing(
        self, ada: User, mateo: User, acme: Organization, issue: Issue, secret: Project
    ) -> None:
        make_member(acme, OrgRole.MEMBER, "Max Power")
        make_issues(acme, secret, ada, "Merger")
        with acting(mateo, acme) as actor:
            for line, why in (
                ("/assign zoe", "Nobody who works in this project is called “zoe”."),
                ("/assign ma", "That could be: "),
                ("/label nonsense", "There is no label “nonsense”. There are: "),
                ("/priority soon", "There is no such priority. There are: None, Low"),
                ("/status Limbo", "There is no status “Limbo”. There are: "),
                ("/due someday", "Write a day such as"),
                ("/estimate lots", "Points are a number"),
                ("/estimate", "Something is missing behind it: /estimate 3."),
                ("/close the door", "Nothing can stand behind it."),
                ("/parent FLOW-2", "FLOW-1: An epic holds issues"),
                ("/parent FLOW-99", "There is no issue “FLOW-99”, or not for you."),
                ("/relate SECRET-1", "There is no issue “SECRET-1”, or not for you."),
                ("/relate to that", "There is no issue “TO THAT”"),
                ("/blocks FLOW-1", "An issue cannot be linked to itself."),
                ("/sprint current", "There is no open sprint “current”."),
                ("/sprint Third", "There is no open sprint “Third”."),
            ):
                with refused(DomainError, f"Line 3, “{line}”: {why}"):
                    say(actor, issue, f"Look.\n/assign me\n{line}")
            with refused(Invalid, "A text has at most 20 quick actions; this one has 21."):
                say(actor, issue, "/watch\n" * (MOST_ACTIONS + 1))

    def test_goes_by_the_rules_of_the_project(
        self, ada: User, acme: Organization, flow: Project, issue: Issue, sprints: list[Sprint]
    ) -> None:
        with acting(ada, acme) as actor:
            going_on = Status.objects.get(project=flow, name="In progress")
            column = going_on.columns.get()
            set_column_limit(actor=actor, project=flow, column_id=column.pk, limit=1, policy="block")
        make_issues(acme, flow, ada, "In the way", status=going_on, sprint_id=sprints[0].pk)
        with acting(ada, acme) as actor:
            with refused(ColumnFull, "Line 3, “/status In progress”: "):
                say(actor, issue, "Now.\n/label bug\n/status In progress\n/sprint current")
            flow.transitions.filter(target__name="Done").delete()
            with refused(DomainError, "Line 2, “/close”: The workflow has no way"):
                say(actor, issue, "Now.\n/close\n/watch")
            flow.statuses.filter(category="cancelled").update(retired_at=timezone.now())
            with refused(Invalid, "Line 1, “/duplicate FLOW-2”: The workflow of this project has no status for that."):
                say(actor, issue, "/duplicate FLOW-2")

    def test_what_is_gone_by_the_time_it_is_done(
        self, ada: User, acme: Organization, issue: Issue, sprints: list[Sprint]
    ) -> None:
        with acting(ada, acme) as actor:
            commands = read_actions("/estimate 1\n/sprint next").commands
            plan = plan_actions(actor=actor, issue=now(issue), commands=commands)
            Sprint.objects.filter(pk=sprints[1].pk).update(state="completed")
            with refused(SprintOver, "Choose another one."):
                acting_services._perform(actor, now(issue), plan)
            gone = read_actions("/relate FLOW-2").commands
            plan = plan_actions(actor=actor, issue=now(issue), commands=gone)
            Issue.objects.filter(number=2).update(deleted_at=timezone.now())
            with refused(Invalid, "Line 1, “/relate FLOW-2”: The issue was deleted"):
                acting_services._perform(actor, now(issue), plan)

    def test_people_who_may_not(self, client: Client, acme: Organization, flow: Project, issue: Issue) -> None:
        carl, vera = (make_member(acme, OrgRole.GUEST, name) for name in ("Carl Comment", "Vera Viewer"))
        give_role(acme, flow, carl, "commenter")
        give_role(acme, flow, vera, "viewer")
        with acting(carl, acme) as actor:
            with refused(Forbidden, "Line 2, “/assign me”: Your role here does not allow it."):
                say(actor, issue, "Please.\n/assign me")
            assert say(actor, issue, "Please.\n/watch").did.words == "You are watching it"
            assert [each.name for each in offered_actions(actor=actor, project=flow)] == ["watch", "unwatch"]
        with acting(vera, acme) as actor, refused(Forbidden, "Your role here does not allow it."):
            say(actor, issue, "/watch")
        with run_as_system(org_id=acme.pk) as actor, refused(Invalid, "Issues of this project cannot be given to you."):
            plan_actions(actor=actor, issue=now(issue), commands=[Command("assign", "me", 1)])
        client.force_login(carl)
        answer = client.post(f"/{acme.slug}/issue/FLOW-1/comments/", {"body": "Please.\n/assign me"})
        assert answer.status_code == 403
        page = answer.content.decode()
        assert "Please.\n/assign me</textarea>" in page
        assert "Line 2, “/assign me”" in page


class TestPages:
    def test_say_what_will_be_done_and_what_was(
        self, client: Client, ada: User, mateo: User, acme: Organization, issue: Issue
    ) -> None:
        client.force_login(ada)

        def preview(text: str) -> str:
            sent = {"text": text, "issue": "FLOW-1"}
            return client.post(f"/{acme.slug}/markdown/preview/", sent).content.decode()

        shown = preview("*Look*\n/assign @mateo\n/close")
        assert "<li>Will assign Mateo Ruiz.</li><li>Will be in Done.</li>" in shown
        assert "<em>Look</em>" in shown
        assert "/assign" not in shown
        assert "Line 1, “/assign zoe”" in preview("/assign zoe")
        with acting(ada, acme):
            assert now(issue).assignee is None
        notice = client.post(f"/{acme.slug}/issue/FLOW-1/comments/", {"body": "/assign @mateo"}, follow=True)
        assert "Assigned to Mateo Ruiz" in notice.content.decode()
        path = f"/{acme.slug}/FLOW/suggestions/"
        offered = client.get(path, {"of": "actions", "q": "un"}).content.decode()
        assert offered.count('role="option"') == 3
        assert 'data-value="/unassign"' in offered
        assert client.get(path, {"of": "actions", "q": ""}).content.decode().count('role="option"') == len(
            [each for each in ACTIONS.values() if not each.is_about_time]
        )

    def test_say_what_will_be_done_to_an_issue_that_is_about_to_be_created(
        self, client: Client, ada: User, acme: Organization, flow: Project, issue: Issue
    ) -> None:
        client.force_login(ada)
        with acting(ada, acme):
            bug = flow.labels.get(name="bug")
            done = flow.statuses.get(name="Done")
            count = Issue.objects.count()

        def preview(text: str, **choices: object) -> str:
            sent = {"text": text, "project": "FLOW"} | choices
            return client.post(f"/{acme.slug}/markdown/preview/", sent).content.decode()

        shown = preview("*Oak*\n/assign me\n/due tomorrow\n/close")
        assert "<li>Will be in Done.</li>" in shown
        assert "<em>Oak</em>" in shown
        assert "/close" not in shown
        assert "Will be in To do." in preview("/reopen", status=done.pk)
        assert "Will take off the label bug." in preview("/unlabel", labels=[bug.pk, 999_999_999])
        assert 'class="will"' not in preview("/unlabel")
        assert "Line 2, “/assign zoe”" in preview("Oak\n/assign zoe")
        answer = client.post(f"/{acme.slug}/FLOW/issues/new/", {"title": "x", "description": "Oak\n/status Limbo"})
        assert answer.status_code == 422
        page = answer.content.decode()
        assert "Oak\n/status Limbo</textarea>" in page
        with acting(ada, acme) as actor:
            assert Issue.objects.count() == count
            with pytest.raises(Invalid, match="Line 1, “/status Limbo”") as refusal:
                services.create_issue(actor=actor, project=flow, new=NewIssue(title="x", description="/status Limbo"))
            assert refusal.value.extra["field"] == "description"
            flow.has_time_tracking = True
            nothing = new_issue_for(actor=actor, project=flow)
            with refused(Invalid, "You logged 0m there"):
                plan_actions(actor=actor, issue=nothing, commands=read_actions("/spend -1h").commands)
        gus = make_member(acme, OrgRole.GUEST, "Gus Guest")
        give_role(acme, flow, gus, "member")
        with acting(gus, acme) as actor:
            flow.has_triage = True
            waiting = new_issue_for(actor=actor, project=flow, status_id=done.pk)
            assert (waiting.triage_since is not None, waiting.status.is_initial) == (True, True)

    def test_complete_what_stands_behind_an_action(
        self,
        client: Client,
        ada: User,
        mateo: User,
        acme: Organization,
        flow: Project,
        issue: Issue,
        sprints: list[Sprint],
    ) -> None:
        def found(q: str) -> list[str]:
            return [each.line for each in completed_action(actor=actor, project=flow, q=q)]

        with acting(ada, acme) as actor:
            assert found("assign ") == ["/assign me", f"/assign @{ada.handle}", f"/assign @{mateo.handle}"]
            assert found("assign @mat") == ["/assign @mateo"]
            assert found("assign @mateo ") == found("close ") == found("nonsense ") == found("unlabel ") == []
            assert found("label bu") == ["/label bug"]
            assert found("unlabel bu") == ["/unlabel bug"]
            assert found("STATUS rev") == ["/status In review"]
            assert found("priority ")[0] == "/priority Urgent"
            assert found("due in 1") == ["/due in 1 week", "/due in 1 month"]
            assert found("due friday") == []
            assert found("sprint ne") == ["/sprint next"]
            assert f"/sprint {sprints[0].name}" in found("sprint ")
            assert found("relate 1") == ["/relate FLOW-1"]
            assert found("relate #FLOW-1") == []
            assert found("estimate 3") == []
            assert found("spend ") == []
        client.force_login(ada)
        path = f"/{acme.slug}/FLOW/suggestions/"
        assert 'data-value="/label bug"' in client.get(path, {"of": "actions", "q": "label b"}).content.decode()
        assert client.get(path, {"of": "actions", "q": "label bug"}).status_code == 204
        carl = make_member(acme, OrgRole.GUEST, "Carl Comment")
        give_role(acme, flow, carl, "commenter")
        client.force_login(carl)
        assert client.get(path, {"of": "actions", "q": "label b"}).status_code == 204

    def test_cost_as_much_for_many_words_as_for_few(
        self, ada: User, acme: Organization, flow: Project, issue: Issue
    ) -> None:
        def cost(number: int, count: int) -> int:
            lines = [f"/label {label}" for label in ("bug", "lamps")[:count]]
            lines += ["/assign ada", "/close"] * count
            with CaptureQueriesContext(connection) as queries:
                services.comment_and_act(
                    actor=actor,
                    issue=Issue.objects.select_related("project", "status", "type").get(number=number),
                    body="\n".join(["Look.", *lines]),
                )
            return len(queries)

        with acting(ada, acme) as actor:
            assert cost(1, 1) == cost(2, 3)
