"""What crosses domains in one write: the first steps of a server, and what its operator does for people."""

from collections.abc import Iterator
from contextlib import contextmanager

from apps.accounts.models import User
from apps.accounts.services import make_first_operator, make_reset_link
from apps.audit.accounts import note_reset_link
from apps.core.errors import DomainError
from apps.events.services import service
from apps.orgs.models import Organization
from apps.orgs.services import create_organization
from apps.projects.models import Project
from apps.projects.services import create_project


@service
def set_up_server(
    *,
    secret: str,
    name: str,
    email: str,
    password: str,
    org_name: str,
    org_slug: str,
    project_name: str,
    project_key: str,
    template: str,
) -> tuple[User, Organization, Project]:
    """Make the first operator with the one-time link, and where they begin to work: all of it, or nothing.

    :raises apps.accounts.services.SetUpAlready: if the link is not the present one, or an operator exists
    :raises DomainError: if a value cannot be used; `field` names it
    """
    user = make_first_operator(secret=secret, name=name, email=email, password=password)
    with _fields_called(name="org_name", slug="org_slug"):
        org, actor = create_organization(user_id=user.pk, name=org_name, slug=org_slug)
    with _fields_called(name="project_name", key="project_key"):
        project, _actor = create_project(actor=actor, key=project_key, name=project_name, template=template)
    return user, org, project


@service
def make_audited_reset_link(*, email: str) -> tuple[User, str]:
    """A link by which a person chooses a new password, made by the operator who has entered, and written down.

    :raises apps.core.errors.Invalid: if nobody may sign in with the address
    """
    user, link = make_reset_link(email=email)
    note_reset_link(user)
    return user, link


@contextmanager
def _fields_called(**names: str) -> Iterator[None]:
    """One form asks for what several services take: a refusal inside names the form's field."""
    try:
        yield
    except DomainError as error:
        field = error.extra.get("field", "")
        error.extra["field"] = names.get(field, field)
        raise
