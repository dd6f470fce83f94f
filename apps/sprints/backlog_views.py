"""The backlog page, the parts of it that scripts ask for, and what is written on it."""

import json
from collections.abc import Sequence
from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_POST

from apps.core.errors import DomainError, Forbidden, Invalid
from apps.core.pages import is_fragment, render
from apps.core.requests import (
    actor_of,
    is_plain_form,
    is_scripted,
    number_or_none,
    read_ids,
    whole_number,
    whole_numbers,
)
from apps.core.tenancy import Actor
from apps.issues.selectors import Card, Filters, get_issues_by_id
from apps.issues.services import MOST_ISSUES, BulkEdit, Place, bulk_edit
from apps.projects import policies
from apps.projects.selectors import assignable_people, get_project, list_labels
from apps.sprints import backlog as reading
from apps.sprints import services
from apps.sprints.backlog import Backlog, BacklogFilters
from apps.sprints.cells import MOST_TEXT, pasted_rows, read_cells

MOST_IDS = 200


def _narrowed(request: HttpRequest) -> BacklogFilters:
    """What the address narrows the page to. What makes no sense is ignored, as an old bookmark should still open."""
    return BacklogFilters(filters=Filters.read(request.GET), epic=number_or_none(request.GET, "epic"))


def _section(request: HttpRequest, backlog: Backlog, section: reading.Section) -> dict[str, Any]:
    """A section for the template: with the address of its next rows."""
    next_url = None
    if section.next_after is not None:
        address = reverse("backlog_section", args=[actor_of(request).org_slug, backlog.project.key, section.id])
        next_url = f"{address}?{urlencode({'after': section.next_after, **_narrowed(request).as_query()})}"
    names = ("id", "sprint", "total", "points", "done", "load", "rows")
    return {name: getattr(section, name) for name in names} | {"next_url": next_url}


def _context(request: HttpRequest, backlog: Backlog, sections: Sequence[reading.Section]) -> dict[str, Any]:
    actor = actor_of(request)
    rows = [row for section in sections for row in section.rows]
    return {
        "project": backlog.project,
        "sections": [_section(request, backlog, section) for section in sections],
        "open_sprints": [section.sprint for section in backlog.sections if section.sprint is not None],
        "epics": backlog.epics,
        "parents": reading.parents_of(actor=actor, rows=rows),
        "narrowed": _narrowed(request),
        "stream": backlog.stream,
        "seq": backlog.seq,
        "can_edit": policies.can_edit_issues(actor, backlog.project),
        "can_manage": policies.can_configure(actor, backlog.project) and backlog.project.archived_at is None,
    }


def _rows_context(request: HttpRequest, backlog: Backlog, rows: Sequence[Card]) -> dict[str, Any]:
    actor = actor_of(request)
    return {
        "project": backlog.project,
        "rows": rows,
        "parents": reading.parents_of(actor=actor, rows=rows),
        "can_edit": policies.can_edit_issues(actor, backlog.project),
    }


@require_GET
def backlog(request: HttpRequest, org: str, project_key: str) -> HttpResponse:
    """The backlog of a project; for a script that reads it again, its sections only."""
    return _page(request, reading.get_backlog(actor=actor_of(request), key=project_key))


def _page(
    request: HttpRequest, shown: Backlog, *, refused: dict[str, Any] | None = None, status: int = 200
) -> HttpResponse:
    """The page; `refused` is a new issue that a plain form could not create: its section, its title, and why."""
    actor = actor_of(request)
    labels = list_labels(actor=actor, project=shown.project)
    reading.fill(actor=actor, backlog=shown, narrowed=_narrowed(request), labels=labels)
    context = _context(request, shown, shown.sections) | {"refused": refused}
    if is_fragment(request):
        return render(request, "backlog/_sections.html", context)
    context |= {"labels": labels, "people": list(assignable_people(actor=actor, project=shown.project))}
    return render(request, "backlog/backlog.html", context, status=status)


@require_GET
def section(request: HttpRequest, org: str, project_key: str, sprint_id: int) -> HttpResponse:
    """The next rows of a section (0: of the backlog); on a page of their own for a reader without script."""
    actor = actor_of(request)
    after = request.GET.get("after", "")
    if len(after) > 255 or not after.isascii() or "\x00" in after:
        raise Invalid(_("This page mark is not one of ours."), field="after")
    shown = reading.get_backlog(actor=actor, key=project_key)
    narrowed = _narrowed(request)
    found = reading.section_page(actor=actor, backlog=shown, section_id=sprint_id, narrowed=narrowed, after=after)
    if not is_fragment(request):
        reading.count(actor=actor, backlog=shown, narrowed=narrowed)
    context = _context(request, shown, [found])
    return render(request, "backlog/_more.html" if is_fragment(request) else "backlog/section.html", context)


@require_GET
def rows(request: HttpRequest, org: str, project_key: str) -> HttpResponse:
    """Some rows by id; those that the page does not show, or filters out, are left out."""
    actor = actor_of(request)
    ids = read_ids(request.GET.get("ids", ""), most=MOST_IDS)
    shown = reading.get_backlog(actor=actor, key=project_key)
    found = reading.rows_by_id(actor=actor, backlog=shown, narrowed=_narrowed(request), ids=ids)
    return render(request, "backlog/_rows.html", _rows_context(request, shown, found))


@require_GET
def figures(request: HttpRequest, org: str, project_key: str) -> HttpResponse:
    """The true totals of every section, and the epics."""
    actor = actor_of(request)
    shown = reading.get_backlog(actor=actor, key=project_key)
    reading.count(actor=actor, backlog=shown, narrowed=_narrowed(request))
    return render(request, "backlog/_figures.html", _context(request, shown, shown.sections))


def _arrange(request: HttpRequest, actor: Actor, project: Any, ids: Sequence[int]) -> BulkEdit:
    """Put issues into the section that the form names, at its place: one bulk edit, of one issue as of many."""
    section_id = whole_number(request.POST, "column")
    near = {name: whole_number(request.POST, name) for name in ("after", "before") if request.POST.get(name)}
    return bulk_edit(
        actor=actor,
        project=project,
        issue_ids=ids,
        values={"sprint": section_id or None},
        place=Place(**near) if near else None,
    )


def _truth(issue: Any) -> dict[str, Any]:
    """Where an issue is, as the script wants to know it."""
    return {
        "id": issue.pk,
        "v": issue.version,
        "rank": issue.rank,
        "sprint": issue.sprint_id or reading.UNPLANNED,
    }


@require_POST
def move(request: HttpRequest, org: str, project_key: str) -> HttpResponse:
    """Drop a row. A refusal carries where it truly is, so that the page can show it."""
    actor = actor_of(request)
    project = get_project(actor=actor, key=project_key)
    issue_id = whole_number(request.POST, "issue")
    issue = get_issues_by_id(actor=actor, project=project, issue_ids=[issue_id])[issue_id]
    try:
        moved = _arrange(request, actor, project, [issue_id])
    except DomainError as error:
        error.extra["card"] = _truth(issue)
        raise
    return JsonResponse(_truth(moved.issues[0]) | {"op": request.POST.get("op", "")})


@require_POST
def move_many(request: HttpRequest, org: str, project_key: str) -> HttpResponse:
    """Drop several rows at one place; without script, what was ticked, at the places that they have."""
    actor = actor_of(request)
    project = get_project(actor=actor, key=project_key)
    if not is_scripted(request) and not request.POST.getlist("issue"):
        messages.warning(request, _("Tick the issues first."))
        return redirect("backlog", org, project.key)
    moved = _arrange(request, actor, project, whole_numbers(request.POST, "issue", most=MOST_ISSUES))
    if not is_scripted(request):
        count = len(moved.changed)
        messages.success(request, ngettext("%(num)s issue moved.", "%(num)s issues moved.", count) % {"num": count})
        return redirect("backlog", org, project.key)
    return JsonResponse(
        {"ids": [issue.pk for issue in moved.changed], "cards": [_truth(issue) for issue in moved.issues]}
    )


@require_POST
def create(request: HttpRequest, org: str, project_key: str) -> HttpResponse:
    """Create an issue at the foot of a section; the answer is its row, or the page for a plain form."""
    actor = actor_of(request)
    shown = reading.get_backlog(actor=actor, key=project_key)
    section_id = whole_number(request.POST, "column")
    title = request.POST.get("title", "")
    try:
        made = services.create_in_backlog(
            actor=actor,
            project=shown.project,
            sprint_id=section_id or None,
            epic_id=_narrowed(request).epic or None,
            rows=[{"title": title}],
        )
    except DomainError as error:
        if not is_plain_form(request):
            raise
        refused = {"column": section_id, "text": title, "detail": error.detail or error.title}
        return _page(request, shown, refused=refused, status=error.status)
    if not is_scripted(request):
        messages.success(request, _("%(key)s is created.") % {"key": f"{shown.project.key}-{made[0].number}"})
        return redirect("backlog", org, shown.project.key)
    return _created(request, shown, made)


@require_POST
def create_many(request: HttpRequest, org: str, project_key: str) -> HttpResponse:
    """Create an issue for each line, or each row of cells, that was pasted into a section's form."""
    actor = actor_of(request)
    shown = reading.get_backlog(actor=actor, key=project_key)
    made = services.create_in_backlog(
        actor=actor,
        project=shown.project,
        sprint_id=whole_number(request.POST, "column") or None,
        epic_id=_narrowed(request).epic or None,
        rows=pasted_rows(request.POST.getlist("titles"), request.POST.getlist("cells")),
    )
    if not is_scripted(request):
        return redirect("backlog", org, shown.project.key)
    return _created(request, shown, made)


@require_POST
def cells(request: HttpRequest, org: str, project_key: str) -> HttpResponse:
    """What pasted cells would become, to be looked over before anything is created; nothing if they are no table."""
    actor = actor_of(request)
    project = get_project(actor=actor, key=project_key)
    if not policies.can_edit_issues(actor, project):
        raise Forbidden
    text = request.POST.get("text", "").replace("\x00", "")
    if len(text) > MOST_TEXT:
        raise Invalid(_("That is too much for one paste. Take some hundred rows at a time."), field="text")
    pasted = read_cells(text, reading.vocabulary(actor=actor, project=project))
    if pasted is None:
        return HttpResponse(status=204)
    context = {
        "rows": pasted.rows[: services.MOST_AT_ONCE],
        "count": len(pasted.rows),
        "unused": pasted.unused,
        "values": [json.dumps(row.values) for row in pasted.rows],
    }
    return render(request, "backlog/_pasted.html", context)


def _created(request: HttpRequest, shown: Backlog, made: Sequence[Any]) -> HttpResponse:
    """What scripts get: a sentence, where to look, and the rows that the page shows under its filters."""
    actor = actor_of(request)
    ids = [issue.pk for issue in made]
    found = reading.rows_by_id(actor=actor, backlog=shown, narrowed=_narrowed(request), ids=ids)
    key = f"{shown.project.key}-{made[0].number}"
    if len(made) > 1:
        text = ngettext("%(num)s issue created.", "%(num)s issues created.", len(made)) % {"num": len(made)}
        url = reverse("issues", args=[actor.org_slug, shown.project.key]) + "?sort=-key"
    else:
        text = _("{key} created.").format(key=key)
        url = reverse("issue", args=[actor.org_slug, key])
    is_hidden = len(found) < len(made)
    if is_hidden:
        text = f"{text} {ngettext('The filters hide it.', 'The filters hide some of them.', len(made))}"
    context = {"ids": ids, "key": key, "url": url, "text": text, "is_hidden": is_hidden, "is_many": len(made) > 1}
    return render(request, "backlog/_created.html", _rows_context(request, shown, found) | context)
