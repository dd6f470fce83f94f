"""Texts with quick actions: the text is kept without them, and they are done. All of it happens, or nothing."""

from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from apps.core.errors import DomainError, Forbidden, NotFound
from apps.core.tenancy import Actor
from apps.events.services import service
from apps.issues.models import Comment, Issue, IssueLink
from apps.issues.quick_actions import Command, Spent, at_line, read_actions, refusal
from apps.issues.selectors.actions import Plan, Step, plan_actions
from apps.issues.selectors.passage import TransitionRefused
from apps.issues.services.bulk import bulk_edit
from apps.issues.services.comments import add_comment, edit_comment, require_author
from apps.issues.services.common import InTriage, clean_text, hold_sprints, lock_in, lock_with_deleted
from apps.issues.services.editing import edit_issue, tags_of
from apps.issues.services.lifecycle import archive_issue, set_watching
from apps.issues.services.limits import LIMITED_FIELDS, ColumnFull, LaneFull, lock_limits
from apps.issues.services.linking import link_issues, lock_blocking
from apps.issues.services.moving import hold_statuses
from apps.issues.services.triage import mark_duplicate
from apps.issues.services.triage.carrying import ends_of, links_of
from apps.issues.services.work_log import GOES_DOWN, STAYS, Remaining, log_work, take_off_work
from apps.projects import policies

# What of an issue the actions change, besides its labels; as `bulk_edit` names it.
_FIELDS = ("status", "assignee", "sprint", "parent", "priority", "points", "due_date", "time_remaining", "archived")
_LABELS = ("labels_add", "labels_remove")
# Where a refusal does not say which of the fields it is about.
_ABOUT: tuple[tuple[type[DomainError], tuple[str, ...]], ...] = (
    (TransitionRefused, ("status",)),
    (ColumnFull, ("status", "sprint")),
    (InTriage, ("status", "sprint")),
    (LaneFull, ("assignee", "priority", "parent", "status")),
)


@dataclass(frozen=True, slots=True)
class Did:
    """What a text's actions did, in words (empty where it had none), and whether `take_back` can undo all of it."""

    words: str = ""
    is_reversible: bool = False


@dataclass(frozen=True, slots=True)
class Said:
    """The comment that was written, none if the text was made of actions alone, and what they did."""

    comment: Comment | None
    did: Did = Did()


@service
def comment_and_act(*, actor: Actor, issue: Issue, body: str, reply_to: Comment | None = None) -> Said:
    """Comment on an issue, or reply to one of its comments, and do the quick actions in what was written.

    :raises Forbidden: for people who may not comment, or not do one of them
    :raises Invalid: if there is nothing to say or do, or an action makes no sense
    :raises DomainError: whatever refuses one of the actions, with its line
    """
    written = read_actions(clean_text(body, field="body"))
    if not written.commands:
        return Said(add_comment(actor=actor, issue=issue, body=body, reply_to=reply_to))
    if not policies.can_comment(actor, issue.project):
        raise Forbidden
    plan = _planned(actor, issue, written.commands)
    comment = None
    if written.text.strip():
        comment = add_comment(actor=actor, issue=issue, body=written.text, reply_to=reply_to)
    return Said(comment, _perform(actor, issue, plan))


@service
def edit_comment_and_act(*, actor: Actor, comment: Comment, body: str) -> Said:
    """Change one's own comment, and do the quick actions in what was written.

    :raises Forbidden: for anybody but its author, and for who may not do one of them
    :raises Invalid: if nothing but actions is left, or one of them makes no sense
    :raises DomainError: whatever refuses one of the actions, with its line
    """
    written = read_actions(clean_text(body, field="body"))
    if not written.commands:
        return Said(edit_comment(actor=actor, comment=comment, body=body))
    require_author(actor, comment)
    plan = _planned(actor, comment.issue, written.commands)
    edited = edit_comment(actor=actor, comment=comment, body=written.text)
    return Said(edited, _perform(actor, comment.issue, plan))


@service
def edit_and_act(*, actor: Actor, issue: Issue, values: Mapping[str, Any], version: int | None = None) -> Did:
    """Set some fields of an issue (see `edit_issue`), and do the quick actions in its description, if that is one.

    :raises Forbidden: for people who may not edit issues here
    :raises StaleEdit: if one of the same fields was changed since `version`
    :raises DomainError: whatever refuses one of the actions, with its line
    """
    written = read_actions(clean_text(values.get("description", ""), field="description"))
    if not written.commands:
        edit_issue(actor=actor, issue=issue, values=values, version=version)
        return Did()
    plan = _planned(actor, issue, written.commands)
    edit_issue(actor=actor, issue=issue, values={**values, "description": written.text}, version=version)
    return _perform(actor, issue, plan)


def hold_for_new(actor: Actor, issue: Issue, labels: Collection[int], commands: tuple[Command, ...]) -> None:
    """Look at the quick actions of the description of an issue before it is created, and lock what they will change.

    :param labels: ids of those that it begins with
    :raises DomainError: whatever refuses one of them, with its line
    """
    with _about_description():
        _hold(actor, issue, plan_actions(actor=actor, issue=issue, commands=commands, begins_with=labels))


def act_on_new(actor: Actor, issue: Issue, commands: tuple[Command, ...]) -> None:
    """Do the quick actions of the description with which an issue was just created.

    :raises DomainError: whatever refuses one of them, with its line
    """
    with _about_description():
        _perform(actor, issue, _planned(actor, issue, commands))


@contextmanager
def _about_description() -> Iterator[None]:
    """Let a refusal say that it is the description which has to be changed, whatever the action would have set."""
    try:
        yield
    except DomainError as error:
        error.extra["field"] = "description"
        raise


def _planned(actor: Actor, issue: Issue, commands: tuple[Command, ...]) -> Plan:
    """What they mean, and all that they change locked, before the text is written."""
    plan = plan_actions(actor=actor, issue=issue, commands=commands)
    _hold(actor, issue, plan)
    return plan


def _hold(actor: Actor, issue: Issue, plan: Plan) -> None:
    """Lock what the actions of a plan change, in the order of `apps.events.services`."""
    names = {step.name for step in plan.steps.values()}
    others = plan.others
    if names <= {"watch"}:
        return
    with _naming(list(plan.steps.values())):
        statuses = list(issue.project.statuses.filter(pk=_value(plan, "status") or 0))
        hold_statuses(statuses)
        if others or names & {"status", "sprint", *LIMITED_FIELDS}:
            lock_limits(issue.project, None if others or "sprint" in names else statuses)
        hold_sprints(issue.project, {_value(plan, "sprint")})
    if others:
        lock_blocking(actor)
    around = ends_of(links_of(actor, issue)) if "duplicate" in plan.steps and not issue._state.adding else set()
    mine = set() if issue._state.adding else {issue.pk}
    lock_with_deleted(actor, {*mine, *(other.pk for other in others), *around})


def _value(plan: Plan, name: str) -> Any:
    return plan.steps[name].value if name in plan.steps else None


def _perform(actor: Actor, issue: Issue, plan: Plan) -> Did:
    steps = list(plan.steps.values())
    fields = {step.name: step.value for step in steps if step.name in _FIELDS}
    labels = {name: [step.value for step in steps if step.name == name] for name in _LABELS}
    values = fields | {name: ids for name, ids in labels.items() if ids}
    has_changed = False
    if values:
        with _naming(steps):
            if issue.triage_since is None:
                edit = bulk_edit(actor=actor, project=issue.project, issue_ids=[issue.pk], values=values)
                has_changed = bool(edit.changed)
            else:
                _edit_waiting(actor, issue, fields, labels)
    beside = [step for step in steps if step.name not in {*_FIELDS, *_LABELS}]
    for step in beside:
        with _naming([step]):
            if step.name == "spend":
                _spend(actor, issue, step.value, STAYS if "time_remaining" in fields else GOES_DOWN)
                has_changed = True
            else:
                _do_beside(actor, issue, step)
    is_whole = all(step.name == "spend" for step in beside) and (issue.triage_since is None or not values)
    return Did(plan.did, is_reversible=has_changed and is_whole)


def _spend(actor: Actor, issue: Issue, spent: Spent, remaining: Remaining) -> None:
    """Log time, or take back what was logged."""
    if spent.minutes < 0:
        take_off_work(actor=actor, issue=issue, minutes=-spent.minutes, day=spent.day)
    else:
        log_work(actor=actor, issue=issue, minutes=spent.minutes, day=spent.day, note=spent.note, remaining=remaining)


def _edit_waiting(actor: Actor, issue: Issue, fields: Mapping[str, Any], labels: Mapping[str, list[int]]) -> None:
    """The same for an issue in Triage: it is on no board and in no sprint, so those are refused.

    :raises InTriage: then
    """
    if fields.keys() & {"status", "sprint"}:
        lock_in(actor, issue.project, [issue.pk])
    values = {name: value for name, value in fields.items() if name != "archived"}
    if any(labels.values()):
        values["labels"] = sorted({*tags_of(issue, "labels"), *labels["labels_add"]} - {*labels["labels_remove"]})
    edit_issue(actor=actor, issue=issue, values=values)
    if "archived" in fields:
        archive_issue(actor=actor, issue=issue)


def _do_beside(actor: Actor, issue: Issue, step: Step) -> None:
    """What is no field of the issue: who watches it, and what it is to another one."""
    if step.other is None:
        set_watching(actor=actor, issue=issue, is_watching=step.value)
    elif step.name == IssueLink.Kind.DUPLICATES and issue.triage_since is not None:
        mark_duplicate(actor=actor, issue=issue, canonical=step.other)
    else:
        link_issues(actor=actor, source=issue, target=step.other, kind=step.name)


def _blamed(error: DomainError, steps: list[Step]) -> Command:
    """Which of the actions a refusal of them all is about."""
    names = next((names for kind, names in _ABOUT if isinstance(error, kind)), (error.extra.get("field"),))
    blamed = [step for name in names for step in steps if step.name == name]
    return (blamed or steps)[0].command


@contextmanager
def _naming(steps: list[Step]) -> Iterator[None]:
    """Let a refusal of some of the actions say which line it is about."""
    try:
        yield
    except NotFound as error:
        # What the text names is not there: the issue itself is.
        raise refusal(_blamed(error, steps), error.detail) from error
    except DomainError as error:
        error.detail = at_line(_blamed(error, steps), error.detail or error.title)
        raise
