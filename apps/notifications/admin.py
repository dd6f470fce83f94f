"""What people are told, for operators."""

from apps.core.admin import ReadOnlyAdmin, register
from apps.notifications.models import Habits, InboxEntry, IssueMute, Notification, Preference, ProjectInterest


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

    list_display = ("user", "org", "hears_of_own")
    list_select_related = ("user", "org")
    search_fields = ("user__email__icontains",)
    search_numbers = ("pk",)
