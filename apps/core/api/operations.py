"""What an endpoint is: declared once, checked before its handler runs, and told to the world in OpenAPI's words."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time
from functools import wraps
from typing import Any, ClassVar

from django.http import HttpRequest, QueryDict
from django.http.response import HttpResponseBase
from django.utils import timezone
from django.utils.cache import patch_vary_headers
from django.utils.http import http_date
from django.utils.translation import gettext as _
from rest_framework import exceptions, serializers
from rest_framework.parsers import BaseParser
from rest_framework.permissions import SAFE_METHODS
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.core.errors import DomainError, TooMany
from apps.core.limits import Usage, count
from apps.core.paging import Page

from .fields import Fields, JSONParser, NoFields
from .paging import Cursor

Form = type[serializers.Serializer[Any]]
Handler = Callable[..., Response]


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    """One method of one address: what it takes and what it answers.

    :param name: what scripts' generated clients call it (`create_issue`)
    :param query: the form of the query string
    :param body: the form of the body, for methods that have one
    :param answers: the form of the answer to each status of success; None where there is no body
    :param is_page: whether the answer is a page of a list
    :param file_type: the kind of file that the answer is, where it is no JSON
    :param expands: what `expand` may add to the answer
    :param matches: whether `If-Match` is understood
    :param sunset: the day on which it goes, where it is deprecated
    :param is_kept: whether the answer is kept for an `Idempotency-Key`; not where it holds a secret
    """

    name: str
    query: type[Fields] = NoFields
    body: type[Fields] = NoFields
    answers: Mapping[int, Form | None] = field(default_factory=dict)
    is_page: bool = False
    file_type: str = ""
    expands: tuple[str, ...] = ()
    matches: bool = False
    sunset: date | None = None
    is_kept: bool = True

    @property
    def fields(self) -> list[str]:
        """What `fields` may name: the fields of all answers of success."""
        forms = [form() for form in self.answers.values() if form is not None]
        return list(dict.fromkeys(str(name) for form in forms for name in form.fields))


def operation(
    name: str,
    *,
    query: type[Fields] | None = None,
    body: type[Fields] = NoFields,
    answer: Form | None = None,
    status: int = 200,
    also: Mapping[int, Form] | None = None,
    is_page: bool = False,
    file_type: str = "",
    expands: tuple[str, ...] = (),
    matches: bool = False,
    sunset: date | None = None,
    is_kept: bool = True,
) -> Callable[[Handler], Handler]:
    """Declare a handler of an `ApiView` (see `Operation`). It finds what was sent in `self.query` and `self.body`.

    :param answer: the form of the answer of success, whose status is `status`
    :param also: further statuses of success with their forms
    """
    declared = Operation(
        name=name,
        query=query or NoFields,
        body=body,
        answers={status: answer, **(also or {})},
        is_page=is_page,
        file_type=file_type,
        expands=expands,
        matches=matches,
        sunset=sunset,
        is_kept=is_kept,
    )

    def declare(handler: Handler) -> Handler:
        @wraps(handler)
        def handle(view: "ApiView", request: Request, *args: Any, **names: Any) -> Response:
            return view.perform(declared, request, lambda: handler(view, request, *args, **names))

        handle.operation = declared  # type: ignore[attr-defined]  # read by `apps.core.api.openapi` and by tests
        return handle

    return declare


class ApiView(APIView):
    """An endpoint. Each of its handlers is an operation."""

    parser_classes: Sequence[type[BaseParser]] = (JSONParser,)
    # What the reader of the documentation finds it under, where no resource says so.
    tag: ClassVar[str] = ""
    # Whether `Idempotency-Key` is understood.
    repeats: ClassVar[bool] = False
    query: Mapping[str, Any]
    body: dict[str, Any]
    expanded: frozenset[str] = frozenset()
    _wanted: frozenset[str] | None = None
    _usage: Usage | None = None

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        """Scripts get every time in UTC, whoever's session they use."""
        with timezone.override(UTC):
            return super().dispatch(request, *args, **kwargs)

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """Say first what is true for everybody: which methods there are. Then let the caller in, or not.

        :raises MethodNotAllowed: if this is none of them
        :raises TooMany: if whoever shows nothing that works did so too often
        """
        if request.method not in self.allowed_methods:
            raise exceptions.MethodNotAllowed(str(request.method))
        try:
            super().initial(request, *args, **kwargs)
        except (exceptions.NotAuthenticated, exceptions.AuthenticationFailed):
            self.count_stranger()
            raise
        except DomainError as error:
            if error.status == 401:
                self.count_stranger()
            raise

    def perform(self, declared: Operation, request: Request, act: Callable[[], Response]) -> Response:
        """Check what was sent, act, and keep of the answer what was asked for.

        :raises ValidationError: if what was sent is malformed, or names or promises what does not exist
        :raises UnsupportedMediaType: if the body is compressed
        """
        self.query = self._queried(declared, request)
        self.body = {}
        if request.method not in SAFE_METHODS:
            if "If-Match" in request.headers and not declared.matches:
                # Ignored, it would look like a promise that nothing is overwritten.
                message = _("This operation compares no versions: send it without.")
                raise serializers.ValidationError({"If-Match": [message]})
            if request.headers.get("Content-Encoding", "identity").lower() != "identity":
                raise exceptions.UnsupportedMediaType(request.content_type or "")
            # A form's values (files come in one) are all text, a body's have kinds.
            self.body = self.checked(declared.body, request.data, is_json=not isinstance(request.data, QueryDict))
        response = act()
        if self._wanted is not None and declared.answers.get(response.status_code) is not None:
            response.data = _narrowed(declared, response.data, self._wanted)
        if declared.sunset is not None:
            midnight = datetime.combine(declared.sunset, time.min, UTC).timestamp()
            response.headers["Deprecation"] = "true"
            response.headers["Sunset"] = http_date(midnight)
        return response

    def _queried(self, declared: Operation, request: Request) -> dict[str, Any]:
        sent = request.query_params
        twice = [name for name in sent if len(sent.getlist(name)) > 1]
        if twice:
            raise serializers.ValidationError({name[:60]: [_("Name it once.")] for name in twice[:20]})
        values = sent.dict()
        if declared.expands:
            self.expanded = _words(values, "expand", declared.expands) or frozenset()
        self._wanted = _words(values, "fields", declared.fields)
        return self.checked(declared.query, values)

    def checked(self, fields: Form, data: Any, *, is_json: bool = False) -> dict[str, Any]:
        """The request's values, as far as their form goes.

        :raises ValidationError: if they are malformed
        """
        serializer = fields(data=data, context={"is_json": is_json})
        serializer.is_valid(raise_exception=True)
        values: dict[str, Any] = serializer.validated_data
        return values

    def page(self, form: Callable[..., Any], read: Callable[..., Page[Any]], *, order: str = "id") -> Response:
        """A page of a list whose query is a `PageQuery`.

        :param read: a selector that takes `after`, `before` and `size`
        :param order: what the rows are ordered by, for whoever comes back with a cursor of another order
        """
        cursor = Cursor(self, order, self.query.get("cursor"))
        page = read(after=cursor.after, before=cursor.before, size=self.query["limit"])
        rows = form(page.rows, many=True).data
        return cursor.answer(rows, next_after=page.next_after, previous_before=page.previous_before)

    def whole(self, form: Callable[..., Any], rows: Iterable[Any]) -> Response:
        """A list that is short by its nature, all at once, in the form of a page."""
        return Response({"next": None, "previous": None, "results": form(rows, many=True).data})

    @property
    def address(self) -> str | None:
        """Where the request comes from."""
        return getattr(self.request._request, "address", None)

    def count_stranger(self) -> None:
        """Count a caller who shows nothing that works, by where they come from.

        :raises TooMany: if there were too many of them
        """
        self.count("api-stranger", f"address:{self.address}")

    def scope_of(self, method: str) -> str | None:
        """The scope that a token needs for this method; None where tokens have none."""
        return None

    def count(self, limit: str, key: str) -> None:
        """Count one use of a limit, and say in the answer how much is left.

        :raises TooMany: if the limit is met
        """
        self.keep_usage(lambda request: count(request, limit, key))

    def keep_usage(self, ask: Callable[[HttpRequest], Usage | None]) -> None:
        """Let something count, and say in the answer how much is left; of several limits, of the one met soonest.

        :raises TooMany: if the limit is met
        """
        try:
            usage = ask(self.request._request)
        except TooMany as met:
            self._usage = met.usage
            raise
        if self._usage is None or (usage is not None and usage.left < self._usage.left):
            self._usage = usage

    def finalize_response(self, request: Request, response: Response, *args: Any, **kwargs: Any) -> Response:
        """Answers depend on who asks, so no shared cache may keep them."""
        final = super().finalize_response(request, response, *args, **kwargs)
        patch_vary_headers(final, ["Authorization", "Cookie"])
        final.headers.setdefault("Cache-Control", "private, no-cache")
        if self._usage is not None:
            for name, value in self._usage.headers.items():
                final.headers[name] = value
        return final


def _words(values: dict[str, Any], parameter: str, known: Iterable[str]) -> frozenset[str] | None:
    """The words of a parameter that is a list of them; None where it was not sent. It is taken out of the values.

    :raises ValidationError: if one of them is not known
    """
    sent = values.pop(parameter, None)
    if sent is None:
        return None
    words = frozenset(sent.split(","))
    for word in sorted(words.difference(known)):
        message = _("There is no “%(name)s” here; there are: %(names)s.")
        raise serializers.ValidationError({parameter: [message % {"name": word[:60], "names": ", ".join(known)}]})
    return words


def _narrowed(declared: Operation, data: Any, wanted: frozenset[str]) -> Any:
    """An answer with the wanted fields alone, and with what was asked for by `expand`."""
    keep = wanted.union(declared.expands)
    if declared.is_page:
        results = [{name: row[name] for name in row if name in keep} for row in data["results"]]
        return data | {"results": results}
    return {name: value for name, value in data.items() if name in keep}
