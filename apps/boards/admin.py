"""Boards and their columns, for operators."""

from apps.boards.models import (
    AcrossBoard,
    AcrossChoice,
    AcrossProject,
    AcrossQuickFilter,
    Board,
    BoardChoice,
    Column,
    ColumnStatus,
    LaneLimit,
    QuickFilter,
)
from apps.core.admin import ReadOnlyAdmin, register


@register(Board)
class BoardAdmin(ReadOnlyAdmin):
    """Every board."""

    list_display = ("name", "project", "org", "position")
    list_select_related = ("project", "org")
    search_fields = ("name__icontains", "project__key__iexact", "org__slug")


@register(Column)
class ColumnAdmin(ReadOnlyAdmin):
    """Columns and their limits."""

    list_display = ("name", "board", "project", "org", "position", "wip_limit", "wip_policy")
    list_filter = ("wip_policy",)
    list_select_related = ("board", "project", "org")
    search_fields = ("name__icontains", "project__key__iexact", "org__slug")


@register(ColumnStatus)
class ColumnStatusAdmin(ReadOnlyAdmin):
    """Which column shows which status."""

    list_display = ("column", "status", "board", "project", "org")
    list_select_related = ("column", "status", "board", "project", "org")
    search_fields = ("column__name__icontains", "status__name__icontains", "project__key__iexact", "org__slug")


@register(LaneLimit)
class LaneLimitAdmin(ReadOnlyAdmin):
    """How much people and lanes have in work at once."""

    list_display = ("board", "project", "org", "by", "priority", "at", "unit", "policy")
    list_filter = ("by", "policy")
    list_select_related = ("board", "project", "org")
    search_fields = ("board__name__icontains", "project__key__iexact", "org__slug")


@register(QuickFilter)
class QuickFilterAdmin(ReadOnlyAdmin):
    """What boards can be narrowed to with one press."""

    list_display = ("name", "board", "project", "org")
    list_select_related = ("board", "project", "org")
    search_fields = ("name__icontains", "project__key__iexact", "org__slug")


@register(BoardChoice)
class BoardChoiceAdmin(ReadOnlyAdmin):
    """How people look at boards."""

    list_display = ("board", "user", "project", "org", "grouping")
    list_filter = ("grouping",)
    list_select_related = ("board", "user", "project", "org")
    search_fields = ("board__name__icontains", "user__email__icontains", "project__key__iexact", "org__slug")


@register(AcrossBoard)
class AcrossBoardAdmin(ReadOnlyAdmin):
    """Boards over several projects."""

    list_display = ("name", "org", "by", "maker", "deleted_at")
    list_select_related = ("org", "maker")
    search_fields = ("name__icontains", "org__slug")


@register(AcrossProject)
class AcrossProjectAdmin(ReadOnlyAdmin):
    """Which of these boards shows which project."""

    list_display = ("board", "project", "org")
    list_select_related = ("board", "project", "org")
    search_fields = ("board__name__icontains", "project__key__iexact", "org__slug")


@register(AcrossChoice)
class AcrossChoiceAdmin(ReadOnlyAdmin):
    """How people look at these boards."""

    list_display = ("board", "user", "org", "grouping")
    list_filter = ("grouping",)
    list_select_related = ("board", "user", "org")
    search_fields = ("board__name__icontains", "user__email__icontains", "org__slug")


@register(AcrossQuickFilter)
class AcrossQuickFilterAdmin(ReadOnlyAdmin):
    """What these boards can be narrowed to with one press."""

    list_display = ("name", "board", "org")
    list_select_related = ("board", "org")
    search_fields = ("name__icontains", "board__name__icontains", "org__slug")
