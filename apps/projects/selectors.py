"""Reading projects and their configuration. Fetching and authorizing are one step."""

from collections.abc import Collection, Sequence
from typing import Any

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import Count, Exists, F, OuterRef, Q, QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from apps.accounts.models import User
from apps.core.errors import Forbidden, Moved, NotFound
from apps.core.paging import Page, page_by_id, read_values
from apps.core.tenancy import Actor, OrgRole
from apps.core.tenancy.doors import uncover_project
from apps.orgs.models import Membership
from apps.orgs.selectors import MOST_WORDS, people
from apps.projects import policies
from apps.projects.models import (
    CustomField,
    CustomFieldType,
    FormerKey,
    IssueType,
    Label,
    Project,
    ProjectMember,
    ProjectStar,
    Status,
    Transition,
    Version,
)

# What a project can be, and what people can be in it, with words for it.
TEMPLATES = Project.Template.choices
VISIBILITIES = Project.Visibility.choices
PROJECT_ROLES = ProjectMember.Role.choices
# What the workflow's forms offer.
CATEGORIES = Status.Category.choices
PARTIES = Transition.Party.choices
REQUIRED_FIELDS = Transition.Required.choices
ASSIGNS = Transition.Assigns.choices
LEVELS = IssueType.Level.choices
# The signs that a type can have, and what they are called.
TYPE_ICONS = (
    ("square-check", gettext_lazy("Tick")),
    ("bookmark", gettext_lazy("Bookmark")),
    ("bug", gettext_lazy("Bug")),
    ("zap", gettext_lazy("Flash")),
    ("star", gettext_lazy("Star")),
    ("flag", gettext_lazy("Flag")),
    ("wrench", gettext_lazy("Wrench")),
    ("list-tree", gettext_lazy("Tree")),
)
# What a field of the project's own can hold.
FIELD_KINDS = CustomField.Kind.choices
LABELS_ON_A_PAGE = 50


class NoSuchProject(NotFound):
    """No project with this key, or not for this person."""

    title = gettext_lazy("There is no such project")
    detail = gettext_lazy(
        "Check the key in the address. A private project is seen only by people who were added to it."
    )


def visible_projects(*, actor: Actor) -> "QuerySet[Project]":
    """Every project the actor may know of. Other apps start their own queries from it."""
    return Project.objects.filter(org_id=actor.org_id, deleted_at__isnull=True).exclude(pk__in=actor.hidden_project_ids)


def list_projects(*, actor: Actor, is_archived: bool = False, starred: bool | None = None) -> list[Project]:
    """The projects that are not archived, or those that are, by name.

    :param starred: only those among the actor's favourites, or only the others; None for all
    """
    projects = visible_projects(actor=actor).filter(archived_at__isnull=not is_archived)
    if starred is not None:
        mine = ProjectStar.objects.filter(org_id=actor.org_id, user_id=actor.person_id).values("project_id")
        projects = projects.filter(pk__in=mine) if starred else projects.exclude(pk__in=mine)
    return list(projects.order_by("name", "id"))


def get_project(*, actor: Actor, key: str) -> Project:
    """A project by its key.

    :raises NoSuchProject: if there is none, or the actor may not know of it
    :raises apps.core.errors.Moved: if one that they may see had this key before
    """
    key = key.upper()
    project = visible_projects(actor=actor).filter(key=key).select_related("lead", "stream").first()
    if project is None:
        present = present_key(actor=actor, former=key)
        raise NoSuchProject if present is None else Moved(old=key, new=present)
    if not policies.can_see(actor, project):
        raise NoSuchProject
    return project


def present_key(*, actor: Actor, former: str) -> str | None:
    """The key of the project that had this one last, as far as the actor may see it."""
    return present_keys(actor=actor, former=[former.upper()]).get(former.upper())


def present_keys(*, actor: Actor, former: Collection[str]) -> dict[str, str]:
    """The keys of the projects that had these last, by the former ones, as far as the actor may see them: one query."""
    had = FormerKey.objects.filter(org_id=actor.org_id, key__in=former).exclude(project_id__in=actor.hidden_project_ids)
    shown = had.filter(project__in=visible_projects(actor=actor)).order_by("id")
    return dict(shown.values_list("key", "project__key"))


def is_key_in_use(*, actor: Actor, key: str) -> bool:
    """Whether a project that the actor may know of has this key."""
    return visible_projects(actor=actor).filter(key=key).exists()


def former_keys(*, actor: Actor, project: Project) -> list[str]:
    """Keys that a project had and that lead on to it, newest first."""
    return list(
        FormerKey.objects.filter(org_id=actor.org_id, project=project).order_by("-id").values_list("key", flat=True)
    )


def get_deleted_project(*, actor: Actor, project_id: int) -> tuple[Project, Actor]:
    """A deleted project that the actor may bring back, and the actor with it in sight.

    :raises NotFound: if there is none with this id, or it is too late
    """
    actor = uncover_project(actor, project_id=project_id)
    return Project.objects.get(org_id=actor.org_id, pk=project_id), actor


def get_configurable_project(*, actor: Actor, key: str) -> Project:
    """A project whose settings the actor may change.

    :raises NoSuchProject: if they may not know of it
    :raises Forbidden: if they may only use it
    """
    project = get_project(actor=actor, key=key)
    if not policies.can_configure(actor, project):
        raise Forbidden
    return project


def list_statuses(*, actor: Actor, project: Project) -> list[Status]:
    """The workflow's steps, in order; retired ones are left out."""
    present = Status.objects.filter(org_id=actor.org_id, project=project, retired_at__isnull=True)
    return list(present.order_by("position", "id"))


def get_status(*, actor: Actor, project: Project, status_id: int) -> Status:
    """One step of the project's workflow.

    :raises NotFound: if there is none with this id, or it is retired
    """
    present = Status.objects.filter(org_id=actor.org_id, project=project, retired_at__isnull=True)
    status = present.select_related("project").filter(pk=status_id).first()
    if status is None:
        raise NotFound(_("This status is gone. Reload the page."))
    return status


def list_transitions(*, actor: Actor, project: Project) -> list[Transition]:
    """The workflow's edges with their statuses, those from anywhere first, in the order of the statuses."""
    return list(
        Transition.objects.filter(org_id=actor.org_id, project=project)
        .select_related("source", "target")
        .order_by(F("source__position").asc(nulls_first=True), "source_id", "target__position", "target_id")
    )


def get_transition(*, actor: Actor, project: Project, transition_id: int) -> Transition:
    """One edge of the project's workflow.

    :raises NotFound: if there is none with this id
    """
    found = Transition.objects.filter(org_id=actor.org_id, project=project, pk=transition_id)
    transition = found.select_related("source", "target", "project").first()
    if transition is None:
        raise NotFound(_("This transition is gone. Reload the page."))
    return transition


def list_issue_types(*, actor: Actor, project: Project) -> list[IssueType]:
    """The types an issue can have, in order; retired ones are left out."""
    present = IssueType.objects.filter(org_id=actor.org_id, project=project, retired_at__isnull=True)
    return list(present.order_by("position", "id"))


def get_issue_type(*, actor: Actor, project: Project, type_id: int) -> IssueType:
    """One type of the project's issues.

    :raises NotFound: if there is none with this id, or it is retired
    """
    present = IssueType.objects.filter(org_id=actor.org_id, project=project, retired_at__isnull=True)
    issue_type = present.select_related("project").filter(pk=type_id).first()
    if issue_type is None:
        raise NotFound(_("This type is gone. Reload the page."))
    return issue_type


def list_types_for_new(*, actor: Actor, project: Project) -> list[IssueType]:
    """The types that an issue without a parent can begin as, in order: everything but sub-tasks."""
    types = list_issue_types(actor=actor, project=project)
    return [issue_type for issue_type in types if issue_type.level != IssueType.Level.SUBTASK]


def list_labels(*, actor: Actor, project: Project, is_retired: bool = False) -> list[Label]:
    """The project's labels, by name, or those that were deleted."""
    labels = Label.objects.filter(org_id=actor.org_id, project=project, retired_at__isnull=not is_retired)
    return list(labels.order_by("name", "id"))


def count_labels(*, actor: Actor, project: Project, q: str = "") -> int:
    """How many labels the project has whose names hold these words."""
    return _called(_labels(actor, project), q).count()


def label_page(
    *, actor: Actor, project: Project, q: str = "", after: Sequence[Any] | None = None, size: int = LABELS_ON_A_PAGE
) -> Page[Label]:
    """The project's labels, by name, each with `issue_count`: on how many issues that are not deleted it is.

    :param q: words that their names hold
    :param after: the mark of the page before
    :raises Invalid: if the mark is another order's
    """
    labels = _called(_labels(actor, project), q).order_by("name", "id")
    if after is not None:
        name, pk = read_values(after, [str, int])
        labels = labels.filter(Q(name__gt=name) | Q(name=name, pk__gt=pk))
    ids = list(labels.values_list("pk", flat=True)[: size + 1])
    # Counted for the page alone: a project may have thousands of labels.
    in_use = Count("issue_labels", filter=Q(issue_labels__issue__deleted_at__isnull=True))
    rows = list(Label.objects.filter(pk__in=ids[:size]).annotate(issue_count=in_use).order_by("name", "id"))
    return Page(rows, next_after=[rows[-1].name, rows[-1].pk] if len(ids) > size else None)


def _labels(actor: Actor, project: Project) -> "QuerySet[Label]":
    return Label.objects.present().filter(org_id=actor.org_id, project=project)


def _called(labels: "QuerySet[Label]", q: str) -> "QuerySet[Label]":
    for word in q.split()[:MOST_WORDS]:
        labels = labels.filter(name__icontains=word)
    return labels


def get_label(*, actor: Actor, project: Project, label_id: int) -> Label:
    """One label of the project.

    :raises NotFound: if there is none with this id
    """
    label: Label | None = _labels(actor, project).select_related("project").filter(pk=label_id).first()
    if label is None:
        raise NotFound(_("This label is gone. Reload the page."))
    return label


def get_retired_label(*, actor: Actor, project: Project, label_id: int) -> Label:
    """A label of the project that was deleted.

    :raises NotFound: if there is none with this id
    """
    retired = Label.objects.filter(org_id=actor.org_id, project=project, retired_at__isnull=False)
    label: Label | None = retired.select_related("project").filter(pk=label_id).first()
    if label is None:
        raise NotFound
    return label


def list_versions(*, actor: Actor, project: Project) -> list[Version]:
    """The project's versions that an issue can name, what comes next first; archived and deleted ones are left out."""
    present = Version.objects.present().filter(org_id=actor.org_id, project=project, archived_at__isnull=True)
    return list(
        present.order_by(F("released_at").desc(nulls_first=True), F("release_date").asc(nulls_last=True), "name", "id")
    )


def version_page(
    *,
    actor: Actor,
    project: Project,
    is_retired: bool = False,
    after: Sequence[Any] | None = None,
    before: Sequence[Any] | None = None,
    size: int = 50,
) -> Page[Version]:
    """The project's versions, archived ones too, in the order in which they were planned: a page of them.

    :param is_retired: those that were deleted, instead
    """
    mine = Version.objects.filter(org_id=actor.org_id, project=project, retired_at__isnull=not is_retired)
    return page_by_id(mine, after=after, before=before, size=size)


def member_page(
    *,
    actor: Actor,
    project: Project,
    after: Sequence[Any] | None = None,
    before: Sequence[Any] | None = None,
    size: int = 50,
) -> Page[ProjectMember]:
    """People with a role given in the project itself, in the order in which they first got one: a page of them."""
    return page_by_id(_seated_members(actor, project), after=after, before=before, size=size)


def get_version(*, actor: Actor, project: Project, version_id: int, is_retired: bool = False) -> Version:
    """One version of the project.

    :param is_retired: one that was deleted, to bring it back
    :raises NotFound: if there is none with this id
    """
    mine = Version.objects.filter(org_id=actor.org_id, project=project, retired_at__isnull=not is_retired)
    version: Version | None = mine.select_related("project").filter(pk=version_id).first()
    if version is None:
        raise NotFound(_("This version is gone. Reload the page."))
    return version


def fields_with_types(fields: Any) -> Any:
    """Fields with the ids of the types that have them as `type_ids` (empty for all types), in their order."""
    types = CustomFieldType.objects.filter(field_id=OuterRef("pk"), type__retired_at__isnull=True).values("type_id")
    return fields.annotate(type_ids=ArraySubquery(types)).order_by("position", "id")


def list_custom_fields(*, actor: Actor, project: Project) -> list[Any]:
    """The fields of the project's own, in their order, each with `type_ids`: one query, options included."""
    present = CustomField.objects.present().filter(org_id=actor.org_id, project=project)
    return list(fields_with_types(present))


def list_retired_fields(*, actor: Actor, project: Project) -> list[Any]:
    """The fields that were taken away, the last one first, each with `type_ids`."""
    retired = CustomField.objects.filter(org_id=actor.org_id, project=project, retired_at__isnull=False)
    return list(fields_with_types(retired).order_by("-retired_at", "-id"))


def get_custom_field(*, actor: Actor, project: Project, field_id: int, is_retired: bool = False) -> Any:
    """One field of the project's own, with `type_ids`.

    :param is_retired: one that was taken away, to bring it back
    :raises NotFound: if there is none with this id
    """
    mine = CustomField.objects.filter(org_id=actor.org_id, project=project, retired_at__isnull=not is_retired)
    field = fields_with_types(mine.select_related("project")).filter(pk=field_id).first()
    if field is None:
        raise NotFound(_("This field is gone. Reload the page."))
    return field


def list_project_members(*, actor: Actor, project: Project) -> list[ProjectMember]:
    """People with a role given in the project itself, by name. One whose seat has ended has none."""
    return list(_seated_members(actor, project).order_by("user__name", "user_id"))


def _seated_members(actor: Actor, project: Project) -> "QuerySet[ProjectMember]":
    return ProjectMember.objects.filter(
        org_id=actor.org_id,
        project=project,
        user__memberships__org_id=actor.org_id,
        user__memberships__ended_at__isnull=True,
    ).select_related("user")


def get_project_member(*, actor: Actor, project: Project, user_id: int) -> ProjectMember:
    """The role that somebody was given in the project itself.

    :raises NotFound: if they were given none
    """
    member = (
        ProjectMember.objects.filter(org_id=actor.org_id, project=project, user_id=user_id)
        .select_related("user", "project")
        .first()
    )
    if member is None:
        raise NotFound
    return member


def assignable_people(*, actor: Actor, project: Project) -> "QuerySet[User]":
    """Who can be given an issue of the project: seats that reach it, placeholders left out."""
    return people_of(actor=actor, projects=[project])


def people_of(*, actor: Actor, projects: Collection[Project]) -> "QuerySet[User]":
    """Who can be given an issue of one of the projects, by name: one query, however many they are."""
    seated = people(actor=actor).filter(
        kind=User.Kind.PERSON, is_active=True, memberships__org_id=actor.org_id, memberships__ended_at__isnull=True
    )
    added = ProjectMember.objects.filter(org_id=actor.org_id, project__in=projects).values("user_id")
    if all(project.is_private for project in projects):
        return seated.filter(pk__in=added).order_by("name", "id")
    return (seated.exclude(memberships__role="guest") | seated.filter(pk__in=added)).distinct().order_by("name", "id")


def working_places(*, actor: Actor, projects: Collection[Project]) -> "list[tuple[User, list[int]]]":
    """Who can be given issues of these projects, by name, each with the ids of those where they can: two queries."""
    guest = Membership.objects.filter(org_id=actor.org_id, user_id=OuterRef("pk"), role=OrgRole.GUEST)
    found = people_of(actor=actor, projects=projects).annotate(is_guest=Exists(guest))
    added = set(
        ProjectMember.objects.filter(org_id=actor.org_id, project__in=projects).values_list("user_id", "project_id")
    )

    def works_in(person: Any, project: Project) -> bool:
        return (person.pk, project.pk) in added or not (project.is_private or person.is_guest)

    return [(person, [project.pk for project in projects if works_in(person, project)]) for person in found]
