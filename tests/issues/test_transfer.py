"""Moving issues to another project: what goes along, what is dropped, what leads on, and the way back."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from apps.accounts.models import User
from apps.boards.services import set_column_limit
from apps.core.errors import DomainError, Forbidden, Invalid, Moved, NotFound
from apps.core.tenancy import run_as_system
from apps.events.models import Event
from apps.issues import services
from apps.issues.activity import activity
from apps.issues.models import Comment, FormerIssueKey, Issue, IssueLink, IssueStar, Visit, Watcher
from apps.issues.selectors import NoSuchIssue, destinations, find_issue, get_issue, get_triage, transfer_plan
from apps.issues.services import NewIssue, create_issues, move_to_project, take_transfer_back
from apps.orgs.models import Organization
from apps.projects.models import IssueType, Label, Project, Status
from apps.projects.policies import Role
from apps.projects.services import change_project_key, create_label, set_project_archived, set_triage
from apps.sprints.models import ScopeEntry
from apps.sprints.services import create_sprint, start_sprint
from tests.factories import acting, give_role, make_issues, make_member, make_project


def named(title: str) -> Issue:
    return Issue.objects.select_related("project", "status", "type").get(title=title)


def project(key: str) -> Project:
    return Project.objects.get(key=key)


def status(key: str, name: str) -> Status:
    return Status.objects.get(project__key=key, name=name)


@pytest.fixture
def ops(acme: Organization, flow: Project, ada: User) -> Project:
    return make_project(acme, ada, "OPS")


def picture() -> list[Any]:
    models = (Issue, IssueLink, Comment, Watcher, FormerIssueKey)
    return [list(model.objects.order_by("pk").values_list()) for model in models]


@contextmanager
def refused(with_: type[DomainError], match: str = "") -> Iterator[None]:
    before = picture()
    with pytest.raises(with_, match=match or None):
        yield
    assert picture() == before


class TestMoveToProject:
    def test_everything_that_hangs_on_it_goes_along_and_the_old_keys_lead_on(
        self, ada: User, acme: Organization, flow: Project, ops: Project
    ) -> None:
        mel = make_member(acme, "member", "Mel")
        hidden = make_project(acme, mel, "HID", visibility="private")
        make_issues(acme, hidden, mel, "hidden")
        make_issues(acme, flow, ada, "parent", "stays")
        with acting(ada, acme) as actor:
            sub = IssueType.objects.get(project=flow, level=IssueType.Level.SUBTASK)
            create_issues(
                actor=actor,
                project=project("FLOW"),
                batch=[
                    NewIssue(title="sub", type=sub, parent=named("parent")),
                    NewIssue(title="binned", type=sub, parent=named("parent")),
                ],
            )
            services.delete_issue(actor=actor, issue=named("binned"))
            for key in ("FLOW", "OPS"):
                create_label(actor=actor, project=project(key), name="Shared" if key == "FLOW" else "shared")
            create_label(actor=actor, project=project("FLOW"), name="only here")
            sprint = start_sprint(actor=actor, sprint=create_sprint(actor=actor, project=project("FLOW"), name="Now"))
        with acting(ada, acme) as actor:
            services.bulk_edit(
                actor=actor,
                project=project("FLOW"),
                issue_ids=[named("parent").pk],
                values={
                    "sprint": sprint.pk,
                    "assignee": mel.pk,
                    "status": status("FLOW", "In progress").pk,
                    "labels_add": list(Label.objects.filter(project=flow).values_list("pk", flat=True)),
                },
            )
            services.add_comment(actor=actor, issue=named("parent"), body="Said.")
            services.link_issues(actor=actor, source=named("stays"), target=named("parent"), kind="blocks")
        with acting(mel, acme) as actor:
            services.set_issue_starred(actor=actor, issue=named("parent"), is_starred=True)
            services.note_visit(actor=actor, issue=named("parent"))
            services.link_issues(actor=actor, source=named("parent"), target=named("hidden"), kind="relates")
        with acting(ada, acme) as actor:
            plan = transfer_plan(
                actor=actor, project=project("FLOW"), issue_ids=[named("parent").pk], target=project("OPS")
            )
            assert (plan.along, plan.lost_labels[-1], plan.leaves_sprint) == (2, "only here", True)
            assert [each.key for each in destinations(actor=actor, project=project("FLOW"))] == ["OPS"]
            moved = move_to_project(
                actor=actor, project=project("FLOW"), issue_ids=[named("parent").pk], target=project("OPS")
            )
            assert [f"{each.project.key}-{each.number}" for each in moved] == ["OPS-1", "OPS-2", "OPS-3"]
            here = named("parent")
            assert (here.status, here.assignee_id, here.sprint_id, here.type.project_id) == (
                status("OPS", "In progress"),
                mel.pk,
                None,
                ops.pk,
            )
            assert [label.name for label in here.labels.all()] == ["shared"]
            assert named("stays").project_id == flow.pk
        with run_as_system(org_id=acme.pk):
            for model in (Comment, Watcher, IssueStar, Visit):
                rows = model.objects.filter(issue__title="parent").values_list("project_id", flat=True)
                assert set(rows) == {ops.pk}, model
            assert set(IssueLink.objects.values_list("source__title", "project_id", "target_project_id")) == {
                ("stays", flow.pk, ops.pk),
                ("parent", ops.pk, hidden.pk)
                if named("parent").pk < named("hidden").pk
                else ("hidden", hidden.pk, ops.pk),
            }
            kinds = Event.objects.filter(kind__in=("issues.left", "issues.arrived")).order_by("kind")
            assert [(event.kind, event.project_id, len(event.data["versions"])) for event in kinds] == [
                ("issues.arrived", ops.pk, 3),
                ("issues.left", flow.pk, 3),
            ]
            assert ScopeEntry.objects.filter(sprint=sprint).order_by("-id")[0].kind == "removed"
        with acting(ada, acme) as actor:
            with pytest.raises(Moved) as moved_on:
                get_issue(actor=actor, key="FLOW-1")
            assert moved_on.value.new == "OPS-1"
            assert find_issue(actor=actor, key="FLOW-1").title == "parent"
            told = " ".join(str(entry.sentence_html) for entry in activity(actor=actor, issue=named("parent")))
            assert "moved this here: <b>OPS-1</b> was FLOW-1" in told
            assert "deleted status" not in told
        make_project(acme, ada, "END")
        with acting(ada, acme) as actor:
            # A second move: both keys lead on; and so they do when the project's key changes, too.
            move_to_project(actor=actor, project=project("OPS"), issue_ids=[named("parent").pk], target=project("END"))
            change_project_key(actor=actor, project=project("FLOW"), key="FLOWER")
            for old in ("FLOW-1", "FLOWER-1", "OPS-1"):
                assert find_issue(actor=actor, key=old).title == "parent"
            with pytest.raises(NoSuchIssue):
                find_issue(actor=actor, key="FLOW-99")
            # Back where it was: it has its number again.
            move_to_project(
                actor=actor, project=project("END"), issue_ids=[named("parent").pk], target=project("FLOWER")
            )
            assert named("parent").number == 1
            assert find_issue(actor=actor, key="END-1").title == "parent"
        with acting(mel, acme) as actor:
            # Whoever may not know of the project that it went to hears of no such issue.
            move_to_project(
                actor=actor, project=project("FLOWER"), issue_ids=[named("parent").pk], target=project("HID")
            )
        with acting(ada, acme) as actor, pytest.raises(NoSuchIssue):
            find_issue(actor=actor, key="FLOWER-1")

    def test_takes_what_the_review_chose(self, ada: User, acme: Organization, flow: Project, ops: Project) -> None:
        make_issues(acme, flow, ada, "a")
        with acting(ada, acme) as actor:
            done, bug = status("OPS", "Done"), IssueType.objects.get(project=ops, name="Bug")
            was = named("a")
            move_to_project(
                actor=actor,
                project=project("FLOW"),
                issue_ids=[was.pk],
                target=project("OPS"),
                statuses={was.status_id: done.pk},
                types={was.type_id: bug.pk},
            )
            now = named("a")
            assert (now.status, now.type, now.resolved_at is not None) == (done, bug, True)

    def test_refuses_and_changes_nothing(self, ada: User, acme: Organization, flow: Project, ops: Project) -> None:
        make_issues(acme, flow, ada, "a", "b", "parent")
        locked = make_project(acme, ada, "READ", visibility="private")
        mel = make_member(acme, "member", "Mel")
        give_role(acme, locked, mel, Role.VIEWER)
        viewer = make_member(acme, "guest", "Vic")
        give_role(acme, flow, viewer, Role.VIEWER)
        give_role(acme, ops, viewer, Role.MEMBER)

        def move(actor: Any, *titles: str, to: str = "OPS", **values: Any) -> None:
            ids = [named(title).pk for title in titles]
            move_to_project(actor=actor, project=project("FLOW"), issue_ids=ids, target=project(to), **values)

        for person, to in ((mel, "READ"), (viewer, "OPS")):
            with acting(person, acme) as actor, refused(Forbidden):
                move(actor, "a", to=to)
        with acting(ada, acme) as actor:
            for titles, to in ((("a",), "FLOW"), ((), "OPS")):
                with refused(Invalid):
                    move(actor, *titles, to=to)
            gone = named("b")
            services.delete_issue(actor=actor, issue=gone)
            with refused(NotFound):
                move(actor, "a", "b")
            foreign = status("FLOW", "Done")
            with refused(NotFound):
                move(actor, "a", statuses={named("a").status_id: foreign.pk})
            sub = IssueType.objects.get(project=flow, level=IssueType.Level.SUBTASK)
            create_issues(
                actor=actor, project=project("FLOW"), batch=[NewIssue(title="sub", type=sub, parent=named("parent"))]
            )
            with refused(Invalid, match="goes along when its parent"):
                move(actor, "sub")
            set_column_limit(
                actor=actor,
                project=project("OPS"),
                column_id=status("OPS", "In progress").columns.get().pk,
                limit=1,
                policy="block",
            )
            going_on = {named("a").status_id: status("OPS", "In progress").pk}
            with refused(services.ColumnFull):
                move(actor, "a", "parent", statuses=going_on)
            IssueType.objects.filter(project=ops, level=IssueType.Level.SUBTASK).update(retired_at=timezone.now())
            with refused(Invalid, match="has no type"):
                move(actor, "parent")
            set_project_archived(actor=actor, project=project("OPS"), is_archived=True)
            with refused(Forbidden):
                move(actor, "a")

    def test_refuses_more_than_one_edit_takes_and_what_changed_meanwhile(
        self, ada: User, acme: Organization, flow: Project, ops: Project, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        make_issues(acme, flow, ada, "parent", "b")
        with acting(ada, acme) as actor:
            sub = IssueType.objects.get(project=flow, level=IssueType.Level.SUBTASK)
            create_issues(
                actor=actor, project=project("FLOW"), batch=[NewIssue(title="sub", type=sub, parent=named("parent"))]
            )
            monkeypatch.setattr("apps.issues.services.transferring.MOST_ISSUES", 1)
            ids = [named("parent").pk]
            with refused(Invalid, match="With their sub-tasks"):
                move_to_project(actor=actor, project=project("FLOW"), issue_ids=ids, target=project("OPS"))
            monkeypatch.undo()
            plan = transfer_plan(actor=actor, project=project("FLOW"), issue_ids=ids, target=project("OPS"))
            monkeypatch.setattr("apps.issues.services.transferring.transfer_plan", lambda **_names: plan)
            services.move_issue(actor=actor, issue=named("parent"), to=status("FLOW", "Done"))
            with refused(services.MeanwhileChanged):
                move_to_project(actor=actor, project=project("FLOW"), issue_ids=ids, target=project("OPS"))
            gone = named("parent")
            Issue.objects.filter(pk=gone.pk).update(project=ops, number=77)
            with refused(NotFound):
                move_to_project(actor=actor, project=project("FLOW"), issue_ids=ids, target=project("OPS"))

    def test_what_a_guest_moves_to_a_project_with_triage_waits_there(
        self, ada: User, acme: Organization, flow: Project, ops: Project
    ) -> None:
        guest = make_member(acme, "guest", "Gwen")
        for each in (flow, ops):
            give_role(acme, each, guest, Role.MEMBER)
        make_issues(acme, flow, guest, "a", "b")
        with acting(ada, acme) as actor:
            set_triage(actor=actor, project=project("OPS"), is_on=True)
        with acting(guest, acme) as actor:
            ids = [named("a").pk]
            move_to_project(actor=actor, project=project("FLOW"), issue_ids=ids, target=project("OPS"))
        with acting(ada, acme) as actor:
            assert [each.title for each in get_triage(actor=actor, project=project("OPS")).waiting] == ["a"]
            # What waits goes on waiting wherever it is moved.
            move_to_project(actor=actor, project=project("OPS"), issue_ids=ids, target=project("FLOW"))
            assert named("a").triage_since is not None

    def test_a_later_import_leaves_alone_what_is_the_other_projects(
        self, ada: User, acme: Organization, flow: Project, ops: Project
    ) -> None:
        make_issues(acme, flow, ada, "a")
        with acting(ada, acme) as actor:
            move_to_project(actor=actor, project=project("FLOW"), issue_ids=[named("a").pk], target=project("OPS"))
            bug, done = IssueType.objects.get(project=flow, name="Bug"), status("FLOW", "Done")
        with run_as_system(org_id=acme.pk) as actor:
            new = NewIssue(title="a", description="Newer.", type=bug, status=done)
            update = services.PastUpdate(issue_id=named("a").pk, new=new)
            (fresh,) = services.update_imported_issues(actor=actor, project=flow, updates=[update])
            assert (fresh.description, fresh.status.project_id, fresh.type.project_id) == ("Newer.", ops.pk, ops.pk)

    def test_costs_the_same_for_one_and_for_many(
        self, ada: User, acme: Organization, flow: Project, ops: Project
    ) -> None:
        make_issues(acme, flow, ada, *(f"i{number}" for number in range(10)))
        counts = []
        for titles in (["i0", "i1"], [f"i{number}" for number in range(2, 10)]):
            with acting(ada, acme) as actor:
                source, target = project("FLOW"), project("OPS")
                ids = [named(title).pk for title in titles]
                with CaptureQueriesContext(connection) as queries:
                    move_to_project(actor=actor, project=source, issue_ids=ids, target=target)
                counts.append(len(queries))
        assert counts[0] == counts[1]


class TestTakeTransferBack:
    def test_gives_old_keys_and_values_back_where_nobody_changed_them(
        self, ada: User, acme: Organization, flow: Project, ops: Project
    ) -> None:
        private = make_project(acme, ada, "PRIV", visibility="private")
        mel = make_member(acme, "member", "Mel")
        make_issues(acme, flow, ada, "a", "b", assignee=mel)
        with acting(ada, acme) as actor:
            label = create_label(actor=actor, project=project("FLOW"), name="only here")
            sprint = create_sprint(actor=actor, project=project("FLOW"), name="Next")
            services.bulk_edit(
                actor=actor,
                project=project("FLOW"),
                issue_ids=[named("a").pk, named("b").pk],
                values={"sprint": sprint.pk, "labels_add": [label.pk], "status": status("FLOW", "In review").pk},
            )
        with acting(ada, acme) as actor:
            ids = [named("a").pk, named("b").pk]
            move_to_project(actor=actor, project=project("FLOW"), issue_ids=ids, target=project("PRIV"))
            assert named("a").assignee_id is None
        with acting(ada, acme) as actor:
            services.move_issue(actor=actor, issue=named("b"), to=status("PRIV", "Done"))
            there = create_label(actor=actor, project=project("PRIV"), name="new")
            services.edit_issue(actor=actor, issue=named("b"), values={"labels": [there.pk], "assignee": ada.pk})
        with acting(ada, acme) as actor:
            back = take_transfer_back(actor=actor, project=project("PRIV"), issue_id=named("a").pk)
            assert [(each.project.key, each.number) for each in back] == [("FLOW", 1), ("FLOW", 2)]
            one, two = named("a"), named("b")
            assert (one.status.name, one.sprint_id, one.assignee_id) == ("In review", sprint.pk, mel.pk)
            assert [each.name for each in one.labels.all()] == ["only here"]
            assert (two.status, two.assignee_id) == (status("FLOW", "Done"), ada.pk)
            assert [each.name for each in two.labels.all()] == []
            assert private.pk

    def test_refuses_what_is_not_theirs_too_late_or_gone(
        self, ada: User, acme: Organization, flow: Project, ops: Project, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        mel = make_member(acme, "member", "Mel")
        make_project(acme, ada, "END")
        make_issues(acme, flow, ada, "a", "b")
        with acting(ada, acme) as actor:
            for title in ("a", "b"):
                ids = [named(title).pk]
                move_to_project(actor=actor, project=project("FLOW"), issue_ids=ids, target=project("OPS"))
        with acting(mel, acme) as actor, refused(Forbidden, match="Somebody else"):
            take_transfer_back(actor=actor, project=project("OPS"), issue_id=named("a").pk)
        with acting(ada, acme) as actor:
            with refused(services.NothingToTakeBack):
                take_transfer_back(actor=actor, project=project("FLOW"), issue_id=named("a").pk)
            move_to_project(actor=actor, project=project("OPS"), issue_ids=[named("b").pk], target=project("END"))
            with refused(services.NothingToTakeBack, match="not in this project"):
                take_transfer_back(actor=actor, project=project("OPS"), issue_id=named("b").pk)
            monkeypatch.setattr("apps.issues.services.transferring.TAKE_BACK", timedelta(0))
            with refused(services.NothingToTakeBack, match="ten minutes"):
                take_transfer_back(actor=actor, project=project("OPS"), issue_id=named("a").pk)
            monkeypatch.undo()
            set_project_archived(actor=actor, project=project("FLOW"), is_archived=True)
            with refused(services.NothingToTakeBack, match="gone or archived"):
                take_transfer_back(actor=actor, project=project("OPS"), issue_id=named("a").pk)


class TestPages:
    def test_reviews_moves_and_takes_back_without_script(
        self, ada: User, acme: Organization, flow: Project, ops: Project, client: Client
    ) -> None:
        make_issues(acme, flow, ada, "a", "b", "c")
        with acting(ada, acme):
            ids = [named(title).pk for title in ("a", "b")]
            single, todo = named("c").pk, named("c").status_id
            done = status("OPS", "Done").pk
        client.force_login(ada)
        home = f"/{acme.slug}/FLOW/issues/transfer/"
        assert client.get(home).status_code == 422
        assert "Choose a project" in client.get(home, {"issue": ids[0]}).content.decode()
        assert client.get(home, {"issue": ids[0], "to": "NONE"}).status_code == 404
        page = client.get(home, {"issue": ",".join(map(str, ids)), "to": "OPS"}).content.decode()
        assert "becomes" in page
        assert "Nothing is dropped." in page
        sent = {"issue": ",".join(map(str, ids)), "to": "OPS", f"status-{todo}": done}
        answer = client.post(home, sent, follow=True)
        assert "2 issues are in Project OPS now." in answer.content.decode()
        assert answer.request["PATH_INFO"] == f"/{acme.slug}/OPS/issues/"
        assert client.get(f"/{acme.slug}/issue/FLOW-1/").url == f"/{acme.slug}/issue/OPS-1/"
        assert client.get(f"/api/v1/orgs/{acme.slug}/issues/FLOW-1/").headers["Location"].endswith("/issues/OPS-1/")
        back = client.post(f"/{acme.slug}/OPS/issues/transfer/undo/", {"issue": ids[0]}, follow=True)
        assert "2 issues are back." in back.content.decode()
        one = client.post(home, {"issue": single, "to": "OPS"}, follow=True)
        assert one.request["PATH_INFO"] == f"/{acme.slug}/issue/OPS-3/"
        assert "OPS-3 is in Project OPS now." in one.content.decode()
        back = client.post(f"/{acme.slug}/OPS/issues/transfer/undo/", {"issue": single}, follow=True)
        assert "FLOW-3 is back." in back.content.decode()

    def test_says_why_not_and_keeps_what_was_chosen(
        self, ada: User, acme: Organization, flow: Project, client: Client
    ) -> None:
        make_issues(acme, flow, ada, "a", "b")
        client.force_login(ada)
        home = f"/{acme.slug}/FLOW/issues/transfer/"
        with acting(ada, acme):
            ids = f"{named('a').pk},{named('b').pk}"
        assert "There is no project to move it to" in client.get(home, {"issue": ids}).content.decode()
        make_project(acme, ada, "OPS")
        with acting(ada, acme) as actor:
            column = status("OPS", "In progress").columns.get().pk
            set_column_limit(actor=actor, project=project("OPS"), column_id=column, limit=1, policy="block")
            name = f"status-{named('a').status_id}"
            going_on = status("OPS", "In progress").pk
        answer = client.post(home, {"issue": ids, "to": "OPS", name: going_on})
        assert (answer.status_code, "takes 1 issues at once" in answer.content.decode()) == (409, True)
        with acting(ada, acme):
            IssueType.objects.filter(project__key="OPS", level=1).update(retired_at=timezone.now())
        answer = client.get(home, {"issue": ids, "to": "OPS"})
        assert (answer.status_code, "has no type for" in answer.content.decode()) == (422, True)
