"""What surrounds every request: its id and address, its transaction and organization, its refusals, its CSP."""

import re
from collections.abc import Callable
from uuid import uuid4

import structlog
from django.contrib.auth.views import redirect_to_login
from django.db import transaction
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.http.response import HttpResponseBase
from django.middleware.common import CommonMiddleware
from django.utils import timezone
from django.utils.cache import patch_vary_headers

from apps.core.addresses import client_address
from apps.core.errors import DomainError
from apps.core.limits import count
from apps.core.moved import lead_on, under_slug
from apps.core.pages import is_fragment
from apps.core.requests import is_scripted
from apps.core.slugs import RESERVED_SLUGS
from apps.core.tenancy import Origin, enter_organization, enter_person, unit_of_work
from apps.core.views import method_not_allowed, page_before, refusal

GetResponse = Callable[[HttpRequest], HttpResponseBase]

_REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{8,64}")
_OP = re.compile(r"[A-Za-z0-9-]{8,64}")
SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS", "TRACE"})
logger = structlog.get_logger("flowboard.request")


class RequestContextMiddleware:
    """Give the request an id (the proxy's, if it is well formed) and its true address, for logs, audit and answers."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        offered = request.headers.get("X-Request-ID", "")
        request_id = offered if _REQUEST_ID.fullmatch(offered) else uuid4().hex
        request.request_id = request_id  # type: ignore[attr-defined]
        request.address = client_address(request.META)  # type: ignore[attr-defined]
        structlog.contextvars.clear_contextvars()
        structlog.contextvars.bind_contextvars(request_id=request_id)
        response = self.get_response(request)
        response["X-Request-ID"] = request_id
        if response.status_code >= 500:
            logger.error("request failed", method=request.method, path=request.path, status=response.status_code)
        return response


class ContentSecurityPolicyMiddleware:
    """Nothing but our own files may run, style, or be shown (DESIGN section 6)."""

    POLICY = (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; media-src 'self'; "
        "font-src 'self'; connect-src 'self'; manifest-src 'self'; form-action 'self'; base-uri 'none'; "
        "frame-ancestors 'none'"
    )
    # Django's admin sets widths of its own from script; nothing of ours does.
    ADMIN_POLICY = POLICY.replace("style-src 'self'", "style-src 'self' 'unsafe-inline'")

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self.get_response(request)
        policy = self.ADMIN_POLICY if request.path_info.startswith("/admin/") else self.POLICY
        response.headers.setdefault("Content-Security-Policy", policy)
        response.headers.setdefault("Permissions-Policy", "camera=(), geolocation=(), microphone=()")
        return response


class AddressMiddleware(CommonMiddleware):
    """Django's own, but for how addresses of the API are mended, which would make a GET of every other method:
    `apps.core.views.page_not_found` leads these on, and leaves them what they are."""

    def should_redirect_with_slash(self, request: HttpRequest) -> bool:
        """Whether the address would be one with a slash behind it."""
        return not request.path_info.startswith("/api/") and super().should_redirect_with_slash(request)


class TenancyMiddleware:
    """One transaction around view and rendering, inside the organization that the path names.

    A path whose first segment is not a reserved word belongs to the organization of that name; the person must be
    signed in and a member. A refused or failed request (status 400 and above) leaves nothing behind.
    """

    # Liveness must not depend on the database, and static files need none.
    _WITHOUT_DATABASE = frozenset({"healthz", "readyz", "metrics", "static"})

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        request.actor = None  # type: ignore[attr-defined]
        first = request.path_info.split("/", 2)[1]
        if first in self._WITHOUT_DATABASE:
            return self.get_response(request)
        slug = first if first and first not in RESERVED_SLUGS else None
        op = self._operation(request)
        unit = unit_of_work(
            request_id=request.request_id,  # type: ignore[attr-defined]
            address=request.address,  # type: ignore[attr-defined]
            op=op if _OP.fullmatch(op) else None,
            origin=Origin.API if first == "api" else Origin.USER,
        )
        # "Today" and every written time are the reader's.
        with unit, timezone.override(getattr(request.user, "time_zone", None)):
            response = self._respond(request, slug)
            if response.status_code >= 400:
                transaction.set_rollback(True)
            return response

    @staticmethod
    def _operation(request: HttpRequest) -> str:
        """The id our scripts give to what they do, by which they know their own facts again."""
        offered = request.headers.get("X-Op", "")
        is_form = request.content_type != "application/json" and not request.path_info.startswith("/api/")
        if not offered and request.method == "POST" and is_form:
            offered = request.POST.get("op", "")
        return offered

    def _respond(self, request: HttpRequest, slug: str | None) -> HttpResponseBase:
        user_id = request.user.pk if request.user.is_authenticated else None
        try:
            if slug is not None:
                if user_id is None:
                    return self._ask_to_sign_in(request)
                request.actor = enter_organization(user_id=user_id, slug=slug)  # type: ignore[attr-defined]
                if request.actor.org_slug != slug.lower():  # type: ignore[attr-defined]
                    return lead_on(request, under_slug(request, request.actor.org_slug))  # type: ignore[attr-defined]
                structlog.contextvars.bind_contextvars(org=slug, user_id=user_id)
                if request.method not in SAFE_METHODS:
                    count(request, "browser-write", f"user:{user_id}")
            elif user_id is not None:
                enter_person(user_id=user_id)
        except DomainError as error:
            return refusal(request, error)
        response = self.get_response(request)
        if slug is not None or user_id is not None:
            patch_vary_headers(response, ["Cookie", "HX-Request"])
            response.headers.setdefault("Cache-Control", "private, no-cache")
        return response

    @staticmethod
    def _ask_to_sign_in(request: HttpRequest) -> HttpResponseBase:
        answer = redirect_to_login(_return_address(request))
        if is_fragment(request) or is_scripted(request):
            return HttpResponse(status=401, headers={"HX-Redirect": answer.url})
        return answer


def _return_address(request: HttpRequest) -> str:
    """Where sign-in leads back to: the address that was asked for, or the page whose form was sent."""
    if request.method in {"GET", "HEAD"}:
        return request.get_full_path()
    return page_before(request) or "/"


class ErrorsMiddleware:
    """Translate refusals that a view lets through into pages, fragments or JSON: once, here."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self.get_response(request)
        if isinstance(response, HttpResponseNotAllowed) and request.method == "GET":
            said = method_not_allowed(request)
            said["Allow"] = response["Allow"]
            return said
        return response

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponseBase | None:
        """Answer a `DomainError`; leave everything else to Django."""
        if isinstance(exception, DomainError):
            return refusal(request, exception)
        return None
