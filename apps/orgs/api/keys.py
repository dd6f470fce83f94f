"""Tokens, service accounts and limits for scripts: looking, renaming, revoking.

Tokens make no tokens, accounts or larger limits (ADR 47): whoever has stolen one would have more with it than was
given away.
"""

from typing import Any, ClassVar

from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from apps.core.api import Fields, operation
from apps.orgs import selectors, services
from apps.orgs.api.serializers import PersonSerializer
from apps.orgs.api.views import OrganizationScopeView


class TokenSerializer(serializers.Serializer[Any]):
    """A token without its secret, of which `prefix` is the beginning. Without `projects` it is for all of them."""

    id = serializers.IntegerField(read_only=True)
    name = serializers.CharField(read_only=True)
    prefix = serializers.CharField(read_only=True)
    scopes = serializers.ListField(child=serializers.CharField(), read_only=True)
    projects = serializers.ListField(
        source="project_ids", child=serializers.IntegerField(), read_only=True, allow_null=True
    )
    created_at = serializers.DateTimeField(read_only=True)
    expires_at = serializers.DateTimeField(read_only=True, allow_null=True)
    last_used_at = serializers.DateTimeField(read_only=True, allow_null=True)

    class Meta:
        example: ClassVar[dict[str, Any]] = {
            "id": 21,
            "name": "Nightly export",
            "prefix": "fb_a1b2c",
            "scopes": ["exports:write"],
            "projects": None,
            "created_at": "2026-11-02T09:30:00Z",
            "expires_at": "2027-01-31T09:30:00Z",
            "last_used_at": "2026-11-20T02:00:03Z",
        }


class TokenListView(OrganizationScopeView):
    """One's own tokens."""

    @operation("list_tokens", answer=TokenSerializer, is_page=True)
    def get(self, request: Request, org: str) -> Response:
        """One's own tokens in the organization that work or have expired, newest first: 100 at most, all at once."""
        return self.whole(TokenSerializer, selectors.list_api_tokens(actor=self.actor))


class TokenView(OrganizationScopeView):
    """One of one's own tokens."""

    @operation("revoke_token", status=204)
    def delete(self, request: Request, org: str, token_id: int) -> Response:
        """Stop one of one's own tokens, at once and for good; also the one that asks."""
        token = selectors.get_api_token(actor=self.actor, token_id=token_id)
        services.revoke_api_token(actor=self.actor, token=token)
        return Response(status=204)


class ServiceAccountFields(Fields):
    """What can be changed of a service account here; its role is its seat's (`members/`)."""

    name = serializers.CharField(max_length=120)

    class Meta:
        example: ClassVar[dict[str, Any]] = {"name": "Release notes"}


class ServiceAccountSerializer(serializers.Serializer[Any]):
    """A program with a seat of its own."""

    id = serializers.IntegerField(source="user_id", read_only=True)
    name = serializers.CharField(source="user.name", read_only=True)
    role = serializers.CharField(read_only=True)
    created_at = serializers.DateTimeField(read_only=True)

    class Meta:
        example: ClassVar[dict[str, Any]] = {
            "id": 30,
            "name": "Release notes",
            "role": "member",
            "created_at": "2026-01-12T09:30:00Z",
        }


class ServiceAccountListView(OrganizationScopeView):
    """The organization's programs."""

    @operation("list_service_accounts", answer=ServiceAccountSerializer, is_page=True)
    def get(self, request: Request, org: str) -> Response:
        """The service accounts with a seat, by name: 100 at most, all at once.

        They are made on their page, and go like every member (`members/{id}/remove/`).
        """
        return self.whole(ServiceAccountSerializer, selectors.list_service_accounts(actor=self.actor))


class ServiceAccountView(OrganizationScopeView):
    """One program."""

    @operation("rename_service_account", body=ServiceAccountFields, answer=ServiceAccountSerializer)
    def patch(self, request: Request, org: str, account_id: int) -> Response:
        """Give it another name. It stands beside everything that it did, too."""
        account = selectors.get_service_account(actor=self.actor, user_id=account_id)
        renamed = services.rename_service_account(actor=self.actor, account=account, **self.body)
        return Response(ServiceAccountSerializer(renamed).data)


class ServiceTokenListView(OrganizationScopeView):
    """The tokens of a program."""

    @operation("list_service_tokens", answer=TokenSerializer, is_page=True)
    def get(self, request: Request, org: str, account_id: int) -> Response:
        """The tokens of a service account that work or have expired, newest first: 100 at most, all at once."""
        account = selectors.get_service_account(actor=self.actor, user_id=account_id)
        return self.whole(TokenSerializer, selectors.list_service_tokens(actor=self.actor, account=account))


class ServiceTokenView(OrganizationScopeView):
    """One token of a program."""

    @operation("revoke_service_token", status=204)
    def delete(self, request: Request, org: str, account_id: int, service_token_id: int) -> Response:
        """Stop it, at once and for good."""
        actor = self.actor
        account = selectors.get_service_account(actor=actor, user_id=account_id)
        token = selectors.get_service_token(actor=actor, account=account, token_id=service_token_id)
        services.revoke_api_token(actor=actor, token=token)
        return Response(status=204)


class LimitSerializer(serializers.Serializer[Any]):
    """How much of something one may do in an hour or a minute; `changed` is what admins made of it."""

    name = serializers.CharField(read_only=True)
    title = serializers.CharField(source="limit.title", read_only=True)
    most = serializers.IntegerField(read_only=True)
    per = serializers.SerializerMethodField()
    changed = serializers.IntegerField(read_only=True, allow_null=True)
    highest = serializers.IntegerField(source="limit.highest", read_only=True)

    class Meta:
        example: ClassVar[dict[str, Any]] = {
            "name": "api-read",
            "title": "Reading",
            "most": 1000,
            "per": "hour",
            "changed": None,
            "highest": 100000,
        }

    def get_per(self, limit: Any) -> str:
        """Its period."""
        return "hour" if limit.limit.is_hourly else "minute"


class WorkingTokenSerializer(serializers.Serializer[Any]):
    """A token that works in the organization, with the limits that were changed for it, by their names."""

    id = serializers.IntegerField(read_only=True)
    prefix = serializers.CharField(read_only=True)
    owner = PersonSerializer(read_only=True, allow_null=True)
    last_used_at = serializers.DateTimeField(read_only=True, allow_null=True)
    limits = serializers.DictField(source="rates", child=serializers.IntegerField(), read_only=True)

    class Meta:
        example: ClassVar[dict[str, Any]] = {
            "id": 21,
            "prefix": "fb_a1b2c",
            "owner": PersonSerializer.Meta.example,
            "last_used_at": "2026-11-20T02:00:03Z",
            "limits": {"api-read": 5000},
        }


class LimitListView(OrganizationScopeView):
    """The limits of the API."""

    @operation("list_limits", answer=LimitSerializer, is_page=True)
    def get(self, request: Request, org: str) -> Response:
        """The limits for everybody in the organization, all at once. They are changed on their page."""
        return self.whole(LimitSerializer, selectors.list_limits(actor=self.actor))


class WorkingTokenListView(OrganizationScopeView):
    """Whose limits can be changed."""

    @operation("list_working_tokens", answer=WorkingTokenSerializer, is_page=True)
    def get(self, request: Request, org: str) -> Response:
        """The tokens that work in the organization, of everybody, last used first: the first 200, all at once."""
        return self.whole(WorkingTokenSerializer, selectors.list_working_tokens(actor=self.actor))
