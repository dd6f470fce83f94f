"""Projects and their configuration, for operators."""

from django.contrib import admin

from apps.core.admin import ReadOnlyAdmin, register
from apps.projects.models import (
    CustomField,
    CustomFieldType,
    FormerKey,
    IssueType,
    Label,
    Project,
    ProjectMember,
    ProjectStar,
    Status,
    Transition,
    Version,
)


@register(Project)
class ProjectAdmin(ReadOnlyAdmin):
    """Every project, private ones too."""

    list_display = ("key", "name", "org", "lead", "template", "visibility", "created_at", "archived_at", "deleted_at")
    list_filter = ("template", "visibility", ("archived_at", admin.EmptyFieldListFilter))
    list_select_related = ("org", "lead")
    search_fields = ("key__iexact", "name__icontains", "org__slug")


@register(FormerKey)
class FormerKeyAdmin(ReadOnlyAdmin):
    """Keys that projects had and that lead on."""

    list_display = ("key", "project", "org", "created_at")
    list_select_related = ("project", "org")
    search_fields = ("key__iexact", "project__key__iexact", "org__slug")


@register(ProjectMember)
class ProjectMemberAdmin(ReadOnlyAdmin):
    """Roles given in single projects."""

    list_display = ("user", "project", "org", "role", "created_at")
    list_filter = ("role",)
    list_select_related = ("user", "project", "org")
    search_fields = ("user__email__icontains", "project__key__iexact", "org__slug")


@register(IssueType)
class IssueTypeAdmin(ReadOnlyAdmin):
    """What kinds of work projects know."""

    list_display = ("name", "project", "org", "level", "position")
    list_filter = ("level",)
    list_select_related = ("project", "org")
    search_fields = ("name__icontains", "project__key__iexact", "org__slug")


@register(Status)
class StatusAdmin(ReadOnlyAdmin):
    """The steps of projects' workflows."""

    list_display = ("name", "category", "project", "org", "position")
    list_filter = ("category",)
    list_select_related = ("project", "org")
    search_fields = ("name__icontains", "project__key__iexact", "org__slug")


@register(Label)
class LabelAdmin(ReadOnlyAdmin):
    """The words issues are found by."""

    list_display = ("name", "project", "org", "retired_at")
    list_select_related = ("project", "org")
    search_fields = ("name__icontains", "project__key__iexact", "org__slug")


@register(Version)
class VersionAdmin(ReadOnlyAdmin):
    """The releases of projects, deleted ones too."""

    list_display = ("name", "project", "org", "release_date", "released_at", "archived_at", "retired_at")
    list_select_related = ("project", "org")
    search_fields = ("name__icontains", "project__key__iexact", "org__slug")


@register(CustomField)
class CustomFieldAdmin(ReadOnlyAdmin):
    """The fields that projects gave their issues, removed ones too."""

    list_display = ("name", "kind", "project", "org", "is_required", "position", "retired_at")
    list_filter = ("kind", "is_required")
    list_select_related = ("project", "org")
    search_fields = ("name__icontains", "project__key__iexact", "org__slug")


@register(CustomFieldType)
class CustomFieldTypeAdmin(ReadOnlyAdmin):
    """Which types of issues have a field, where not all do."""

    list_display = ("field", "type", "project", "org")
    list_select_related = ("field", "type", "project", "org")
    search_fields = ("field__name__icontains", "project__key__iexact", "org__slug")


@register(ProjectStar)
class ProjectStarAdmin(ReadOnlyAdmin):
    """Who keeps which project among their favourites."""

    list_display = ("user", "project", "org", "created_at")
    list_select_related = ("user", "project", "org")
    search_fields = ("user__email__icontains", "project__key__iexact", "org__slug")
    search_numbers = ("pk",)


@register(Transition)
class TransitionAdmin(ReadOnlyAdmin):
    """The edges of projects' workflows."""

    list_display = ("name", "source", "target", "project", "org")
    list_select_related = ("source", "target", "project", "org")
    search_fields = ("name__icontains", "project__key__iexact", "org__slug")
