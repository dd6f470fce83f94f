"""What scripts send and get when they sign in."""

from typing import Any, ClassVar

from rest_framework import serializers

from apps.core.api import Fields


class LoginFields(Fields):
    """Who signs in."""

    email = serializers.CharField(max_length=254)
    # As long as the sign-in page takes, and as it was typed.
    password = serializers.CharField(max_length=1_000, trim_whitespace=False)

    class Meta:
        example: ClassVar[dict[str, Any]] = {"email": "ada@example.com", "password": "a long sentence of your own"}


class RefreshFields(Fields):
    """The refresh token that was given last."""

    refresh = serializers.CharField(max_length=2_000)

    class Meta:
        example: ClassVar[dict[str, Any]] = {"refresh": "fbr_4f1c…"}


class TokensSerializer(serializers.Serializer[Any]):
    """Two tokens: `access` goes into the header `Authorization: Bearer …`, `refresh` buys the next two, once."""

    access = serializers.CharField(help_text="Works for 15 minutes.")
    refresh = serializers.CharField(help_text="Works once, within 30 days.")
    expires_in = serializers.IntegerField(help_text="For how many seconds the access token works.")
    token_type = serializers.CharField(default="Bearer")

    class Meta:
        example: ClassVar[dict[str, Any]] = {
            "access": "eyJhbGciOiJIUzI1NiJ9…",
            "refresh": "fbr_4f1c…",
            "expires_in": 900,
            "token_type": "Bearer",
        }
