"""Which quick action could be meant, and what could stand behind it: people, labels, statuses, days and so on."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _

from apps.accounts.reading import short_day
from apps.core.tenancy import Actor
from apps.issues.models import Priority
from apps.issues.quick_actions import ACTIONS, NOTHING, Action, read_day
from apps.issues.selectors.reach import OPEN_SPRINTS
from apps.issues.selectors.suggesting import MOST_SUGGESTIONS, suggested_issues, suggested_people
from apps.projects import policies
from apps.projects.models import Project
from apps.projects.selectors import list_labels, list_statuses

_DAYS = ("today", "tomorrow", "in 2 days", "in 1 week", "in 2 weeks", "in 1 month")
_WITH_ISSUES = ("parent", "duplicate", "blocks", "relate")


@dataclass(frozen=True, slots=True)
class Completion:
    """One thing that fits: the words that mean it, what is said of it, and the whole line."""

    words: str
    name: str
    about: str = ""
    line: str = ""


def offered_actions(*, actor: Actor, project: Project, q: str = "") -> list[Action]:
    """What somebody can write in a project's texts, by the first letters of its name."""
    is_editor = policies.can_edit_issues(actor, project)
    return [
        action
        for action in ACTIONS.values()
        if action.name.startswith(q.lower())
        and (action.is_for_all or is_editor)
        and (project.has_time_tracking or not action.is_about_time)
    ]


def completed_action(*, actor: Actor, project: Project, q: str) -> list[Completion]:
    """What could stand behind an action, by its name and the first letters of that, in two queries at most.

    Nothing for an action that the reader cannot do, that takes nothing or whatever is written, or is complete.
    """
    name, _space, rest = q.partition(" ")
    words = rest.strip().casefold()
    action = ACTIONS.get(name.lower())
    if action is None or action not in offered_actions(actor=actor, project=project, q=action.name):
        return []
    if action.is_whole and not words:
        return []  # Enter ends the line there
    found = _fitting(words, _known(actor, project, action.name))
    if action.name == "assign":
        found += [
            Completion(f"@{person.handle}", person.name, f"@{person.handle}")
            for person in suggested_people(actor=actor, project=project, q=words.removeprefix("@"))
        ]
    elif action.name in _WITH_ISSUES:
        for issue in suggested_issues(actor=actor, project=project, q=words.removeprefix("#")):
            key = f"{issue.project.key}-{issue.number}"
            found.append(Completion(key, issue.title, key))
    is_complete = any(words.removeprefix("#") == each.words.casefold() for each in found)
    if is_complete:
        return []
    return [replace(each, line=f"/{action.name} {each.words}") for each in found[:MOST_SUGGESTIONS]]


def _fitting(words: str, known: Iterable[Completion]) -> list[Completion]:
    """Those that have a word which begins so, or all of them."""
    return [each for each in known if f" {words}" in f" {each.words.casefold()}"]


def _known(actor: Actor, project: Project, name: str) -> Sequence[Completion]:
    """What an action can be given, besides people and issues."""
    match name:
        case "assign":
            return [Completion("me", _("me"))]
        case "label" | "unlabel":
            return _named(list_labels(actor=actor, project=project))
        case "status":
            return _named(list_statuses(actor=actor, project=project))
        case "priority":
            return [Completion(str(each.label), str(each.label)) for each in reversed(Priority)]
        case "due":
            today = timezone.localdate()
            days = [Completion(each, each, short_day(read_day(each, today))) for each in _DAYS]
            return [*days, Completion(NOTHING, NOTHING, _("no due date"))]
        case "sprint":
            sprints = project.sprints.filter(org_id=actor.org_id, state__in=OPEN_SPRINTS).order_by("start_date", "id")
            usual = [Completion("current", "current", _("the one that runs")), Completion("next", "next")]
            return [*usual, *_named(sprints), Completion(NOTHING, NOTHING, _("no sprint"))]
    return []


def _named(things: Iterable[Any]) -> list[Completion]:
    return [Completion(each.name, each.name) for each in things]
