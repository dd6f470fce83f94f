"""Somebody's own inbox for scripts."""

from rest_framework.request import Request
from rest_framework.response import Response

from apps.core.api import Cursor, operation
from apps.notifications import selectors, services
from apps.notifications.api.serializers import EntryFields, InboxQuery, LineSerializer, UnreadSerializer
from apps.orgs.api.base import OrganizationView
from apps.orgs.scopes import Resource


class InboxScopeView(OrganizationView):
    """Base of what is read and written of the inbox."""

    resource = Resource.INBOX


class InboxView(InboxScopeView):
    """One's inbox."""

    @operation("list_inbox", query=InboxQuery, answer=LineSerializer, is_page=True)
    def get(self, request: Request, org: str) -> Response:
        """A page of a view of one's inbox, the newest first. It is read in one direction."""
        query = self.query
        cursor = Cursor(self, query["view"], query.get("cursor"))
        page = selectors.inbox_page(actor=self.actor, view=query["view"], after=cursor.after, size=query["limit"])
        rows = LineSerializer(page.lines, many=True).data
        return cursor.answer(rows, next_after=page.next_after, previous_before=None)


class UnreadView(InboxScopeView):
    """How much is new."""

    @operation("count_unread", answer=UnreadSerializer)
    def get(self, request: Request, org: str) -> Response:
        """How many issues have something new, those that are snoozed left out."""
        return Response(UnreadSerializer({"unread": selectors.unread_count(actor=self.actor)}).data)


class InboxEntryView(InboxScopeView):
    """One issue of one's inbox."""

    @operation("change_entry", body=EntryFields, answer=LineSerializer)
    def patch(self, request: Request, org: str, entry_id: int) -> Response:
        """Mark it read or done, save it, or snooze it; or take that back."""
        actor, values = self.actor, self.body
        if "snoozed_until" in values:
            services.put_off(actor=actor, entry_id=entry_id, until=values["snoozed_until"])
        if "done" in values:
            services.set_done(actor=actor, entry_id=entry_id, is_done=values["done"])
        if "saved" in values:
            services.set_saved(actor=actor, entry_id=entry_id, is_saved=values["saved"])
        if "read" in values:
            services.set_read(actor=actor, entry_id=entry_id, is_read=values["read"])
        return Response(LineSerializer(selectors.get_line(actor=actor, entry_id=entry_id)).data)
