"""The beginning of an organization's end."""

import pytest

from apps.core.tenancy import run_as_system
from apps.events.models import Event
from apps.orgs.models import Organization
from apps.orgs.services.organizations import begin_purge_of_organization

pytestmark = pytest.mark.django_db


def test_is_noted_once(acme: Organization) -> None:
    for _again in range(2):
        with run_as_system(org_id=acme.pk) as actor:
            begin_purge_of_organization(actor=actor)
    with run_as_system(org_id=acme.pk):
        assert Event.objects.filter(kind__contains="purge").count() == 1
