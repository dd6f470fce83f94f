"""Organizations, members and invitations as pages."""

from allauth.account.internal.flows.reauthentication import raise_if_reauthentication_required
from django.contrib import messages
from django.contrib.auth import logout
from django.contrib.auth.decorators import login_required
from django.contrib.auth.views import redirect_to_login
from django.forms import Form
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST

from apps.accounts.entrance import place_of
from apps.accounts.selectors import get_user, may_found_organizations
from apps.core import limits, mail
from apps.core.errors import DomainError, Forbidden
from apps.core.forms import show_refusal, status_of
from apps.core.pages import render
from apps.core.requests import actor_of, user_id_of
from apps.core.tenancy import OrgRole, enter_invitation, enter_person
from apps.core.tenancy.doors import NoSuchInvitation, enter_deleted_organization
from apps.orgs import policies, selectors, services
from apps.orgs.forms import (
    AddressForm,
    ConfirmForm,
    InvitationForm,
    NameForm,
    OrganizationForm,
    RoleForm,
    TransferForm,
)

get_or_post = require_http_methods(["GET", "HEAD", "POST"])


@login_required
@get_or_post
def create(request: HttpRequest) -> HttpResponse:
    """Found an organization."""
    if not may_found_organizations(user_id=user_id_of(request)):
        raise services.OperatorsFound
    form = OrganizationForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            org, _actor = services.create_organization(user_id=user_id_of(request), **form.cleaned_data)
        except DomainError as error:
            show_refusal(form, error)
        else:
            return redirect("home", org.slug)
    return render(request, "orgs/create.html", {"form": form}, status=status_of(form))


@get_or_post
def members(request: HttpRequest, org: str) -> HttpResponse:
    """Who belongs to the organization; those who manage it invite others here."""
    actor = actor_of(request)
    roles = selectors.grantable_roles(actor=actor)
    if request.method == "POST" and not roles:
        raise Forbidden
    form = InvitationForm(request.POST or None, roles=roles)
    if request.method == "POST" and form.is_valid():
        emails = form.cleaned_data["emails"]
        try:
            _count_invitations(request, emails)
            services.invite_all(actor=actor, emails=emails, role=form.cleaned_data["role"])
        except DomainError as error:
            show_refusal(form, error)
        else:
            messages.success(request, _invited(len(emails)))
            return redirect("members", org)
    context = {
        "org": selectors.get_organization(actor=actor),
        "members": selectors.list_members(actor=actor) + selectors.list_service_accounts(actor=actor),
        "can_manage": bool(roles),
        "shows_addresses": policies.can_see_addresses(actor),
        "roles": roles,
        "form": form,
        "invitations": [
            (invitation, _invitation_link(request, invitation.nonce))
            for invitation in (selectors.list_invitations(actor=actor) if roles else ())
        ],
    }
    return render(request, "orgs/members.html", context, status=status_of(form))


def _invited(count: int) -> str:
    if mail.is_sent():
        text = ngettext(
            "The invitation is on its way by mail.", "%(count)s invitations are on their way by mail.", count
        )
    else:
        text = ngettext(
            "The invitation is made. Copy its link below, and pass it on.",
            "%(count)s invitations are made. Copy their links below, and pass them on.",
            count,
        )
    return text % {"count": count}


def _count_invitations(request: HttpRequest, emails: list[str]) -> None:
    for email in emails:
        limits.count(request, "invite", str(actor_of(request).user_id))
        limits.count(request, "invite-target", email)


def _invitation_link(request: HttpRequest, nonce: str) -> str:
    return request.build_absolute_uri(reverse("invitation", args=[services.invitation_secret(nonce)]))


@get_or_post
def settings(request: HttpRequest, org: str) -> HttpResponse:
    """What the organization is called, for everybody in it to read and for those who manage it to change."""
    actor = actor_of(request)
    if request.method == "POST" and not policies.can_rename(actor):
        raise Forbidden
    form = NameForm(request.POST) if request.method == "POST" else None
    if form is not None and form.is_valid():
        services.rename_organization(actor=actor, name=form.cleaned_data["name"])
        messages.success(request, _("The name is saved."))
        return redirect("org_settings", org)
    return _settings_page(request, name_form=form)


def _settings_page(request: HttpRequest, **bound: Form | None) -> HttpResponse:
    actor = actor_of(request)
    org = selectors.get_organization(actor=actor)
    people = [seat for seat in selectors.list_members(actor=actor) if seat.user_id != actor.user_id]
    candidates = [(seat.user_id, str(seat.user)) for seat in people if seat.role != OrgRole.GUEST]
    forms = {name: form for name, form in bound.items() if form is not None}
    context = {
        "org": org,
        "can_rename": policies.can_rename(actor),
        "can_own": policies.can_own(actor),
        "is_last_owner": policies.can_own(actor) and all(seat.role != OrgRole.OWNER for seat in people),
        "is_alone": not people,
        "candidates": candidates,
        "former_slugs": selectors.former_slugs(actor=actor),
        "name_form": NameForm(initial={"name": org.name}),
        "address_form": AddressForm(initial={"slug": org.slug}),
        "transfer_form": TransferForm(people=candidates),
        "delete_form": ConfirmForm(),
        "deleted_projects": selectors.deleted_projects(),
    } | forms
    status = max([200, *(status_of(form) for form in forms.values())])
    return render(request, "orgs/settings.html", context, status=status)


@require_POST
def address(request: HttpRequest, org: str) -> HttpResponse:
    """Move the organization to another address."""
    actor = actor_of(request)
    if not policies.can_own(actor):
        raise Forbidden
    form = AddressForm(request.POST)
    if form.is_valid():
        try:
            moved = services.move_organization(actor=actor, slug=form.cleaned_data["slug"])
        except DomainError as error:
            show_refusal(form, error)
        else:
            messages.success(request, _("The address is changed. Links to the one before lead here."))
            return redirect("org_settings", moved.slug)
    return _settings_page(request, address_form=form)


@require_POST
def transfer(request: HttpRequest, org: str) -> HttpResponse:
    """Hand the organization over to somebody else."""
    actor = actor_of(request)
    if not policies.can_own(actor):
        raise Forbidden
    form = TransferForm(
        request.POST, people=[(seat.user_id, str(seat.user)) for seat in selectors.list_members(actor=actor)]
    )
    if form.is_valid():
        try:
            seat = selectors.get_member(actor=actor, user_id=form.cleaned_data["user"])
            services.transfer_ownership(actor=actor, to=seat)
        except DomainError as error:
            show_refusal(form, error)
        else:
            messages.success(request, _("%(name)s owns it now, and you are an admin.") % {"name": seat.user})
            return redirect("org_settings", org)
    return _settings_page(request, transfer_form=form)


@require_POST
def delete(request: HttpRequest, org: str) -> HttpResponse:
    """Delete the organization, for its typed name."""
    actor = actor_of(request)
    if not policies.can_own(actor):
        raise Forbidden
    form = ConfirmForm(request.POST)
    if form.is_valid():
        try:
            gone = services.delete_organization(actor=actor, confirmation=form.cleaned_data["confirmation"])
        except DomainError as error:
            show_refusal(form, error)
        else:
            messages.success(request, _("%(name)s is deleted. You can bring it back here.") % {"name": gone.name})
            return redirect(f"{reverse('start')}?choose")
    return _settings_page(request, delete_form=form)


@login_required
@require_POST
def restore(request: HttpRequest, org: str) -> HttpResponse:
    """Bring a deleted organization back."""
    actor = enter_deleted_organization(user_id=user_id_of(request), slug=org)
    back = services.restore_organization(actor=actor)
    messages.success(request, _("%(name)s is back.") % {"name": back.name})
    return redirect("home", back.slug)


@login_required
@get_or_post
def account_delete(request: HttpRequest) -> HttpResponse:
    """Delete one's own account, for its typed address."""
    user = get_user(user_id=user_id_of(request))
    form = ConfirmForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        raise_if_reauthentication_required(request, app="allauth.account")
        try:
            services.delete_account(user=user, confirmation=form.cleaned_data["confirmation"])
        except DomainError as error:
            show_refusal(form, error)
        else:
            logout(request)
            messages.success(request, _("Your account is deleted."))
            return redirect("account_login")
    # A refusal may have left the context in one of the organizations.
    enter_person(user_id=user.pk)
    context = {"form": form, "farewell": selectors.farewell(user_id=user.pk)}
    return render(request, "accounts/delete.html", context, status=status_of(form))


@require_POST
def member_role(request: HttpRequest, org: str, user_id: int) -> HttpResponse:
    """Give a member another role."""
    member = selectors.get_member(actor=actor_of(request), user_id=user_id)
    form = RoleForm(request.POST, roles=selectors.grantable_roles(actor=actor_of(request)))
    if not form.is_valid():
        raise Forbidden
    services.change_member_role(actor=actor_of(request), membership=member, role=form.cleaned_data["role"])
    messages.success(request, _("%(name)s has another role now.") % {"name": member.user.name})
    return redirect("members", org)


@require_POST
def invitation_resend(request: HttpRequest, org: str, invitation_id: int) -> HttpResponse:
    """Send an invitation again, with a new link and a new week."""
    invitation = selectors.get_invitation(actor=actor_of(request), invitation_id=invitation_id)
    _count_invitations(request, [invitation.email])
    services.invite(actor=actor_of(request), email=invitation.email, role=OrgRole(invitation.role))
    text = (
        _("Sent again to %(email)s. The link before it stopped working.")
        if mail.is_sent()
        else _("There is a new link for %(email)s to copy below. The one before it stopped working.")
    )
    messages.success(request, text % {"email": invitation.email})
    return redirect("members", org)


@require_POST
def invitation_revoke(request: HttpRequest, org: str, invitation_id: int) -> HttpResponse:
    """Take an invitation back."""
    invitation = selectors.get_invitation(actor=actor_of(request), invitation_id=invitation_id)
    services.revoke_invitation(actor=actor_of(request), invitation=invitation)
    messages.success(request, _("The invitation of %(email)s no longer works.") % {"email": invitation.email})
    return redirect("members", org)


@get_or_post
def invitation(request: HttpRequest, secret: str) -> HttpResponse:
    """What the link in an invitation opens, for anybody who has it; the invited person takes the seat here."""
    user_id = request.user.pk if request.user.is_authenticated else None
    limits.check(request, "link-guess", place_of(request))
    try:
        actor = enter_invitation(token_hash=services.hash_secret(secret), user_id=user_id)
    except NoSuchInvitation as error:
        spent = selectors.spent_invitation(token_hash=services.hash_secret(secret))
        if spent is None:
            limits.count(request, "link-guess", place_of(request))
        dead = {"state": spent.state if spent else "unknown", "invitation": spent, "secret": secret}
        return render(request, "orgs/invitation.html", dead, status=error.status)
    offered = selectors.invitation_by_hash(actor=actor, token_hash=services.hash_secret(secret))
    if request.method == "POST":
        if user_id is None:
            return redirect_to_login(request.path)
        services.accept_invitation(actor=actor, invitation=offered, user=get_user(user_id=user_id))
        messages.success(request, _("Welcome to %(org)s.") % {"org": offered.org.name})
        return redirect("home", actor.org_slug)
    state = "sign_in"
    if request.user.is_authenticated:
        state = "open" if request.user.email == offered.email else "wrong_account"
    context = {"state": state, "invitation": offered, "next_url": request.path}
    return render(request, "orgs/invitation.html", context)


@require_POST
def invitation_ask(request: HttpRequest, secret: str) -> HttpResponse:
    """Ask for a new link in place of one that has expired. Its page then says that this was done."""
    limits.check(request, "link-guess", place_of(request))
    if not services.ask_for_new_invitation(token_hash=services.hash_secret(secret)):
        limits.count(request, "link-guess", place_of(request))
    return redirect("invitation", secret)
