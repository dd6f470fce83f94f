"""What a project is made of, apart from its issues."""

from typing import Any

from apps.boards.models import Board
from apps.core.tenancy import Actor
from apps.exports.archive.schedules import describe_cadence
from apps.exports.archive.words import Words, plain
from apps.projects.models import IssueType, Project, Version
from apps.projects.selectors import (
    former_keys,
    list_custom_fields,
    list_issue_types,
    list_labels,
    list_project_members,
    list_statuses,
    list_transitions,
)
from apps.recurring.models import IssueTemplate

_LEVELS = {
    IssueType.Level.EPIC: "epic",
    IssueType.Level.STANDARD: "standard",
    IssueType.Level.SUBTASK: "subtask",
}


def level_name(issue_type: IssueType) -> str:
    """How high a type of issue stands."""
    return _LEVELS[IssueType.Level(issue_type.level)]


def describe_project(actor: Actor, project: Project, words: Words) -> dict[str, Any]:
    """The project's settings, workflow, words, fields, boards, templates and people."""
    return {
        "key": project.key,
        # In the order in which it had them.
        "former_keys": former_keys(actor=actor, project=project)[::-1],
        "name": project.name,
        "description": project.description,
        "template": project.template,
        "visibility": project.visibility,
        "lead": words.person(project.lead),
        "created_at": plain(project.created_at),
        "archived_at": plain(project.archived_at),
        "has_triage": project.has_triage,
        "has_time_tracking": project.has_time_tracking,
        "minutes_a_day": project.minutes_a_day,
        "days_a_week": project.days_a_week,
        "members": [
            {"person": words.person(member.user), "role": member.role}
            for member in list_project_members(actor=actor, project=project)
        ],
        **_workflow(actor, project),
        "labels": [{"name": each.name, "hue": each.hue} for each in list_labels(actor=actor, project=project)],
        "versions": [
            {
                "name": each.name,
                "description": each.description,
                "start_date": plain(each.start_date),
                "release_date": plain(each.release_date),
                "released_at": plain(each.released_at),
                "archived_at": plain(each.archived_at),
            }
            for each in _versions(actor, project)
        ],
        "custom_fields": _fields(actor, project),
        "boards": [_board(each) for each in _boards(actor, project)],
        "issue_templates": [_template(each, words) for each in _templates(actor, project)],
        "cadence": describe_cadence(actor, project),
    }


def _workflow(actor: Actor, project: Project) -> dict[str, Any]:
    types = list_issue_types(actor=actor, project=project)
    return {
        "types": [{"name": each.name, "icon": each.icon, "hue": each.hue, "level": level_name(each)} for each in types],
        "statuses": [
            {"name": each.name, "category": each.category, "hue": each.hue, "is_initial": each.is_initial}
            for each in list_statuses(actor=actor, project=project)
        ],
        "transitions": [
            {
                "name": each.name,
                "from": each.source.name if each.source else None,
                "to": each.target.name,
                "allowed_parties": each.allowed_parties,
                "required_fields": each.required_fields,
                "needs_finished_subtasks": each.needs_finished_subtasks,
                "needs_no_open_blocker": each.needs_no_open_blocker,
                "sets_priority": each.sets_priority,
                "assigns": each.assigns,
                "adds_label": each.adds_label.name if each.adds_label else None,
                "comment": each.comment,
            }
            for each in list_transitions(actor=actor, project=project)
        ],
    }


def _fields(actor: Actor, project: Project) -> list[dict[str, Any]]:
    types = {each.pk: each.name for each in list_issue_types(actor=actor, project=project)}
    return [
        {
            "name": each.name,
            "kind": each.kind,
            "help_text": each.help_text,
            "is_required": each.is_required,
            "on_cards": each.on_cards,
            "in_lists": each.in_lists,
            "options": [option.name for option in each.choices],
            "types": [types[pk] for pk in each.type_ids if pk in types],
        }
        for each in list_custom_fields(actor=actor, project=project)
    ]


def _versions(actor: Actor, project: Project) -> list[Version]:
    """Those that are offered no more too: issues name them."""
    return list(Version.objects.present().filter(org_id=actor.org_id, project=project).order_by("created_at", "id"))


def _boards(actor: Actor, project: Project) -> list[Board]:
    found = Board.objects.filter(org_id=actor.org_id, project=project, deleted_at__isnull=True)
    related = ("columns__statuses", "lane_limits", "quick_filters__type", "quick_filters__label")
    return list(found.prefetch_related(*related).order_by("position", "id"))


def _board(board: Board) -> dict[str, Any]:
    return {
        "name": board.name,
        "grouping": board.grouping,
        "left_out": board.left_out,
        "done_days": board.done_days,
        "marks_slow": board.marks_slow,
        "columns": [
            {
                "name": each.name,
                "statuses": sorted(status.name for status in each.statuses.all()),
                "wip_limit": each.wip_limit,
                "wip_policy": each.wip_policy,
                "wip_unit": each.wip_unit,
            }
            for each in sorted(board.columns.all(), key=lambda column: (column.position, column.pk))
        ],
        "lane_limits": [
            {"by": each.by, "priority": each.priority, "at": each.at, "unit": each.unit, "policy": each.policy}
            for each in sorted(board.lane_limits.all(), key=lambda limit: limit.pk)
        ],
        "quick_filters": [
            {
                "name": each.name,
                "is_mine": each.is_mine,
                "is_unassigned": each.is_unassigned,
                "least_priority": each.least_priority,
                "type": each.type.name if each.type else None,
                "label": each.label.name if each.label else None,
            }
            for each in sorted(board.quick_filters.all(), key=lambda asked: asked.pk)
        ],
    }


def _templates(actor: Actor, project: Project) -> list[IssueTemplate]:
    found = IssueTemplate.objects.present().filter(org_id=actor.org_id, project=project)
    return list(found.select_related("type", "assignee").prefetch_related("labels").order_by("position", "id"))


def _template(each: IssueTemplate, words: Words) -> dict[str, Any]:
    return {
        "name": each.name,
        "type": each.type.name,
        "is_default": each.is_default,
        "title": each.title,
        "description": each.description,
        "priority": each.priority,
        "points": plain(each.points),
        "assigns": each.assigns,
        "assignee": words.person(each.assignee),
        "subtasks": each.subtasks,
        "labels": sorted(label.name for label in each.labels.all() if label.retired_at is None),
    }
