"""Fields that several forms of issues have."""

from typing import Any

from django.utils.translation import gettext as _
from rest_framework import serializers

from apps.core.api import IdField
from apps.issues.selectors import PRIORITIES, PRIORITY_NAMES, field_id_of

# So many values of a kind may be asked for.
MOST_VALUES = 100
_PRIORITY_NUMBERS = {name: number for number, name in PRIORITY_NAMES.items()}


class PriorityField(serializers.ChoiceField):
    """A priority by its name; services know its number."""

    def __init__(self, **options: Any) -> None:
        super().__init__(choices=PRIORITIES, **options)

    def to_internal_value(self, data: Any) -> int:  # type: ignore[override]  # a number for a name
        """The number, so that sorting means something."""
        return _PRIORITY_NUMBERS[super().to_internal_value(data)]

    def to_representation(self, value: Any) -> str:
        """The name of the number."""
        return str(PRIORITY_NAMES[value])


class MinutesField(serializers.IntegerField):
    """A number of minutes that the database can hold; how many there may be is for the services to say."""

    def __init__(self, **options: Any) -> None:
        super().__init__(min_value=0, max_value=2**31 - 1, **options)


class PointsField(serializers.DecimalField):
    """An estimate in points."""

    def __init__(self, **options: Any) -> None:
        super().__init__(max_digits=6, decimal_places=2, **options)


class IdOrWordField(serializers.RegexField):
    """The id of something, or one of a few words that stand for one, such as `me`."""

    def __init__(self, *words: str, **options: Any) -> None:
        self.words = words
        super().__init__(rf"^({'|'.join(words)}|[1-9][0-9]{{0,17}})$", **options)

    def run_validation(self, data: Any = serializers.empty) -> Any:
        """The word, or the number."""
        text = super().run_validation(data)
        return text if text in self.words else int(text)


class AnyOfField(serializers.ListField):
    """Some values of a kind, divided by commas in a query (`todo,in_progress`): any of them will do."""

    def __init__(self, child: serializers.Field[Any, Any, Any, Any], **options: Any) -> None:
        super().__init__(child=child, min_length=1, max_length=MOST_VALUES, **options)

    def to_internal_value(self, data: Any) -> frozenset[Any]:  # type: ignore[override]  # not a list
        """The values."""
        words = str(data).split(",")
        if len(words) > MOST_VALUES:
            self.fail("max_length", max_length=MOST_VALUES)
        return frozenset(self.child.run_validation(word) for word in words)


class CustomValuesField(serializers.DictField):
    """Values of the project's own fields, by their keys (`field_12`)."""

    key_pattern = r"^field_[1-9][0-9]{0,17}$"

    def __init__(self, **options: Any) -> None:
        super().__init__(child=serializers.JSONField(allow_null=True), **options)

    def to_internal_value(self, data: Any) -> dict[str, Any]:
        """Names of fields only: what the project has of them is the service's to judge."""
        values: dict[str, Any] = super().to_internal_value(data)
        unknown = sorted(name for name in values if field_id_of(name) is None)
        if unknown:
            raise serializers.ValidationError({name[:60]: [_("There is no such field.")] for name in unknown[:20]})
        return values


def ids(*, most: int = 100, **options: Any) -> "serializers.ListField":
    """A field for several ids."""
    return serializers.ListField(child=IdField(), max_length=most, **options)
