"""The fields that a project gives its issues besides those that all have.

What also changes issues (taking an option away) is in `apps.issues.services`.
"""

import secrets
from collections.abc import Collection, Iterable, Sequence
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import Max
from django.utils import timezone
from django.utils.translation import gettext as _

from apps.core.errors import Invalid, NotFound
from apps.core.tenancy import Actor
from apps.core.texts import one_line
from apps.events.facts import FieldChange, Subject
from apps.events.services import record, service
from apps.projects import facts
from apps.projects.models import CustomField, CustomFieldType, Project

from .common import change_look, require_configure
from .labels import NameTaken

NAME_LENGTH = 60
HELP_LENGTH = 200
# More than anybody fills in, and few enough for a form and a page.
MOST_FIELDS = 40
MOST_OPTIONS = 100


def field_subject(field: CustomField, action: str = "update") -> Subject:
    """The field as the audit trail names it."""
    return Subject(model="projects.customfield", id=field.pk, name=field.name, action=action)


def lock_field(actor: Actor, field: CustomField, *, is_retired: bool = False) -> CustomField:
    """The field as it is now, kept so until the unit of work ends.

    :raises NotFound: if it was taken away meanwhile, or (`is_retired`) brought back
    """
    rows = CustomField.objects.select_for_update(no_key=True).filter(org_id=actor.org_id, pk=field.pk)
    fresh: CustomField | None = rows.filter(retired_at__isnull=not is_retired).first()
    if fresh is None:
        raise NotFound(_("This field is gone. Reload the page."))
    fresh.project = field.project
    return fresh


def _name(name: str, *, field: str = "name") -> str:
    name = one_line(name)
    if not name or "\x00" in name:
        raise Invalid(_("Give it a name."), field=field)
    if len(name) > NAME_LENGTH:
        raise Invalid(_("A name has at most %(limit)s characters.") % {"limit": NAME_LENGTH}, field=field)
    return name


def _help(text: str) -> str:
    text = one_line(text)
    if len(text) > HELP_LENGTH or "\x00" in text:
        raise Invalid(_("A help text has at most %(limit)s characters.") % {"limit": HELP_LENGTH}, field="help_text")
    return text


def _types(project: Project, type_ids: Collection[int]) -> set[int]:
    wanted = set(type_ids)
    if project.issue_types.filter(pk__in=wanted, retired_at__isnull=True).count() != len(wanted):
        raise Invalid(_("Choose types of this project."), field="types")
    return wanted


def _refuse_required_checkbox(kind: str, *, is_required: bool) -> None:
    if is_required and kind == CustomField.Kind.CHECKBOX:
        raise Invalid(_("A checkbox is on or off: it need not be filled in."), field="is_required")


def clean_field(*, name: str, kind: str, help_text: str, is_required: bool) -> dict[str, Any]:
    """What a field is, as it is stored.

    :raises Invalid: if a value cannot be used
    """
    if kind not in CustomField.Kind.values:
        raise Invalid(_("Choose one of the offered values."), field="kind")
    _refuse_required_checkbox(kind, is_required=is_required)
    return {"name": _name(name), "kind": kind, "help_text": _help(help_text), "is_required": is_required}


def _save(field: CustomField) -> None:
    try:
        with transaction.atomic():
            field.save()
    except IntegrityError as error:
        raise NameTaken(_("There is a field “%(name)s” already.") % {"name": field.name}, field="name") from error


def _set_types(field: CustomField, wanted: set[int]) -> None:
    present = set(field.field_types.values_list("type_id", flat=True))
    field.field_types.filter(type_id__in=present - wanted).delete()
    CustomFieldType.objects.bulk_create(
        CustomFieldType(org_id=field.org_id, project_id=field.project_id, field=field, type_id=pk)
        for pk in sorted(wanted - present)
    )


def tell_field(actor: Actor, field: CustomField, *changes: FieldChange, action: str = "update") -> None:
    """Record that a field changed, and have every card drawn anew."""
    change_look(field.project)
    record(
        facts.CustomFieldChanged(
            project_id=field.project_id, field_id=field.pk, subjects=(field_subject(field, action),), changes=changes
        ),
        actor=actor,
    )


@service
def create_field(
    *,
    actor: Actor,
    project: Project,
    name: str,
    kind: str,
    help_text: str = "",
    is_required: bool = False,
    on_cards: bool = False,
    in_lists: bool = False,
    type_ids: Collection[int] = (),
    options: Sequence[str] = (),
) -> CustomField:
    """Give issues of the project one more field, after those that there are.

    :param type_ids: which types have it; none is all
    :param options: what a field of choices offers
    :raises Forbidden: for people who do not administer the project
    :raises Invalid: if a value cannot be used, or beyond `MOST_FIELDS`
    :raises NameTaken: if another field has the name
    """
    require_configure(actor, project)
    values = clean_field(name=name, kind=kind, help_text=help_text, is_required=is_required)
    present = CustomField.objects.present().filter(project=project)
    if present.count() >= MOST_FIELDS:
        raise Invalid(_("A project has at most %(limit)s fields of its own.") % {"limit": MOST_FIELDS}, field="name")
    last = present.aggregate(last=Max("position"))["last"]
    field = CustomField(
        org_id=actor.org_id,
        project=project,
        **values,
        on_cards=on_cards,
        in_lists=in_lists,
        position=0 if last is None else last + 1,
    )
    if field.has_options:
        field.options = with_options([], options)
    wanted = _types(project, type_ids)
    _save(field)
    _set_types(field, wanted)
    tell_field(actor, field, FieldChange("kind", None, kind), action="create")
    return field


@service
def edit_field(
    *,
    actor: Actor,
    field: CustomField,
    name: str,
    help_text: str = "",
    is_required: bool = False,
    on_cards: bool = False,
    in_lists: bool = False,
    type_ids: Collection[int] = (),
) -> CustomField:
    """Change what a field is called and where it is. What it holds stays: for another kind, make another field.

    :raises Forbidden: for people who do not administer the project
    :raises NotFound: if it was taken away
    :raises Invalid: if a value cannot be used
    :raises NameTaken: if another field has the name
    """
    require_configure(actor, field.project)
    fresh = lock_field(actor, field)
    _refuse_required_checkbox(fresh.kind, is_required=is_required)
    wanted = {
        "name": _name(name),
        "help_text": _help(help_text),
        "is_required": is_required,
        "on_cards": on_cards,
        "in_lists": in_lists,
    }
    types = _types(fresh.project, type_ids)
    present = sorted(fresh.field_types.values_list("type_id", flat=True))
    changes = [
        FieldChange(each, getattr(fresh, each), value)
        for each, value in wanted.items()
        if getattr(fresh, each) != value
    ]
    if present != sorted(types):
        changes.append(FieldChange("types", present, sorted(types)))
    if not changes:
        return fresh
    for each, value in wanted.items():
        setattr(fresh, each, value)
    _save(fresh)
    _set_types(fresh, types)
    tell_field(actor, fresh, *changes)
    return fresh


@service
def shift_field(*, actor: Actor, field: CustomField, by: int) -> None:
    """Move a field some places up (below 0) or down in the order in which fields are shown.

    :raises Forbidden: for people who do not administer the project
    :raises NotFound: if it was taken away
    """
    require_configure(actor, field.project)
    rows = CustomField.objects.present().select_for_update(no_key=True).filter(project_id=field.project_id)
    fields = sorted(rows.order_by("pk"), key=lambda each: (each.position, each.pk))
    place = next((number for number, each in enumerate(fields) if each.pk == field.pk), None)
    if place is None:
        raise NotFound(_("This field is gone. Reload the page."))
    moved = fields.pop(place)
    to = min(max(place + by, 0), len(fields))
    fields.insert(to, moved)
    for number, each in enumerate(fields):
        each.position = number
    CustomField.objects.bulk_update(fields, ["position"])
    if to != place:
        moved.project = field.project
        tell_field(actor, moved, FieldChange("position", place, to))


@service
def retire_field(*, actor: Actor, field: CustomField) -> CustomField:
    """Take a field away. It is shown nowhere any more; issues keep what they have of it, should it come back.

    :raises Forbidden: for people who do not administer the project
    :raises NotFound: if it is gone already
    """
    require_configure(actor, field.project)
    fresh = lock_field(actor, field)
    fresh.retired_at = timezone.now()
    fresh.save(update_fields=["retired_at"])
    tell_field(actor, fresh, action="delete")
    return fresh


@service
def restore_field(*, actor: Actor, field: CustomField) -> CustomField:
    """Bring a field back, with what issues have of it.

    :raises Forbidden: for people who do not administer the project
    :raises NotFound: if it is back already
    :raises Invalid: beyond `MOST_FIELDS`
    :raises NameTaken: if another field has the name by now
    """
    require_configure(actor, field.project)
    fresh = lock_field(actor, field, is_retired=True)
    if CustomField.objects.present().filter(project_id=fresh.project_id).count() >= MOST_FIELDS:
        raise Invalid(_("A project has at most %(limit)s fields of its own.") % {"limit": MOST_FIELDS}, field="name")
    fresh.retired_at = None
    _save(fresh)
    tell_field(actor, fresh)
    return fresh


# Options


def with_options(options: Sequence[dict[str, Any]], names: Iterable[str]) -> list[dict[str, Any]]:
    """The options of a field and some more of these names; one that was taken away and has such a name stays away.

    :raises Invalid: if a name cannot be used, or there would be more than `MOST_OPTIONS`
    """
    found = list(options)
    taken = {each["name"].casefold() for each in found if not each["retired"]}
    ids = {each["id"] for each in found}
    for name in (_name(each, field="options") for each in names if one_line(each)):
        if name.casefold() in taken:
            raise _taken(name, "options")
        taken.add(name.casefold())
        # Not counted: what is sent to the wrong field is refused, instead of being read as another option.
        option_id = next(each for each in iter(lambda: secrets.randbelow(2**31 - 1) + 1, 0) if each not in ids)
        ids.add(option_id)
        found.append({"id": option_id, "name": name, "retired": False})
    if len(taken) > MOST_OPTIONS:
        raise Invalid(_("A field has at most %(limit)s options.") % {"limit": MOST_OPTIONS}, field="options")
    return found


def _taken(name: str, field: str) -> Invalid:
    return Invalid(_("There is an option “%(name)s” already.") % {"name": name}, field=field)


def refuse_option(field: CustomField, name: str) -> None:
    """Refuse one more option of this name, if the field offers one already, or as many as it can.

    :raises Invalid: then
    """
    if any(each.name.casefold() == name.casefold() for each in field.choices):
        raise _taken(name, "options")
    if len(field.choices) >= MOST_OPTIONS:
        raise Invalid(_("A field has at most %(limit)s options.") % {"limit": MOST_OPTIONS}, field="options")


def place_of(field: CustomField, option_id: int, *, is_retired: bool = False) -> int:
    """Where among all its options one is.

    :raises NotFound: if it has no such option
    """
    for place, each in enumerate(field.options):
        if each["id"] == option_id and each["retired"] == is_retired:
            return place
    raise NotFound(_("This option is gone. Reload the page."))


@service
def add_options(*, actor: Actor, field: CustomField, names: Sequence[str]) -> CustomField:
    """Let a field of choices offer more.

    :raises Forbidden: for people who do not administer the project
    :raises NotFound: if the field was taken away
    :raises Invalid: if it offers none, there is nothing to add, a name cannot be used, or beyond `MOST_OPTIONS`
    """
    require_configure(actor, field.project)
    fresh = lock_field(actor, field)
    if not fresh.has_options or not any(map(one_line, names)):
        raise Invalid(_("Write at least one option."), field="options")
    before = [each.name for each in fresh.choices]
    fresh.options = with_options(fresh.options, names)
    fresh.save(update_fields=["options"])
    tell_field(actor, fresh, FieldChange("options", before, [each.name for each in fresh.choices]))
    return fresh


@service
def rename_option(*, actor: Actor, field: CustomField, option_id: int, name: str) -> CustomField:
    """Give an option another name, on every issue that has it.

    :raises Forbidden: for people who do not administer the project
    :raises NotFound: if the field or the option was taken away
    :raises Invalid: if the name cannot be used, or another option has it
    """
    require_configure(actor, field.project)
    fresh = lock_field(actor, field)
    place = place_of(fresh, option_id)
    name = _name(name)
    if any(each.name.casefold() == name.casefold() and each.id != option_id for each in fresh.choices):
        raise _taken(name, "name")
    was = fresh.options[place]["name"]
    if was != name:
        fresh.options[place]["name"] = name
        fresh.save(update_fields=["options"])
        tell_field(actor, fresh, FieldChange("option", was, name))
    return fresh


@service
def shift_option(*, actor: Actor, field: CustomField, option_id: int, by: int) -> CustomField:
    """Move an option some places up (below 0) or down among those that are offered.

    :raises Forbidden: for people who do not administer the project
    :raises NotFound: if the field or the option was taken away
    """
    require_configure(actor, field.project)
    fresh = lock_field(actor, field)
    place_of(fresh, option_id)
    offered = [each for each in fresh.options if not each["retired"]]
    before = [each["name"] for each in offered]
    place = next(number for number, each in enumerate(offered) if each["id"] == option_id)
    moved = offered.pop(place)
    offered.insert(min(max(place + by, 0), len(offered)), moved)
    after = [each["name"] for each in offered]
    if after != before:
        fresh.options = offered + [each for each in fresh.options if each["retired"]]
        fresh.save(update_fields=["options"])
        tell_field(actor, fresh, FieldChange("options", before, after))
    return fresh
