"""What every endpoint for scripts shares: who asks and how often, what JSON may hold, refusals and pages.

A view reads through selectors and writes through one service call, like its twin for browsers. The actor is in
`view.actor`: authentication has opened the organization's door before the handler runs.
"""

from collections.abc import Mapping, Sequence
from datetime import UTC, date
from typing import Any, ClassVar, cast

import structlog
from django.core import signing
from django.http import Http404, HttpRequest
from django.http.response import HttpResponseBase
from django.utils import timezone
from django.utils.cache import patch_vary_headers
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from rest_framework import exceptions, parsers, serializers
from rest_framework.permissions import SAFE_METHODS, BasePermission
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView, exception_handler, set_rollback

from apps.core.errors import DomainError, Forbidden, Moved, NotFound
from apps.core.limits import count
from apps.core.moved import lead_on, new_address
from apps.core.tenancy import Actor

PROBLEM = "application/problem+json"
BIGGEST_ID = 2**63 - 1


class MissingScope(Forbidden):
    """The token was not made for this."""

    title = gettext_lazy("This token may not do that")


def problem_details(exc: Exception, context: dict[str, Any]) -> Response | None:
    """DRF's exception handler: everything a script can be refused with has the same shape (RFC 9457), and the id by
    which whoever runs the server finds the request in the log."""
    response = _problem(exc, context)
    if response is not None:
        response.data["request_id"] = getattr(context["request"]._request, "request_id", "")
    return response


def _problem(exc: Exception, context: dict[str, Any]) -> Response | None:
    if isinstance(exc, Http404):
        exc = NotFound()
    if isinstance(exc, Moved):
        path = new_address(context["request"]._request, exc)
        if path is not None:
            set_rollback()
            target = lead_on(context["request"]._request, path)
            return Response(
                exc.as_problem() | {"status": target.status_code}, target.status_code, headers={"Location": target.url}
            )
    if isinstance(exc, DomainError):
        set_rollback()
        headers = {"Retry-After": str(exc.extra["retry_after"])} if "retry_after" in exc.extra else {}
        if exc.status == 401:
            headers["WWW-Authenticate"] = context["view"].get_authenticate_header(context["request"])
        return Response(exc.as_problem(), exc.status, headers=headers, content_type=PROBLEM)
    response = exception_handler(exc, context)
    if response is None:
        return None
    problem: dict[str, Any] = {
        "type": f"about:blank#{type(exc).__name__}",
        "title": str(getattr(exc, "default_detail", _("Refused"))),
        "status": response.status_code,
    }
    if isinstance(exc, exceptions.ValidationError):
        problem["title"] = _("Some values were not accepted")
        problem["errors"] = response.data
    else:
        problem["detail"] = str(getattr(exc, "detail", ""))
    response.data = problem
    response.content_type = PROBLEM
    return response


class JSONParser(parsers.JSONParser):
    """JSON of a sane depth. Its size is bounded by DATA_UPLOAD_MAX_MEMORY_SIZE."""

    def parse(self, stream: Any, media_type: str | None = None, parser_context: Any = None) -> Any:
        """Read the body.

        :raises ParseError: if it is no JSON, or nested beyond reason
        """
        try:
            return super().parse(stream, media_type, parser_context)
        except RecursionError as error:
            raise exceptions.ParseError(_("The JSON is nested too deeply.")) from error


class Fields(serializers.Serializer[Any]):
    """What a request may hold. A field that does not exist is named, not ignored: a typo must not look like success."""

    def to_internal_value(self, data: Any) -> Any:
        """Check for strangers first."""
        if isinstance(data, Mapping):
            unknown = sorted(str(name) for name in set(data) - set(self.fields))
            if unknown:
                raise serializers.ValidationError({name: [_("There is no such field.")] for name in unknown[:20]})
        return super().to_internal_value(data)


class IdField(serializers.IntegerField):
    """The id of something; whether it exists, and for whom, is for selectors and services to say."""

    def __init__(self, **options: Any) -> None:
        super().__init__(min_value=1, max_value=BIGGEST_ID, **options)

    def to_internal_value(self, data: Any) -> int:
        """True is a number to Python, but no id."""
        if isinstance(data, bool):
            self.fail("invalid")
        return super().to_internal_value(data)


class IsInside(BasePermission):
    """Whether a door let the caller in."""

    def has_permission(self, request: Request, view: APIView) -> bool:
        """Authentication gives an actor or nothing."""
        return request.auth is not None


class OrganizationView(APIView):
    """An endpoint inside an organization.

    `counts` names the rate limit of each method (see `apps.core.limits`).
    """

    parser_classes = (JSONParser,)
    permission_classes = (IsInside,)
    counts: ClassVar[dict[str, str]] = {}

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        """Scripts get every time in UTC, whoever's session they use."""
        with timezone.override(UTC):
            return super().dispatch(request, *args, **kwargs)

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """Let the caller in, or not; count the call; ask the token's scopes.

        :raises Moved: if the organization has another address now
        :raises MissingScope: if the token was not made for this method
        :raises TooMany: if a limit is met
        """
        try:
            super().initial(request, *args, **kwargs)
        except (exceptions.NotAuthenticated, exceptions.AuthenticationFailed):
            self._count_stranger(request)
            raise
        except DomainError as error:
            if error.status == 401:
                self._count_stranger(request)
            raise
        if self.actor.org_slug != kwargs["org"].lower():
            raise Moved(old=kwargs["org"], new=self.actor.org_slug, parameters=("org",))
        method = str(request.method)
        is_safe = method in SAFE_METHODS
        structlog.contextvars.bind_contextvars(org=self.actor.org_slug, user_id=self.actor.user_id)
        limit = self.counts.get(method, "api-read" if is_safe else "api-write")
        count(request._request, limit, f"user:{self.actor.user_id}")
        for scope in ("read",) if is_safe else ("read", "write"):
            if not self.actor.may(scope):
                raise MissingScope(_("It lacks the scope “%(scope)s”.") % {"scope": scope}, scope=scope)

    @staticmethod
    def _count_stranger(request: Request) -> None:
        address = getattr(request._request, "address", None)
        count(request._request, "api-stranger", f"address:{address}")

    @property
    def actor(self) -> Actor:
        """Who asks, in the organization of the URL."""
        return cast(Actor, self.request.auth)

    def finalize_response(self, request: Request, response: Response, *args: Any, **kwargs: Any) -> Response:
        """Answers depend on who asks, so no shared cache may keep them."""
        final = super().finalize_response(request, response, *args, **kwargs)
        patch_vary_headers(final, ["Authorization", "Cookie"])
        final.headers.setdefault("Cache-Control", "private, no-cache")
        return final

    def checked(self, fields: type[serializers.Serializer[Any]], data: Any, **options: Any) -> dict[str, Any]:
        """The request's values, as far as their form goes.

        :raises ValidationError: if they are malformed
        """
        serializer = fields(data=data, **options)
        serializer.is_valid(raise_exception=True)
        values: dict[str, Any] = serializer.validated_data
        return values

    def queried(self, fields: type[serializers.Serializer[Any]]) -> dict[str, Any]:
        """The query string's values.

        :raises ValidationError: if they are malformed
        """
        return self.checked(fields, self.request.query_params.dict())


class PageFields(Fields):
    """The query of every list."""

    limit = serializers.IntegerField(min_value=1, max_value=100, default=50)
    cursor = serializers.CharField(required=False, max_length=500)


class Cursor:
    """Where a page begins, as an opaque word that only this list and order understands.

    It is signed, so what comes back is what was given out.
    """

    def __init__(self, view: OrganizationView, order: str, cursor: str | None) -> None:
        self._request = view.request
        self._salt = f"flowboard.cursor:{view.request.path}:{order}"
        self.after: Sequence[Any] | None = None
        self.before: Sequence[Any] | None = None
        if cursor is None:
            return
        try:
            direction, values = signing.loads(cursor, salt=self._salt)
        except signing.BadSignature as error:
            message = _("This cursor belongs to another list or order. Begin without one.")
            raise serializers.ValidationError({"cursor": [message]}) from error
        if direction == "after":
            self.after = values
        else:
            self.before = values

    def answer(
        self, results: Any, *, next_after: Sequence[Any] | None, previous_before: Sequence[Any] | None
    ) -> Response:
        """A page with the addresses of its neighbours."""
        return Response(
            {
                "next": self._link("after", next_after),
                "previous": self._link("before", previous_before),
                "results": results,
            }
        )

    def _link(self, direction: str, values: Sequence[Any] | None) -> str | None:
        if values is None:
            return None
        plain = [value.isoformat() if isinstance(value, date) else value for value in values]
        query = self._request.query_params.copy()
        query["cursor"] = signing.dumps([direction, plain], salt=self._salt)
        return self._request.build_absolute_uri(f"{self._request.path}?{query.urlencode()}")
