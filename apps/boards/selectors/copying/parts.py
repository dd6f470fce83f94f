"""What a project's configuration consists of: the one declaration that copying it follows.

Every table whose rows belong to a project is one of `PARTS` or has its reason in `LEFT_OUT`, and every field of a part
is copied unless the part says why not: a test holds both, so that something new cannot be forgotten.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from django.db.models import Field, Model, Q
from django.utils.translation import gettext_lazy as _

from apps.boards.models import Board, Column, ColumnStatus, LaneLimit, QuickFilter
from apps.core.tenancy import Actor
from apps.projects.models import CustomField, CustomFieldType, IssueType, Label, Project, Status, Transition
from apps.recurring.models import IssueTemplate, TemplateLabel
from apps.sprints.models import Cadence

# Where a row is, not what it says.
_PLACE = {"id", "org", "project"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """A table of the configuration.

    `is_current` leaves out what was taken away; `left` are fields that are not copied, and why; `fixed` are values
    that every copy begins with; `people` are fields that name somebody, with what the field that goes with it says
    where they do not work in the other project.
    """

    model: type[Model]
    name: Any
    is_current: Q = field(default_factory=Q)
    order: tuple[str, ...] = ("position", "id")
    left: Mapping[str, str] = field(default_factory=dict)
    fixed: Mapping[str, Any] = field(default_factory=dict)
    people: Mapping[str, tuple[str, str]] = field(default_factory=dict)

    @property
    def fields(self) -> "list[Field[Any, Any]]":
        """What is copied of a row."""
        every = self.model._meta.concrete_fields
        return [each for each in every if each.name not in _PLACE | self.left.keys() | self.fixed.keys()]

    def rows(self, *, actor: Actor, project: Project) -> list[Any]:
        """The project's, in their order."""
        mine = self.model._default_manager.filter(self.is_current, org_id=actor.org_id, project=project)
        return list(mine.order_by(*self.order))


_CURRENT = Q(retired_at__isnull=True)
_RETIRED = {"retired_at": "what was taken away is not copied"}
_ON_A_BOARD = Q(board__deleted_at__isnull=True)

# In the order in which they refer to each other.
PARTS: tuple[Part, ...] = (
    Part(model=IssueType, name=_("Issue types"), is_current=_CURRENT, left=_RETIRED),
    Part(model=Status, name=_("Statuses"), is_current=_CURRENT, left=_RETIRED),
    Part(model=Label, name=_("Labels"), is_current=_CURRENT, order=("name", "id"), left=_RETIRED),
    Part(model=CustomField, name=_("Fields"), is_current=_CURRENT, left=_RETIRED),
    Part(
        model=CustomFieldType,
        name=_("Types with fields"),
        is_current=Q(field__retired_at__isnull=True, type__retired_at__isnull=True),
        order=("id",),
    ),
    Part(
        model=Transition,
        name=_("Transitions"),
        is_current=Q(target__retired_at__isnull=True, source__retired_at__isnull=True),
        order=("id",),
    ),
    Part(
        model=Board,
        name=_("Boards"),
        is_current=Q(deleted_at__isnull=True),
        left={"deleted_at": "what was taken away is not copied"},
    ),
    Part(model=Column, name=_("Columns"), is_current=_ON_A_BOARD),
    Part(
        model=ColumnStatus,
        name=_("Statuses in columns"),
        is_current=_ON_A_BOARD & Q(status__retired_at__isnull=True),
        order=("id",),
    ),
    Part(model=LaneLimit, name=_("Limits for people and lanes"), is_current=_ON_A_BOARD, order=("id",)),
    Part(model=QuickFilter, name=_("Quick filters"), is_current=_ON_A_BOARD, order=("id",)),
    Part(
        model=IssueTemplate,
        name=_("Issue templates"),
        is_current=_CURRENT,
        left=_RETIRED | {"created_at": "what happened to it"},
        people={"assignee": ("assigns", IssueTemplate.Assigns.NOBODY)},
    ),
    Part(
        model=TemplateLabel,
        name=_("Labels of issue templates"),
        is_current=Q(template__retired_at__isnull=True, label__retired_at__isnull=True),
        order=("id",),
    ),
    Part(model=Cadence, name=_("Automatic sprints"), order=("id",), fixed={"is_on": False}),
)

# What people call them, by the names of their tables.
PART_NAMES: dict[str, Any] = {part.model._meta.label_lower: part.name for part in PARTS}

# Tables with rows of a project that are none of its configuration.
LEFT_OUT: dict[str, str] = {
    "projects.formerkey": "keys that this project had lead to it alone",
    "projects.projectmember": "who works in a project is decided for each; a new one takes them on request",
    "projects.version": "releases are of what one project makes",
    "projects.projectstar": "a person's own",
    "issues.issue": "work, not configuration",
    "issues.formerissuekey": "work, not configuration",
    "issues.issuecounter": "work, not configuration",
    "issues.issuelabel": "work, not configuration",
    "issues.issueversion": "work, not configuration",
    "issues.issuelink": "work, not configuration",
    "issues.comment": "work, not configuration",
    "issues.attachment": "work, not configuration",
    "issues.reaction": "work, not configuration",
    "issues.worklog": "work, not configuration",
    "issues.watcher": "work, not configuration",
    "issues.issuestar": "a person's own",
    "issues.visit": "a person's own",
    "recurring.schedule": "somebody's own promise to make issues, which they give for each project",
    "recurring.occurrence": "what a schedule did",
    "sprints.sprint": "work, not configuration",
    "sprints.scopeentry": "the ledger of sprints",
    "sprints.capacity": "what people take on in one sprint",
    "sprints.calendarlink": "a person's own secret",
    "boards.boardchoice": "a person's own",
    "boards.acrossproject": "a board over several projects is the organization's",
    "notifications.notification": "a person's own",
    "notifications.inboxentry": "a person's own",
    "notifications.projectinterest": "a person's own",
    "notifications.issuemute": "a person's own",
    "notifications.preference": "a person's own",
    "notifications.mailpart": "a person's own",
    "events.stream": "what happened here",
    "events.event": "what happened here",
    "events.change": "what happened here",
    "imports.externalref": "where issues came from",
    "imports.importrun": "what was brought into this project, and when",
    "exports.exportrun": "what was taken out of this project, and by whom",
    "webhooks.webhook": "where facts go, and the secret, are decided for each",
    "webhooks.message": "what happened here",
    "webhooks.attempt": "what happened here",
    "webhooks.reading": "what happened here",
    "audit.logentry": "what happened here",
}

# Of the project itself.
SETTINGS = ("template", "has_triage", "has_time_tracking", "minutes_a_day", "days_a_week")
SETTINGS_LEFT: dict[str, str] = {
    "id": "its own",
    "org": "its own",
    "key": "its own",
    "name": "its own",
    "description": "its own",
    "lead": "whoever starts a project leads it",
    "visibility": "who sees a project is decided for each",
    "created_at": "what happened to it",
    "archived_at": "what happened to it",
    "deleted_at": "what happened to it",
    "purge_began_at": "what happened to it",
    "look_version": "counts what happened to it",
}
