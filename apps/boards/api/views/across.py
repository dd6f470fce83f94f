"""Boards over several projects for scripts.

They follow several logs, so nothing of them is answered with 304.
"""

from collections.abc import Collection
from typing import Any

from django.utils.translation import gettext as _
from rest_framework.request import Request
from rest_framework.response import Response

from apps.boards import policies
from apps.boards.api.serializers.across import (
    AcrossDetailSerializer,
    AcrossEditFields,
    AcrossSerializer,
    NewAcrossFields,
    NewAcrossQuickFilterFields,
)
from apps.boards.selectors import across as selectors
from apps.boards.selectors import card_fields_besides
from apps.boards.services import across as services
from apps.boards.services.across_quick_filters import (
    AskedAcross,
    add_across_quick_filter,
    remove_across_quick_filter,
)
from apps.core.api import operation
from apps.core.errors import Forbidden, Invalid
from apps.issues.api.configuration.base import now
from apps.orgs.api.base import OrganizationView
from apps.orgs.scopes import Resource
from apps.projects.selectors import list_projects


class AcrossScopeView(OrganizationView):
    """Base of what is read and written of boards over several projects."""

    resource = Resource.BOARDS

    def board(self, across_id: int) -> Any:
        """The board of the address as the caller may see it."""
        return selectors.get_across(actor=self.actor, across_id=across_id)

    def to_change(self, across_id: int, *, is_deleted: bool = False) -> Any:
        """The board of the address, to be changed: the service says by whom."""
        return selectors.get_across_to_change(actor=self.actor, across_id=across_id, is_deleted=is_deleted)

    def answer(self, across_id: int, status: int = 200) -> Response:
        """A board as it is now."""
        view = self.board(across_id)
        selectors.quick_filters_on(actor=self.actor, view=view)
        return Response(AcrossDetailSerializer(view).data, status)

    def project_ids(self, keys: Collection[str], also: Collection[Any] = ()) -> list[int]:
        """The projects with these keys; of archived ones those that the board shows already (`also`).

        :raises Invalid: if the caller sees no such project
        """
        offered = {project.key: project.pk for project in (*list_projects(actor=self.actor), *also)}
        for key in keys:
            if key.upper() not in offered:
                raise Invalid(_("There is no project “%(key)s”.") % {"key": key}, field="projects")
        return [offered[key.upper()] for key in keys]


class AcrossListView(AcrossScopeView):
    """The boards over several projects."""

    @operation("list_boards_across", answer=AcrossSerializer, is_page=True)
    def get(self, request: Request, org: str) -> Response:
        """The boards over projects of which the caller sees one, by name: all at once, since there are 100 at most."""
        return self.whole(AcrossSerializer, selectors.list_across(actor=self.actor))

    @operation("create_board_across", body=NewAcrossFields, answer=AcrossDetailSerializer, status=201)
    def post(self, request: Request, org: str) -> Response:
        """Make a board over projects that the caller sees."""
        values = self.body
        if not policies.can_make(self.actor):
            raise Forbidden
        ids = self.project_ids(values.pop("projects"))
        made = services.create_across(actor=self.actor, project_ids=ids, **values)
        return self.answer(made.pk, 201)


class AcrossBoardView(AcrossScopeView):
    """One of them."""

    @operation("get_board_across", answer=AcrossDetailSerializer)
    def get(self, request: Request, org: str, across_id: int) -> Response:
        """A board with its columns and quick filters, as far as the caller sees its projects."""
        return self.answer(across_id)

    @operation("edit_board_across", body=AcrossEditFields, answer=AcrossDetailSerializer)
    def patch(self, request: Request, org: str, across_id: int) -> Response:
        """Change what it is called, what it shows, and what its columns stand for.

        Those may who made it, and those who administer the organization.
        """
        view, found, values = self.board(across_id), self.to_change(across_id), self.body
        shows, keys = values.pop("shows", None), values.pop("projects", None)
        if shows is not None:
            values["left_out"] = card_fields_besides(shows)
        shown = [project.pk for project in view.projects]
        ids = shown if keys is None else self.project_ids(keys, view.projects)
        values = now(found, "name", "by", "left_out", "done_days", "marks_slow", "grouping", **values)
        services.edit_across(actor=self.actor, board=found, project_ids=ids, **values)
        return self.answer(across_id)

    @operation("delete_board_across", status=204)
    def delete(self, request: Request, org: str, across_id: int) -> Response:
        """Delete a board; its issues stay where they are, and it can be brought back."""
        services.delete_across(actor=self.actor, board=self.to_change(across_id))
        return Response(status=204)


class DeletedAcrossListView(AcrossScopeView):
    """What can be brought back."""

    @operation("list_deleted_boards_across", answer=AcrossSerializer, is_page=True)
    def get(self, request: Request, org: str) -> Response:
        """The deleted boards that are the caller's to bring back, by name: all at once, since they are few."""
        return self.whole(AcrossSerializer, selectors.list_across(actor=self.actor, is_deleted=True))


class AcrossReturnView(AcrossScopeView):
    """The return of a board."""

    @operation("restore_board_across", answer=AcrossDetailSerializer)
    def post(self, request: Request, org: str, deleted_across_id: int) -> Response:
        """Bring a deleted board back, as it was."""
        services.restore_across(actor=self.actor, board=self.to_change(deleted_across_id, is_deleted=True))
        return self.answer(deleted_across_id)


class AcrossQuickFilterListView(AcrossScopeView):
    """The quick filters of a board, which is read with them."""

    @operation("add_quick_filter_across", body=NewAcrossQuickFilterFields, answer=AcrossDetailSerializer, status=201)
    def post(self, request: Request, org: str, across_id: int) -> Response:
        """Give a board a quick filter; the board comes back."""
        values = self.body
        name, names = values.pop("name"), {f"{part}_name": values.pop(part, "") for part in ("type", "label")}
        add_across_quick_filter(
            actor=self.actor,
            board=self.to_change(across_id),
            view=self.board(across_id),
            name=name,
            asked=AskedAcross(**names, **values),
        )
        return self.answer(across_id, 201)


class AcrossQuickFilterView(AcrossScopeView):
    """One of them."""

    @operation("remove_quick_filter_across", status=204)
    def delete(self, request: Request, org: str, across_id: int, across_quick_filter_id: int) -> Response:
        """Take a quick filter away."""
        view = self.board(across_id)
        found = selectors.get_across_quick_filter(actor=self.actor, view=view, quick_filter_id=across_quick_filter_id)
        remove_across_quick_filter(actor=self.actor, quick_filter=found)
        return Response(status=204)
