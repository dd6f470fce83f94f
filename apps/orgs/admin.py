"""Organizations, for operators."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy

from apps.core.admin import OperatedAdmin, ReadOnlyAdmin, register
from apps.events.operating import operating_in
from apps.orgs.models import ApiToken, ChangedLimit, FormerSlug, Invitation, KeptAnswer, Membership, Organization
from apps.orgs.selectors import list_callers_everywhere
from apps.orgs.services import set_organization_suspended


@register(Organization)
class OrganizationAdmin(OperatedAdmin):
    """Every tenant of this server."""

    list_display = ("slug", "name", "created_at", "suspended_at", "deleted_at")
    list_filter = (("suspended_at", admin.EmptyFieldListFilter),)
    search_fields = ("slug__icontains", "name__icontains")
    actions = ("suspend", "lift_suspension")

    @admin.action(description=gettext_lazy("Suspend: nobody can work in it"), permissions=["operate"])
    def suspend(self, request: HttpRequest, queryset: QuerySet[Organization]) -> None:
        """Keep everybody out of organizations, without losing anything."""
        self._set(request, queryset, is_suspended=True)

    @admin.action(description=gettext_lazy("Lift the suspension"), permissions=["operate"])
    def lift_suspension(self, request: HttpRequest, queryset: QuerySet[Organization]) -> None:
        """Let everybody in again."""
        self._set(request, queryset, is_suspended=False)

    def _set(self, request: HttpRequest, queryset: QuerySet[Organization], *, is_suspended: bool) -> None:
        def act(org: Organization, reason: str) -> int:
            with operating_in(org_id=org.pk, reason=reason) as actor:
                set_organization_suspended(actor=actor, is_suspended=is_suspended)
            return 1

        # In the order of their streams, so that two operators cannot wait for each other.
        self.operate(request, queryset.order_by("pk"), act)


@register(FormerSlug)
class FormerSlugAdmin(ReadOnlyAdmin):
    """Addresses that organizations had and that lead on."""

    list_display = ("slug", "org", "created_at")
    list_select_related = ("org",)
    search_fields = ("slug__icontains", "org__slug")


@register(Membership)
class MembershipAdmin(ReadOnlyAdmin):
    """Who has which seat."""

    list_display = ("user", "org", "role", "created_at", "ended_at")
    list_filter = ("role", ("ended_at", admin.EmptyFieldListFilter))
    list_select_related = ("user", "org")
    search_fields = ("user__email__icontains", "user__name__icontains", "org__slug")


@register(Invitation)
class InvitationAdmin(ReadOnlyAdmin):
    """Seats that were offered."""

    list_display = ("email", "org", "role", "invited_by", "created_at", "expires_at", "accepted_at", "revoked_at")
    list_filter = ("role", ("accepted_at", admin.EmptyFieldListFilter))
    list_select_related = ("org", "invited_by")
    search_fields = ("email__icontains", "org__slug")


@register(ApiToken)
class ApiTokenAdmin(ReadOnlyAdmin):
    """Tokens of scripts, without their secrets."""

    list_display = (
        "prefix",
        "name",
        "user",
        "org",
        "scopes",
        "is_service",
        "created_at",
        "expires_at",
        "last_used_at",
        "last_used_address",
        "revoked_at",
    )
    list_filter = ("is_service", ("revoked_at", admin.EmptyFieldListFilter))
    list_select_related = ("user", "org")
    search_fields = ("prefix", "name__icontains", "user__email__icontains", "org__slug")


@register(KeptAnswer)
class KeptAnswerAdmin(ReadOnlyAdmin):
    """Which requests with idempotency keys were answered today; what they were answered is their makers' own."""

    list_display = ("key", "user", "org", "status", "created_at")
    list_select_related = ("user", "org")
    search_fields = ("key", "user__email__icontains", "org__slug")
    exclude = ("body", "headers")


@register(ChangedLimit)
class ChangedLimitAdmin(ReadOnlyAdmin):
    """Limits of the API that admins of organizations raised or lowered, and who is near a limit anywhere."""

    change_list_template = "admin/limits.html"
    list_display = ("org", "token", "name", "most")
    list_filter = ("name",)
    list_select_related = ("org", "token")
    search_fields = ("org__slug", "token__prefix")

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> Any:
        """With those who are nearest to a limit above the list."""
        return super().changelist_view(request, {"callers": list_callers_everywhere(), **(extra_context or {})})
