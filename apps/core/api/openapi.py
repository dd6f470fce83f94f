"""The API's document (OpenAPI 3.1), made by drf-spectacular from the operations' declarations."""

import re
from typing import Any

from drf_spectacular.openapi import AutoSchema
from drf_spectacular.plumbing import build_examples_list
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiExample, OpenApiParameter
from rest_framework import serializers
from rest_framework.permissions import SAFE_METHODS

from .fields import Fields
from .operations import Operation
from .problems import PROBLEM

# What an operation can be refused with: an example's kind and title, and when.
REFUSALS = {
    400: ("ValidationError", "Some values were not accepted", "It is malformed; `errors` names each field."),
    401: ("NoSuchToken", "Sign in first", "The token is missing, unknown, revoked or expired."),
    403: ("MissingScope", "This token may not do that", "The token lacks the scope, or the role does not allow it."),
    404: ("NotFound", "There is nothing here", "It does not exist, or is not shared with the caller."),
    409: ("StaleEdit", "Somebody changed this in the meantime", "Both values come back, as `mine` and `theirs`."),
    413: ("TooLarge", "That is too large", "The body is larger than what FlowBoard takes."),
    415: (
        "UnsupportedMediaType",
        "That kind of body is not read here",
        "The body is not of the kind that the operation takes.",
    ),
    422: ("Invalid", "That value was not accepted", "The rules do not allow it; `detail` says what to do."),
    429: ("TooMany", "That was a lot at once", "A limit is met; `Retry-After` says how many seconds to wait."),
    503: ("Unavailable", "Something is away", "Something that is needed is away; try again in a moment."),
}
WRITES_ONLY = {409, 413, 415, 422}
# What the names in addresses and queries mean, wherever they stand; others say it in their field's `help_text`.
WORDS = {
    "org": "The organization's address: what stands behind the server's in the browser, such as `acme`.",
    "user_id": "The id of a person.",
    "token_id": "The id of one of one's own tokens.",
    "account_id": "The id of a service account.",
    "service_token_id": "The id of a token of the service account.",
    "invitation_id": "The id of an open invitation.",
    "project_key": "The project's key, such as `FLOW`.",
    "entry_id": "The id of an entry of one's inbox.",
    "project_id": "The id of a deleted project.",
    "status_id": "The id of a status of the project.",
    "transition_id": "The id of a transition of the project.",
    "type_id": "The id of a type of the project's issues.",
    "label_id": "The id of a label of the project.",
    "retired_label_id": "The id of a label that was deleted.",
    "version_id": "The id of a version of the project.",
    "released_version_id": "The id of a version that has come out.",
    "retired_version_id": "The id of a version that was deleted.",
    "field_id": "The id of a field of the project's own; it stands in its key (`field_12`).",
    "retired_field_id": "The id of a field that was taken away.",
    "option_id": "The id of an option of the field.",
    "retired_option_id": "The id of an option that was taken away.",
    "issue_key": "The issue's key, such as `FLOW-12`; one that it had before leads on.",
    "waiting_key": "The key of an issue that waits in Triage.",
    "decided_key": "The key of an issue about which was decided in Triage.",
    "comment_id": "The id of a comment of the issue.",
    "link_id": "The id of a link of the issue.",
    "attachment_id": "The id of a file of the issue.",
    "removed_attachment_id": "The id of a file that was taken away.",
    "work_id": "The id of an entry of the issue's work log.",
    "webhook_id": "The id of a webhook, of the organization or of a project.",
    "message_id": "The id of a message of the webhook.",
    "template_id": "The id of a template of the project's issues.",
    "retired_template_id": "The id of a template that was deleted.",
    "schedule_id": "The id of a schedule of the project.",
    "retired_schedule_id": "The id of a schedule that was deleted.",
    "export_id": "The id of an archive that the caller asked for.",
    "calendar_link_id": "The id of one of one's own calendar addresses.",
    "import_id": "The id of an import.",
    "ended_import_id": "The id of an import that is over.",
    "section": "The name of a section of the review, such as `statuses`.",
    "profile_id": "The id of decisions that were kept.",
    "placeholder_id": "The id of somebody whom imports met.",
    "sprint_id": "The id of a sprint of the project.",
    "board_id": "The id of a board of the project.",
    "across_id": "The id of a board over several projects.",
    "deleted_across_id": "The id of a board over several projects that was deleted.",
    "across_column_id": "The id of a column of the board, which is that of one of its statuses.",
    "across_quick_filter_id": "The id of a quick filter of the board.",
    "extra_board_id": "The id of a board of the project that is not the default one.",
    "deleted_board_id": "The id of a board that was deleted.",
    "column_id": "The id of a column of the board.",
    "lane_limit_id": "The id of a limit of people or lanes of the board.",
    "quick_filter_id": "The id of a quick filter of the board.",
    "fields": "Only these fields of the answer, divided by commas: `key,title`.",
    "limit": "How many at once.",
    "cursor": "Where the page begins: take it as it stands in `next` or `previous`.",
}
_LIMITS = {
    "RateLimit-Limit": "How many requests a window takes.",
    "RateLimit-Remaining": "How many of them are left.",
    "RateLimit-Reset": "Seconds until the next window.",
}


_CLOCK = r"^([01][0-9]|2[0-3]):[0-5][0-9](:[0-5][0-9](\.[0-9]{1,6})?)?$"


class Schema(AutoSchema):
    """Reads the declarations instead of guessing."""

    # An `ApiView`.
    view: Any

    @property
    def _declared(self) -> Operation:
        declared: Operation = getattr(self.view, self.method.lower()).operation
        return declared

    @property
    def _is_safe(self) -> bool:
        return self.method in SAFE_METHODS

    def _is_list_view(self, serializer: Any = None) -> bool:
        return False

    def _map_serializer_field(self, field: Any, direction: Any, bypass_extensions: Any = False) -> Any:
        """Numbers with decimals are numbers in JSON, not text; a dictionary may say what its keys look like."""
        if isinstance(field, serializers.DecimalField):
            places = field.decimal_places or 0
            least = 10 ** ((field.max_digits or 0) - places)
            number = {"exclusiveMinimum": -least, "exclusiveMaximum": least, "multipleOf": 10**-places}
            return {"type": ["number", "null"] if field.allow_null else "number"} | number
        if isinstance(field, serializers.FileField):
            return {"type": "string", "format": "binary"}
        if isinstance(field, serializers.TimeField):
            # Of a clock on the wall. What JSON schema calls a time has a zone.
            return {"type": ["string", "null"] if field.allow_null else "string", "pattern": _CLOCK}
        schema = super()._map_serializer_field(  # type: ignore[no-untyped-call]  # the library's
            field, direction, bypass_extensions
        )
        if direction == "request" and type(field) is serializers.CharField:
            # Where blanks at the ends are cut off, something is to be left.
            is_cut = field.trim_whitespace and not field.allow_blank
            schema.setdefault("pattern", r"^[^\x00]*[^\s\x00][^\x00]*$" if is_cut else r"^[^\x00]*$")
        pattern = getattr(field, "key_pattern", None)
        return schema | {"propertyNames": {"pattern": pattern}} if pattern else schema

    def _map_basic_serializer(self, serializer: Any, direction: Any) -> Any:
        """What a request may hold is all that it may hold."""
        schema = super()._map_basic_serializer(serializer, direction)  # type: ignore[no-untyped-call]  # the library's
        return schema | {"additionalProperties": False} if isinstance(serializer, Fields) else schema

    def get_operation_id(self) -> str:
        """As declared."""
        return self._declared.name

    def get_tags(self) -> list[str]:
        """The resource, or what the view says instead."""
        return [self.view.tag or str(self.view.resource)]

    def get_summary(self) -> str | None:
        """The first words of the handler's docstring."""
        text: str = self.get_description()
        sentence = re.split(r"\n|\. |: ", text, maxsplit=1)[0]
        return sentence.rstrip(".").replace("`", "")

    def is_deprecated(self) -> bool:
        """Whether it has a day on which it goes."""
        return self._declared.sunset is not None

    def get_auth(self) -> list[dict[str, Any]]:
        """A token, or the browser's session; nothing where whoever asks need not be known."""
        if not self.view.get_authenticators():
            return []
        return [{"token": self._scopes()}, {"session": []}]

    def _scopes(self) -> list[str]:
        scope = self.view.scope_of(self.method)
        return [scope] if scope else []

    def get_extensions(self) -> dict[str, Any]:
        """The scopes once more, where programs that do not know 3.1 find them."""
        return {"x-scopes": self._scopes()} if self._scopes() else {}

    def _get_parameters(self) -> list[dict[str, Any]]:
        """Those of the address, the query and the headers, each in words."""
        parameters: list[dict[str, Any]] = super()._get_parameters()
        for parameter in parameters:
            if parameter["name"] in WORDS:
                parameter.setdefault("description", WORDS[parameter["name"]])
            if parameter["name"] in {"fields", "expand"} and parameter["in"] == "query":
                parameter["schema"] = _list_of(self._words(parameter))
            if parameter["in"] == "query" and parameter["schema"].get("type") == "array":
                parameter["explode"] = False  # divided by commas
        return parameters

    def _words(self, parameter: dict[str, Any]) -> list[str]:
        """What can be named in a parameter that is a list of names."""
        if parameter["name"] == "expand":
            return list(self._declared.expands)
        return sorted(self._declared.fields)

    def get_override_parameters(self) -> list[Any]:
        """The query, and the headers that mean something."""
        declared = self._declared
        parameters: list[Any] = [declared.query] if declared.query().fields else []
        if declared.fields:
            parameters.append(OpenApiParameter("fields", str))
        if declared.expands:
            text = f"Add to the answer, divided by commas: {', '.join(declared.expands)}."
            parameters.append(OpenApiParameter("expand", str, description=text))
        if self.method == "POST" and self.view.repeats and declared.is_kept:
            text = "The same request with the same key within 24 hours is done once and answered as before."
            schema = {"type": "string", "minLength": 1, "maxLength": 255, "pattern": "^[!-~]+$"}
            parameters.append(OpenApiParameter("Idempotency-Key", schema, OpenApiParameter.HEADER, description=text))
        if declared.matches:
            text = "The ETag of the issue that the change began from: refuses to overwrite what others changed since."
            schema = {"type": "string", "pattern": '^("[1-9][0-9]{0,8}(-[0-9a-f]{24})?"|[*]|)$'}
            parameters.append(OpenApiParameter("If-Match", schema, OpenApiParameter.HEADER, description=text))
        for name, text in _LIMITS.items():
            parameters.append(OpenApiParameter(name, int, OpenApiParameter.HEADER, description=text, response=True))
        return parameters

    def get_request_serializer(self) -> Any:
        """The body's form, where the method has one."""
        if self._is_safe or self.method == "DELETE" or not self._declared.body().fields:
            return None
        return self._declared.body

    def get_response_serializers(self) -> Any:
        """The answers of success."""
        declared = self._declared
        if declared.file_type:
            return {(200, declared.file_type): OpenApiTypes.BINARY}
        return {
            status: page_of(form) if form is not None and declared.is_page else form
            for status, form in declared.answers.items()
        }

    def _get_response_bodies(self, direction: Any = "response") -> Any:
        """Those of success, then what it can be refused with: the same everywhere, so told once (`refusals`)."""
        answers = super()._get_response_bodies(direction)
        for answer in answers.values():
            answer["description"] = answer["description"] or "As asked for."
        if self._is_safe and self.view.repeats:
            answers["304"] = {"description": "Nothing happened since the answer that `If-None-Match` names."}
        known = [status for status in REFUSALS if not (self._is_safe and status in WRITES_ONLY)]
        return answers | {str(status): {"$ref": f"#/components/responses/{status}"} for status in known}

    def _get_examples(
        self, serializer: Any, direction: Any, media_type: Any, status_code: Any = None, extras: Any = None
    ) -> Any:
        form = serializer if isinstance(serializer, type) else type(serializer)
        value = example_of(form)
        if value is None:
            return super()._get_examples(  # type: ignore[no-untyped-call]  # the library's
                serializer, direction, media_type, status_code, extras
            )
        return build_examples_list([OpenApiExample("example", value=value)])


def _list_of(words: list[str]) -> dict[str, Any]:
    return {"type": "array", "items": {"enum": words}, "minItems": 1}


def example_of(form: Any) -> Any:
    """The example of a form (`example = {…}` in its `Meta`); a page's is a page with one row."""
    return getattr(getattr(form, "Meta", None), "example", None)


def refusals(result: dict[str, Any], **_options: Any) -> dict[str, Any]:
    """Add what operations refer to: one answer for each status of refusal, in the form of problem details."""
    components = result["components"]
    components["schemas"]["Problem"] = {
        "type": "object",
        "description": "A refusal: nothing has changed. Some kinds tell more than this.",
        "properties": {
            "type": {"type": "string", "description": "about:blank# and a stable name for programs."},
            "title": {"type": "string"},
            "status": {"type": "integer"},
            "detail": {"type": "string", "description": "What the reader can do about it."},
            "errors": {"description": "Each field that was not accepted, with the reasons."},
            "request_id": {"type": "string", "description": "Finds the request in the server's log."},
        },
        "required": ["type", "title", "status", "request_id"],
    }
    components["responses"] = {
        str(status): {
            "description": text,
            "content": {
                PROBLEM: {
                    "schema": {"$ref": "#/components/schemas/Problem"},
                    "example": {
                        "type": f"about:blank#{name}",
                        "title": title,
                        "status": status,
                        "detail": "",
                        "request_id": "0f8b1c52c1f94b6a9d3e5a7c2b4d6e8f",
                    }
                    | ({"errors": {"title": ["This field is required."]}} if status == 400 else {}),
                }
            },
        }
        for status, (name, title, text) in REFUSALS.items()
    }
    return result


_PAGES: dict[Any, Any] = {}


def page_of(form: Any) -> Any:
    """The form of a page of these."""
    if form not in _PAGES:
        name = form.__name__.removesuffix("Serializer")
        row = example_of(form)
        meta = type("Meta", (), {} if row is None else {"example": {"next": None, "previous": None, "results": [row]}})
        _PAGES[form] = type(
            f"{name}PageSerializer",
            (serializers.Serializer,),
            {
                "__doc__": "A page of a list, with the addresses of its neighbours.",
                "next": serializers.URLField(read_only=True, allow_null=True),
                "previous": serializers.URLField(read_only=True, allow_null=True),
                "results": form(many=True, read_only=True),
                "Meta": meta,
            },
        )
    return _PAGES[form]


def only_declared(endpoints: list[Any]) -> list[Any]:
    """The operations, each at one address: that `events` may be written without a slash need not be told."""
    ours = [each for each in endpoints if each[0].startswith("/api/v1/")]
    return [each for each in ours if not each[0].endswith("/events")]
