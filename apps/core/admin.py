"""The admin site: where operators of the server look across organizations, by a path of its own that is audited.

Its reads run as the database role that may read every organization and write none (`tenancy.routers.as_staff`).
What can be changed is changed by actions that call services; everything else is read-only, and says so.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cached_property, wraps
from typing import Any, ClassVar
from urllib.parse import urlencode

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.helpers import ActionForm
from django.contrib.auth.views import redirect_to_login
from django.contrib.contenttypes.models import ContentType
from django.core.paginator import Paginator
from django.db.models import Model, Q, QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.template.response import SimpleTemplateResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from apps.core.errors import DomainError
from apps.core.tenancy.routers import as_staff

SECRET_FIELDS = frozenset({"password", "token_hash", "nonce", "former_nonce", "session_key", "setup_hash"})
MOST_COUNTED = 10_000
_WORDS = 8


@dataclass(frozen=True, slots=True)
class Figure:
    """A number that operators watch, and where to look closer. `is_alarming` marks what somebody has to see to."""

    label: str
    value: str
    url: str
    is_alarming: bool = False


class StaffSite(admin.AdminSite):
    """Django's admin behind our own sign-in, reading as the staff role, with every visit written down."""

    site_header = gettext_lazy("FlowBoard operations")
    site_title = gettext_lazy("FlowBoard operations")
    index_title = gettext_lazy("Everything on this server")
    index_template = "admin/operations.html"

    def __init__(self, name: str = "admin") -> None:
        super().__init__(name)
        self._observers: list[Callable[[HttpRequest], None]] = []
        self._figures: list[Callable[[], Iterable[Figure]]] = []

    def tell(self, observer: Callable[[HttpRequest], None]) -> None:
        """Call something for every visit that was answered (the audit trail)."""
        self._observers.append(observer)

    def show(self, figures: Callable[[], Iterable[Figure]]) -> None:
        """Show some figures on the first page. They must cost the same however large the server is."""
        self._figures.append(figures)

    def has_permission(self, request: HttpRequest) -> bool:
        """Operators only."""
        return bool(request.user.is_active and request.user.is_staff)

    def admin_view(self, view: Any, cacheable: bool = False) -> Any:
        """Ask strangers to sign in, tell nobody else that this exists, read as staff, and have the visit written down.

        `cacheable` marks what shows no data (the words of the pages' scripts); that is no visit.
        """
        inner = super().admin_view(view, cacheable)

        @wraps(view)
        def as_operator(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
            if not request.user.is_authenticated:
                return redirect_to_login(request.get_full_path())
            if not self.has_permission(request):
                raise Http404
            with as_staff():
                response: HttpResponseBase = inner(request, *args, **kwargs)
                if isinstance(response, SimpleTemplateResponse):
                    # Lists are read while the template runs: that must happen in here.
                    response.render()
            if response.status_code < 400 and not cacheable:
                for observer in self._observers:
                    observer(request)
            return response

        return as_operator

    def login(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        """Sign-in has one page, where its limits are."""
        if request.user.is_authenticated:
            if not self.has_permission(request):
                raise Http404
            return redirect("admin:index")
        return redirect_to_login(reverse("admin:index"))

    def logout(self, request: HttpRequest, extra_context: Any = None) -> Any:
        """Signing out too."""
        return redirect("account_logout")

    def password_change(self, request: HttpRequest, extra_context: Any = None) -> Any:
        """And changing the password."""
        return redirect("account_change_password")

    def index(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> Any:
        """All kinds of objects, and the figures to watch."""
        figures = [figure for read in self._figures for figure in read()]
        return super().index(request, {"figures": figures, **(extra_context or {})})


site = StaffSite()


class BoundedPaginator(Paginator):  # type: ignore[type-arg]
    """Counts no further than anybody pages, since counting a million rows takes seconds."""

    @cached_property
    def count(self) -> int:
        """The number of rows, or `MOST_COUNTED` if there are more."""
        rows = self.object_list
        if isinstance(rows, QuerySet):
            return rows.order_by()[:MOST_COUNTED].count()
        return super().count


class ReadOnlyAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    """A kind of object that operators find and read.

    `search_fields` are whole lookups (`name__icontains`), `search_numbers` fields compared with a number as it is, so
    that an id is found by its index. Secrets, hashed or not, are neither shown nor filtered by.
    """

    exclude = tuple(sorted(SECRET_FIELDS))
    list_per_page = 50
    list_max_show_all = 50
    show_full_result_count = False
    show_facets = admin.ShowFacets.NEVER
    paginator = BoundedPaginator
    ordering = ("-pk",)
    change_form_template = "admin/read_only_form.html"
    search_numbers: ClassVar[tuple[str, ...]] = ("pk",)
    why_read_only = gettext_lazy(
        "This page is for reading. FlowBoard changes its data through its own pages, commands and API alone, so that "
        "rights are asked, history is kept and open boards follow."
    )

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Operators see everything."""
        return site.has_permission(request)

    def has_module_permission(self, request: HttpRequest) -> bool:
        """Operators see everything."""
        return site.has_permission(request)

    def has_operate_permission(self, request: HttpRequest) -> bool:
        """Operators may use the actions."""
        return site.has_permission(request)

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """No: a row made here would bypass the services."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """No: a change made here would bypass the services."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """No: a deletion here would bypass the services."""
        return False

    def render_change_form(self, request: HttpRequest, context: Any, *args: Any, **kwargs: Any) -> Any:
        """Say why there is nothing to save, and where the object's history is."""
        context["why_read_only"] = self.why_read_only
        context["audit_url"] = self._audit_url(context["object_id"])
        return super().render_change_form(request, context, *args, **kwargs)

    def history_view(self, request: HttpRequest, object_id: str, extra_context: Any = None) -> HttpResponse:
        """The history of everything is in the audit trail, not in the admin's own log."""
        return redirect(self._audit_url(object_id))

    def _audit_url(self, object_id: Any) -> str:
        kind = ContentType.objects.get_for_model(self.model).pk
        query = urlencode({"content_type__id__exact": kind, "object_id__exact": object_id})
        return f"{reverse('admin:audit_logentry_changelist')}?{query}"

    def lookup_allowed(self, lookup: str, value: str, request: HttpRequest) -> bool:
        """A secret must not be guessed letter by letter through a filter."""
        return not SECRET_FIELDS & set(lookup.split("__")) and super().lookup_allowed(lookup, value, request)

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        """Rows in which every word is found somewhere."""
        for word in search_term.split()[:_WORDS]:
            found = Q(pk__in=[])
            for lookup in self.get_search_fields(request):
                found |= Q(**{lookup: word})
            if word.isascii() and word.isdigit() and len(word) < 19:
                for field in self.search_numbers:
                    found |= Q(**{field: int(word)})
            queryset = queryset.filter(found)
        return queryset, False


class ReasonForm(ActionForm):
    """An action, and why it is done: the reason goes into the audit trail."""

    reason = forms.CharField(
        label=gettext_lazy("Reason:"), required=False, max_length=200, widget=forms.TextInput(attrs={"size": 40})
    )


class OperatedAdmin(ReadOnlyAdmin):
    """A kind of object with actions, each of which needs a reason."""

    action_form = ReasonForm
    why_read_only = gettext_lazy(
        "This page is for reading. What operators can do is among the actions above the list; FlowBoard changes "
        "everything else through its own pages, commands and API alone."
    )

    def operate(self, request: HttpRequest, rows: Iterable[Any], act: Callable[[Any, str], int]) -> None:
        """Do something to each of the chosen rows, and say how it went. A refusal stops nothing but its own row.

        :param act: called with the row and the reason, which names the operator; how many objects it changed
        """
        reason = request.POST.get("reason", "").strip()
        if not reason:
            self.message_user(request, _("Write down why. Nothing was changed."), messages.ERROR)
            return
        told = f"{request.user.get_username()}: {reason}"
        done = 0
        for row in rows:
            try:
                done += act(row, told)
            except DomainError as error:
                self.message_user(request, f"{row}: {error.detail or error.title}", messages.ERROR)
        text = ngettext("%(count)s object was changed.", "%(count)s objects were changed.", done) % {"count": done}
        self.message_user(request, text, messages.SUCCESS if done else messages.WARNING)


def register(*models: type[Model]) -> Callable[[type[ReadOnlyAdmin]], type[ReadOnlyAdmin]]:
    """Show models on the site."""

    def decorate(shown: type[ReadOnlyAdmin]) -> type[ReadOnlyAdmin]:
        site.register(models, shown)
        return shown

    return decorate
