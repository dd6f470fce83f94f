"""Imports for scripts: the same selectors and services as the pages."""

from functools import partial
from typing import Any, ClassVar

from django.utils.translation import gettext as _
from rest_framework import status
from rest_framework.parsers import MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response

from apps.core.api import Fields, PageQuery, operation
from apps.core.errors import Invalid
from apps.imports import selectors, services
from apps.imports.api.base import ImportScopeView
from apps.imports.api.serializers import (
    ClaimFields,
    ClaimSerializer,
    ImportDetailSerializer,
    ImportSerializer,
    KeptSerializer,
    NewImportFields,
    PeopleQuery,
    PlaceholderSerializer,
    ProblemSerializer,
)
from apps.imports.standing import send_problems
from apps.orgs.selectors import get_member
from apps.projects.selectors import get_project


class ImportListView(ImportScopeView):
    """Imports."""

    parser_classes = (MultiPartParser,)
    # However many rows there are, it counts once.
    counts: ClassVar[dict[str, str]] = {"POST": "api-create"}

    @operation("list_imports", query=PageQuery, answer=ImportSerializer, is_page=True)
    def get(self, request: Request, org: str) -> Response:
        """A page of the imports that the caller started, or may import into the project of, newest first."""
        return self.page(ImportSerializer, partial(selectors.import_page, actor=self.actor))

    @operation("create_import", body=NewImportFields, answer=ImportDetailSerializer, status=202)
    def post(self, request: Request, org: str) -> Response:
        """Hand in files, limited as on the page. They are read at once, and nothing is written until it is started.

        What they are is told by their content. `Location` says where to look how far it is.
        """
        sent = self.body
        if "project" in sent and "project_key" in sent:
            raise Invalid(_("Name a project that is there, or one to be made, not both."), field="project_key")
        project = get_project(actor=self.actor, key=sent["project"]) if "project" in sent else None
        run = services.start_import(
            actor=self.actor, uploads=sent["files"], project=project, project_key=sent.get("project_key", "")
        )
        return self.answer(run, status.HTTP_202_ACCEPTED)


class ImportView(ImportScopeView):
    """One import."""

    @operation("get_import", answer=ImportDetailSerializer)
    def get(self, request: Request, org: str, import_id: int) -> Response:
        """How far it is, and the account of its rows."""
        return self.answer(self.run(import_id))

    @operation("forget_import", status=204)
    def delete(self, request: Request, org: str, import_id: int) -> Response:
        """Let an import that has written nothing be gone, with its files."""
        services.forget_import(actor=self.actor, run=self.run(import_id))
        return Response(status=status.HTTP_204_NO_CONTENT)


class StartView(ImportScopeView):
    """Writing it."""

    @operation("start_import", answer=ImportDetailSerializer, status=202)
    def post(self, request: Request, org: str, import_id: int) -> Response:
        """Let it be written as it was decided."""
        run = services.confirm_import(actor=self.actor, run=self.run(import_id))
        return self.answer(run, status.HTTP_202_ACCEPTED)


class CancelView(ImportScopeView):
    """Stopping it."""

    @operation("cancel_import", answer=ImportDetailSerializer)
    def post(self, request: Request, org: str, import_id: int) -> Response:
        """Stop it: at once, or behind the batch that is being written. What was written stays, to be taken back."""
        return self.answer(services.cancel_import(actor=self.actor, run=self.run(import_id)))


class TakeBackView(ImportScopeView):
    """Taking it back."""

    @operation("take_back_import", answer=ImportDetailSerializer, status=202)
    def post(self, request: Request, org: str, ended_import_id: int) -> Response:
        """Take back what it brought, except what people have changed since (`kept/`)."""
        run = services.revert_import(actor=self.actor, run=self.run(ended_import_id))
        return self.answer(run, status.HTTP_202_ACCEPTED)


class KeptView(ImportScopeView):
    """What was not taken back."""

    @operation("list_import_kept", query=PageQuery, answer=KeptSerializer, is_page=True)
    def get(self, request: Request, org: str, ended_import_id: int) -> Response:
        """A page of what stayed when it was taken back, since people changed it."""
        read = partial(selectors.kept_page, actor=self.actor, run=self.run(ended_import_id))
        return self.page(KeptSerializer, read)


class ProblemListView(ImportScopeView):
    """What was the matter with which row."""

    @operation("list_import_problems", query=PageQuery, answer=ProblemSerializer, is_page=True)
    def get(self, request: Request, org: str, ended_import_id: int) -> Response:
        """A page of what was the matter with rows, in their order. Before it is started, `preview/` has the first."""
        read = partial(selectors.problem_page, actor=self.actor, run=self.run(ended_import_id))
        return self.page(ProblemSerializer, read)


class ProblemQuery(Fields):
    """The table is sent whole."""


class ProblemTableView(ImportScopeView):
    """The same as a table."""

    @operation("download_import_problems", query=ProblemQuery, file_type="text/csv")
    def get(self, request: Request, org: str, ended_import_id: int) -> Any:
        """What was the matter with which row, as CSV for a spreadsheet."""
        return send_problems(actor=self.actor, run=self.run(ended_import_id))


class PeopleView(ImportScopeView):
    """Whom imports met who is no member here."""

    @operation("list_imported_people", query=PeopleQuery, answer=PlaceholderSerializer, is_page=True)
    def get(self, request: Request, org: str) -> Response:
        """A page of them, by name, for those who manage members."""
        words = self.query.get("q", "")

        def read(*, after: Any, before: Any, size: int) -> Any:
            return selectors.list_placeholders(actor=self.actor, q=words, after=after, size=size)

        return self.page(PlaceholderSerializer, read, order=f"name:{words}")


class ClaimView(ImportScopeView):
    """Who somebody is."""

    @operation("claim_imported_person", body=ClaimFields, answer=ClaimSerializer)
    def post(self, request: Request, org: str, placeholder_id: int) -> Response:
        """Say that somebody whom imports met is a member: in a moment everything that names the one names the other.

        It cannot be taken back: from then on nobody can tell apart whose was what.
        """
        placeholder = selectors.get_placeholder(actor=self.actor, pk=placeholder_id)
        member = get_member(actor=self.actor, user_id=self.body["member"]).user
        services.claim_placeholder(actor=self.actor, placeholder=placeholder, member=member)
        return Response(ClaimSerializer({"placeholder": placeholder, "member": member}).data)
