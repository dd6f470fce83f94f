"""Decisions about imports, kept under a name for the next one."""

from dataclasses import replace
from typing import Any

from django.utils.translation import gettext as _

from apps.accounts.models import User
from apps.core.errors import Forbidden, Invalid
from apps.core.tenancy import Actor
from apps.core.texts import one_line
from apps.events.services import service
from apps.imports.choices import Choices
from apps.imports.models import ImportRun, MappingProfile
from apps.imports.policies import can_import
from apps.imports.selectors import get_import, get_profile
from apps.imports.services.runs import choose
from apps.orgs.selectors import people
from apps.projects.models import CustomField, IssueType, Status

MOST_PROFILES = 100
NAME_LENGTH = 80


@service
def save_profile(*, actor: Actor, run: ImportRun, name: str) -> MappingProfile:
    """Keep the decisions about an import; under a name that is there already, instead of those.

    :raises Forbidden: for those who may not import there
    :raises Invalid: if the name cannot be one, or there are as many as an organization can have
    """
    fresh = get_import(actor=actor, pk=run.pk)
    if not can_import(actor, fresh.project):
        raise Forbidden
    name = one_line(name)
    if not name or len(name) > NAME_LENGTH:
        raise Invalid(_("Give it a name of at most %(most)s characters.") % {"most": NAME_LENGTH}, field="name")
    others = MappingProfile.objects.filter(org_id=actor.org_id).exclude(name=name)
    if others.count() >= MOST_PROFILES:
        raise Invalid(
            _("An organization keeps at most %(most)s of these. Delete one first.") % {"most": MOST_PROFILES},
            field="name",
        )
    profile, _is_new = MappingProfile.objects.update_or_create(
        org_id=actor.org_id,
        name=name,
        defaults={"source": fresh.source, "choices": fresh.choices, "created_by_id": actor.user_id},
    )
    return profile


@service
def use_profile(*, actor: Actor, run: ImportRun, profile: MappingProfile) -> ImportRun:
    """Decide about an import as was decided about an earlier one.

    What the profile names and this project does not have is left to be guessed.

    :raises NotNow: if it does not wait for that
    :raises Forbidden: for those who may not import there
    :raises NoSuchProfile: if it was deleted
    """
    kept = Choices.from_json(get_profile(actor=actor, pk=profile.pk).choices)
    fresh = get_import(actor=actor, pk=run.pk)
    return choose(actor=actor, run=fresh, choices=_fitting(actor, fresh, kept))


def _fitting(actor: Actor, run: ImportRun, choices: Choices) -> Choices:
    """The choices without what names something that is not there (any more, or in this project)."""
    project_id = run.project_id or 0
    return replace(
        choices,
        people=_present(choices.people, people(actor=actor).filter(kind=User.Kind.PERSON)),
        statuses=_present(choices.statuses, Status.objects.filter(project_id=project_id, retired_at__isnull=True)),
        types=_present(choices.types, IssueType.objects.filter(project_id=project_id, retired_at__isnull=True)),
        fields=_present(choices.fields, CustomField.objects.present().filter(project_id=project_id)),
    )


def _present(chosen: dict[str, Any], there: Any) -> dict[str, Any]:
    ids = {value for value in chosen.values() if isinstance(value, int) and value}
    known = set(there.filter(pk__in=ids).values_list("pk", flat=True)) if ids else set()
    return {word: value for word, value in chosen.items() if not (isinstance(value, int) and value in ids - known)}


@service
def delete_profile(*, actor: Actor, profile: MappingProfile) -> None:
    """Keep them no longer.

    :raises Forbidden: for anybody but who kept them and those who administer the organization
    """
    fresh = get_profile(actor=actor, pk=profile.pk)
    is_theirs = fresh.created_by_id == actor.user_id or actor.is_manager
    if not is_theirs or not actor.may("write"):
        raise Forbidden
    fresh.delete()
