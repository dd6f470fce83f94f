"""What imports left behind, for operators."""

from apps.core.admin import ReadOnlyAdmin, register
from apps.imports.models import ExternalRef


@register(ExternalRef)
class ExternalRefAdmin(ReadOnlyAdmin):
    """Which row of another tracker became which object."""

    list_display = ("source", "kind", "external_id", "object_id", "project", "org", "imported_at")
    list_filter = ("kind",)
    list_select_related = ("project", "org")
    search_fields = ("external_id", "org__slug")
    search_numbers = ("pk", "object_id")
    sortable_by = ()
