"""The first steps on a server that nobody runs yet, behind the one-time link that was printed where it was started."""

from django.contrib.auth import login
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from apps.accounts.entrance import place_of
from apps.accounts.selectors import has_operator, is_setup_secret
from apps.accounts.services import SetUpAlready
from apps.core import limits
from apps.core.errors import DomainError
from apps.core.forms import show_refusal, status_of
from apps.core.pages import render
from apps.pages import services
from apps.pages.forms import SetupForm

BACKEND = "allauth.account.auth_backends.AuthenticationBackend"


@never_cache
@sensitive_post_parameters("password")
@require_http_methods(["GET", "HEAD", "POST"])
def setup(request: HttpRequest, secret: str) -> HttpResponse:
    """Make the first operator, organization and project with one form, and go on to the board, signed in."""
    limits.check(request, "link-guess", place_of(request))
    if not is_setup_secret(secret):
        limits.count(request, "link-guess", place_of(request))
        return _dead(request)
    form = SetupForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            user, org, project = services.set_up_server(secret=secret, **form.cleaned_data)
        except SetUpAlready:
            return _dead(request)
        except DomainError as error:
            show_refusal(form, error)
        else:
            login(request, user, backend=BACKEND)
            return redirect("board", org.slug, project.key)
    return render(request, "pages/setup.html", {"form": form}, status=status_of(form))


def _dead(request: HttpRequest) -> HttpResponse:
    return render(request, "pages/setup_over.html", {"has_operator": has_operator()}, status=404)
