"""The link at the end of a mail, which stops what it came for without signing in; and when somebody wants mail."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_POST

from apps.accounts.entrance import place_of
from apps.accounts.mails import ask_to_resume
from apps.accounts.selectors import get_user
from apps.core import limits
from apps.core.errors import Invalid
from apps.core.pages import render
from apps.core.requests import actor_of
from apps.core.tenancy import Actor, enter_organization
from apps.core.tenancy.doors import NoSuchOrganization, OrganizationSuspended
from apps.notifications import services
from apps.notifications.mail_forms import RhythmForm
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
    state, former = "asked", ""
    if "back" in request.POST:
        former = request.POST["back"]
        services.take_back_stop(actor=actor, what=reason.what, about=reason.about, former=former)
        state = "back"
    elif request.method == "POST":
        former = services.stop(actor=actor, what=reason.what, about=reason.about)
        state = "stopped"
    context = {"state": state, "former": former, "stopped": stopped_by(actor=actor, reason=reason)}
    return render(request, PAGE, context)


def _enter(reason: Reason) -> Actor | None:
    """The person whom the mail went to, in the organization it was about; None if they have no seat there now."""
    try:
        return enter_organization(user_id=reason.user_id, slug=reason.org)
    except (NoSuchOrganization, OrganizationSuspended):
        return None


@login_required
@require_POST
def rhythm(request: HttpRequest, org: str) -> HttpResponse:
    """When the reader wants mail."""
    actor = actor_of(request)
    form = RhythmForm(request.POST)
    if not form.is_valid():
        raise Invalid(next(iter(form.errors.values()))[0])
    services.choose_rhythm(actor=actor, **form.cleaned_data)
    messages.success(request, _("Your choice about mail is saved."))
    return redirect(reverse("inbox_preferences", args=[org]) + "#mail")


@login_required
@require_POST
def resume(request: HttpRequest, org: str) -> HttpResponse:
    """Try the reader's address, which mail servers refused, and write to it again once they take it."""
    actor = actor_of(request)
    limits.count(request, "mail-test", f"user:{actor.person_id}")
    ask_to_resume(get_user(user_id=actor.person_id))
    messages.success(request, _("A test is on its way. As soon as your mail server takes it, mail comes again."))
    return redirect(reverse("inbox_preferences", args=[org]) + "#mail")
