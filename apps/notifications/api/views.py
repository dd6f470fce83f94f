"""Somebody's own inbox for scripts, and what reaches it."""

from typing import Any

from rest_framework.request import Request
from rest_framework.response import Response

from apps.accounts.mails import ask_to_resume
from apps.accounts.selectors import get_user
from apps.core.api import Cursor, operation
from apps.issues.selectors import get_issue
from apps.notifications import selectors, services
from apps.notifications.api.serializers import (
    BackSerializer,
    EndedWorkSerializer,
    EntryFields,
    FinishedSerializer,
    FinishFields,
    InboxQuery,
    LineSerializer,
    SeenFields,
    SeenSerializer,
    UnfinishFields,
    UnreadSerializer,
)
from apps.notifications.api.wishes import (
    INTERESTS,
    ProjectWishesSerializer,
    ProjectWishFields,
    WishesSerializer,
    WishFields,
    heard,
    sums,
)
from apps.notifications.selectors.habits import mail_settings
from apps.orgs.api.base import OrganizationView
from apps.orgs.scopes import Resource
from apps.projects.selectors import get_project

_RHYTHM = ("rhythm", "digest_hour", "digest_weekday", "quiet_from", "quiet_until", "is_named_at_once")


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


class FinishView(InboxScopeView):
    """All of a view at once."""

    @operation("finish_all", body=FinishFields, answer=FinishedSerializer)
    def post(self, request: Request, org: str) -> Response:
        """Be through with all that a view of the inbox shows."""
        finished, at = services.finish_all(actor=self.actor, view=self.body["view"])
        return Response(FinishedSerializer({"finished": finished, "at": at if finished else None}).data)


class FinishUndoView(InboxScopeView):
    """All of it back."""

    @operation("undo_finish_all", body=UnfinishFields, answer=BackSerializer)
    def post(self, request: Request, org: str) -> Response:
        """Bring back what was finished together at that moment."""
        back = services.take_back_finishing(actor=self.actor, at=self.body["at"])
        return Response(BackSerializer({"back": back}).data)


class EndedView(InboxScopeView):
    """What is over of what one had asked for."""

    @operation("list_ended_work", answer=EndedWorkSerializer, is_page=True)
    def get(self, request: Request, org: str) -> Response:
        """What is over and was not seen yet, such as an archive that is ready: the newest 20, all at once."""
        return self.whole(EndedWorkSerializer, selectors.list_ended_work(actor=self.actor))

    @operation("see_ended_work", body=SeenFields, answer=SeenSerializer)
    def post(self, request: Request, org: str) -> Response:
        """Have seen what is over, up to one of them."""
        return Response(SeenSerializer({"seen": services.see_ended_work(actor=self.actor, **self.body)}).data)


class WishesView(InboxScopeView):
    """What one hears of."""

    @operation("get_notification_choices", answer=WishesSerializer)
    def get(self, request: Request, org: str) -> Response:
        """What one hears of in the organization, in which channels, and when mail comes."""
        return self._now()

    @operation("change_notification_choices", body=WishFields, answer=WishesSerializer)
    def patch(self, request: Request, org: str) -> Response:
        """Change some of it. All that is sent is done, or nothing."""
        actor, values = self.actor, self.body
        if "channels" in values:
            services.choose_channels(actor=actor, project=None, channels=sums(values["channels"]))
        if "hears_of_own" in values:
            services.set_hears_of_own(actor=actor, hears_of_own=values["hears_of_own"])
        wanted = {name: values[name] for name in _RHYTHM if name in values}
        if wanted:
            habits = mail_settings(actor=actor).habits
            services.choose_rhythm(actor=actor, **{name: getattr(habits, name) for name in _RHYTHM} | wanted)
        return self._now()

    @operation("forget_notification_choices", status=204)
    def delete(self, request: Request, org: str) -> Response:
        """Hear of everything in the channels in which everybody does. When mail comes stays as it is."""
        services.forget_channels(actor=self.actor, project=None)
        return Response(status=204)

    def _now(self) -> Response:
        actor = self.actor
        settings = mail_settings(actor=actor)
        wishes: dict[str, Any] = {name: getattr(settings.habits, name) for name in (*_RHYTHM, "hears_of_own")}
        wishes |= {
            "channels": heard(selectors.choices(actor=actor, project=None)),
            "time_zone": settings.time_zone,
            "is_mail_paused": settings.pause is not None,
            "projects": sorted(selectors.projects_with_choices(actor=actor)),
        }
        return Response(WishesSerializer(wishes).data)


class ProjectWishesView(InboxScopeView):
    """What one hears of in one project."""

    @operation("get_project_notification_choices", answer=ProjectWishesSerializer)
    def get(self, request: Request, org: str, project_key: str) -> Response:
        """What one hears of in a project, and whether one follows it."""
        return self._now(get_project(actor=self.actor, key=project_key))

    @operation("change_project_notification_choices", body=ProjectWishFields, answer=ProjectWishesSerializer)
    def patch(self, request: Request, org: str, project_key: str) -> Response:
        """Choose something else for a project than for the organization; follow it, or mute it."""
        actor, values = self.actor, self.body
        project = get_project(actor=actor, key=project_key)
        if "channels" in values:
            services.choose_channels(actor=actor, project=project, channels=sums(values["channels"]))
        if "interest" in values:
            services.choose_interest(actor=actor, project=project, level=INTERESTS[values["interest"]])
        return self._now(project)

    @operation("forget_project_notification_choices", status=204)
    def delete(self, request: Request, org: str, project_key: str) -> Response:
        """Hear of things in a project in the channels of the organization. Whether one follows it stays as it is."""
        services.forget_channels(actor=self.actor, project=get_project(actor=self.actor, key=project_key))
        return Response(status=204)

    def _now(self, project: Any) -> Response:
        level = selectors.interest_in(actor=self.actor, project=project)
        wishes = {
            "channels": heard(selectors.choices(actor=self.actor, project=project)),
            "interest": next(name for name, stored in INTERESTS.items() if stored == level),
        }
        return Response(ProjectWishesSerializer(wishes).data)


class MailView(InboxScopeView):
    """Mail that was refused."""

    @operation("resume_mail", status=204)
    def post(self, request: Request, org: str) -> Response:
        """Try one's address, which mail servers refused. Mail comes again once they take the test."""
        self.count("mail-test", f"user:{self.actor.person_id}")
        ask_to_resume(get_user(user_id=self.actor.person_id))
        return Response(status=204)


class MuteView(OrganizationView):
    """Whether one hears of an issue."""

    resource = Resource.ISSUES

    @operation("mute_issue", status=204)
    def put(self, request: Request, org: str, issue_key: str) -> Response:
        """Hear nothing more of it that does not name oneself, and stop watching it."""
        return self._mute(issue_key, is_muted=True)

    @operation("unmute_issue", status=204)
    def delete(self, request: Request, org: str, issue_key: str) -> Response:
        """Hear of it again."""
        return self._mute(issue_key, is_muted=False)

    def _mute(self, issue_key: str, *, is_muted: bool) -> Response:
        issue = get_issue(actor=self.actor, key=issue_key)
        services.set_muted(actor=self.actor, issue=issue, is_muted=is_muted)
        return Response(status=204)
