"""Organizations and their people in JSON, and what may be written of them."""

from typing import Any

from rest_framework import serializers

from apps.accounts.selectors import DATE_FORMATS, DENSITIES, FIRST_WEEKDAYS, THEMES
from apps.core.api import Fields
from apps.core.tenancy import OrgRole
from apps.orgs.forms import MOST_INVITED_AT_ONCE

ROLES = [role.value for role in OrgRole]


class PersonSerializer(serializers.Serializer[Any]):
    """Somebody, by id and name."""

    id = serializers.IntegerField(read_only=True)
    name = serializers.CharField(read_only=True)

    class Meta:
        example = {"id": 7, "name": "Ada Okafor"}


class OrganizationFields(Fields):
    """What can be changed of an organization. Its address, its owners and its end are for the settings page."""

    name = serializers.CharField(max_length=80)

    class Meta:
        example = {"name": "Acme Robotics"}


class OrganizationSerializer(serializers.Serializer[Any]):
    """An organization: `slug` is what addresses call it."""

    slug = serializers.CharField(read_only=True)
    name = serializers.CharField(read_only=True)
    created_at = serializers.DateTimeField(read_only=True)

    class Meta:
        example = {"slug": "acme", "name": "Acme Robotics", "created_at": "2026-01-12T09:30:00Z"}


class RoleFields(Fields):
    """The role to give."""

    role = serializers.ChoiceField(choices=ROLES)

    class Meta:
        example = {"role": "member"}


class MemberSerializer(serializers.Serializer[Any]):
    """Somebody with a seat: a person, or a service account (`kind`). Guests see names and no addresses."""

    id = serializers.IntegerField(source="user_id", read_only=True)
    kind = serializers.CharField(source="user.kind", read_only=True)
    name = serializers.CharField(source="user.name", read_only=True)
    email = serializers.SerializerMethodField()
    role = serializers.CharField(read_only=True)
    created_at = serializers.DateTimeField(read_only=True)

    class Meta:
        example = {
            "id": 7,
            "kind": "person",
            "name": "Ada Okafor",
            "email": "ada@acme.test",
            "role": "admin",
            "created_at": "2026-01-12T09:30:00Z",
        }

    def get_email(self, seat: Any) -> str | None:
        """Their address, for those who may see it. Programs have none."""
        return str(seat.user.email) if self.context["shows_addresses"] and not seat.user.is_service else None


class InviteFields(RoleFields):
    """Whom to invite, and as what."""

    emails = serializers.ListField(
        child=serializers.CharField(max_length=254), min_length=1, max_length=MOST_INVITED_AT_ONCE
    )

    class Meta:
        example = {"emails": ["mateo@acme.test"], "role": "member"}

    def validate_emails(self, value: list[str]) -> list[str]:
        """Each once. Whether they are addresses is for the service to say."""
        return list(dict.fromkeys(email.lower() for email in value))


_INVITATION = {
    "id": 12,
    "email": "mateo@acme.test",
    "role": "member",
    "invited_by": PersonSerializer.Meta.example,
    "created_at": "2026-01-12T09:30:00Z",
    "expires_at": "2026-01-19T09:30:00Z",
}


class InvitationSerializer(serializers.Serializer[Any]):
    """An open invitation."""

    id = serializers.IntegerField(read_only=True)
    email = serializers.CharField(read_only=True)
    role = serializers.CharField(read_only=True)
    invited_by = PersonSerializer(read_only=True)
    created_at = serializers.DateTimeField(read_only=True)
    expires_at = serializers.DateTimeField(read_only=True)

    class Meta:
        example = _INVITATION


class InvitationsSerializer(serializers.Serializer[Any]):
    """The invitations that were made together."""

    invitations = InvitationSerializer(many=True, read_only=True)

    class Meta:
        example = {"invitations": [_INVITATION]}


class OfferSerializer(InvitationSerializer):
    """An open invitation with its link, to pass on where no mail is sent."""

    link = serializers.SerializerMethodField()

    class Meta:
        example = _INVITATION | {"link": "https://flowboard.test/invitations/3f9c…/"}

    def get_link(self, invitation: Any) -> str:
        """What the mail leads to."""
        return str(self.context["link_of"](invitation))


class MeSerializer(serializers.Serializer[Any]):
    """Who asks. `scopes` are those of the token that was sent; nothing where somebody is signed in."""

    id = serializers.IntegerField(read_only=True)
    name = serializers.CharField(read_only=True)
    email = serializers.CharField(read_only=True, allow_blank=True)
    handle = serializers.CharField(read_only=True, allow_null=True)
    time_zone = serializers.CharField(read_only=True)
    date_format = serializers.CharField(read_only=True)
    first_weekday = serializers.IntegerField(read_only=True)
    theme = serializers.CharField(read_only=True)
    density = serializers.CharField(read_only=True)
    has_single_keys = serializers.BooleanField(read_only=True)
    scopes = serializers.ListField(child=serializers.CharField(), read_only=True, allow_null=True)

    class Meta:
        example = {
            "id": 7,
            "name": "Ada Okafor",
            "email": "ada@example.com",
            "handle": "ada",
            "time_zone": "Europe/Berlin",
            "date_format": "locale",
            "first_weekday": 0,
            "theme": "system",
            "density": "comfortable",
            "has_single_keys": True,
            "scopes": ["issues:write"],
        }


class MeFields(Fields):
    """What one can change of one's own account. The picture, the address and the password are for its pages."""

    name = serializers.CharField(required=False, max_length=120)
    handle = serializers.CharField(required=False, max_length=40)
    time_zone = serializers.CharField(required=False, max_length=64)
    date_format = serializers.ChoiceField(choices=DATE_FORMATS, required=False)
    first_weekday = serializers.ChoiceField(choices=FIRST_WEEKDAYS, required=False)
    theme = serializers.ChoiceField(choices=THEMES, required=False)
    density = serializers.ChoiceField(choices=DENSITIES, required=False)
    has_single_keys = serializers.BooleanField(required=False)

    class Meta:
        example = {"time_zone": "Europe/Lisbon", "theme": "dark"}


class SeatSerializer(serializers.Serializer[Any]):
    """An organization, and what one is there."""

    slug = serializers.CharField(source="org.slug", read_only=True)
    name = serializers.CharField(source="org.name", read_only=True)
    role = serializers.CharField(read_only=True)

    class Meta:
        example = {"slug": "acme", "name": "Acme Robotics", "role": "member"}
