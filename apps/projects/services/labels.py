"""The labels of a project."""

from collections.abc import Collection

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from apps.core.errors import Conflict, Forbidden, Invalid
from apps.core.tenancy import Actor
from apps.core.texts import one_line
from apps.events.facts import FieldChange, Subject
from apps.events.services import record, service
from apps.projects import facts, policies
from apps.projects.models import Label, Project

from .common import change_look, require_configure

HUES = range(0, 360, 30)


class NameTaken(Conflict):
    """Another label of the project has this name."""

    title = gettext_lazy("That name is taken")


def clean_label(name: str) -> str:
    """The name of a label.

    :raises Invalid: if there is nothing to read, or too much
    """
    name = one_line(name)
    if not name:
        raise Invalid(_("Give the label a name."), field="name")
    if len(name) > 60:
        raise Invalid(_("A label has at most 60 characters."), field="name")
    return name


def next_hue(used: int) -> int:
    """The colour for the next label: far from the ones before."""
    return used * 150 % 360


def save_label(label: Label) -> None:
    """Store a label.

    :raises NameTaken: if another one of the project has the name
    """
    try:
        with transaction.atomic():
            label.save()
    except IntegrityError as error:
        raise NameTaken(_("There is a label “%(name)s” already.") % {"name": label.name}, field="name") from error


@service
def create_label(*, actor: Actor, project: Project, name: str, hue: int | None = None) -> Label:
    """Make a label.

    :raises Forbidden: for people who may not edit issues
    :raises NameTaken: if there is one of this name
    """
    if not policies.can_edit_issues(actor, project):
        raise Forbidden
    label = Label(
        org_id=actor.org_id,
        project=project,
        name=clean_label(name),
        hue=hue if hue is not None and hue in HUES else next_hue(project.labels.present().count()),
    )
    save_label(label)
    record(
        facts.LabelCreated(
            project_id=project.pk,
            label_id=label.pk,
            name=label.name,
            subjects=(Subject(model="projects.label", id=label.pk, name=label.name, action="create"),),
        ),
        actor=actor,
    )
    return label


@service
def ensure_labels(*, actor: Actor, project: Project, names: Collection[str]) -> dict[str, Label]:
    """The project's labels of these names, made where there is none yet.

    :raises Forbidden: for people who may not edit issues
    """
    if not policies.can_edit_issues(actor, project):
        raise Forbidden
    labels = {label.name: label for label in project.labels.present().filter(name__in=names)}
    missing = [clean_label(name) for name in sorted(set(names) - labels.keys())]
    used = project.labels.present().count() if missing else 0
    made = Label.objects.bulk_create(
        Label(org_id=actor.org_id, project=project, name=name, hue=next_hue(used + offset))
        for offset, name in enumerate(missing)
    )
    for label in made:
        labels[label.name] = label
        record(
            facts.LabelCreated(
                project_id=project.pk,
                label_id=label.pk,
                name=label.name,
                subjects=(Subject(model="projects.label", id=label.pk, name=label.name, action="create"),),
            ),
            actor=actor,
        )
    return labels


@service
def edit_label(*, actor: Actor, label: Label, name: str, hue: int) -> Label:
    """Rename or recolour a label, everywhere at once.

    :raises Forbidden: for people who do not administer the project
    :raises NameTaken: if another label has the name
    """
    require_configure(actor, label.project)
    wanted = {"name": clean_label(name), "hue": hue if hue in HUES else label.hue}
    changes = tuple(
        FieldChange(field, getattr(label, field), value)
        for field, value in wanted.items()
        if getattr(label, field) != value
    )
    if not changes:
        return label
    for change in changes:
        setattr(label, change.field, change.new)
    save_label(label)
    change_look(label.project)
    record(
        facts.LabelEdited(
            project_id=label.project_id,
            label_id=label.pk,
            subjects=(Subject(model="projects.label", id=label.pk, name=label.name),),
            changes=changes,
        ),
        actor=actor,
    )
    return label
