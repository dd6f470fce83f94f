"""Building what a test needs, through the services: so that a test's world is one that the product could make."""

from io import BytesIO
from typing import Any
from uuid import uuid4

from django.core.files.uploadedfile import SimpleUploadedFile
from PIL import Image

from apps.accounts.models import User
from apps.core.tenancy import Actor, OrgRole, current_unit, enter_organization, run_as, run_as_system, unit_of_work
from apps.issues.models import Attachment, Issue
from apps.issues.services import NewIssue, attach_files, create_issues, draw_preview
from apps.orgs.models import Organization
from apps.orgs.services import add_member, create_organization
from apps.projects.models import Project
from apps.projects.services import create_project, set_project_role

PASSWORD = "correct horse battery staple"


def make_user(name: str = "Ada Okafor", **fields: Any) -> User:
    """A person who can sign in with `PASSWORD`, and is past the tour of first steps."""
    fields.setdefault("tour_began_at", None)
    email = fields.pop("email", f"{name.split(maxsplit=1)[0].lower()}-{uuid4().hex[:8]}@example.test")
    return User.objects.create_user(email, PASSWORD, name=name, **fields)


def make_org(owner: User, name: str = "Acme Robotics", slug: str | None = None) -> Organization:
    """An organization of this owner."""
    with unit_of_work():
        org, _actor = create_organization(user_id=owner.pk, name=name, slug=slug or f"acme-{uuid4().hex[:8]}")
    return org


def make_member(org: Organization, role: str = OrgRole.MEMBER, name: str = "Mateo Ruiz", **fields: Any) -> User:
    """Another person with a seat."""
    user = make_user(name, **fields)
    with run_as_system(org_id=org.pk) as actor:
        add_member(actor=actor, user=user, role=OrgRole(role))
    return user


def make_project(org: Organization, owner: User, key: str = "FLOW", **fields: Any) -> Project:
    """A project made by `owner`, who administers it."""
    fields.setdefault("name", f"Project {key}")
    with run_as(user_id=owner.pk, org_slug=org.slug) as actor:
        project, _actor = create_project(actor=actor, key=key, **fields)
    return project


def give_role(org: Organization, project: Project, user: User, role: str) -> None:
    """A role in the project itself."""
    with run_as_system(org_id=org.pk) as actor:
        set_project_role(actor=actor, project=project, user=user, role=role)


def make_issues(org: Organization, project: Project, by: User, *titles: str, **fields: Any) -> list[Issue]:
    """Issues in this order, all with the same other fields."""
    with run_as(user_id=by.pk, org_slug=org.slug) as actor:
        fresh = Project.objects.get(pk=project.pk)
        return create_issues(actor=actor, project=fresh, batch=[NewIssue(title=title, **fields) for title in titles])


def picture(kind: str = "PNG", *, width: int = 60, height: int = 40, **options: Any) -> bytes:
    """A small picture as a file."""
    out = BytesIO()
    Image.new("RGB", (width, height), (90, 120, 220)).save(out, kind, **options)
    return out.getvalue()


def upload(name: str, data: bytes) -> SimpleUploadedFile:
    """A file as somebody sends it."""
    return SimpleUploadedFile(name, data)


def attach_one(actor: Actor, issue: Issue, name: str, data: bytes) -> Attachment:
    """A file of an issue, inside the unit of work that is open already."""
    [attachment] = attach_files(actor=actor, issue=issue, uploads=[upload(name, data)])
    return attachment


def attach(org: Organization, issue: Issue, by: User, name: str, data: bytes, *, previewed: bool = True) -> Attachment:
    """A file of an issue; by default with its small picture, if it is a picture."""
    with run_as(user_id=by.pk, org_slug=org.slug) as actor:
        fresh = Issue.objects.select_related("project").get(pk=issue.pk)
        attachment = attach_one(actor, fresh, name, data)
    if previewed:
        with run_as_system(org_id=org.pk) as actor:
            draw_preview(actor=actor, attachment_id=attachment.pk)
            attachment.refresh_from_db()
    return attachment


def acting(user: User, org: Organization) -> Any:
    """`with acting(ada, acme) as actor:` a unit of work of this person."""
    return run_as(user_id=user.pk, org_slug=org.slug)


def enter(user: User, org: Organization) -> Actor:
    """The person as an actor inside the unit of work that is open already."""
    assert current_unit() is not None
    return enter_organization(user_id=user.pk, slug=org.slug)
