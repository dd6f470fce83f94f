"""The history of an issue: every change in words, page by page, and what can be undone from it."""

from datetime import date
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from apps.accounts.models import User
from apps.core.errors import NotFound
from apps.core.tenancy import OrgRole, Origin, run_as_system
from apps.events.facts import FieldChange
from apps.events.models import Change, Event
from apps.events.services import record
from apps.issues import services
from apps.issues.activity import Entry, activity, difference, history_page, names, sentences_of
from apps.issues.activity.told import TOLD, Told, unknown
from apps.issues.facts import IssueEdited
from apps.issues.models import Issue
from apps.issues.selectors import get_comment, get_issue
from apps.issues.services.undoing import inverses
from apps.orgs.models import Organization
from apps.projects.models import IssueType, Label, Project, Status, Transition
from apps.projects.policies import Role
from apps.projects.services import create_label, create_version, edit_label, edit_version, set_triage
from apps.sprints.models import Sprint
from apps.sprints.services import edit_sprint
from tests.factories import acting, give_role, make_issues, make_member


@pytest.fixture
def issue(ada: User, acme: Organization, flow: Project) -> Issue:
    return make_issues(acme, flow, ada, "Catch up", "Second")[0]


@pytest.fixture
def client(ada: User) -> Client:
    client = Client(raise_request_exception=False)
    client.force_login(ada)
    return client


def edit(user: User, org: Organization, key: str = "FLOW-1", **values: Any) -> None:
    with acting(user, org) as actor:
        services.edit_issue(actor=actor, issue=get_issue(actor=actor, key=key), values=values)


def told(user: User, org: Organization, key: str = "FLOW-1", **options: Any) -> list[Entry]:
    with acting(user, org) as actor:
        return list(history_page(actor=actor, issue=get_issue(actor=actor, key=key), **options).entries)


def words(entry: Entry) -> str:
    return entry.sentence_html.striptags() + (f" (was {entry.was.striptags()})" if entry.was else "")


class TestWords:
    def test_say_from_what_to_what(self, ada: User, acme: Organization, flow: Project, issue: Issue) -> None:
        lin = make_member(acme, name="Lin Zhao")
        with acting(ada, acme) as actor:
            project = Project.objects.get(pk=flow.pk)
            red, blue = (create_label(actor=actor, project=project, name=name) for name in ("red", "blue"))
        for values in (
            {"title": "Renamed"}, {"priority": 3}, {"priority": 4}, {"points": "3"}, {"points": "0.5"}, {"points": ""},
            {"due_date": "2026-12-24"}, {"due_date": "2026-12-25"}, {"start_date": "2026-12-01"}, {"start_date": ""},
            {"assignee": lin.pk}, {"assignee": ada.pk}, {"assignee": ""},
            {"labels": [red.pk]}, {"labels": [red.pk, blue.pk]}, {"labels": []},
            {"description": "one"}, {"description": ""},
        ):  # fmt: skip
            edit(ada, acme, **values)
        entries = told(ada, acme, is_oldest_first=True)
        assert [words(entry).removeprefix("Ada Okafor ") for entry in entries] == [
            "created this issue",
            "changed the title from “Catch up” to “Renamed”",
            "set the priority to High (was None)",
            "set the priority to Urgent (was High)",
            "estimated this at 3",
            "estimated this at 0.5 (was 3)",
            "removed the estimate (was 0.5)",
            "set the due date to 24 Dec 2026",
            "set the due date to 25 Dec 2026 (was 24 Dec 2026)",
            "set the start date to 1 Dec 2026",
            "removed the start date (was 1 Dec 2026)",
            "gave this to Lin Zhao",
            "gave this to Ada Okafor (was Lin Zhao)",
            "took this from Ada Okafor",
            "set the labels to red",
            "set the labels to red, blue (was red)",
            "removed all labels (was red, blue)",
            "changed the description",
            "removed the description",
        ]
        assert {entry.author for entry in entries} == {ada}
        assert [words(entry) for entry in told(ada, acme)] == [words(entry) for entry in reversed(entries)]

    def test_write_dates_as_the_reader_does(self, client: Client, ada: User, acme: Organization, issue: Issue) -> None:
        edit(ada, acme, due_date="2026-12-24")
        User.objects.filter(pk=ada.pk).update(date_format="dots")
        page = client.get(f"/{acme.slug}/issue/FLOW-1/?activity=history").content.decode()
        assert "set the due date to <b>24.12.2026</b>" in page

    def test_call_things_as_they_were_called_then(
        self, ada: User, acme: Organization, flow: Project, issue: Issue
    ) -> None:
        with acting(ada, acme) as actor:
            project = Project.objects.get(pk=flow.pk)
            label = create_label(actor=actor, project=project, name="red")
            version = create_version(actor=actor, project=project, name="1.0")
            sprint = Sprint.objects.create(org=acme, project=project, name="Sprint 1")
            status = Status.objects.get(project=flow, name="In review")
        edit(ada, acme, labels=[label.pk], fix_versions=[version.pk])
        with acting(ada, acme) as actor:
            fresh = get_issue(actor=actor, key="FLOW-1")
            services.move_issue(actor=actor, issue=fresh, to=status)
            services.bulk_edit(actor=actor, project=fresh.project, issue_ids=[fresh.pk], values={"sprint": sprint.pk})
        for number in (2, 3):
            with acting(ada, acme) as actor:
                edit_label(actor=actor, label=Label.objects.get(pk=label.pk), name=f"red {number}", hue=0)
                edit_version(actor=actor, version=version, name=f"{number}.0")
                edit_sprint(
                    actor=actor, sprint=Sprint.objects.get(pk=sprint.pk), name=f"Sprint {number}",
                    goal="", start_date=date(2026, 1, 5), end_date=date(2026, 1, 16),
                )  # fmt: skip
                services.edit_status(
                    actor=actor,
                    status=Status.objects.get(pk=status.pk),
                    name=f"Review {number}",
                    category="in_progress",
                )
        edit(ada, acme, labels=[])
        lines = [words(entry).removeprefix("Ada Okafor ") for entry in told(ada, acme, is_oldest_first=True)]
        assert lines[1:] == [
            "set the labels to red",
            "set the versions to 1.0",
            "moved this from To do to In review",
            "put this into Sprint 1",
            "removed all labels (was red 3)",
        ]

    def test_link_to_what_is_there(self, ada: User, acme: Organization, flow: Project, issue: Issue) -> None:
        with acting(ada, acme) as actor:
            one, two = (get_issue(actor=actor, key=f"FLOW-{n}") for n in (1, 2))
            services.link_issues(actor=actor, source=one, target=two, kind="blocks")
        entry = told(ada, acme)[0]
        assert f'<a class="link" href="/{acme.slug}/issue/FLOW-2/">FLOW-2</a>' in entry.sentence_html
        with acting(ada, acme) as actor:
            services.delete_issue(actor=actor, issue=get_issue(actor=actor, key="FLOW-2"))
        assert "<a" not in told(ada, acme)[0].sentence_html

    def test_are_silent_about_what_the_reader_may_not_see(
        self, ada: User, acme: Organization, flow: Project, secret: Project, issue: Issue
    ) -> None:
        hidden = make_issues(acme, secret, ada, "Canary")[0]
        moved = make_issues(acme, secret, ada, "Comes over")[0]
        with acting(ada, acme) as actor:
            one, other = get_issue(actor=actor, key="FLOW-1"), get_issue(actor=actor, key=f"SECRET-{hidden.number}")
            services.link_issues(actor=actor, source=one, target=other, kind="relates")
            services.move_to_project(actor=actor, project=secret, issue_ids=[moved.pk], target=one.project)
        with acting(ada, acme):
            came = Issue.objects.get(pk=moved.pk).number
        guest = make_member(acme, OrgRole.GUEST, name="Vera Blom")
        give_role(acme, flow, guest, Role.MEMBER)
        entries = [*told(guest, acme), *told(guest, acme, key=f"FLOW-{came}")]
        assert "Vera" not in str(entries)
        said = " | ".join(words(entry) for entry in entries)
        assert "linked an issue that is not shared with you" in said
        assert "moved this here from another project" in said
        assert "SECRET" not in str([(e.sentence_html, e.was, e.old, e.new) for e in entries])
        assert hidden.pk not in [value for e in entries for value in (e.old, e.new) if e.field == "relates"]
        mine = " | ".join(words(entry) for entry in told(ada, acme, key=f"FLOW-{came}"))
        assert f"FLOW-{came} was SECRET-{moved.number}" in mine

    def test_say_where_why_and_beside_what_it_was_done(
        self, ada: User, acme: Organization, flow: Project, issue: Issue
    ) -> None:
        with run_as_system(org_id=acme.pk, origin=Origin.IMPORT) as actor:
            services.edit_issue(actor=actor, issue=get_issue(actor=actor, key="FLOW-1"), values={"title": "Imported"})
        with run_as_system(org_id=acme.pk, reason="Asked for by phone") as actor:
            services.edit_issue(actor=actor, issue=get_issue(actor=actor, key="FLOW-1"), values={"title": "Mended"})
        with acting(ada, acme) as actor:
            ids = Issue.objects.filter(project=flow).values_list("pk", flat=True)
            services.bulk_edit(actor=actor, project=flow, issue_ids=ids, values={"priority": 4})
        bulk, mended, imported, created = told(ada, acme)
        assert (bulk.source, bulk.beside) == ("in the browser", 1)
        assert (mended.source, mended.reason, mended.author) == ("by FlowBoard itself", "Asked for by phone", None)
        assert (imported.source, imported.can_undo) == ("by an import", False)
        assert (created.can_undo, created.change_id) == (False, None)
        with acting(ada, acme) as actor:
            beside_comments = activity(actor=actor, issue=get_issue(actor=actor, key="FLOW-1"))
        assert {(entry.source, entry.reason) for entry in beside_comments} == {("", "")}

    def test_say_what_was_taken_back_and_by_which(self, ada: User, acme: Organization, issue: Issue) -> None:
        lin = make_member(acme, name="Lin Zhao")
        edit(ada, acme, title="Renamed")
        with run_as_system(org_id=acme.pk) as actor:
            services.edit_issue(actor=actor, issue=get_issue(actor=actor, key="FLOW-1"), values={"priority": 4})
        for entry in told(ada, acme)[:2]:
            with acting(lin, acme) as actor:
                assert entry.change_id is not None
                services.undo_change(actor=actor, issue=get_issue(actor=actor, key="FLOW-1"), change_id=entry.change_id)
        second, first, priority, title, _created = told(ada, acme)
        assert (first.returns, second.returns) == (
            "takes back a change by FlowBoard", "takes back a change by Ada Okafor",
        )  # fmt: skip
        assert (first.author, first.can_undo) == (lin, True)
        assert (priority.is_taken_back, title.is_taken_back, title.can_undo) == (True, True, False)

    def test_tell_whatever_field_there_is(self) -> None:
        class Nobody:
            def call(self, kind: str, pk: Any) -> Any:
                raise AssertionError(kind)

        told_so = unknown("story_{points}")
        assert str(told_so.sentence(1, 2, Nobody())) == "changed story {points}"
        assert all(each.icon and str(each.title) for name, each in TOLD.items() if name != "rank")

    def test_of_fields_that_there_are_any_number_of_come_with_their_family(
        self, ada: User, acme: Organization, issue: Issue, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def shades(actor: Any, changes: Any) -> dict[str, Told]:
            return {
                "title": unknown("never"),
                "shade_7": Told(icon="tag", made=lambda: "made it {new}", names="person"),
            }

        monkeypatch.setattr(names, "FAMILIES", [shades])
        with acting(ada, acme) as actor:
            fact = IssueEdited(
                project_id=issue.project_id, issue_id=issue.pk, v=9, f=("shade_7",),
                changes=(FieldChange("shade_7", None, ada.pk), FieldChange("title", "a", "b")),
            )  # fmt: skip
            record(fact, actor=actor)
        entries = told(ada, acme)
        assert [words(entry) for entry in entries[:2]] == [
            "Ada Okafor made it Ada Okafor",
            "Ada Okafor changed the title from “a” to “b”",
        ]
        assert not entries[0].can_undo
        monkeypatch.setattr(
            inverses, "FAMILIES", [(lambda field: field.startswith("shade_"), inverses.INVERSES["title"])]
        )
        assert told(ada, acme)[0].can_undo

    def test_in_the_inbox_have_no_links_in_them(
        self, ada: User, acme: Organization, flow: Project, issue: Issue
    ) -> None:
        with acting(ada, acme) as actor:
            one, two = (get_issue(actor=actor, key=f"FLOW-{n}") for n in (1, 2))
            services.link_issues(actor=actor, source=one, target=two, kind="blocks")
        with acting(ada, acme) as actor:
            event = Event.objects.filter(issue=issue, kind="issue.linked").get()
            assert sentences_of(actor=actor, told=[(event, issue.pk)]) == {
                (event.pk, issue.pk): ["said that this blocks <b>FLOW-2</b>"]
            }


class TestPaging:
    @pytest.mark.parametrize("is_oldest_first", [False, True])
    def test_visits_every_change_once(
        self, ada: User, acme: Organization, issue: Issue, *, is_oldest_first: bool
    ) -> None:
        for number in range(11):
            edit(ada, acme, title=f"title {number}")
        seen: list[int] = []
        after = None
        with acting(ada, acme) as actor:
            fresh = get_issue(actor=actor, key="FLOW-1")
            while True:
                page = history_page(actor=actor, issue=fresh, after=after, is_oldest_first=is_oldest_first, size=4)
                seen += [entry.id for entry in page.entries]
                after = page.next_after
                if after is None:
                    break
        assert len(seen) == 12
        assert seen == sorted(set(seen), reverse=not is_oldest_first)

    def test_costs_as_many_queries_for_many_changes_as_for_few(
        self, client: Client, ada: User, acme: Organization, flow: Project, issue: Issue
    ) -> None:
        lin = make_member(acme, name="Lin Zhao")
        with acting(ada, acme) as actor:
            labels = [create_label(actor=actor, project=flow, name=name) for name in ("red", "blue", "green")]
            statuses = list(Status.objects.filter(project=flow))[:2]

        def work(times: int) -> None:
            for number in range(times):
                for values in ({"labels": [labels[number % 3].pk]}, {"assignee": (ada, lin)[number % 2].pk}):
                    edit(ada, acme, title=f"title {number} of {times}", description=f"{number}", **values)
                with acting(ada, acme) as actor:
                    fresh = get_issue(actor=actor, key="FLOW-1")
                    services.move_issue(actor=actor, issue=fresh, to=statuses[number % 2])
                    comment = services.add_comment(actor=actor, issue=fresh, body="one")
                    services.edit_comment(actor=actor, comment=comment, body="two")
                with acting(ada, acme) as actor:
                    change = Change.objects.filter(issue=issue, field="title").latest("pk")
                    services.undo_change(actor=actor, issue=get_issue(actor=actor, key="FLOW-1"), change_id=change.pk)

        def asked(query: str) -> int:
            with CaptureQueriesContext(connection) as queries:
                assert client.get(f"/{acme.slug}/issue/FLOW-1/{query}").status_code == 200
            return len(queries)

        work(1)
        asked("")
        few = {query: asked(query) for query in ("", "?activity=comments", "?activity=history")}
        work(3)
        assert {query: asked(query) for query in few} == few


class TestDifference:
    def test_is_shown_word_by_word_to_those_who_see_the_issue(
        self, client: Client, ada: User, acme: Organization, secret: Project, issue: Issue
    ) -> None:
        edit(ada, acme, description="One <b>two</b> three")
        edit(ada, acme, description="One <i>two</i> four")
        change = told(ada, acme)[0]
        path = f"/{acme.slug}/issue/FLOW-1/changes/{change.change_id}/"
        assert path in client.get(f"/{acme.slug}/issue/FLOW-1/?activity=history").content.decode()
        for headers in ({}, {"HX-Request": "true"}):
            page = client.get(path, headers=headers).content.decode()
            assert "<del>three</del><ins>four</ins>" in page
            assert "<i>two" not in page
        assert client.get(path.replace("FLOW-1", "FLOW-2")).status_code == 404
        edit(ada, acme, title="Short")
        with acting(ada, acme) as actor:
            short = Change.objects.filter(issue=issue, field="title").latest("pk")
            with pytest.raises(NotFound):
                difference(actor=actor, issue=issue, change_id=short.pk)

    def test_of_a_comment_is_there_as_long_as_the_comment(self, ada: User, acme: Organization, issue: Issue) -> None:
        with acting(ada, acme) as actor:
            comment = services.add_comment(actor=actor, issue=issue, body="one")
        with acting(ada, acme) as actor:
            services.edit_comment(actor=actor, comment=get_comment(actor=actor, comment_id=comment.pk), body="two")
        entry = told(ada, acme)[0]
        assert (words(entry), entry.has_difference, entry.comment_id) == (
            "Ada Okafor edited a comment", True, comment.pk,
        )  # fmt: skip
        with acting(ada, acme) as actor:
            services.delete_comment(actor=actor, comment=get_comment(actor=actor, comment_id=comment.pk))
        deleted, edited = told(ada, acme)[:2]
        assert (words(deleted), deleted.can_undo) == ("Ada Okafor deleted a comment", True)
        assert (edited.has_difference, edited.can_undo, edited.old, edited.new) == (False, False, None, None)
        with acting(ada, acme) as actor:
            assert [entry.kind for entry in activity(actor=actor, issue=issue)] == ["fact"]
            services.undo_change(actor=actor, issue=issue, change_id=deleted.change_id or 0)
        assert words(told(ada, acme)[0]) == "Ada Okafor brought a deleted comment back"

    def test_of_a_decision_says_no_more_than_the_decision(
        self, ada: User, acme: Organization, flow: Project, issue: Issue
    ) -> None:
        with acting(ada, acme) as actor:
            project = set_triage(actor=actor, project=Project.objects.get(pk=flow.pk), is_on=True)
            new = services.NewIssue(title="Waiting", is_from_outside=True)
            waiting = services.create_issues(actor=actor, project=project, batch=[new])[0]
            services.accept_issue(actor=actor, issue=waiting)
        assert "Ada Okafor accepted this" in [words(entry) for entry in told(ada, acme, key=f"FLOW-{waiting.number}")]


class TestPage:
    def undo(self, client: Client, acme: Organization, script: bool = True, **body: Any) -> Any:
        ours = {"X-Requested-With": "XMLHttpRequest", "HX-Request": "true", "Accept": "application/json"}
        headers = ours if script else {}
        return client.post(f"/{acme.slug}/issue/FLOW-1/undo/", body, headers=headers)

    def test_shows_all_or_what_was_said_or_the_history(
        self, client: Client, ada: User, acme: Organization, issue: Issue
    ) -> None:
        edit(ada, acme, title="Renamed")
        with acting(ada, acme) as actor:
            comment = services.add_comment(actor=actor, issue=issue, body="Said so.")
            services.set_pinned(actor=actor, comment=comment, is_pinned=True)
        path = f"/{acme.slug}/issue/FLOW-1/"
        shown = {
            which: client.get(path + which).content.decode()
            for which in ("", "?activity=comments", "?activity=history")
        }
        assert ["changed the title" in page for page in shown.values()] == [True, False, True]
        assert [f'id="comment-{comment.pk}"' in page for page in shown.values()] == [True, True, False]
        assert all("Pinned comment" in page for page in shown.values())
        with acting(ada, acme) as actor:
            services.add_comment(actor=actor, issue=issue, body="Indeed.", reply_to=comment)
        pages = [client.get(path + which).content.decode() for which in shown]
        assert all(f'#comment-{comment.pk}" title="Go to the next unresolved thread"' in page for page in pages)
        assert client.get(path + "?activity=what&after=x").status_code == 200
        oldest = client.get(path + "?activity=history&order=oldest").content.decode()
        assert oldest.index("created this issue") < oldest.index("changed the title")
        with acting(ada, acme) as actor:
            mark = Event.objects.filter(issue=issue).latest("pk").pk
        older = client.get(f"{path}?activity=history&after={mark}").content.decode()
        assert "Back to the first page" in older

    def test_leads_on_to_older_changes(self, client: Client, ada: User, acme: Organization, issue: Issue) -> None:
        for number in range(51):
            with acting(ada, acme) as actor:
                services.edit_issue(actor=actor, issue=issue, values={"title": f"title {number}"})
        path = f"/{acme.slug}/issue/FLOW-1/?activity=history"
        first = client.get(path).content.decode()
        assert first.count('class="fact"') == 50
        mark = first.split("after=")[1].split("#")[0]
        assert "created this issue" in client.get(f"{path}&after={mark}").content.decode()

    def test_undoes_without_a_script(self, client: Client, ada: User, acme: Organization, issue: Issue) -> None:
        edit(ada, acme, title="Renamed")
        entry = told(ada, acme)[0]
        answer = self.undo(client, acme, script=False, change=entry.change_id)
        assert answer.headers["Location"] == f"/{acme.slug}/issue/FLOW-1/?activity=history#activity"
        page = client.get(answer.headers["Location"]).content.decode()
        assert "Taken back." in page
        assert "Catch up" in page
        assert self.undo(client, acme, script=False, change=entry.change_id).status_code == 409

    def test_shows_both_values_where_it_was_changed_since(
        self, client: Client, ada: User, acme: Organization, issue: Issue
    ) -> None:
        edit(ada, acme, priority=3)
        entry = told(ada, acme)[0]
        edit(ada, acme, priority=4)
        for script in (True, False):
            answer = self.undo(client, acme, script=script, change=entry.change_id)
            assert answer.status_code == 409
            page = answer.content.decode()
            assert '<div class="value">Urgent</div>' in page
            assert '<div class="value">None</div>' in page
            assert "Set it back anyway" in page
        seen = page.split('name="seen" value="')[1].split('"')[0]
        assert self.undo(client, acme, change=entry.change_id, seen=seen).status_code == 200
        assert told(ada, acme)[0].new == 0

    def test_says_why_not(self, client: Client, ada: User, acme: Organization, flow: Project, issue: Issue) -> None:
        with acting(ada, acme) as actor:
            label = create_label(actor=actor, project=flow, name="red")
        edit(ada, acme, labels=[label.pk])
        edit(ada, acme, labels=[])
        entry = told(ada, acme)[0]
        with acting(ada, acme) as actor:
            services.retire_label(actor=actor, label=Label.objects.get(pk=label.pk))
        answer = self.undo(client, acme, change=entry.change_id)
        assert (answer.status_code, answer.json()["detail"]) == (409, "One of these labels no longer exists.")
        page = self.undo(client, acme, script=False, change=entry.change_id)
        assert page.status_code == 409
        assert "One of these labels no longer exists." in page.content.decode()

    def test_takes_back_what_the_browser_just_did(
        self, client: Client, ada: User, acme: Organization, issue: Issue
    ) -> None:
        path = f"/{acme.slug}/issue/FLOW-1/edit/"
        headers = {"X-Requested-With": "XMLHttpRequest"}
        client.post(path, {"field": "assignee", "value": ada.pk, "op": "op-9-0000"}, headers=headers)
        assert self.undo(client, acme, of="op-9-0000", field="assignee").status_code == 200
        with acting(ada, acme):
            assert Issue.objects.get(pk=issue.pk).assignee is None
        assert self.undo(client, acme, of="op-8-0000", field="assignee").status_code == 404

    def test_a_workflow_that_forbids_the_way_back_is_named(
        self, client: Client, ada: User, acme: Organization, flow: Project, issue: Issue
    ) -> None:
        lin = make_member(acme, name="Lin Zhao")
        with acting(lin, acme) as actor:
            fresh = get_issue(actor=actor, key="FLOW-1")
            services.move_issue(actor=actor, issue=fresh, to=Status.objects.get(project=flow, name="Done"))
        with acting(ada, acme) as actor:
            Transition.objects.filter(project=flow).delete()
            assert IssueType.objects.filter(project=flow).exists()
        entry = told(ada, acme)[0]
        assert self.undo(client, acme, change=entry.change_id).status_code in {409, 422}
