"""The beginning of an organization's end."""

import pytest
from django.utils import timezone

from apps.accounts.models import User
from apps.core.errors import NotFound
from apps.core.tenancy import run_as_system, unit_of_work
from apps.core.tenancy.doors import enter_deleted_organization
from apps.events.models import Event
from apps.orgs import services
from apps.orgs.models import Organization
from apps.orgs.services.organizations import begin_purge_of_organization
from tests.factories import acting

pytestmark = pytest.mark.django_db


def test_is_noted_once_and_only_of_what_is_deleted(acme: Organization) -> None:
    for deleted_at in (None, timezone.now(), timezone.now()):
        with run_as_system(org_id=acme.pk):
            Organization.objects.update(deleted_at=deleted_at)
        with run_as_system(org_id=acme.pk) as actor:
            begin_purge_of_organization(actor=actor)
    with run_as_system(org_id=acme.pk):
        assert Event.objects.filter(kind__contains="purge").count() == 1


def test_ends_the_time_to_bring_it_back_even_for_whoever_is_at_it(ada: User, acme: Organization) -> None:
    with run_as_system(org_id=acme.pk):
        Organization.objects.update(deleted_at=timezone.now())
    with unit_of_work():
        owner = enter_deleted_organization(user_id=ada.pk, slug=acme.slug)
        Organization.objects.update(purge_began_at=timezone.now())
        with pytest.raises(NotFound):
            services.restore_organization(actor=owner)


def test_of_two_who_delete_or_restore_at_once_one_did_it(ada: User, acme: Organization) -> None:
    with acting(ada, acme) as owner:
        for _again in range(2):
            services.delete_organization(actor=owner, confirmation=acme.name)
        for _again in range(2):
            services.restore_organization(actor=owner)
    with acting(ada, acme):
        kinds = Event.objects.filter(kind__in=["organization.deleted", "organization.restored"]).order_by("id")
        assert [event.kind for event in kinds] == ["organization.deleted", "organization.restored"]
