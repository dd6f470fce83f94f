"""What a request may hold: JSON of a sane shape, ids, and the words that every list and answer understands."""

from collections import Counter
from collections.abc import Mapping
from typing import Any

from django.core.validators import RegexValidator
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from rest_framework import exceptions, parsers, serializers
from rest_framework.fields import empty
from rest_framework.settings import api_settings
from rest_framework.utils import json

BIGGEST_ID = 2**63 - 1
MOST_DIGITS = 400
# So many choices of a field are named to whoever chose none of them.
MOST_NAMED = 40


class JSONParser(parsers.JSONParser):
    """JSON, in UTF-8 as JSON is, of a sane depth, that says everything once.

    Its size is bounded by DATA_UPLOAD_MAX_MEMORY_SIZE.
    """

    def parse(self, stream: Any, media_type: str | None = None, parser_context: Any = None) -> Any:
        """Read the body.

        :raises ParseError: if it is no JSON, is nested beyond reason, or says a name twice
        """
        try:
            # A mark of its byte order is none of it, and some programs write one.
            text = stream.read().decode("utf-8-sig")
            return json.loads(text, object_pairs_hook=_each_once, parse_int=_of_sane_length)
        except RecursionError as error:
            raise exceptions.ParseError(_("The JSON is nested too deeply.")) from error
        except UnicodeDecodeError as error:
            raise exceptions.ParseError(_("This is no JSON: it is not in UTF-8.")) from error
        except ValueError as error:
            raise exceptions.ParseError(_("This is no JSON: %(error)s.") % {"error": error}) from error


def _of_sane_length(digits: str) -> int:
    """A whole number, which Python refuses to read beyond some thousand digits.

    :raises ParseError: if nothing here could be as large
    """
    if len(digits) > MOST_DIGITS:
        raise exceptions.ParseError(_("A number in it is too long."))
    return int(digits)


def _each_once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """An object. Which of two values was meant cannot be known, and what looked at the body before may think otherwise.

    :raises ParseError: if it names something twice
    """
    values = dict(pairs)
    if len(values) < len(pairs):
        [(twice, _times)] = Counter(name for name, _value in pairs).most_common(1)
        raise exceptions.ParseError(_("“%(name)s” is named twice in one object.") % {"name": twice[:60]})
    return values


# What JSON calls the values of a field. DRF takes much for text or for true that is neither.
_KINDS: tuple[tuple[type[serializers.Field[Any, Any, Any, Any]], tuple[type, ...], Any], ...] = (
    (serializers.BooleanField, (bool,), gettext_lazy("Send true or false.")),
    (serializers.CharField, (str,), gettext_lazy("Send text.")),
    (serializers.IntegerField, (int,), gettext_lazy("Send a whole number.")),
    (serializers.DecimalField, (int, float), gettext_lazy("Send a number.")),
)


class Fields(serializers.Serializer[Any]):
    """What a request may hold. A field that does not exist is named, not ignored: a typo must not look like success.

    In a body (`context={"is_json": True}`) values must be of the kind that the field says; a query is all text.
    """

    # Read by DRF, which merges them with those of its own.
    default_error_messages = {"invalid": gettext_lazy("Send an object with names and values.")}

    def run_validation(self, data: Any = empty) -> dict[str, Any]:
        """Nothing is no object either, which DRF says in words of its own."""
        if data is None and not self.allow_null:
            raise serializers.ValidationError({api_settings.NON_FIELD_ERRORS_KEY: [self.error_messages["invalid"]]})
        values: dict[str, Any] = super().run_validation(data)
        return values

    def get_fields(self) -> dict[str, Any]:
        """The declared fields, which say what they take when they refuse something."""
        fields = super().get_fields()
        for field in fields.values():
            _explain(getattr(field, "child", field))
        return fields

    def to_internal_value(self, data: Any) -> Any:
        """Check for strangers first, then for kinds."""
        if isinstance(data, Mapping):
            unknown = sorted(str(name) for name in set(data) - set(self.fields))
            if unknown:
                message = _("There is no such field.")
                if self.fields:
                    message = _("There is no such field; there are: %(names)s.") % {"names": ", ".join(self.fields)}
                raise serializers.ValidationError({name: [message] for name in unknown[:20]})
            if self.context.get("is_json"):
                wrong = {name: [said] for name, value in data.items() if (said := _misfit(self.fields[name], value))}
                if wrong:
                    raise serializers.ValidationError(wrong)
        return super().to_internal_value(data)


def _explain(field: serializers.Field[Any, Any, Any, Any]) -> None:
    """Let a field's refusal say what it takes."""
    if isinstance(field, serializers.ChoiceField) and len(field.choices) <= MOST_NAMED:
        named = ", ".join(str(choice) for choice in field.choices).replace("{", "{{").replace("}", "}}")
        message = _("There is no “{input}” here; there are: %(names)s.") % {"names": named}
        field.error_messages["invalid_choice"] = message
    elif isinstance(field, serializers.RegexField) and field.help_text:
        message = _("This was not understood. It takes: %(what)s") % {"what": field.help_text}
        for validator in field.validators:
            if isinstance(validator, RegexValidator):
                validator.message = message


def _misfit(field: serializers.Field[Any, Any, Any, Any], value: Any) -> str | None:
    """What is wrong with the kind of a value; nothing is nobody's kind and left to the field."""
    if value is None:
        return None
    if isinstance(field, serializers.ListField) and isinstance(value, list):
        return next((said for each in value if field.child and (said := _misfit(field.child, each))), None)
    for form, kinds, said in _KINDS:
        if isinstance(field, form):
            fits = isinstance(value, kinds) and (bool in kinds or not isinstance(value, bool))
            # 3.0 is a whole number in JSON.
            is_whole = int in kinds and isinstance(value, float) and value.is_integer()
            return None if fits or is_whole else str(said)
    return None


class IdField(serializers.IntegerField):
    """The id of something; whether it exists, and for whom, is for selectors and services to say."""

    def __init__(self, **options: Any) -> None:
        super().__init__(min_value=1, max_value=BIGGEST_ID, **options)


class NoFields(Fields):
    """The body of a request that says nothing."""


class PageQuery(Fields):
    """The query of every list."""

    limit = serializers.IntegerField(min_value=1, max_value=100, default=50)
    cursor = serializers.CharField(required=False, max_length=500)
