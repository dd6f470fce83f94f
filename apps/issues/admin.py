"""Issues and what belongs to them, for operators."""

from typing import Any

from django.contrib import admin
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy

from apps.core.admin import ReadOnlyAdmin, register
from apps.issues.models import (
    Attachment,
    Comment,
    FormerIssueKey,
    Issue,
    IssueCounter,
    IssueLabel,
    IssueLink,
    IssueStar,
    IssueVersion,
    Reaction,
    Visit,
    Watcher,
    WorkLog,
)
from apps.issues.selectors import ISSUE_KEY


@register(Issue)
class IssueAdmin(ReadOnlyAdmin):
    """Every issue, archived and deleted ones too. `FLOW-12` finds issues by their key."""

    list_display = ("key", "title", "org", "type", "status", "assignee", "updated_at", "archived_at", "deleted_at")
    list_filter = ("priority",)
    list_select_related = ("project", "org", "type", "status", "assignee")
    search_fields = ("title__icontains",)
    sortable_by = ()

    @admin.display(description=gettext_lazy("key"))
    def key(self, issue: Issue) -> str:
        """How people call it."""
        return f"{issue.project.key}-{issue.number}"

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        """By key, where the words are one."""
        key = ISSUE_KEY.fullmatch(search_term.strip())
        if key is None:
            return super().get_search_results(request, queryset, search_term)
        return queryset.filter(Q(project__key=key.group(1).upper(), number=int(key.group(2)))), False


@register(Comment)
class CommentAdmin(ReadOnlyAdmin):
    """What was said."""

    list_display = ("pk", "issue", "thread", "author", "org", "created_at", "edited_at", "resolved_at", "deleted_at")
    list_select_related = ("issue", "thread", "author", "org")
    search_fields = ("body__icontains",)
    search_numbers = ("pk", "issue_id", "thread_id")
    sortable_by = ()


@register(Reaction)
class ReactionAdmin(ReadOnlyAdmin):
    """Who answered what with which sign."""

    list_display = ("emoji", "user", "issue", "comment", "org", "created_at")
    list_filter = ("emoji",)
    list_select_related = ("user", "issue", "comment", "org")
    search_fields = ("user__email__icontains",)
    search_numbers = ("pk", "issue_id", "comment_id")
    sortable_by = ()


@register(Attachment)
class AttachmentAdmin(ReadOnlyAdmin):
    """Which files belong to which issue. What is in them is not shown here."""

    list_display = ("name", "issue", "uploader", "org", "content_type", "size", "preview", "created_at", "deleted_at")
    list_filter = ("preview",)
    list_select_related = ("issue", "uploader", "org")
    search_fields = ("name__icontains", "key__exact")
    search_numbers = ("pk", "issue_id")
    sortable_by = ()


@register(IssueVersion)
class IssueVersionAdmin(ReadOnlyAdmin):
    """What comes with which version."""

    list_display = ("version", "issue", "project", "org")
    list_select_related = ("version", "issue", "project", "org")
    search_fields = ("version__name__icontains",)
    search_numbers = ("pk", "issue_id")
    sortable_by = ()


@register(Watcher)
class WatcherAdmin(ReadOnlyAdmin):
    """Who follows what."""

    list_display = ("user", "issue", "project", "org")
    list_select_related = ("user", "issue", "project", "org")
    search_fields = ("user__email__icontains",)
    search_numbers = ("pk", "issue_id")
    sortable_by = ()


@register(IssueStar)
class IssueStarAdmin(ReadOnlyAdmin):
    """Who keeps which issue among their favourites."""

    list_display = ("user", "issue", "project", "org")
    list_select_related = ("user", "issue", "project", "org")
    search_fields = ("user__email__icontains",)
    search_numbers = ("pk", "issue_id")
    sortable_by = ()


@register(WorkLog)
class WorkLogAdmin(ReadOnlyAdmin):
    """Who worked how long on which issue."""

    list_display = ("person", "minutes", "day", "issue", "project", "org", "deleted_at")
    list_select_related = ("person", "issue", "project", "org")
    search_fields = ("person__email__icontains",)
    search_numbers = ("pk", "issue_id")
    sortable_by = ()


@register(Visit)
class VisitAdmin(ReadOnlyAdmin):
    """Who looked at which issue last."""

    list_display = ("user", "issue", "project", "org", "seen_at")
    list_select_related = ("user", "issue", "project", "org")
    search_fields = ("user__email__icontains",)
    search_numbers = ("pk", "issue_id")
    sortable_by = ()


@register(IssueLabel)
class IssueLabelAdmin(ReadOnlyAdmin):
    """Which issue carries which label."""

    list_display = ("issue", "label", "project", "org")
    list_select_related = ("issue", "label", "project", "org")
    search_fields = ("label__name__icontains",)
    search_numbers = ("pk", "issue_id")
    sortable_by = ()


@register(FormerIssueKey)
class FormerIssueKeyAdmin(ReadOnlyAdmin):
    """Numbers that issues had in other projects, and that lead on."""

    list_display = ("project", "number", "issue", "org")
    list_select_related = ("project", "issue", "org")
    search_fields = ("project__key__iexact", "org__slug")
    search_numbers = ("pk", "number", "issue_id")
    sortable_by = ()


@register(IssueCounter)
class IssueCounterAdmin(ReadOnlyAdmin):
    """The last number given in each project."""

    list_display = ("project", "org", "last_number")
    list_select_related = ("project", "org")
    search_fields = ("project__key__iexact", "org__slug")


@register(IssueLink)
class IssueLinkAdmin(ReadOnlyAdmin):
    """What blocks, duplicates or belongs beside what."""

    list_display = ("source", "kind", "target", "project", "org", "created_at")
    list_filter = ("kind",)
    list_select_related = ("source", "target", "project", "org")
    search_numbers = ("pk", "source_id", "target_id")
    search_fields = ("project__key__iexact",)
    sortable_by = ()
