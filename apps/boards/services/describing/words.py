"""One thing as a document has it, read strictly."""

from typing import Any

from django.utils.translation import gettext as _

from apps.core.errors import Invalid

_LONGEST_LINE = 2000


class Words:
    """One thing as the document has it; what is missing is as if it were empty.

    Each method raises `Invalid` where the document has something of another kind.
    """

    def __init__(self, found: Any) -> None:
        if not isinstance(found, dict):
            raise Invalid(_("It is not as FlowBoard writes it."))
        self._found = found

    def _get(self, name: str, kind: type | tuple[type, ...], otherwise: Any) -> Any:
        value = self._found.get(name)
        if value is None:
            return otherwise
        if not isinstance(value, kind) or (isinstance(value, bool) and kind is not bool):
            raise Invalid(_("“%(name)s” is not as FlowBoard writes it.") % {"name": name}, field=name)
        return value

    def raw(self, name: str) -> Any:
        """Whatever there is."""
        return self._found.get(name)

    def text(self, name: str) -> str:
        """A text, however long."""
        return str(self._get(name, str, ""))

    def line(self, name: str) -> str:
        """A text that is looked at closely, which takes its time for each letter."""
        return _short(self.text(name), name)

    def is_set(self, name: str) -> bool:
        """A tick."""
        return bool(self._get(name, bool, False))

    def number(self, name: str) -> int | None:
        """A whole number."""
        found: int | None = self._get(name, int, None)
        return found

    def lines(self, name: str, most: int) -> list[str]:
        """At most so many of these."""
        found: list[Any] = self._get(name, list, [])
        if len(found) > most:
            raise Invalid(
                _("It has %(count)s of “%(name)s”; at most %(limit)s are possible.")
                % {"count": len(found), "name": name, "limit": most},
                field=name,
            )
        if not all(isinstance(each, str) for each in found):
            raise Invalid(_("“%(name)s” is not as FlowBoard writes it.") % {"name": name}, field=name)
        return [_short(each, name) for each in found]


def _short(text: str, name: str) -> str:
    if len(text) > _LONGEST_LINE:
        sentence = _("“%(name)s” has %(length)s characters; no name has so many.")
        raise Invalid(sentence % {"name": name, "length": len(text)}, field=name)
    return text
