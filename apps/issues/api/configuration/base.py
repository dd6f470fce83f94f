"""What the endpoints of a project's configuration share."""

from collections.abc import Callable
from typing import Any

from rest_framework.response import Response

from apps.issues.api.serializers.configuration.common import ChangedSerializer
from apps.orgs.api.base import OrganizationView
from apps.orgs.scopes import Resource
from apps.projects.selectors import get_configurable_project, get_project


class ConfigurationView(OrganizationView):
    """Base of what is read and written of a project's configuration."""

    resource = Resource.PROJECTS

    def project(self) -> Any:
        """The project of the address."""
        return get_project(actor=self.actor, key=self.kwargs["project_key"])

    def configurable(self) -> Any:
        """The project of the address, for those who administer it.

        :raises Forbidden: for everybody else who sees it
        """
        return get_configurable_project(actor=self.actor, key=self.kwargs["project_key"])

    def found(self, read: Callable[..., Any], **wanted: Any) -> Any:
        """A part of the project that the caller may change: `read` is the selector that takes its id."""
        return read(actor=self.actor, project=self.configurable(), **wanted)

    def listed(self, form: Any, read: Callable[..., Any], **wanted: Any) -> Response:
        """Parts of the project, of which it has few: all at once."""
        project = self.project()
        self.follow(project)
        return self.whole(form, read(actor=self.actor, project=project, **wanted))

    def changed(self, count: int) -> Response:
        """How many issues changed."""
        return Response(ChangedSerializer({"changed": count}).data)


def now(thing: Any, *names: str, **wanted: Any) -> dict[str, Any]:
    """What something is, in the words of the service that edits it whole, with what shall be otherwise."""
    return {name: getattr(thing, name) for name in names} | wanted
