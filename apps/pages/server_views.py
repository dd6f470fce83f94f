"""The operator's page: who may come in, mail, people who are locked out, the demo, and what this installation is.

Nobody but operators knows that it is here.
"""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from apps.accounts.selectors import get_server, get_user
from apps.accounts.services import decide_who_comes_in
from apps.core.errors import DomainError
from apps.core.forms import show_refusal
from apps.core.pages import render
from apps.core.requests import user_id_of
from apps.ops import installation
from apps.ops.demo import removal
from apps.ops.mailing import MailTrouble, send_test_mail
from apps.pages import services
from apps.pages.forms import AddressForm, AdmissionForm, DemoForm

View = Callable[..., HttpResponseBase]


def operators_only(view: View) -> View:
    """Show the view to operators; for everybody else there is nothing here."""

    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if not (request.user.is_authenticated and request.user.is_staff):
            raise Http404
        return view(request, *args, **kwargs)

    return guarded


@operators_only
@require_safe
def server(request: HttpRequest) -> HttpResponse:
    """All of it on one page."""
    return _page(request)


@operators_only
@require_POST
def admission(request: HttpRequest) -> HttpResponse:
    """Decide who may sign up and who may create organizations."""
    form = AdmissionForm(request.POST)
    if form.is_valid():
        try:
            decide_who_comes_in(**form.cleaned_data)
        except DomainError as error:
            show_refusal(form, error)
        else:
            messages.success(request, _("Saved. It holds from now on."))
            return _back("admission")
    return _page(request, status=422, admission_form=form)


@operators_only
@require_POST
def test_mail(request: HttpRequest) -> HttpResponse:
    """Send a mail at once, and say in a sentence what became of it."""
    form = AddressForm(request.POST, prefix="mail")
    if not form.is_valid():
        return _page(request, status=422, mail_form=form)
    address = form.cleaned_data["email"]
    try:
        send_test_mail(address)
    except MailTrouble as trouble:
        return _page(request, mail_form=form, mail_trouble=str(trouble))
    messages.success(
        request,
        _("%(server)s took the mail to %(address)s. Look whether it arrives.")
        % {"server": f"{settings.EMAIL_HOST}:{settings.EMAIL_PORT}", "address": address},
    )
    return _back("mail")


@operators_only
@never_cache
@require_POST
def reset_link(request: HttpRequest) -> HttpResponse:
    """Make a link for somebody who is locked out. It is in this one answer and nowhere else."""
    form = AddressForm(request.POST, prefix="reset")
    if form.is_valid():
        try:
            user, link = services.make_audited_reset_link(email=form.cleaned_data["email"])
        except DomainError as error:
            show_refusal(form, error)
        else:
            return _page(request, reset_for=user, link=link)
    return _page(request, status=422, reset_form=form)


@operators_only
@require_POST
def demo(request: HttpRequest) -> HttpResponse:
    """Take the demo away."""
    form = DemoForm(request.POST)
    if not form.is_valid():
        return _page(request, status=422, demo_form=form)
    removed = removal.remove_demo()
    gone = {
        "organizations": ngettext("%(count)s organization", "%(count)s organizations", removed.organizations)
        % {"count": removed.organizations},
        "people": ngettext("%(count)s person", "%(count)s people", removed.people) % {"count": removed.people},
    }
    messages.success(request, _("The demo is gone: %(organizations)s and %(people)s.") % gone)
    if removed.kept:
        text = ngettext(
            "%(count)s person of the demo stays, since they work in another organization or run this server. Let them "
            "choose a new password: the demo's is no secret.",
            "%(count)s people of the demo stay, since they work in other organizations or run this server. Let them "
            "choose new passwords: the demo's is no secret.",
            removed.kept,
        )
        messages.warning(request, text % {"count": removed.kept})
    return redirect("server")


@operators_only
@require_safe
def licences(request: HttpRequest) -> HttpResponse:
    """What FlowBoard is made of, and on what terms."""
    context = {"packages": installation.packages(), "vendored": installation.vendored()}
    return render(request, "pages/licences.html", context)


def _back(section: str) -> HttpResponse:
    return redirect(f"{reverse('server')}#{section}")


def _page(request: HttpRequest, *, status: int = 200, **given: Any) -> HttpResponse:
    """The page, with the forms as they were sent where one of them was."""
    decided = get_server()
    context = {
        "admission_form": AdmissionForm(
            initial={
                "sign_up": decided.sign_up,
                "domains": "\n".join(decided.sign_up_domains),
                "founders": decided.founders,
            }
        ),
        "mail_form": AddressForm(prefix="mail", initial={"email": get_user(user_id=user_id_of(request)).email}),
        "mail_trouble": None,
        "reset_form": AddressForm(prefix="reset"),
        "reset_for": None,
        "link": None,
        "demo": removal.demo_organizations(),
        "demo_form": DemoForm(),
        "variables": installation.settings_in_force(),
        "storage": installation.storage(),
        "versions": installation.versions(),
        "mail_server": f"{settings.EMAIL_HOST}:{settings.EMAIL_PORT}",
        "mail_sender": settings.DEFAULT_FROM_EMAIL,
        "home": settings.FLOWBOARD_HOME,
        "mode": settings.SETTINGS_MODULE,
    }
    return render(request, "pages/server.html", context | given, status=status)
