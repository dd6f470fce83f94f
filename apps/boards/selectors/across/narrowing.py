"""What a board over several projects is narrowed to. Labels and types are each project's: they go by their names."""

from collections.abc import Collection, Iterable, Sequence

from django.db.models import Q

from apps.boards.models import AcrossQuickFilter
from apps.boards.selectors.across.shown import AcrossFilters, AcrossQuickView, AcrossView, alike
from apps.core.errors import NotFound
from apps.core.tenancy import Actor
from apps.issues.selectors import labelled
from apps.projects.models import IssueType, Label, Project


def labels_on(*, actor: Actor, view: AcrossView) -> list[Label]:
    """The labels of its projects, by name: one query for a view."""
    if view.labels is None:
        present = Label.objects.present().filter(org_id=actor.org_id, project__in=view.projects)
        view.labels = list(present.order_by("name", "id"))
    return view.labels


def types_on(*, actor: Actor, view: AcrossView) -> list[IssueType]:
    """The types of its projects' issues, in order: one query for a view."""
    if view.types is None:
        present = IssueType.objects.filter(org_id=actor.org_id, project__in=view.projects, retired_at__isnull=True)
        view.types = list(present.order_by("position", "id"))
    return view.types


def names_of(things: Iterable[Label | IssueType]) -> list[str]:
    """What they are called, each name once, however many projects have it."""
    names: dict[str, str] = {}
    for thing in things:
        names.setdefault(alike(thing.name), thing.name)
    return list(names.values())


def quick_filters_on(*, actor: Actor, view: AcrossView) -> list[AcrossQuickView]:
    """Those that ask for nothing but what some project of the reader has: two queries for a view, if they name any.

    What somebody may not see is not asked for in front of them; one for a label that was deleted comes back with it.
    """
    if view.quick_filters is None:
        view.quick_filters = [
            quick
            for quick in view.every_quick_filter
            if (not quick.type_name or _called(types_on(actor=actor, view=view), quick.type_name))
            and (not quick.label_name or _called(labels_on(actor=actor, view=view), quick.label_name))
        ]
    return view.quick_filters


def narrowed(*, actor: Actor, view: AcrossView, filters: AcrossFilters, projects: Sequence[Project]) -> Q:
    """The filters as a condition on issues of some of its projects."""
    condition = filters.shared_condition(actor, projects)
    if filters.project is not None:
        condition &= Q(project_id=filters.project)
    if filters.label:
        condition &= labelled(_called(labels_on(actor=actor, view=view), filters.label, projects))
    for quick in quick_filters_on(actor=actor, view=view) if filters.quick else ():
        if quick.id not in filters.quick:
            continue
        condition &= quick.asked_of_all(actor)
        if quick.type_name:
            condition &= Q(type_id__in=_called(types_on(actor=actor, view=view), quick.type_name, projects))
        if quick.label_name:
            condition &= labelled(_called(labels_on(actor=actor, view=view), quick.label_name, projects))
    return condition


def _called(things: Iterable[Label | IssueType], name: str, projects: Collection[Project] | None = None) -> list[int]:
    """The ids of those that are called so, in some projects or in all."""
    ids = None if projects is None else {project.pk for project in projects}
    return [
        thing.pk for thing in things if alike(thing.name) == alike(name) and (ids is None or thing.project_id in ids)
    ]


def get_across_quick_filter(*, actor: Actor, view: AcrossView, quick_filter_id: int) -> AcrossQuickFilter:
    """A quick filter of a board, if the actor knows of what it asks for.

    :raises NotFound: if there is none with this id
    """
    if quick_filter_id not in {quick.id for quick in quick_filters_on(actor=actor, view=view)}:
        raise NotFound
    return AcrossQuickFilter.objects.select_related("board").get(org_id=actor.org_id, pk=quick_filter_id)
