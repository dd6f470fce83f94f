"""The issue page (whole, or as the panel beside the board), the list, and what can be done to an issue."""

from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_POST

from apps.core.durations import in_hours
from apps.core.errors import Forbidden, Invalid, NotFound
from apps.core.pages import is_fragment, render
from apps.core.paging import read_mark, write_mark
from apps.core.requests import actor_of, is_plain_form, is_scripted, read_ids, way_back, whole_number
from apps.core.tenancy import Actor
from apps.events.selectors import project_stream
from apps.issues import selectors, services
from apps.issues.panel import answer, keeps_what_was_written, key_of, panel_context, ways
from apps.issues.selectors import PRIORITY_NAMES, Filters, find_issue, get_comment, get_issue
from apps.projects import policies
from apps.projects.selectors import (
    assignable_people,
    get_project,
    list_custom_fields,
    list_issue_types,
    list_labels,
    list_statuses,
    list_versions,
)

MOST_AT_ONCE = 100
MOST_ROWS = 200


@require_GET
def issue_page(request: HttpRequest, org: str, issue_key: str) -> HttpResponse:
    """An issue on a page of its own, or as the panel."""
    actor = actor_of(request)
    issue = get_issue(actor=actor, key=issue_key, with_deleted=True)
    template = "issues/panel.html" if is_fragment(request) else "issues/issue.html"
    return render(request, template, panel_context(actor, issue, request.GET.dict()))


@require_GET
def label_choices(request: HttpRequest, org: str, issue_key: str) -> HttpResponse:
    """The labels that the issue can carry, for a project with too many of them to send with every panel."""
    actor = actor_of(request)
    issue = get_issue(actor=actor, key=issue_key)
    context = {
        "project": issue.project,
        "issue": selectors.issue_view(actor=actor, issue=issue),
        "labels": list_labels(actor=actor, project=issue.project),
    }
    return render(request, "issues/_label_choices.html" if is_fragment(request) else "issues/labels.html", context)


@require_POST
@keeps_what_was_written
def edit(request: HttpRequest, org: str, issue_key: str) -> HttpResponse:
    """Set one field. A conflict answers with both values and the choice between them."""
    actor = actor_of(request)
    issue = get_issue(actor=actor, key=issue_key)
    field = request.POST.get("field", "")
    sent = request.POST.getlist("value")
    version = whole_number(request.POST, "version") if request.POST.get("version") else None
    if field == "status":
        statuses = {status.pk: status for status in list_statuses(actor=actor, project=issue.project)}
        to = statuses.get(whole_number(request.POST, "value"))
        if to is None:
            raise Invalid(_("That status belongs to another project, or is gone."), field="status")
        services.move_issue(actor=actor, issue=issue, to=to)
        return answer(
            request, actor, org, issue_key, _("%(key)s is in %(status)s now.") % {"key": issue_key, "status": to.name}
        )
    is_list = field in {"labels", "fix_versions"} or _is_of_several(actor, issue.project, field)
    value: Any = sent if is_list else (sent[0] if sent else "")
    if field == "priority":
        value = next((number for number, name in PRIORITY_NAMES.items() if name == value), value)
    try:
        did = services.edit_and_act(actor=actor, issue=issue, values={field: value}, version=version)
    except services.StaleEdit as conflict:
        return _conflict(request, actor, issue, field, sent, conflict)
    return answer(request, actor, org, issue_key, did.words or _("Saved."), did=did)


def _is_of_several(actor: Actor, project: Any, name: str) -> bool:
    """Whether it is a field of the project's own that holds several options."""
    own = services.named_fields(actor=actor, project=project, names=[name])
    return name in own and own[name].kind == "multi"


def _conflict(
    request: HttpRequest, actor: Actor, issue: Any, field: str, sent: list[str], conflict: services.StaleEdit
) -> HttpResponse:
    def shown(value: Any) -> Any:
        if field == "assignee" and value:
            person = next((p for p in assignable_people(actor=actor, project=issue.project) if p.pk == value), None)
            return person.name if person else value
        if field == "type":
            called_so = {each.pk: each.name for each in list_issue_types(actor=actor, project=issue.project)}
            return called_so.get(value, value)
        if field == "labels":
            names = {label.pk: label.name for label in list_labels(actor=actor, project=issue.project)}
            return ", ".join(names.get(label_id, "") for label_id in value or ())
        if field == "fix_versions":
            called = {each.pk: each.name for each in list_versions(actor=actor, project=issue.project)}
            return ", ".join(called.get(version_id, "") for version_id in value or ())
        if field == "priority":
            return PRIORITY_NAMES.get(value, value)
        if field in {"time_estimate", "time_remaining"} and value is not None:
            return in_hours(value)
        if field in own:
            return selectors.in_words(own[field], value, {each.pk: each for each in people})
        return value

    own = services.named_fields(actor=actor, project=issue.project, names=[field])
    people = assignable_people(actor=actor, project=issue.project) if own else ()

    context = {
        "project": issue.project,
        "issue": {"key": key_of(issue)},
        "field": field,
        "mine_values": sent,
        "mine": shown(conflict.extra["mine"]),
        "theirs": shown(conflict.extra["theirs"]),
        "version": conflict.extra["version"],
    }
    template = "issues/conflict_page.html" if is_plain_form(request) else "issues/conflict.html"
    return render(request, template, context, status=409)


@require_POST
@keeps_what_was_written
def comment(request: HttpRequest, org: str, issue_key: str) -> HttpResponse:
    """Comment on an issue."""
    actor = actor_of(request)
    issue = get_issue(actor=actor, key=issue_key)
    said = services.comment_and_act(actor=actor, issue=issue, body=request.POST.get("body", ""))
    notice = said.did.words or _("Your comment is added.")
    return answer(request, actor, org, issue_key, notice, did=said.did)


@require_POST
@keeps_what_was_written
def edit_comment(request: HttpRequest, org: str, comment_id: int) -> HttpResponse:
    """Change one's own comment."""
    actor = actor_of(request)
    found = get_comment(actor=actor, comment_id=comment_id)
    said = services.edit_comment_and_act(actor=actor, comment=found, body=request.POST.get("body", ""))
    notice = said.did.words or _("The comment is saved.")
    return answer(request, actor, org, key_of(found.issue), notice, did=said.did)


@require_POST
@keeps_what_was_written
def delete_comment(request: HttpRequest, org: str, comment_id: int) -> HttpResponse:
    """Delete a comment."""
    actor = actor_of(request)
    found = get_comment(actor=actor, comment_id=comment_id)
    services.delete_comment(actor=actor, comment=found)
    return answer(request, actor, org, key_of(found.issue), _("The comment is gone."))


@require_POST
@keeps_what_was_written
def watch(request: HttpRequest, org: str, issue_key: str) -> HttpResponse:
    """Follow the issue, or stop."""
    actor = actor_of(request)
    issue = get_issue(actor=actor, key=issue_key)
    is_watching = request.POST.get("watch") == "1"
    services.set_watching(actor=actor, issue=issue, is_watching=is_watching)
    notice = _("You are watching this issue.") if is_watching else _("You are no longer watching this issue.")
    return answer(request, actor, org, issue_key, notice)


@require_POST
def star(request: HttpRequest, org: str, issue_key: str) -> HttpResponse:
    """Take the issue among one's favourites, or out of them. A script gets the favourites as they are now."""
    actor = actor_of(request)
    issue = get_issue(actor=actor, key=issue_key)
    services.set_issue_starred(actor=actor, issue=issue, is_starred=request.POST.get("star") == "1")
    if is_scripted(request):
        return render(request, "components/_favourites.html")
    return redirect(way_back(request, "issue", org, issue_key))


@require_POST
def seen(request: HttpRequest, org: str, issue_key: str) -> HttpResponse:
    """Our script says that the issue was really looked at; reading a page writes nothing."""
    actor = actor_of(request)
    services.note_visit(actor=actor, issue=get_issue(actor=actor, key=issue_key))
    return HttpResponse(status=204)


@require_GET
def choices(request: HttpRequest, org: str, issue_key: str) -> HttpResponse:
    """What a list offers for an issue's status or assignee, as the items of a menu."""
    actor = actor_of(request)
    issue = get_issue(actor=actor, key=issue_key)
    if not policies.can_edit_issues(actor, issue.project):
        raise Forbidden
    if request.GET.get("field") == "assignee":
        context: dict[str, Any] = {"field": "assignee", "people": assignable_people(actor=actor, project=issue.project)}
    else:
        context = {"field": "status", "ways": ways(actor, issue)}
    return render(request, "issues/_choices.html", context | {"issue": issue})


@require_POST
@keeps_what_was_written
def link(request: HttpRequest, org: str, issue_key: str) -> HttpResponse:
    """Link the issue to another one, named by its key (or by a whole address of ours that ends in it)."""
    actor = actor_of(request)
    issue = get_issue(actor=actor, key=issue_key)
    kind, _hyphen, is_turned = request.POST.get("kind", "").partition("-")
    named = request.POST.get("value", "").strip().rstrip("/").rsplit("/", 1)[-1][:40]
    try:
        other = find_issue(actor=actor, key=named.upper())
    except NotFound as error:
        raise Invalid(_("There is no issue “%(key)s”, or not for you.") % {"key": named}, field="value") from error
    source, target = (other, issue) if is_turned else (issue, other)
    services.link_issues(actor=actor, source=source, target=target, kind=kind)
    return answer(request, actor, org, issue_key, _("The link is made."))


@require_POST
@keeps_what_was_written
def unlink(request: HttpRequest, org: str, issue_key: str, link_id: int) -> HttpResponse:
    """Take a link of the issue away."""
    actor = actor_of(request)
    issue = get_issue(actor=actor, key=issue_key)
    found = selectors.get_link(actor=actor, link_id=link_id)
    if issue.pk not in {found.source_id, found.target_id}:
        raise NotFound
    services.unlink_issues(actor=actor, link=found)
    return answer(request, actor, org, issue_key, _("The link is gone."))


@require_POST
@keeps_what_was_written
def copy(request: HttpRequest, org: str, issue_key: str) -> HttpResponse:
    """Make a copy of the issue. A script gets the issue as it was, and what was made; a plain form goes to the copy."""
    actor = actor_of(request)
    made = services.copy_issue(actor=actor, issue=get_issue(actor=actor, key=issue_key))
    key = key_of(made)
    text = _("%(key)s created, a copy of %(old)s.") % {"key": key, "old": issue_key}
    created = {"ids": [made.pk], "key": key, "url": reverse("issue", args=[org, key]), "text": text}
    return answer(request, actor, org, issue_key if is_scripted(request) else key, text, created=created)


@require_POST
@keeps_what_was_written
def archive(request: HttpRequest, org: str, issue_key: str) -> HttpResponse:
    """Take the issue off boards and lists."""
    actor = actor_of(request)
    services.archive_issue(actor=actor, issue=get_issue(actor=actor, key=issue_key))
    return answer(request, actor, org, issue_key, _("%(key)s is archived.") % {"key": issue_key})


@require_POST
@keeps_what_was_written
def delete(request: HttpRequest, org: str, issue_key: str) -> HttpResponse:
    """Put the issue into the bin, and say what becomes of the issues in it."""
    actor = actor_of(request)
    issue = get_issue(actor=actor, key=issue_key)
    count = selectors.count_children(actor=actor, issue=issue)
    services.delete_issue(actor=actor, issue=issue)
    notice = _("%(key)s is deleted.") % {"key": issue_key}
    if not count:
        return answer(request, actor, org, issue_key, notice)
    left = ngettext(
        "%(num)s issue that it held stays, and belongs to none now.",
        "%(num)s issues that it held stay, and belong to none now.",
        count,
    )
    notice = f"{notice} {left % {'num': count}}"
    return answer(request, actor, org, issue_key, notice, gone=notice)


@require_POST
def delete_many(request: HttpRequest, org: str, project_key: str) -> HttpResponse:
    """Put several issues into the bin at once: what takes back a paste."""
    actor = actor_of(request)
    project = get_project(actor=actor, key=project_key)
    ids = [whole_number({"issue": text}, "issue") for text in request.POST.getlist("issue")]
    if not 0 < len(ids) <= MOST_AT_ONCE:
        raise Invalid(_("Name 1 to %(limit)s issues.") % {"limit": MOST_AT_ONCE}, field="issue")
    services.delete_issues(actor=actor, project=project, issue_ids=ids)
    return HttpResponse(status=204) if is_scripted(request) else redirect("issues", org, project.key)


@require_POST
@keeps_what_was_written
def restore(request: HttpRequest, org: str, issue_key: str) -> HttpResponse:
    """Bring the issue back from the bin or the archive."""
    actor = actor_of(request)
    services.restore_issue(actor=actor, issue=get_issue(actor=actor, key=issue_key, with_deleted=True))
    return answer(request, actor, org, issue_key, _("%(key)s is back.") % {"key": issue_key})


@require_GET
def issue_list(request: HttpRequest, org: str, project_key: str) -> HttpResponse:
    """All issues of a project, as a table."""
    actor = actor_of(request)
    project = get_project(actor=actor, key=project_key)
    # Read before the rows: what happens in between is replayed, not lost.
    stream, seq = project_stream(actor=actor, project_id=project.pk)
    filters = Filters.read(request.GET)
    sort = request.GET.get("sort", selectors.DEFAULT_SORT)
    page = selectors.issue_page(
        actor=actor, project=project, filters=filters, sort=sort, after=read_mark(request.GET.get("after", ""))
    )
    labels = list_labels(actor=actor, project=project)
    next_url = None
    if page.next_after is not None:
        query = {"sort": sort, **filters.as_query(), "after": write_mark(page.next_after)}
        next_url = f"{reverse('issues', args=[org, project.key])}?{urlencode(query)}"
    fields = [each for each in list_custom_fields(actor=actor, project=project) if each.in_lists]
    context = {
        "project": project,
        "fields": fields,
        "issues": selectors.cards(project=project, issues=page.issues, labels=labels, fields=fields),
        "filters": filters,
        "sort": sort,
        "people": list(assignable_people(actor=actor, project=project)),
        "labels": labels,
        "can_edit": policies.can_edit_issues(actor, project),
        "next_url": next_url,
        "is_first": not request.GET.get("after"),
        "stream": stream,
        "seq": seq,
    }
    return render(request, "issues/list.html", context)


@require_GET
def issue_rows(request: HttpRequest, org: str, project_key: str) -> HttpResponse:
    """Some rows of the list by id; those of issues that are gone, or filtered out, are left out."""
    actor = actor_of(request)
    project = get_project(actor=actor, key=project_key)
    ids = read_ids(request.GET.get("ids", ""), most=MOST_ROWS)
    found = selectors.rows_by_id(actor=actor, project=project, ids=ids, filters=Filters.read(request.GET))
    fields = [each for each in list_custom_fields(actor=actor, project=project) if each.in_lists]
    context = {
        "fields": fields,
        "issues": selectors.cards(project=project, issues=found, fields=fields),
        "can_edit": policies.can_edit_issues(actor, project),
    }
    return render(request, "issues/_rows.html", context)
