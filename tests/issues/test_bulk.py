"""Editing many issues at once: one write, one fact, one way back; and what is refused without a trace."""

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from apps.accounts.models import User
from apps.audit.models import LogEntry
from apps.boards.models import Board, Column, ColumnStatus
from apps.boards.services import set_column_limit
from apps.core.errors import Conflict, Forbidden, Invalid, NotFound
from apps.core.tenancy import OrgRole, current_unit, run_as_system
from apps.events.models import Change, Event
from apps.issues import services
from apps.issues.activity import activity
from apps.issues.models import Comment, Issue, Priority, Watcher
from apps.issues.selectors import TransitionRefused, get_issue, open_sprints
from apps.issues.services import Place, batch, taking_back
from apps.orgs.models import Membership, Organization
from apps.orgs.services import remove_member
from apps.projects.models import IssueType, Label, Project, Status, Transition
from apps.projects.policies import Role
from apps.projects.selectors import get_project
from apps.projects.services import create_label
from apps.sprints.models import Sprint
from apps.sprints.services import create_sprint
from tests.factories import acting, give_role, make_issues, make_member, make_project


def at(project: Project, name: str) -> Status:
    return Status.objects.get(project=project, name=name)


def one(project: Project, title: str) -> Issue:
    return Issue.objects.select_related("project", "status").get(project=project, title=title)


def order(project: Project) -> list[str]:
    return list(Issue.objects.filter(project=project).order_by("rank").values_list("title", flat=True))


def labels_of(project: Project, title: str) -> set[str]:
    return set(one(project, title).labels.values_list("name", flat=True))


class Desk:
    """Somebody's bulk edits in one project."""

    def __init__(self, who: User, acme: Organization, flow: Project) -> None:
        self.who, self.acme, self.flow = who, acme, flow

    def edit(self, *titles: str, op: str = "", place: Place | None = None, **values: Any) -> services.BulkEdit:
        with acting(self.who, self.acme) as actor:
            if op:
                unit = current_unit()
                assert unit is not None
                unit.op = op
            ids = list(Issue.objects.filter(project=self.flow, title__in=titles).values_list("pk", flat=True))
            project = get_project(actor=actor, key=self.flow.key)
            return services.bulk_edit(actor=actor, project=project, issue_ids=ids, values=values, place=place)

    def undo(self, title: str, op: str) -> services.TakenBack:
        with acting(self.who, self.acme) as actor:
            project = get_project(actor=actor, key=self.flow.key)
            return services.take_back(actor=actor, project=project, issue_id=one(self.flow, title).pk, op=op)


@pytest.fixture
def desk(ada: User, acme: Organization, flow: Project) -> Desk:
    make_issues(acme, flow, ada, "a", "b", "c", "d")
    return Desk(ada, acme, flow)


@pytest.fixture
def names(ada: User, acme: Organization, flow: Project) -> dict[str, int]:
    """Labels of the project by name."""
    with acting(ada, acme) as actor:
        project = get_project(actor=actor, key="FLOW")
        return {
            name: create_label(actor=actor, project=project, name=name, hue=30).pk for name in ("api", "docs", "old")
        }


def everything(project: Project) -> list[Any]:
    """The project's issues, their labels and watchers, and the length of the log."""
    return [
        *Issue.objects.filter(project=project).order_by("pk").values(),
        *Issue.objects.filter(project=project).order_by("pk", "labels").values("pk", "labels"),
        Watcher.objects.count(),
        Comment.objects.count(),
        Event.objects.count(),
    ]


class TestBulkEdit:
    def test_sets_fields_of_all_and_records_one_fact(
        self, desk: Desk, ada: User, acme: Organization, flow: Project
    ) -> None:
        result = desk.edit("a", "b", assignee=ada.pk, priority=Priority.HIGH, points="3")
        with acting(ada, acme):
            for title in ("a", "b"):
                issue = one(flow, title)
                assert (issue.assignee_id, issue.priority, issue.points, issue.version) == (ada.pk, 3, 3, 2)
            assert one(flow, "c").version == 1
            event = Event.objects.get(kind="issues.edited")
            ids = [issue.pk for issue in result.changed]
            assert event.data == {
                "f": ["assignee", "points", "priority"],
                "ids": ids,
                "versions": {str(pk): 2 for pk in ids},
            }
            assert set(Change.objects.filter(event=event, issue_id=ids[0]).values_list("field", "old", "new")) == {
                ("assignee", None, ada.pk),
                ("points", None, "3"),
                ("priority", 0, 3),
            }

    def test_lets_a_new_assignee_watch(self, desk: Desk, ada: User, acme: Organization, flow: Project) -> None:
        mateo = make_member(acme)
        desk.edit("a", "b", assignee=mateo.pk)
        with acting(ada, acme):
            assert Watcher.objects.filter(user=mateo).count() == 2

    def test_takes_issues_from_everybody(self, desk: Desk, ada: User, acme: Organization, flow: Project) -> None:
        desk.edit("a", assignee=ada.pk)
        result = desk.edit("a", "b", assignee=None)
        assert [issue.title for issue in result.changed] == ["a"]
        with acting(ada, acme):
            assert one(flow, "a").assignee_id is None

    def test_adds_and_removes_labels_and_keeps_the_others(
        self, desk: Desk, names: dict[str, int], ada: User, acme: Organization, flow: Project
    ) -> None:
        desk.edit("a", labels_add=[names["old"], names["docs"]])
        result = desk.edit("a", "b", labels_add=[names["api"]], labels_remove=[names["old"]])
        with acting(ada, acme):
            assert labels_of(flow, "a") == {"api", "docs"}
            assert labels_of(flow, "b") == {"api"}
            changed = result.changed[0]
            change = Change.objects.filter(issue_id=changed.pk, field="labels").latest("id")
            assert (change.old, change.new) == (
                sorted([names["old"], names["docs"]]),
                sorted([names["api"], names["docs"]]),
            )

    def test_moves_to_the_end_in_their_order(self, desk: Desk, ada: User, acme: Organization, flow: Project) -> None:
        with acting(ada, acme):
            done = at(flow, "Done")
        desk.edit("c", "a", status=done.pk)
        with acting(ada, acme):
            assert order(flow) == ["b", "d", "a", "c"]
            assert one(flow, "a").status == done
            assert one(flow, "a").resolved_at is not None

    def test_lands_together_below_a_neighbour(self, desk: Desk, ada: User, acme: Organization, flow: Project) -> None:
        with acting(ada, acme):
            after = one(flow, "c").pk
        desk.edit("b", "a", place=Place(after=after))
        with acting(ada, acme):
            assert order(flow) == ["c", "a", "b", "d"]

    def test_lands_together_above_a_neighbour(self, desk: Desk, ada: User, acme: Organization, flow: Project) -> None:
        with acting(ada, acme):
            before = one(flow, "a").pk
        desk.edit("c", "d", place=Place(before=before))
        with acting(ada, acme):
            assert order(flow) == ["c", "d", "a", "b"]

    def test_takes_a_neighbour_that_moves_along_for_none(
        self, desk: Desk, ada: User, acme: Organization, flow: Project
    ) -> None:
        with acting(ada, acme):
            a, b = one(flow, "a").pk, one(flow, "b").pk
        assert desk.edit("a", "b", place=Place(after=a, before=b)).changed == []
        with acting(ada, acme):
            assert order(flow) == ["a", "b", "c", "d"]
            assert not Event.objects.filter(kind="issues.edited").exists()

    def test_keeps_one_of_several_statuses_and_takes_the_first_that_is_open(
        self, desk: Desk, ada: User, acme: Organization, flow: Project
    ) -> None:
        with acting(ada, acme):
            progress, review = at(flow, "In progress"), at(flow, "In review")
            Transition.objects.filter(project=flow, target=progress).delete()
        desk.edit("a", status=review.pk)
        desk.edit("a", "b", status=[progress.pk, review.pk])
        with acting(ada, acme):
            assert {one(flow, "a").status_id, one(flow, "b").status_id} == {review.pk}

    def test_archives_and_deletes(self, desk: Desk, ada: User, acme: Organization, flow: Project) -> None:
        desk.edit("a", "b", archived=True)
        desk.edit("b", "c", deleted=True)
        with acting(ada, acme):
            assert [one(flow, title).archived_at is not None for title in "abc"] == [True, True, False]
            assert [one(flow, title).deleted_at is not None for title in "abc"] == [False, True, True]
            entries = LogEntry.objects.filter(event_kind="issues.edited")
            assert sorted(entries.values_list("action", flat=True)) == [1, 1, 2, 2]
            entry = entries.filter(action=LogEntry.Action.DELETE, object_id=one(flow, "c").pk).get()
            assert entry.changes == {"deleted": [False, True]}

    def test_is_told_in_the_history_of_each(self, desk: Desk, ada: User, acme: Organization, flow: Project) -> None:
        desk.edit("a", "b", priority=Priority.URGENT, archived=True)
        with acting(ada, acme) as actor:
            feed = activity(actor=actor, issue=get_issue(actor=actor, key=f"FLOW-{one(flow, 'b').number}"))
            told = [str(entry.sentence_html) for entry in feed]
        assert any("set the priority to <b>Urgent</b>" in sentence for sentence in told)
        assert any("archived this issue" in sentence for sentence in told)

    def test_conflicts_with_an_older_edit_of_the_same_field(
        self, desk: Desk, ada: User, acme: Organization, flow: Project
    ) -> None:
        desk.edit("a", "b", priority=Priority.URGENT)
        with acting(ada, acme) as actor, pytest.raises(services.StaleEdit):
            services.edit_issue(actor=actor, issue=one(flow, "b"), values={"priority": Priority.LOW}, version=1)
        with acting(ada, acme) as actor:
            services.edit_issue(actor=actor, issue=one(flow, "b"), values={"title": "e"}, version=1)

    def test_names_only_so_many_on_the_wire(
        self, desk: Desk, ada: User, acme: Organization, flow: Project, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(batch, "MOST_NAMED", 1)
        desk.edit("a", "b", priority=Priority.LOW)
        with acting(ada, acme):
            event = Event.objects.get(kind="issues.edited")
            assert event.data["ids"] == []
            assert len(event.data["versions"]) == 2

    def test_text_is_read_as_the_number_that_it_is(
        self, desk: Desk, ada: User, acme: Organization, flow: Project, names: dict[str, int]
    ) -> None:
        with acting(ada, acme) as actor:
            sprint = create_sprint(actor=actor, project=get_project(actor=actor, key="FLOW"), name="Sprint 1")
            epic = IssueType.objects.get(project=flow, level=IssueType.Level.EPIC)
            done = at(flow, "Done").pk
        above = make_issues(acme, flow, ada, "whole", type=epic)[0]
        ids = {"status": done, "assignee": ada.pk, "sprint": sprint.pk, "parent": above.pk, "priority": Priority.LOW}
        desk.edit("a", labels_add=[str(names["api"])], **{name: str(value) for name, value in ids.items()})
        with acting(ada, acme):
            logged = dict(Change.objects.filter(event__kind="issues.edited").values_list("field", "new"))
            assert logged == {**ids, "labels": [names["api"]], "rank": one(flow, "a").rank}
        for name in ids:
            with pytest.raises(Invalid):
                desk.edit("a", **{name: "somebody"})

    def test_costs_the_same_for_many(self, ada: User, acme: Organization, flow: Project, names: dict[str, int]) -> None:
        make_issues(acme, flow, ada, *(f"n{number}" for number in range(40)))
        desk = Desk(ada, acme, flow)
        with acting(ada, acme):
            done, todo = at(flow, "Done").pk, at(flow, "To do").pk
        values: dict[str, Any] = {"assignee": ada.pk, "points": 2, "labels_add": [names["api"]]}

        def cost(numbers: range, status: int, **more: Any) -> int:
            op = uuid4().hex
            with CaptureQueriesContext(connection) as queries:
                desk.edit(*(f"n{number}" for number in numbers), op=op, status=status, **more)
                desk.undo(f"n{numbers[0]}", op)
            return len(queries)

        cost(range(2), done)  # caches fill
        assert cost(range(4), done, **values) == cost(range(10, 22), done, **values)
        assert todo != done


class TestSprints:
    @pytest.fixture
    def sprint(self, ada: User, acme: Organization, flow: Project) -> Sprint:
        with acting(ada, acme) as actor:
            return create_sprint(actor=actor, project=get_project(actor=actor, key="FLOW"), name="Sprint 1")

    def test_issues_go_in_and_out_and_back(
        self, desk: Desk, sprint: Sprint, ada: User, acme: Organization, flow: Project
    ) -> None:
        desk.edit("a", "b", sprint=sprint.pk)
        desk.edit("a", "b", "c", op="op", sprint=None)
        with acting(ada, acme) as actor:
            assert not Issue.objects.filter(sprint=sprint).exists()
            project = get_project(actor=actor, key="FLOW")
            assert (sprint.pk, "Sprint 1") in open_sprints(actor=actor, project=project)
        desk.undo("a", "op")
        with acting(ada, acme):
            assert set(Issue.objects.filter(sprint=sprint).values_list("title", flat=True)) == {"a", "b"}

    def test_one_that_is_over_takes_none_and_gets_none_back(
        self, desk: Desk, sprint: Sprint, ada: User, acme: Organization, flow: Project
    ) -> None:
        desk.edit("a", sprint=sprint.pk)
        desk.edit("a", op="op", sprint=None, priority=4)
        with acting(ada, acme):
            Sprint.objects.filter(pk=sprint.pk).update(state="completed")
            before = everything(flow)
        with pytest.raises(Conflict):
            desk.edit("b", sprint=sprint.pk)
        with acting(ada, acme):
            assert everything(flow) == before
        assert len(desk.undo("a", "op").left) == 1
        with acting(ada, acme):
            assert (one(flow, "a").sprint_id, one(flow, "a").priority) == (None, 0)


class TestParents:
    @pytest.fixture
    def epic(self, ada: User, acme: Organization, flow: Project, desk: Desk) -> Issue:
        with acting(ada, acme):
            level = IssueType.objects.get(project=flow, level=IssueType.Level.EPIC)
        return make_issues(acme, flow, ada, "whole", type=level)[0]

    def test_issues_become_part_of_an_epic_and_go_back(
        self, desk: Desk, epic: Issue, ada: User, acme: Organization, flow: Project
    ) -> None:
        desk.edit("a", "b", op="x", parent=epic.pk)
        with acting(ada, acme):
            within = Issue.objects.filter(parent=epic).order_by("number")
            assert [issue.title for issue in within] == ["a", "b"]
        desk.undo("a", "x")
        desk.edit("c", op="y", parent=epic.pk)
        desk.edit("c", op="z", parent=None)
        with acting(ada, acme):
            assert not Issue.objects.filter(parent=epic).exists()
        desk.undo("c", "z")
        with acting(ada, acme):
            assert one(flow, "c").parent_id == epic.pk

    def test_nothing_goes_back_into_an_epic_that_is_gone(
        self, desk: Desk, epic: Issue, ada: User, acme: Organization, flow: Project
    ) -> None:
        desk.edit("a", op="x", parent=epic.pk)
        desk.edit("a", op="y", parent=None, points="2")
        with acting(ada, acme) as actor:
            services.delete_issue(actor=actor, issue=epic)
        assert desk.undo("a", "y").left == ["FLOW-1"]
        with acting(ada, acme):
            assert (one(flow, "a").parent_id, one(flow, "a").points) == (None, None)

    def test_is_refused_where_it_cannot_be(
        self, desk: Desk, epic: Issue, ada: User, acme: Organization, flow: Project
    ) -> None:
        secret = make_project(acme, ada, "ELSE", visibility="private")
        with acting(ada, acme):
            level = IssueType.objects.get(project=secret, level=IssueType.Level.EPIC)
            plain = one(flow, "d").pk
        hidden = make_issues(acme, secret, ada, "hidden", type=level)[0]
        other = Desk(make_member(acme), acme, flow)
        with acting(ada, acme):
            before = everything(flow)
        with pytest.raises(Invalid, match="FLOW-5: An epic holds issues"):
            desk.edit("a", "whole", parent=epic.pk)
        with pytest.raises(Invalid, match="FLOW-1: An epic holds issues"):
            desk.edit("a", parent=plain)
        for unseen in (hidden.pk, 2**40):
            with pytest.raises(Invalid, match="no such parent"):
                other.edit("a", parent=unseen)
        with acting(ada, acme):
            assert everything(flow) == before


class TestRefusals:
    @pytest.mark.parametrize(
        ("values", "error"),
        [
            ({}, Invalid),
            ({"title": "x"}, Invalid),
            ({"priority": 9}, Invalid),
            ({"priority": "high"}, Invalid),
            ({"points": "many"}, Invalid),
            ({"archived": False}, Invalid),
            ({"deleted": 1}, Invalid),
            ({"assignee": 10**9}, Invalid),
            ({"status": 10**9}, NotFound),
            ({"status": []}, NotFound),
            ({"sprint": 10**9}, NotFound),
            ({"labels_add": [10**9]}, NotFound),
            ({"labels_add": [1], "labels_remove": [1]}, Invalid),
        ],
    )
    def test_a_value_that_cannot_be(
        self, desk: Desk, ada: User, acme: Organization, flow: Project, values: dict[str, Any], error: type[Exception]
    ) -> None:
        with acting(ada, acme):
            before = everything(flow)
        with pytest.raises(error):
            desk.edit("a", "b", **({"priority": 2} if values and "priority" not in values else {}), **values)
        with acting(ada, acme):
            assert everything(flow) == before

    @pytest.mark.parametrize("count", [0, 501])
    def test_no_issue_and_more_than_500(self, ada: User, acme: Organization, flow: Project, count: int) -> None:
        with acting(ada, acme) as actor:
            project = get_project(actor=actor, key="FLOW")
            with pytest.raises(Invalid):
                services.bulk_edit(actor=actor, project=project, issue_ids=range(1, count + 1), values={"priority": 1})

    def test_an_issue_of_another_project(self, desk: Desk, ada: User, acme: Organization, flow: Project) -> None:
        other = make_project(acme, ada, "OTHER")
        (foreign,) = make_issues(acme, other, ada, "foreign")
        with acting(ada, acme) as actor:
            before = everything(flow)
            with pytest.raises(NotFound):
                services.bulk_edit(
                    actor=actor,
                    project=get_project(actor=actor, key="FLOW"),
                    issue_ids=[one(flow, "a").pk, foreign.pk],
                    values={"priority": 1},
                )
            assert everything(flow) == before

    def test_a_viewer(self, desk: Desk, acme: Organization, flow: Project, ada: User) -> None:
        vera = make_member(acme, OrgRole.GUEST, "Vera Lund")
        give_role(acme, flow, vera, Role.VIEWER)
        with pytest.raises(Forbidden):
            Desk(vera, acme, flow).edit("a", priority=1)
        with pytest.raises(Forbidden):
            Desk(vera, acme, flow).undo("a", "x")

    def test_a_full_column(self, desk: Desk, ada: User, acme: Organization, flow: Project) -> None:
        with acting(ada, acme) as actor:
            column = Column.objects.get(project=flow, name="In progress")
            project = get_project(actor=actor, key="FLOW")
            set_column_limit(actor=actor, project=project, column_id=column.pk, limit=1, policy="block")
            progress = at(flow, "In progress").pk
        with acting(ada, acme):
            before = everything(flow)
        with pytest.raises(services.ColumnFull):
            desk.edit("a", "b", status=progress)
        with acting(ada, acme):
            assert everything(flow) == before
        desk.edit("a", status=progress)

    def test_names_the_issue_that_the_workflow_refuses(
        self, desk: Desk, ada: User, acme: Organization, flow: Project
    ) -> None:
        with acting(ada, acme):
            done = at(flow, "Done")
            Transition.objects.filter(project=flow, target=done).update(required_fields=["assignee"])
            key = f"FLOW-{one(flow, 'b').number}"
        desk.edit("a", assignee=ada.pk)
        with acting(ada, acme):
            before = everything(flow)
        with pytest.raises(TransitionRefused) as refused:
            desk.edit("a", "b", status=done.pk)
        assert str(refused.value.detail).startswith(f"{key}: ")
        with acting(ada, acme):
            assert everything(flow) == before
        with pytest.raises(TransitionRefused) as refused:
            desk.edit("b", status=done.pk)
        assert key not in str(refused.value.detail)
        desk.edit("a", "b", status=done.pk, assignee=ada.pk)

    def test_names_the_issue_that_has_no_way(self, desk: Desk, ada: User, acme: Organization, flow: Project) -> None:
        with acting(ada, acme):
            done = at(flow, "Done")
            Transition.objects.filter(project=flow, target=done).delete()
            key = f"FLOW-{one(flow, 'a').number}"
        with pytest.raises(TransitionRefused) as refused:
            desk.edit("a", "b", status=done.pk)
        assert str(refused.value.detail).startswith(f"{key}: ")
        with pytest.raises(TransitionRefused) as refused:
            desk.edit("a", status=done.pk)
        assert key not in str(refused.value.detail)

    def test_nobody_refuses_flowboard_itself(self, desk: Desk, ada: User, acme: Organization, flow: Project) -> None:
        with acting(ada, acme):
            done = at(flow, "Done")
            Transition.objects.filter(project=flow, target=done).delete()
            ids = list(Issue.objects.values_list("pk", flat=True))
        with run_as_system(org_id=acme.pk) as actor:
            project = get_project(actor=actor, key="FLOW")
            services.bulk_edit(actor=actor, project=project, issue_ids=ids, values={"status": done.pk})
            assert {issue.status_id for issue in Issue.objects.all()} == {done.pk}


class TestPostFunctions:
    def test_happen_with_every_issue(
        self, desk: Desk, names: dict[str, int], ada: User, acme: Organization, flow: Project
    ) -> None:
        with acting(ada, acme):
            done = at(flow, "Done")
            Transition.objects.filter(project=flow, target=done).update(
                assigns="mover", sets_priority=3, adds_label=names["api"], comment="Shipped."
            )
        desk.edit("a", "b", status=done.pk)
        with acting(ada, acme):
            for title in "ab":
                issue = one(flow, title)
                assert (issue.assignee_id, issue.priority, issue.version) == (ada.pk, 3, 2)
                assert labels_of(flow, title) == {"api"}
                assert issue.comments.get().body == "Shipped."
            assert Event.objects.filter(kind="issues.edited").count() == 1
            assert Event.objects.filter(kind="issue.commented").count() == 2

    def test_leave_out_somebody_who_cannot_be_given_issues(
        self, desk: Desk, ada: User, acme: Organization, flow: Project
    ) -> None:
        gone = make_member(acme)
        with acting(ada, acme) as actor:
            done = at(flow, "Done")
            Transition.objects.filter(project=flow, target=done).update(assigns="lead")
            Project.objects.filter(pk=flow.pk).update(lead=gone)
            remove_member(actor=actor, membership=Membership.objects.get(user=gone))
        desk.edit("a", "b", status=done.pk)
        with acting(ada, acme):
            assert one(flow, "a").assignee_id is None
            assert one(flow, "a").status == done

    def test_can_take_it_from_everybody(self, desk: Desk, ada: User, acme: Organization, flow: Project) -> None:
        with acting(ada, acme):
            done = at(flow, "Done")
            Transition.objects.filter(project=flow, target=done).update(assigns="nobody")
        desk.edit("a", assignee=ada.pk)
        desk.edit("a", "b", status=done.pk)
        with acting(ada, acme):
            assert one(flow, "a").assignee_id is None


class TestTakeBack:
    def test_restores_everything(
        self, desk: Desk, names: dict[str, int], ada: User, acme: Organization, flow: Project
    ) -> None:
        mateo = make_member(acme)
        desk.edit("a", assignee=mateo.pk, points="2.5", labels_add=[names["old"]])
        desk.edit("b", labels_add=[names["api"]])
        with acting(ada, acme):
            done = at(flow, "Done").pk
            before = [
                list(Issue.objects.order_by("pk").values("status", "assignee", "points", "priority", "rank", "labels"))
            ]
        add = [names["api"]]
        desk.edit("a", "b", op="op-1", status=done, assignee=ada.pk, points="0.5", priority=4, labels_add=add)
        desk.edit("a", "b", op="op-2", archived=True, deleted=True)
        desk.undo("a", "op-2")
        result = desk.undo("b", "op-1")
        assert (len(result.issues), result.left) == (2, [])
        with acting(ada, acme):
            assert before == [
                list(Issue.objects.order_by("pk").values("status", "assignee", "points", "priority", "rank", "labels"))
            ]
            assert one(flow, "a").version == 6
            assert one(flow, "a").deleted_at is None
            assert order(flow) == ["a", "b", "c", "d"]

    def test_leaves_alone_what_was_changed_since_and_says_so(
        self, desk: Desk, ada: User, acme: Organization, flow: Project
    ) -> None:
        desk.edit("a", "b", "c", op="op", priority=4, points=3)
        with acting(ada, acme) as actor:
            services.edit_issue(actor=actor, issue=one(flow, "a"), values={"priority": 1})
            services.delete_issue(actor=actor, issue=one(flow, "b"))
            keys = [f"FLOW-{one(flow, title).number}" for title in "ab"]
        result = desk.undo("c", "op")
        assert result.left == keys
        with acting(ada, acme):
            assert [(one(flow, t).priority, one(flow, t).points) for t in "abc"] == [(1, None), (4, 3), (0, None)]

    def test_leaves_alone_what_cannot_be_had_again(
        self, desk: Desk, names: dict[str, int], ada: User, acme: Organization, flow: Project
    ) -> None:
        mateo = make_member(acme)
        desk.edit("a", "b", assignee=mateo.pk, labels_add=[names["old"], names["docs"]])
        with acting(ada, acme):
            review, done = at(flow, "In review"), at(flow, "Done")
        desk.edit("a", "b", status=review.pk)
        desk.edit("a", "b", op="op", status=done.pk, assignee=ada.pk, labels_remove=[names["old"], names["docs"]])
        with acting(ada, acme) as actor:
            remove_member(actor=actor, membership=Membership.objects.get(user=mateo))
            services.retire_label(actor=actor, label=Label.objects.get(pk=names["old"]))
            Status.objects.filter(pk=review.pk).update(retired_at=timezone.now())
        result = desk.undo("a", "op")
        assert len(result.left) == 2
        with acting(ada, acme):
            assert labels_of(flow, "a") == {"docs"}
            assert (one(flow, "a").status_id, one(flow, "a").assignee_id) == (done.pk, ada.pk)

    def test_leaves_an_issue_alone_that_is_not_here_any_more(
        self, desk: Desk, ada: User, acme: Organization, flow: Project
    ) -> None:
        desk.edit("a", "b", op="op", priority=4)
        other = make_project(acme, ada, "OTHER")
        with acting(ada, acme):
            Issue.objects.filter(title="a").update(project=other)
        assert [issue.title for issue in desk.undo("b", "op").issues] == ["b"]

    def test_keeps_its_place_where_somebody_took_the_old_one(
        self, desk: Desk, ada: User, acme: Organization, flow: Project
    ) -> None:
        with acting(ada, acme):
            done, old = at(flow, "Done").pk, one(flow, "a").rank
        desk.edit("a", op="op", status=done)
        with acting(ada, acme):
            Issue.objects.filter(title="b").update(rank=old)
        desk.undo("a", "op")
        with acting(ada, acme):
            assert one(flow, "a").status.name == "To do"
            assert order(flow) == ["b", "c", "d", "a"]

    def test_keeps_its_place_where_it_was_given_another_since(
        self, desk: Desk, ada: User, acme: Organization, flow: Project
    ) -> None:
        with acting(ada, acme):
            done = at(flow, "Done").pk
        desk.edit("a", op="op", status=done)
        with acting(ada, acme) as actor:
            services.move_issue(actor=actor, issue=one(flow, "a"), to=at(flow, "Done"), before=one(flow, "c"))
        assert desk.undo("a", "op").left == []
        with acting(ada, acme):
            assert order(flow) == ["b", "a", "c", "d"]

    def test_passes_by_the_workflow_but_not_by_a_limit(
        self, desk: Desk, ada: User, acme: Organization, flow: Project
    ) -> None:
        with acting(ada, acme):
            progress, review, done = (at(flow, name).pk for name in ("In progress", "In review", "Done"))
        desk.edit("a", status=progress)
        desk.edit("b", status=review)
        desk.edit("a", "b", op="op", status=done)
        desk.edit("c", status=progress)
        with acting(ada, acme) as actor:
            Transition.objects.filter(project=flow).delete()
            column = Column.objects.get(project=flow, name="In progress")
            project = get_project(actor=actor, key="FLOW")
            set_column_limit(actor=actor, project=project, column_id=column.pk, limit=1, policy="block")
        with acting(ada, acme):
            before = everything(flow)
        with pytest.raises(services.ColumnFull):
            desk.undo("a", "op")
        with acting(ada, acme) as actor:
            assert everything(flow) == before
            services.delete_issue(actor=actor, issue=one(flow, "c"))
        desk.undo("a", "op")
        with acting(ada, acme):
            assert (one(flow, "a").status_id, one(flow, "b").status_id) == (progress, review)

    def test_counts_all_that_come_back_into_a_column_of_several_statuses(
        self, desk: Desk, ada: User, acme: Organization, flow: Project
    ) -> None:
        with acting(ada, acme) as actor:
            progress, review, done = (at(flow, name).pk for name in ("In progress", "In review", "Done"))
            column = Column.objects.get(project=flow, name="In progress")
            ColumnStatus.objects.filter(status_id=review).update(column=column)
            assert Board.objects.filter(project=flow).count() == 1
        desk.edit("a", status=progress)
        desk.edit("b", status=review)
        desk.edit("a", "b", op="op", status=done)
        with acting(ada, acme) as actor:
            project = get_project(actor=actor, key="FLOW")
            set_column_limit(actor=actor, project=project, column_id=column.pk, limit=1, policy="block")
        with pytest.raises(services.ColumnFull):
            desk.undo("a", "op")

    def test_happens_once_by_the_same_person_within_ten_minutes(
        self, desk: Desk, ada: User, acme: Organization, flow: Project
    ) -> None:
        mateo = make_member(acme)
        desk.edit("a", "b", op="op", priority=4)
        with pytest.raises(NotFound):
            Desk(mateo, acme, flow).undo("a", "op")
        with pytest.raises(NotFound):
            desk.undo("c", "op")
        with pytest.raises(NotFound):
            desk.undo("a", "")
        desk.undo("a", "op")
        with pytest.raises(services.NothingToTakeBack):
            desk.undo("a", "op")

    def test_is_over_after_ten_minutes(
        self, desk: Desk, monkeypatch: pytest.MonkeyPatch, ada: User, acme: Organization, flow: Project
    ) -> None:
        desk.edit("a", "b", op="op", priority=4)
        monkeypatch.setattr(taking_back, "TAKE_BACK", timedelta(0))
        with pytest.raises(NotFound):
            desk.undo("a", "op")
