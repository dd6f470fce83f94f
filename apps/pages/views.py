"""Screens that cross domains: where a person starts, an organization's home, the component gallery."""

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_safe

from apps.accounts.selectors import may_found_organizations
from apps.core.pages import render
from apps.core.requests import actor_of, user_id_of
from apps.orgs.policies import can_create_project
from apps.orgs.selectors import deleted_organizations_of, get_organization, my_invitations, organizations_of
from apps.orgs.services import invitation_secret
from apps.pages import selectors
from apps.pages.forms import specimen_forms

LAST_ORGANIZATION = "last_organization"


@login_required
@require_safe
def start(request: HttpRequest) -> HttpResponse:
    """Where a person belongs: in their organization, or, while that is not clear, in front of the choice."""
    seats = organizations_of(user_id=user_id_of(request))
    slugs = [seat.org.slug for seat in seats if seat.org.suspended_at is None]
    last = request.session.get(LAST_ORGANIZATION)
    if "choose" not in request.GET:
        if last in slugs:
            return redirect("home", last)
        if len(slugs) == 1:
            return redirect("home", slugs[0])
    context = {
        "organizations": [
            {"slug": seat.org.slug, "name": seat.org.name, "role": seat.get_role_display()} for seat in seats
        ],
        "deleted": deleted_organizations_of(user_id=user_id_of(request)),
        "invitations": [
            {"offer": offer, "accept_url": reverse("invitation", args=[invitation_secret(offer.nonce)])}
            for offer in my_invitations()
        ],
        "can_found": may_found_organizations(user_id=user_id_of(request)),
    }
    return render(request, "pages/start.html", context)


@require_safe
def home(request: HttpRequest, org: str) -> HttpResponse:
    """What is a person's to do in the organization, what has happened, and where the others work."""
    actor = actor_of(request)
    if request.session.get(LAST_ORGANIZATION) != actor.org_slug:
        request.session[LAST_ORGANIZATION] = actor.org_slug
    context = {
        "org": get_organization(actor=actor),
        "my_issues": selectors.my_issues(actor=actor),
        "recent_issues": selectors.recent_issues(actor=actor),
        "projects": selectors.project_tiles(actor=actor),
        "can_create_project": can_create_project(actor),
    }
    return render(request, "pages/home.html", context)


@require_safe
def gallery(request: HttpRequest) -> HttpResponse:
    """Every component in both themes, for whoever builds pages. Nobody else knows that it is here."""
    if not request.user.is_staff:
        raise Http404
    return render(request, "pages/gallery.html", {"forms": specimen_forms()})
