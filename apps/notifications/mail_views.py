"""The link at the end of a mail: it stops what the mail came for, without signing in."""

from django.http import HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from apps.accounts.entrance import place_of
from apps.core import limits
from apps.core.pages import render
from apps.core.tenancy import Actor, enter_organization
from apps.core.tenancy.doors import NoSuchOrganization, OrganizationSuspended
from apps.notifications import services
from apps.notifications.selectors.reasons import stopped_by
from apps.notifications.stopping import NoSuchLink, Reason, read_token

PAGE = "notifications/stop.html"


@csrf_exempt  # the address is the proof, and mail programs that press the button (RFC 8058) have no cookie
@require_http_methods(["GET", "HEAD", "POST"])
def stop(request: HttpRequest, stop_token: str) -> HttpResponse:
    """Ask whether to stop it; stop it when that is posted, by its reader or by their mail program; take it back.

    Reading the page changes nothing: what looks through mails for dangerous links opens it too.
    """
    limits.check(request, "link-guess", place_of(request))
    try:
        reason = read_token(stop_token)
    except NoSuchLink:
        limits.count(request, "link-guess", place_of(request))
        return render(request, PAGE, {"state": "unknown"}, status=404)
    actor = _enter(reason)
    if actor is None:
        return render(request, PAGE, {"state": "gone"})
    state = "asked"
    if request.method == "POST":
        is_undone = "back" in request.POST
        act = services.take_back_stop if is_undone else services.stop
        act(actor=actor, what=reason.what, about=reason.about)
        state = "back" if is_undone else "stopped"
    return render(request, PAGE, {"state": state, "stopped": stopped_by(actor=actor, reason=reason)})


def _enter(reason: Reason) -> Actor | None:
    """The person whom the mail went to, in the organization it was about; None if they have no seat there now."""
    try:
        return enter_organization(user_id=reason.user_id, slug=reason.org)
    except (NoSuchOrganization, OrganizationSuspended):
        return None
