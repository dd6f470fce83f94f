"""Taking labels, versions and options of fields away, and releasing versions: what becomes of the issues with them.

Each is one transaction and one fact, which names every issue that changed; bringing back reads that fact. Names stay in
the history, since rows are retired and not deleted.
"""

from collections.abc import Callable, Collection, Iterable
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from apps.core.errors import Conflict, Invalid, NotFound
from apps.core.tenancy import Actor, happening_at
from apps.events.facts import FieldChange, Subject
from apps.events.models import Change, Event
from apps.events.services import record, service
from apps.issues.models import Issue
from apps.issues.selectors.values import issues_with_option
from apps.issues.services.batch import Batch
from apps.issues.services.common import lock_with_deleted
from apps.projects import facts
from apps.projects.models import CustomField, Label, Project, Status, Transition, Version
from apps.projects.services.common import change_look, require_configure
from apps.projects.services.fields import field_subject, lock_field, place_of, refuse_option
from apps.projects.services.labels import save_label
from apps.projects.services.versions import lock_version, save_version, version_subject


class ReleasedAlready(Conflict):
    """Somebody else released it, or took its release back, a moment ago."""

    title = gettext_lazy("That has just been done")
    detail = gettext_lazy("Reload the page to see the version as it is now.")


def _retag(
    actor: Actor, project: Project, issue_ids: Iterable[int], field: str, wanted: Callable[[Issue, set[int]], set[int]]
) -> Batch:
    """Give issues other labels or versions: what each is to carry comes from what it carries. Stored, not told."""
    batch = Batch(project, lock_with_deleted(actor, issue_ids))
    batch.tag(field, {issue.pk: wanted(issue, set(batch.read(issue, field))) for issue in batch.issues})
    batch.store()
    return batch


def _said(batch: Batch, *first: FieldChange) -> dict[str, Any]:
    """What a fact says of the issues of a batch, after what it says first."""
    return {
        "changes": (*first, *batch.changes()),
        "versions": {str(issue.pk): issue.version for issue in batch.changed()},
    }


def _event(actor: Actor, project: Project, kind: str, **data: int) -> Event | None:
    """The last fact of a kind about something of the project."""
    found = Event.objects.filter(org_id=actor.org_id, project=project, kind=kind)
    return found.filter(**{f"data__{name}": value for name, value in data.items()}).order_by("-id").first()


def _put_back(actor: Actor, project: Project, event: Event | None, field: str, present: Collection[int]) -> Batch:
    """Undo what a fact did to labels or versions of issues, as far as those are still there."""
    changes: dict[int | None, Any] = (
        {change.issue_id: change for change in event.changes.filter(field=field)} if event else {}
    )

    def as_before(issue: Issue, now: set[int]) -> set[int]:
        old, new = set(changes[issue.pk].old), set(changes[issue.pk].new)
        return now - (new - old) | ((old - new) & set(present))

    return _retag(actor, project, [pk for pk in changes if pk is not None], field, as_before)


# Labels


def _label_subject(label: Label, action: str) -> Subject:
    return Subject(model="projects.label", id=label.pk, name=label.name, action=action)


def _lock_labels(label: Label, *others: Label | None) -> dict[int, Label]:
    ids = {each.pk for each in (label, *others) if each is not None}
    rows = Label.objects.present().select_for_update(no_key=True).filter(project_id=label.project_id, pk__in=ids)
    found = {row.pk: row for row in rows.order_by("pk")}
    if len(found) != len(ids):
        raise NotFound(_("This label is gone. Reload the page."))
    return found


@service
def retire_label(*, actor: Actor, label: Label, to: Label | None = None) -> int:
    """Take a label away from the project. Whatever carries it carries `to` instead, or no more than the rest: how many.

    Transitions that add it add `to`, or nothing.

    :raises Forbidden: for people who do not administer the project
    :raises Invalid: if it should become itself
    :raises NotFound: if one of the two is gone, or they are of different projects
    """
    project = label.project
    require_configure(actor, project)
    if to is not None and to.pk == label.pk:
        raise Invalid(_("Choose another label, or none."), field="to")
    fresh = _lock_labels(label, to)[label.pk]
    Transition.objects.filter(adds_label=fresh).update(adds_label=to)
    carrying = fresh.issue_labels.values_list("issue_id", flat=True)
    more = {to.pk} if to is not None else set()
    batch = _retag(actor, project, list(carrying), "labels", lambda issue, now: now - {fresh.pk} | more)
    fresh.retired_at = timezone.now()
    fresh.save(update_fields=["retired_at"])
    change_look(project)
    record(
        facts.LabelDeleted(
            project_id=project.pk, label_id=fresh.pk, subjects=(_label_subject(fresh, "delete"),), **_said(batch)
        ),
        actor=actor,
    )
    return len(batch.changed())


@service
def restore_label(*, actor: Actor, label: Label) -> Label:
    """Bring a deleted label back, with the issues that carried it.

    :raises Forbidden: for people who do not administer the project
    :raises NotFound: if it is back already
    :raises NameTaken: if another label has the name by now
    """
    project = label.project
    require_configure(actor, project)
    fresh: Label | None = (
        Label.objects.select_for_update(no_key=True).filter(pk=label.pk, retired_at__isnull=False).first()
    )
    if fresh is None:
        raise NotFound(_("This label is back already. Reload the page."))
    fresh.retired_at = None
    save_label(fresh)
    event = _event(actor, project, facts.LabelDeleted.kind, label_id=fresh.pk)
    present = project.labels.present().values_list("pk", flat=True)
    batch = _put_back(actor, project, event, "labels", set(present))
    change_look(project)
    record(
        facts.LabelRestored(
            project_id=project.pk, label_id=fresh.pk, subjects=(_label_subject(fresh, "update"),), **_said(batch)
        ),
        actor=actor,
    )
    return fresh


# Versions


def _lock_versions(version: Version, to: Version | None) -> Version:
    """The version as it is now, kept so together with the one that its unfinished work goes to.

    :raises NotFound: if one of the two was deleted
    :raises Invalid: if `to` is the same, of another project, or has come out
    """
    if to is not None and (to.pk == version.pk or to.project_id != version.project_id):
        raise Invalid(_("Choose another version of this project."), field="to")
    ids = {each.pk for each in (version, to) if each is not None}
    # Whoever puts an issue into one of them meanwhile need not wait; readers leave out what is retired.
    rows = Version.objects.present().select_for_update(no_key=True).filter(pk__in=ids)
    found = {row.pk: row for row in rows.order_by("pk")}
    if len(found) != len(ids):
        raise NotFound(_("This version is gone. Reload the page."))
    if to is not None and found[to.pk].released_at is not None:
        raise Invalid(_("“%(name)s” has come out already. Choose another version.") % {"name": to.name}, field="to")
    fresh: Version = found[version.pk]
    fresh.project = version.project
    return fresh


def _move(actor: Actor, version: Version, to: Version | None, *, done: bool) -> Batch:
    """Let the open issues of a version come with another one, or with none. `done`: what is over loses it as well."""
    tagged = version.issue_versions.values_list("issue_id", flat=True)
    open_ids = set(tagged.exclude(issue__status__category__in=Status.CLOSED))
    more = {to.pk} if to is not None else set()
    return _retag(
        actor,
        version.project,
        list(tagged) if done else open_ids,
        "fix_versions",
        lambda issue, now: now - {version.pk} | (more if issue.pk in open_ids else set()),
    )


@service
def release_version(*, actor: Actor, version: Version, keeps_open: bool = True, to: Version | None = None) -> Version:
    """Say that a version has come out.

    :param keeps_open: its open issues stay in it; else they go to `to`, or to no version
    :raises Forbidden: for people who do not administer the project
    :raises NotFound: if it was deleted
    :raises ReleasedAlready: if it has come out
    :raises Invalid: if `to` cannot take them
    """
    require_configure(actor, version.project)
    fresh = _lock_versions(version, None if keeps_open else to)
    if fresh.released_at is not None:
        raise ReleasedAlready
    said = {} if keeps_open else _said(_move(actor, fresh, to, done=False))
    fresh.released_at = happening_at()
    fresh.save(update_fields=["released_at"])
    _tell_released(actor, fresh, **said)
    return fresh


@service
def unrelease_version(*, actor: Actor, version: Version, brings_back: bool = False) -> Version:
    """Take a release back: the version is open again.

    :param brings_back: so do the issues that went elsewhere with the release; else they stay there
    :raises Forbidden: for people who do not administer the project
    :raises NotFound: if it was deleted
    :raises ReleasedAlready: if it has not come out
    """
    require_configure(actor, version.project)
    fresh = _lock_versions(version, None)
    if fresh.released_at is None:
        raise ReleasedAlready
    fresh.released_at = None
    fresh.save(update_fields=["released_at"])
    said = {}
    if brings_back:
        event = _event(actor, version.project, facts.VersionReleased.kind, version_id=fresh.pk, is_released=True)
        present = version.project.versions.present().values_list("pk", flat=True)
        said = _said(_put_back(actor, version.project, event, "fix_versions", set(present)))
    _tell_released(actor, fresh, **said)
    return fresh


def _tell_released(
    actor: Actor, version: Version, *, changes: tuple[FieldChange, ...] = (), versions: dict[str, int] | None = None
) -> None:
    is_released = version.released_at is not None
    record(
        facts.VersionReleased(
            project_id=version.project_id,
            version_id=version.pk,
            is_released=is_released,
            subjects=(version_subject(version),),
            changes=(FieldChange("released", not is_released, is_released), *changes),
            versions=versions or {},
        ),
        actor=actor,
    )


@service
def retire_version(*, actor: Actor, version: Version, to: Version | None = None) -> int:
    """Delete a version. Its open issues come with `to` instead, or with none; what is done loses it. How many changed.

    :raises Forbidden: for people who do not administer the project
    :raises NotFound: if it is gone already
    :raises Invalid: if `to` cannot take them
    """
    project = version.project
    require_configure(actor, project)
    fresh = _lock_versions(version, to)
    batch = _move(actor, fresh, to, done=True)
    fresh.retired_at = timezone.now()
    fresh.save(update_fields=["retired_at"])
    record(
        facts.VersionDeleted(
            project_id=project.pk, version_id=fresh.pk, subjects=(version_subject(fresh, "delete"),), **_said(batch)
        ),
        actor=actor,
    )
    return len(batch.changed())


@service
def restore_version(*, actor: Actor, version: Version) -> Version:
    """Bring a deleted version back, with the issues that came with it.

    :raises Forbidden: for people who do not administer the project
    :raises NotFound: if it is back already
    :raises NameTaken: if another version has the name by now
    """
    project = version.project
    require_configure(actor, project)
    fresh = lock_version(version, is_retired=True)
    fresh.retired_at = None
    save_version(fresh)
    event = _event(actor, project, facts.VersionDeleted.kind, version_id=fresh.pk)
    present = project.versions.present().values_list("pk", flat=True)
    batch = _put_back(actor, project, event, "fix_versions", set(present))
    record(
        facts.VersionRestored(
            project_id=project.pk, version_id=fresh.pk, subjects=(version_subject(fresh),), **_said(batch)
        ),
        actor=actor,
    )
    return fresh


# Options of fields


def _swap(actor: Actor, field: CustomField, issue_ids: Iterable[int], wanted: Callable[[Issue, Any], Any]) -> Batch:
    """Give issues another value of a field: what each is to have comes from what it has. Stored, not told."""
    batch = Batch(field.project, lock_with_deleted(actor, issue_ids))
    for issue in batch.issues:
        batch.put(issue, field.key, wanted(issue, batch.read(issue, field.key)))
    batch.store()
    return batch


@service
def retire_option(*, actor: Actor, field: CustomField, option_id: int, to: int | None = None) -> int:
    """Take an option of a field away. Whatever has it has `to` instead, or none: how many issues changed.

    :raises Forbidden: for people who do not administer the project
    :raises Invalid: if it should become itself
    :raises NotFound: if the field, or one of the two options, is gone
    """
    require_configure(actor, field.project)
    fresh = lock_field(actor, field)
    place = place_of(fresh, option_id)
    if to == option_id:
        raise Invalid(_("Choose another option, or none."), field="to")
    if to is not None:
        place_of(fresh, to)

    def without(_issue: Issue, now: Any) -> Any:
        if not isinstance(now, list):
            return to
        return fresh.in_order([*(pk for pk in now if pk != option_id), *([to] if to is not None else [])])

    having = issues_with_option(actor=actor, field=fresh, option_id=option_id).values_list("pk", flat=True)
    batch = _swap(actor, fresh, list(having), without)
    fresh.options[place]["retired"] = True
    fresh.save(update_fields=["options"])
    change_look(field.project)
    record(
        facts.FieldOptionRemoved(
            project_id=field.project_id,
            field_id=fresh.pk,
            option_id=option_id,
            subjects=(field_subject(fresh),),
            **_said(batch, FieldChange("option", fresh.option_names[option_id], None)),
        ),
        actor=actor,
    )
    return len(batch.changed())


@service
def restore_option(*, actor: Actor, field: CustomField, option_id: int) -> CustomField:
    """Bring an option back, with the issues that had it and were not changed since.

    :raises Forbidden: for people who do not administer the project
    :raises NotFound: if the field is gone, or the option is back already
    :raises Invalid: if another option has the name by now, or there are as many as a field can have
    """
    require_configure(actor, field.project)
    fresh = lock_field(actor, field)
    name = fresh.options[place_of(fresh, option_id, is_retired=True)]["name"]
    refuse_option(fresh, name)
    fresh.options[place_of(fresh, option_id, is_retired=True)]["retired"] = False
    fresh.save(update_fields=["options"])
    event = _event(actor, field.project, facts.FieldOptionRemoved.kind, field_id=fresh.pk, option_id=option_id)
    changes = {change.issue_id: change for change in Change.objects.filter(event=event, field=fresh.key)}
    offered = {each.id for each in fresh.choices}

    def as_before(issue: Issue, now: Any) -> Any:
        change = changes[issue.pk]
        if now != change.new:
            return now
        old: Any = change.old
        return fresh.in_order([pk for pk in old if pk in offered]) if isinstance(old, list) else old

    batch = _swap(actor, fresh, [pk for pk in changes if pk is not None], as_before)
    change_look(field.project)
    record(
        facts.FieldOptionRestored(
            project_id=field.project_id,
            field_id=fresh.pk,
            option_id=option_id,
            subjects=(field_subject(fresh),),
            **_said(batch, FieldChange("option", None, name)),
        ),
        actor=actor,
    )
    return fresh
