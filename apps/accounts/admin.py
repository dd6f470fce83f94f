"""People, for operators."""

from typing import Any

from allauth.account.models import EmailAddress
from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from apps.accounts import mails
from apps.accounts.models import AccountMail, RefusedAddress, Server, User, UserSession
from apps.accounts.services import set_user_suspended
from apps.core.admin import OperatedAdmin, ReadOnlyAdmin, register
from apps.core.errors import Forbidden
from apps.core.tenancy import current_unit
from apps.core.tenancy.routers import as_application


class OwnAccount(Forbidden):
    """An operator chose themselves."""

    title = gettext_lazy("This is your own account")
    detail = gettext_lazy("Ask another operator to do that.")


@register(User)
class UserAdmin(OperatedAdmin):
    """Everybody with an account, and the placeholders of people whom imports found."""

    list_display = ("email", "name", "kind", "is_active", "is_staff", "date_joined", "last_login")
    list_filter = ("is_active", "is_staff", "kind")
    search_fields = ("email__icontains", "name__icontains")
    actions = ("suspend", "reinstate")
    exclude = (*OperatedAdmin.exclude, "groups", "user_permissions")

    @admin.action(
        description=gettext_lazy("Suspend: sign out everywhere and refuse to sign in"), permissions=["operate"]
    )
    def suspend(self, request: HttpRequest, queryset: QuerySet[User]) -> None:
        """End people's sessions and keep them out."""
        self._set(request, queryset, is_suspended=True)

    @admin.action(description=gettext_lazy("Reinstate: let them sign in again"), permissions=["operate"])
    def reinstate(self, request: HttpRequest, queryset: QuerySet[User]) -> None:
        """Let people in again."""
        self._set(request, queryset, is_suspended=False)

    def _set(self, request: HttpRequest, queryset: QuerySet[User], *, is_suspended: bool) -> None:
        def act(user: User, reason: str) -> int:
            if user.pk == request.user.pk:
                raise OwnAccount(_("Ask another operator to do that."))
            unit = current_unit()
            if unit is None:
                raise RuntimeError("The admin works inside a request.")
            unit.reason = reason
            with as_application():
                set_user_suspended(user=user, is_suspended=is_suspended)
            return 1

        self.operate(request, queryset.order_by("pk"), act)


@register(UserSession)
class UserSessionAdmin(ReadOnlyAdmin):
    """Where people are signed in, without the keys of their sessions."""

    list_display = ("user", "address", "user_agent", "created_at", "last_seen_at")
    list_select_related = ("user",)
    search_fields = ("user__email__icontains", "user_agent__icontains")
    search_numbers = ("pk", "user_id")


@register(EmailAddress)
class EmailAddressAdmin(ReadOnlyAdmin):
    """Addresses, and whether they were confirmed."""

    list_display = ("email", "user", "verified", "primary")
    list_filter = ("verified", "primary")
    list_select_related = ("user",)
    search_fields = ("email__icontains",)

    def get_ordering(self, request: HttpRequest) -> Any:
        """Newest first."""
        return ("-pk",)


@register(Server)
class ServerAdmin(ReadOnlyAdmin):
    """What was decided about this server; the operator's page changes it."""

    list_display = ("__str__", "sign_up", "sign_up_domains", "founders", "demo_removed_at")


@register(AccountMail)
class AccountMailAdmin(OperatedAdmin):
    """Mails about accounts that have not gone out yet, or were given up."""

    list_display = ("subject", "email", "created_at", "due_at", "attempts", "error")
    search_fields = ("email__icontains",)
    actions = ("retry",)
    sortable_by = ()

    @admin.display(description=gettext_lazy("last error"))
    def error(self, noted: AccountMail) -> str:
        """The beginning of it; the whole is on its page."""
        return noted.last_error[:80]

    @admin.action(description=gettext_lazy("Try those that were given up again"), permissions=["operate"])
    def retry(self, request: HttpRequest, queryset: QuerySet[AccountMail]) -> None:
        """Give them all their attempts again; the sweeper takes them within seconds."""

        def act(noted: AccountMail, reason: str) -> int:
            mails.retry(noted)
            return 1

        self.operate(request, queryset.filter(due_at__isnull=True), act)


@register(RefusedAddress)
class RefusedAddressAdmin(ReadOnlyAdmin):
    """Addresses that mail servers refuse for good, until their owners resume them."""

    list_display = ("email", "user", "refused_at", "answer")
    list_select_related = ("user",)
    search_fields = ("email__icontains",)
