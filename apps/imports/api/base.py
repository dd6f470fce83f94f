"""What the endpoints of imports share."""

from typing import Any

from django.urls import reverse
from rest_framework.response import Response

from apps.imports import selectors
from apps.imports.api.serializers import AccountSerializer, ImportSerializer
from apps.imports.standing import brought_by, pace_of
from apps.orgs.api.base import OrganizationView
from apps.orgs.scopes import Resource


class ImportScopeView(OrganizationView):
    """Base of what is read and done of imports."""

    resource = Resource.IMPORTS

    def run(self, import_id: int) -> Any:
        """The import that the address names."""
        return selectors.get_import(actor=self.actor, pk=import_id)

    def answer(self, run: Any, status: int = 200) -> Response:
        """The import with its account; with 202 also where to look how far it is."""
        actor, pace = self.actor, pace_of(run)
        said = {
            "files": selectors.files_of(actor=actor, run=run),
            # While files are read it is not known yet.
            "found": _found(run.survey) if "new" in run.survey else None,
            "rate": pace.rate,
            "seconds_left": pace.seconds_left,
            "left_out": run.counts.get("left_out", {}),
            "brought": brought_by(run),
            "projects": [project.key for project in selectors.projects_of(actor=actor, run=run)],
            "taken_back": run.counts.get("taken_back", {}),
            "kept": len(run.counts.get("kept", ())),
        }
        where = reverse("api:import", args=[actor.org_slug, run.pk])
        headers = {"Location": self.request.build_absolute_uri(where)} if status == 202 else {}
        return Response({**ImportSerializer(run).data, **AccountSerializer(said).data}, status, headers=headers)


def _found(survey: dict[str, Any]) -> dict[str, int]:
    names = ("rows", "new", "changed", "same", "failed", "comments", "links", "attachments", "work_logs")
    return {name: survey.get(name) or 0 for name in names}
