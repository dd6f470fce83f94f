"""The workflow: who may take an edge, what it asks for, what happens with it, and what is refused without a trace."""

from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from apps.accounts.models import User
from apps.core.errors import Forbidden, Invalid, NotFound
from apps.core.tenancy import Actor, OrgRole, run_as_system
from apps.events.models import Change, Event
from apps.issues import services
from apps.issues.models import Comment, Issue
from apps.issues.selectors import TransitionRefused, Workflow, get_workflow, ways_from
from apps.issues.services import NewIssue, moving
from apps.orgs.models import Organization
from apps.projects import services as projects
from apps.projects.models import IssueType, Label, Project, Status, Transition
from apps.projects.policies import Role
from apps.projects.selectors import get_project, list_statuses
from apps.projects.services import Rules
from tests.factories import acting, give_role, make_issues, make_member

Party, Required, Assigns = Transition.Party, Transition.Required, Transition.Assigns


def status(project: Project, name: str) -> Status:
    return Status.objects.select_related("project").get(project=project, name=name)


def issue(project: Project, title: str = "a") -> Issue:
    return Issue.objects.select_related("project", "status", "type").get(project=project, title=title)


def narrow(actor: Actor, project: Project, target: str, source: str | None = None, **rules: Any) -> Transition:
    """Give the edge to a status (from one, or from anywhere) these rules."""
    return projects.set_transition(
        actor=actor,
        source=status(project, source) if source else None,
        target=status(project, target),
        rules=Rules(**rules),
    )


def close(actor: Actor, project: Project, target: str) -> None:
    """Take the way from anywhere to a status away."""
    found = Transition.objects.select_related("project").get(project=project, source=None, target__name=target)
    projects.remove_transition(actor=actor, transition=found)


def move(actor: Actor, project: Project, to: str, title: str = "a") -> Issue:
    return services.move_issue(actor=actor, issue=issue(project, title), to=status(project, to))


def refusal(actor: Actor, project: Project, to: str, title: str = "a") -> str:
    """Try to move, and the sentence with which it was refused; nothing has changed."""
    before = Issue.objects.values().get(project=project, title=title)
    with pytest.raises(TransitionRefused) as refused:
        move(actor, project, to, title)
    assert Issue.objects.values().get(project=project, title=title) == before
    return str(refused.value.detail)


class TestEdges:
    def test_lead_from_anywhere_to_everywhere_until_somebody_narrows_them(
        self, ada: User, acme: Organization, flow: Project
    ) -> None:
        make_issues(acme, flow, ada, "a")
        with acting(ada, acme) as actor:
            for name in ("Done", "To do", "In review", "Cancelled", "In progress"):
                assert move(actor, flow, name).status.name == name

    def test_refuse_what_they_do_not_join_and_say_where_it_may_go(
        self, ada: User, acme: Organization, flow: Project
    ) -> None:
        make_issues(acme, flow, ada, "a")
        with acting(ada, acme) as actor:
            for name in ("In review", "Done", "Cancelled"):
                close(actor, flow, name)
            said = refusal(actor, flow, "Done")
            assert said == "The workflow has no way from “To do” to “Done”. From here it goes to: In progress."
            close(actor, flow, "In progress")
            assert refusal(actor, flow, "Done") == "The workflow has no way on from “To do”."

    def test_are_for_people_and_hold_back_nothing_that_flowboard_does_itself(
        self, ada: User, acme: Organization, flow: Project
    ) -> None:
        make_issues(acme, flow, ada, "a")
        with acting(ada, acme) as actor:
            close(actor, flow, "Done")
            refusal(actor, flow, "Done")
        with run_as_system(org_id=acme.pk) as actor:
            assert move(actor, flow, "Done").status.name == "Done"

    def test_of_their_own_go_before_one_from_anywhere(self, ada: User, acme: Organization, flow: Project) -> None:
        make_issues(acme, flow, ada, "a")
        with acting(ada, acme) as actor:
            narrow(actor, flow, "Done", "To do", required_fields=[Required.POINTS])
            refusal(actor, flow, "Done")
            move(actor, flow, "In progress")
            assert move(actor, flow, "Done").status.name == "Done"

    def test_let_somebody_take_their_own_move_back_for_a_while(
        self, ada: User, acme: Organization, flow: Project, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        make_issues(acme, flow, ada, "a", "b")
        mateo = make_member(acme)
        with acting(ada, acme) as actor:
            move(actor, flow, "Done")
            close(actor, flow, "To do")
        with acting(mateo, acme) as other:
            refusal(other, flow, "To do")
        with acting(ada, acme) as actor:
            assert move(actor, flow, "To do").status.name == "To do"
        with acting(ada, acme) as actor:
            move(actor, flow, "Done")
        monkeypatch.setattr(moving, "TAKE_BACK", timedelta(0))
        with acting(ada, acme) as actor:
            refusal(actor, flow, "To do")

    def test_are_no_matter_within_a_column(self, ada: User, acme: Organization, flow: Project) -> None:
        make_issues(acme, flow, ada, "a", "b")
        with acting(ada, acme) as actor:
            close(actor, flow, "To do")
            services.move_issue(actor=actor, issue=issue(flow, "b"), to=status(flow, "To do"), before=issue(flow, "a"))
            assert list(Issue.objects.order_by("rank").values_list("title", flat=True)) == ["b", "a"]

    def test_hold_for_several_issues_at_once(self, ada: User, acme: Organization, flow: Project) -> None:
        make_issues(acme, flow, ada, "a", "b")
        with acting(ada, acme) as actor:
            services.edit_issue(actor=actor, issue=issue(flow, "a"), values={"points": 3})
            narrow(actor, flow, "Done", required_fields=[Required.POINTS])
            both = [issue(flow, "a").pk, issue(flow, "b").pk]
            to_done = {"status": status(flow, "Done").pk}
            with pytest.raises(TransitionRefused):
                services.bulk_edit(actor=actor, project=flow, issue_ids=both, values=to_done)
            assert issue(flow, "a").status.name == "To do"
            narrow(actor, flow, "Done", assigns=Assigns.MOVER)
            moved = services.bulk_edit(actor=actor, project=flow, issue_ids=both, values=to_done)
            assert {each.assignee_id for each in moved.changed} == {ada.pk}


class TestConditions:
    @pytest.mark.parametrize("party", [Party.ASSIGNEE, Party.REPORTER, Party.LEAD, Party.ADMIN])
    def test_offer_the_edge_to_those_it_is_for_alone(
        self, ada: User, acme: Organization, flow: Project, party: Party
    ) -> None:
        mateo = make_member(acme)
        make_issues(acme, flow, ada, "a")
        with acting(ada, acme) as actor:
            narrow(actor, flow, "Done", allowed_parties=[party])
        with acting(mateo, acme) as other:
            assert refusal(other, flow, "Done") == f"“Done” may be taken only by: {party.label}."
        with acting(ada, acme) as actor:
            if party == Party.ASSIGNEE:
                refusal(actor, flow, "Done")
                services.edit_issue(actor=actor, issue=issue(flow), values={"assignee": ada.pk})
            assert move(actor, flow, "Done").status.name == "Done"

    def test_are_met_by_any_one_of_them(self, ada: User, acme: Organization, flow: Project) -> None:
        mateo = make_member(acme)
        make_issues(acme, flow, ada, "a", assignee=mateo)
        with acting(ada, acme) as actor:
            narrow(actor, flow, "Done", allowed_parties=[Party.ADMIN, Party.ASSIGNEE])
        with acting(mateo, acme) as other:
            assert move(other, flow, "Done").status.name == "Done"

    def test_say_for_every_status_why_not(self, ada: User, acme: Organization, flow: Project) -> None:
        mateo = make_member(acme)
        make_issues(acme, flow, ada, "a")
        with acting(ada, acme) as actor:
            narrow(actor, flow, "Done", allowed_parties=[Party.ADMIN])
            close(actor, flow, "Cancelled")
        with acting(mateo, acme) as other:
            project = get_project(actor=other, key="FLOW")
            ways = ways_from(
                actor=other,
                issue=issue(flow),
                statuses=list_statuses(actor=other, project=project),
                workflow=get_workflow(project=project),
            )
            assert {way.status.name: bool(way.refused) for way in ways} == {
                "To do": False,
                "In progress": False,
                "In review": False,
                "Done": True,
                "Cancelled": True,
            }
            for way in ways:
                if way.refused:
                    assert refusal(other, flow, way.status.name) == way.refused


class TestValidators:
    @pytest.mark.parametrize(
        ("field", "value"),
        [
            (Required.ASSIGNEE, "ada"),
            (Required.POINTS, "3"),
            (Required.DUE_DATE, "2026-12-01"),
            (Required.START_DATE, "2026-12-01"),
            (Required.DESCRIPTION, "Why"),
            (Required.LABELS, "label"),
            (Required.PARENT, "epic"),
        ],
    )
    def test_ask_for_a_field(self, ada: User, acme: Organization, flow: Project, field: Required, value: Any) -> None:
        make_issues(acme, flow, ada, "a")
        with acting(ada, acme) as actor:
            narrow(actor, flow, "Done", required_fields=[field])
            assert refusal(actor, flow, "Done") == f"“Done” needs this field first: {field.label}."
            if value == "ada":
                value = ada.pk
            elif value == "label":
                value = [projects.create_label(actor=actor, project=flow, name="x").pk]
            elif value == "epic":
                kind = IssueType.objects.get(project=flow, name="Epic")
                value = services.create_issue(actor=actor, project=flow, new=NewIssue(title="e", type=kind)).pk
            services.edit_issue(actor=actor, issue=issue(flow), values={field.value: value})
            assert move(actor, flow, "Done").status.name == "Done"

    def test_name_every_missing_field(self, ada: User, acme: Organization, flow: Project) -> None:
        make_issues(acme, flow, ada, "a")
        with acting(ada, acme) as actor:
            narrow(actor, flow, "Done", required_fields=[Required.POINTS, Required.ASSIGNEE, Required.SPRINT])
            assert refusal(actor, flow, "Done") == "“Done” needs these fields first: Assignee, Points, Sprint."

    def test_wait_for_sub_tasks(self, ada: User, acme: Organization, flow: Project) -> None:
        make_issues(acme, flow, ada, "a")
        with acting(ada, acme) as actor:
            kind = IssueType.objects.get(project=flow, name="Sub-task")
            parts = [NewIssue(title=f"part {number}", type=kind, parent=issue(flow)) for number in range(5)]
            services.create_issues(actor=actor, project=flow, batch=parts)
            narrow(actor, flow, "Done", needs_finished_subtasks=True)
            assert refusal(actor, flow, "Done") == "Finish its sub-tasks first: FLOW-2, FLOW-3, FLOW-4 and 2 more."
            for part in Issue.objects.filter(type=kind).order_by("number")[:4]:
                services.move_issue(actor=actor, issue=part, to=status(flow, "Cancelled"))
            assert refusal(actor, flow, "Done") == "Finish its sub-tasks first: FLOW-6."
            services.delete_issue(actor=actor, issue=issue(flow, "part 4"))
            assert move(actor, flow, "Done").status.name == "Done"

    def test_wait_for_blockers(self, ada: User, acme: Organization, flow: Project) -> None:
        make_issues(acme, flow, ada, "a", "b")
        with acting(ada, acme) as actor:
            services.link_issues(actor=actor, source=issue(flow, "b"), target=issue(flow), kind="blocks")
            narrow(actor, flow, "Done", needs_no_open_blocker=True)
            assert refusal(actor, flow, "Done") == "It is blocked by work that is not done: FLOW-2."
            move(actor, flow, "Done", "b")
            assert move(actor, flow, "Done").status.name == "Done"

    def test_run_before_anything_that_follows(self, ada: User, acme: Organization, flow: Project) -> None:
        make_issues(acme, flow, ada, "a")
        with acting(ada, acme) as actor:
            narrow(actor, flow, "Done", required_fields=[Required.POINTS], comment="Shipped.", sets_priority=4)
            refusal(actor, flow, "Done")
            assert not Comment.objects.exists()

    def test_let_through_what_meets_none_of_them(self, ada: User, acme: Organization, flow: Project) -> None:
        make_issues(acme, flow, ada, "a")
        with acting(ada, acme) as actor:
            narrow(actor, flow, "Done", needs_finished_subtasks=True, needs_no_open_blocker=True)
            assert move(actor, flow, "Done").status.name == "Done"


class TestPostFunctions:
    def test_set_fields_and_comment_with_the_move(self, ada: User, acme: Organization, flow: Project) -> None:
        make_issues(acme, flow, ada, "a")
        with acting(ada, acme) as actor:
            label = projects.create_label(actor=actor, project=flow, name="shipped")
            narrow(actor, flow, "Done", sets_priority=1, assigns=Assigns.MOVER, adds_label=label, comment="It is out.")
            moved = move(actor, flow, "Done")
            assert (moved.status.name, moved.priority, moved.assignee_id) == ("Done", 1, ada.pk)
            assert moved.version == issue(flow).version
            assert list(moved.labels.all()) == [label]
            assert [comment.body for comment in Comment.objects.all()] == ["It is out."]
        with acting(ada, acme):
            kinds = Event.objects.filter(issue=issue(flow)).order_by("seq").values_list("kind", flat=True)
            assert list(kinds) == ["issue.created", "issue.moved", "issue.edited", "issue.commented"]

    @pytest.mark.parametrize(
        ("assigns", "expected"),
        [(Assigns.REPORTER, "ada"), (Assigns.LEAD, "ada"), (Assigns.NOBODY, None), (Assigns.MOVER, "mateo")],
    )
    def test_give_it_to_whom_they_say(
        self, ada: User, acme: Organization, flow: Project, assigns: Assigns, expected: str | None
    ) -> None:
        mateo, lin = make_member(acme), make_member(acme, name="Lin Chen")
        make_issues(acme, flow, ada, "a", assignee=lin)
        with acting(ada, acme) as actor:
            narrow(actor, flow, "Done", assigns=assigns)
        with acting(mateo, acme) as other:
            moved = move(other, flow, "Done")
            assert moved.assignee_id == {"ada": ada.pk, "mateo": mateo.pk, None: None}[expected]

    def test_pass_over_somebody_who_works_here_no_more(self, ada: User, acme: Organization, flow: Project) -> None:
        make_issues(acme, flow, ada, "a")
        with acting(ada, acme) as actor:
            narrow(actor, flow, "Done", assigns=Assigns.LEAD)
            Project.objects.filter(pk=flow.pk).update(lead=None)
            stranger = User.objects.create_user("s@example.test", "x", name="S")
            Project.objects.filter(pk=flow.pk).update(lead=stranger)
            assert move(actor, flow, "Done").assignee_id is None


class TestBeginning:
    def test_new_issues_begin_in_the_initial_status(self, ada: User, acme: Organization, flow: Project) -> None:
        with acting(ada, acme) as actor:
            projects.choose_initial_status(actor=actor, status=status(flow, "In progress"))
            made = services.create_issue(actor=actor, project=flow, new=NewIssue(title="a"))
            assert made.status.name == "In progress"

    def test_elsewhere_they_take_the_edge_with_its_rules(self, ada: User, acme: Organization, flow: Project) -> None:
        with acting(ada, acme) as actor:
            narrow(actor, flow, "Done", required_fields=[Required.POINTS], assigns=Assigns.MOVER)
            close(actor, flow, "In review")
            done = status(flow, "Done")
            for new in (NewIssue(title="a", status=done), NewIssue(title="a", status=status(flow, "In review"))):
                with pytest.raises(TransitionRefused):
                    services.create_issue(actor=actor, project=flow, new=new)
            assert not Issue.objects.exists()
            made = services.create_issue(actor=actor, project=flow, new=NewIssue(title="a", status=done, points=3))
            assert (made.number, made.status.name, made.assignee_id) == (1, "Done", ada.pk)

    def test_the_default_asks_for_no_rule(self, ada: User, acme: Organization, flow: Project) -> None:
        with acting(ada, acme) as actor:
            narrow(actor, flow, "To do", required_fields=[Required.POINTS])
            both = [NewIssue(title="a"), NewIssue(title="b", status=status(flow, "In progress"))]
            made = services.create_issues(actor=actor, project=flow, batch=both)
            assert [each.status.name for each in made] == ["To do", "In progress"]


class TestEditing:
    def test_a_status_keeps_the_resolution_of_its_issues_true(
        self, ada: User, acme: Organization, flow: Project
    ) -> None:
        make_issues(acme, flow, ada, "a")
        with acting(ada, acme) as actor:
            move(actor, flow, "In review")
            services.edit_status(actor=actor, status=status(flow, "In review"), name="Released", category="done")
            assert issue(flow).resolved_at == issue(flow).status_changed_at
            services.edit_status(actor=actor, status=status(flow, "Released"), name="Released", category="todo", hue=30)
            assert issue(flow).resolved_at is None
            assert status(flow, "Released").hue == 30
        with acting(ada, acme):
            assert Event.objects.filter(kind="project.workflow_changed").count() == 2

    @pytest.mark.parametrize(
        ("name", "category", "hue", "error"),
        [
            ("", "todo", None, Invalid),
            ("x" * 61, "todo", None, Invalid),
            ("Done", "todo", None, projects.NameTaken),
            ("In review", "limbo", None, Invalid),
            ("In review", "todo", 360, Invalid),
        ],
    )
    def test_a_status_refuses_what_makes_no_sense(
        self,
        ada: User,
        acme: Organization,
        flow: Project,
        name: str,
        category: str,
        hue: int | None,
        error: type[Exception],
    ) -> None:
        with acting(ada, acme) as actor:
            before = list(Status.objects.values())
            with pytest.raises(error):
                services.edit_status(
                    actor=actor, status=status(flow, "In review"), name=name, category=category, hue=hue
                )
            assert list(Status.objects.values()) == before

    def test_the_workflow_keeps_what_it_needs(self, ada: User, acme: Organization, flow: Project) -> None:
        with acting(ada, acme) as actor:
            todo, done, review = (status(flow, name) for name in ("To do", "Done", "In review"))
            before = list(Status.objects.order_by("pk").values())
            with pytest.raises(services.WorkflowNeedsIt, match="New issues begin"):
                services.edit_status(actor=actor, status=todo, name="To do", category="done")
            with pytest.raises(services.WorkflowNeedsIt, match="only status that means done"):
                services.edit_status(actor=actor, status=done, name="Done", category="todo")
            with pytest.raises(services.WorkflowNeedsIt, match="New issues begin"):
                services.retire_status(actor=actor, status=todo, to=review)
            with pytest.raises(services.WorkflowNeedsIt, match="only status that means done"):
                services.retire_status(actor=actor, status=done, to=review)
            with pytest.raises(Invalid, match="cannot begin"):
                projects.choose_initial_status(actor=actor, status=done)
            assert list(Status.objects.order_by("pk").values()) == before

    def test_retiring_a_status_takes_its_issues_along(self, ada: User, acme: Organization, flow: Project) -> None:
        make_issues(acme, flow, ada, "a", "b", "c")
        with acting(ada, acme) as actor:
            for title in "abc":
                move(actor, flow, "In review", title)
            services.archive_issue(actor=actor, issue=issue(flow, "b"))
            services.delete_issue(actor=actor, issue=issue(flow, "c"))
            narrow(actor, flow, "Done", "In review")
            version = issue(flow).version
            old = status(flow, "In review")
            assert services.retire_status(actor=actor, status=old, to=status(flow, "Done")) == 3
            assert {each.status.name for each in Issue.objects.select_related("status")} == {"Done"}
            assert issue(flow).version == version + 1
            assert issue(flow).resolved_at is not None
            assert not Transition.objects.filter(source=old).exists()
            assert not Transition.objects.filter(target=old).exists()
            assert "In review" not in [each.name for each in list_statuses(actor=actor, project=flow)]
            # The name is free, and the old one stands in the history.
            projects.add_status(actor=actor, project=flow, name="In review", category="in_progress")
        with acting(ada, acme) as actor:
            assert Change.objects.filter(field="status", new=status(flow, "Done").pk).count() == 3
            told = " ".join(entry.sentence_html for entry in selectors_activity(actor, issue(flow)))
            assert "from In review to <b>Done</b>" in told

    def test_a_retired_status_leaves_its_place_on_the_board_to_its_successor(
        self, ada: User, acme: Organization, flow: Project
    ) -> None:
        with acting(ada, acme) as actor:
            tested = projects.add_status(actor=actor, project=flow, name="Tested", category="in_progress")
            services.retire_status(actor=actor, status=status(flow, "In review"), to=tested)
            assert [place.column.name for place in tested.column_statuses.all()] == ["In review"]
            services.retire_status(actor=actor, status=tested, to=status(flow, "In progress"))
            assert status(flow, "In progress").column_statuses.count() == 1

    def test_a_retired_status_takes_nothing_in(self, ada: User, acme: Organization, flow: Project) -> None:
        make_issues(acme, flow, ada, "a")
        with acting(ada, acme) as actor:
            old = status(flow, "In review")
            services.retire_status(actor=actor, status=old, to=status(flow, "Done"))
            old.refresh_from_db()
            with pytest.raises(NotFound):
                services.move_issue(actor=actor, issue=issue(flow), to=old)
            with pytest.raises(NotFound):
                services.retire_status(actor=actor, status=old, to=status(flow, "Done"))
            with pytest.raises(NotFound):
                services.edit_status(actor=actor, status=old, name="x", category="todo")
            with pytest.raises(NotFound):
                projects.choose_initial_status(actor=actor, status=old)
            with pytest.raises(Invalid):
                services.create_issue(actor=actor, project=flow, new=NewIssue(title="b", status=old))
            with pytest.raises(Invalid):
                projects.set_transition(actor=actor, source=None, target=old)

    def test_retiring_a_type_turns_its_issues_into_another(self, ada: User, acme: Organization, flow: Project) -> None:
        make_issues(acme, flow, ada, "a")
        with acting(ada, acme) as actor:
            types = {each.name: each for each in IssueType.objects.select_related("project").filter(project=flow)}
            with pytest.raises(Invalid):
                services.retire_issue_type(actor=actor, issue_type=types["Task"], to=types["Epic"])
            assert services.retire_issue_type(actor=actor, issue_type=types["Task"], to=types["Bug"]) == 1
            assert issue(flow).type.name == "Bug"
            assert services.create_issue(actor=actor, project=flow, new=NewIssue(title="b")).type.name == "Story"
            with pytest.raises(NotFound):
                services.retire_issue_type(actor=actor, issue_type=types["Task"], to=types["Bug"])
            with pytest.raises(Invalid):
                services.edit_issue(actor=actor, issue=issue(flow), values={"type": types["Task"].pk})

    def test_is_for_those_who_administer_the_project(self, ada: User, acme: Organization, secret: Project) -> None:
        member = make_member(acme)
        give_role(acme, secret, member, Role.MEMBER)
        with acting(ada, acme):
            before = list(Status.objects.values()), list(Transition.objects.values())
            types = {each.name: each for each in IssueType.objects.select_related("project").filter(project=secret)}
        with acting(member, acme) as actor:
            todo, done = status(secret, "To do"), status(secret, "Done")
            edge = Transition.objects.select_related("project").get(target=done)
            for attempt in (
                lambda: services.edit_status(actor=actor, status=todo, name="x", category="todo"),
                lambda: services.retire_status(actor=actor, status=done, to=todo),
                lambda: services.retire_issue_type(actor=actor, issue_type=types["Task"], to=types["Bug"]),
                lambda: projects.choose_initial_status(actor=actor, status=done),
                lambda: projects.order_statuses(actor=actor, project=secret, status_ids=[]),
                lambda: projects.set_transition(actor=actor, source=None, target=done),
                lambda: projects.remove_transition(actor=actor, transition=edge),
                lambda: projects.edit_issue_type(actor=actor, issue_type=types["Bug"], name="x", icon="bug", hue=1),
            ):
                with pytest.raises(Forbidden):
                    attempt()
        with acting(ada, acme):
            assert (list(Status.objects.values()), list(Transition.objects.values())) == before


def selectors_activity(actor: Actor, of: Issue) -> list[Any]:
    from apps.issues.activity import activity

    return [entry for entry in activity(actor=actor, issue=of) if entry.kind == "fact"]


STATUSES = [1, 2, 3, 4]
EDGES = st.dictionaries(
    st.tuples(st.sampled_from([None, *STATUSES]), st.sampled_from(STATUSES)).filter(lambda pair: pair[0] != pair[1]),
    st.lists(st.sampled_from(Party.values), unique=True, max_size=2),
    max_size=10,
)


class TestAnyWorkflow:
    """Against a model of one line: an edge of one's own, else from anywhere, and one of its parties."""

    @hypothesis_settings(deadline=None, max_examples=300)
    @given(
        edges=EDGES,
        at=st.sampled_from(STATUSES),
        assignee=st.sampled_from([None, 7, 8]),
        reporter=st.sampled_from([7, 8]),
        lead=st.sampled_from([7, 8]),
        role=st.sampled_from([OrgRole.MEMBER, OrgRole.OWNER]),
    )
    def test_offers_exactly_what_it_lets_through(
        self, edges: dict[Any, list[str]], at: int, assignee: int | None, reporter: int, lead: int, role: OrgRole
    ) -> None:
        project = Project(pk=5, org_id=1, key="FLOW", lead_id=lead)
        actor = Actor(user_id=7, org_id=1, org_slug="acme", org_role=role)
        workflow = Workflow(
            Transition(project=project, source_id=source, target_id=target, name="go", allowed_parties=parties)
            for (source, target), parties in edges.items()
        )
        mine = {
            Party.ADMIN: role == OrgRole.OWNER,
            Party.LEAD: lead == 7,
            Party.ASSIGNEE: assignee == 7,
            Party.REPORTER: reporter == 7,
        }
        statuses = [Status(pk=pk, name=str(pk), project=project) for pk in STATUSES]
        work = Issue(project=project, status_id=at, assignee_id=assignee, reporter_id=reporter)
        ways = ways_from(actor=actor, issue=work, statuses=statuses, workflow=workflow)
        for way in ways:
            to = way.status.pk
            parties = edges.get((at, to), edges.get((None, to)))
            expected = to == at or (parties is not None and (not parties or any(mine[Party(p)] for p in parties)))
            assert (not way.refused) == expected
            assert workflow.allows(actor, project, work, to) == expected
        if workflow.is_free(STATUSES):
            assert not any(way.refused for way in ways)


def test_labels_belong_to_the_project(ada: User, acme: Organization, flow: Project, secret: Project) -> None:
    with acting(ada, acme) as actor:
        foreign = Label.objects.create(org=acme, project=secret, name="x", hue=0)
        for rules in (
            Rules(adds_label=foreign),
            Rules(sets_priority=9),
            Rules(assigns="status"),
            Rules(required_fields=["status"]),
            Rules(allowed_parties=["everybody"]),
            Rules(comment="x" * 2001),
            Rules(comment="\x00"),
        ):
            with pytest.raises(Invalid):
                projects.set_transition(actor=actor, source=None, target=status(flow, "Done"), rules=rules)
        with pytest.raises(Invalid):
            projects.set_transition(actor=actor, source=status(flow, "Done"), target=status(flow, "Done"))
        with pytest.raises(Invalid):
            projects.set_transition(actor=actor, source=status(secret, "Done"), target=status(flow, "Done"))


def test_a_removed_transition_cannot_be_removed_again(ada: User, acme: Organization, flow: Project) -> None:
    with acting(ada, acme) as actor:
        edge = Transition.objects.select_related("project").filter(project=flow).first()
        assert edge is not None
        projects.remove_transition(actor=actor, transition=edge)
        with pytest.raises(NotFound):
            projects.remove_transition(actor=actor, transition=edge)


def test_statuses_are_put_in_order(ada: User, acme: Organization, flow: Project) -> None:
    with acting(ada, acme) as actor:
        ids = [each.pk for each in list_statuses(actor=actor, project=flow)]
        projects.order_statuses(actor=actor, project=flow, status_ids=[*reversed(ids)])
        assert [each.pk for each in list_statuses(actor=actor, project=flow)] == [*reversed(ids)]
        for wrong in (ids[1:], [*ids, ids[0]], []):
            with pytest.raises(Invalid):
                projects.order_statuses(actor=actor, project=flow, status_ids=wrong)
    with acting(ada, acme):
        assert Event.objects.filter(kind="project.workflow_changed").count() == 4


def test_saving_what_is_there_already_says_nothing(ada: User, acme: Organization, flow: Project) -> None:
    with acting(ada, acme) as actor:
        todo = status(flow, "To do")
        bug = IssueType.objects.select_related("project").get(project=flow, name="Bug")
        services.edit_status(actor=actor, status=todo, name="To do", category="todo")
        projects.choose_initial_status(actor=actor, status=todo)
        projects.set_transition(actor=actor, source=None, target=todo)
        projects.edit_issue_type(actor=actor, issue_type=bug, name="Bug", icon=bug.icon, hue=bug.hue)
    with acting(ada, acme):
        assert not Event.objects.filter(kind="project.workflow_changed").exists()


def test_a_renamed_type_shows_on_every_card(ada: User, acme: Organization, flow: Project) -> None:
    with acting(ada, acme) as actor:
        bug = IssueType.objects.select_related("project").get(project=flow, name="Bug")
        before = Project.objects.get(pk=flow.pk).look_version
        projects.edit_issue_type(actor=actor, issue_type=bug, name="Defect", icon="bug", hue=0)
        assert Project.objects.get(pk=flow.pk).look_version == before + 1
        with pytest.raises(projects.NameTaken):
            projects.edit_issue_type(actor=actor, issue_type=bug, name="Task", icon="bug", hue=0)


def test_a_project_has_a_limited_number_of_statuses(
    ada: User, acme: Organization, flow: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("apps.projects.services.workflow.MOST_STATUSES", 6)
    with acting(ada, acme) as actor:
        projects.add_status(actor=actor, project=flow, name="one more", category="todo")
        with pytest.raises(Invalid, match="at most 6"):
            projects.add_status(actor=actor, project=flow, name="too many", category="todo")


def test_a_status_cannot_go_into_itself(ada: User, acme: Organization, flow: Project, secret: Project) -> None:
    with acting(ada, acme) as actor:
        for target in (status(flow, "In review"), status(secret, "Done")):
            with pytest.raises(Invalid):
                services.retire_status(actor=actor, status=status(flow, "In review"), to=target)
