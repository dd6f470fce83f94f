"""Bringing another tracker in, as pages: hand in files, look at what they hold, decide, watch, and take it back."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from apps.core.errors import DomainError, Forbidden, Invalid
from apps.core.forms import is_done, status_of
from apps.core.pages import render
from apps.core.paging import read_mark, write_mark
from apps.core.requests import actor_of, get_or_post, number_or_none, way_back, whole_number, words_of
from apps.imports import review, selectors, services
from apps.imports.choices import Choices
from apps.imports.formats import FORMATS
from apps.imports.forms import EACH, NEW, ProfileForm, StartForm
from apps.imports.standing import label_of, pace_of, send_problems
from apps.imports.surveying import MOST_NAMES
from apps.orgs.selectors import find_members, get_member, get_organization
from apps.projects import selectors as projects

# As many members are offered at once for a placeholder.
MOST_FOUND = 20

if TYPE_CHECKING:
    from apps.core.tenancy import Actor
    from apps.imports.models import ImportRun


@get_or_post
def imports(request: HttpRequest, org: str) -> HttpResponse:
    """Every import that one may look at, and the way to begin another."""
    actor = actor_of(request)
    places = _places(actor)
    # Nobody's rows end in a project that only happens to come first.
    likely = EACH if any(value == EACH for value, _name in places) else places[0][0] if places else ""
    form = StartForm(request.POST or None, into=places, initial={"into": request.GET.get("project") or likely})
    if request.method == "POST":
        if not places:
            raise Forbidden
        started: list[ImportRun] = []
        if is_done(form, lambda data: started.append(_start(actor, request, **data))):
            return redirect("import_run", org, started[0].pk)
    context = {
        "org": get_organization(actor=actor),
        "form": form,
        "can_import": bool(places),
        "runs": selectors.list_imports(actor=actor),
        "label": label_of,
        "has_people": actor.is_manager,
        "formats": list(dict.fromkeys(str(each.label) for each in FORMATS)),
        "most_bytes": settings.WEB_LARGEST_BODY,
    }
    return render(request, "imports/list.html", context, status=status_of(form))


def _places(actor: "Actor") -> list[tuple[str, Any]]:
    """Where the actor may import to: projects by key, a new one, or each row into the project that it names."""
    found: list[tuple[str, Any]] = [
        (project.key, f"{project.name} ({project.key})")
        for project in projects.list_projects(actor=actor)
        if selectors.can_import(actor, project)
    ]
    if selectors.can_import(actor, None):
        found += [(NEW, _("A new project")), (EACH, _("The projects that the rows name, made where they are missing"))]
    return found


def _start(actor: "Actor", request: HttpRequest, *, into: str, project_key: str) -> "ImportRun":
    project = None if into in (NEW, EACH) else projects.get_project(actor=actor, key=into)
    return services.start_import(
        actor=actor, uploads=request.FILES.getlist("files"), project=project, project_key=project_key
    )


@require_GET
def import_run(request: HttpRequest, org: str, import_id: int) -> HttpResponse:
    """One import, in whatever state it is."""
    return _page(request, import_id)


def _page(
    request: HttpRequest,
    import_id: int,
    *,
    form: ProfileForm | None = None,
    refused: tuple[str, DomainError] | None = None,
) -> HttpResponse:
    """The import's page.

    :param refused: the section of the review whose choices were refused, and why
    """
    actor = actor_of(request)
    run = selectors.get_import(actor=actor, pk=import_id)
    context: dict[str, Any] = {
        "org": get_organization(actor=actor),
        "files": selectors.files_of(actor=actor, run=run),
        "refused": refused,
        **_standing(run),
    }
    if run.state == run.State.REVIEW:
        context |= {
            "figures": review.figures_found(run.survey),
            "configurations": review.configurations_found(run.survey),
            "preview": review.previewed(run.survey),
            "sections": _sections(request, run, refused[0] if refused else ""),
            "most_names": MOST_NAMES,
            "profiles": selectors.list_profiles(actor=actor, source=run.source),
            "form": form or ProfileForm(),
        }
    elif not run.is_at_work:
        context |= {
            "figures": review.figures_written(run.counts),
            "problems": selectors.list_problems(actor=actor, run=run),
            "problem_count": selectors.count_problems(actor=actor, run=run),
            "projects": selectors.projects_of(actor=actor, run=run),
        }
    status = refused[1].status if refused else status_of(form) if form else 200
    return render(request, "imports/run.html", context, status=status)


@dataclass(frozen=True, slots=True)
class _Shown:
    """A section of the review and the page of it that is looked at."""

    section: review.Section
    lines: Sequence[review.Line]
    q: str
    first_url: str | None
    next_url: str | None
    is_open: bool


def _sections(request: HttpRequest, run: "ImportRun", refused: str) -> list[_Shown]:
    """The sections of the review: of one the page that the address names, or what was sent for it and refused."""
    actor = actor_of(request)
    here = reverse("import_run", args=[actor.org_slug, run.pk])
    shown = []
    for section in review.sections(run.survey, Choices.from_json(run.choices), review.offer_for(actor=actor, run=run)):
        is_asked = request.GET.get("section") == section.name
        q, after = (words_of(request), read_mark(request.GET.get("after", ""))) if is_asked else ("", None)
        page = section.page(q=q, after=after)
        narrowed = {"section": section.name, **({"q": q} if q else {})}
        further = {**narrowed, "after": write_mark(page.next_after)}
        shown.append(
            _Shown(
                section=section,
                lines=(section.sent(request.POST) if section.name == refused else []) or page.rows,
                q=q,
                first_url=f"{here}?{urlencode(narrowed)}#{section.name}" if after else None,
                next_url=f"{here}?{urlencode(further)}#{section.name}" if page.next_after else None,
                is_open=is_asked or bool(section.alike) or section.name in ("columns", refused),
            )
        )
    return shown


def _standing(run: "ImportRun") -> dict[str, Any]:
    """How far a run is, and when it will be done if it goes on like this."""
    pace = pace_of(run)
    return {"run": run, "label": label_of, "rate": pace.rate, "seconds_left": pace.seconds_left}


@require_GET
def import_progress(request: HttpRequest, org: str, import_id: int) -> HttpResponse:
    """How far it is, as a part of its page. When nothing is at work any more, the page is drawn anew."""
    run = selectors.get_import(actor=actor_of(request), pk=import_id)
    if not run.is_at_work:
        response = HttpResponse(status=204)
        response["HX-Refresh"] = "true"
        return response
    return render(request, "imports/_progress.html", _standing(run))


@require_POST
def import_choices(request: HttpRequest, org: str, import_id: int) -> HttpResponse:
    """Decide about one kind of words."""
    actor = actor_of(request)
    run = selectors.get_import(actor=actor, pk=import_id)
    name = request.POST.get("section", "")
    offer = review.offer_for(actor=actor, run=run)

    def choose(held: "ImportRun") -> Choices:
        return review.with_section(name, request.POST, held.survey, Choices.from_json(held.choices), offer)

    try:
        services.decide(actor=actor, run=run, rule=choose)
    except (review.SectionChanged, Invalid) as error:
        return _page(request, import_id, refused=(name, error))
    messages.success(request, _("Your choices are kept."))
    return redirect(_part(org, import_id, name))


def _part(org: str, import_id: int, name: str) -> str:
    return f"{reverse('import_run', args=[org, import_id])}#{name}"


@require_POST
def import_profile(request: HttpRequest, org: str, import_id: int) -> HttpResponse:
    """Keep the decisions under a name, or take those of another time."""
    actor = actor_of(request)
    run = selectors.get_import(actor=actor, pk=import_id)
    profile_id = number_or_none(request.POST, "profile")
    if profile_id is not None:
        profile = selectors.get_profile(actor=actor, pk=profile_id)
        services.use_profile(actor=actor, run=run, profile=profile)
        messages.success(request, _("The decisions of “%(name)s” are taken over.") % {"name": profile.name})
        return redirect("import_run", org, import_id)
    form = ProfileForm(request.POST)
    if not is_done(form, lambda data: services.save_profile(actor=actor, run=run, name=data["name"])):
        return _page(request, import_id, form=form)
    messages.success(request, _("Kept as “%(name)s”.") % {"name": form.cleaned_data["name"]})
    return redirect("import_run", org, import_id)


@require_POST
def import_start(request: HttpRequest, org: str, import_id: int) -> HttpResponse:
    """Write it."""
    actor = actor_of(request)
    run = selectors.get_import(actor=actor, pk=import_id)
    services.confirm_import(actor=actor, run=run)
    return redirect("import_run", org, import_id)


@require_POST
def import_cancel(request: HttpRequest, org: str, import_id: int) -> HttpResponse:
    """Stop it where it is; one that has written nothing is forgotten."""
    actor = actor_of(request)
    run = selectors.get_import(actor=actor, pk=import_id)
    if run.state in (run.State.SURVEYING, run.State.REVIEW):
        services.forget_import(actor=actor, run=run)
        messages.success(request, _("The import is forgotten. Nothing was written."))
        return redirect("imports", org)
    services.cancel_import(actor=actor, run=run)
    return redirect("import_run", org, import_id)


@require_POST
def import_take_back(request: HttpRequest, org: str, ended_import_id: int) -> HttpResponse:
    """Take back what it brought."""
    actor = actor_of(request)
    run = selectors.get_import(actor=actor, pk=ended_import_id)
    services.revert_import(actor=actor, run=run)
    return redirect("import_run", org, run.pk)


@require_GET
def import_problems(request: HttpRequest, org: str, ended_import_id: int) -> HttpResponse:
    """What was the matter with which row, as a table for a spreadsheet."""
    actor = actor_of(request)
    run = selectors.get_import(actor=actor, pk=ended_import_id)
    return send_problems(actor=actor, run=run)


@require_POST
def profile_delete(request: HttpRequest, org: str, profile_id: int) -> HttpResponse:
    """Keep the decisions of another time no longer."""
    actor = actor_of(request)
    profile = selectors.get_profile(actor=actor, pk=profile_id)
    services.delete_profile(actor=actor, profile=profile)
    messages.success(request, _("“%(name)s” is deleted.") % {"name": profile.name})
    return redirect(way_back(request, "imports", org))


@require_GET
def placeholders(request: HttpRequest, org: str) -> HttpResponse:
    """Whom imports met who is no member here, a page of them."""
    actor = actor_of(request)
    q, after = words_of(request), read_mark(request.GET.get("after", ""))
    page = selectors.list_placeholders(actor=actor, q=q, after=after)
    address = reverse("placeholders", args=[org])
    narrowed = {"q": q} if q else {}
    context = {
        "org": get_organization(actor=actor),
        "placeholders": page.rows,
        "count": selectors.count_placeholders(actor=actor, q=q),
        "q": q,
        "first_url": f"{address}?{urlencode(narrowed)}" if after else None,
        "next_url": f"{address}?{urlencode({**narrowed, 'after': write_mark(page.next_after)})}"
        if page.next_after
        else None,
    }
    return render(request, "imports/placeholders.html", context)


@get_or_post
def placeholder(request: HttpRequest, org: str, placeholder_id: int) -> HttpResponse:
    """Find the member that a placeholder is, and say so."""
    actor = actor_of(request)
    placeholder = selectors.get_placeholder(actor=actor, pk=placeholder_id)
    if request.method != "POST":
        q = words_of(request)
        context = {
            "org": get_organization(actor=actor),
            "placeholder": placeholder,
            "members": find_members(actor=actor, q=q, like=placeholder.name, limit=MOST_FOUND),
            "most": MOST_FOUND,
            "q": q,
        }
        return render(request, "imports/placeholder.html", context)
    member = get_member(actor=actor, user_id=whole_number(request.POST, "member")).user
    services.claim_placeholder(actor=actor, placeholder=placeholder, member=member)
    said = _("%(name)s is %(member)s from now on. In a moment everything that names them says so.")
    messages.success(request, said % {"name": placeholder.name, "member": member.name})
    return redirect("placeholders", org)
