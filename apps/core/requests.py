"""Reading requests: small translations that every view needs."""

from collections.abc import Mapping
from typing import Any

from django.http import HttpRequest, QueryDict
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from apps.core.errors import Invalid, NotFound
from apps.core.tenancy import Actor

# What a page with a form of its own answers to.
get_or_post = require_http_methods(["GET", "HEAD", "POST"])


def actor_of(request: HttpRequest) -> Actor:
    """Who asks, in the organization of the path.

    :raises NotFound: outside of organizations
    """
    actor: Actor | None = getattr(request, "actor", None)
    if actor is None:
        raise NotFound
    return actor


def user_id_of(request: HttpRequest) -> int:
    """Who is signed in, for pages outside of organizations.

    :raises NotFound: for strangers; such views ask them to sign in first
    """
    user_id = request.user.pk
    if user_id is None:
        raise NotFound
    return user_id


def number_or_none(values: Mapping[str, str], name: str) -> int | None:
    """A positive whole number of an address, small enough for the database; None for anything else."""
    text = str(values.get(name, ""))
    return int(text) if text.isascii() and text.isdigit() and len(text) < 19 else None


def words_of(request: HttpRequest) -> str:
    """What is searched for on a page with a search field of its own (`q`)."""
    return request.GET.get("q", "").replace("\x00", "").strip()[:200]


def whole_number(values: Mapping[str, str], name: str) -> int:
    """A positive whole number of a form, small enough for the database.

    :raises Invalid: if it is none
    """
    number = number_or_none(values, name)
    if number is None:
        raise Invalid(_("“%(name)s” must be a number.") % {"name": name}, field=name)
    return number


def whole_numbers(values: QueryDict, name: str, *, most: int) -> list[int]:
    """The positive whole numbers of a form's fields of one name, each with one number or several (`4,8,15`).

    :raises Invalid: for none of them, for more than `most`, or for one that is no such number
    """
    sent = [part for text in values.getlist(name) for part in str(text).split(",")]
    if not 0 < len(sent) <= most:
        raise Invalid(_("Choose 1 to %(limit)s.") % {"limit": most}, field=name)
    return [whole_number({name: text}, name) for text in sent]


def read_ids(text: str, *, most: int) -> list[int]:
    """Ids from an address, `4,8,15`; what is no number is left out.

    :raises Invalid: if there are more than `most`, or one is too great for the database
    """
    asked = [part for part in text.split(",") if part.isascii() and part.isdigit()]
    if len(asked) > most:
        raise Invalid(_("Ask for at most %(limit)s at once.") % {"limit": most}, field="ids")
    return [whole_number({"ids": part}, "ids") for part in asked]


def is_plain_form(request: HttpRequest) -> bool:
    """Whether the browser itself sent a form, so that the answer is what the person sees next: a whole page."""
    asks_for_data = "application/json" in request.headers.get("Accept", "") or "HX-Request" in request.headers
    return not (is_scripted(request) or asks_for_data)


def is_scripted(request: HttpRequest) -> bool:
    """Whether our own script sent the form, and shows the answer itself."""
    return request.headers.get("X-Requested-With") == "XMLHttpRequest"


def way_back(request: HttpRequest, name: str, *args: Any) -> str:
    """Where a form wants to return to (`next`), if that is a page of ours; else the named route."""
    back = request.POST.get("next", "")
    is_ours = url_has_allowed_host_and_scheme(back, allowed_hosts=None, require_https=request.is_secure())
    return back if back.startswith("/") and is_ours else reverse(name, args=args)
