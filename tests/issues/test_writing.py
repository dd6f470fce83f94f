"""What helps people write: names that stand for issues and people, tasks that are ticked, suggestions."""

import re

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from apps.accounts.models import User
from apps.core.errors import Forbidden, NotFound
from apps.core.markdown import render_markdown
from apps.core.tenancy import OrgRole
from apps.events.models import Event
from apps.issues import services
from apps.issues.models import Comment, Issue
from apps.issues.selectors import get_comment, get_issue, names_in, suggested_issues, suggested_people
from apps.orgs.models import Organization
from apps.projects.models import Project
from apps.projects.services import change_project_key
from tests.factories import acting, give_role, make_issues, make_member, make_project

CANARY = "The merger with Initech"
SCRIPTED = {"X-Requested-With": "XMLHttpRequest"}


@pytest.fixture
def issue(ada: User, acme: Organization, flow: Project) -> Issue:
    return make_issues(acme, flow, ada, "Lamps", description="- [ ] one\n- [ ] two")[0]


@pytest.fixture
def mateo(acme: Organization) -> User:
    return make_member(acme, OrgRole.MEMBER, "Mateo Ruiz")


def task(text: str, number: int = 0) -> tuple[int, str]:
    place, mark = re.findall(r'value="(\d+)-([0-9a-f]{8})"', render_markdown(text))[number]
    return int(place), mark


class TestNames:
    def test_are_what_the_reader_may_know(
        self, ada: User, mateo: User, acme: Organization, issue: Issue, secret: Project
    ) -> None:
        make_issues(acme, secret, ada, CANARY)
        texts = ["FLOW-1, SECRET-1 and @mateo", "FLOW-99 @nobody-here"]
        with acting(ada, acme) as actor:
            names = names_in(actor=actor, texts=texts)
            assert {key: each.title for key, each in names.issues.items()} == {"FLOW-1": "Lamps", "SECRET-1": CANARY}
            assert names.people == {"mateo": "Mateo Ruiz"}
        with acting(mateo, acme) as actor:
            assert names_in(actor=actor, texts=texts).issues.keys() == {"FLOW-1"}

    def test_stand_for_issues_that_were_moved_or_whose_project_was_renamed(
        self, ada: User, mateo: User, acme: Organization, issue: Issue, secret: Project
    ) -> None:
        other = make_project(acme, ada, "OTHER")
        moved, hidden = make_issues(acme, other, ada, "Moved", "Hidden")
        with acting(ada, acme) as actor:
            for each, target in ((moved, issue.project), (hidden, secret)):
                services.move_to_project(actor=actor, project=other, issue_ids=[each.pk], target=target)
            change_project_key(actor=actor, project=Project.objects.get(key="FLOW"), key="GLOW")
            names = names_in(actor=actor, texts=["FLOW-1 OTHER-1 OTHER-2"])
            assert {key: each.key for key, each in names.issues.items()} == {
                "FLOW-1": "GLOW-1",
                "OTHER-1": "GLOW-2",
                "OTHER-2": "SECRET-1",
            }
        with acting(mateo, acme) as actor:
            assert names_in(actor=actor, texts=["OTHER-1 OTHER-2"]).issues.keys() == {"OTHER-1"}

    def test_cost_the_same_however_many_they_are(self, ada: User, acme: Organization, flow: Project) -> None:
        make_issues(acme, flow, ada, *(f"Number {number}" for number in range(12)))
        with acting(ada, acme) as actor:
            for text, cost in (
                ("FLOW-1 @ada", 2),
                (" ".join(f"FLOW-{number} @ada{number}" for number in range(1, 13)), 2),
                ("Nobody is named.", 0),
            ):
                with CaptureQueriesContext(connection) as queries:
                    names_in(actor=actor, texts=[text, ""])
                assert len(queries) == cost, text

    def test_are_drawn_for_each_reader(
        self, client: Client, ada: User, mateo: User, acme: Organization, issue: Issue, secret: Project
    ) -> None:
        make_issues(acme, secret, ada, CANARY)
        text = "Waits for #secret-1, says @mateo"
        with acting(ada, acme) as actor:
            services.add_comment(actor=actor, issue=issue, body=text)
            services.edit_issue(actor=actor, issue=issue, values={"description": text})
        for reader, may in ((ada, True), (mateo, False)):
            client.force_login(reader)
            page = client.get(f"/{acme.slug}/issue/FLOW-1/").content.decode()
            assert page.count(CANARY) == (2 if may else 0)
            assert page.count("@Mateo Ruiz") == 2
            preview = client.post(f"/{acme.slug}/markdown/preview/", {"text": text}).content.decode()
            assert (CANARY in preview) is may


class TestTicking:
    def test_is_an_edit_of_the_description(self, ada: User, acme: Organization, issue: Issue) -> None:
        with acting(ada, acme) as actor:
            place, mark = task(issue.description, 1)
            services.tick_in_description(actor=actor, issue=issue, place=place, mark=mark, is_done=True)
        with acting(ada, acme):
            assert Issue.objects.get().description == "- [ ] one\n- [x] two"
            assert Event.objects.filter(issue=issue, kind="issue.edited").count() == 1

    def test_finds_its_task_in_what_somebody_else_wrote_meanwhile(
        self, ada: User, acme: Organization, issue: Issue
    ) -> None:
        place, mark = task(issue.description, 1)
        now = "New first line\n\n- [x] zero\n- [x] one\n- [ ] two"
        with acting(ada, acme) as actor:
            services.edit_issue(actor=actor, issue=issue, values={"description": now})
            services.tick_in_description(actor=actor, issue=issue, place=place, mark=mark, is_done=True)
        with acting(ada, acme):
            assert Issue.objects.get().description == now.replace("[ ] two", "[x] two")

    def test_refuses_a_task_that_is_gone_and_changes_nothing(self, ada: User, acme: Organization, issue: Issue) -> None:
        place, mark = task("- [ ] three")
        with acting(ada, acme) as actor, pytest.raises(services.TaskChanged):
            services.tick_in_description(actor=actor, issue=issue, place=place, mark=mark, is_done=True)
        with acting(ada, acme):
            assert Issue.objects.get().description == issue.description

    def test_refuses_who_may_not_edit_and_what_is_deleted(
        self, ada: User, acme: Organization, flow: Project, issue: Issue
    ) -> None:
        viewer = make_member(acme, OrgRole.GUEST, "Vera Viewer")
        give_role(acme, flow, viewer, "viewer")
        place, mark = task(issue.description)
        with acting(viewer, acme) as actor, pytest.raises(Forbidden):
            services.tick_in_description(actor=actor, issue=issue, place=place, mark=mark, is_done=True)
        with acting(ada, acme) as actor:
            services.delete_issue(actor=actor, issue=issue)
        with acting(ada, acme) as actor, pytest.raises(NotFound):
            services.tick_in_description(actor=actor, issue=issue, place=place, mark=mark, is_done=True)
        with acting(ada, acme):
            assert Issue.objects.get().description == issue.description

    def test_is_for_the_author_of_a_comment_alone(
        self, ada: User, mateo: User, acme: Organization, issue: Issue
    ) -> None:
        place, mark = task("- [ ] ask")
        with acting(mateo, acme) as actor:
            comment = services.add_comment(actor=actor, issue=issue, body="- [ ] ask")
        with acting(ada, acme) as actor, pytest.raises(Forbidden):
            services.tick_in_comment(actor=actor, comment=comment, place=place, mark=mark, is_done=True)
        with acting(mateo, acme) as actor:
            found = get_comment(actor=actor, comment_id=comment.pk)
            services.tick_in_comment(actor=actor, comment=found, place=place, mark=mark, is_done=True)
            with pytest.raises(services.TaskChanged):
                services.tick_in_comment(actor=actor, comment=found, place=0, mark="0" * 8, is_done=True)
        with acting(ada, acme):
            assert Comment.objects.get().body == "- [x] ask"

    def test_by_a_form(self, client: Client, ada: User, acme: Organization, issue: Issue) -> None:
        client.force_login(ada)
        path = f"/{acme.slug}/issue/FLOW-1/tick/"
        place, mark = task(issue.description)
        answer = client.post(path, {"task": f"{place}-{mark}", "done": "1"}, headers=SCRIPTED)
        assert "checked" in answer.content.decode()
        assert client.post(path, {"task": f"{place}-{mark}", "done": "0"}).status_code == 302
        assert client.post(path, {"task": "x"}, headers=SCRIPTED).status_code == 422
        assert client.post(path, {"task": f"0-{'0' * 8}"}, headers=SCRIPTED).status_code == 409
        with acting(ada, acme) as actor:
            assert get_issue(actor=actor, key="FLOW-1").description == issue.description
            comment = services.add_comment(actor=actor, issue=issue, body="- [ ] ask")
        place, mark = task("- [ ] ask")
        path = f"/{acme.slug}/comments/{comment.pk}/tick/"
        assert client.post(path, {"task": f"{place}-{mark}", "done": "1"}, headers=SCRIPTED).status_code == 200
        with acting(ada, acme):
            assert Comment.objects.get().body == "- [x] ask"


class TestSuggestions:
    def test_of_people_are_those_who_may_see_the_project(
        self, ada: User, mateo: User, acme: Organization, flow: Project, secret: Project
    ) -> None:
        with acting(ada, acme) as actor:
            for words, wanted in (
                ("", [ada, mateo]),
                ("MAT", [mateo]),
                ("rui", [mateo]),
                ("uiz", []),
            ):
                assert suggested_people(actor=actor, project=flow, q=words) == wanted, words
            assert suggested_people(actor=actor, project=secret, q="") == [ada]

    def test_of_issues_are_found_by_number_key_and_words(
        self, ada: User, mateo: User, acme: Organization, issue: Issue, flow: Project, secret: Project
    ) -> None:
        make_issues(acme, flow, ada, "Dim the lamps", "Wires")
        make_issues(acme, secret, ada, CANARY)

        def found(user: User, words: str) -> list[str]:
            with acting(user, acme) as actor:
                return [each.title for each in suggested_issues(actor=actor, project=flow, q=words)]

        assert found(ada, "") == ["Wires", "Dim the lamps", "Lamps"]
        assert found(ada, "lamps the") == ["Dim the lamps"]
        assert found(ada, "3") == found(ada, "flow-3") == ["Wires"]
        assert found(ada, "9" * 30) == found(ada, "no such words") == []
        assert found(ada, "secret-1") == [CANARY]
        assert found(mateo, "secret-1") == []

    def test_come_as_a_list_or_as_nothing(self, client: Client, ada: User, acme: Organization, issue: Issue) -> None:
        client.force_login(ada)
        path = f"/{acme.slug}/FLOW/suggestions/"
        assert 'data-value="@ada"' in client.get(path, {"of": "people", "q": "ada"}).content.decode()
        assert 'data-value="#FLOW-1"' in client.get(path, {"of": "issues", "q": "lam"}).content.decode()
        assert client.get(path, {"of": "people", "q": "xyz\x00"}).status_code == 204
