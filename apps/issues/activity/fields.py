"""How the project's own fields are told: each by its name, its values in words."""

from collections.abc import Mapping, Sequence

from django.utils.translation import gettext as _
from markupsafe import escape

from apps.accounts.models import User
from apps.core.tenancy import Actor
from apps.events.models import Change
from apps.issues.activity.told import FAMILIES, Told
from apps.issues.models import field_id_of
from apps.issues.selectors.values import in_words, named_by_log, people_of_fields
from apps.orgs.selectors import people
from apps.projects.models import CustomField


def own_fields(actor: Actor, changes: Sequence[Change]) -> dict[str, Told]:
    """The fields that changes name, as far as the actor may know of them: one query, and one for people in them."""
    ids = {pk for change in changes if (pk := field_id_of(change.field)) is not None}
    fields = named_by_log(actor=actor, field_ids=ids)
    named = people_of_fields(changes, fields)
    known = people(actor=actor).in_bulk(named) if named else {}
    return {field.key: _told(field, known) for field in fields.values()}


def _told(field: CustomField, known: Mapping[int, User]) -> Told:
    # A part of the sentence, and no place in it.
    name = str(escape(field.name)).replace("{", "{{").replace("}", "}}")
    if field.kind == CustomField.Kind.CHECKBOX:
        return Told(
            icon="sliders-horizontal",
            title=field.name,
            words=lambda value: in_words(field, value, known),
            has_before=False,
            made=lambda: _("ticked <b>%(field)s</b>") % {"field": name},
            unmade=lambda: _("took the tick off <b>%(field)s</b>") % {"field": name},
        )
    return Told(
        icon="sliders-horizontal",
        title=field.name,
        words=lambda value: in_words(field, value, known),
        made=lambda: _("set %(field)s to <b>{new}</b>") % {"field": name},
        unmade=lambda: _("emptied %(field)s") % {"field": name},
    )


FAMILIES.append(own_fields)
