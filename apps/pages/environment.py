"""The Jinja2 environment of every page of ours."""

from functools import lru_cache
from typing import Any

from django.conf import settings
from django.contrib.staticfiles.storage import staticfiles_storage
from django.http import HttpRequest
from django.template.defaultfilters import filesizeformat
from django.urls import reverse
from django.utils import translation
from jinja2 import Environment, StrictUndefined

from apps.accounts.reading import day, minute, short_day
from apps.core.durations import in_hours
from apps.core.mail import is_sent
from apps.core.requests import actor_of
from apps.notifications.selectors import has_muted
from apps.pages.selectors import first_steps, navigation


def url(name: str, /, *args: Any, **kwargs: Any) -> str:
    """The address of a named route."""
    return reverse(name, args=args or None, kwargs=kwargs or None)


def nav(request: HttpRequest) -> Any:
    """What the sidebar shows, read once per request; None outside of organizations."""
    if not hasattr(request, "_navigation"):
        request._navigation = navigation(request)  # type: ignore[attr-defined]
    return request._navigation  # type: ignore[attr-defined]


def tour(request: HttpRequest) -> Any:
    """The reader's first steps; None outside of organizations, and for everybody who is past them."""
    place = nav(request)
    if place is None or not request.user.is_on_tour:  # type: ignore[union-attr]
        return None
    actor, since = actor_of(request), request.user.tour_began_at  # type: ignore[union-attr]
    return first_steps(actor=actor, since=since, projects=place.projects, current=place.current_project)  # type: ignore[arg-type]


def is_muted(request: HttpRequest, issue_id: int) -> bool:
    """Whether the reader has muted an issue."""
    return has_muted(actor=actor_of(request), issue_id=issue_id)


def environment(**options: Any) -> Environment:
    """Called by Django's Jinja2 backend. An undefined name is an error, never an empty string."""
    options["undefined"] = StrictUndefined
    env = Environment(trim_blocks=True, lstrip_blocks=True, **options)  # noqa: S701 (Django turns autoescape on)
    # A file's address does not change while a process runs, and a board asks for its icons two hundred times.
    env.globals.update(url=url, static=lru_cache(maxsize=None)(staticfiles_storage.url), nav=nav, sends_mail=is_sent)
    env.globals.update(release=settings.RELEASE, help_url=settings.HELP_URL)
    env.globals.update(tour_of=tour, is_muted=is_muted)
    env.filters["filesizeformat"] = filesizeformat
    env.filters.update(day=day, short_day=short_day, minute=minute, in_hours=in_hours)
    env.install_gettext_translations(translation, newstyle=True)  # type: ignore[attr-defined]
    return env
