"""Imports in a project, at each point of their life, without files."""

from datetime import timedelta
from typing import Any

from django.utils import timezone

from apps.accounts.models import User
from apps.core.tenancy import Actor, OrgRole
from apps.imports import review
from apps.imports.choices import Choices
from apps.imports.models import ImportProblem, ImportRun, MappingProfile
from apps.orgs.models import Membership
from apps.projects.models import Project

SURVEY: dict[str, Any] = {
    "rows": 14,
    "issues": 12,
    "new": 10,
    "changed": 1,
    "same": 1,
    "failed": 1,
    "comments": 31,
    "links": 4,
    "attachments": 2,
    "work_logs": 0,
    "left_out": {"pull request": 1},
    "statuses": [
        {"name": "Selected", "count": 5, "category": "todo", "to": {"name": "Selected", "category": "todo"}},
        {"name": "selected", "count": 2, "category": "todo", "to": {"name": "selected", "category": "todo"}},
    ],
    "types": [
        {"name": "Improvement", "count": 7, "level": "standard", "to": {"name": "Improvement", "level": "standard"}}
    ],
    "priorities": [{"name": "Blocker", "count": 2, "to": 4}],
    "people": [
        {"handle": "mira", "name": "Mira Stone", "email": "mira@example.test", "count": 8, "to": 0},
        {"handle": "mira.s", "name": "Mira Stone", "email": "", "count": 1, "to": 0},
    ],
    "labels": [{"name": "hall", "count": 3}, {"name": "Hall", "count": 1}],
    "fields": [
        {"name": "Severity", "count": 6, "kind": "text", "to": {"name": "Severity", "kind": "text"}, "examples": ["S1"]}
    ],
    "versions": [],
    "sprints": [],
    "columns": [],
    "projects": [{"key": "LAMP", "name": "Lamps", "count": 12}],
    "alike": {"statuses": [["Selected", "selected"]], "people": [["mira", "mira.s"]], "labels": [["hall", "Hall"]]},
    "preview": [
        {
            "key": "LAMP-1",
            "title": "A lamp flickers",
            "type": "Improvement",
            "status": "Selected",
            "priority": 4,
            "assignee": "Mira Stone",
            "reporter": "Mira Stone",
            "labels": ["hall"],
            "created_at": "2024-03-01T08:30:00+00:00",
            "comments": 2,
        }
    ],
    "problems": [{"row": "lamps.csv:9", "field": "created", "reason": "There is no time."}],
}


def make_run(*, actor: Actor, project: Project, state: str, **fields: Any) -> ImportRun:
    """An import of this project that is in this state."""
    return ImportRun.objects.create(
        org_id=project.org_id,
        project=project,
        started_by_id=actor.user_id,
        format="jira-csv",
        source="jira",
        state=state,
        **{"survey": SURVEY, "rows_total": 14} | fields,
    )


def version_of_priorities() -> str:
    """What the section of priorities is chosen against: it is the same in every project."""
    nothing: dict[str, Any] = dict.fromkeys(("statuses", "types", "people", "labels", "fields"), ())
    return review.section_named("priorities", SURVEY, Choices(), review.Offer(**nothing, **review.kinds())).version


def make_placeholder(project: Project, handle: str, **fields: Any) -> User:
    """Somebody whom an import met."""
    found = User.objects.create(
        email=f"{handle}@placeholder.invalid",
        name="Mira Stone",
        kind=User.Kind.PLACEHOLDER,
        is_active=False,
        password="!",
        **fields,
    )
    Membership.objects.create(org_id=project.org_id, user=found, role=OrgRole.GUEST, ended_at=timezone.now())
    return found


def make_each_state(*, actor: Actor, project: Project) -> dict[str, int]:
    """An import at each further point of its life, with content; their ids by the names of addresses."""
    now = timezone.now()
    people = [
        {"handle": f"h{n}", "name": f"Person {n}", "email": f"p{n}@example.test", "count": 60 - n, "to": 0}
        for n in range(60)
    ]
    columns = [{"name": "Betreff", "to": "title", "example": "A lamp"}, {"name": "X", "to": None, "example": "7"}]
    written = {"rows_done": 12, "imported": 10, "skipped": 2}
    counts = {"left_out": {"pull request": 1}, "taken_back": {"issues": 8}}
    kept = [{"key": "FLOW-3", "reason": "Somebody edited it since."}, {"key": "FLOW-9", "reason": "It has comments."}]
    states: dict[str, dict[str, Any]] = {
        "surveying": {"rows_done": 5, "survey": {}},
        "crowded": {"state": "review", "survey": SURVEY | {"people": people, "columns": columns, "alike": {}}},
        "unread": {"state": "review", "survey": {"rows": 2, "failed": 1, "problems": SURVEY["problems"]}},
        "queued": {},
        "running": {"rows_done": 9, "imported": 8, "skipped": 1, "began_at": now - timedelta(seconds=3)},
        "cancelled": written,
        "failed": written | {"fault": "The file ends in the middle: it was cut off. Hand in all of it."},
        "reverting": written | {"counts": counts},
        "reverted": written | {"counts": counts | {"kept": kept}},
    }
    return {
        f"{name}_import_id": make_run(actor=actor, project=project, **({"state": name} | fields)).pk
        for name, fields in states.items()
    }


def make_imports(*, actor: Actor, project: Project) -> dict[str, int]:
    """One that waits for review, one that is over, and kept decisions; their ids by the names of addresses."""
    ended = make_run(
        actor=actor,
        project=project,
        state="done",
        rows_done=14,
        imported=10,
        updated=1,
        skipped=2,
        failed=1,
        counts={"left_out": {"pull request": 1}, "comments": {"imported": 31, "updated": 0}, "links": 4},
    )
    ImportProblem.objects.create(
        org_id=project.org_id,
        run=ended,
        row="lamps.csv:9",
        field="created",
        reason="There is no time.",
        is_failure=True,
    )
    kept = MappingProfile.objects.create(
        org_id=project.org_id, name=f"Kept after import {ended.pk}", source="jira", created_by_id=actor.user_id
    )
    mira = make_placeholder(project, f"mira{ended.pk}")
    return {
        "placeholder_id": mira.pk,
        "import_id": make_run(actor=actor, project=project, state="review").pk,
        "ended_import_id": ended.pk,
        "profile_id": kept.pk,
        "section": "priorities",
    }
