"""Endpoints outside of any organization: who asks, and where they belong."""

from typing import Any

from django.utils.translation import gettext as _
from rest_framework.permissions import SAFE_METHODS
from rest_framework.request import Request
from rest_framework.response import Response

from apps.accounts.selectors import get_user
from apps.accounts.services import edit_profile, set_preferences
from apps.core.api import ApiView, operation
from apps.core.errors import Forbidden
from apps.core.tenancy import Actor
from apps.orgs.api.base import IsInside
from apps.orgs.api.serializers import MeFields, MeSerializer, SeatSerializer
from apps.orgs.selectors import organizations_of

_PREFERENCES = ("time_zone", "date_format", "first_weekday", "theme", "density", "has_single_keys")


class AnywhereView(ApiView):
    """An endpoint about whoever asks. A token of an organization is told of that one alone; it needs no scope."""

    permission_classes = (IsInside,)
    tag = "me"

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """Let the caller in, or not, and count the call.

        :raises TooMany: if a limit is met
        """
        super().initial(request, *args, **kwargs)
        limit = "api-read" if request.method in SAFE_METHODS else "api-write"
        self.count(limit, f"user:{self.user_id}")

    @property
    def user_id(self) -> int:
        """Who asks."""
        return int(self.request.auth.user_id)  # type: ignore[union-attr]  # `IsInside` let somebody in

    @property
    def actor(self) -> Actor | None:
        """Whoever asks as a member of the token's organization; None without a token of one."""
        return self.request.auth if isinstance(self.request.auth, Actor) else None


class MeView(AnywhereView):
    """Who asks."""

    @operation("get_me", answer=MeSerializer)
    def get(self, request: Request) -> Response:
        """The person whose token or session this is, and what the token may do."""
        return self._shown(get_user(user_id=self.user_id))

    @operation("edit_me", body=MeFields, answer=MeSerializer)
    def patch(self, request: Request) -> Response:
        """Change one's own name, handle and preferences. Tokens of an organization cannot: they are for what is there.

        All that is sent is done, or nothing.
        """
        if self.actor is not None:
            raise Forbidden(_("One's account is changed signed in, not with a token of an organization."))
        person, values = get_user(user_id=self.user_id), self.body
        wanted = {name: values[name] for name in _PREFERENCES if name in values}
        if values.keys() & {"name", "handle"}:
            edit_profile(user=person, name=values.get("name", person.name), handle=values.get("handle"))
        if wanted:
            set_preferences(user=person, **{name: getattr(person, name) for name in _PREFERENCES} | wanted)
        return self._shown(person)

    def _shown(self, person: Any) -> Response:
        person.scopes = None if self.actor is None else sorted(self.actor.scopes or ())
        return Response(MeSerializer(person).data)


class SeatListView(AnywhereView):
    """Where they belong."""

    @operation("list_organizations", answer=SeatSerializer, is_page=True)
    def get(self, request: Request) -> Response:
        """The organizations to which one belongs, by name.

        Few they are, so they come all at once. A token is told of its own organization alone.
        """
        seats = organizations_of(user_id=self.user_id)
        if self.actor is not None:
            seats = [seat for seat in seats if seat.org_id == self.actor.org_id]
        return self.whole(SeatSerializer, seats)
