"""The audit trail, for operators; and their own visits in it."""

from django.http import HttpRequest

from apps.audit.accounts import note_visit
from apps.audit.models import LogEntry
from apps.core.admin import ReadOnlyAdmin, register, site


@register(LogEntry)
class LogEntryAdmin(ReadOnlyAdmin):
    """Who did what to which object, when, from where and why."""

    list_display = ("timestamp", "actor", "event_kind", "action", "object_repr", "org", "remote_addr", "reason")
    list_filter = ("action",)
    list_select_related = ("actor", "org")
    search_fields = ("event_kind", "cid", "object_repr__icontains", "actor__email__icontains", "org__slug")
    search_numbers = ("pk", "object_id", "actor_id")
    sortable_by = ()


def _visited(request: HttpRequest) -> None:
    chosen = request.POST.getlist("_selected_action") if request.method == "POST" else []
    action = request.POST.get("action", "") if chosen else ""
    note_visit(method=str(request.method), path=request.get_full_path(), action=action, chosen=chosen)


site.tell(_visited)
