"""Signing in and up, and what a person does with their own account.

The steps are allauth's; what may be tried how often is ours (`apps.core.limits`). Only sending a form counts: looking
at a page must never lock anybody out.
"""

from functools import partial
from typing import Any

from allauth.account import views as allauth_views
from allauth.account.internal.flows.reauthentication import raise_if_reauthentication_required
from django.conf import settings
from django.contrib import messages
from django.contrib.auth import logout
from django.contrib.auth.decorators import login_required
from django.core.files.storage import default_storage
from django.http import FileResponse, Http404, HttpRequest, HttpResponse, JsonResponse
from django.http.response import HttpResponseBase
from django.middleware.csrf import get_token
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from apps.accounts import selectors, services
from apps.accounts.devices import device_name
from apps.accounts.entrance import account_named, count_attempt, may_come, place_of, why_not
from apps.accounts.forms import PreferencesForm, ProfileForm
from apps.accounts.themes import remember_theme
from apps.core import limits
from apps.core.errors import DomainError
from apps.core.forms import show_refusal, status_of
from apps.core.pages import render
from apps.core.requests import is_scripted, user_id_of, way_back


class LoginView(allauth_views.LoginView):
    """Sign-in."""

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        """One attempt."""
        count_attempt(request, account=request.POST.get("login", ""))
        response: HttpResponseBase = super().post(request, *args, **kwargs)
        return response

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Offer sign-up to those only whom it is open to."""
        context: dict[str, Any] = super().get_context_data(**kwargs)
        return context if may_come(self.request) else context | {"signup_url": None}


@never_cache
@require_safe
def session(request: HttpRequest) -> HttpResponse:
    """What a page asks that was open for long: who is signed in now, by which token, and which release serves."""
    return JsonResponse({"user": request.user.pk, "csrf": get_token(request), "release": settings.RELEASE})


class SignupView(allauth_views.SignupView):
    """Sign-up, for whom the operator opened it. Per target as well: each attempt may send it a mail."""

    def closed(self) -> HttpResponse:
        """Say how one comes in instead."""
        return render(self.request, "account/signup_closed.html", {"is_empty": not selectors.has_people()})

    def get_form(self, form_class: Any = None) -> Any:
        """The form, which asks about the address in it."""
        form = super().get_form(form_class)
        form.why_not = partial(why_not, self.request)
        return form

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        """One attempt."""
        limits.count(request, "sign-up", place_of(request))
        limits.count(request, "sign-up-target", account_named(request.POST.get("email")))
        response: HttpResponseBase = super().post(request, *args, **kwargs)
        return response


class ReauthenticateView(allauth_views.ReauthenticateView):
    """The password once more, before what matters."""

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        """One attempt."""
        limits.count(request, "password-again", str(request.user.pk))
        response: HttpResponseBase = super().post(request, *args, **kwargs)
        return response


class PasswordChangeView(allauth_views.PasswordChangeView):
    """Another password, for the present one."""

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        """One attempt."""
        limits.count(request, "password-again", str(request.user.pk))
        response: HttpResponseBase = super().post(request, *args, **kwargs)
        return response


class PasswordResetView(allauth_views.PasswordResetView):
    """Asking for a reset. Per target as well, so that nobody's mailbox can be flooded from many addresses."""

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        """One request."""
        limits.count(request, "password-reset", place_of(request))
        limits.count(request, "password-reset-target", account_named(request.POST.get("email")))
        response: HttpResponseBase = super().post(request, *args, **kwargs)
        return response


class EmailView(allauth_views.EmailView):
    """Changing one's address. With a mail server the new one proves itself first; without one that is not possible,
    so the change is made at once and the page says what that means."""

    def get_context_data(self, **context: Any) -> dict[str, Any]:
        """Whether mail can be sent, and whether the address in use is confirmed."""
        user = selectors.get_user(user_id=user_id_of(self.request))
        shown: dict[str, Any] = super().get_context_data(**context)
        return shown | {
            "sends_mail": _sends_mail(),
            "is_confirmed": selectors.has_confirmed_email(user=user),
            "pending": selectors.pending_email(user=user),
        }

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Change the address, or send its link again."""
        if "action_send" in request.POST:
            self._count(account_named(request.POST.get("email")))
        response: HttpResponse = super().post(request, *args, **kwargs)
        return response

    def _count(self, email: str) -> None:
        limits.count(self.request, "change-email", str(self.request.user.pk))
        limits.count(self.request, "change-email-target", email)

    def form_valid(self, form: Any) -> HttpResponse:
        """Begin the change, or make it where nothing can be sent.

        :raises ReauthenticationRequired: if the password was not asked for lately
        """
        raise_if_reauthentication_required(self.request, app="allauth.account")
        user = selectors.get_user(user_id=user_id_of(self.request))
        email = form.cleaned_data["email"]
        if not _sends_mail():
            try:
                services.take_unconfirmed_email(user=user, email=email)
            except DomainError as error:
                show_refusal(form, error)
                return self._refused(form)
            messages.success(self.request, _("You sign in with %(email)s from now on.") % {"email": email})
            return redirect("account_email")
        self._count(email)
        if not selectors.has_confirmed_email(user=user):
            # allauth would take the only address away to make room for the new one.
            form.add_error("email", _("Confirm the address that you have first."))
            return self._refused(form)
        answer: HttpResponse = super().form_valid(form)
        return answer

    def _refused(self, form: Any) -> HttpResponse:
        answer: HttpResponse = self.form_invalid(form)
        return answer


def _sends_mail() -> bool:
    return settings.ACCOUNT_EMAIL_VERIFICATION != "none"


@login_required
@require_safe
def sessions(request: HttpRequest) -> HttpResponse:
    """Where a person is signed in."""
    shown = [
        {
            "id": session.pk,
            "name": device_name(session.user_agent),
            "address": session.address,
            "created_at": session.created_at,
            "last_seen_at": session.last_seen_at,
            "is_current": session.session_key == request.session.session_key,
        }
        for session in selectors.list_sessions(user_id=user_id_of(request))
    ]
    shown.sort(key=lambda session: not session["is_current"])
    user = selectors.get_user(user_id=user_id_of(request))
    return render(
        request, "accounts/sessions.html", {"sessions": shown, "sign_ins": selectors.list_sign_ins(user=user)}
    )


@login_required
@require_POST
def sign_in_end(request: HttpRequest, sign_in_id: str) -> HttpResponse:
    """Sign one of one's own scripts out."""
    if not services.end_sign_in(user_id=user_id_of(request), sign_in_id=sign_in_id):
        raise Http404
    messages.success(request, _("The script is signed out."))
    return redirect(way_back(request, "sessions"))


@login_required
@require_POST
def session_end(request: HttpRequest, session_id: int) -> HttpResponse:
    """Sign one of one's own browsers out."""
    session = selectors.get_session(user_id=user_id_of(request), session_id=session_id)
    is_current = session.session_key == request.session.session_key
    if is_current:
        logout(request)
        return redirect("account_login")
    services.end_session(session=session)
    messages.success(request, _("%(device)s is signed out.") % {"device": device_name(session.user_agent)})
    return redirect("sessions")


@login_required
@require_POST
def sessions_end_others(request: HttpRequest) -> HttpResponse:
    """Sign all of one's browsers out but this one, and all scripts that signed in with the password."""
    user = selectors.get_user(user_id=user_id_of(request))
    scripts = services.end_sign_ins(user_id=user.pk)
    ended = services.end_other_sessions(user=user, but=request.session.session_key)
    messages.success(
        request,
        ngettext("One other browser is signed out.", "%(count)s other browsers are signed out.", ended)
        % {"count": ended},
    )
    if scripts:
        messages.success(
            request,
            ngettext("One script is signed out.", "%(count)s scripts are signed out.", scripts) % {"count": scripts},
        )
    return redirect("sessions")


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def profile(request: HttpRequest) -> HttpResponse:
    """A person's own page about themselves."""
    user = selectors.get_user(user_id=user_id_of(request))
    has_avatar = bool(user.avatar_url)
    if request.method == "POST":
        form = ProfileForm(request.POST, request.FILES, has_avatar=has_avatar)
        if form.is_valid():
            try:
                services.edit_profile(user=user, **form.cleaned_data)
            except DomainError as error:
                show_refusal(form, error)
            else:
                messages.success(request, _("Your profile is saved."))
                return remember_theme(redirect("profile"), user.theme)
    else:
        form = ProfileForm(initial={"name": user.name, "handle": user.handle}, has_avatar=has_avatar)
    return render(request, "accounts/profile.html", {"form": form}, status=status_of(form))


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def preferences(request: HttpRequest) -> HttpResponse:
    """How FlowBoard looks to a person, and how it tells the time."""
    user = selectors.get_user(user_id=user_id_of(request))
    names = ("time_zone", "date_format", "first_weekday", "theme", "density", "has_single_keys")
    if request.method == "POST":
        form = PreferencesForm(request.POST)
        if form.is_valid():
            try:
                services.set_preferences(user=user, **form.cleaned_data)
            except DomainError as error:
                show_refusal(form, error)
            else:
                messages.success(request, _("Your preferences are saved."))
                return remember_theme(redirect("preferences"), user.theme)
    else:
        form = PreferencesForm(initial={name: getattr(user, name) for name in names})
    return render(request, "accounts/preferences.html", {"form": form}, status=status_of(form))


@login_required
@require_safe
def time_zones(request: HttpRequest) -> HttpResponse:
    """The time zones that what was typed so far could mean."""
    return JsonResponse({"names": selectors.find_time_zones(request.GET.get("q", "")[:64])})


@login_required
@require_POST
def settle_time_zone(request: HttpRequest) -> HttpResponse:
    """The answer to "Your browser says …: use it?"."""
    user = selectors.get_user(user_id=user_id_of(request))
    services.settle_time_zone(user=user, time_zone=request.POST.get("time_zone", ""))
    return HttpResponse(status=204) if is_scripted(request) else redirect("preferences")


@login_required
@require_POST
def single_keys(request: HttpRequest) -> HttpResponse:
    """Switch keys without Ctrl or Alt on or off, from the list of keys."""
    user = selectors.get_user(user_id=user_id_of(request))
    services.choose_single_keys(user=user, is_on=request.POST.get("on") == "1")
    return HttpResponse(status=204) if is_scripted(request) else redirect("preferences")


@login_required
@require_POST
def turn_tour(request: HttpRequest) -> HttpResponse:
    """Skip the first steps, or see them again."""
    user = selectors.get_user(user_id=user_id_of(request))
    services.turn_tour(user=user, to=request.POST.get("to", ""))
    return HttpResponse(status=204) if is_scripted(request) else redirect(way_back(request, "start"))


@require_POST
def theme(request: HttpRequest) -> HttpResponse:
    """Choose light, dark, or what the device says; for somebody signed in, on all their devices."""
    chosen = request.POST.get("theme", "")
    user = selectors.get_user(user_id=user_id_of(request)) if request.user.is_authenticated else None
    if user is not None:
        services.choose_theme(user=user, theme=chosen)
    elif chosen not in dict(selectors.THEMES):
        raise Http404
    if is_scripted(request):
        return remember_theme(HttpResponse(status=204), chosen)
    return remember_theme(redirect(way_back(request, "start")), chosen)


@login_required
@require_safe
def avatar(request: HttpRequest, name: str) -> HttpResponseBase:
    """A picture of somebody. Its name is random and changes with it, so a browser may keep it."""
    path = f"avatars/{name}.webp"
    if not default_storage.exists(path):
        raise Http404
    response = FileResponse(default_storage.open(path), content_type="image/webp")
    response["Cache-Control"] = "private, max-age=31536000, immutable"
    response["Content-Security-Policy"] = "default-src 'none'; sandbox"
    return response
