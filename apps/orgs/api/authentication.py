"""How a script, or the browser's own code, says who it is; both enter the organization that the URL names.

DRF authenticates inside the view, so the door opens here and not in the tenancy middleware. The unit of work is open
already. What a view needs afterwards is `request.auth`: the actor.
"""

from dataclasses import dataclass

from django.http import HttpRequest, HttpResponse
from django.utils.functional import SimpleLazyObject
from rest_framework import exceptions
from rest_framework.authentication import BaseAuthentication, CSRFCheck
from rest_framework.request import Request

from apps.accounts.services import recognise
from apps.core.tenancy import Actor, enter_api_token, enter_organization, enter_person
from apps.orgs.scopes import READ, WRITE
from apps.orgs.selectors import get_person
from apps.orgs.services import TOKEN_PREFIX, hash_secret

SCHEME = "bearer"


def _never_called(request: HttpRequest) -> HttpResponse:
    """Stands where the check wants to know the view; it does not call it."""
    raise NotImplementedError


@dataclass(frozen=True, slots=True)
class Anywhere:
    """Somebody outside of any organization, as the actor is somebody inside one."""

    user_id: int


def _organization(request: Request) -> str | None:
    """The organization that the address names, if it names one."""
    slug: str | None = request.parser_context["kwargs"].get("org")
    return slug


def _enter(request: Request, user_id: int, scopes: frozenset[str] | None = None) -> Actor | Anywhere:
    """Enter the address's organization as this person, or what is theirs alone where it names none."""
    slug = _organization(request)
    if slug is None:
        enter_person(user_id=user_id)
        return Anywhere(user_id)
    return enter_organization(user_id=user_id, slug=slug, scopes=scopes)


def _secret(request: Request) -> str | None:
    """What the request shows as its token, if anything.

    :raises AuthenticationFailed: if the header is malformed
    """
    scheme, _separator, secret = request.headers.get("Authorization", "").strip().partition(" ")
    if scheme.lower() != SCHEME:
        return None
    secret = secret.strip()
    if not secret or not secret.isascii():
        raise exceptions.AuthenticationFailed("Send the header as “Authorization: Bearer fb_…”.")
    return secret


def _address(request: Request) -> str | None:
    address: str | None = getattr(request._request, "address", None)
    return address


class BearerAuthentication(BaseAuthentication):
    """What tokens have in common: they stand in the header."""

    def authenticate_header(self, request: Request) -> str:
        """What a 401 tells the client to send."""
        return 'Bearer realm="FlowBoard"'


class TokenAuthentication(BearerAuthentication):
    """`Authorization: Bearer fb_…`: the rights of the token's owner in its organization, narrowed to its scopes.

    Where the address names no organization it is still inside its own.
    """

    def authenticate(self, request: Request) -> tuple[object, Actor] | None:
        """Enter by the token, if the request carries one.

        :raises AuthenticationFailed: if the header is malformed
        :raises NoSuchToken: if it is unknown, revoked or expired
        """
        secret = _secret(request)
        if secret is None or not secret.startswith(TOKEN_PREFIX):
            return None
        actor = enter_api_token(token_hash=hash_secret(secret), slug=_organization(request), address=_address(request))
        # Most views need the actor alone; the person is read when somebody asks.
        return SimpleLazyObject(lambda: get_person(actor=actor)), actor


class SignInAuthentication(BearerAuthentication):
    """`Authorization: Bearer eyJ…`, the access token of `auth/login`: everything that the person may do, but for what
    is never a token's."""

    def authenticate(self, request: Request) -> tuple[object, Actor | Anywhere] | None:
        """Enter as the person who signed in, if the request carries such a token.

        :raises AuthenticationFailed: if the header is malformed
        :raises NotSignedIn: if the token or its sign-in is over
        :raises NoSuchOrganization: if they are no member
        :raises Unavailable: if it cannot be asked whether the sign-in holds
        """
        secret = _secret(request)
        if secret is None or secret.startswith(TOKEN_PREFIX):
            return None
        user = recognise(access=secret, address=_address(request))
        everything = frozenset({READ, WRITE})
        return user, _enter(request, user.pk, everything)


class SessionAuthentication(BaseAuthentication):
    """The browser's own calls: the session's cookie and, for every method that writes, the CSRF token."""

    def authenticate(self, request: Request) -> tuple[object, Actor | Anywhere] | None:
        """Enter as the person who is signed in, if somebody is.

        :raises PermissionDenied: if the CSRF token is missing or wrong
        :raises NoSuchOrganization: if they are no member
        """
        http_request: HttpRequest = request._request
        user = http_request.user
        if not user.is_authenticated or user.pk is None:
            return None
        self._require_csrf_token(request)
        return user, _enter(request, user.pk)

    @staticmethod
    def _require_csrf_token(request: Request) -> None:
        check = CSRFCheck(_never_called)
        check.process_request(request._request)
        reason = check.process_view(request._request, _never_called, (), {})
        if reason:
            raise exceptions.PermissionDenied(f"CSRF: {reason}")
