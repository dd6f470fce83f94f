"""What imports left behind, for operators."""

from apps.core.admin import ReadOnlyAdmin, register
from apps.imports.models import (
    ClaimedPerson,
    ExternalRef,
    ImportFile,
    ImportProblem,
    ImportRun,
    MappingProfile,
    PendingReference,
)


@register(ExternalRef)
class ExternalRefAdmin(ReadOnlyAdmin):
    """Which row of another tracker became which object."""

    list_display = ("source", "kind", "external_id", "object_id", "project", "org", "imported_at")
    list_filter = ("kind",)
    list_select_related = ("project", "org")
    search_fields = ("external_id", "org__slug")
    search_numbers = ("pk", "object_id")
    sortable_by = ()


@register(ClaimedPerson)
class ClaimedPersonAdmin(ReadOnlyAdmin):
    """Which member is whom of another tracker."""

    list_display = ("placeholder", "member", "org", "created_at")
    list_select_related = ("placeholder", "member", "org")
    search_fields = ("org__slug", "placeholder__name", "member__email")
    search_numbers = ("pk",)
    sortable_by = ()


@register(ImportRun)
class ImportRunAdmin(ReadOnlyAdmin):
    """Imports: how far they are, and the account of their rows."""

    list_display = (
        "id",
        "org",
        "project",
        "format",
        "state",
        "imported",
        "updated",
        "skipped",
        "failed",
        "started_by",
        "created_at",
        "beat_at",
    )
    list_filter = ("state", "format")
    list_select_related = ("project", "org", "started_by")
    search_fields = ("org__slug", "project__key")
    search_numbers = ("pk",)
    sortable_by = ()


@register(ImportFile)
class ImportFileAdmin(ReadOnlyAdmin):
    """Files that were handed in."""

    list_display = ("name", "run", "size", "org")
    list_select_related = ("run", "org")
    search_fields = ("name", "org__slug")
    search_numbers = ("run_id",)
    sortable_by = ()


@register(ImportProblem)
class ImportProblemAdmin(ReadOnlyAdmin):
    """Rows that failed, or could not be kept as they were."""

    list_display = ("row", "field", "reason", "is_failure", "run", "org")
    list_filter = ("is_failure",)
    list_select_related = ("run", "org")
    search_fields = ("org__slug",)
    search_numbers = ("run_id",)
    sortable_by = ()


@register(PendingReference)
class PendingReferenceAdmin(ReadOnlyAdmin):
    """What waits until all rows of an import are in."""

    list_display = ("external_id", "kind", "target_id", "target_key", "run", "org")
    list_filter = ("kind",)
    list_select_related = ("run", "org")
    search_fields = ("external_id", "org__slug")
    search_numbers = ("run_id",)
    sortable_by = ()


@register(MappingProfile)
class MappingProfileAdmin(ReadOnlyAdmin):
    """Decisions about imports that people kept."""

    list_display = ("name", "source", "org", "created_by", "created_at")
    list_select_related = ("org", "created_by")
    search_fields = ("name", "org__slug")
    search_numbers = ("pk",)
    sortable_by = ()
