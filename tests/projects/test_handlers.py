"""What becomes of somebody's roles in projects when they leave the organization."""

import pytest
from django.utils import timezone

from apps.accounts.models import User
from apps.core.errors import Forbidden
from apps.core.tenancy import OrgRole, run_as_system, unit_of_work
from apps.events.deliveries import deliver
from apps.events.models import Delivery, Event
from apps.orgs.models import Organization
from apps.orgs.selectors import get_member
from apps.orgs.services import add_member, remove_member
from apps.projects import selectors, services
from apps.projects.models import Project, ProjectMember
from tests.factories import acting, enter, give_role, make_member


@pytest.fixture
def bo(acme: Organization, flow: Project, secret: Project) -> User:
    bo = make_member(acme)
    for project in (flow, secret):
        give_role(acme, project, bo, ProjectMember.Role.ADMIN)
    return bo


def leave(ada: User, acme: Organization, user: User) -> None:
    with acting(ada, acme) as actor:
        remove_member(actor=actor, membership=get_member(actor=actor, user_id=user.pk))


def work_off(acme: Organization) -> None:
    with run_as_system(org_id=acme.pk):
        [waiting] = Delivery.objects.filter(handler="apps.projects.handlers.end_roles").values_list("pk", flat=True)
    assert deliver(org_id=acme.pk, delivery_id=waiting)


class TestEndRoles:
    def test_a_seat_given_anew_begins_without_them(
        self, ada: User, acme: Organization, flow: Project, secret: Project, bo: User
    ) -> None:
        leave(ada, acme, bo)
        with acting(ada, acme) as actor:
            for project in (flow, secret):
                assert bo.pk not in [m.user_id for m in selectors.list_project_members(actor=actor, project=project)]
        work_off(acme)
        with run_as_system(org_id=acme.pk) as actor:
            add_member(actor=actor, user=bo, role=OrgRole.GUEST)
            told = Event.objects.filter(kind="project.member_removed").order_by("project_id")
            assert [event.project_id for event in told] == sorted([flow.pk, secret.pk])
            assert ProjectMember.objects.filter(user=ada).count() == 2
        with unit_of_work():
            assert enter(bo, acme).hidden_project_ids == {flow.pk, secret.pk}

    def test_what_was_given_after_a_return_stays(self, ada: User, acme: Organization, flow: Project, bo: User) -> None:
        leave(ada, acme, bo)
        with run_as_system(org_id=acme.pk) as actor:
            add_member(actor=actor, user=bo, role=OrgRole.GUEST)
            services.set_project_role(actor=actor, project=flow, user=bo, role=ProjectMember.Role.VIEWER)
        work_off(acme)
        with run_as_system(org_id=acme.pk):
            assert [member.project_id for member in ProjectMember.objects.filter(user=bo)] == [flow.pk]

    def test_only_flowboard_itself_does_it(self, ada: User, acme: Organization, bo: User) -> None:
        with acting(ada, acme) as actor, pytest.raises(Forbidden):
            services.end_project_roles(actor=actor, user_id=bo.pk, given_before=timezone.now())
