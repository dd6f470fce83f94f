"""Endpoints inside an organization: who may come in, what their token is for, and asking twice.

Authentication has opened the organization's door before the handler runs; the actor is in `view.actor`.
"""

import hashlib
import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import replace
from typing import Any, ClassVar, cast
from zoneinfo import ZoneInfo

import structlog
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from rest_framework.permissions import SAFE_METHODS, BasePermission
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.accounts.selectors import time_zones
from apps.core.api import ApiView, Operation
from apps.core.bridge import HAS_WAITED, WAIT, Wait
from apps.core.errors import Forbidden, Invalid, Moved
from apps.core.limits import count_call
from apps.core.tenancy import Actor, current_unit, unit_of_work
from apps.events.selectors import project_position
from apps.orgs.api.repeating import answer_once
from apps.orgs.scopes import READ, WRITE, Resource, is_granted, scope_of

# The parameter by which every list looks through texts.
SEARCH = "q"
# Changes with the form of the answers, so that what was kept of an older release is not taken for today's.
VERSION = 1


class MissingScope(Forbidden):
    """The token was not made for this."""

    title = gettext_lazy("This token may not do that")


class IsInside(BasePermission):
    """Whether a door let the caller in."""

    def has_permission(self, request: Request, view: APIView) -> bool:
        """Authentication gives an actor or nothing."""
        return request.auth is not None


class OrganizationView(ApiView):
    """An endpoint inside an organization.

    `resource` is what its scopes are of; `counts` names the rate limit of each method (see `apps.core.limits`).
    """

    permission_classes = (IsInside,)
    repeats = True
    resource: ClassVar[Resource]
    counts: ClassVar[dict[str, str]] = {}
    # Whether what it answers changes at midnight (UTC) without a fact.
    is_daily: ClassVar[bool] = False
    _position: Sequence[int] | None = None

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """Let the caller in, or not; count the call; ask the token's scopes.

        :raises Moved: if the organization has another address now
        :raises MissingScope: if the token was not made for this method of the resource
        :raises TooMany: if a limit is met
        """
        super().initial(request, *args, **kwargs)
        if self.actor.org_slug != kwargs["org"].lower():
            raise Moved(old=kwargs["org"], new=self.actor.org_slug, parameters=("org",))
        method = str(request.method)
        is_safe = method in SAFE_METHODS
        structlog.contextvars.bind_contextvars(org=self.actor.org_slug, user_id=self.actor.user_id)
        self._count_call(self.counts.get(method, "api-read" if is_safe else "api-write"))
        if is_safe and request.query_params.get(SEARCH):
            self._count_call("api-search")
        scope = self.scope_of(method)
        if not is_granted(scope, self.actor.scopes):
            raise MissingScope(_("It lacks the scope “%(scope)s”.") % {"scope": scope}, scope=scope)
        if self.actor.scopes is not None:
            writes = is_granted(scope_of(self.resource, writes=True), self.actor.scopes)
            self._narrow(frozenset({READ, WRITE} if writes else {READ}))

    def in_zone(self, name: str | None = None) -> AbstractContextManager[None]:
        """As somebody reads the clock in a time zone: where services take days and times for the reader's own.

        :param name: the zone; None for that of whoever asks
        :raises Invalid: if there is none of this name
        """
        if name is None:
            name = self.request.user.time_zone  # type: ignore[union-attr]  # `IsInside` let somebody in
        if name not in time_zones():
            raise Invalid(_("There is no such time zone. Write it as “Europe/Berlin”."), field="time_zone")
        return timezone.override(ZoneInfo(name))

    def scope_of(self, method: str) -> str:
        """Reading the resource, or writing it."""
        return scope_of(self.resource, writes=method not in SAFE_METHODS)

    def _narrow(self, scopes: frozenset[str]) -> None:
        """Tell policies only whether the caller may write: of what, was decided here."""
        actor = replace(self.actor, scopes=scopes)
        self.request.auth = actor
        unit = current_unit()
        if unit is not None:
            unit.actor = actor

    def _count_call(self, limit: str) -> None:
        is_new = not self.has_waited
        self.keep_usage(lambda request: count_call(request, limit, actor=self.actor, increment=is_new))

    @property
    def has_waited(self) -> bool:
        """Whether this request waited for something (see `wait_for`) and is asked once more, now that it has come."""
        return bool(self.request.META.get(HAS_WAITED))

    def wait_for(self, *, stream_id: int, seq: int, seconds: int) -> None:
        """Let the answer wait until the stream grows beyond `seq`; the request is then asked once more, from its
        beginning. Where the server is none that can hold it (see `apps.core.bridge`), it is answered as it is."""
        if not self.has_waited:
            caller = f"{self.actor.org_id}:{self.actor.token_id}:{self.actor.person_id}"
            self.request.META[WAIT] = Wait(stream_id=stream_id, seq=seq, caller=caller, seconds=seconds)

    @property
    def actor(self) -> Actor:
        """Who asks, in the organization of the URL."""
        return cast(Actor, self.request.auth)

    @contextmanager
    def entering(self) -> Iterator[Actor]:
        """A unit of work of whoever asks, for what is sent when the request's own is over: let in anew, with what they
        may now, and with no more than their token was made for.

        :raises DomainError: if they are not let in any more
        """
        scopes = self.actor.scopes
        with unit_of_work():
            entered = self.request.successful_authenticator.authenticate(self.request)  # type: ignore[union-attr]  # `IsInside` let somebody in
            assert entered is not None  # noqa: S101  # it was what let them in before
            self.request.auth = entered[1]
            if scopes is not None:
                self._narrow(scopes)
            yield self.actor

    def perform(self, declared: Operation, request: Request, act: Callable[[], Response]) -> Response:
        """As every operation; but what was answered before is not done or read again where that is known."""
        do = super().perform
        key = request.headers.get("Idempotency-Key")
        if request.method == "POST" and key is not None:
            if not declared.is_kept:
                detail = _("Its answer holds a secret, which is kept nowhere: send it without a key.")
                raise Invalid(detail, field="Idempotency-Key")
            return answer_once(actor=self.actor, request=request, key=key, act=lambda: do(declared, request, act))
        if request.method not in SAFE_METHODS:
            return do(declared, request, act)
        known = _known_tags(request)
        if known and self._tag(project_position(actor=self.actor, key=self._project_key())) in known:
            return Response(status=304, headers={"ETag": request.headers["If-None-Match"]})
        response = do(declared, request, act)
        tag = self._tag(self._position)
        if tag is not None:
            own = response.headers.get("ETag", "").strip('"')
            response.headers["ETag"] = f'"{own}-{tag}"' if own else f'"{tag}"'
        return response

    def follow(self, project: Any) -> None:
        """Say that the answer changes by facts of this project alone: it need not be read again until there are some.

        Its stream must have been read before anything else of the answer, which is then never older than its tag.
        """
        self._position = project.stream.pk, project.stream.seq

    def _project_key(self) -> str:
        """The project that the address names, by itself or in an issue's key."""
        key: str = self.kwargs.get("project_key") or self.kwargs.get("issue_key", "").rpartition("-")[0]
        return key

    def _tag(self, position: Sequence[int] | None) -> str | None:
        """What stands for the answer: where the project's log is, who reads, and what was asked for."""
        if position is None:
            return None
        actor = self.actor
        reader = [actor.user_id, actor.org_role, sorted(actor.project_roles.items()), sorted(actor.hidden_project_ids)]
        day = [timezone.localdate().isoformat()] if self.is_daily else []
        said = json.dumps([VERSION, *position, reader, self.request.get_full_path(), *day])
        return hashlib.sha256(said.encode()).hexdigest()[:24]


def _known_tags(request: Request) -> set[str]:
    """The tags of the answers that the caller has; of an issue's, the part that is not its version."""
    sent = request.headers.get("If-None-Match", "")[:2_000]
    return {word.strip().removeprefix("W/").strip('"').rpartition("-")[2] for word in sent.split(",") if word.strip()}
