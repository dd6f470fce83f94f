"""Pages of a list: the cursor in their addresses."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from django.core import signing
from django.utils.translation import gettext as _
from rest_framework import serializers
from rest_framework.response import Response

from apps.core.paging import plain_values

if TYPE_CHECKING:
    from .operations import ApiView


class Cursor:
    """Where a page begins, as an opaque word that only this list and order understands.

    It is signed, so what comes back is what was given out.
    """

    def __init__(self, view: "ApiView", order: str, cursor: str | None) -> None:
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
        query = self._request.query_params.copy()
        query["cursor"] = signing.dumps([direction, plain_values(values)], salt=self._salt)
        return self._request.build_absolute_uri(f"{self._request.path}?{query.urlencode()}")
