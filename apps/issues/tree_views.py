"""What belongs to what: children and parents on an issue's page, and the page of all epics."""

from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from django.contrib import messages
from django.forms import Form
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_POST

from apps.core.errors import Forbidden, Invalid
from apps.core.forms import is_done, status_of
from apps.core.pages import is_fragment, render
from apps.core.paging import read_mark, write_mark
from apps.core.requests import actor_of, get_or_post, whole_number
from apps.events.selectors import project_stream
from apps.issues import selectors, services
from apps.issues.forms import EpicForm
from apps.issues.panel import answer, keeps_what_was_written, key_of
from apps.issues.selectors import get_issue
from apps.orgs.selectors import get_organization
from apps.projects import policies
from apps.projects.selectors import LEVELS, get_project, list_issue_types

if TYPE_CHECKING:
    from apps.projects.models import IssueType, Project

EPIC_LEVEL = max(level for level, _name in LEVELS)


@require_GET
def parents(request: HttpRequest, org: str, issue_key: str) -> HttpResponse:
    """What could hold the issue: the inside of the panel's picker, or a page of its own."""
    actor = actor_of(request)
    issue = get_issue(actor=actor, key=issue_key)
    if not policies.can_edit_issues(actor, issue.project):
        raise Forbidden
    q = request.GET.get("q", "").replace("\x00", "").strip()[:200]
    context = {
        "project": issue.project,
        "issue": selectors.issue_view(actor=actor, issue=issue),
        "choices": selectors.parent_choices(actor=actor, issue=issue, q=q),
        "q": q,
    }
    return render(request, "issues/_parent_choices.html" if is_fragment(request) else "issues/parents.html", context)


@require_POST
@keeps_what_was_written
def add_children(request: HttpRequest, org: str, issue_key: str) -> HttpResponse:
    """Create an issue inside of this one for each line that was written."""
    actor = actor_of(request)
    issue = get_issue(actor=actor, key=issue_key)
    titles = [line.strip() for line in request.POST.get("value", "").split("\n") if line.strip()]
    issue_type = None
    if request.POST.get("type"):
        wanted = whole_number(request.POST, "type")
        issue_type = next((t for t in selectors.child_types(actor=actor, issue=issue) if t.pk == wanted), None)
        if issue_type is None:
            raise Invalid(_("Choose one of the offered values."), field="children")
    made = services.add_children(actor=actor, parent=issue, titles=titles, issue_type=issue_type)
    key = key_of(made[0])
    if len(made) == 1:
        text, url = _("%(key)s created.") % {"key": key}, reverse("issue", args=[org, key])
    else:
        text = ngettext("%(num)s issue created.", "%(num)s issues created.", len(made)) % {"num": len(made)}
        url = f"{reverse('issues', args=[org, issue.project.key])}?{urlencode({'parent': issue.pk})}"
    created = {"ids": [child.pk for child in made], "key": key, "url": url, "text": text}
    return answer(request, actor, org, issue_key, text, created=created)


@get_or_post
def epics(request: HttpRequest, org: str, project_key: str) -> HttpResponse:
    """The epics of a project with how far each is, and a form for one more."""
    actor = actor_of(request)
    project = get_project(actor=actor, key=project_key)
    if request.method != "POST":
        return _epics_page(request, project)
    if not policies.can_edit_issues(actor, project):
        raise Forbidden
    form = EpicForm(request.POST)
    epic_type = _epic_type(request, project)

    def write(data: dict[str, Any]) -> None:
        if epic_type is None:
            raise Invalid(_("This project has no type of issues that holds others. An admin can add one."))
        new = services.NewIssue(title=data["title"], type=epic_type)
        services.create_issue(actor=actor, project=project, new=new)

    if not is_done(form, write):
        return _epics_page(request, project, form=form)
    messages.success(request, _("“%(title)s” is there. Open it to say what belongs to it.") % form.cleaned_data)
    return redirect("epics", org, project.key)


def _epic_type(request: HttpRequest, project: "Project") -> "IssueType | None":
    types = list_issue_types(actor=actor_of(request), project=project)
    return next((each for each in types if each.level == EPIC_LEVEL), None)


def _epics_page(request: HttpRequest, project: "Project", *, form: Form | None = None) -> HttpResponse:
    actor = actor_of(request)
    # Read before the rows: what happens in between is replayed, not lost.
    stream, seq = project_stream(actor=actor, project_id=project.pk)
    shown = request.GET.get("show", "open")
    shown = shown if shown in selectors.EPICS_SHOWN else "open"
    page = selectors.epic_page(actor=actor, project=project, shown=shown, after=read_mark(request.GET.get("after", "")))
    home = reverse("epics", args=[actor.org_slug, project.key])
    next_url = None
    if page.next_after is not None:
        next_url = f"{home}?{urlencode({'show': shown, 'after': write_mark(page.next_after)})}"
    context = {
        "org": get_organization(actor=actor),
        "project": project,
        "epics": page.epics,
        "shown": shown,
        "next_url": next_url,
        "first_url": f"{home}?{urlencode({'show': shown})}" if request.GET.get("after") else None,
        "can_edit": policies.can_edit_issues(actor, project),
        "has_type": _epic_type(request, project) is not None,
        "form": form or EpicForm(),
        "stream": stream,
        "seq": seq,
    }
    return render(request, "issues/epics.html", context, status=status_of(form) if form else 200)
