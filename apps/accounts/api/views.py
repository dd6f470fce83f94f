"""Signing in for scripts. No cookie is read or set here, so there is nothing for another site to ride on."""

from typing import Any

from rest_framework.request import Request
from rest_framework.response import Response

from apps.accounts import entrance, services
from apps.accounts.api.serializers import LoginFields, RefreshFields, TokensSerializer
from apps.accounts.bearer import LIFETIMES, NotSignedIn, Use
from apps.core.api import ApiView, operation


class AuthView(ApiView):
    """An endpoint for somebody who is not signed in yet."""

    authentication_classes = ()
    permission_classes = ()
    tag = "auth"

    def get_authenticate_header(self, request: Request) -> str:
        """What a 401 tells the client to send."""
        return 'Bearer realm="FlowBoard"'

    def answer(self, tokens: services.Tokens) -> Response:
        """The tokens, which nobody on the way may keep."""
        shown: dict[str, Any] = {
            "access": tokens.access,
            "refresh": tokens.refresh,
            "expires_in": int(LIFETIMES[Use.ACCESS].total_seconds()),
            "token_type": "Bearer",
        }
        return Response(TokensSerializer(shown).data, headers={"Cache-Control": "no-store"})


class LoginView(AuthView):
    """Tokens for an e-mail address and its password."""

    @operation("sign_in", body=LoginFields, answer=TokensSerializer)
    def post(self, request: Request) -> Response:
        """Sign in with e-mail address and password.

        For a script that acts for somebody who sits in front of it. What runs by itself uses an access token, which
        needs no password and can do less.
        """
        entrance.count_attempt(request._request, account=self.body["email"])
        user = entrance.admit(request._request, **self.body)
        agent = request.headers.get("User-Agent", "")
        return self.answer(services.begin_sign_in(user=user, address=self.address, user_agent=agent))


class RefreshView(AuthView):
    """The next two tokens."""

    @operation("refresh_sign_in", body=RefreshFields, answer=TokensSerializer)
    def post(self, request: Request) -> Response:
        """Get new tokens for a refresh token.

        It works once. Whoever sends one that was used before ends the sign-in, because then there are two who have it.
        """
        try:
            tokens = services.refresh_sign_in(refresh=self.body["refresh"], address=self.address)
        except NotSignedIn:
            self.count_stranger()
            raise
        return self.answer(tokens)


class LogoutView(AuthView):
    """The end of a sign-in."""

    @operation("sign_out", body=RefreshFields, status=204)
    def post(self, request: Request) -> Response:
        """Sign out: from now on neither of the two tokens works."""
        try:
            services.leave(refresh=self.body["refresh"])
        except NotSignedIn:
            self.count_stranger()
            raise
        return Response(status=204)
