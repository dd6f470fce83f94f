"""What the names in texts stand for, to one reader: a text may name what only some of its readers may know."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from django.urls import reverse

from apps.core.names import NO_NAMES, NamedIssue, Names, handles_named_in, keys_in
from apps.core.tenancy import Actor
from apps.issues.models import FormerIssueKey
from apps.issues.selectors.visible import visible_issues
from apps.orgs.selectors import people
from apps.projects.selectors import present_keys

Key = tuple[str, int]


def names_in(*, actor: Actor, texts: Sequence[str]) -> Names:
    """The issues and people that texts name, as far as the actor may know of them: six queries at most.

    An issue is also found by a key that it, or its project, had before.
    """
    keys, handles = keys_in(texts), handles_named_in(texts)
    if not keys and not handles:
        return NO_NAMES
    return Names(issues=_issues(actor, keys), people=_people(actor, handles))


def _people(actor: Actor, handles: Sequence[str]) -> dict[str, str]:
    if not handles:
        return {}
    return {person.handle or "": person.name for person in people(actor=actor).filter(handle__in=handles)}


def _issues(actor: Actor, keys: Sequence[str]) -> dict[str, NamedIssue]:
    wanted = {_split(key) for key in keys}
    found = _now(actor, {key: key for key in wanted})
    if missing := wanted - found.keys():
        found |= _moved(actor, missing)
    if missing := wanted - found.keys():
        # The project may have another key by now. What was moved out of it since is found in its own page alone.
        present = present_keys(actor=actor, former={project for project, _number in missing})
        found |= _now(actor, {(present[key[0]], key[1]): key for key in missing if key[0] in present})
    return {f"{project}-{number}": issue for (project, number), issue in found.items()}


def _now(actor: Actor, written: Mapping[Key, Key]) -> dict[Key, NamedIssue]:
    """Issues by the key that is written; `written` has it by the key they have now."""
    if not written:
        return {}
    rows = _rows(actor, project__key__in={key[0] for key in written}, number__in={key[1] for key in written})
    return {written[key]: issue for _pk, key, issue in rows if key in written}


def _moved(actor: Actor, keys: Collection[Key]) -> dict[Key, NamedIssue]:
    """Issues by a key that they had before they were moved."""
    former = FormerIssueKey.objects.filter(
        org_id=actor.org_id, project__key__in={key[0] for key in keys}, number__in={key[1] for key in keys}
    )
    ids = {(project, number): pk for project, number, pk in former.values_list("project__key", "number", "issue_id")}
    ids = {key: pk for key, pk in ids.items() if key in keys}
    issues = {pk: issue for pk, _key, issue in _rows(actor, pk__in=ids.values())} if ids else {}
    return {key: issues[pk] for key, pk in ids.items() if pk in issues}


def _rows(actor: Actor, **conditions: Any) -> list[tuple[int, Key, NamedIssue]]:
    rows = visible_issues(actor=actor).filter(**conditions).select_related("project", "status")
    return [
        (
            issue.pk,
            (issue.project.key, issue.number),
            NamedIssue(
                key=f"{issue.project.key}-{issue.number}",
                title=issue.title,
                url=reverse("issue", args=[actor.org_slug, f"{issue.project.key}-{issue.number}"]),
                is_closed=issue.status.is_closed,
            ),
        )
        for issue in rows.only("number", "title", "project__key", "status__category")
    ]


def _split(key: str) -> Key:
    project, _dash, number = key.rpartition("-")
    return project, int(number)
