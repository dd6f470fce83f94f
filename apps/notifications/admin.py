"""What people are told, for operators."""

from collections.abc import Iterator
from datetime import timedelta
from itertools import groupby
from operator import itemgetter

from django.contrib import admin
from django.db.models import Min, QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from apps.core.admin import MOST_COUNTED, Figure, OperatedAdmin, ReadOnlyAdmin, register, site
from apps.events.operating import operating_in
from apps.notifications.models import (
    Habits,
    InboxEntry,
    IssueMute,
    Mail,
    MailPart,
    Notification,
    Preference,
    ProjectInterest,
)
from apps.notifications.services import retry_dead

# A mail that is due longer than this waits for a mail server, or for a worker.
LATE = timedelta(minutes=15)


@register(Notification)
class NotificationAdmin(ReadOnlyAdmin):
    """Who was told what, and why it concerned them."""

    list_display = ("user", "kind", "why", "channels", "issue", "org", "created_at")
    list_filter = ("kind", "why")
    list_select_related = ("user", "issue", "org")
    search_fields = ("user__email__icontains",)
    search_numbers = ("pk", "issue_id", "event_id")
    sortable_by = ()


@register(InboxEntry)
class InboxEntryAdmin(ReadOnlyAdmin):
    """What is in the inboxes, and what people did with it."""

    list_display = ("user", "issue", "org", "unread_count", "newest_at", "done_at", "snoozed_until")
    list_select_related = ("user", "issue", "org")
    search_fields = ("user__email__icontains",)
    search_numbers = ("pk", "issue_id")
    sortable_by = ()


@register(Preference)
class PreferenceAdmin(ReadOnlyAdmin):
    """What people want to hear of, and where."""

    list_display = ("user", "kind", "channels", "project", "org")
    list_filter = ("kind",)
    list_select_related = ("user", "project", "org")
    search_fields = ("user__email__icontains",)
    search_numbers = ("pk",)


@register(ProjectInterest)
class ProjectInterestAdmin(ReadOnlyAdmin):
    """Who follows a project, and who muted it."""

    list_display = ("user", "project", "level", "org")
    list_filter = ("level",)
    list_select_related = ("user", "project", "org")
    search_fields = ("user__email__icontains",)
    search_numbers = ("pk",)


@register(IssueMute)
class IssueMuteAdmin(ReadOnlyAdmin):
    """Who muted an issue."""

    list_display = ("user", "issue", "org")
    list_select_related = ("user", "issue", "org")
    search_fields = ("user__email__icontains",)
    search_numbers = ("pk", "issue_id")


@register(Habits)
class HabitsAdmin(ReadOnlyAdmin):
    """What people decided about all that reaches them."""

    list_display = ("user", "org", "rhythm", "quiet_from", "quiet_until", "is_named_at_once", "hears_of_own")
    list_select_related = ("user", "org")
    search_fields = ("user__email__icontains",)
    search_numbers = ("pk",)


@register(Mail)
class MailAdmin(OperatedAdmin):
    """Mails of what happened: what waits, what went out, and what was given up, with the mail server's answer."""

    list_display = ("user", "org", "state", "attempts", "created_at", "due_at", "settled_at", "error")
    list_filter = ("state",)
    list_select_related = ("user", "org")
    search_fields = ("user__email__icontains", "org__slug")
    search_numbers = ("pk",)
    actions = ("retry",)
    sortable_by = ()

    @admin.display(description=gettext_lazy("why it was not sent"))
    def error(self, mail: Mail) -> str:
        """The beginning of it; the whole is on its page."""
        return mail.last_error[:80]

    @admin.action(description=gettext_lazy("Try those that were given up again"), permissions=["operate"])
    def retry(self, request: HttpRequest, queryset: QuerySet[Mail]) -> None:
        """Give them all their attempts again; a worker takes them within seconds."""
        dead = queryset.filter(state=Mail.State.DEAD).order_by("org_id", "pk").values_list("org_id", "pk")
        by_org = [(org_id, [pk for _org, pk in rows]) for org_id, rows in groupby(dead, key=itemgetter(0))]

        def act(chosen: tuple[int, list[int]], reason: str) -> int:
            org_id, mail_ids = chosen
            with operating_in(org_id=org_id, reason=reason) as actor:
                return retry_dead(actor=actor, mail_ids=mail_ids)

        self.operate(request, by_org, act)


@register(MailPart)
class MailPartAdmin(ReadOnlyAdmin):
    """What of each issue goes, or went, to whom."""

    list_display = ("user", "issue", "org", "is_urgent", "first_at", "due_at", "mail")
    list_select_related = ("user", "issue", "org", "mail")
    search_fields = ("user__email__icontains",)
    search_numbers = ("pk", "issue_id", "mail_id")
    sortable_by = ()


def outgoing() -> Iterator[Figure]:
    """How much mail waits, since when, and how much was given up: each by an index, and no further than it matters."""
    address = reverse("admin:notifications_mail_changelist")
    waiting = Mail.objects.filter(state=Mail.State.WAITING)
    dead = Mail.objects.filter(state=Mail.State.DEAD)
    for label, mails, is_bad in ((_("Mails that wait"), waiting, False), (_("Mails given up"), dead, True)):
        count = mails[:MOST_COUNTED].count()
        yield Figure(
            label=label,
            value=f"{count}+" if count == MOST_COUNTED else str(count),
            url=f"{address}?state__exact={Mail.State.DEAD if is_bad else Mail.State.WAITING}",
            is_alarming=is_bad and count > 0,
        )
    oldest = waiting.aggregate(at=Min("created_at"))["at"]
    age = timezone.now() - oldest if oldest else timedelta()
    yield Figure(
        label=_("Oldest mail that waits, in minutes"),
        value=str(int(age.total_seconds() // 60)),
        url=f"{address}?state__exact={Mail.State.WAITING}",
        is_alarming=age > LATE,
    )


site.show(outgoing)
