"""The fields of a project's own for scripts."""

from typing import Any

from rest_framework.request import Request
from rest_framework.response import Response

from apps.core.api import operation
from apps.issues import services
from apps.issues.api.configuration.base import ConfigurationView, now
from apps.issues.api.serializers.configuration.common import ChangedSerializer, OptionalHeirFields, PartsQuery
from apps.issues.api.serializers.configuration.own_fields import (
    FieldEditFields,
    NewFieldFields,
    OptionEditFields,
    OptionsFields,
    OwnFieldSerializer,
)
from apps.projects import selectors
from apps.projects import services as project_services


class FieldWriteView(ConfigurationView):
    """Base of what is written of a field."""

    def shown(self, field: Any, status: int = 200) -> Response:
        """The field as it is now."""
        fresh = selectors.get_custom_field(actor=self.actor, project=field.project, field_id=field.pk)
        return Response(OwnFieldSerializer(fresh).data, status)


class FieldListView(FieldWriteView):
    """The project's own fields."""

    @operation("list_fields", query=PartsQuery, answer=OwnFieldSerializer, is_page=True)
    def get(self, request: Request, org: str, project_key: str) -> Response:
        """The fields that a project gives its issues, in their order: all at once, since it has 40 at most."""
        read = selectors.list_retired_fields if self.query["retired"] else selectors.list_custom_fields
        return self.listed(OwnFieldSerializer, read)

    @operation("create_field", body=NewFieldFields, answer=OwnFieldSerializer, status=201)
    def post(self, request: Request, org: str, project_key: str) -> Response:
        """Give issues one more field."""
        values = self.body
        values["type_ids"] = values.pop("types", ())
        return self.shown(project_services.create_field(actor=self.actor, project=self.configurable(), **values), 201)


class FieldView(FieldWriteView):
    """One field."""

    @operation("edit_field", body=FieldEditFields, answer=OwnFieldSerializer)
    def patch(self, request: Request, org: str, project_key: str, field_id: int) -> Response:
        """Change what a field is called and where it is, or move it in the order of the fields."""
        actor, values = self.actor, self.body
        found = self.found(selectors.get_custom_field, field_id=field_id)
        shift = values.pop("shift", 0)
        if shift:
            project_services.shift_field(actor=actor, field=found, by=shift)
        if "types" in values:
            values["type_ids"] = values.pop("types")
        names = ("name", "help_text", "is_required", "on_cards", "in_lists", "type_ids")
        project_services.edit_field(actor=actor, field=found, **now(found, *names, **values))
        return self.shown(found)

    @operation("remove_field", status=204)
    def delete(self, request: Request, org: str, project_key: str, field_id: int) -> Response:
        """Take a field away. Issues keep what they have of it, should it come back."""
        found = self.found(selectors.get_custom_field, field_id=field_id)
        project_services.retire_field(actor=self.actor, field=found)
        return Response(status=204)


class FieldReturnView(FieldWriteView):
    """The return of a field."""

    @operation("restore_field", answer=OwnFieldSerializer)
    def post(self, request: Request, org: str, project_key: str, retired_field_id: int) -> Response:
        """Bring a field back, with what issues have of it."""
        found = self.found(selectors.get_custom_field, field_id=retired_field_id, is_retired=True)
        project_services.restore_field(actor=self.actor, field=found)
        return self.shown(found)


class OptionListView(FieldWriteView):
    """What a field offers."""

    @operation("add_options", body=OptionsFields, answer=OwnFieldSerializer)
    def post(self, request: Request, org: str, project_key: str, field_id: int) -> Response:
        """Let a field offer more."""
        found = self.found(selectors.get_custom_field, field_id=field_id)
        project_services.add_options(actor=self.actor, field=found, names=self.body["options"])
        return self.shown(found)


class OptionView(FieldWriteView):
    """One option of a field."""

    @operation("edit_option", body=OptionEditFields, answer=OwnFieldSerializer)
    def patch(self, request: Request, org: str, project_key: str, field_id: int, option_id: int) -> Response:
        """Rename an option, or move it among the others."""
        actor, values = self.actor, self.body
        found = self.found(selectors.get_custom_field, field_id=field_id)
        # Without either, that there is such an option.
        project_services.shift_option(actor=actor, field=found, option_id=option_id, by=values.get("shift", 0))
        if "name" in values:
            project_services.rename_option(actor=actor, field=found, option_id=option_id, name=values["name"])
        return self.shown(found)


class OptionRemovalView(ConfigurationView):
    """The end of an option."""

    @operation("remove_option", body=OptionalHeirFields, answer=ChangedSerializer)
    def post(self, request: Request, org: str, project_key: str, field_id: int, option_id: int) -> Response:
        """Take an option away; the issues that have it get another one, or none."""
        found = self.found(selectors.get_custom_field, field_id=field_id)
        to = self.body.get("to")
        return self.changed(services.retire_option(actor=self.actor, field=found, option_id=option_id, to=to))


class OptionReturnView(FieldWriteView):
    """The return of an option."""

    @operation("restore_option", answer=OwnFieldSerializer)
    def post(self, request: Request, org: str, project_key: str, field_id: int, retired_option_id: int) -> Response:
        """Bring an option back, with the issues that had it and were not changed since."""
        found = self.found(selectors.get_custom_field, field_id=field_id)
        services.restore_option(actor=self.actor, field=found, option_id=retired_option_id)
        return self.shown(found)
