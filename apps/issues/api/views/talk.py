"""What is said about an issue."""

from functools import partial
from typing import Any, ClassVar

from django.utils.translation import gettext as _
from rest_framework import status
from rest_framework.request import Request
from rest_framework.response import Response

from apps.core.api import PageQuery, operation
from apps.core.errors import Invalid, NotFound
from apps.issues import services
from apps.issues.api.changes import named_comment
from apps.issues.api.serializers.talk import (
    CommentEditFields,
    CommentFields,
    CommentSerializer,
    DoneSerializer,
    ReactionFields,
    ReactionSerializer,
)
from apps.issues.api.views.base import IssueScopeView
from apps.issues.records import comment_page
from apps.issues.selectors import find_comment, reactions_of


class CommentListView(IssueScopeView):
    """What was said about an issue."""

    counts: ClassVar[dict[str, str]] = {"POST": "api-create"}

    @operation("list_comments", query=PageQuery, answer=CommentSerializer, is_page=True)
    def get(self, request: Request, org: str, issue_key: str) -> Response:
        """A page of comments, in the order in which they were stored."""
        issue = self.issue(issue_key)
        self.follow(issue.project)
        return self.page(CommentSerializer, partial(comment_page, actor=self.actor, issue=issue))

    @operation("add_comment", body=CommentFields, answer=CommentSerializer, status=201, also={200: DoneSerializer})
    def post(self, request: Request, org: str, issue_key: str) -> Response:
        """Comment on the issue, or reply to a comment of it; a reply to a reply joins the thread.

        Quick actions in it are done; where it has nothing else, the answer (200) says so.
        """
        values = self.body
        actor = self.actor
        issue = self.issue(issue_key)
        parent = named_comment(actor, issue, values.get("parent"), field="parent")
        said = services.comment_and_act(actor=actor, issue=issue, body=values["body"], reply_to=parent)
        if said.comment is None:
            return Response({"done": said.did.words})
        return Response(CommentSerializer(said.comment).data, status.HTTP_201_CREATED)


class CommentView(IssueScopeView):
    """One comment."""

    @operation("edit_comment", body=CommentEditFields, answer=CommentSerializer)
    def patch(self, request: Request, org: str, issue_key: str, comment_id: int) -> Response:
        """Change what it says, resolve its thread or open it again, pin it above all others or take it down.

        Only its author changes what it says. That a thread is resolved is said by the comment that begins it.
        """
        values = self.body
        comment = self._comment(issue_key, comment_id)
        if not values:
            raise Invalid(_("Send what to change: body, resolved or pinned."))
        if "pinned" in values:
            services.set_pinned(actor=self.actor, comment=comment, is_pinned=values["pinned"])
        if "resolved" in values:
            services.set_thread_resolved(actor=self.actor, comment=comment, is_resolved=values["resolved"])
        if "body" in values:
            services.edit_comment_and_act(actor=self.actor, comment=comment, body=values["body"])
        return Response(CommentSerializer(self._comment(issue_key, comment_id)).data)

    @operation("delete_comment", status=204)
    def delete(self, request: Request, org: str, issue_key: str, comment_id: int) -> Response:
        """Delete it: one's own, or as an admin of the project anybody's. `undo_change` brings it back."""
        services.delete_comment(actor=self.actor, comment=self._comment(issue_key, comment_id))
        return Response(status=status.HTTP_204_NO_CONTENT)

    def _comment(self, issue_key: str, comment_id: int) -> Any:
        comment = find_comment(actor=self.actor, issue=self.issue(issue_key), comment_id=comment_id)
        if comment is None:
            raise NotFound
        return comment


class ReactionView(IssueScopeView):
    """The signs under an issue and its comments."""

    @operation("list_reactions", answer=ReactionSerializer, is_page=True)
    def get(self, request: Request, org: str, issue_key: str) -> Response:
        """All of them all at once: those of the issue itself, and those of each comment."""
        issue = self.issue(issue_key)
        self.follow(issue.project)
        found = reactions_of(actor=self.actor, issue=issue)
        rows = [
            {"comment": about, "emoji": each.emoji, "count": each.count, "is_mine": each.is_mine}
            for about, reacted in found.items()
            for each in reacted
        ]
        return self.whole(ReactionSerializer, rows)

    @operation("set_reaction", body=ReactionFields, status=204)
    def put(self, request: Request, org: str, issue_key: str) -> Response:
        """React to the issue or to a comment of it, or take that back. What is so already changes nothing."""
        values = self.body
        issue = self.issue(issue_key)
        services.set_reaction(
            actor=self.actor,
            issue=issue,
            comment=named_comment(self.actor, issue, values.get("comment"), field="comment"),
            emoji=values["emoji"],
            is_on=values["is_on"],
        )
        return Response(status=status.HTTP_204_NO_CONTENT)
