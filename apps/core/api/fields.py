"""What a request may hold: JSON of a sane shape, ids, and the words that every list and answer understands."""

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext as _
from rest_framework import exceptions, parsers, serializers

BIGGEST_ID = 2**63 - 1


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


class NoFields(Fields):
    """The body of a request that says nothing."""


class AnswerQuery(Fields):
    """How much of an answer is wanted."""

    fields_ = serializers.CharField(required=False, max_length=500)

    def get_fields(self) -> dict[str, serializers.Field[Any, Any, Any, Any]]:
        """A serializer cannot have an attribute named `fields`, but the address has it."""
        return {name.removesuffix("_"): field for name, field in super().get_fields().items()}


class PageQuery(AnswerQuery):
    """The query of every list."""

    limit = serializers.IntegerField(min_value=1, max_value=100, default=50)
    cursor = serializers.CharField(required=False, max_length=500)
