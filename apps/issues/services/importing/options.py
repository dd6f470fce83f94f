"""Options that an import added to fields that were there, and taking them away again."""

from collections.abc import Mapping

from django.db.models import Exists, OuterRef, Q
from django.utils.translation import gettext as _

from apps.core.errors import Forbidden
from apps.core.tenancy import Actor
from apps.events.facts import FieldChange
from apps.events.models import Change
from apps.events.services import service
from apps.issues.models import Issue
from apps.projects.models import CustomField, Project
from apps.projects.services.fields import tell_field


@service
def remove_imported_options(
    *, actor: Actor, project: Project, field_id: int, options: Mapping[int, str]
) -> tuple[int, dict[str, str]]:
    """Take options away again that an import added to a field, as far as nothing uses them and nobody renamed them.

    One that history names is kept as one that was taken away, so that it still has its name there.

    :param options: what they were called then, by their ids
    :returns: how many went, and why the others stay, by their names
    :raises Forbidden: for anybody but FlowBoard itself
    """
    if not actor.is_system:
        raise Forbidden
    rows = CustomField.objects.select_for_update(no_key=True).filter(project=project, pk=field_id)
    field = rows.filter(retired_at__isnull=True).first()
    if field is None:
        return 0, {}
    field.project = project
    key = str(field.pk)
    having = Issue.objects.filter(project=project, custom_values__has_key=key)
    # Asked for by itself, a key of digits would be read as a place in a list.
    used = {pk for values in having.values_list("custom_values", flat=True).iterator() for pk in _several(values[key])}
    present = {each.id: each.name for each in field.choices}
    kept, going = {}, set()
    for option_id, name in present.items():
        if option_id not in options:
            continue
        if option_id in used:
            kept[name] = _("It is used by what stays.")
        elif name != options[option_id]:
            kept[name] = _("It was changed since the import.")
        else:
            going.add(option_id)
    if going:
        told = _told(field, going)
        field.options = [
            each | {"retired": True} if each["id"] in going else each
            for each in field.options
            if each["id"] not in going - told
        ]
        field.save(update_fields=["options"])
        change = FieldChange("options", list(present.values()), [each.name for each in field.choices])
        tell_field(actor, field, change)
    return len(going), kept


def _several(value: object) -> list[object]:
    return value if isinstance(value, list) else [value]


def _told(field: CustomField, option_ids: set[int]) -> set[int]:
    """Those of some options that the history of an issue here names."""
    named = Q()
    for option_id in option_ids:
        for value in (option_id, [option_id]):
            named |= Q(old__contains=value) | Q(new__contains=value)
    rows = Change.objects.filter(named, project_id=field.project_id, field=field.key)
    # Those of issues that went with the import are read by nobody.
    rows = rows.filter(Exists(Issue.objects.filter(pk=OuterRef("issue_id"))))
    found = {pk for pair in rows.values_list("old", "new") for value in pair for pk in _several(value)}
    return {pk for pk in option_ids if pk in found}
