"""Whether choices can be: what they name must be the project's, and the organization's, own."""

from typing import Any

from django.utils.translation import gettext as _

from apps.accounts.models import User
from apps.core.errors import Invalid
from apps.core.tenancy import Actor
from apps.imports.choices import Choices
from apps.imports.records import Level
from apps.issues.models import Priority
from apps.orgs.selectors import people
from apps.projects.models import CustomField, Project, Status


def check_choices(*, actor: Actor, project: Project | None, choices: Choices) -> None:
    """Refuse choices that name what is not there, or somebody else's.

    :param project: that takes all rows; None where each row names its own: then nothing of a project can be named by id
    :raises Invalid: then
    """
    statuses = project.statuses.filter(retired_at__isnull=True) if project is not None else Status.objects.none()
    types = project.issue_types.filter(retired_at__isnull=True) if project is not None else Status.objects.none()
    fields = (
        CustomField.objects.present().filter(project=project) if project is not None else CustomField.objects.none()
    )
    _check(choices.statuses, statuses, "statuses", {"category": list(Status.Category.values)})
    _check(choices.types, types, "types", {"level": [level.value for level in Level]})
    _check(choices.fields, fields, "fields", {"kind": list(CustomField.Kind.values)})
    for name, priority in choices.priorities.items():
        if priority not in Priority.values:
            raise _refused("priorities", name)
    wanted: dict[int, str] = {}
    for handle, chosen in choices.people.items():
        if isinstance(chosen, int):
            wanted |= {chosen: handle} if chosen else {}
        elif not _is_person(chosen):
            raise _refused("people", handle)
    known = set(people(actor=actor).filter(pk__in=wanted, kind=User.Kind.PERSON).values_list("pk", flat=True))
    for pk, handle in wanted.items():
        if pk not in known:
            raise Invalid(_("“%(name)s”: choose a member of this organization.") % {"name": handle}, field="people")
    for name, label in choices.labels.items():
        if not isinstance(label, str) or len(label) > 60:
            raise _refused("labels", name)


def _is_person(chosen: Any) -> bool:
    """Whether this names somebody of the other tracker."""
    return isinstance(chosen, dict) and all(
        isinstance(chosen.get(part), str) and 0 < len(chosen[part]) <= 200 for part in ("handle", "name")
    )


def _check(chosen: dict[str, Any], present: Any, field: str, details: dict[str, list[str]]) -> None:
    ids = {value for value in chosen.values() if isinstance(value, int)}
    known = set(present.filter(pk__in=ids).values_list("pk", flat=True)) if ids else set()
    for name, value in chosen.items():
        if isinstance(value, dict):
            is_good = bool(str(value.get("name") or "").strip()) and all(
                value.get(detail) in offered for detail, offered in details.items()
            )
        elif value is None:
            is_good = field == "fields"
        else:
            is_good = value in known
        if not is_good:
            raise _refused(field, name)


def _refused(field: str, name: str) -> Invalid:
    return Invalid(_("What was chosen for “%(name)s” is not offered here. Choose again.") % {"name": name}, field=field)
