"""Archives, for operators: what is in them they do not see."""

from apps.core.admin import ReadOnlyAdmin, register
from apps.exports.models import ExportRun


@register(ExportRun)
class ExportRunAdmin(ReadOnlyAdmin):
    """How far archives are, and why one stopped."""

    list_display = ("id", "org", "project", "user", "state", "issues_done", "size", "created_at", "beat_at")
    list_filter = ("state",)
    list_select_related = ("project", "org", "user")
    search_fields = ("org__slug", "project__key")
    search_numbers = ("pk",)
    exclude = ("key",)
    sortable_by = ()
