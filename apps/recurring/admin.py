"""Templates and schedules, for operators."""

from django.contrib import admin

from apps.core.admin import ReadOnlyAdmin, register
from apps.recurring.models import IssueTemplate, Occurrence, Schedule, TemplateLabel


@register(IssueTemplate)
class IssueTemplateAdmin(ReadOnlyAdmin):
    """What issues begin with."""

    list_display = ("name", "project", "type", "is_default", "org", "retired_at")
    list_filter = (("retired_at", admin.EmptyFieldListFilter),)
    list_select_related = ("project", "type", "org")
    search_fields = ("name__icontains", "project__key__iexact", "org__slug")


@register(TemplateLabel)
class TemplateLabelAdmin(ReadOnlyAdmin):
    """Which labels issues made from a template carry."""

    list_display = ("template", "label", "project", "org")
    list_select_related = ("template", "label", "project", "org")
    search_fields = ("label__name__icontains", "org__slug")


@register(Schedule)
class ScheduleAdmin(ReadOnlyAdmin):
    """When issues are made by themselves."""

    list_display = (
        "template",
        "project",
        "frequency",
        "interval",
        "next_at",
        "paused_at",
        "owner",
        "org",
        "retired_at",
    )
    list_filter = ("frequency", ("paused_at", admin.EmptyFieldListFilter))
    list_select_related = ("template", "project", "owner", "org")
    search_fields = ("template__name__icontains", "project__key__iexact", "owner__email__icontains", "org__slug")


@register(Occurrence)
class OccurrenceAdmin(ReadOnlyAdmin):
    """Which slot made which issue."""

    list_display = ("schedule", "slot_date", "issue", "project", "org", "created_at")
    list_select_related = ("schedule", "issue", "project", "org")
    search_fields = ("project__key__iexact", "org__slug")
    search_numbers = ("pk", "schedule_id", "issue_id")
