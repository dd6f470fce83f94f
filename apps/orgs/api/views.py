"""The organization, its members and its invitations for scripts."""

from functools import partial
from typing import Any

from django.urls import reverse
from rest_framework.request import Request
from rest_framework.response import Response

from apps.core.api import PageQuery, operation
from apps.core.tenancy import OrgRole
from apps.orgs import policies, selectors, services
from apps.orgs.api.base import OrganizationView
from apps.orgs.api.serializers import (
    InvitationSerializer,
    InvitationsSerializer,
    InviteFields,
    MemberSerializer,
    OfferSerializer,
    OrganizationFields,
    OrganizationSerializer,
    RoleFields,
)
from apps.orgs.scopes import Resource


class OrganizationScopeView(OrganizationView):
    """Base of what is read and written of the organization itself."""

    resource = Resource.ORGANIZATION


class OrganizationDetailView(OrganizationScopeView):
    """The organization."""

    @operation("get_organization", answer=OrganizationSerializer)
    def get(self, request: Request, org: str) -> Response:
        """The organization: its name and its address."""
        return Response(OrganizationSerializer(selectors.get_organization(actor=self.actor)).data)

    @operation("rename_organization", body=OrganizationFields, answer=OrganizationSerializer)
    def patch(self, request: Request, org: str) -> Response:
        """Give it another name; its address stays."""
        return Response(OrganizationSerializer(services.rename_organization(actor=self.actor, **self.body)).data)


class MemberListView(OrganizationScopeView):
    """Who belongs to the organization."""

    @operation("list_members", query=PageQuery, answer=MemberSerializer, is_page=True)
    def get(self, request: Request, org: str) -> Response:
        """A page of those who have a seat, in the order in which they joined first."""
        context = {"shows_addresses": policies.can_see_addresses(self.actor)}
        return self.page(partial(MemberSerializer, context=context), partial(selectors.member_page, actor=self.actor))


class MemberDetailView(OrganizationScopeView):
    """One seat."""

    @operation("change_member", body=RoleFields, answer=MemberSerializer)
    def patch(self, request: Request, org: str, user_id: int) -> Response:
        """Give a member another role. Owners are made and unmade by hand, not by tokens."""
        actor = self.actor
        seat = selectors.get_member(actor=actor, user_id=user_id)
        changed = services.change_member_role(actor=actor, membership=seat, role=OrgRole(self.body["role"]))
        context = {"shows_addresses": policies.can_see_addresses(actor)}
        return Response(MemberSerializer(changed, context=context).data)


class InvitationListView(OrganizationScopeView):
    """Who is invited."""

    @operation("list_invitations", query=PageQuery, answer=OfferSerializer, is_page=True)
    def get(self, request: Request, org: str) -> Response:
        """A page of the open invitations, in the order in which they were made."""
        form = partial(OfferSerializer, context={"link_of": self._link_of})
        return self.page(form, partial(selectors.invitation_page, actor=self.actor))

    def _link_of(self, invitation: Any) -> str:
        address = reverse("invitation", args=[services.invitation_secret(invitation.nonce)])
        return self.request.build_absolute_uri(address)

    @operation("invite", body=InviteFields, answer=InvitationsSerializer, status=201)
    def post(self, request: Request, org: str) -> Response:
        """Invite one address or several: all of them or, if one is refused, none."""
        emails = self.body["emails"]
        count_invitations(self, emails)
        made = services.invite_all(actor=self.actor, emails=emails, role=OrgRole(self.body["role"]))
        return Response(InvitationsSerializer({"invitations": made}).data, 201)


class InvitationView(OrganizationScopeView):
    """One invitation."""

    @operation("revoke_invitation", status=204)
    def delete(self, request: Request, org: str, invitation_id: int) -> Response:
        """Take it back: its link stops working at once."""
        invitation = selectors.get_invitation(actor=self.actor, invitation_id=invitation_id)
        services.revoke_invitation(actor=self.actor, invitation=invitation)
        return Response(status=204)


class InvitationResendView(OrganizationScopeView):
    """One invitation once more."""

    @operation("resend_invitation", answer=InvitationSerializer)
    def post(self, request: Request, org: str, invitation_id: int) -> Response:
        """Send it again, with a new link and a new week. The link before it stops working."""
        actor = self.actor
        invitation = selectors.get_invitation(actor=actor, invitation_id=invitation_id)
        count_invitations(self, [invitation.email])
        again = services.invite(actor=actor, email=invitation.email, role=OrgRole(invitation.role))
        return Response(InvitationSerializer(again).data)


def count_invitations(view: OrganizationView, emails: list[str]) -> None:
    """Count them as the page does, with which they share the limits.

    :raises TooMany: if a limit is met
    """
    for email in emails:
        view.count("invite", str(view.actor.user_id))
        view.count("invite-target", email)
