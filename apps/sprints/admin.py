"""Sprints, for operators."""

from apps.core.admin import ReadOnlyAdmin, register
from apps.sprints.models import Sprint


@register(Sprint)
class SprintAdmin(ReadOnlyAdmin):
    """Every time box."""

    list_display = ("name", "state", "project", "org", "start_date", "end_date")
    list_filter = ("state",)
    list_select_related = ("project", "org")
    search_fields = ("name__icontains", "project__key__iexact", "org__slug")
