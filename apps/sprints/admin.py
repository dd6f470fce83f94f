"""Sprints, for operators."""

from django.contrib import admin

from apps.core.admin import ReadOnlyAdmin, register
from apps.sprints.models import Cadence, CalendarLink, Capacity, ScopeEntry, Sprint


@register(Sprint)
class SprintAdmin(ReadOnlyAdmin):
    """Every time box."""

    list_display = ("name", "state", "project", "org", "start_date", "end_date")
    list_filter = ("state",)
    list_select_related = ("project", "org")
    search_fields = ("name__icontains", "project__key__iexact", "org__slug")


@register(Cadence)
class CadenceAdmin(ReadOnlyAdmin):
    """How sprints start and end by themselves."""

    list_display = ("project", "is_on", "weeks", "weekday", "cooldown_weeks", "ahead", "rolls_over", "org")
    list_filter = ("is_on",)
    list_select_related = ("project", "org")
    search_fields = ("project__key__iexact", "org__slug")


@register(Capacity)
class CapacityAdmin(ReadOnlyAdmin):
    """How much people take on."""

    list_display = ("sprint", "user", "points", "org")
    list_select_related = ("sprint", "user", "org")
    search_fields = ("sprint__name__icontains", "user__email__iexact", "org__slug")


@register(ScopeEntry)
class ScopeEntryAdmin(ReadOnlyAdmin):
    """What was in which sprint, and when."""

    list_display = ("sprint", "kind", "issue_key", "points", "is_in", "is_done", "at", "org")
    list_filter = ("kind",)
    list_select_related = ("sprint", "org")
    search_fields = ("issue_key__iexact", "sprint__name__icontains", "org__slug")


@register(CalendarLink)
class CalendarLinkAdmin(ReadOnlyAdmin):
    """Addresses for calendars, without their secrets."""

    list_display = ("prefix", "project", "whose", "user", "org", "created_at", "last_used_at", "revoked_at")
    list_filter = ("whose", ("revoked_at", admin.EmptyFieldListFilter))
    list_select_related = ("project", "user", "org")
    search_fields = ("prefix", "project__key__iexact", "user__email__icontains", "org__slug")
