"""Access tokens and service accounts as pages. A secret is in the one answer that makes it, and nowhere else."""

from typing import TYPE_CHECKING, Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from apps.accounts.selectors import get_user, list_sign_ins
from apps.core.errors import DomainError, Forbidden
from apps.core.forms import is_done, show_refusal, status_of
from apps.core.pages import render
from apps.core.requests import actor_of, get_or_post, user_id_of
from apps.core.tenancy import OrgRole
from apps.orgs import policies, scopes, selectors, services
from apps.orgs.forms import RenameForm, ServiceAccountForm, TokenForm
from apps.orgs.lately import organization_of_last_visit

if TYPE_CHECKING:
    from apps.orgs.models import ApiToken, Membership


def _token_form(request: HttpRequest, data: Any = None) -> TokenForm:
    projects = [
        (project.id, f"{project.name} ({project.key})")
        for project in selectors.visible_projects(actor=actor_of(request))
    ]
    return TokenForm(data, lifetimes=services.LIFETIMES, projects=projects)


def _rename_form(account: "Membership", data: Any = None) -> RenameForm:
    # Beside another form with a name.
    return RenameForm(data, auto_id="account_%s", initial={"name": account.user.name})


def _page(
    request: HttpRequest,
    *,
    account: "Membership | None" = None,
    form: TokenForm | None = None,
    rename_form: RenameForm | None = None,
    fresh: "tuple[ApiToken, str] | None" = None,
) -> HttpResponse:
    """The tokens of a service account, or one's own, with the secret of the one that was made just now."""
    actor = actor_of(request)
    names = {project.id: project.key for project in selectors.visible_projects(actor=actor)}
    found = (
        selectors.list_api_tokens(actor=actor)
        if account is None
        else selectors.list_service_tokens(actor=actor, account=account)
    )
    context: dict[str, Any] = {
        "org": selectors.get_organization(actor=actor),
        "account": account,
        "tokens": [(token, _projects_of(token, names)) for token in found],
        "form": form or _token_form(request),
        "fresh": fresh,
        "resources": scopes.RESOURCE_NAMES,
        "example": request.build_absolute_uri(reverse("api:projects", args=[actor.org_slug])),
    }
    if account is not None:
        context["rename_form"] = rename_form or _rename_form(account)
    else:
        context["sign_ins"] = list_sign_ins(user=get_user(user_id=user_id_of(request)))
    shown = form or rename_form
    return render(request, "orgs/tokens.html", context, status=200 if shown is None else status_of(shown))


def _projects_of(token: "ApiToken", names: dict[int, str]) -> list[str] | None:
    """The keys of the projects that a token was made for, as far as they are there; None for all."""
    return None if token.project_ids is None else sorted(names[pk] for pk in token.project_ids if pk in names)


def _make(request: HttpRequest, account: "Membership | None" = None) -> HttpResponse:
    form = _token_form(request, request.POST)
    if form.is_valid():
        try:
            fresh = services.create_api_token(actor=actor_of(request), account=account, **form.cleaned_data)
        except DomainError as error:
            show_refusal(form, error)
        else:
            return _page(request, account=account, fresh=fresh)
    return _page(request, account=account, form=form)


@login_required
@require_safe
def my_tokens(
    request: HttpRequest,
) -> HttpResponse:
    """From the pages about one's account: to one's tokens in the organization where one was last."""
    slug = organization_of_last_visit(request)
    return redirect("tokens", slug) if slug else redirect("start")


@get_or_post
def tokens(request: HttpRequest, org: str) -> HttpResponse:
    """A person's own access tokens, and the scripts that signed in with their password."""
    return _make(request) if request.method == "POST" else _page(request)


@require_POST
def token_rotate(request: HttpRequest, org: str, token_id: int) -> HttpResponse:
    """Give one of one's own tokens a new secret."""
    token = selectors.get_api_token(actor=actor_of(request), token_id=token_id)
    return _page(request, fresh=services.rotate_api_token(actor=actor_of(request), token=token))


@require_POST
def token_revoke(request: HttpRequest, org: str, token_id: int) -> HttpResponse:
    """Stop one of one's own tokens."""
    token = selectors.get_api_token(actor=actor_of(request), token_id=token_id)
    services.revoke_api_token(actor=actor_of(request), token=token)
    messages.success(request, _("The token “%(name)s” no longer works.") % {"name": token.name})
    return redirect("tokens", org)


@get_or_post
def service_accounts(request: HttpRequest, org: str) -> HttpResponse:
    """The programs that work in the organization, and a form for one more."""
    actor = actor_of(request)
    if not policies.can_manage_members(actor):
        raise Forbidden
    roles = [each for each in selectors.grantable_roles(actor=actor) if each[0] != OrgRole.OWNER]
    form = ServiceAccountForm(request.POST or None, roles=roles)
    if request.method == "POST" and form.is_valid():
        try:
            account = services.create_service_account(actor=actor, **form.cleaned_data)
        except DomainError as error:
            show_refusal(form, error)
        else:
            messages.success(request, _("%(name)s is here. Make its first token below.") % {"name": account.user.name})
            return redirect("service_account", org, account.user_id)
    context = {
        "org": selectors.get_organization(actor=actor),
        "accounts": selectors.list_service_accounts(actor=actor),
        "counts": selectors.count_tokens_of_accounts(actor=actor),
        "form": form,
    }
    return render(request, "orgs/service_accounts.html", context, status=status_of(form))


@get_or_post
def service_account(request: HttpRequest, org: str, account_id: int) -> HttpResponse:
    """The tokens of one service account."""
    account = selectors.get_service_account(actor=actor_of(request), user_id=account_id)
    return _make(request, account) if request.method == "POST" else _page(request, account=account)


@require_POST
def rename(request: HttpRequest, org: str, account_id: int) -> HttpResponse:
    """Give a service account another name."""
    actor = actor_of(request)
    account = selectors.get_service_account(actor=actor, user_id=account_id)
    form = _rename_form(account, request.POST)
    if not is_done(form, lambda data: services.rename_service_account(actor=actor, account=account, **data)):
        return _page(request, account=account, rename_form=form)
    messages.success(request, _("It is called %(name)s now.") % {"name": account.user.name})
    return redirect("service_account", org, account_id)


@require_POST
def service_token_rotate(request: HttpRequest, org: str, account_id: int, service_token_id: int) -> HttpResponse:
    """Give a token of a service account a new secret."""
    actor = actor_of(request)
    account = selectors.get_service_account(actor=actor, user_id=account_id)
    token = selectors.get_service_token(actor=actor, account=account, token_id=service_token_id)
    return _page(request, account=account, fresh=services.rotate_api_token(actor=actor, token=token))


@require_POST
def service_token_revoke(request: HttpRequest, org: str, account_id: int, service_token_id: int) -> HttpResponse:
    """Stop a token of a service account."""
    actor = actor_of(request)
    account = selectors.get_service_account(actor=actor, user_id=account_id)
    token = selectors.get_service_token(actor=actor, account=account, token_id=service_token_id)
    services.revoke_api_token(actor=actor, token=token)
    messages.success(request, _("The token “%(name)s” no longer works.") % {"name": token.name})
    return redirect("service_account", org, account_id)
