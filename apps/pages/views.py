"""Screens that cross domains: where a person starts, an organization's home, the component gallery."""

from typing import Any
from urllib.parse import urlencode

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_safe

from apps.accounts.selectors import may_found_organizations
from apps.core.pages import is_fragment, render
from apps.core.paging import read_mark, write_mark
from apps.core.requests import actor_of, user_id_of
from apps.orgs.lately import LAST_ORGANIZATION
from apps.orgs.policies import can_create_project, can_manage_members
from apps.orgs.selectors import (
    deleted_organizations_of,
    get_organization,
    my_invitations,
    names_of_managers,
    organizations_of,
)
from apps.orgs.services import invitation_secret
from apps.pages import selectors
from apps.pages.forms import specimen_forms
from apps.pages.specimens import sprint_charts

HOME_ISSUES = 8
HOME_RECENT = 6
HOME_PROJECTS = 6
# Whom somebody without a project may ask.
MANAGERS = 3


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
    """What waits for a person in the organization, where they left off, and where the others work; for a script that
    reads it again, what waits only."""
    actor = actor_of(request)
    if request.session.get(LAST_ORGANIZATION) != actor.org_slug:
        request.session[LAST_ORGANIZATION] = actor.org_slug
    context: dict[str, Any] = {
        "org": get_organization(actor=actor),
        "work": selectors.work(actor=actor, filters=selectors.WorkFilters(), size=HOME_ISSUES),
    }
    if is_fragment(request):
        return render(request, "pages/_home_work.html", context)
    context |= {
        "mentioned": selectors.mentioned(actor=actor, limit=HOME_RECENT),
        "recent": selectors.last_touched(actor=actor, limit=HOME_RECENT),
        "changed": selectors.changed_lately(actor=actor, limit=HOME_RECENT),
        "page": selectors.project_page(actor=actor, size=HOME_PROJECTS),
        "can_create_project": can_create_project(actor),
        "can_invite": can_manage_members(actor),
        "managers": names_of_managers(actor=actor, limit=MANAGERS),
    }
    return render(request, "pages/home.html", context)


@require_safe
def my_issues(request: HttpRequest, org: str) -> HttpResponse:
    """A person's work across projects; for a script that reads it again, the list only."""
    actor = actor_of(request)
    filters = selectors.WorkFilters.read(request.GET)
    context: dict[str, Any] = {
        "org": get_organization(actor=actor),
        "filters": filters,
        "views": selectors.VIEWS,
        "sorts": selectors.SORTS,
        "categories": selectors.CATEGORIES,
        "work": None,
        "recent": [],
        "next_url": None,
    }
    if filters.view == "recent":
        context["recent"] = selectors.last_touched(actor=actor, limit=selectors.RECENT)
    else:
        mark = read_mark(request.GET.get("after", ""))
        context["work"] = work = selectors.work(actor=actor, filters=filters, after=mark)
        if work.next_after is not None:
            query = filters.as_query() | {"after": write_mark(work.next_after)}
            context["next_url"] = f"{reverse('my_issues', args=[org])}?{urlencode(query)}"
    return render(request, "pages/_work.html" if is_fragment(request) else "pages/my_issues.html", context)


@require_safe
def tour(request: HttpRequest, org: str) -> HttpResponse:
    """The first steps as they stand now, for the script that ticks them off; nothing when they are over."""
    actor_of(request)
    if not is_fragment(request):
        return redirect("home", org)
    return render(request, "components/_tour.html")


@require_safe
def projects(request: HttpRequest, org: str) -> HttpResponse:
    """All projects with their figures."""
    actor = actor_of(request)
    q = request.GET.get("q", "").replace("\x00", "").strip()[:200]
    with_archived = request.GET.get("archived") == "1"
    page = selectors.project_page(
        actor=actor, q=q, with_archived=with_archived, after=read_mark(request.GET.get("after", ""))
    )
    next_url = None
    if page.next_after is not None:
        query = {"q": q, "archived": "1" if with_archived else "", "after": write_mark(page.next_after)}
        kept = {name: value for name, value in query.items() if value}
        next_url = f"{reverse('projects', args=[org])}?{urlencode(kept)}"
    context = {
        "org": get_organization(actor=actor),
        "page": page,
        "q": q,
        "with_archived": with_archived,
        "next_url": next_url,
        "can_create_project": can_create_project(actor),
        "managers": names_of_managers(actor=actor, limit=MANAGERS),
    }
    return render(request, "pages/projects.html", context)


@login_required
@require_safe
def help_page(request: HttpRequest) -> HttpResponse:
    """What is where, and whom to ask: for servers whose operator has no pages of their own for that."""
    seats = organizations_of(user_id=user_id_of(request))
    orgs = [{"slug": seat.org.slug, "name": seat.org.name} for seat in seats if seat.org.suspended_at is None]
    return render(request, "pages/help.html", {"orgs": orgs})


@require_safe
def gallery(request: HttpRequest) -> HttpResponse:
    """Every component in both themes, for whoever builds pages. Nobody else knows that it is here."""
    if not request.user.is_staff:
        raise Http404
    return render(request, "pages/gallery.html", {"forms": specimen_forms(), **sprint_charts()})
