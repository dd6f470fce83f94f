"""The issue's pages: what they show, what their forms do, and what an answer looks like when something is refused."""

import re

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from apps.accounts.models import User
from apps.events.models import Event
from apps.issues import services
from apps.issues.activity import activity
from apps.issues.jobs import rebalance_all
from apps.issues.models import Comment, Issue, Watcher
from apps.issues.rank import LONG
from apps.issues.selectors import Filters, get_issue, issue_page
from apps.orgs.models import Organization
from apps.projects.models import IssueType, Project, Status
from apps.projects.services import create_label, ensure_labels
from apps.sprints.models import Sprint
from flowboard.celery import app
from tests.factories import acting, make_issues, make_member, make_org, make_project

SCRIPTED = {"X-Requested-With": "XMLHttpRequest", "Accept": "application/json"}


@pytest.fixture
def client(ada: User) -> Client:
    client = Client(raise_request_exception=False)
    client.force_login(ada)
    return client


@pytest.fixture
def issue(ada: User, acme: Organization, flow: Project) -> Issue:
    return make_issues(acme, flow, ada, "Catch up after a restart", description="**bold** <script>x</script>")[0]


@pytest.fixture
def path(acme: Organization, issue: Issue) -> str:
    return f"/{acme.slug}/issue/FLOW-1/"


def stored(ada: User, acme: Organization) -> Issue:
    with acting(ada, acme):
        return Issue.objects.select_related("status").get(number=1)


class TestPage:
    def test_shows_the_issue_whole_or_as_a_panel(self, client: Client, path: str) -> None:
        page = client.get(path).content.decode()
        assert "<html" in page
        assert "FLOW-1 Catch up after a restart · FlowBoard" in page
        assert "<strong>bold</strong>" in page
        assert "<script>x" not in page
        panel = client.get(path, headers={"HX-Request": "true"}).content.decode()
        assert "<html" not in panel
        assert "Catch up after a restart" in panel

    @pytest.mark.parametrize("key", ["FLOW-2", "NOPE-1", "FLOW-0", "flow", "FLOW-" + "9" * 30, "FLOW-1x"])
    def test_an_unknown_key_is_a_helpful_404(self, client: Client, acme: Organization, flow: Project, key: str) -> None:
        answer = client.get(f"/{acme.slug}/issue/{key}/")
        assert answer.status_code == 404
        assert "There is no such issue" in answer.content.decode()

    def test_a_parent_in_a_hidden_project_is_not_named(
        self, acme: Organization, ada: User, issue: Issue, secret: Project, path: str
    ) -> None:
        (epic,) = make_issues(acme, secret, ada, "hidden epic")
        with acting(ada, acme):
            Issue.objects.filter(pk=issue.pk).update(parent=epic)
        client = Client()
        client.force_login(make_member(acme))
        page = client.get(path)
        assert page.status_code == 200
        assert "hidden epic" not in page.content.decode()

    def test_reads_many_labels_when_they_are_wanted(
        self, client: Client, ada: User, acme: Organization, flow: Project, path: str
    ) -> None:
        names = [f"label {number:03}" for number in range(100)]
        with acting(ada, acme) as actor:
            labels = ensure_labels(actor=actor, project=Project.objects.get(pk=flow.pk), names=names)
        client.post(path + "edit/", {"field": "labels", "value": [labels["label 042"].pk]})
        page = client.get(path).content.decode()
        assert "label 042" in page
        assert "label 041" not in page
        choices = re.findall(
            r'<input type="checkbox" name="value"[^>]*>', client.get(path + "labels/").content.decode()
        )
        assert len(choices) == 100
        assert sum(" checked" in choice for choice in choices) == 1

    def test_costs_the_same_for_a_long_history(
        self, client: Client, ada: User, acme: Organization, issue: Issue, path: str
    ) -> None:
        def talk(turns: int) -> None:
            for turn in range(turns):
                with acting(ada, acme) as actor:
                    fresh = get_issue(actor=actor, key="FLOW-1")
                    services.add_comment(actor=actor, issue=fresh, body=f"comment {turn}")
                    services.edit_issue(actor=actor, issue=fresh, values={"points": fresh.version})

        def cost() -> int:
            with CaptureQueriesContext(connection) as queries:
                assert client.get(path).status_code == 200
            return len(queries)

        talk(3)
        client.get(path)
        few = cost()
        talk(9)
        assert cost() == few


class TestEdit:
    @pytest.mark.parametrize(
        ("field", "value", "shown"),
        [("title", "New", "New"), ("priority", "urgent", 4), ("points", "3", 3), ("due_date", "2026-12-24", None)],
    )
    def test_sets_a_field(
        self, client: Client, ada: User, acme: Organization, path: str, field: str, value: str, shown: object
    ) -> None:
        answer = client.post(path + "edit/", {"field": field, "value": value, "version": 1}, headers=SCRIPTED)
        assert answer.status_code == 200
        assert "data-block" in answer.content.decode()
        if shown is not None:
            assert getattr(stored(ada, acme), field) == shown

    def test_sets_labels_and_people(
        self, client: Client, ada: User, acme: Organization, flow: Project, path: str
    ) -> None:
        with acting(ada, acme) as actor:
            label = create_label(actor=actor, project=Project.objects.get(pk=flow.pk), name="realtime")
        client.post(path + "edit/", {"field": "labels", "value": [label.pk]})
        client.post(path + "edit/", {"field": "assignee", "value": ada.pk})
        page = client.get(path).content.decode()
        assert "realtime" in page
        assert stored(ada, acme).assignee_id == ada.pk

    def test_moves_by_status(self, client: Client, ada: User, acme: Organization, flow: Project, path: str) -> None:
        with acting(ada, acme):
            done = Status.objects.get(project=flow, name="Done")
        assert client.post(path + "edit/", {"field": "status", "value": done.pk}).status_code == 302
        assert stored(ada, acme).status.name == "Done"
        refused = client.post(path + "edit/", {"field": "status", "value": 999_999_999}, headers=SCRIPTED)
        assert refused.status_code == 422

    @pytest.mark.parametrize(("field", "value"), [("nothing", "x"), ("priority", "sometimes"), ("title", "")])
    def test_refuses_with_a_sentence(self, client: Client, path: str, field: str, value: str) -> None:
        answer = client.post(path + "edit/", {"field": field, "value": value}, headers=SCRIPTED)
        assert answer.status_code == 422
        assert answer.json()["detail"]

    @pytest.mark.parametrize(
        ("field", "theirs", "mine"),
        [
            ("title", "theirs", "mine"),
            ("priority", "high", "urgent"),
            ("assignee", "{ada}", ""),
            ("labels", "{label}", ""),
        ],
    )
    def test_a_conflict_shows_both_values(
        self,
        client: Client,
        ada: User,
        acme: Organization,
        flow: Project,
        path: str,
        field: str,
        theirs: str,
        mine: str,
    ) -> None:
        with acting(ada, acme) as actor:
            project = Project.objects.get(pk=flow.pk)
            labels = [create_label(actor=actor, project=project, name=name).pk for name in ("one", "two")]
        other = make_member(acme, name="Lin Zhao")
        theirs = theirs.format(ada=ada.pk, label=labels[0])
        mine = mine or {"assignee": str(other.pk), "labels": str(labels[1])}[field]
        client.post(path + "edit/", {"field": field, "value": theirs, "version": 1})
        answer = client.post(path + "edit/", {"field": field, "value": mine, "version": 1}, headers=SCRIPTED)
        assert answer.status_code == 409
        page = answer.content.decode()
        shown = {"title": ("theirs", "mine"), "priority": ("high", "urgent"), "assignee": ("Ada Okafor", "Lin Zhao"),
                 "labels": ("one", "two")}[field]  # fmt: skip
        assert all(word in page for word in shown)
        assert 'name="version" value="2"' in page


class TestComments:
    def test_are_added_edited_and_deleted(self, client: Client, ada: User, acme: Organization, path: str) -> None:
        assert client.post(path + "comments/", {"body": "first"}).status_code == 302
        with acting(ada, acme):
            comment = Comment.objects.get()
        base = f"/{acme.slug}/comments/{comment.pk}/"
        assert "second" in client.post(base + "edit/", {"body": "second"}, headers=SCRIPTED).content.decode()
        assert "second" not in client.post(base + "delete/", headers=SCRIPTED).content.decode()
        assert client.post(base + "delete/", headers=SCRIPTED).status_code == 404

    def test_can_be_previewed(self, client: Client, acme: Organization, path: str) -> None:
        answer = client.post(f"/{acme.slug}/markdown/preview/", {"text": "**b** <b>x</b>"})
        assert answer.content.decode().strip() == "<p><strong>b</strong> &lt;b&gt;x&lt;/b&gt;</p>"
        assert client.post(f"/{acme.slug}/markdown/preview/", {"text": "x" * 100_001}).status_code == 422


class TestVerbs:
    def test_watch_archive_delete_and_restore(self, client: Client, ada: User, acme: Organization, path: str) -> None:
        client.post(path + "watch/", {"watch": "0"})
        with acting(ada, acme):
            assert Watcher.objects.count() == 0
        for verb, field in (("archive", "archived_at"), ("delete", "deleted_at")):
            assert client.post(path + f"{verb}/", headers=SCRIPTED).status_code == 200
            assert getattr(stored(ada, acme), field) is not None
            assert client.post(path + "restore/", headers=SCRIPTED).status_code == 200
            assert getattr(stored(ada, acme), field) is None


class TestActivity:
    def test_tells_every_change_as_a_sentence(self, ada: User, acme: Organization, flow: Project, issue: Issue) -> None:
        member = make_member(acme, name="Lin Zhao")
        with acting(ada, acme) as actor:
            project = Project.objects.get(pk=flow.pk)
            label = create_label(actor=actor, project=project, name="<i>realtime</i>")
            sprint = Sprint.objects.create(org=acme, project=project, name="Sprint 7")
            bug = IssueType.objects.get(project=project, name="Bug")
        edits = [
            {"title": "<b>New</b>", "description": "x", "priority": 4, "points": "3", "due_date": "2026-12-24"},
            {"assignee": member.pk, "labels": [label.pk], "type": bug.pk},
            {"assignee": "", "labels": [], "points": "", "due_date": ""},
        ]
        for values in edits:
            with acting(ada, acme) as actor:
                services.edit_issue(actor=actor, issue=get_issue(actor=actor, key="FLOW-1"), values=values)
        with acting(ada, acme) as actor:
            fresh = get_issue(actor=actor, key="FLOW-1")
            services.move_issue(actor=actor, issue=fresh, to=Status.objects.get(project=flow, name="Done"))
            services.add_comment(actor=actor, issue=fresh, body="said")
            services.archive_issue(actor=actor, issue=fresh)
        with acting(ada, acme) as actor:
            entries = activity(actor=actor, issue=get_issue(actor=actor, key="FLOW-1"))
        told = " | ".join(str(entry.sentence_html) for entry in entries)
        for piece in (
            "<b>Ada Okafor</b> created this issue", "changed the title from “Catch up", "changed the description",
            "set the priority to <b>Urgent</b>", "estimated this at <b>3</b>", "set the due date to <b>24 Dec 2026</b>",
            "gave this to <b>Lin Zhao</b>", "set the labels to <b>&lt;i&gt;realtime&lt;/i&gt;</b>",
            "made this a <b>Bug</b> from a Task",
            "took this from Lin Zhao", "removed all labels", "removed the estimate", "removed the due date",
            "moved this from To do to <b>Done</b>", "archived this issue",
        ):  # fmt: skip
            assert piece in told
        assert [entry.text for entry in entries if entry.kind == "comment"] == ["said"]
        assert sprint.name == "Sprint 7"


class TestList:
    @pytest.mark.parametrize(
        "sort",
        ["key", "-key", "status", "-status", "priority", "-priority", "points", "-points", "updated", "-updated"],
    )
    def test_every_order_visits_each_row_once(self, ada: User, acme: Organization, flow: Project, sort: str) -> None:
        for number in range(12):
            make_issues(
                acme, flow, ada, f"issue {number}", priority=number % 3, points=None if number % 4 == 0 else number % 5
            )
        seen: list[int] = []
        after = None
        with acting(ada, acme) as actor:
            while True:
                page = issue_page(actor=actor, project=flow, filters=Filters(), sort=sort, after=after, size=5)
                seen += [row.number for row in page.issues]
                after = page.next_after
                if after is None:
                    break
        assert sorted(seen) == list(range(1, 13))

    def test_a_page_goes_on_where_the_last_one_ended(
        self, client: Client, ada: User, acme: Organization, flow: Project
    ) -> None:
        make_issues(acme, flow, ada, *(f"issue {number}" for number in range(60)))
        first = client.get(f"/{acme.slug}/FLOW/issues/?sort=key").content.decode()
        assert first.count("/issue/FLOW-") == 50
        mark = first.split("after=")[1].split('"')[0]
        second = client.get(f"/{acme.slug}/FLOW/issues/?sort=key&after={mark}").content.decode()
        assert second.count("/issue/FLOW-") == 10

    @pytest.mark.parametrize("query", ["sort=password", "after=%00", "after=!!!", "after=e30=", "after=W10="])
    def test_refuses_orders_and_marks_that_are_not_ours(
        self, client: Client, acme: Organization, flow: Project, query: str
    ) -> None:
        assert client.get(f"/{acme.slug}/FLOW/issues/?{query}").status_code == 422

    @pytest.mark.parametrize("query", ["assignee=x", "label=99999999999999999999", "q=%00", "mine=maybe"])
    def test_an_old_bookmark_still_opens(self, client: Client, acme: Organization, flow: Project, query: str) -> None:
        assert client.get(f"/{acme.slug}/FLOW/issues/?{query}").status_code == 200

    def test_gives_single_rows_to_whoever_keeps_the_list_up_to_date(
        self, client: Client, ada: User, acme: Organization, flow: Project, secret: Project
    ) -> None:
        mine = make_issues(acme, flow, ada, *(f"issue {number}" for number in range(9)))
        (hidden,) = make_issues(acme, secret, ada, "not of this project")
        with acting(ada, acme) as actor:
            services.archive_issue(actor=actor, issue=Issue.objects.select_related("project").get(pk=mine[0].pk))

        def rows(*ids: int) -> tuple[str, int]:
            with CaptureQueriesContext(connection) as queries:
                answer = client.get(f"/{acme.slug}/FLOW/issues/rows/?ids={','.join(map(str, ids))}")
            assert answer.status_code == 200
            return answer.content.decode(), len(queries)

        text, few = rows(mine[0].pk, mine[1].pk, hidden.pk)
        assert text.count("<tr") == 1
        assert "issue 1</a>" in text
        text, many = rows(*(each.pk for each in mine))
        assert text.count("<tr") == 8
        assert few == many
        ids = ",".join(str(each.pk) for each in mine)
        text = client.get(f"/{acme.slug}/FLOW/issues/rows/?q=FLOW-9&ids={ids}").content.decode()
        assert text.count("<tr") == 1, "whatever the list filters out is not there"

    @pytest.mark.parametrize("ids", [",".join(["1"] * 201), "9" * 30])
    def test_refuses_more_rows_than_a_list_shows(
        self, client: Client, acme: Organization, flow: Project, ids: str
    ) -> None:
        assert client.get(f"/{acme.slug}/FLOW/issues/rows/?ids={ids}").status_code == 422


def test_the_nightly_job_shortens_ranks_everywhere(ada: User, acme: Organization, flow: Project, issue: Issue) -> None:
    with acting(ada, acme):
        Issue.objects.update(rank="a0" + "V" * LONG)
    rebalance_all()
    with acting(ada, acme):
        assert len(Issue.objects.get().rank) < 5


def test_the_job_finds_every_project_with_long_ranks_and_leaves_the_others(ada: User, acme: Organization) -> None:
    elsewhere = make_org(ada, "Elsewhere")
    made = [(acme, "LONG"), (acme, "SHORT"), (acme, "OLD"), (elsewhere, "FAR")]
    for org, key in made:
        project = make_project(org, ada, key)
        make_issues(org, project, ada, "a", "b")
        with acting(ada, org):
            if key != "SHORT":
                Issue.objects.filter(project=project, title="b").update(rank="a1" + "V" * LONG)
            if key == "OLD":
                Project.objects.filter(pk=project.pk).update(archived_at=timezone.now())
    rebalance_all()
    for org, key in made:
        with acting(ada, org):
            issues = Issue.objects.filter(project__key=key)
            assert [len(issue.rank) < 5 for issue in issues.order_by("rank")] == [True, True], key
            assert list(issues.order_by("rank").values_list("title", flat=True)) == ["a", "b"], key
            told = Event.objects.filter(kind="project.ranks_rebalanced", project__key=key).count()
            assert told == (0 if key == "SHORT" else 1), key


def test_beat_runs_the_job() -> None:
    app.loader.import_default_modules()
    planned = {entry["task"] for entry in app.conf.beat_schedule.values()}
    assert "issues.rebalance_ranks" in planned
    assert planned <= app.tasks.keys()
