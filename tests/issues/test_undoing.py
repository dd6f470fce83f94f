"""Taking single changes back: an inverse change through the same door, unless somebody changed the field since."""

import random
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from apps.accounts.models import User
from apps.core.errors import Conflict, DomainError, Forbidden, NotFound
from apps.core.tenancy import OrgRole, Origin, current_unit, run_as_system
from apps.events.models import Change, Event
from apps.issues import services
from apps.issues.activity import history_page
from apps.issues.models import Attachment, Comment, Issue, IssueLink, Priority
from apps.issues.selectors import TransitionRefused, get_comment, get_issue
from apps.issues.services.editing import EDITABLE
from apps.issues.services.undoing import INVERSES, UndoState, undo_states
from apps.issues.services.undoing import undo as undoing
from apps.orgs.models import Membership, Organization
from apps.orgs.services import remove_member
from apps.projects.models import IssueType, Label, Project, Status, Transition
from apps.projects.policies import Role
from apps.projects.services import add_status, create_label, create_version
from apps.sprints.models import Sprint
from tests.factories import acting, attach, give_role, make_issues, make_member


class Desk:
    """What one person does with FLOW-1, a request each."""

    def __init__(self, who: User, acme: Organization) -> None:
        self.who, self.acme = who, acme

    @contextmanager
    def at(self, key: str = "FLOW-1") -> Iterator[tuple[Any, Issue]]:
        with acting(self.who, self.acme) as actor:
            yield actor, get_issue(actor=actor, key=key, with_deleted=True)

    def edit(self, key: str = "FLOW-1", **values: Any) -> int:
        with self.at(key) as (actor, issue):
            services.edit_issue(actor=actor, issue=issue, values=values)
        return self.last(*values, key=key)

    def move(self, name: str, **near: Any) -> int:
        with self.at() as (actor, issue):
            services.move_issue(
                actor=actor, issue=issue, to=Status.objects.get(project=issue.project, name=name), **near
            )
        return self.last("status")

    def last(self, *fields: str, key: str = "FLOW-1") -> int:
        """The issue's newest change of these fields."""
        with self.at(key) as (_actor, issue):
            return Change.objects.filter(issue=issue, field__in=fields).latest("pk").pk

    def undo(self, change_id: int, *, seen: int | None = None, key: str = "FLOW-1") -> None:
        with self.at(key) as (actor, issue):
            services.undo_change(actor=actor, issue=issue, change_id=change_id, seen=seen)

    def value(self, field: str, key: str = "FLOW-1") -> Any:
        with self.at(key) as (_actor, issue):
            return getattr(issue, field)

    def states(self, key: str = "FLOW-1") -> dict[int, UndoState]:
        with self.at(key) as (actor, issue):
            changes = list(Change.objects.filter(issue=issue).select_related("event"))
            return undo_states(actor=actor, issue=issue, changes=changes)


@pytest.fixture
def issues(ada: User, acme: Organization, flow: Project) -> list[Issue]:
    return make_issues(acme, flow, ada, "Catch up", "Second", "Third")


@pytest.fixture
def desk(ada: User, acme: Organization, issues: list[Issue]) -> Desk:
    return Desk(ada, acme)


@pytest.fixture
def lin(acme: Organization) -> User:
    return make_member(acme, name="Lin Zhao")


class TestUndo:
    def test_sets_one_field_back_by_a_fact_that_says_so(self, desk: Desk, lin: User, acme: Organization) -> None:
        change = desk.edit(title="Renamed", priority=Priority.HIGH, assignee=lin.pk)
        with desk.at() as (_actor, issue):
            first, other = (
                Change.objects.filter(issue=issue, field=name).latest("pk") for name in ("title", "priority")
            )
        assert change in {first.pk, other.pk, desk.last("assignee")}
        desk.undo(first.pk)
        assert (desk.value("title"), desk.value("priority"), desk.value("assignee")) == ("Catch up", Priority.HIGH, lin)
        with desk.at() as (_actor, issue):
            fact = Event.objects.filter(issue=issue).latest("pk")
            assert (fact.kind, fact.data["takes_back"]) == ("issue.edited", first.event_id)
            assert [(c.field, c.old, c.new) for c in fact.changes.all()] == [("title", "Renamed", "Catch up")]
        states = desk.states()
        assert states[first.pk] is UndoState.TAKEN_BACK
        assert states[other.pk] is UndoState.OFFERED

    def test_can_be_undone_itself_and_again(self, desk: Desk) -> None:
        first = desk.edit(title="Renamed")
        undone = first
        for title in ("Catch up", "Renamed", "Catch up", "Renamed"):
            desk.undo(undone)
            assert desk.value("title") == title
            undone = desk.last("title")
        # The first change counts again, and everything between it and now is taken back in pairs.
        assert desk.states()[first] is UndoState.OFFERED
        desk.undo(first)
        assert desk.value("title") == "Catch up"

    def test_is_refused_twice_over(self, desk: Desk) -> None:
        change = desk.edit(title="Renamed")
        desk.undo(change)
        with pytest.raises(services.NothingToTakeBack, match="taken it back already"):
            desk.undo(change)

    def test_is_refused_where_the_field_was_changed_since_and_done_when_that_was_seen(
        self, desk: Desk, lin: User, acme: Organization
    ) -> None:
        change = desk.edit(title="Renamed", points="3")
        with desk.at() as (_actor, issue):
            change = Change.objects.get(issue=issue, field="title", event__kind="issue.edited").pk
        newer = Desk(lin, acme).edit(title="By Lin")
        desk.edit(points="5")
        with pytest.raises(services.StaleUndo) as stale:
            desk.undo(change)
        assert stale.value.extra == {"field": "title", "theirs": "By Lin", "mine": "Catch up", "seen": newer}
        assert desk.value("title") == "By Lin"
        newest = Desk(lin, acme).edit(title="By Lin again")
        with pytest.raises(services.StaleUndo) as again:
            desk.undo(change, seen=newer)
        assert (again.value.extra["theirs"], again.value.extra["seen"]) == ("By Lin again", newest)
        desk.undo(change, seen=newest)
        assert desk.value("title") == "Catch up"

    def test_has_nothing_to_do_where_somebody_set_the_value_back_by_hand(self, desk: Desk) -> None:
        change = desk.edit(title="Renamed")
        newest = desk.edit(title="Catch up")
        with pytest.raises(services.StaleUndo):
            desk.undo(change)
        with pytest.raises(services.NothingToTakeBack, match="has that value"):
            desk.undo(change, seen=newest)

    def test_is_refused_where_somebody_was_faster_than_the_lock(
        self, desk: Desk, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        change, newer = desk.edit(title="Renamed"), desk.edit(title="By somebody")
        real, calls = undoing.later_changes, []

        def blind_at_first(issue: Issue, changes: Any) -> Any:
            calls.append(1)
            return [] if len(calls) == 1 else real(issue, changes)

        monkeypatch.setattr(undoing, "later_changes", blind_at_first)
        with pytest.raises(services.StaleUndo) as stale:
            desk.undo(change)
        assert stale.value.extra["seen"] == newer
        assert desk.value("title") == "By somebody"
        monkeypatch.setattr(undoing, "later_changes", real)
        desk.undo(newer)
        calls.clear()
        monkeypatch.setattr(undoing, "later_changes", blind_at_first)
        with pytest.raises(services.NothingToTakeBack):  # another undo of the same was faster
            desk.undo(newer)

    def test_of_a_bulk_edit_touches_one_issue_alone(self, desk: Desk, flow: Project, issues: list[Issue]) -> None:
        with desk.at() as (actor, _issue):
            services.bulk_edit(
                actor=actor,
                project=flow,
                issue_ids=[issue.pk for issue in issues],
                values={"priority": 4, "points": "8"},
            )
        desk.undo(desk.last("priority"))
        assert [desk.value("priority", f"FLOW-{n}") for n in (1, 2, 3)] == [0, 4, 4]
        assert desk.value("points") == 8

    def test_knows_what_was_taken_back_in_bulk(self, desk: Desk, flow: Project, issues: list[Issue]) -> None:
        with desk.at() as (actor, issue):
            unit = current_unit()
            assert unit is not None
            unit.op = "op-1"
            services.bulk_edit(actor=actor, project=flow, issue_ids=[issue.pk], values={"priority": 4})
        change = desk.last("priority")
        with desk.at() as (actor, issue):
            services.take_back(actor=actor, project=flow, issue_id=issue.pk, op="op-1")
        assert desk.states()[change] is UndoState.TAKEN_BACK
        desk.undo(desk.last("priority"))
        assert desk.value("priority") == 4

    def test_is_for_those_who_may_edit(self, desk: Desk, acme: Organization, flow: Project) -> None:
        change = desk.edit(title="Renamed")
        guest = make_member(acme, OrgRole.GUEST, name="Vera Blom")
        give_role(acme, flow, guest, Role.VIEWER)
        looking = Desk(guest, acme)
        assert set(looking.states().values()) == {UndoState.FINAL}
        with pytest.raises(Forbidden):
            looking.undo(change)
        assert desk.value("title") == "Renamed"

    def test_knows_only_the_changes_of_the_issue(self, desk: Desk) -> None:
        change = desk.edit(title="Renamed")
        for other in (change + 1000, desk.edit("FLOW-2", title="Other")):
            with pytest.raises(NotFound):
                desk.undo(other)

    def test_nothing_leads_back_from_imports_creation_and_places(self, desk: Desk, acme: Organization) -> None:
        with run_as_system(org_id=acme.pk, origin=Origin.IMPORT) as actor:
            services.edit_issue(actor=actor, issue=get_issue(actor=actor, key="FLOW-1"), values={"title": "Imported"})
        imported = desk.last("title")
        desk.move("Done")
        made = desk.at()
        with made as (_actor, issue):
            created = Change.objects.filter(issue=issue, event__kind="issue.created").first()
            place = Change.objects.filter(issue=issue, field="rank").first()
        for change in (imported, created and created.pk, place and place.pk):
            assert change is not None
            assert desk.states()[change] is UndoState.FINAL
            with pytest.raises(services.CannotBeUndone):
                desk.undo(change)

    def test_is_found_by_what_the_browser_called_it(self, desk: Desk, lin: User, acme: Organization) -> None:
        with desk.at() as (actor, issue):
            unit = current_unit()
            assert unit is not None
            unit.op = "op-7"
            services.edit_issue(actor=actor, issue=issue, values={"assignee": lin.pk})
        with desk.at() as (actor, issue):
            found = services.find_change(actor=actor, issue=issue, op="op-7", field="assignee")
            assert found.new == lin.pk
            for op, field in (("op-7", "title"), ("", "assignee")):
                with pytest.raises(NotFound):
                    services.find_change(actor=actor, issue=issue, op=op, field=field)
        with Desk(lin, acme).at() as (actor, issue), pytest.raises(NotFound):
            services.find_change(actor=actor, issue=issue, op="op-7", field="assignee")


class TestWhatIsGone:
    def test_is_said_and_nothing_changes(
        self, desk: Desk, lin: User, ada: User, acme: Organization, flow: Project
    ) -> None:
        with acting(ada, acme) as actor:
            project = Project.objects.get(pk=flow.pk)
            label = create_label(actor=actor, project=project, name="old")
            sprint = Sprint.objects.create(org=acme, project=project, name="Sprint 1")
            spare = add_status(actor=actor, project=project, name="Spare", category="todo")
        desk.edit(labels=[label.pk])
        worn = desk.edit(labels=[])
        desk.edit(assignee=lin.pk)
        given = desk.edit(assignee="")
        with desk.at() as (actor, issue):
            services.bulk_edit(actor=actor, project=flow, issue_ids=[issue.pk], values={"sprint": sprint.pk})
        with desk.at() as (actor, issue):
            services.bulk_edit(actor=actor, project=flow, issue_ids=[issue.pk], values={"sprint": None})
        planned = desk.last("sprint")
        with desk.at("FLOW-2") as (actor, epic):
            values = {"type": IssueType.objects.get(project=flow, name="Epic").pk}
            services.edit_issue(actor=actor, issue=epic, values=values)
        desk.edit(parent=epic.pk)
        belonged = desk.edit(parent="")
        with run_as_system(org_id=acme.pk) as actor:
            services.move_issue(actor=actor, issue=get_issue(actor=actor, key="FLOW-1"), to=spare)
        moved = desk.move("In progress")
        with acting(ada, acme) as actor:
            services.retire_label(actor=actor, label=Label.objects.get(pk=label.pk))
            Sprint.objects.filter(pk=sprint.pk).update(state="completed")
            services.delete_issue(actor=actor, issue=get_issue(actor=actor, key="FLOW-2"))
            services.retire_status(actor=actor, status=spare, to=Status.objects.get(project=flow, name="In progress"))
        with acting(ada, acme) as actor:
            remove_member(actor=actor, membership=Membership.objects.get(user=lin, org=acme))
        with desk.at() as (_actor, issue):
            version = issue.version
        for change, words in (
            (worn, "no longer exists"),
            (given, "works in this project"),
            (planned, "Choose another one"),
            (belonged, "no such parent"),
            (moved, "no more in this project"),
        ):
            with pytest.raises(DomainError) as refused:
                desk.undo(change)
            assert words in str(refused.value.detail)
        assert desk.value("version") == version

    def test_the_workflow_is_asked(self, desk: Desk, lin: User, acme: Organization, flow: Project) -> None:
        change = desk.move("In progress")
        with run_as_system(org_id=acme.pk):
            Transition.objects.filter(project=flow).delete()
        with pytest.raises(TransitionRefused):
            Desk(lin, acme).undo(change)
        desk.undo(change)  # one's own move of a moment ago needs no edge, here as on the board
        assert desk.value("status").name == "To do"

    def test_what_the_workflow_adds_takes_nothing_back(self, desk: Desk, acme: Organization, flow: Project) -> None:
        with run_as_system(org_id=acme.pk):
            Transition.objects.filter(project=flow, target__name="To do").update(sets_priority=Priority.URGENT)
        change = desk.move("Done")
        desk.undo(change)
        assert (desk.value("status").name, desk.value("priority")) == ("To do", Priority.URGENT)
        with desk.at() as (_actor, issue):
            facts = Event.objects.filter(issue=issue).order_by("-pk")[:2]
            assert [fact.data.get("takes_back") is None for fact in facts] == [True, False]


class TestEachKind:
    def test_a_move_goes_back_to_its_place(self, desk: Desk, flow: Project) -> None:
        with desk.at() as (_actor, _issue):
            before = list(Issue.objects.filter(project=flow).order_by("rank").values_list("pk", flat=True))
        desk.undo(desk.move("Done"))
        assert desk.value("status").name == "To do"
        with desk.at() as (_actor, _issue):
            assert list(Issue.objects.filter(project=flow).order_by("rank").values_list("pk", flat=True)) == before

    def test_a_move_of_the_last_one_goes_back_behind_the_others(self, desk: Desk) -> None:
        with desk.at("FLOW-3") as (actor, issue):
            todo = issue.status
            services.move_issue(
                actor=actor,
                issue=issue,
                to=Status.objects.get(project=issue.project, name="Done"),
                before=get_issue(actor=actor, key="FLOW-1"),
            )
        change = desk.last("status", key="FLOW-3")
        desk.undo(change, key="FLOW-3")
        with desk.at("FLOW-3") as (_actor, issue):
            assert issue.status == todo
            assert Issue.objects.filter(project=issue.project).order_by("-rank").first() == issue

    def test_a_move_without_a_place_goes_back_too(self, desk: Desk, flow: Project) -> None:
        desk.move("In review")
        with desk.at() as (actor, _issue):
            review, done = (Status.objects.get(project=flow, name=name) for name in ("In review", "Done"))
            services.retire_status(actor=actor, status=review, to=done)
        change = desk.last("status")
        with desk.at() as (_actor, _issue):
            Status.objects.filter(pk=review.pk).update(retired_at=None)
        desk.undo(change)
        assert desk.value("status") == review

    def test_archive_and_bin_are_switches(self, desk: Desk) -> None:
        with desk.at() as (actor, issue):
            services.archive_issue(actor=actor, issue=issue)
        archived = desk.last("archived")
        desk.undo(archived)
        assert desk.value("archived_at") is None
        desk.undo(desk.last("archived"))
        assert desk.value("archived_at") is not None
        with desk.at() as (actor, issue):
            services.delete_issue(actor=actor, issue=issue)
        deleted = desk.last("deleted")
        states = desk.states()
        assert states[deleted] is UndoState.OFFERED
        assert states[archived] is UndoState.FINAL  # the issue is in the bin
        desk.undo(deleted)
        assert desk.value("deleted_at") is None
        desk.undo(desk.last("deleted"))
        assert desk.value("deleted_at") is not None
        with pytest.raises(Conflict):
            desk.undo(archived)

    def test_what_was_switched_again_offers_its_newest_entry_alone(self, desk: Desk) -> None:
        for write in (services.archive_issue, services.restore_issue, services.archive_issue):
            with desk.at() as (actor, issue):
                write(actor=actor, issue=issue)
        with desk.at() as (_actor, issue):
            first, _second, third = Change.objects.filter(issue=issue, field="archived").order_by("pk")
        states = desk.states()
        assert (states[first.pk], states[third.pk]) == (UndoState.FINAL, UndoState.OFFERED)
        with pytest.raises(services.NothingToTakeBack, match="newest entry"):
            desk.undo(first.pk)

    @pytest.mark.parametrize("kind", IssueLink.Kind.values)
    @pytest.mark.parametrize("is_turned", [False, True])
    def test_links_from_either_side(self, desk: Desk, kind: str, is_turned: bool) -> None:
        with desk.at() as (actor, issue):
            for number in (2, 3):
                other = get_issue(actor=actor, key=f"FLOW-{number}")
                source, target = (other, issue) if is_turned else (issue, other)
                services.link_issues(actor=actor, source=source, target=target, kind=kind)
        with desk.at() as (_actor, issue):
            fields = (kind, f"{kind}_in")
            second, third = Change.objects.filter(issue=issue, field__in=fields).order_by("pk")
        desk.undo(second.pk)
        with desk.at() as (_actor, issue):
            assert IssueLink.objects.count() == 1
            twin = Event.objects.filter(issue__number=2).latest("pk")
            assert twin.data["takes_back"] == second.event_id
        states = desk.states()
        assert (states[second.pk], states[third.pk]) == (UndoState.TAKEN_BACK, UndoState.OFFERED)
        desk.undo(desk.last(*fields))
        with desk.at() as (_actor, issue):
            assert IssueLink.objects.count() == 2
            IssueLink.objects.all().delete()
        with pytest.raises(services.CannotBeUndone, match="gone already"):
            desk.undo(third.pk)
        with desk.at("FLOW-3") as (actor, issue):
            services.delete_issue(actor=actor, issue=issue)
        with pytest.raises(services.CannotBeUndone, match="other issue"):
            desk.undo(third.pk)

    def test_a_link_that_says_the_same_both_ways_from_its_other_end(self, desk: Desk) -> None:
        with desk.at("FLOW-2") as (actor, issue):
            first = get_issue(actor=actor, key="FLOW-1")
            services.link_issues(actor=actor, source=issue, target=first, kind=IssueLink.Kind.RELATES)
        desk.undo(desk.last("relates", "relates_in", key="FLOW-2"), key="FLOW-2")
        with desk.at("FLOW-2"):
            assert not IssueLink.objects.exists()
        desk.undo(desk.last("relates", "relates_in", key="FLOW-2"), key="FLOW-2")
        with desk.at("FLOW-2"):
            assert IssueLink.objects.count() == 1

    def test_files(self, desk: Desk, ada: User, lin: User, acme: Organization, issues: list[Issue]) -> None:
        attach(acme, issues[0], lin, "notes.txt", b"some notes")
        attach(acme, issues[0], lin, "more.txt", b"more notes")
        with desk.at() as (_actor, issue):
            first, second = Change.objects.filter(issue=issue, field="attachment").order_by("pk")
        theirs = Desk(lin, acme)
        theirs.undo(first.pk)
        with desk.at() as (_actor, issue):
            assert list(issue.attachments.filter(deleted_at__isnull=True).values_list("name", flat=True)) == [
                "more.txt"
            ]
        assert theirs.states()[second.pk] is UndoState.OFFERED
        desk.undo(desk.last("attachment"))  # an admin of the project
        with desk.at() as (_actor, issue):
            assert issue.attachments.filter(deleted_at__isnull=True).count() == 2
        desk.undo(desk.last("attachment_restored"))
        gone = desk.last("attachment")
        with desk.at() as (_actor, _issue):
            Attachment.objects.filter(deleted_at__isnull=False).delete()
        with pytest.raises(services.CannotBeUndone):
            desk.undo(gone)
        mateo = Desk(make_member(acme), acme)
        assert mateo.states()[second.pk] is UndoState.FINAL

    def test_comments_and_pins(self, desk: Desk, lin: User, acme: Organization) -> None:
        theirs = Desk(lin, acme)
        with theirs.at() as (actor, issue):
            comment = services.add_comment(actor=actor, issue=issue, body="one two")
        for body in ("one three", "one four"):
            with theirs.at() as (actor, _issue):
                services.edit_comment(actor=actor, comment=get_comment(actor=actor, comment_id=comment.pk), body=body)
        edit = desk.last("comment")
        with pytest.raises(Forbidden):
            desk.undo(edit)
        theirs.undo(edit)
        with theirs.at() as (actor, _issue):
            fresh = get_comment(actor=actor, comment_id=comment.pk)
            assert fresh.body == "one three"
            services.set_pinned(actor=actor, comment=fresh, is_pinned=True)
        pin = desk.last("pinned_comment")
        desk.undo(pin)
        desk.undo(desk.last("pinned_comment"))
        with theirs.at() as (actor, _issue):
            fresh = get_comment(actor=actor, comment_id=comment.pk)
            assert fresh.pinned_at is not None
            services.delete_comment(actor=actor, comment=fresh)
        with pytest.raises(services.CannotBeUndone, match="was deleted"):
            desk.undo(desk.last("pinned_comment"))
        with pytest.raises(services.CannotBeUndone, match="Bring it back first"):
            theirs.undo(desk.last("comment"))
        deleted = desk.last("comment_deleted")
        theirs.undo(deleted)
        with theirs.at() as (actor, _issue):
            fresh = get_comment(actor=actor, comment_id=comment.pk)
            assert (fresh.body, fresh.pinned_at) == ("one three", None)
            assert services.restore_comment(actor=actor, comment=fresh).pk == comment.pk  # it is there: nothing to do
        desk.undo(desk.last("comment_deleted"))
        with pytest.raises(Forbidden), Desk(make_member(acme), acme).at() as (actor, _issue):
            services.restore_comment(actor=actor, comment=Comment.objects.select_related("issue__project").get())

    def test_threads(self, desk: Desk, lin: User, acme: Organization) -> None:
        with desk.at() as (actor, issue):
            first, other = (services.add_comment(actor=actor, issue=issue, body=body) for body in ("one", "two"))
            for comment in (first, other):
                services.set_thread_resolved(actor=actor, comment=comment, is_resolved=True)
        with desk.at() as (_actor, issue):
            change = Change.objects.filter(issue=issue, field="resolved_thread").earliest("pk")
        theirs = Desk(lin, acme)
        theirs.undo(change.pk)
        with desk.at() as (_actor, _issue):
            assert [each.resolved_at is None for each in Comment.objects.order_by("pk")] == [True, False]
        desk.undo(desk.last("resolved_thread"))
        with desk.at() as (_actor, _issue):
            assert not Comment.objects.filter(resolved_at=None).exists()

    def test_every_editable_field_leads_back(self) -> None:
        assert INVERSES.keys() >= EDITABLE


class TestAnyHistory:
    @pytest.mark.parametrize("seed", range(3))
    def test_undone_backwards_gives_the_issue_back(
        self, desk: Desk, lin: User, ada: User, acme: Organization, flow: Project, issues: list[Issue], seed: int
    ) -> None:
        chance = random.Random(seed)
        with acting(ada, acme) as actor:
            project = Project.objects.get(pk=flow.pk)
            labels = [create_label(actor=actor, project=project, name=name).pk for name in ("red", "blue", "green")]
            versions = [create_version(actor=actor, project=project, name=name).pk for name in ("1", "2")]
            sprints = [Sprint.objects.create(org=acme, project=project, name=f"Sprint {n}").pk for n in (1, 2)]
            types = list(IssueType.objects.filter(project=flow, level=1).values_list("pk", flat=True))
            statuses = list(Status.objects.filter(project=flow).values_list("name", flat=True))
            epic_type = IssueType.objects.get(project=flow, name="Epic")
        epic = make_issues(acme, flow, ada, "Epic", type=epic_type)[0]
        choices: dict[str, Any] = {
            "title": ["a", "b c", "d"],
            "description": ["", "one two", "three\n\n* four"],
            "type": types,
            "priority": list(Priority.values),
            "assignee": ["", ada.pk, lin.pk],
            "parent": ["", epic.pk],
            "points": ["", "1", "2.5"],
            "due_date": ["", "2026-12-24"],
            "start_date": ["", "2026-12-01"],
            "labels": [[], labels[:1], labels],
            "fix_versions": [[], versions],
        }
        with desk.at() as (_actor, _issue):
            before = self._state(flow)
            seen = Change.objects.order_by("-pk").values_list("pk", flat=True).first() or 0
        for _step in range(14):
            with desk.at() as (actor, issue):
                what = chance.choice([*choices, "status", "sprint", "archived", "link"])
                if what == "status":
                    to = Status.objects.get(project=flow, name=chance.choice(statuses))
                    services.move_issue(actor=actor, issue=issue, to=to)
                elif what == "sprint":
                    values = {"sprint": chance.choice([None, *sprints])}
                    services.bulk_edit(actor=actor, project=flow, issue_ids=[issue.pk], values=values)
                elif what == "archived":
                    turn = services.restore_issue if issue.archived_at else services.archive_issue
                    turn(actor=actor, issue=issue)
                elif what == "link":
                    other = get_issue(actor=actor, key="FLOW-2")
                    link = IssueLink.objects.select_related("source__project", "target__project").first()
                    if link is None:
                        services.link_issues(
                            actor=actor, source=issue, target=other, kind=chance.choice(["blocks", "relates"])
                        )
                    else:
                        services.unlink_issues(actor=actor, link=link)
                else:
                    services.edit_issue(actor=actor, issue=issue, values={what: chance.choice(choices[what])})
        with desk.at() as (_actor, issue):
            done = list(
                Change.objects.filter(issue=issue, pk__gt=seen)
                .exclude(field="rank")
                .order_by("-pk")
                .values_list("pk", flat=True)
            )
        assert len(done) > 4
        for change in done:
            desk.undo(change)
        with desk.at() as (actor, issue):
            assert self._state(flow) == before
            told = history_page(actor=actor, issue=issue, size=100).entries
            assert sum(entry.is_taken_back for entry in told) == len(done)

    @staticmethod
    def _state(flow: Project) -> list[Any]:
        """Everything that is stored of the project's issues, in their order, besides what counts and dates changes."""
        varying = {"version", "updated_at", "status_changed_at", "resolved_at", "rank"}
        names = [field.attname for field in Issue._meta.concrete_fields if field.attname not in varying]
        rows = Issue.objects.filter(project=flow).order_by("rank")
        return [
            (
                [getattr(issue, name) for name in names],
                sorted(issue.labels.values_list("pk", flat=True)),
                sorted(issue.fix_versions.values_list("pk", flat=True)),
                sorted(issue.links_out.values_list("target_id", "kind")),
                sorted(issue.links_in.values_list("source_id", "kind")),
            )
            for issue in rows
        ]
