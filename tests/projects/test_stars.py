"""Favourite projects."""

import pytest

from apps.accounts.models import User
from apps.core.errors import Forbidden, NotFound
from apps.core.tenancy import run_as_system
from apps.events.models import Event, Stream
from apps.orgs.models import Organization
from apps.projects.models import Project, ProjectStar
from apps.projects.services import set_project_starred
from tests.factories import acting, make_member


class TestSetProjectStarred:
    def test_says_so_once_in_the_persons_own_stream(self, ada: User, acme: Organization, flow: Project) -> None:
        with acting(ada, acme) as actor:
            for _again in range(2):
                set_project_starred(actor=actor, project=flow, is_starred=True)
        with acting(ada, acme) as actor:
            assert ProjectStar.objects.count() == 1
            [event] = Event.objects.filter(kind="project.starred").select_related("stream")
            assert (event.stream.kind, event.project_id, event.actor_id) == (Stream.Kind.PERSON, flow.pk, ada.pk)
            set_project_starred(actor=actor, project=flow, is_starred=False)
            assert not ProjectStar.objects.exists()

    def test_is_seen_by_nobody_else(self, ada: User, acme: Organization, flow: Project) -> None:
        with acting(ada, acme) as actor:
            set_project_starred(actor=actor, project=flow, is_starred=True)
        with acting(make_member(acme), acme):
            assert not ProjectStar.objects.exists()
            assert not Event.objects.filter(kind="project.starred").exists()

    def test_refuses_those_who_do_not_see_the_project(self, acme: Organization, secret: Project) -> None:
        with acting(make_member(acme), acme) as actor, pytest.raises(NotFound):
            set_project_starred(actor=actor, project=secret, is_starred=True)

    def test_refuses_flowboard_itself(self, acme: Organization, flow: Project) -> None:
        with run_as_system(org_id=acme.pk) as actor, pytest.raises(Forbidden):
            set_project_starred(actor=actor, project=flow, is_starred=True)
