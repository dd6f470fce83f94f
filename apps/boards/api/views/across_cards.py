"""The cards of boards over several projects for scripts. They are issues, so a token needs the scopes of issues."""

from functools import partial
from typing import Any, ClassVar

from django.utils.translation import gettext as _
from rest_framework.request import Request
from rest_framework.response import Response

from apps.boards.api.serializers.across import (
    AcrossBulkFields,
    AcrossCardQuery,
    AcrossQuery,
    AcrossTotalsSerializer,
    AcrossUndoFields,
    NewAcrossCardsFields,
)
from apps.boards.api.serializers.cards import EXPANDS, CardSerializer, MoveCardsFields, card_rows, left_out
from apps.boards.api.views.cards import lane_named, refuse_unknown_quick_filters
from apps.boards.selectors import across as selectors
from apps.boards.selectors import name_lanes
from apps.boards.services import across_cards as services
from apps.core.api import operation
from apps.core.errors import Invalid, NotFound
from apps.issues.api.changes import edited
from apps.issues.api.serializers.many import (
    BulkSerializer,
    ChangedIssuesSerializer,
    TakenBackSerializer,
    changed_issues,
)
from apps.issues.api.views.base import name_edit, place_of
from apps.orgs.api.base import OrganizationView
from apps.orgs.scopes import Resource


class AcrossCardScopeView(OrganizationView):
    """Base of what is read and written of the cards of boards over several projects."""

    resource = Resource.ISSUES

    def board(self, across_id: int) -> Any:
        """The board of the address as the caller may see it."""
        return selectors.get_across(actor=self.actor, across_id=across_id)

    def asked(self, across_id: int) -> tuple[Any, selectors.AcrossFilters]:
        """The board of the address as the query asks for it, and to what it is narrowed.

        :raises NotFound: if the query names a project or a quick filter that is not there
        """
        query, view = self.query, self.board(across_id)
        quick = query.get("quick", frozenset())
        selectors.quick_filters_on(actor=self.actor, view=view)
        refuse_unknown_quick_filters(quick, view)
        view.grouping = query.get("lanes", view.usual_grouping)
        assignee = query.get("assignee")
        project = self._shown(view, query["project"]) if "project" in query else None
        if "project" in query and project is None:
            message = _("The board shows no project “%(key)s”.") % {"key": query["project"]}
            raise NotFound(message, field="project")
        return view, selectors.AcrossFilters(
            q=query.get("q", ""),
            mine=assignee == "me",
            assignee=assignee if isinstance(assignee, int) else None,
            label=query.get("label", ""),
            project=project.pk if project is not None else None,
            quick=quick,
        )

    @staticmethod
    def _shown(view: Any, key: str) -> Any:
        return next((project for project in view.projects if project.key == key.upper()), None)


class AcrossCardListView(AcrossCardScopeView):
    """The cards of a column."""

    counts: ClassVar[dict[str, str]] = {"POST": "api-create"}

    @operation("list_cards_across", query=AcrossCardQuery, answer=CardSerializer, is_page=True, expands=EXPANDS)
    def get(self, request: Request, org: str, across_id: int, across_column_id: int) -> Response:
        """A page of the cards of a column, in their order. Of Scrum projects they are those of active sprints."""
        view, filters = self.asked(across_id)
        view.left_out = left_out(self.expanded)
        view.marks_slow = "pace" in self.expanded and view.marks_slow
        read = partial(
            selectors.across_card_page,
            actor=self.actor,
            view=view,
            column_id=across_column_id,
            filters=filters,
            is_earlier=self.query["older"],
            lane=lane_named(self.query),
        )
        order = "older" if self.query["older"] else "rank"
        return self.page(
            lambda cards, many: CardSerializer(card_rows(view, cards, self.expanded), many=many), read, order=order
        )

    @operation("create_cards_across", body=NewAcrossCardsFields, answer=ChangedIssuesSerializer, status=201)
    def post(self, request: Request, org: str, across_id: int, across_column_id: int) -> Response:
        """Create an issue of a project for each title at the foot of a column: all of them or none."""
        view = self.board(across_id)
        project = self._shown(view, self.body["project"])
        if project is None:
            raise Invalid(_("The board shows no project “%(key)s”.") % {"key": self.body["project"]}, field="project")
        rows = [{"title": title} for title in self.body["titles"]]
        made = services.create_cards_across(
            actor=self.actor, view=view, column_id=across_column_id, project=project, rows=rows
        )
        return Response({"results": changed_issues(made)}, 201)


class AcrossCardMoveView(AcrossCardScopeView):
    """The way of cards into a column."""

    @operation("move_cards_across", body=MoveCardsFields, answer=BulkSerializer)
    def post(self, request: Request, org: str, across_id: int, across_column_id: int) -> Response:
        """Drop cards of whatever projects into a column: all of them or none.

        Each gets its own project's status there. For ten minutes `undo_edit_across` takes it back.
        """
        values, op = self.body, name_edit()
        moved = services.edit_cards_across(
            actor=self.actor,
            view=self.board(across_id),
            issue_ids=values["issues"],
            values={},
            column_id=across_column_id,
            place=place_of(values),
            lane=lane_named(values),
        )
        return Response({"op": op, "results": changed_issues(moved.changed)})


class AcrossBulkView(AcrossCardScopeView):
    """One edit of many cards."""

    @operation("bulk_edit_across", body=AcrossBulkFields, answer=BulkSerializer)
    def post(self, request: Request, org: str, across_id: int) -> Response:
        """Change cards of whatever projects: all of them or none, with a fact in each project's log.

        For ten minutes `undo_edit_across` takes it back.
        """
        values, op = self.body, name_edit()
        edit = services.edit_cards_across(
            actor=self.actor,
            view=self.board(across_id),
            issue_ids=values["issues"],
            values=edited(values["values"]),
            column_id=values.get("column"),
        )
        return Response({"op": op, "results": changed_issues(edit.changed)})


class AcrossUndoView(AcrossCardScopeView):
    """The way back from an edit of several cards."""

    @operation("undo_edit_across", body=AcrossUndoFields, answer=TakenBackSerializer)
    def post(self, request: Request, org: str, across_id: int) -> Response:
        """Take one's own edit of several cards of the last ten minutes back, except what was changed since."""
        back = services.take_back_cards_across(
            actor=self.actor, view=self.board(across_id), issue_ids=self.body["issues"], op=self.body["op"]
        )
        return Response({"results": changed_issues(back.issues), "left": list(back.left)})


class AcrossTotalsView(AcrossCardScopeView):
    """The figures of a board."""

    @operation("get_board_totals_across", query=AcrossQuery, answer=AcrossTotalsSerializer)
    def get(self, request: Request, org: str, across_id: int) -> Response:
        """How many issues are in each column and lane, how many points these have, and how it stands to limits."""
        view, filters = self.asked(across_id)
        selectors.count_across(actor=self.actor, view=view, filters=filters)
        if view.has_lanes:
            name_lanes(actor=self.actor, board=view)
        return Response(AcrossTotalsSerializer(view).data)
