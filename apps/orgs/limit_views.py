"""The limits of the API as pages: what they are, who is near one, and raising or lowering them."""

from typing import TYPE_CHECKING

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _

from apps.core.forms import is_done, status_of
from apps.core.pages import render
from apps.core.requests import actor_of, get_or_post
from apps.orgs import selectors, services
from apps.orgs.forms import LimitsForm

if TYPE_CHECKING:
    from apps.orgs.selectors import WorkingToken


@get_or_post
def limits(request: HttpRequest, org: str) -> HttpResponse:
    """The limits of everybody in the organization, and who is near one."""
    return _page(request, None)


@get_or_post
def token_limits(request: HttpRequest, org: str, working_token_id: int) -> HttpResponse:
    """The limits of one token."""
    return _page(request, selectors.get_working_token(actor=actor_of(request), token_id=working_token_id))


def _page(request: HttpRequest, token: "WorkingToken | None") -> HttpResponse:
    actor = actor_of(request)
    token_id = token.id if token else None
    in_force = selectors.list_limits(actor=actor, token_id=token_id)
    form = LimitsForm(request.POST if request.method == "POST" else None, limits=in_force)
    if request.method == "POST" and is_done(
        form, lambda rates: services.change_limits(actor=actor, rates=rates, token_id=token_id)
    ):
        messages.success(request, _("The limits are saved. They hold from the next request on."))
        return redirect("org_limits", actor.org_slug)
    tokens = selectors.list_working_tokens(actor=actor) if token is None else []
    context = {
        "org": selectors.get_organization(actor=actor),
        "limits": in_force,
        "form": form,
        "token": token,
        "tokens": tokens,
        "callers": selectors.list_callers(actor=actor, tokens=tokens) if token is None else [],
    }
    return render(request, "orgs/limits.html", context, status=status_of(form))
