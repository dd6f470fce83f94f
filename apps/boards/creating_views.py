"""Creating issues: at a column's foot, many from one paste, and with everything that can be said of one."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST

from apps.boards import selectors, services
from apps.boards.forms import NewIssueForm
from apps.core.errors import DomainError, Forbidden, Invalid
from apps.core.forms import show_refusal, status_of
from apps.core.pages import is_fragment, render
from apps.core.requests import actor_of, is_scripted, number_or_none, whole_number
from apps.core.tenancy import Actor
from apps.issues.selectors import PRIORITY_CHOICES, Filters, is_shown
from apps.issues.services import NewIssue
from apps.projects import policies
from apps.projects.selectors import (
    assignable_people,
    list_custom_fields,
    list_labels,
    list_statuses,
    list_types_for_new,
    list_versions,
)
from apps.recurring.selectors import Prefill, Present, list_templates, template_names
from apps.recurring.services import create_from_template
from apps.sprints.cells import pasted_rows

# What "create another" keeps: what the next one is likely to share with the last.
KEPT = ("type", "status", "priority", "assignee", "labels", "fix_versions", "in_sprint", "template")


def board_of(request: HttpRequest, key: str, board_id: int | None = None) -> selectors.BoardView:
    """The board that a request means: of several active sprints the one that its address asks for, if that exists."""
    sprint_id = number_or_none(request.GET, "sprint")
    return selectors.get_board(actor=actor_of(request), key=key, board_id=board_id, sprint_id=sprint_id)


@require_POST
def create_cards(request: HttpRequest, org: str, project_key: str, board_id: int | None = None) -> HttpResponse:
    """Create an issue for each line, or each row of cells, that was pasted into a column's form."""
    actor = actor_of(request)
    board, statuses = _column(request, actor, project_key, board_id)
    rows = pasted_rows(request.POST.getlist("titles"), request.POST.getlist("cells"))
    issues = services.create_cards(actor=actor, board=board, statuses=statuses, rows=rows)
    if not is_scripted(request):
        return redirect("board", org, *board.names)
    return answer_created(request, actor, board, issues, place="board")


@require_http_methods(["GET", "HEAD", "POST"])
def new_issue(request: HttpRequest, org: str, project_key: str) -> HttpResponse:
    """The form with all fields: a page of its own, or the inside of the dialog."""
    actor = actor_of(request)
    board = board_of(request, project_key)
    if not policies.can_edit_issues(actor, board.project):
        raise Forbidden
    things = _Things(actor, board)
    if request.method != "POST":
        offer = _Offer(request, actor, things)
        return _form_page(request, board, things.form(initial=things.initial(request, offer.filled)), offer)
    things.names = template_names(actor=actor, project=board.project)
    form = things.form(request.POST)
    if form.is_valid():
        try:
            issue, *children = create_from_template(
                actor=actor,
                project=board.project,
                new=replace(things.new(form.cleaned_data), values=form.own_values()),
                subtasks=form.cleaned_data["subtasks"].splitlines(),
            )
        except DomainError as error:
            if is_scripted(request):
                raise
            show_refusal(form, error)
        else:
            if is_scripted(request):
                place = request.GET.get("place", "")
                return answer_created(request, actor, board, [issue], place=place, children=children)
            return _after(request, org, board, issue, form)
    elif is_scripted(request):
        field, errors = next(iter(form.errors.items()))
        raise Invalid(" ".join(str(error) for error in errors), field=field)
    return _form_page(request, board, form, _Offer(request, actor, things))


class _Things:
    """What a new issue of a project can be made of."""

    def __init__(self, actor: Actor, board: selectors.BoardView) -> None:
        project = board.project
        self.board = board
        self.types = {found.pk: found for found in list_types_for_new(actor=actor, project=project)}
        self.statuses = {found.pk: found for found in list_statuses(actor=actor, project=project)}
        self.people = {found.pk: found for found in assignable_people(actor=actor, project=project)}
        # What came out already takes no new work.
        self.versions = {
            each.pk: each for each in list_versions(actor=actor, project=project) if each.released_at is None
        }
        self.labels = {found.pk: found for found in list_labels(actor=actor, project=project)}
        self.own = list_custom_fields(actor=actor, project=project)
        self.templates = {each.pk: each for each in list_templates(actor=actor, project=project)}
        # What a sent form may name: a template that was deleted meanwhile as well.
        self.names = {pk: each.name for pk, each in self.templates.items()}
        self.usual_type = next((pk for pk, found in self.types.items() if found.name == "Task"), next(iter(self.types)))

    def form(self, data: Any = None, **options: Any) -> NewIssueForm:
        choices: dict[str, list[tuple[Any, str]]] = {
            name: [(pk, thing.name) for pk, thing in things.items()]
            for name, things in (
                ("type", self.types),
                ("status", self.statuses),
                ("labels", self.labels),
                ("fix_versions", self.versions),
            )
        }
        choices["assignee"] = [("", _("Nobody")), *((pk, person.name) for pk, person in self.people.items())]
        choices["template"] = [("", ""), *self.names.items()]
        choices["priority"] = [(number, str(name)) for number, name in PRIORITY_CHOICES]
        sprint = self.board.sprint.name if self.board.sprint else None
        return NewIssueForm(data, choices=choices, sprint=sprint, own=self.own, **options)

    def initial(self, request: HttpRequest, filled: Prefill | None) -> dict[str, Any]:
        """What the address asks for, where it makes sense; else what a template fills in, or `create_issue` chooses."""
        asked = request.GET
        todo = next((pk for pk, found in self.statuses.items() if found.category == "todo"), next(iter(self.statuses)))
        column = next((view for view in self.board.columns if str(view.id) == asked.get("column")), None)
        if column is not None and column.status_ids:
            todo = column.status_ids[0]

        def one(name: str, things: dict[int, Any], fallback: Any) -> Any:
            return next((pk for pk in things if str(pk) == asked.get(name)), fallback)

        usual = {"type": self.usual_type, "priority": 0, "assignee": "", "labels": [], "title": ""} | (
            _filled_in(filled) if filled is not None else {}
        )
        return usual | {
            "type": one("type", self.types, usual["type"]),
            "status": one("status", self.statuses, todo),
            "priority": one("priority", dict(PRIORITY_CHOICES), usual["priority"]),
            "assignee": one("assignee", self.people, usual["assignee"]),
            "labels": [pk for pk in self.labels if str(pk) in asked.getlist("labels")] or usual["labels"],
            "fix_versions": [pk for pk in self.versions if str(pk) in asked.getlist("fix_versions")],
            "in_sprint": asked.get("in_sprint", "1") == "1",
            "another": "another" in asked,
            "title": asked.get("title", "").replace("\x00", "")[:500] or usual["title"],
        }

    def new(self, values: dict[str, Any]) -> NewIssue:
        """The issue that a valid form describes."""
        sprint = self.board.sprint
        return NewIssue(
            title=values["title"],
            type=self.types[values["type"]],
            status=self.statuses[values["status"]],
            priority=values["priority"],
            assignee=self.people.get(values["assignee"]),
            points=values["points"],
            labels=[self.labels[pk] for pk in values["labels"]],
            fix_versions=[self.versions[pk] for pk in values["fix_versions"]],
            sprint_id=sprint.id if sprint and values["in_sprint"] else None,
            description=values["description"],
            template=self.names.get(values["template"], ""),
        )


def _filled_in(filled: Prefill) -> dict[str, Any]:
    """A template's values as the form names them."""
    template = filled.template
    return {
        "template": template.pk,
        "title": filled.title,
        "description": filled.description,
        "priority": template.priority,
        "points": template.points,
        "assignee": filled.assignee.pk if filled.assignee is not None else "",
        "labels": [label.pk for label in filled.labels],
        "subtasks": "\n".join(filled.subtasks),
    } | ({"type": filled.type.pk} if filled.type is not None else {})


class _Offer:
    """Which templates the form offers, and the one that fills it in: the one that the address asks for (`0` is none),
    else the one that belongs to the type.
    """

    def __init__(self, request: HttpRequest, actor: Actor, things: _Things) -> None:
        project, asked = things.board.project, request.GET.get("template", "")
        # Somebody has written sub-tasks already, which need a place.
        self.keeps_subtasks = "subtasks" in request.GET
        self.templates = list(things.templates.values())
        # Of types that an issue can still begin as.
        self.defaults = {each.type_id: each.pk for each in self.templates if each.is_default}
        type_id = number_or_none(request.GET, "type") or things.usual_type
        if request.method == "POST":
            chosen = number_or_none(request.POST, "template")
        else:
            chosen = number_or_none(request.GET, "template") if asked else self.defaults.get(type_id)
        self.is_gone = bool(chosen) and chosen not in things.templates
        self.filled: Prefill | None = None
        if chosen in things.templates:
            present = Present(actor=actor, project=project)
            self.filled = present.fill(things.templates[chosen], day=timezone.localdate())


def _column(
    request: HttpRequest, actor: Actor, key: str, board_id: int | None
) -> tuple[selectors.BoardView, list[Any]]:
    board = board_of(request, key, board_id)
    column_id = whole_number(request.POST, "column")
    statuses = selectors.column_statuses(actor=actor, project=board.project, board_id=board.id, column_id=column_id)
    return board, statuses


def _form_page(request: HttpRequest, board: selectors.BoardView, form: NewIssueForm, offer: _Offer) -> HttpResponse:
    template = "boards/_new_issue_fields.html" if is_fragment(request) else "boards/new_issue.html"
    context = {"project": board.project, "form": form, "sprint": board.sprint, "offer": offer}
    return render(request, template, context, status=status_of(form))


def _after(request: HttpRequest, org: str, board: selectors.BoardView, issue: Any, form: NewIssueForm) -> HttpResponse:
    """Where a plain form leads: to the issue, or to the next form with the same choices."""
    key = f"{board.project.key}-{issue.number}"
    if not form.cleaned_data["another"]:
        return redirect("issue", org, key)
    link = format_html('<a class="link" href="{}">{}</a>', reverse("issue", args=[org, key]), key)
    messages.success(request, format_html(_("{key} created."), key=link))
    kept: dict[str, Any] = {name: form.cleaned_data[name] for name in KEPT if name in form.cleaned_data}
    kept["in_sprint"] = "1" if kept.get("in_sprint") else "0"
    query = urlencode({name: value for name, value in kept.items() if value not in (None, "")}, doseq=True)
    return redirect(f"{reverse('issue_create', args=[org, board.project.key])}?{query}&another=1")


def answer_created(
    request: HttpRequest,
    actor: Actor,
    board: selectors.BoardView,
    issues: Sequence[Any],
    *,
    place: str,
    children: Sequence[Any] = (),
) -> HttpResponse:
    """What scripts get: a sentence, where to look, and the cards that the board shows under its filters.

    :param children: what was created inside of the one issue
    """
    project, filters = board.project, Filters.read(request.GET)
    ids = [issue.pk for issue in issues]
    all_ids = ids + [child.pk for child in children]
    cards = selectors.cards_by_id(actor=actor, board=board, filters=filters, ids=all_ids)
    shown = sum(card.id in ids for card in cards)
    if place == "list":
        shown = sum(is_shown(actor=actor, project=project, filters=filters, issue_id=pk) for pk in ids)
    elif place != "board":
        shown = len(ids)
    why = _why_hidden(board, issues, place)
    said = said_of_created(request, project, issues, shown=shown, why_hidden=why, children=children)
    return render(request, "boards/_created.html", said | {"project": project, "board": board, "cards": cards})


def said_of_created(
    request: HttpRequest,
    project: Any,
    issues: Sequence[Any],
    *,
    shown: int,
    why_hidden: str = "",
    children: Sequence[Any] = (),
) -> dict[str, Any]:
    """What is said of issues that were just created: a sentence, and where they are.

    :param shown: how many of them the page shows
    :param why_hidden: why it does not show the others, where that is not for its filters
    :param children: what was created inside of the one issue
    """
    org = actor_of(request).org_slug
    key = f"{project.key}-{issues[0].number}"
    if len(issues) > 1:
        text = ngettext("%(num)s issue created.", "%(num)s issues created.", len(issues)) % {"num": len(issues)}
        url = reverse("issues", args=[org, project.key]) + "?sort=-key"
    else:
        text = _created(key, len(children))
        url = reverse("issue", args=[org, key])
    if issues[0].triage_since:
        shown, why_hidden = 0, _("It waits in Triage until somebody of the project decides.")
    if shown < len(issues):
        why = why_hidden or ngettext("The filters hide it.", "The filters hide some of them.", len(issues))
        text = f"{text} {why}"
    return {
        "ids": [issue.pk for issue in (*issues, *children)],
        "key": key,
        "text": text,
        "url": url,
        "is_hidden": shown < len(issues),
        "is_many": len(issues) > 1,
    }


def _created(key: str, children: int) -> str:
    if not children:
        return _("{key} created.").format(key=key)
    text = ngettext("{key} created, with %(num)s sub-task.", "{key} created, with %(num)s sub-tasks.", children)
    return (text % {"num": children}).format(key=key)


def _why_hidden(board: selectors.BoardView, issues: Sequence[Any], place: str) -> str:
    """Why the page does not show all of them, where it is not the filters."""
    if place == "board":
        columns = {status_id for column in board.columns for status_id in column.status_ids}
        status = issues[0].status
        if status.pk not in columns:
            return _("No column of this board shows “%(status)s”.") % {"status": status.name}
        if board.sprint and issues[0].sprint_id != board.sprint.id:
            return _("This board shows %(sprint)s only.") % {"sprint": board.sprint.name}
    return ""
