"""Projects: who may do what in them, and what a new one begins with."""

from dataclasses import replace
from typing import Any

import pytest

from apps.accounts.models import User
from apps.core.errors import Forbidden, Invalid, NotFound
from apps.core.tenancy import Actor, OrgRole, run_as_system
from apps.events.models import Event
from apps.issues.models import Issue
from apps.issues.services import retire_label
from apps.orgs.models import Organization
from apps.projects import policies, selectors, services
from apps.projects.models import IssueType, Project, Status
from apps.projects.policies import Role
from tests.factories import acting, give_role, make_issues, make_member, make_org, make_project, make_user


class TestRights:
    """The one table of rights: organization role × visibility × role given in the project."""

    @pytest.mark.parametrize("visibility", Project.Visibility)
    @pytest.mark.parametrize("given", [None, *Role])
    @pytest.mark.parametrize("org_role", OrgRole)
    def test_follow_the_table(self, org_role: OrgRole, given: Role | None, visibility: str) -> None:
        project = Project(pk=7, org_id=1, key="FLOW", name="x", visibility=visibility)
        roles = {7: given} if given else {}
        actor = Actor(user_id=1, org_id=1, org_slug="acme", org_role=org_role, project_roles=roles)
        rank = [None, Role.VIEWER, Role.COMMENTER, Role.MEMBER, Role.ADMIN]
        implied = None
        if visibility == Project.Visibility.ORGANIZATION:
            implied = {
                OrgRole.OWNER: Role.ADMIN, OrgRole.ADMIN: Role.ADMIN, OrgRole.MEMBER: Role.MEMBER, OrgRole.GUEST: None,
            }[org_role]  # fmt: skip
        expected = max(given, implied, key=rank.index)
        assert policies.role_in(actor, project) == expected
        level = rank.index(expected)
        assert policies.can_see(actor, project) is (level >= 1)
        assert policies.can_comment(actor, project) is (level >= 2)
        assert policies.can_edit_issues(actor, project) is (level >= 3)
        assert policies.can_moderate(actor, project) is (level >= 4)
        assert policies.can_configure(actor, project) is (level >= 4)
        reader = replace(actor, scopes=frozenset({"read"}))
        assert policies.can_see(reader, project) is (level >= 1)
        assert not policies.can_edit_issues(reader, project)
        assert not policies.can_configure(reader, project)
        assert policies.can_configure(replace(actor, scopes=frozenset({"read", "write"})), project) is (level >= 4)

    def test_the_system_has_every_right(self, acme: Organization, secret: Project) -> None:
        with run_as_system(org_id=acme.pk) as actor:
            assert policies.role_in(actor, secret) == Role.ADMIN


class TestCreateProject:
    def test_begins_with_types_statuses_and_a_board(self, ada: User, acme: Organization, flow: Project) -> None:
        with acting(ada, acme) as actor:
            assert [t.name for t in selectors.list_issue_types(actor=actor, project=flow)] == [
                "Epic", "Story", "Task", "Bug", "Sub-task",
            ]  # fmt: skip
            assert [s.name for s in selectors.list_statuses(actor=actor, project=flow)] == [
                "To do", "In progress", "In review", "Done", "Cancelled",
            ]  # fmt: skip
            assert flow.boards.count() == 1
            assert actor.project_roles[flow.pk] == Role.ADMIN

    @pytest.mark.parametrize(
        "values",
        [
            {"key": "f"}, {"key": "1FLOW"}, {"key": "FLOW-1"}, {"key": "F" * 11}, {"name": " "},
            {"template": "waterfall"}, {"visibility": "public"},
        ],
    )  # fmt: skip
    def test_refuses_what_cannot_be_used(self, ada: User, acme: Organization, values: dict[str, Any]) -> None:
        with pytest.raises(Invalid):
            make_project(acme, ada, **{"key": "FINE", **values})

    def test_refuses_a_taken_key_but_not_in_another_organization(
        self, ada: User, acme: Organization, flow: Project
    ) -> None:
        with pytest.raises(services.KeyTaken):
            make_project(acme, ada, "flow")
        eve = make_user("Eve")
        assert make_project(make_org(eve, "Evil"), eve, "FLOW").key == "FLOW"

    def test_refuses_guests(self, acme: Organization) -> None:
        with pytest.raises(Forbidden):
            make_project(acme, make_member(acme, OrgRole.GUEST), "MINE")

    def test_a_private_one_is_seen_by_its_creator_at_once(self, acme: Organization) -> None:
        member = make_member(acme)
        make_project(acme, member, "MINE", visibility="private")
        with acting(member, acme) as actor:
            assert selectors.get_project(actor=actor, key="mine").is_private
        with acting(make_member(acme), acme) as actor, pytest.raises(selectors.NoSuchProject):
            selectors.get_project(actor=actor, key="MINE")


def fresh(project: Project) -> Project:
    return Project.objects.get(pk=project.pk)


class TestSettings:
    def edit(self, user: User, acme: Organization, project: Project, **values: str) -> Project:
        wanted = {"name": "Name", "description": "", "visibility": "organization"} | values
        with acting(user, acme) as actor:
            return services.edit_project(actor=actor, project=fresh(project), **{"template": project.template} | wanted)

    def test_records_only_what_changed(self, ada: User, acme: Organization, flow: Project) -> None:
        self.edit(ada, acme, flow, name="New", visibility="private")
        self.edit(ada, acme, flow, name="New", visibility="private")
        with acting(ada, acme):
            event = Event.objects.get(kind="project.edited")
            assert sorted(event.changes.values_list("field", flat=True)) == ["name", "visibility"]

    def test_refuses_members_and_nonsense(self, ada: User, acme: Organization, flow: Project) -> None:
        with pytest.raises(Forbidden):
            self.edit(make_member(acme), acme, flow)
        for values in ({"name": " "}, {"visibility": "public"}, {"template": "waterfall"}):
            with pytest.raises(Invalid):
                self.edit(ada, acme, flow, **values)
        with acting(make_member(acme), acme) as actor, pytest.raises(Forbidden):
            selectors.get_configurable_project(actor=actor, key="FLOW")

    def test_archiving_makes_it_read_only_and_can_be_undone(self, ada: User, acme: Organization, flow: Project) -> None:
        with acting(ada, acme) as actor:
            services.set_project_archived(actor=actor, project=fresh(flow), is_archived=True)
            services.set_project_archived(actor=actor, project=fresh(flow), is_archived=True)
            assert selectors.list_projects(actor=actor) == []
            assert not policies.can_edit_issues(actor, fresh(flow))
            services.set_project_archived(actor=actor, project=fresh(flow), is_archived=False)
            assert policies.can_edit_issues(actor, fresh(flow))
        with acting(ada, acme):
            assert Event.objects.filter(kind="project.archived").count() == 2


class TestMembers:
    def test_are_added_changed_and_removed(self, ada: User, acme: Organization, secret: Project) -> None:
        member = make_member(acme)
        give_role(acme, secret, member, Role.VIEWER)
        give_role(acme, secret, member, Role.ADMIN)
        with acting(ada, acme) as actor:
            people = selectors.list_project_members(actor=actor, project=secret)
            assert {row.user_id: row.role for row in people} == {ada.pk: Role.ADMIN, member.pk: Role.ADMIN}
            row = next(row for row in people if row.user_id == member.pk)
            services.remove_project_role(actor=actor, member=row)
        with acting(member, acme), pytest.raises(Project.DoesNotExist):
            fresh(secret)

    def test_need_a_seat_and_a_known_role(self, ada: User, acme: Organization, flow: Project) -> None:
        with acting(ada, acme) as actor:
            with pytest.raises(NotFound):
                services.set_project_role(actor=actor, project=fresh(flow), user=make_user("Eve"), role=Role.MEMBER)
            with pytest.raises(Invalid):
                services.set_project_role(actor=actor, project=fresh(flow), user=ada, role="emperor")


class TestLabels:
    def test_are_unique_renamed_and_deleted_everywhere(self, ada: User, acme: Organization, flow: Project) -> None:
        with acting(ada, acme) as actor:
            first = services.create_label(actor=actor, project=fresh(flow), name=" two   words ", hue=30)
            second = services.create_label(actor=actor, project=fresh(flow), name="other")
            assert (first.name, first.hue) == ("two words", 30)
            with pytest.raises(services.NameTaken):
                services.create_label(actor=actor, project=fresh(flow), name="other")
            with pytest.raises(services.NameTaken):
                services.edit_label(actor=actor, label=second, name="two words", hue=0)
            second.refresh_from_db()
            services.edit_label(actor=actor, label=second, name="new", hue=60)
            services.edit_label(actor=actor, label=second, name="new", hue=60)
            assert fresh(flow).look_version == 2
        make_issues(acme, flow, ada, "a", labels=[first])
        with acting(ada, acme) as actor:
            label = selectors.get_label(actor=actor, project=flow, label_id=first.pk)
            retire_label(actor=actor, label=label)
            assert Issue.objects.get().labels.count() == 0
            with pytest.raises(NotFound):
                selectors.get_label(actor=actor, project=flow, label_id=first.pk)

    @pytest.mark.parametrize("name", ["", "  ", "x" * 61])
    def test_refuse_nonsense(self, ada: User, acme: Organization, flow: Project, name: str) -> None:
        with acting(ada, acme) as actor, pytest.raises(Invalid):
            services.create_label(actor=actor, project=fresh(flow), name=name)

    def test_are_made_by_those_who_edit_issues(self, ada: User, acme: Organization, secret: Project) -> None:
        viewer = make_member(acme)
        give_role(acme, secret, viewer, Role.VIEWER)
        with acting(viewer, acme) as actor:
            with pytest.raises(Forbidden):
                services.create_label(actor=actor, project=fresh(secret), name="x")
            with pytest.raises(Forbidden):
                services.ensure_labels(actor=actor, project=fresh(secret), names=["x"])

    def test_can_be_ensured_by_name(self, ada: User, acme: Organization, flow: Project) -> None:
        with acting(ada, acme) as actor:
            services.create_label(actor=actor, project=fresh(flow), name="known")
            labels = services.ensure_labels(actor=actor, project=fresh(flow), names=["known", "new", "new"])
            assert sorted(labels) == ["known", "new"]
            assert flow.labels.count() == 2


class TestWorkflow:
    def test_statuses_and_types_are_added_by_admins(self, ada: User, acme: Organization, flow: Project) -> None:
        with acting(ada, acme) as actor:
            status = services.add_status(actor=actor, project=fresh(flow), name="Tested", category="done")
            assert status.is_closed
            assert not Status(category="todo").is_closed
            kind = services.add_issue_type(actor=actor, project=fresh(flow), name="Idea", icon="star", hue=60)
            assert kind.level == IssueType.Level.STANDARD
            with pytest.raises(Invalid):
                services.add_status(actor=actor, project=fresh(flow), name="x", category="limbo")
        with acting(make_member(acme), acme) as actor:
            with pytest.raises(Forbidden):
                services.add_status(actor=actor, project=fresh(flow), name="x", category="done")
            with pytest.raises(Forbidden):
                services.add_issue_type(actor=actor, project=fresh(flow), name="x", icon="star", hue=0)
