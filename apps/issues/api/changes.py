"""What a script sent, as the services take it: alone, or one of many changes."""

from collections.abc import Callable, Iterable, Mapping
from functools import cached_property, partial
from typing import Any

from django.utils.translation import gettext as _

from apps.core.errors import Invalid
from apps.core.tenancy import Actor
from apps.issues import services
from apps.issues.api.serializers.many import CHANGES
from apps.issues.api.serializers.relations import KINDS
from apps.issues.api.views.base import chosen
from apps.issues.selectors import NoSuchIssue, field_id_of, find_comment, get_issue_by_id
from apps.projects.selectors import assignable_people, list_issue_types, list_labels, list_statuses, list_versions


class Choices:
    """What a project has to choose from, each kind read once and only if it is asked for."""

    def __init__(self, actor: Actor, project: Any) -> None:
        self.actor = actor
        self.project = project

    def _read(self, read: Callable[..., Any]) -> list[Any]:
        return list(read(actor=self.actor, project=self.project))

    @cached_property
    def type(self) -> list[Any]:
        """Its types."""
        return self._read(list_issue_types)

    @cached_property
    def status(self) -> list[Any]:
        """Its statuses."""
        return self._read(list_statuses)

    @cached_property
    def assignee(self) -> list[Any]:
        """Who works there."""
        return self._read(assignable_people)

    @cached_property
    def labels(self) -> list[Any]:
        """Its labels."""
        return self._read(list_labels)

    @cached_property
    def fix_versions(self) -> list[Any]:
        """Its versions."""
        return self._read(list_versions)


def new_issue(choices: Choices, values: dict[str, Any]) -> services.NewIssue:
    """An issue as `NewIssueFields` describes it.

    :raises Invalid: if a value is not of the project
    :raises NoSuchIssue: if there is no such parent
    """
    new = services.NewIssue(title=values["title"])
    for field in ("type", "status", "assignee"):
        if values.get(field) is not None:
            setattr(new, field, chosen(getattr(choices, field), values[field], field=field))
    for field in ("labels", "fix_versions"):
        if values.get(field):
            setattr(new, field, [chosen(getattr(choices, field), pk, field=field) for pk in values[field]])
    if values.get("parent") is not None:
        new.parent = get_issue_by_id(actor=choices.actor, issue_id=values["parent"])
    new.sprint_id = values.get("sprint")
    for field in ("description", "priority", "points", "start_date", "due_date"):
        if field in values:
            setattr(new, field, values[field])
    own = values.get("custom_fields", {})
    new.values = {pk: value for name, value in own.items() if (pk := field_id_of(name)) is not None}
    return new


def edited(values: dict[str, Any]) -> dict[str, Any]:
    """Values of `IssueEditFields` as a service takes them: the project's own fields beside the others."""
    own: dict[str, Any] = values.get("custom_fields", {})
    return {name: value for name, value in values.items() if name != "custom_fields"} | own


def named_comment(actor: Actor, issue: Any, comment_id: int | None, *, field: str) -> Any:
    """The comment of an issue with this id; none where none was named.

    :raises Invalid: if the issue has no such comment
    """
    if comment_id is None:
        return None
    comment = find_comment(actor=actor, issue=issue, comment_id=comment_id)
    if comment is None:
        raise Invalid(_("The issue has no comment with the id %(id)s.") % {"id": comment_id}, field=field)
    return comment


def checked_change(asked: Mapping[str, Any]) -> dict[str, Any]:
    """A change of a batch with values of the form that belongs to what is done.

    :raises Invalid: if they have not; `errors` names each field
    """
    form, has_issue = CHANGES[asked["do"]], "issue" in asked
    if has_issue == (asked["do"] == "create"):
        raise Invalid(_("A new issue has no id yet.") if has_issue else _("Name the issue by its id."), field="issue")
    values = asked.get("values", {})
    if form is None:
        if values:
            raise Invalid(_("This change takes no values."), field="values")
        return {**asked, "values": {}}
    checked = form(data=values, context={"is_json": True})
    if not checked.is_valid():
        raise Invalid(_("Some values were not accepted."), field="values", errors=checked.errors)
    return {**asked, "values": checked.validated_data}


# What names another issue beside the one that is changed.
_BESIDE = ("before", "after", "parent", "issue")


def named_ids(asked: Iterable[Mapping[str, Any]]) -> set[int]:
    """The ids of all issues that changes of a batch name (of comments, `parent` is another thing)."""
    found = {each["issue"] for each in asked if "issue" in each}
    for each in asked:
        if each["do"] != "comment":
            found |= {each["values"][name] for name in _BESIDE if each["values"].get(name) is not None}
    return found


def change(choices: Choices, issues: Mapping[int, Any], asked: Mapping[str, Any]) -> Any:
    """A change of a batch, as `change_together` takes it.

    :param issues: those of the project that the batch names
    :raises NoSuchIssue: if it is about one that is not among them
    :raises Invalid: if a value is not of the project, or the comment not of the issue
    """
    values = dict(asked["values"])
    if asked["do"] == "create":
        return new_issue(choices, values)
    issue = _named(issues, asked["issue"], with_deleted=asked["do"] == "restore")
    do = _DO[asked["do"]](choices, issues, issue, values)

    def run() -> Any:
        do()
        return issue

    return run


def _named(issues: Mapping[int, Any], issue_id: int, *, with_deleted: bool = False) -> Any:
    issue = issues.get(issue_id)
    if issue is None or (issue.deleted_at is not None and not with_deleted):
        raise NoSuchIssue
    return issue


def _edit(choices: Choices, issues: Mapping[int, Any], issue: Any, values: dict[str, Any]) -> Callable[[], Any]:
    version = values.pop("version", None)
    return partial(services.edit_issue, actor=choices.actor, issue=issue, values=edited(values), version=version)


def _move(choices: Choices, issues: Mapping[int, Any], issue: Any, values: dict[str, Any]) -> Callable[[], Any]:
    version = values.get("version")
    beside = {name: _named(issues, values[name]) for name in ("before", "after") if values.get(name) is not None}
    to = chosen(choices.status, values.get("status"), field="status")

    def move() -> None:
        # Where none is named, the one that it has by then.
        status = to or get_issue_by_id(actor=choices.actor, issue_id=issue.pk).status
        services.move_issue(actor=choices.actor, issue=issue, to=status, version=version, **beside)

    return move


def _comment(choices: Choices, issues: Mapping[int, Any], issue: Any, values: dict[str, Any]) -> Callable[[], Any]:
    reply_to = named_comment(choices.actor, issue, values.get("parent"), field="parent")
    return partial(services.add_comment, actor=choices.actor, issue=issue, body=values["body"], reply_to=reply_to)


def _link(choices: Choices, issues: Mapping[int, Any], issue: Any, values: dict[str, Any]) -> Callable[[], Any]:
    other = get_issue_by_id(actor=choices.actor, issue_id=values["issue"])
    kind, is_turned = KINDS[values["kind"]]
    source, target = (other, issue) if is_turned else (issue, other)
    return partial(services.link_issues, actor=choices.actor, source=source, target=target, kind=kind)


def _simply(service: Callable[..., Any]) -> Callable[..., Callable[[], Any]]:
    return lambda choices, _issues, issue, _values: partial(service, actor=choices.actor, issue=issue)


_DO: dict[str, Callable[..., Callable[[], Any]]] = {
    "edit": _edit,
    "move": _move,
    "comment": _comment,
    "link": _link,
    "archive": _simply(services.archive_issue),
    "restore": _simply(services.restore_issue),
    "delete": _simply(services.delete_issue),
}
