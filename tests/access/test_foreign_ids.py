"""Foreign ids swapped in everywhere: in every address and every field of every form and JSON body that writes.

Foreign is what belongs to another organization, and what belongs to a private project of one's own organization that
one was not added to. The visitor is the owner, who may everything else. Each swap is refused; not one row changes.

A route that writes and is in neither table below fails the suite, and so does a field for ids that no entry fills.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

import pytest
from django import forms
from django.db import connection
from pytest_django import DjangoDbBlocker
from rest_framework import serializers

from apps.accounts.services import remember_session
from apps.boards.models import Board
from apps.boards.selectors.across import get_across
from apps.boards.services import Asked, Limit, add_quick_filter, create_board, delete_board, limit_lanes
from apps.boards.services.across import create_across, delete_across
from apps.boards.services.across_quick_filters import AskedAcross, add_across_quick_filter
from apps.core.api import IdField, PageQuery
from apps.core.tenancy import Actor, current_unit, run_as, run_as_system, tables, unit_of_work
from apps.events.models import Change
from apps.issues.api.serializers.issues import IssueFilterFields
from apps.issues.models import Issue
from apps.issues.services import (
    NewIssue,
    add_comment,
    bulk_edit,
    create_issues,
    edit_issue,
    link_issues,
    log_work,
    release_version,
    remove_attachment,
    retire_label,
    retire_version,
)
from apps.orgs.models import Organization
from apps.orgs.services import invite
from apps.projects.models import IssueType, Project, Status, Transition
from apps.projects.selectors import list_statuses
from apps.projects.services import create_label, create_project, create_version, delete_project, set_time_tracking
from apps.sprints.services import create_sprint, start_sprint
from tests import factories
from tests.access.conftest import World, all_routes, make_fields
from tests.access.routes import (
    ACROSS,
    API,
    API_ACROSS,
    API_BOARD,
    API_IMPORT,
    API_PROJECT,
    API_WEBHOOK,
    BOARDS,
    FIELDS,
    GONE,
    ISSUE,
    ORG,
    PROJECT,
    ROUTES,
    an_export,
    of_schedule,
    of_script_schedule,
    of_script_webhook,
    of_template,
    of_webhook,
)
from tests.access.test_matrix import ask
from tests.exports.world import make_archive
from tests.imports.world import make_imports
from tests.pictures import undone
from tests.recurring.world import make_templates
from tests.webhooks.world import make_webhook

REFUSALS = {400, 404, 422}

WORKFLOW = PROJECT + "settings/workflow/"

# Whose ids a visitor of `acme` has no business with.
FOREIGN = ("other", "private")

Names = Mapping[str, Any]


@dataclass(frozen=True)
class Swap:
    """One field of a form: what it is called, and which id belongs into it. `body` is all that is sent."""

    field: str
    id: str
    body: Callable[[Names], dict[str, Any]]


def one(field: str, id: str, **rest: str) -> Swap:  # noqa: A002 (what it is)
    """A field that takes one id; `rest` are further fields, with ids of one's own."""
    return Swap(field, id, lambda n: {field: n[id]} | {name: n["own"][own] for name, own in rest.items()})


def many(field: str, id: str) -> Swap:  # noqa: A002
    """A field that takes several: the foreign one comes in the company of one's own."""
    return Swap(field, id, lambda n: {field: sorted({n["own"][id], n[id]})})


def edit(field: str, id: str) -> Swap:  # noqa: A002
    """A field of an open issue."""
    return Swap(field, id, lambda n: {"field": field, "value": n[id]})


def new(swap: Swap) -> Swap:
    """The same within a whole new issue."""

    def body(n: Names) -> dict[str, Any]:
        own = n["own"]
        whole = {"title": "Fresh", "type": own["type_id"], "status": own["status_id"], "priority": "0"}
        return whole | swap.body(n)

    return Swap(swap.field, swap.id, body)


def together(swap: Swap) -> Swap:
    """The same as a value of a script's bulk edit."""
    return Swap(swap.field, swap.id, lambda n: {"issues": [n["own"]["issue_id"]], "values": swap.body(n)})


def in_batch(do: str, swap: Swap) -> Swap:
    """The same as a value of the second change of a batch."""

    def body(n: Names) -> dict[str, Any]:
        about = {} if do == "create" else {"issue": n["own"]["issue_id"]}
        first = {"do": "comment", "issue": n["own"]["issue_id"], "values": {"body": "First."}}
        return {"changes": [first, {"do": do, "values": swap.body(n)} | about]}

    return Swap(swap.field, swap.id, body)


def template(swap: Swap) -> Swap:
    """The same within a whole template."""
    return Swap(swap.field, swap.id, lambda n: of_template(n["own"]) | swap.body(n))


def schedule(swap: Swap) -> Swap:
    """The same within a whole schedule."""
    return Swap(swap.field, swap.id, lambda n: of_schedule(n["own"]) | swap.body(n))


def webhook(swap: Swap) -> Swap:
    """The same within a whole webhook."""
    return Swap(swap.field, swap.id, lambda n: of_webhook(n["own"]) | swap.body(n))


def bulk(swap: Swap) -> Swap:
    """The same for an issue of one's own among those that are selected."""
    return Swap(swap.field, swap.id, lambda n: {"issue": [n["own"]["issue_id"]]} | swap.body(n))


def titled(swap: Swap) -> Swap:
    """The same within a new issue that needs no more than a title."""
    return Swap(swap.field, swap.id, lambda n: {"title": "Fresh"} | swap.body(n))


def both(n: Names) -> list[int]:
    """A project of one's own in the company of a foreign one."""
    return sorted({n["own"]["live_project_id"], n["live_project_id"]})


def script_webhook(n: Names, field: str, id: str) -> dict[str, Any]:  # noqa: A002
    """The same by a script, with a field that takes several."""
    return of_script_webhook(n["own"]) | {field: sorted({n["own"][id], n[id]})}


def heir(id: str, keeps: str) -> Swap:  # noqa: A002 (what it is)
    """Whoever or whatever open work goes to, said not to be kept."""
    return Swap("to", id, lambda n: {keeps: False, "to": n[id]})


def accepted(field: str, id: str) -> Swap:  # noqa: A002
    """The same for an issue that waits in Triage."""
    return Swap(field, id, lambda n: {"status": n["own"]["todo_id"], "priority": "0", field: n[id]})


BOARD_WITH_IDS: dict[str, tuple[Swap, ...]] = {
    "move/": (
        one("issue", "issue_id", column="column_id"),
        one("column", "last_column_id", issue="issue_id"),
        one("before", "epic_id", issue="issue_id", column="column_id"),
        one("after", "epic_id", issue="issue_id", column="column_id"),
    ),
    "move-many/": (
        Swap("issue", "issue_id", lambda n: {"issue": [n["issue_id"]], "column": n["own"]["column_id"]}),
        Swap("column", "last_column_id", lambda n: {"issue": [n["own"]["issue_id"]], "column": n["last_column_id"]}),
        *(
            Swap(
                name,
                "epic_id",
                lambda n, name=name: {
                    "issue": [n["own"]["issue_id"]],
                    "column": n["own"]["column_id"],
                    name: n["epic_id"],
                },
            )
            for name in ("before", "after")
        ),
        *(
            Swap(
                "lane",
                pk,
                lambda n, by=by, pk=pk: {
                    "issue": [n["own"]["issue_id"]],
                    "column": n["own"]["column_id"],
                    "lane": f"{by}-{n[pk]}",
                },
            )
            for by, pk in (("assignee", "user_id"), ("epic", "epic_id"), ("parent", "epic_id"))
        ),
    ),
    "create/": (titled(one("column", "column_id")),),
    "create-many/": (Swap("column", "column_id", lambda n: {"column": n["column_id"], "titles": ["Fresh", "Too"]}),),
}

# What a script drops into a column.
CARD_SWAPS = (
    many("issues", "issue_id"),
    *(
        Swap(name, "epic_id", lambda n, name=name: {"issues": [n["own"]["issue_id"]], name: n["epic_id"]})
        for name in ("before", "after")
    ),
    *(
        Swap("lane", pk, lambda n, by=by, pk=pk: {"issues": [n["own"]["issue_id"]], "lane": f"{by}-{n[pk]}"})
        for by, pk in (("assignee", "user_id"), ("epic", "epic_id"))
    ),
)

TOKEN_PROJECTS = Swap(
    "projects",
    "live_project_id",
    lambda n: {"name": "Fresh", "days": "90", "scopes": ["read"], "reach": "chosen", "projects": both(n)},
)
WITH_IDS: dict[tuple[str, str], tuple[Swap, ...]] = {
    **{(PROJECT + board + rest, "POST"): swaps for board in BOARDS for rest, swaps in BOARD_WITH_IDS.items()},
    (ORG + "boards/new/", "POST"): (
        Swap("projects", "live_project_id", lambda n: {"name": "Fresh", "by": "status", "projects": both(n)}),
    ),
    **{(ORG + rest, "POST"): (TOKEN_PROJECTS,) for rest in ("tokens/", "service-accounts/<int:account_id>/")},
    (ACROSS + "settings/", "POST"): (
        Swap(
            "projects",
            "live_project_id",
            lambda n: {"name": "Fresh", "by": "status", "projects": both(n), "grouping": "none"},
        ),
    ),
    (ACROSS + "move-many/", "POST"): (
        Swap("issue", "issue_id", lambda n: {"issue": [n["issue_id"]], "column": n["own"]["todo_id"]}),
        bulk(one("column", "todo_id")),
        *(
            Swap(
                name,
                "epic_id",
                lambda n, name=name: {
                    "issue": [n["own"]["issue_id"]],
                    "column": n["own"]["todo_id"],
                    name: n["epic_id"],
                },
            )
            for name in ("before", "after")
        ),
        *(
            Swap(
                "lane",
                pk,
                lambda n, by=by, pk=pk: {
                    "issue": [n["own"]["issue_id"]],
                    "column": n["own"]["todo_id"],
                    "lane": f"{by}-{n[pk]}",
                },
            )
            for by, pk in (("assignee", "user_id"), ("epic", "epic_id"), ("project", "live_project_id"))
        ),
    ),
    (ACROSS + "bulk/", "POST"): (
        Swap("issue", "issue_id", lambda n: {"issue": [n["own"]["issue_id"], n["issue_id"]], "priority": "high"}),
        bulk(one("column", "todo_id")),
        bulk(one("assignee", "user_id")),
        bulk(one("sprint", "sprint_id")),
        bulk(one("parent", "epic_id")),
        bulk(many("labels_add", "label_id")),
        bulk(many("versions_add", "version_id")),
    ),
    (ACROSS + "bulk/undo/", "POST"): (Swap("issue", "issue_id", lambda n: {"issue": n["issue_id"], "of": "op"}),),
    (ACROSS + "create/", "POST"): (
        titled(one("column", "todo_id", project="live_project_id")),
        titled(one("project", "live_project_id", column="todo_id")),
    ),
    (ACROSS + "create-many/", "POST"): tuple(
        Swap(swap.field, swap.id, lambda n, swap=swap: {"titles": ["Fresh", "Too"]} | swap.body(n))
        for swap in (
            one("column", "todo_id", project="live_project_id"),
            one("project", "live_project_id", column="todo_id"),
        )
    ),
    (ACROSS + "move/", "POST"): (
        one("issue", "issue_id", column="todo_id"),
        one("column", "todo_id", issue="issue_id"),
        one("before", "epic_id", issue="issue_id", column="todo_id"),
        one("after", "epic_id", issue="issue_id", column="todo_id"),
    ),
    (PROJECT + "backlog/move/", "POST"): (
        one("issue", "issue_id", column="sprint_id"),
        one("column", "sprint_id", issue="issue_id"),
        one("before", "epic_id", issue="issue_id", column="sprint_id"),
        one("after", "epic_id", issue="issue_id", column="sprint_id"),
    ),
    (PROJECT + "backlog/move-many/", "POST"): (
        one("issue", "issue_id", column="sprint_id"),
        one("column", "sprint_id", issue="issue_id"),
        one("before", "epic_id", issue="issue_id", column="sprint_id"),
        one("after", "epic_id", issue="issue_id", column="sprint_id"),
    ),
    (PROJECT + "timeline/dates/", "POST"): (
        Swap("issue", "issue_id", lambda n: {"issue": n["issue_id"], "due": "2026-05-06"}),
    ),
    (PROJECT + "backlog/create/", "POST"): (titled(one("column", "sprint_id")),),
    (PROJECT + "backlog/create-many/", "POST"): (
        Swap("column", "sprint_id", lambda n: {"column": n["sprint_id"], "titles": ["Fresh", "Too"]}),
    ),
    (PROJECT + "settings/boards/<int:board_id>/statuses/", "POST"): (
        Swap("status", "idle_id", lambda n: {f"status-{n['idle_id']}": n["own"]["column_id"]}),
        Swap("column", "last_column_id", lambda n: {f"status-{n['own']['idle_id']}": n["last_column_id"]}),
    ),
    (PROJECT + "settings/boards/<int:board_id>/columns/", "POST"): (
        Swap(
            "statuses",
            "idle_id",
            lambda n: {"name": "Both", "statuses": [n["idle_id"]], "wip_unit": "issues", "wip_policy": "warn"},
        ),
    ),
    (PROJECT + "settings/boards/<int:board_id>/filters/", "POST"): (
        Swap("type", "bug_id", lambda n: {"name": "Fresh", "type": n["bug_id"]}),
        Swap("label", "label_id", lambda n: {"name": "Fresh", "label": n["label_id"]}),
    ),
    (ORG + "settings/transfer/", "POST"): (one("user", "user_id"),),
    (ORG + "imports/people/<int:placeholder_id>/", "POST"): (one("member", "user_id"),),
    (PROJECT + "settings/members/", "POST"): (
        Swap("user", "user_id", lambda n: {"user": n["user_id"], "role": "viewer"}),
    ),
    (PROJECT + "settings/members/<int:user_id>/remove/", "POST"): (one("to", "heir_id"),),
    (ORG + "members/<int:user_id>/remove/", "POST"): (one("to", "heir_id"),),
    (PROJECT + "settings/labels/<int:label_id>/delete/", "POST"): (one("to", "next_label_id"),),
    (FIELDS + "new/", "POST"): (
        Swap("types", "type_id", lambda n: {"name": "Fresh", "kind": "text", "types": [n["type_id"]]}),
    ),
    (FIELDS + "<int:field_id>/", "POST"): (
        Swap("types", "type_id", lambda n: {"name": "Renamed", "types": [n["type_id"]]}),
    ),
    (FIELDS + "<int:field_id>/options/<int:option_id>/remove/", "POST"): (one("to", "next_option_id"),),
    (PROJECT + "releases/<int:version_id>/release/", "POST"): (one("to", "next_version_id"),),
    (PROJECT + "releases/<int:version_id>/delete/", "POST"): (one("to", "next_version_id"),),
    (WORKFLOW + "statuses/<int:status_id>/retire/", "POST"): (one("to", "todo_id"),),
    (WORKFLOW + "transitions/new/", "POST"): (
        one("source", "todo_id", target="status_id"),
        one("target", "todo_id", source="status_id"),
    ),
    (WORKFLOW + "transitions/<int:transition_id>/", "POST"): (one("adds_label", "label_id"),),
    (WORKFLOW + "types/<int:type_id>/retire/", "POST"): (one("to", "bug_id"),),
    (PROJECT + "sprints/<int:sprint_id>/complete/", "POST"): (one("to", "next_sprint_id"),),
    (PROJECT + "issues/new/", "POST"): (
        new(one("type", "type_id")),
        new(one("status", "status_id")),
        new(one("assignee", "user_id")),
        new(many("labels", "label_id")),
        new(many("fix_versions", "version_id")),
        new(one("template", "template_id")),
    ),
    **{
        (PROJECT + f"settings/templates/{rest}", "POST"): (
            template(one("type", "type_id")),
            template(one("assignee", "user_id")),
            template(many("labels", "label_id")),
        )
        for rest in ("new/", "<int:template_id>/")
    },
    (PROJECT + "settings/schedules/new/", "POST"): (
        schedule(one("template", "template_id")),
        schedule(one("status", "todo_id", template="template_id")),
    ),
    (PROJECT + "settings/schedules/<int:schedule_id>/", "POST"): (schedule(one("status", "todo_id")),),
    (ORG + "settings/webhooks/new/", "POST"): (webhook(many("project_ids", "live_project_id")),),
    **{
        (route, "POST"): (webhook(many("type_ids", "bug_id")),)
        for route in (PROJECT + "settings/webhooks/new/", ORG + "settings/webhooks/<int:webhook_id>/edit/")
    },
    (PROJECT + "issues/delete/", "POST"): (many("issue", "issue_id"),),
    (PROJECT + "issues/bulk/", "POST"): (
        Swap("issue", "issue_id", lambda n: {"issue": [n["own"]["issue_id"], n["issue_id"]], "priority": "high"}),
        bulk(one("status", "status_id")),
        bulk(one("assignee", "user_id")),
        bulk(one("sprint", "sprint_id")),
        bulk(one("parent", "epic_id")),
        bulk(many("labels_add", "label_id")),
        bulk(many("labels_remove", "label_id")),
        bulk(many("versions_add", "version_id")),
        bulk(many("versions_remove", "version_id")),
        bulk(Swap("field", "field_id", lambda n: {f"field_{n['field_id']}": n["option_id"]})),
        bulk(Swap("option", "option_id", lambda n: {f"field_{n['own']['field_id']}": n["option_id"]})),
    ),
    (PROJECT + "issues/bulk/undo/", "POST"): (
        Swap("issue", "issue_id", lambda n: {"issue": n["issue_id"], "of": "op"}),
    ),
    (PROJECT + "issues/transfer/", "POST"): (
        Swap("issue", "issue_id", lambda n: {"issue": n["issue_id"], "to": "TWO"}),
        Swap(
            "status",
            "second_status_id",
            lambda n: {
                "issue": n["own"]["issue_id"],
                "to": "TWO",
                f"status-{n['own']['todo_id']}": n["second_status_id"],
            },
        ),
    ),
    (PROJECT + "issues/transfer/undo/", "POST"): (Swap("issue", "arrived_id", lambda n: {"issue": n["arrived_id"]}),),
    (PROJECT + "triage/<int:number>/accept/", "POST"): (
        accepted("status", "todo_id"),
        accepted("assignee", "user_id"),
        accepted("sprint", "sprint_id"),
    ),
    (PROJECT + "triage/<int:number>/duplicate/", "POST"): (one("value", "linked_key"),),
    (ISSUE + "links/", "POST"): (Swap("value", "linked_key", lambda n: {"kind": "blocks", "value": n["linked_key"]}),),
    (ISSUE + "children/", "POST"): (
        Swap("type", "step_type_id", lambda n: {"value": "Fresh", "type": n["step_type_id"]}),
    ),
    (ISSUE + "undo/", "POST"): (one("change", "change_id"),),
    (API + "issues/<slug:issue_key>/undo/", "POST"): (one("change", "change_id"),),
    (API + "exports/", "POST"): (one("project", "project_key"),),
    (API + "imports/", "POST"): (
        Swap("project", "project_key", lambda n: {"project": n["project_key"], "files": an_export()}),
    ),
    (API + "imports/people/<int:placeholder_id>/claim/", "POST"): (one("member", "user_id"),),
    (ISSUE + "edit/", "POST"): (
        Swap("field", "field_id", lambda n: {"field": f"field_{n['field_id']}", "value": n["option_id"]}),
        Swap("value", "option_id", lambda n: {"field": f"field_{n['own']['field_id']}", "value": n["option_id"]}),
        edit("status", "status_id"),
        edit("type", "type_id"),
        edit("assignee", "user_id"),
        edit("parent", "epic_id"),
        Swap(
            "fix_versions",
            "version_id",
            lambda n: {"field": "fix_versions", "value": sorted({n["own"]["version_id"], n["version_id"]})},
        ),
        Swap(
            "labels", "label_id", lambda n: {"field": "labels", "value": sorted({n["own"]["label_id"], n["label_id"]})}
        ),
    ),
    (API + "members/<int:user_id>/remove/", "POST"): (heir("heir_id", "keeps_work"),),
    (API_PROJECT + "members/", "POST"): (Swap("user", "user_id", lambda n: {"user": n["user_id"], "role": "viewer"}),),
    (API_PROJECT + "members/<int:user_id>/remove/", "POST"): (heir("heir_id", "keeps_work"),),
    (API_PROJECT + "statuses/order/", "POST"): (
        Swap(
            "order",
            "todo_id",
            lambda n: {"order": [n["todo_id"] if pk == n["own"]["todo_id"] else pk for pk in n["own"]["status_ids"]]},
        ),
    ),
    (API_PROJECT + "statuses/<int:status_id>/remove/", "POST"): (one("to", "todo_id"),),
    (API_PROJECT + "transitions/", "POST"): (
        one("source", "todo_id", target="status_id"),
        one("target", "todo_id", source="status_id"),
        Swap("adds_label", "label_id", lambda n: {"target": n["own"]["todo_id"], "adds_label": n["label_id"]}),
    ),
    (API_PROJECT + "transitions/<int:transition_id>/", "PATCH"): (one("adds_label", "label_id"),),
    (API_PROJECT + "types/<int:type_id>/remove/", "POST"): (one("to", "bug_id"),),
    (API_PROJECT + "labels/<int:label_id>/remove/", "POST"): (one("to", "next_label_id"),),
    (API + "webhooks/", "POST"): (
        Swap("projects", "live_project_id", lambda n: script_webhook(n, "projects", "live_project_id")),
    ),
    (API_PROJECT + "webhooks/", "POST"): (Swap("types", "bug_id", lambda n: script_webhook(n, "types", "bug_id")),),
    (API_WEBHOOK, "PATCH"): (many("types", "bug_id"),),
    (API_PROJECT + "sprints/plan/", "POST"): (
        Swap(
            "issues",
            "issue_id",
            lambda n: {"issues": sorted({n["own"]["issue_id"], n["issue_id"]}), "sprint": n["own"]["sprint_id"]},
        ),
        Swap("sprint", "sprint_id", lambda n: {"issues": [n["own"]["issue_id"]], "sprint": n["sprint_id"]}),
    ),
    (API_ACROSS + "columns/<int:across_column_id>/cards/move/", "POST"): CARD_SWAPS,
    (API_ACROSS + "cards/bulk/", "POST"): (
        Swap(
            "issues",
            "issue_id",
            lambda n: {"issues": sorted({n["own"]["issue_id"], n["issue_id"]}), "values": {"priority": "high"}},
        ),
        *(
            together(swap)
            for swap in (
                one("assignee", "user_id"),
                one("sprint", "sprint_id"),
                one("parent", "epic_id"),
                many("labels_add", "label_id"),
                many("labels_remove", "label_id"),
                many("versions_add", "version_id"),
                many("versions_remove", "version_id"),
            )
        ),
        Swap(
            "column",
            "todo_id",
            lambda n: {"issues": [n["own"]["issue_id"]], "values": {"priority": "high"}, "column": n["todo_id"]},
        ),
    ),
    (API_ACROSS + "cards/undo/", "POST"): (
        Swap("issues", "issue_id", lambda n: {"op": "op", "issues": [n["issue_id"]]}),
    ),
    (API_BOARD + "statuses/", "POST"): (
        Swap("status", "idle_id", lambda n: {"places": [{"status": n["idle_id"], "column": n["own"]["column_id"]}]}),
        Swap(
            "column",
            "last_column_id",
            lambda n: {"places": [{"status": n["own"]["idle_id"], "column": n["last_column_id"]}]},
        ),
    ),
    (API_BOARD + "columns/", "POST"): (
        Swap("statuses", "idle_id", lambda n: {"name": "Fresh", "statuses": [n["idle_id"]]}),
    ),
    (API_BOARD + "columns/<int:column_id>/cards/move/", "POST"): CARD_SWAPS,
    (API_BOARD + "quick-filters/", "POST"): (
        Swap("type", "type_id", lambda n: {"name": "Fresh", "type": n["type_id"]}),
        Swap("label", "label_id", lambda n: {"name": "Fresh", "label": n["label_id"]}),
    ),
    (API_PROJECT + "sprints/<int:sprint_id>/", "PATCH"): (
        Swap("carry_to", "next_sprint_id", lambda n: {"state": "completed", "carry_to": n["next_sprint_id"]}),
    ),
    (API_PROJECT + "sprints/<int:sprint_id>/capacity/", "PATCH"): (
        Swap("points", "user_id", lambda n: {"points": {str(n["user_id"]): 5}}),
    ),
    (API + "issues/<slug:waiting_key>/triage/accept/", "POST"): (
        one("status", "todo_id"),
        one("sprint", "sprint_id"),
        one("assignee", "user_id"),
    ),
    (API + "issues/<slug:waiting_key>/triage/duplicate/", "POST"): (one("of", "linked_id"),),
    (API_PROJECT + "versions/<int:version_id>/release/", "POST"): (heir("next_version_id", "keeps_open"),),
    (API_PROJECT + "versions/<int:version_id>/remove/", "POST"): (one("to", "next_version_id"),),
    (API_PROJECT + "fields/", "POST"): (
        Swap("types", "type_id", lambda n: {"name": "Fresh", "kind": "text", "types": [n["type_id"]]}),
    ),
    (API_PROJECT + "fields/<int:field_id>/", "PATCH"): (Swap("types", "type_id", lambda n: {"types": [n["type_id"]]}),),
    (API_PROJECT + "fields/<int:field_id>/options/<int:option_id>/remove/", "POST"): (one("to", "next_option_id"),),
    (API_PROJECT + "templates/", "POST"): tuple(
        Swap(swap.field, swap.id, lambda n, swap=swap: {"name": "Fresh", "type": n["own"]["type_id"]} | swap.body(n))
        for swap in (one("type", "type_id"), one("assignee", "user_id"), many("labels", "label_id"))
    ),
    (API_PROJECT + "templates/<int:template_id>/", "PATCH"): (
        one("type", "type_id"),
        one("assignee", "user_id"),
        many("labels", "label_id"),
    ),
    (API_PROJECT + "issues/from-template/", "POST"): (
        one("template", "template_id"),
        one("assignee", "user_id", template="template_id"),
    ),
    (API_PROJECT + "schedules/", "POST"): tuple(
        Swap(swap.field, swap.id, lambda n, swap=swap: of_script_schedule(n["own"]) | swap.body(n))
        for swap in (
            one("template", "template_id"),
            Swap("issue", "issue_id", lambda n: {"issue": n["issue_id"], "name": "Kept"}),
            one("status", "todo_id", template="template_id"),
        )
    ),
    (API_PROJECT + "schedules/<int:schedule_id>/", "PATCH"): (one("status", "todo_id"),),
    (API + "projects/<slug:project_key>/issues/", "POST"): (
        titled(one("type", "type_id")),
        titled(one("status", "status_id")),
        titled(one("assignee", "user_id")),
        titled(one("parent", "epic_id")),
        titled(one("sprint", "sprint_id")),
        titled(many("labels", "label_id")),
        titled(many("fix_versions", "version_id")),
    ),
    (API + "issues/<slug:issue_key>/", "PATCH"): (
        one("type", "type_id"),
        one("assignee", "user_id"),
        one("parent", "epic_id"),
        many("labels", "label_id"),
        many("fix_versions", "version_id"),
    ),
    (API + "issues/<slug:issue_key>/comments/", "POST"): (
        Swap("parent", "comment_id", lambda n: {"body": "Well said.", "parent": n["comment_id"]}),
    ),
    (API + "issues/<slug:issue_key>/move/", "POST"): (
        one("status", "status_id"),
        one("before", "epic_id"),
        one("after", "epic_id"),
    ),
    (API + "issues/<slug:issue_key>/transitions/", "POST"): (one("status", "status_id"),),
    (API + "issues/<slug:issue_key>/children/", "POST"): (
        Swap("type", "step_type_id", lambda n: {"titles": ["Fresh"], "type": n["step_type_id"]}),
    ),
    (API + "issues/<slug:issue_key>/links/", "POST"): (
        Swap("issue", "linked_id", lambda n: {"kind": "blocks", "issue": n["linked_id"]}),
    ),
    (API + "issues/<slug:issue_key>/reactions/", "PUT"): (
        Swap("comment", "comment_id", lambda n: {"emoji": "heart", "is_on": True, "comment": n["comment_id"]}),
    ),
    (API + "projects/<slug:project_key>/issues/bulk/", "POST"): (
        Swap(
            "issues",
            "issue_id",
            lambda n: {"issues": [n["own"]["issue_id"], n["issue_id"]], "values": {"priority": "high"}},
        ),
        *(
            Swap(
                name,
                "epic_id",
                lambda n, name=name: {"issues": [n["own"]["issue_id"]], "values": {}, name: n["epic_id"]},
            )
            for name in ("before", "after")
        ),
        together(one("status", "status_id")),
        together(one("assignee", "user_id")),
        together(one("sprint", "sprint_id")),
        together(one("parent", "epic_id")),
        together(many("labels_add", "label_id")),
        together(many("labels_remove", "label_id")),
        together(many("versions_add", "version_id")),
        together(many("versions_remove", "version_id")),
        together(Swap("field", "field_id", lambda n: {"custom_fields": {f"field_{n['field_id']}": n["option_id"]}})),
        together(
            Swap("option", "option_id", lambda n: {"custom_fields": {f"field_{n['own']['field_id']}": n["option_id"]}})
        ),
    ),
    (API + "projects/<slug:project_key>/issues/bulk/undo/", "POST"): (
        Swap("issue", "issue_id", lambda n: {"issue": n["issue_id"], "op": "op"}),
    ),
    (API + "projects/<slug:project_key>/issues/transfer/", "POST"): (
        Swap("issues", "issue_id", lambda n: {"issues": [n["issue_id"]], "to": "TWO"}),
        Swap(
            "statuses",
            "second_status_id",
            lambda n: {
                "issues": [n["own"]["issue_id"]],
                "to": "TWO",
                "statuses": {str(n["own"]["todo_id"]): n["second_status_id"]},
            },
        ),
        Swap(
            "types",
            "second_type_id",
            lambda n: {
                "issues": [n["own"]["issue_id"]],
                "to": "TWO",
                "types": {str(n["own"]["type_id"]): n["second_type_id"]},
            },
        ),
    ),
    (API + "projects/<slug:project_key>/issues/transfer/undo/", "POST"): (one("issue", "arrived_id"),),
    (API + "projects/<slug:project_key>/batch/", "POST"): (
        in_batch("create", titled(one("type", "type_id"))),
        in_batch("create", titled(one("parent", "epic_id"))),
        in_batch("create", titled(one("sprint", "sprint_id"))),
        in_batch("create", titled(many("labels", "label_id"))),
        in_batch("create", titled(many("fix_versions", "version_id"))),
        in_batch("create", titled(one("status", "status_id"))),
        in_batch("create", titled(one("assignee", "user_id"))),
        in_batch("edit", one("type", "type_id")),
        in_batch("edit", many("labels", "label_id")),
        in_batch("edit", one("assignee", "user_id")),
        in_batch("edit", one("parent", "epic_id")),
        in_batch("edit", many("fix_versions", "version_id")),
        in_batch("move", one("status", "status_id")),
        in_batch("move", one("before", "epic_id")),
        in_batch("move", one("after", "epic_id")),
        in_batch("comment", Swap("parent", "comment_id", lambda n: {"body": "So.", "parent": n["comment_id"]})),
        in_batch("link", Swap("issue", "linked_id", lambda n: {"kind": "blocks", "issue": n["linked_id"]})),
        Swap(
            "issue",
            "issue_id",
            lambda n: {"changes": [{"do": do, "issue": n["issue_id"]} for do in ("archive", "delete", "restore")]},
        ),
    ),
}

# They take no id but those of their address.
WITHOUT_IDS: set[tuple[str, str]] = {
    *(
        (route, "POST")
        for route in (
            "settings/server/admission/",
            "settings/server/mail/",
            "settings/server/reset-link/",
            "settings/server/demo/",
            "setup/<slug:secret>/",
            "accounts/login/",
            "accounts/signup/",
            "accounts/logout/",
            "accounts/password/reset/",
            "^accounts/password/reset/key/(?P<uidb36>[0-9A-Za-z]+)-(?P<key>.+)/$",
            "accounts/reauthenticate/",
            "accounts/email/",
            "accounts/password/change/",
            "accounts/password/set/",
            "accounts/sessions/end-others/",
            "accounts/sessions/<int:session_id>/end/",
            "accounts/sessions/scripts/<slug:sign_in_id>/end/",
            "api/v1/auth/login",
            "api/v1/auth/refresh",
            "api/v1/auth/logout",
            "accounts/delete/",
            "accounts/profile/",
            "accounts/preferences/",
            "accounts/preferences/keys/",
            "accounts/preferences/time-zone/",
            "accounts/theme/",
            "accounts/tour/",
            "accounts/mail/<str:stop_token>/",
            "orgs/new/",
            "invitations/<slug:secret>/",
            "invitations/<slug:secret>/ask/",
            "orgs/<slug:org>/restore/",
        )
    ),
    *(
        (ORG + rest, "POST")
        for rest in (
            "settings/",
            "settings/address/",
            "settings/delete/",
            "settings/projects/<int:project_id>/restore/",
            "settings/limits/",
            "settings/limits/tokens/<int:working_token_id>/",
            "members/",
            "members/<int:user_id>/role/",
            "invitations/<int:invitation_id>/resend/",
            "invitations/<int:invitation_id>/revoke/",
            "inbox/all/",
            # Up to where one's own was seen: a number, and nobody else's.
            "inbox/ended/",
            "inbox/<int:entry_id>/",
            "inbox/preferences/",
            "tokens/<int:token_id>/rotate/",
            "tokens/<int:token_id>/revoke/",
            "service-accounts/",
            "service-accounts/<int:account_id>/rename/",
            "service-accounts/<int:account_id>/tokens/<int:service_token_id>/rotate/",
            "service-accounts/<int:account_id>/tokens/<int:service_token_id>/revoke/",
            "inbox/preferences/mail/",
            "inbox/preferences/mail/resume/",
            "projects/new/",
            # Projects are named by their keys here, words by their places, profiles are the organization's.
            "imports/",
            "imports/<int:import_id>/choices/",
            "imports/<int:import_id>/profile/",
            "imports/<int:import_id>/start/",
            "imports/<int:import_id>/cancel/",
            "imports/<int:ended_import_id>/take-back/",
            "imports/profiles/<int:profile_id>/delete/",
            "settings/export/",
            "exports/<int:export_id>/delete/",
            *(
                f"settings/webhooks/<int:webhook_id>/{what}/"
                for what in (
                    "test",
                    "secret",
                    "secret/end",
                    "pause",
                    "resume",
                    "delete",
                    "messages/<int:message_id>/again",
                )
            ),
            "boards/<int:across_id>/delete/",
            # Types and labels are named here, which tests/boards swaps.
            "boards/<int:across_id>/settings/filters/",
            "boards/<int:across_id>/settings/filters/<int:across_quick_filter_id>/remove/",
            "boards/<int:deleted_across_id>/restore/",
            "comments/<int:comment_id>/edit/",
            "comments/<int:comment_id>/delete/",
            "comments/<int:comment_id>/reactions/",
            "comments/<int:comment_id>/reply/",
            "comments/<int:comment_id>/resolve/",
            "comments/<int:comment_id>/pin/",
            "files/<int:attachment_id>/remove/",
            "files/<int:removed_attachment_id>/restore/",
            "comments/<int:comment_id>/tick/",
            "markdown/preview/",
        )
    ),
    # What a lane is called is remembered for oneself; a name of something foreign folds nothing.
    *((PROJECT + board + rest, "POST") for board in BOARDS for rest in ("lanes/", "lanes/fold/")),
    *((ACROSS + rest, "POST") for rest in ("lanes/", "lanes/fold/")),
    *(
        (PROJECT + rest, "POST")
        for rest in (
            "star/",
            "epics/",
            "settings/",
            "settings/export/",
            "settings/labels/",
            "settings/labels/<int:retired_label_id>/restore/",
            "settings/fields/<int:field_id>/shift/",
            "settings/fields/<int:field_id>/remove/",
            "settings/fields/<int:retired_field_id>/restore/",
            "settings/fields/<int:field_id>/options/",
            "settings/fields/<int:field_id>/options/<int:option_id>/",
            "settings/fields/<int:field_id>/options/<int:retired_option_id>/restore/",
            "releases/",
            "settings/templates/<int:template_id>/shift/",
            "settings/templates/<int:template_id>/delete/",
            "settings/templates/<int:retired_template_id>/restore/",
            # Reads what a form says so far, and writes nothing.
            "settings/schedules/preview/",
            "settings/schedules/<int:schedule_id>/pause/",
            "settings/schedules/<int:schedule_id>/resume/",
            "settings/schedules/<int:schedule_id>/delete/",
            "settings/schedules/<int:retired_schedule_id>/restore/",
            "releases/<int:version_id>/edit/",
            "releases/<int:version_id>/archive/",
            "releases/<int:released_version_id>/unrelease/",
            "releases/<int:retired_version_id>/restore/",
            # Projects are named by their keys here, which tests/boards swaps.
            "settings/copy/",
            "settings/copy/undo/",
            "settings/time/",
            "settings/key/",
            "settings/delete/",
            "settings/archive/",
            "settings/restore/",
            "calendar/",
            "calendar/<int:calendar_link_id>/revoke/",
            # Reads what was pasted, and writes nothing.
            "backlog/cells/",
            "settings/triage/",
            "triage/<int:number>/decline/",
            "triage/<int:number>/snooze/",
            "triage/<int:decided_number>/undo/",
            "settings/boards/new/",
            "settings/boards/<int:board_id>/",
            "settings/boards/<int:extra_board_id>/delete/",
            "settings/boards/<int:deleted_board_id>/restore/",
            "settings/boards/<int:board_id>/limits/",
            "settings/boards/limits/<int:lane_limit_id>/lift/",
            "settings/boards/filters/<int:quick_filter_id>/remove/",
            "settings/boards/columns/<int:column_id>/",
            "settings/boards/columns/<int:column_id>/shift/",
            "settings/boards/columns/<int:column_id>/remove/",
            "sprints/",
            "sprints/cadence/",
            "sprints/<int:sprint_id>/edit/",
            "sprints/<int:sprint_id>/start/",
            "sprints/<int:sprint_id>/cancel/",
            # Its fields are named after people; tests/sprints names others.
            "sprints/<int:sprint_id>/capacity/",
            "sprints/<int:sprint_id>/reopen/",
            # Issues are named by their keys here, which tests/sprints swaps.
            "sprints/<int:sprint_id>/issues/",
            "sprints/<int:sprint_id>/issues/<int:issue_id>/remove/",
            "settings/workflow/statuses/new/",
            "settings/workflow/statuses/<int:status_id>/",
            "settings/workflow/statuses/<int:status_id>/initial/",
            "settings/workflow/statuses/<int:status_id>/shift/",
            "settings/workflow/transitions/<int:transition_id>/remove/",
            "settings/workflow/types/new/",
            "settings/workflow/types/<int:type_id>/",
        )
    ),
    *(
        (ISSUE + rest, "POST")
        for rest in (
            "links/<int:link_id>/remove/",
            "work/log/",
            "work/<int:work_id>/edit/",
            "work/<int:work_id>/remove/",
            "comments/",
            "reactions/",
            "attachments/",
            "watch/",
            "mute/",
            "tick/",
            "copy/",
            "star/",
            "seen/",
            "archive/",
            "delete/",
            "restore/",
        )
    ),
    (API, "PATCH"),
    ("api/v1/me/", "PATCH"),
    (API + "tokens/<int:token_id>/", "DELETE"),
    (API + "service-accounts/<int:account_id>/", "PATCH"),
    (API + "service-accounts/<int:account_id>/tokens/<int:service_token_id>/", "DELETE"),
    (API + "inbox/<int:entry_id>/", "PATCH"),
    (API + "inbox/finish/", "POST"),
    (API + "inbox/finish/undo/", "POST"),
    # Up to where one's own was seen: a number, and nobody else's.
    (API + "inbox/ended/", "POST"),
    (API + "inbox/resume-mail/", "POST"),
    *(
        (API + f"inbox/choices/{rest}", method)
        for rest in ("", "<slug:project_key>/")
        for method in ("PATCH", "DELETE")
    ),
    # Projects are named by their keys here, which tests/api swaps.
    *((API + rest, "POST") for rest in ("projects/", "deleted-projects/<int:project_id>/restore/")),
    *(
        (API_PROJECT + rest, "POST")
        for rest in (
            "delete/",
            "copy/",
            "copy/plan/",
            "copy/undo/",
            "statuses/",
            "types/",
            "labels/",
            "labels/<int:retired_label_id>/restore/",
            "versions/",
            "versions/<int:released_version_id>/unrelease/",
            "versions/<int:retired_version_id>/restore/",
            "boards/",
            "boards/<int:extra_board_id>/delete/",
            "boards/<int:board_id>/lane-limits/",
            "deleted-boards/<int:deleted_board_id>/restore/",
            "fields/<int:retired_field_id>/restore/",
            "fields/<int:field_id>/options/",
            "fields/<int:field_id>/options/<int:retired_option_id>/restore/",
        )
    ),
    *(
        (API_PROJECT + rest, "PATCH")
        for rest in (
            "",
            "statuses/<int:status_id>/",
            "types/<int:type_id>/",
            "labels/<int:label_id>/",
            "versions/<int:version_id>/",
            "fields/<int:field_id>/options/<int:option_id>/",
        )
    ),
    *((API_PROJECT + "star/", method) for method in ("PUT", "DELETE")),
    # Projects, types and labels are named here, which tests/api swaps.
    (API + "boards/", "POST"),
    (API_ACROSS, "PATCH"),
    (API_ACROSS, "DELETE"),
    (API + "deleted-boards/<int:deleted_across_id>/restore/", "POST"),
    (API_ACROSS + "columns/<int:across_column_id>/cards/", "POST"),
    (API_ACROSS + "quick-filters/", "POST"),
    (API_ACROSS + "quick-filters/<int:across_quick_filter_id>/", "DELETE"),
    (API_BOARD, "PATCH"),
    (API_BOARD + "columns/<int:column_id>/cards/", "POST"),
    (API_BOARD + "columns/<int:column_id>/", "PATCH"),
    (API_BOARD + "columns/<int:column_id>/", "DELETE"),
    (API_BOARD + "lane-limits/<int:lane_limit_id>/", "DELETE"),
    (API_BOARD + "quick-filters/<int:quick_filter_id>/", "DELETE"),
    (API_PROJECT + "transitions/<int:transition_id>/", "DELETE"),
    (API_PROJECT + "fields/<int:field_id>/", "DELETE"),
    (API_PROJECT + "templates/<int:template_id>/", "DELETE"),
    (API_PROJECT + "templates/<int:retired_template_id>/restore/", "POST"),
    (API_PROJECT + "schedules/<int:schedule_id>/", "DELETE"),
    (API_PROJECT + "schedules/<int:retired_schedule_id>/restore/", "POST"),
    (API_PROJECT + "sprints/", "POST"),
    (API_PROJECT + "sprints/cadence/", "PATCH"),
    (API + "calendar-links/<int:calendar_link_id>/", "DELETE"),
    *((API + f"issues/<slug:waiting_key>/triage/{what}/", "POST") for what in ("decline", "snooze")),
    (API + "issues/<slug:decided_key>/triage/undo/", "POST"),
    (API_WEBHOOK, "DELETE"),
    (API_WEBHOOK + "secret/", "POST"),
    (API_WEBHOOK + "secret/", "DELETE"),
    (API_WEBHOOK + "test/", "POST"),
    (API_WEBHOOK + "messages/<int:message_id>/redeliver/", "POST"),
    (API + "members/<int:user_id>/", "PATCH"),
    (API + "invitations/", "POST"),
    (API + "invitations/<int:invitation_id>/", "DELETE"),
    (API + "invitations/<int:invitation_id>/resend/", "POST"),
    *(
        (API + f"issues/<slug:issue_key>/{rest}", method)
        for rest, method in (
            ("", "DELETE"),
            ("archive/", "POST"),
            ("restore/", "POST"),
            ("copy/", "POST"),
            ("links/<int:link_id>/", "DELETE"),
            ("watchers/me/", "PUT"),
            ("watchers/me/", "DELETE"),
            ("star/", "PUT"),
            ("star/", "DELETE"),
            ("mute/", "PUT"),
            ("mute/", "DELETE"),
            ("attachments/", "POST"),
            ("attachments/<int:attachment_id>/", "DELETE"),
            ("attachments/<int:removed_attachment_id>/restore/", "POST"),
            ("comments/<int:comment_id>/", "DELETE"),
        )
    ),
    (API + "issues/<slug:issue_key>/comments/<int:comment_id>/", "PATCH"),
    (API + "issues/<slug:issue_key>/work/", "POST"),
    (API + "exports/<int:export_id>/", "DELETE"),
    (API_IMPORT, "DELETE"),
    (API_IMPORT + "sections/<slug:section>/", "PATCH"),
    (API_IMPORT + "profiles/", "POST"),
    (API_IMPORT + "profiles/<int:profile_id>/use/", "POST"),
    (API_IMPORT + "start/", "POST"),
    (API_IMPORT + "cancel/", "POST"),
    (API + "imports/<int:ended_import_id>/take-back/", "POST"),
    (API + "import-profiles/<int:profile_id>/", "DELETE"),
    (API + "issues/<slug:issue_key>/work/<int:work_id>/", "PATCH"),
    (API + "issues/<slug:issue_key>/work/<int:work_id>/", "DELETE"),
}

WRITES = {(route, method) for route, found in ROUTES.items() for method in found.methods if method != "GET"}
# An address's names that are no ids but what its bearer is meant to have.
CAPABILITIES = {"secret", "calendar_secret", "stop_token", "key", "uidb36", "name"}


# Tables outside of organizations: whoever asks may change their own rows there.
SHARED = {name for name, table in tables.TABLES.items() if table.scope is tables.Scope.OUTSIDE}


def active_sprint(actor: Actor, project: Project) -> int:
    """The id of a sprint that has started."""
    return start_sprint(actor=actor, sprint=create_sprint(actor=actor, project=project, name="Swapped")).pk


def webhook_of(actor: Actor, project: Project) -> dict[str, int]:
    """A webhook, and a message of it."""
    webhook, message = make_webhook(actor=actor, project=project)
    return {"webhook_id": webhook.pk, "message_id": message.pk}


def fill(org: Organization, by: Any, key: str) -> dict[str, Any]:
    """What bodies name, in one project, made by one person."""
    with run_as(user_id=by.pk, org_slug=org.slug) as actor:
        project = Project.objects.get(key=key)
        epic = IssueType.objects.get(project=project, level=IssueType.Level.EPIC)
        plain = IssueType.objects.get(project=project, name="Task")
        made = create_issues(
            actor=actor,
            project=project,
            batch=[NewIssue(title="Whole", type=epic), NewIssue(title="Part", type=plain)],
        )
        board = Board.objects.filter(project=project).order_by("position")[0]
        columns = list(board.columns.order_by("position"))
        gone = create_board(actor=actor, project=project, name="Swapped away")
        delete_board(actor=actor, board=gone)
        across = create_across(actor=actor, name="Swapped", by="status", project_ids=[project.pk])
        across_quick = add_across_quick_filter(
            actor=actor,
            board=across,
            view=get_across(actor=actor, across_id=across.pk),
            name="Own",
            asked=AskedAcross(is_mine=True),
        )
        across_gone = create_across(actor=actor, name="Swapped away", by="status", project_ids=[project.pk])
        delete_across(actor=actor, board=across_gone)
        unit = current_unit()
        assert unit is not None
        unit.op = "op"
        bulk_edit(actor=actor, project=project, issue_ids=[made[1].pk], values={"priority": 1})
        lost = create_label(actor=actor, project=project, name="swapped away")
        retire_label(actor=actor, label=lost)
        versions = [create_version(actor=actor, project=project, name=f"Swapped {number}") for number in range(4)]
        release_version(actor=actor, version=versions[2])
        retire_version(actor=actor, version=versions[3])
        dropped_file = factories.attach_one(actor, made[1], "swapped away.txt", b"away")
        remove_attachment(actor=actor, attachment=dropped_file)
        made[1].project = set_time_tracking(actor=actor, project=project, is_on=True)
        return {
            "work_id": log_work(actor=actor, issue=made[1], minutes=5).pk,
            "attachment_id": factories.attach_one(actor, made[1], "swapped.txt", b"swapped").pk,
            "removed_attachment_id": dropped_file.pk,
            **make_templates(actor=actor, project=project, name="Swapped"),
            **make_imports(actor=actor, project=project),
            # Kept decisions and imported people are the organization's.
            **({} if actor.is_manager else {"profile_id": None, "placeholder_id": None}),
            **make_fields(actor=actor, project=project, name="Swapped"),
            "export_id": make_archive(actor=actor, project=project).pk,
            **webhook_of(actor, project),
            "version_id": versions[0].pk,
            "next_version_id": versions[1].pk,
            "released_version_id": versions[2].pk,
            "retired_version_id": versions[3].pk,
            "retired_label_id": lost.pk,
            "next_label_id": create_label(actor=actor, project=project, name="swapped in").pk,
            "project_key": key,
            "project_id": project.pk,
            "epic_id": made[0].pk,
            "issue_id": made[1].pk,
            "issue_key": f"{key}-{made[1].number}",
            "type_id": plain.pk,
            "step_type_id": IssueType.objects.get(project=project, level=IssueType.Level.SUBTASK).pk,
            "status_id": Status.objects.get(project=project, name="In review").pk,
            "idle_id": Status.objects.get(project=project, name="Cancelled").pk,
            "second_status_id": Status.objects.get(project__key="TWO" if key == "FLOW" else key, name="In review").pk,
            "second_type_id": IssueType.objects.get(project__key="TWO" if key == "FLOW" else key, name="Task").pk,
            **({} if key == "FLOW" else {"arrived_id": made[1].pk}),
            "status_ids": [each.pk for each in list_statuses(actor=actor, project=project)],
            "todo_id": Status.objects.get(project=project, name="To do").pk,
            "transition_id": Transition.objects.get(project=project, target__name="In review").pk,
            "sprint_id": active_sprint(actor, project),
            "next_sprint_id": create_sprint(actor=actor, project=project, name="Next").pk,
            "bug_id": IssueType.objects.get(project=project, name="Bug").pk,
            "board_id": board.pk,
            "extra_board_id": create_board(actor=actor, project=project, name="Swapped").pk,
            "deleted_board_id": gone.pk,
            "lane_limit_id": limit_lanes(actor=actor, board=board, by="epic", limit=Limit(at=99)).pk,
            "across_id": across.pk,
            "across_quick_filter_id": across_quick.pk,
            "deleted_across_id": across_gone.pk,
            "across_column_id": Status.objects.get(project=project, name="To do").pk,
            "live_project_id": project.pk,
            "quick_filter_id": add_quick_filter(actor=actor, board=board, name="Own", asked=Asked(is_mine=True)).pk,
            "column_id": columns[0].pk,
            "last_column_id": columns[-1].pk,
            "label_id": create_label(actor=actor, project=project, name="swapped").pk,
            "linked_key": f"{key}-{made[0].number}",
            "linked_id": made[0].pk,
            "link_id": link_issues(actor=actor, source=made[1], target=made[0], kind="relates").pk,
            "comment_id": add_comment(actor=actor, issue=made[1], body="Said here.").pk,
            "invitation_id": invite(actor=actor, email=f"swap-{key.lower()}@{org.slug}.test", role="member").pk
            if actor.is_manager
            else None,
        }


def deleted_project(org: Organization, by: Any, key: str, **options: Any) -> int:
    """The id of a project that its owner could bring back."""
    with run_as(user_id=by.pk, org_slug=org.slug) as actor:
        project, maker = create_project(actor=actor, key=key, name="Gone", **options)
        return delete_project(actor=maker, project=project, confirmation="Gone").pk


def change_of(org: Organization, by: Any, issue_id: int) -> int:
    """The id of a change of an issue that could be undone."""
    with run_as(user_id=by.pk, org_slug=org.slug) as actor:
        issue = Issue.objects.select_related("project").get(pk=issue_id)
        edit_issue(actor=actor, issue=issue, values={"description": "Swapped."})
    with run_as(user_id=by.pk, org_slug=org.slug):
        return Change.objects.filter(issue=issue, field="description").latest("pk").pk


class Ids:
    """One's own ids, and foreign ones of both kinds."""

    def __init__(self, world: World) -> None:
        acme, other = world.acme, world.other
        insider = factories.make_member(acme.org, "member", "Insider")
        factories.make_project(acme.org, insider, "HID", visibility="private")
        with unit_of_work():
            session = remember_session(user=other.owner, session_key="s" * 32, user_agent="Firefox", address=None)
        self.own = acme.names | fill(acme.org, acme.owner, "FLOW")
        self.own["project_id"] = deleted_project(acme.org, acme.owner, "GONE")
        self.other = other.names | fill(other.org, other.owner, "FLOW")
        self.other |= {"project_id": deleted_project(other.org, other.owner, "GONE"), "session_id": session.pk}
        for names, org, by in ((self.own, acme.org, acme.owner), (self.other, other.org, other.owner)):
            names["change_id"] = change_of(org, by, names["issue_id"])
        # Its people are those of the organization, so none of theirs is foreign.
        self.private = {name: found for name, found in fill(acme.org, insider, "HID").items() if found is not None}
        self.private["change_id"] = change_of(acme.org, insider, self.private["issue_id"])
        self.private["hidden_id"] = self.private["project_id"]
        self.private["project_id"] = deleted_project(acme.org, insider, "LOST", visibility="private")

    def foreign(self, kind: str) -> dict[str, Any]:
        names: dict[str, Any] = getattr(self, kind)
        return names


@pytest.fixture(scope="module")
def ids(world: World, django_db_blocker: DjangoDbBlocker) -> Ids:
    with django_db_blocker.unblock():
        return ids_of(world)


@cache
def ids_of(world: World) -> Ids:
    """Made once in each world, for every module that asks."""
    return Ids(world)


def answer_to(world: World, ids: Ids, way: tuple[str, str], names: Names, body: Names) -> int:
    """The status of what the owner of `acme` gets."""
    route, method = way
    status: int = ask(world.visitor("owner"), route, method, ids.own | dict(names), body).status_code
    return status


SWAPS = [(way, swap) for way, swaps in WITH_IDS.items() for swap in swaps]
SWAP_NAMES = [f"{method} /{route} {swap.field}" for (route, method), swap in SWAPS]
ADDRESSES = [
    (way, name)
    for way in sorted(WRITES)
    for name in re.findall(r"<(?:\w+:)?(\w+)>", way[0])
    if name not in CAPABILITIES
]


def test_every_route_that_writes_says_which_ids_it_takes() -> None:
    assert WITH_IDS.keys() | WITHOUT_IDS == WRITES
    assert not WITH_IDS.keys() & WITHOUT_IDS


def test_every_field_for_an_id_is_swapped() -> None:
    """A form's field that makes a number of its choice, and a serializer's for an id."""
    assert all_routes()  # which brings every form and serializer with it
    ours = [each for base in (forms.Form, serializers.Serializer) for each in subclasses_of(base)]
    found: set[str] = set()
    for each in ours:
        if not each.__module__.startswith("apps.") or issubclass(each, PageQuery | IssueFilterFields):
            continue
        for name, field in getattr(each, "base_fields", getattr(each, "_declared_fields", {})).items():
            is_id = getattr(field, "coerce", None) is int or isinstance(field, forms.ModelChoiceField)
            if is_id or isinstance(getattr(field, "child", field), IdField):
                found.add(name)
    assert {"user", "assignee", "parent", "before"} <= found
    no_ids = {"hue", "priority", "least_priority", "sets_priority", "level", "first_weekday", "weekday"}
    # `seen` comes back and is compared; `quick` narrows what is read, and is refused where it is another board's.
    no_ids |= {"weekdays", "nth", "digest_hour", "digest_weekday", "seen", "quick"}
    assert found - no_ids <= {swap.field for _way, swap in SWAPS}


@pytest.mark.parametrize(("way", "swap"), SWAPS, ids=SWAP_NAMES)
def test_an_id_of_ones_own_is_taken(world: World, ids: Ids, way: tuple[str, str], swap: Swap) -> None:
    """Else the refusals below would prove nothing."""
    with undone():
        assert answer_to(world, ids, way, {}, swap.body(ids.own | {"own": ids.own})) < 400


@pytest.mark.parametrize("kind", FOREIGN)
@pytest.mark.parametrize(("way", "swap"), SWAPS, ids=SWAP_NAMES)
def test_a_foreign_id_in_a_field_is_refused(
    world: World, ids: Ids, way: tuple[str, str], swap: Swap, kind: str
) -> None:
    foreign = ids.foreign(kind)
    if swap.id not in foreign:
        assert (kind, swap.id) in {("private", "user_id"), ("private", "heir_id")}
        return
    if swap.id in {"linked_key", "project_key"} and kind == "other":
        # The same key names one's own there; what it leads to is not the other's.
        assert foreign[swap.id] == ids.own[swap.id]
        return
    before = world.picture()
    with undone():
        assert answer_to(world, ids, way, {}, swap.body(foreign | {"own": ids.own})) in REFUSALS
        assert world.picture() == before


@pytest.mark.parametrize("kind", FOREIGN)
@pytest.mark.parametrize(
    ("way", "name"), ADDRESSES, ids=[f"{method} /{route} {name}" for (route, method), name in ADDRESSES]
)
def test_a_foreign_id_in_an_address_names_nothing(
    world: World, ids: Ids, way: tuple[str, str], name: str, kind: str
) -> None:
    foreign = ids.foreign(kind)
    # What is called the same in both organizations names one's own.
    if name not in foreign or foreign[name] == ids.own[name]:
        return
    before = world.picture()
    body = ROUTES[way[0]].methods[way[1]].body(ids.own)
    with undone():
        assert answer_to(world, ids, way, {name: foreign[name]}, body) == GONE
        assert world.picture() == before


EVERY_NAME = {
    "issue": "issue_id", "issues": "issue_id", "issue_id": "issue_id", "id": "issue_id", "pk": "issue_id",
    "project": "project_id", "project_id": "project_id", "parent": "epic_id", "before": "epic_id", "after": "epic_id",
    "status": "status_id", "column": "last_column_id", "type": "type_id", "label": "label_id", "labels": "label_id",
    "user": "user_id", "user_id": "user_id", "assignee": "user_id", "reporter": "user_id", "lead": "user_id",
    "member": "user_id", "owner": "user_id", "actor": "user_id", "comment": "comment_id", "token": "token_id",
    "invitation": "invitation_id", "org": "org_id", "org_id": "org_id", "session": "session_id",
}  # fmt: skip


@pytest.mark.parametrize("kind", FOREIGN)
@pytest.mark.parametrize("way", sorted(WRITES), ids=[f"{method} /{route}" for route, method in sorted(WRITES)])
def test_no_field_that_nobody_asked_for_reaches_what_is_foreign(
    world: World, ids: Ids, way: tuple[str, str], kind: str
) -> None:
    """A good request with every name for an id that somebody could think of beside it, asked for or not."""
    foreign = ids.foreign(kind) | ({"org_id": world.other.org.pk} if kind == "other" else {})
    good = ROUTES[way[0]].methods[way[1]].body(ids.own)
    extra = {field: foreign[name] for field, name in EVERY_NAME.items() if name in foreign and field not in good}
    before = foreign_rows(world, ids, kind)
    with undone():
        assert answer_to(world, ids, way, {}, dict(good) | extra) < 500
        assert foreign_rows(world, ids, kind) == before


def subclasses_of(kind: type) -> Iterator[Any]:
    for each in kind.__subclasses__():
        yield each
        yield from subclasses_of(each)


def foreign_rows(world: World, ids: Ids, kind: str) -> list[tuple[Any, ...]]:
    """A digest of all that nobody of `acme` may touch, or that the private project holds."""
    if kind == "other":
        return [row for row in world.picture() if row[0] == "other" and row[1] not in SHARED]
    hidden = [ids.private["hidden_id"], ids.private["project_id"]]
    digests = [
        f"SELECT '{name}', count(*), coalesce(sum(hashtextextended(t::text, 0)), 0) FROM \"{name}\" t "
        f'WHERE "{table.project}" = ANY(%(hidden)s)'
        for name, table in sorted(tables.TABLES.items())
        if table.scope is tables.Scope.PROJECT
    ]
    with run_as_system(org_id=world.acme.org.pk), connection.cursor() as cursor:
        cursor.execute(" UNION ALL ".join(digests), {"hidden": hidden})
        return sorted(cursor.fetchall())
