"""A project's configuration, copied from another one: all of it, and nothing else."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.apps import apps
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from apps.accounts.models import User
from apps.boards import services
from apps.boards.models import Board, Column, ColumnStatus, QuickFilter
from apps.boards.selectors.copying import (
    LEFT_OUT,
    PARTS,
    SETTINGS,
    SETTINGS_LEFT,
    ArchivedProject,
    CopyPlan,
    SameProject,
    Ways,
    copy_sources,
)
from apps.boards.services import Asked, ConfigurationChanged, CopyInUse, Limit
from apps.core.errors import DomainError, Forbidden, Invalid, NotFound
from apps.core.tenancy import Actor, run_as_system, tables
from apps.events.models import Change, Event
from apps.issues.models import Issue
from apps.issues.services import delete_issue, move_issue, retire_label, retire_status
from apps.orgs.models import Organization
from apps.orgs.services import remove_member
from apps.projects.models import CustomField, IssueType, Label, Project, ProjectMember, Status, Transition
from apps.projects.selectors import get_project
from apps.projects.services import (
    Rules,
    add_issue_type,
    add_status,
    copy_members,
    create_field,
    create_label,
    create_project,
    set_project_archived,
    set_time_tracking,
    set_transition,
    set_triage,
)
from apps.recurring.content import Content
from apps.recurring.models import IssueTemplate, TemplateLabel
from apps.recurring.services import create_template
from apps.sprints.models import Cadence, Sprint
from apps.sprints.services import set_cadence
from tests.factories import acting, give_role, make_issues, make_member, make_org, make_project, make_user

# What a row is compared by where something refers to it.
_ORDER = {part.model: part.order for part in PARTS}


def furnish(actor: Actor, project: Project, times: int = 1) -> None:
    """Something of every part, with every field other than it begins."""
    review, cancelled = (project.statuses.get(name=name) for name in ("In review", "Cancelled"))
    review.project = project
    for number in range(times):
        spike = add_issue_type(actor=actor, project=project, name=f"Spike {number}", icon="star", hue=60, level=1)
        label = create_label(actor=actor, project=project, name=f"ui {number}", hue=90)
        status = add_status(actor=actor, project=project, name=f"Testing {number}", category="in_progress", hue=120)
        set_transition(
            actor=actor,
            source=review,
            target=status,
            name=f"Test it {number}",
            rules=Rules(
                allowed_parties=["admin", "lead"],
                required_fields=["points", "assignee"],
                needs_finished_subtasks=True,
                needs_no_open_blocker=True,
                sets_priority=2,
                assigns="mover",
                adds_label=label,
                comment="Have a look.",
            ),
        )
        board = services.create_board(actor=actor, project=project, name=f"Testers {number}")
        board = services.edit_board(
            actor=actor,
            board=board,
            name=board.name,
            left_out=["points", "age"],
            done_days=14,
            marks_slow=True,
            grouping="assignee",
        )
        limit = Limit(at=7, unit="points", policy="block")
        services.add_column(
            actor=actor, board=board, name="Under test", status_ids=[status.pk, cancelled.pk], limit=limit, position=1
        )
        services.limit_lanes(actor=actor, board=board, by="assignee", limit=Limit(at=3))
        services.limit_lanes(actor=actor, board=board, by="priority", priority=1, limit=limit)
        bug = project.issue_types.get(name="Bug")
        create_field(
            actor=actor,
            project=project,
            name=f"Customer {number}",
            kind="multi",
            help_text="Who asked?",
            is_required=True,
            on_cards=True,
            in_lists=True,
            type_ids=[bug.pk, spike.pk],
            options=["Acme", "Globex"],
        )
        asked = Asked(is_mine=True, type_id=bug.pk, label_id=label.pk, least_priority=2)
        services.add_quick_filter(actor=actor, board=board, name="My bugs", asked=asked)
        content = Content(
            name=f"Look into it {number}",
            type=spike,
            is_default=True,
            title="Look into {date}",
            description="What do we want to know?",
            priority=2,
            points=3,
            assigns="person",
            assignee=User.objects.get(pk=actor.person_id),
            labels=[label],
            subtasks=["Read", "Try"],
        )
        create_template(actor=actor, project=project, content=content)


def picture(project: Project) -> dict[str, list[dict[str, Any]]]:
    """A project's configuration without ids: what refers to a row names its place among its like."""
    rows = {
        part.model: list(part.model._default_manager.filter(part.is_current, project=project).order_by(*part.order))
        for part in PARTS
    }
    place = {model: {row.pk: number for number, row in enumerate(found)} for model, found in rows.items()}
    seen: dict[str, list[dict[str, Any]]] = {}
    for part in PARTS:
        table = seen[part.model._meta.label_lower] = []
        for row in rows[part.model]:
            values = {}
            for field in part.model._meta.concrete_fields:
                value = getattr(row, field.attname)
                if field.name in {"id", "org", "project", "created_at"}:
                    continue
                if field.is_relation and value is not None and field.related_model is not User:
                    value = place[field.related_model].get(value, "gone")
                values[field.name] = value
            table.append(values)
    settings = Project.objects.get(pk=project.pk)
    seen["settings"] = [{name: getattr(settings, name) for name in SETTINGS}]
    return seen


class Office:
    """Ada, who administers two projects: ROCK, which is furnished, and FLOW."""

    def __init__(self, user: User, org: Organization) -> None:
        self.user, self.org = user, org

    def act(self, work: Callable[[Actor], Any], by: User | None = None) -> Any:
        with acting(by or self.user, self.org) as actor:
            return work(actor)

    def project(self, key: str) -> Project:
        found: Project = self.act(lambda actor: get_project(actor=actor, key=key))
        return found

    def copy(self, by: User | None = None, source: Project | None = None, to: str = "FLOW", **more: Any) -> CopyPlan:
        def work(actor: Actor) -> CopyPlan:
            target = get_project(actor=actor, key=to)
            return services.copy_configuration(
                actor=actor, source=source or get_project(actor=actor, key="ROCK"), target=target, **more
            )

        plan: CopyPlan = self.act(work, by)
        return plan

    def plan(self) -> CopyPlan:
        plan: CopyPlan = self.act(
            lambda actor: services.plan_copy(
                actor=actor,
                source=get_project(actor=actor, key="ROCK"),
                target=get_project(actor=actor, key="FLOW"),
            )
        )
        return plan

    def undo(self, by: User | None = None) -> None:
        self.act(lambda actor: services.take_copy_back(actor=actor, project=get_project(actor=actor, key="FLOW")), by)

    def picture(self, key: str = "FLOW") -> dict[str, list[dict[str, Any]]]:
        with run_as_system(org_id=self.org.pk):
            return picture(Project.objects.get(key=key))

    def everything(self) -> Any:
        """What a refusal must leave alone."""
        with run_as_system(org_id=self.org.pk):
            return (
                {part.model: list(part.model._default_manager.order_by("pk").values()) for part in PARTS},
                list(Project.objects.order_by("pk").values()),
                list(ProjectMember.objects.order_by("pk").values()),
                Event.objects.count(),
            )

    def refuses(self, kind: type[DomainError], **more: Any) -> None:
        before = self.everything()
        with pytest.raises(kind):
            self.copy(**more)
        assert self.everything() == before

    def names(self, model: Any, key: str = "FLOW") -> list[str]:
        with run_as_system(org_id=self.org.pk):
            part = next(part for part in PARTS if part.model is model)
            rows = model.objects.filter(part.is_current, project__key=key)
            return [row.name for row in rows.order_by(*part.order)]

    def ways(self, key: str = "FLOW") -> dict[tuple[str | None, str], str]:
        with run_as_system(org_id=self.org.pk):
            rows = Transition.objects.filter(project__key=key).select_related("source", "target")
            return {(row.source.name if row.source else None, row.target.name): row.name for row in rows}


@pytest.fixture
def office(ada: User, acme: Organization, flow: Project) -> Office:
    make_project(acme, ada, "ROCK", template="scrum")
    office = Office(ada, acme)

    def work(actor: Actor) -> None:
        rock = get_project(actor=actor, key="ROCK")
        furnish(actor, rock)
        set_triage(actor=actor, project=rock, is_on=True)
        set_time_tracking(actor=actor, project=rock, is_on=True, day="7h 30m", days_a_week=4)
        values = {"is_on": True, "weeks": 3, "weekday": 2, "cooldown_weeks": 1, "ahead": 4, "rolls_over": False}
        set_cadence(actor=actor, project=rock, **values)  # type: ignore[arg-type]

    office.act(work)
    return office


class TestIsComplete:
    """What is added to the product later is either copied, or somebody said why not."""

    def test_every_table_of_a_project_is_a_part_or_left_out_for_a_reason(self) -> None:
        parts = {part.model._meta.label_lower for part in PARTS}
        found = set()
        for model in apps.get_models():
            about = [field for field in model._meta.concrete_fields if field.related_model is Project]
            table = tables.TABLES.get(model._meta.db_table)
            if model is not Project and (about or (table and table.scope is tables.Scope.PROJECT)):
                found.add(model._meta.label_lower)
        assert found == parts | LEFT_OUT.keys()
        assert not parts & LEFT_OUT.keys()
        assert all(LEFT_OUT.values())

    def test_every_field_of_a_part_is_copied_or_left_for_a_reason(self) -> None:
        models = {part.model for part in PARTS}
        for part in PARTS:
            names = {field.name for field in part.model._meta.concrete_fields}
            assert part.left.keys() | part.fixed.keys() <= names
            assert all(part.left.values())
            assert part.people.keys() <= names
            for field in part.fields:
                if field.name in part.people:
                    assert field.related_model is User
                    continue
                # Somebody's name, or a row of another kind, needs somebody to decide about it.
                assert not field.is_relation or field.related_model in models, field
            for field in part.model._meta.many_to_many:
                assert field.remote_field.through in models, field  # type: ignore[union-attr]

    def test_so_is_every_field_of_the_project_itself(self) -> None:
        assert {field.name for field in Project._meta.concrete_fields} == {*SETTINGS, *SETTINGS_LEFT}


class TestANewProject:
    def create(self, office: Office, by: User | None = None, **more: Any) -> tuple[Project, CopyPlan, int]:
        def work(actor: Actor) -> Any:
            values = {"key": "NEW", "name": "New", "visibility": "organization"} | more
            source = values.pop("source", None) or get_project(actor=actor, key="ROCK")
            return services.create_project_like(actor=actor, source=source, **values)

        made: tuple[Project, CopyPlan, int] = office.act(work, by)
        return made

    @pytest.mark.parametrize("visibility", Project.Visibility.values)
    def test_has_the_same_configuration_field_by_field(self, office: Office, visibility: str) -> None:
        _project, plan, people = self.create(office, visibility=visibility)
        there, here = office.picture("ROCK"), office.picture("NEW")
        # The one difference: its sprints begin when somebody says so.
        assert [row.pop("is_on") for row in there["sprints.cadence"]] == [True]
        assert [row.pop("is_on") for row in here["sprints.cadence"]] == [False]
        assert here == there
        assert all(there.values())
        assert not any("gone" in row.values() for table in here.values() for row in table)
        assert people == 0
        assert plan.left == []
        with run_as_system(org_id=office.org.pk):
            assert not Sprint.objects.filter(project__key="NEW").exists()
            assert not Issue.objects.filter(project__key="NEW").exists()
            kinds = list(Event.objects.filter(project__key="NEW").order_by("seq").values_list("kind", flat=True))
            assert kinds == ["project.created", "project.configuration_copied"]
            fact = Event.objects.get(project__key="NEW", kind="project.configuration_copied")
            assert fact.data["added"]["projects.status"] == 6
            assert fact.data["source_id"] == Project.objects.get(key="ROCK").pk

    def test_its_creator_administers_it_and_nobody_else_comes_along(self, office: Office) -> None:
        mateo = make_member(office.org, name="Mateo")
        give_role(office.org, office.project("ROCK"), mateo, "viewer")
        project, _plan, _people = self.create(office)
        with run_as_system(org_id=office.org.pk):
            assert list(project.members.values_list("user_id", "role")) == [(office.user.pk, "admin")]

    def test_its_members_come_along_where_that_is_asked_for(self, office: Office) -> None:
        rock = office.project("ROCK")
        zoe, mateo, left = (make_member(office.org, name=name) for name in ("Zoe", "Mateo", "Lee"))
        for user, role in ((zoe, "admin"), (mateo, "viewer"), (left, "member")):
            give_role(office.org, rock, user, role)
        with acting(office.user, office.org) as actor:
            remove_member(actor=actor, membership=left.memberships.get())
        project, _plan, people = self.create(office, with_members=True)
        assert people == 2
        with run_as_system(org_id=office.org.pk):
            assert dict(project.members.values_list("user_id", "role")) == {
                office.user.pk: "admin", zoe.pk: "admin", mateo.pk: "viewer",
            }  # fmt: skip
            added = Event.objects.filter(project=project, kind="project.member_added")
            assert {event.data["user_id"] for event in added} == {zoe.pk, mateo.pk}

    def test_the_members_of_one_that_they_do_not_see_come_to_nobody(self, office: Office) -> None:
        hidden = make_project(office.org, office.user, "HIDE", visibility="private")
        zoe = make_member(office.org, name="Zoe")
        give_role(office.org, office.project("FLOW"), zoe, "admin")
        before = office.everything()
        with pytest.raises(NotFound), acting(zoe, office.org) as actor:
            copy_members(actor=actor, source=hidden, project=get_project(actor=actor, key="FLOW"))
        assert office.everything() == before

    def test_is_not_made_by_a_guest_nor_like_one_that_they_do_not_see(self, office: Office) -> None:
        rock = office.project("ROCK")
        guest = make_member(office.org, "guest", name="Gil")
        give_role(office.org, rock, guest, "viewer")
        member = make_member(office.org, name="Mateo")
        hidden = make_project(office.org, office.user, "HIDE", visibility="private")
        eve = make_user("Eve")
        foreign = make_project(make_org(eve, slug="else"), eve, "FAR")
        before = office.everything()
        for kind, by, source in ((Forbidden, guest, rock), (NotFound, member, hidden), (NotFound, None, foreign)):
            with pytest.raises(kind):
                self.create(office, by, source=source)
        for values in ({"key": "ROCK"}, {"key": "1"}, {"name": " "}, {"visibility": "nobody"}):
            with pytest.raises(DomainError):
                self.create(office, **values)
        assert office.everything() == before

    def test_is_not_undone_as_nothing_would_be_left(self, office: Office) -> None:
        self.create(office)
        with pytest.raises(NotFound):
            office.act(lambda actor: services.take_copy_back(actor=actor, project=get_project(actor=actor, key="NEW")))

    def test_leaves_out_what_was_taken_away_and_says_what_asked_for_it(self, office: Office) -> None:
        def work(actor: Actor) -> None:
            rock = get_project(actor=actor, key="ROCK")
            retire_label(actor=actor, label=Label.objects.select_related("project").get(project=rock, name="ui 0"))
            statuses = {each.name: each for each in Status.objects.select_related("project").filter(project=rock)}
            retire_status(actor=actor, status=statuses["Testing 0"], to=statuses["In review"])
            board = services.create_board(actor=actor, project=rock, name="Old")
            services.delete_board(actor=actor, board=board)

        office.act(work)
        _project, plan, _people = self.create(office)
        assert [each.name for each in plan.left] == ["My bugs"]
        assert office.names(IssueTemplate, "NEW") == ["Look into it 0"]
        assert office.names(Label, "NEW") == []
        assert "Testing 0" not in office.names(Status, "NEW")
        assert "Old" not in office.names(Board, "NEW")
        assert office.names(QuickFilter, "NEW") == []


class TestAnExistingProject:
    def test_gets_what_it_lacks_and_keeps_what_it_has(self, office: Office) -> None:
        def prepare(actor: Actor) -> None:
            flow = get_project(actor=actor, key="FLOW")
            create_label(actor=actor, project=flow, name="UI 0", hue=210)
            add_issue_type(actor=actor, project=flow, name="spike 0", icon="flag", hue=210, level=1)

        office.act(prepare)
        make_issues(office.org, office.project("FLOW"), office.user, "Find it")
        before = office.picture()
        plan = office.copy()
        after = office.picture()
        for table in ("projects.issuetype", "projects.label"):
            assert after[table] == before[table]
        assert after["projects.status"][:-1] == before["projects.status"]
        assert after["projects.status"][-1] | {"position": 0} == {
            "name": "Testing 0", "category": "in_progress", "hue": 120, "position": 0,
            "is_initial": False, "retired_at": None,
        }  # fmt: skip
        positions = [row["position"] for row in after["projects.status"]]
        assert positions == sorted(set(positions))
        # The board of the same name stays, and shows the added status.
        assert office.names(Board) == ["Board", "Testers 0"]
        with run_as_system(org_id=office.org.pk):
            flow = Project.objects.get(key="FLOW")
            board = Board.objects.get(project=flow, name="Testers 0")
            tested = board.columns.get(name="Under test")
            assert {each.name for each in tested.statuses.all()} == {"Testing 0", "Cancelled"}
            assert (tested.wip_limit, tested.wip_unit, tested.wip_policy) == (7, "points", "block")
            asked = board.quick_filters.get()
            assert (asked.label, asked.type) == (flow.labels.get(name="UI 0"), flow.issue_types.get(name="Bug"))
            assert board.lane_limits.count() == 2
            assert flow.has_triage
            assert (flow.has_time_tracking, flow.minutes_a_day, flow.days_a_week) == (True, 450, 4)
            assert not Cadence.objects.get(project=flow).is_on
            way = Transition.objects.get(project=flow, source__name="In review", target__name="Testing 0")
            assert way.adds_label == flow.labels.get(name="UI 0")
            event = Event.objects.get(project=flow, kind="project.configuration_copied")
            assert event.data["added"] == {
                "projects.customfield": 1, "projects.customfieldtype": 2,
                "projects.status": 1, "projects.transition": 2, "boards.board": 1, "boards.column": 5,
                "boards.columnstatus": 6, "boards.lanelimit": 2, "boards.quickfilter": 1,
                "recurring.issuetemplate": 1, "recurring.templatelabel": 1, "sprints.cadence": 1,
            }  # fmt: skip
            assert event.data["replaced"] == 0
        assert {each.name for each in plan.summaries if each.added} == {
            "Statuses", "Fields", "Boards", "Columns", "Quick filters", "Issue templates",
        }  # fmt: skip
        kept = {each.name: each.kept for each in plan.summaries}
        assert "UI 0" in kept["Labels"]
        assert "spike 0" in kept["Issue types"]
        # Once more there is nothing to do, and nothing is recorded.
        before = office.everything()
        assert not office.copy().does_something(Ways.KEEP)
        assert office.everything() == before

    def test_a_board_that_is_there_gets_columns_for_added_statuses_only(self, office: Office) -> None:
        def prepare(actor: Actor) -> None:
            rock = get_project(actor=actor, key="ROCK")
            board = Board.objects.select_related("project").get(project=rock, name="Board")
            status = rock.statuses.get(name="Testing 0")
            ready = add_status(actor=actor, project=rock, name="Ready", category="done")
            services.add_column(
                actor=actor, board=board, name="Testing", status_ids=[status.pk], limit=Limit(at=2), position=1
            )
            done = board.columns.select_related("board__project").get(name="Done")
            services.map_statuses(
                actor=actor,
                board=board,
                places={ready.pk: done.pk} | {each.status_id: each.column_id for each in board_places(board)},
            )
            services.add_quick_filter(actor=actor, board=board, name="Mine", asked=Asked(is_mine=True))
            services.limit_lanes(actor=actor, board=board, by="epic", limit=Limit(at=2))

        office.act(prepare)
        office.copy()
        with run_as_system(org_id=office.org.pk):
            board = Board.objects.get(project__key="FLOW", name="Board")
            columns = {
                column.name: [status.name for status in column.statuses.order_by("position")]
                for column in board.columns.order_by("position")
            }
            assert columns == {
                "To do": ["To do"],
                "In progress": ["In progress"],
                "In review": ["In review"],
                "Done": ["Done", "Ready"],
                "Testing": ["Testing 0"],
            }
            assert board.columns.get(name="Testing").wip_limit is None
            assert [each.name for each in board.quick_filters.all()] == ["Mine"]
            assert not board.lane_limits.exists()

    def test_transitions_are_kept_or_replaced_as_somebody_says(self, office: Office) -> None:
        def prepare(actor: Actor) -> None:
            rock, flow = (get_project(actor=actor, key=key) for key in ("ROCK", "FLOW"))
            Transition.objects.filter(project=rock, source=None).exclude(target__name="To do").delete()
            statuses = {each.name: each for each in Status.objects.select_related("project").filter(project=rock)}
            label = create_label(actor=actor, project=rock, name="fresh")
            set_transition(
                actor=actor,
                source=statuses["To do"],
                target=statuses["Done"],
                name="Ship",
                rules=Rules(adds_label=label),
            )
            add_status(actor=actor, project=flow, name="Own", category="in_progress")
            mine = {each.name: each for each in Status.objects.select_related("project").filter(project=flow)}
            set_transition(actor=actor, source=mine["To do"], target=mine["Done"], name="Ship")

        office.act(prepare)
        before = office.ways()
        plan = office.plan()
        assert plan.has_choice
        assert len(plan.going) == 5
        office.copy()
        assert office.ways() == before | {("In review", "Testing 0"): "Test it 0"}
        office.copy(ways=Ways.REPLACE)
        ways = office.ways()
        assert ways == {
            (None, "To do"): "To do",
            (None, "Own"): "Own",
            ("To do", "Done"): "Ship",
            ("In review", "Testing 0"): "Test it 0",
            # What only this project has keeps its ways out.
            **{("Own", to): to for to in ("In progress", "In review", "Done", "Cancelled")},
        }
        with run_as_system(org_id=office.org.pk):
            ship = Transition.objects.get(project__key="FLOW", name="Ship")
            assert ship.adds_label == Label.objects.get(project__key="FLOW", name="fresh")
        assert not office.plan().does_something(Ways.REPLACE)

    def test_labels_that_become_one_are_carried_once(self, office: Office) -> None:
        def prepare(actor: Actor) -> None:
            rock, flow = (get_project(actor=actor, key=key) for key in ("ROCK", "FLOW"))
            labels = [rock.labels.get(name="ui 0"), create_label(actor=actor, project=rock, name="UI 0")]
            content = Content(name="Both", type=rock.issue_types.get(name="Bug"), labels=labels)
            create_template(actor=actor, project=rock, content=content)
            create_label(actor=actor, project=flow, name="ui 0")

        office.act(prepare)
        office.copy()
        with run_as_system(org_id=office.org.pk):
            copied = IssueTemplate.objects.get(project__key="FLOW", name="Both")
            assert [label.name for label in copied.labels.all()] == ["ui 0"]

    def test_names_differ_in_more_than_their_letters_or_are_one(self, office: Office) -> None:
        def prepare(actor: Actor) -> None:
            rock, flow = (get_project(actor=actor, key=key) for key in ("ROCK", "FLOW"))
            for name in ("done", "DONE"):
                status = add_status(actor=actor, project=rock, name=name, category="done")
            done = Status.objects.select_related("project").get(project=rock, name="Done")
            set_transition(actor=actor, source=done, target=status, name="Again")
            board = services.create_board(actor=actor, project=rock, name="Ends")
            column = board.columns.get(name="Done")
            ends = {each.pk: column.pk for each in rock.statuses.filter(name__iexact="done")}
            places = {each.status_id: each.column_id for each in board_places(board)}
            services.map_statuses(actor=actor, board=board, places=places | ends)
            for name in ("Ui", "ui"):
                create_label(actor=actor, project=flow, name=name)
            create_label(actor=actor, project=rock, name="ui")

        office.act(prepare)
        office.copy(ways=Ways.REPLACE)
        assert [name for name in office.names(Status) if name.casefold() == "done"] == ["Done"]
        assert sorted(office.names(Label)) == ["Ui", "ui", "ui 0"]
        with run_as_system(org_id=office.org.pk):
            column = Column.objects.get(project__key="FLOW", board__name="Ends", name="Done")
            assert [each.name for each in column.statuses.all()] == ["Done"]
        # To a project that has none of them, all three go.
        office.act(
            lambda actor: services.create_project_like(
                actor=actor,
                source=get_project(actor=actor, key="ROCK"),
                key="NEW",
                name="New",
                visibility="organization",
            )
        )
        assert sorted(name for name in office.names(Status, "NEW") if name.casefold() == "done") == [
            "DONE", "Done", "done",
        ]  # fmt: skip

    @pytest.mark.parametrize("unit", ["issues", "points"])
    def test_limits_below_what_is_in_are_left_out_and_named(self, office: Office, unit: str) -> None:
        def prepare(actor: Actor) -> None:
            rock = get_project(actor=actor, key="ROCK")
            board = Board.objects.select_related("project").get(project=rock, name="Testers 0")
            column = Column.objects.select_related("project", "board").get(board=board, name="In progress")
            services.edit_column(actor=actor, column=column, name=column.name, limit=Limit(at=1, unit=unit))
            services.limit_lanes(actor=actor, board=board, by="assignee", limit=Limit(at=1, unit=unit))

        office.act(prepare)
        flow = office.project("FLOW")
        with run_as_system(org_id=office.org.pk):
            doing = flow.statuses.get(name="In progress")
        make_issues(office.org, flow, office.user, "a", "b", status=doing, assignee=office.user, points=1, priority=0)
        plan = office.copy()
        assert [each.name for each in plan.left] == ["Testers 0: In progress", "Testers 0: limit by Assignee"]
        with run_as_system(org_id=office.org.pk):
            board = Board.objects.get(project=flow, name="Testers 0")
            assert board.columns.get(name="In progress").wip_limit is None
            assert [each.by for each in board.lane_limits.all()] == ["priority"]

    def test_limits_count_what_is_in_one_sprint(self, office: Office) -> None:
        scrum = make_project(office.org, office.user, "SCRUM", template="scrum")

        def prepare(actor: Actor) -> None:
            rock = get_project(actor=actor, key="ROCK")
            column = Column.objects.select_related("project", "board").get(
                project=rock, board__name="Testers 0", name="In progress"
            )
            services.edit_column(actor=actor, column=column, name=column.name, limit=Limit(at=1))

        office.act(prepare)
        with run_as_system(org_id=office.org.pk):
            sprint = Sprint.objects.create(org_id=office.org.pk, project=scrum, name="Now", state="active")
            doing = scrum.statuses.get(name="In progress")
        make_issues(office.org, scrum, office.user, "in it", status=doing, sprint_id=sprint.pk)
        make_issues(office.org, scrum, office.user, "not", "in it", status=doing)
        assert office.copy(to="SCRUM").left == []

    def test_a_template_names_only_people_who_work_here_and_one_of_a_type_is_filled_in(self, office: Office) -> None:
        secret = make_project(office.org, office.user, "HIDE", visibility="private")
        mateo = make_member(office.org, name="Mateo")

        def prepare(actor: Actor) -> None:
            rock, hide = (get_project(actor=actor, key=key) for key in ("ROCK", "HIDE"))
            for project, name, who in ((rock, "A bug", mateo), (hide, "Our bug", None)):
                content = Content(
                    name=name,
                    type=project.issue_types.get(name="Bug"),
                    is_default=True,
                    assigns="person" if who else "creator",
                    assignee=who,
                )
                create_template(actor=actor, project=project, content=content)
            bug = add_issue_type(actor=actor, project=rock, name="bug", icon="star", hue=60, level=1)
            for name, kind in (("our BUG", bug), ("Second", bug)):
                create_template(
                    actor=actor, project=rock, content=Content(name=name, type=kind, is_default=name == "Second")
                )

        office.act(prepare)
        plan = office.copy(to="HIDE")
        assert [each.name for each in plan.left] == ["A bug"]
        assert office.names(IssueTemplate, "HIDE") == ["Our bug", "Look into it 0", "A bug", "Second"]
        with run_as_system(org_id=office.org.pk):
            found = {each.name: each for each in IssueTemplate.objects.filter(project=secret)}
            assert (found["A bug"].assigns, found["A bug"].assignee_id) == ("nobody", None)
            assert found["Look into it 0"].assignee == office.user
            assert [name for name, each in found.items() if each.is_default] == ["Our bug", "Look into it 0"]
            labels = TemplateLabel.objects.filter(project=secret).values_list("template__name", "label__name")
            assert list(labels) == [("Look into it 0", "ui 0")]
        # Into a project whose type has no template that is filled in, the first of two that became one does.
        assert [each.name for each in office.copy().left] == []
        with run_as_system(org_id=office.org.pk):
            filled = IssueTemplate.objects.filter(project__key="FLOW", is_default=True).order_by("position")
            assert [each.name for each in filled] == ["Look into it 0", "A bug"]

    def test_what_somebody_agreed_to_is_what_happens(self, office: Office) -> None:
        seen = office.plan().digest
        office.act(
            lambda actor: create_label(actor=actor, project=get_project(actor=actor, key="ROCK"), name="one more")
        )
        office.refuses(ConfigurationChanged, seen=seen)
        office.copy(seen=office.plan().digest)
        assert "one more" in office.names(Label)


def board_places(board: Board) -> list[ColumnStatus]:
    return list(ColumnStatus.objects.filter(board=board))


class TestIsRefused:
    def test_to_whoever_does_not_administer_the_target_or_see_the_source(self, office: Office) -> None:
        flow, rock = office.project("FLOW"), office.project("ROCK")
        people = {role: make_member(office.org, "guest", name=role) for role in ("viewer", "commenter", "member")}
        for role, user in people.items():
            give_role(office.org, flow, user, role)
            give_role(office.org, rock, user, "admin")
            office.refuses(Forbidden, by=user)
            with pytest.raises(Forbidden), acting(user, office.org) as actor:
                services.plan_copy(actor=actor, source=rock, target=flow)
        outsider = make_member(office.org, "guest", name="outsider")
        give_role(office.org, rock, outsider, "admin")
        before = office.everything()
        with pytest.raises(Forbidden), acting(outsider, office.org) as actor:
            services.copy_configuration(actor=actor, source=rock, target=flow)
        assert office.everything() == before
        admin = make_member(office.org, name="admin")
        give_role(office.org, flow, admin, "admin")
        hidden = make_project(office.org, office.user, "HIDE", visibility="private")
        eve = make_user("Eve")
        foreign = make_project(make_org(eve, slug="else"), eve, "FAR")
        for source in (hidden, foreign):
            office.refuses(NotFound, by=admin, source=source)
        assert [each.key for each in office.act(lambda actor: copy_sources(actor=actor, project=flow), admin)] == [
            "ROCK"
        ]
        office.copy(by=admin)

    def test_onto_itself_and_onto_an_archived_one(self, office: Office) -> None:
        office.refuses(SameProject, to="ROCK")
        office.act(
            lambda actor: set_project_archived(
                actor=actor, project=get_project(actor=actor, key="FLOW"), is_archived=True
            )
        )
        office.refuses(ArchivedProject)

    @pytest.mark.parametrize(
        ("most", "fewer"),
        [
            ("MOST_STATUSES", 5),
            ("MOST_TEMPLATES", 0),
            ("MOST_BOARDS", 1),
            ("MOST_COLUMNS", 4),
            ("MOST_QUICK_FILTERS", 0),
        ],
    )
    def test_beyond_what_a_project_can_have(
        self, office: Office, monkeypatch: pytest.MonkeyPatch, most: str, fewer: int
    ) -> None:
        monkeypatch.setattr(f"apps.boards.services.copying.{most}", fewer)
        office.refuses(Invalid)

    def test_where_somebody_takes_a_name_at_the_same_moment(
        self, office: Office, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        plan = services.plan_copy

        def just_before(**values: Any) -> CopyPlan:
            found = plan(**values)
            create_label(actor=values["actor"], project=values["target"], name="ui 0")
            return found

        monkeypatch.setattr("apps.boards.services.copying.plan_copy", just_before)
        office.refuses(ConfigurationChanged)


class TestTakingItBack:
    def test_leaves_everything_as_it_was(self, office: Office) -> None:
        def prepare(actor: Actor) -> None:
            rock = get_project(actor=actor, key="ROCK")
            Transition.objects.filter(project=rock, source=None).exclude(target__name="To do").delete()

        office.act(prepare)
        before = office.picture()
        ways = office.ways()
        office.copy(ways=Ways.REPLACE)
        assert office.picture() != before
        make_issues(office.org, office.project("FLOW"), office.user, "Find it")
        office.undo()
        after = office.picture()
        assert office.ways() == ways
        # Their place in the table is no part of what they say.
        for each in (before, after):
            each["projects.transition"].sort(key=str)
        assert after == before
        with run_as_system(org_id=office.org.pk):
            event = Event.objects.filter(project__key="FLOW").latest("seq")
            assert event.kind == "project.configuration_taken_back"
            assert Change.objects.filter(event=event, field="has_triage", old=True, new=False).exists()
            assert Change.objects.filter(event=event, field="minutes_a_day", old=450, new=480).exists()
        with pytest.raises(ConfigurationChanged):
            office.undo()
        office.copy()

    def test_is_refused_where_an_issue_has_or_had_something_of_it(self, office: Office) -> None:
        flow = office.project("FLOW")
        [issue] = make_issues(office.org, flow, office.user, "Find it")
        office.copy()

        def visit() -> None:
            with acting(office.user, office.org) as actor:
                Transition.objects.filter(project=flow, target__name="Testing 0").update(
                    allowed_parties=[], required_fields=[], needs_finished_subtasks=False
                )
                fresh = Issue.objects.select_related("project", "status").get(pk=issue.pk)
                statuses = {each.name: each for each in Status.objects.select_related("project").filter(project=flow)}
                for name in ("In review", "Testing 0", "To do"):
                    fresh = move_issue(actor=actor, issue=fresh, to=statuses[name])

        def refused() -> None:
            before = office.everything()
            with pytest.raises(CopyInUse):
                office.undo()
            assert office.everything() == before

        with run_as_system(org_id=office.org.pk):
            spike = flow.issue_types.get(name="Spike 0")
            CustomField.objects.filter(project=flow).update(is_required=False)
        [new] = make_issues(office.org, flow, office.user, "A spike", type=spike)
        refused()
        with acting(office.user, office.org) as actor:
            delete_issue(actor=actor, issue=Issue.objects.select_related("project").get(pk=new.pk))
        # It can still be brought back.
        refused()
        with run_as_system(org_id=office.org.pk):
            Issue.objects.filter(pk=new.pk).update(type=flow.issue_types.get(name="Task"))
        visit()
        with run_as_system(org_id=office.org.pk):
            assert not Issue.objects.filter(status__name="Testing 0").exists()
        refused()

    def test_is_refused_where_an_issue_had_something_in_a_field_of_it(self, office: Office) -> None:
        flow = office.project("FLOW")
        office.copy()
        with run_as_system(org_id=office.org.pk):
            field = CustomField.objects.get(project=flow, name="Customer 0")
            bug = flow.issue_types.get(name="Bug")
        values = {field.pk: [field.choices[0].id]}
        make_issues(office.org, flow, office.user, "Broken", type=bug, values=values)
        before = office.everything()
        with pytest.raises(CopyInUse):
            office.undo()
        assert office.everything() == before

    def test_is_refused_once_somebody_changed_the_configuration(self, office: Office) -> None:
        office.copy()
        office.act(lambda actor: create_label(actor=actor, project=get_project(actor=actor, key="FLOW"), name="mine"))
        before = office.everything()
        with pytest.raises(ConfigurationChanged):
            office.undo()
        assert office.everything() == before

    def test_takes_back_as_little_as_was_copied(self, office: Office) -> None:
        office.copy()
        office.act(lambda actor: create_label(actor=actor, project=get_project(actor=actor, key="ROCK"), name="late"))
        before = office.picture()
        office.copy()
        office.undo()
        assert office.picture() == before

    def test_is_for_whoever_did_it_for_ten_minutes(self, office: Office) -> None:
        admin = make_member(office.org, "admin", name="Zoe")
        mateo = make_member(office.org, name="Mateo")
        with pytest.raises(NotFound):
            office.undo()
        office.copy()
        for user in (admin, mateo):
            with pytest.raises(Forbidden):
                office.undo(by=user)
        # The log is written once: the clock goes on instead.
        with pytest.MonkeyPatch.context() as patch:
            later = timezone.now() + timedelta(minutes=11)
            patch.setattr("apps.boards.services.copying.timezone.now", lambda: later)
            with pytest.raises(NotFound):
                office.undo()
        office.undo()


class TestCost:
    def test_does_not_grow_with_the_configuration(self, office: Office) -> None:
        def count(work: Callable[[Actor], object]) -> int:
            with (
                acting(office.user, office.org) as actor,
                CaptureQueriesContext(
                    connection,
                ) as queries,
            ):
                work(actor)
            return len(queries)

        def create(actor: Actor) -> object:
            key = f"NEW{Project.objects.count()}"
            source = get_project(actor=actor, key="ROCK")
            return services.create_project_like(
                actor=actor, source=source, key=key, name=key, visibility="organization", with_members=True
            )

        def copy(key: str) -> Callable[[Actor], object]:
            def work(actor: Actor) -> object:
                source, target = (get_project(actor=actor, key=each) for each in ("ROCK", key))
                return services.copy_configuration(actor=actor, source=source, target=target, ways=Ways.REPLACE)

            return work

        def undo(key: str) -> Callable[[Actor], object]:
            return lambda actor: services.take_copy_back(actor=actor, project=get_project(actor=actor, key=key))

        with acting(office.user, office.org) as actor:
            create_project(actor=actor, key="ONE", name="One")
            create_project(actor=actor, key="TWO", name="Two")
            Transition.objects.filter(project__key="ROCK", source=None).update(name="Go")
        give_role(office.org, office.project("ROCK"), make_member(office.org), "member")
        works = [create, copy("ONE"), undo("ONE")]
        few = [count(work) for work in works]
        with acting(office.user, office.org) as actor:
            rock = get_project(actor=actor, key="ROCK")
            for each in (Status, Label, IssueType, CustomField, Board, IssueTemplate):
                each.objects.filter(project=rock, name__endswith=" 0").update(name=f"First {each.__name__}")
            furnish(actor, rock, 3)
        for name in ("Bo", "Cy", "Di"):
            give_role(office.org, office.project("ROCK"), make_member(office.org, name=name), "member")
        many = [count(work) for work in (create, copy("TWO"), undo("TWO"))]
        assert many == few
        assert max(many) < 70


class TestPages:
    @pytest.fixture
    def browser(self, client: Client, ada: User) -> Client:
        client.force_login(ada)
        return client

    def test_a_project_is_started_like_another_one(self, browser: Client, office: Office) -> None:
        page = browser.get(f"/{office.org.slug}/projects/new/", {"like": "ROCK"}).content.decode()
        assert "Like an existing project" in page
        assert '<option value="ROCK" selected>Project ROCK (ROCK)</option>' in page
        give_role(office.org, office.project("ROCK"), make_member(office.org), "viewer")
        data = {"name": "New", "key": "NEW", "visibility": "organization", "template": "like", "like": "ROCK"}
        answer = browser.post(f"/{office.org.slug}/projects/new/", data | {"with_members": "on"}, follow=True)
        assert answer.redirect_chain == [(f"/{office.org.slug}/NEW/board/", 302)]
        page = answer.content.decode()
        assert "New is like Project ROCK now. Copied: Issue types (6), Statuses (6), Labels (1)" in page
        assert "Automatic sprints are set, and switched off. 1 person has the same role here." in page

    @pytest.mark.parametrize(
        ("data", "said"),
        [
            ({"like": ""}, "Choose the project that it shall be like."),
            ({"key": "ROCK"}, "Another project uses the key"),
        ],
    )
    def test_the_form_says_what_is_wrong(
        self, browser: Client, office: Office, data: dict[str, str], said: str
    ) -> None:
        good = {"name": "New", "key": "NEW", "visibility": "organization", "template": "like", "like": "ROCK"}
        answer = browser.post(f"/{office.org.slug}/projects/new/", good | data)
        assert answer.status_code == 422
        assert said in answer.content.decode()

    def test_nobody_learns_of_a_project_that_they_do_not_see(self, client: Client, office: Office) -> None:
        make_project(office.org, office.user, "HIDE", visibility="private")
        mateo = make_member(office.org)
        give_role(office.org, office.project("FLOW"), mateo, "admin")
        client.force_login(mateo)
        assert "HIDE" not in client.get(f"/{office.org.slug}/projects/new/").content.decode()
        good = {"name": "New", "key": "NEW", "visibility": "organization", "template": "like"}
        before = office.everything()
        for key in ("HIDE", "NONE"):
            assert client.post(f"/{office.org.slug}/projects/new/", good | {"like": key}).status_code == 404
            assert client.get(f"/{office.org.slug}/FLOW/settings/copy/", {"from": key}).status_code == 404
            assert client.post(f"/{office.org.slug}/FLOW/settings/copy/", {"from": key}).status_code == 404
        assert client.post(f"/{office.org.slug}/FLOW/settings/copy/").status_code == 404
        assert office.everything() == before

    def test_what_changes_is_looked_at_done_and_undone(self, browser: Client, office: Office) -> None:
        where = f"/{office.org.slug}/FLOW/settings/copy/"
        assert "Copy configuration from…" in browser.get(f"/{office.org.slug}/FLOW/settings/").content.decode()
        assert "Project ROCK (ROCK)" in browser.get(where).content.decode()
        page = browser.get(where, {"from": "ROCK"}).content.decode()
        for said in ("Testing 0", "Testers 0: Under test", "Here already, and kept as they are:", "ten minutes"):
            assert said in page
        data = {"from": "ROCK", "seen": office.plan().digest}
        for wrong, status in (({"ways": "both"}, 422), ({"seen": "other"}, 409), ({"from": "FLOW"}, 409)):
            assert browser.post(where, data | wrong).status_code == status
        answer = browser.post(where, data | {"ways": "keep"}, follow=True)
        assert "The configuration of Project ROCK is copied. Copied: Issue types (1), Statuses (1)" in (
            answer.content.decode()
        )
        assert (
            "Everything that Project ROCK has is here already." in browser.get(where, {"from": "ROCK"}).content.decode()
        )
        answer = browser.post(where, {"from": "ROCK"}, follow=True)
        assert "There was nothing to copy" in answer.content.decode()
        answer = browser.post(where + "undo/", follow=True)
        assert "The configuration is as it was." in answer.content.decode()
        assert "Testing 0" not in office.names(Status)

    @pytest.mark.parametrize("is_on", [True, False], ids=("triage", "neither"))
    def test_only_the_switches_that_are_on_there_are_spoken_of(
        self, browser: Client, office: Office, is_on: bool
    ) -> None:
        def switch(actor: Actor) -> None:
            rock = get_project(actor=actor, key="ROCK")
            set_triage(actor=actor, project=rock, is_on=is_on)
            set_time_tracking(actor=actor, project=rock, is_on=False, day="8h", days_a_week=5)

        office.act(switch)
        page = browser.get(f"/{office.org.slug}/FLOW/settings/copy/", {"from": "ROCK"}).content.decode()
        assert "What changes here" in page
        assert ("Triage is switched on" in page) is is_on
        assert "Time is tracked" not in page

    def test_an_archived_project_offers_nothing(self, browser: Client, office: Office) -> None:
        office.act(
            lambda actor: set_project_archived(
                actor=actor, project=get_project(actor=actor, key="FLOW"), is_archived=True
            )
        )
        assert "settings/copy/" not in browser.get(f"/{office.org.slug}/FLOW/settings/").content.decode()
        answer = browser.get(f"/{office.org.slug}/FLOW/settings/copy/", {"from": "ROCK"})
        assert answer.status_code == 409
        assert "Bring it back" in answer.content.decode()

    def test_with_one_project_there_is_nothing_to_be_like(
        self, browser: Client, acme: Organization, flow: Project
    ) -> None:
        assert "There is no other project" in browser.get(f"/{acme.slug}/FLOW/settings/copy/").content.decode()

    def test_what_is_left_out_is_named_but_not_without_end(
        self, browser: Client, office: Office, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        office.act(
            lambda actor: retire_label(
                actor=actor, label=Label.objects.select_related("project").get(project__key="ROCK", name="ui 0")
            )
        )
        where = f"/{office.org.slug}/FLOW/settings/copy/"
        said = "My bugs: It asks for a type or a label that is gone."
        assert said in browser.get(where, {"from": "ROCK"}).content.decode()
        monkeypatch.setattr("apps.boards.copying_views.MOST_NAMED", 0)
        page = browser.post(where, {"from": "ROCK", "ways": "replace"}, follow=True).content.decode()
        assert "And 1 more." in page
