"""GitHub's issues: lists of its REST interface and of its command `gh`, and archives made through GraphQL.

An issue is known again by its node's id, which all of these bear. Where there is none, its repository and number stand
in (“mira/lantern#12”, the key); what a row says of another issue names it by that key.
"""

import re
from collections.abc import Iterator
from typing import Any

from apps.imports.choices import Choices
from apps.imports.files import Upload
from apps.imports.formats import building
from apps.imports.formats.base import Format, Sample
from apps.imports.formats.building import identifier, listing, mapping
from apps.imports.formats.values import Repeats, Tree, later, moment, text_or_nothing, whole
from apps.imports.markup.github import to_markdown
from apps.imports.moments import Reader, zone_of
from apps.imports.reading.objects import read_documents, read_objects
from apps.imports.records import (
    CommentRecord,
    CommentsRecord,
    IssueRecord,
    LeftOut,
    Person,
    ProjectRecord,
    Ref,
    Row,
    Unreadable,
    VersionRecord,
)
from apps.imports.texts import Notes, clean, names_of, said, title_of, words
from apps.projects.models import Status

SOURCE = "github"
PULL_REQUEST = "pull request"
_REVIEW = "comment on a pull request"
_ADDRESS = re.compile(r"https?://[^/\s]+/(?:api/v3/)?(?:repos/)?([^/\s]+/[^/\s]+)/(issues|pull|pulls)/(\d{1,9})\b.*")
_REPOSITORY = re.compile(r"(?:https?://[^/\s]+/(?:api/v3/)?repos/)?([^/\s]{1,100}/[^/\s]{1,100})")
_MOST_LABELS = 5000
# GitHub's own words for why an issue was closed: the status that stands for it, and the reason.
_REASONS = {
    "": ("Closed", ""),
    "completed": ("Closed", "Completed"),
    "not_planned": ("Closed as not planned", "Not planned"),
    "duplicate": ("Closed as duplicate", "Duplicate"),
}


class GitHub(Format):
    """Lists of issues, as `/repos/…/issues`, `/issues` and `gh issue list --json` give them, and of comments."""

    name = "github"
    source = SOURCE
    label = "GitHub"

    def recognises(self, sample: Sample) -> bool:
        """By what every issue or comment of GitHub bears, in a list or alone."""
        paths = {path.removeprefix("item.") for path in sample.json_paths}
        is_issue = {"number", "title", "state"} <= paths
        is_rest = {"user", "created_at"} <= paths and bool({"node_id", "repository_url", "html_url"} & paths)
        is_command = {"author", "createdAt"} <= paths
        is_comment = {"issue_url", "body", "user"} <= paths
        return is_comment or (is_issue and (is_rest or is_command))

    def read(self, upload: Upload, choices: Choices) -> Iterator[Row]:
        """One issue a row, or one comment that was exported apart from its issue."""
        issues = GitHubIssues(choices, _tree(upload))
        for element in read_documents(upload):
            content = Unreadable("", element.fault) if element.fault else issues.content(element.content)
            yield Row(f"{upload.name}:{element.number}", element.size, content)


class GitHubArchive(Format):
    """Archives of a whole repository, `{"repo": …, "issues": […], "pulls": […]}`, as archive-repo makes them."""

    name = "github-archive"
    source = SOURCE
    label = "GitHub (archive)"

    def recognises(self, sample: Sample) -> bool:
        """By the name of a repository and a list of its issues."""
        return {"repo", "issues"} <= sample.json_paths and bool(
            {"magic", "pulls", "issues.item.createdAt"} & sample.json_paths
        )

    def read(self, upload: Upload, choices: Choices) -> Iterator[Row]:
        """One issue a row, then one of all labels. Pull requests are rows too, left out."""
        issues = GitHubIssues(choices)
        labels: list[Any] = []
        number, repository = 0, ""
        for element in read_objects(upload, "repo", "labels.item", "issues.item", "pulls.item"):
            number = element.number
            content: Any = LeftOut(PULL_REQUEST)
            if element.fault:
                content = Unreadable("", element.fault)
            elif element.place == "repo":
                repository = words(element.content)[:200]
                continue
            elif element.place == "labels.item":
                labels += [mapping(element.content).get("name")] if len(labels) < _MOST_LABELS else []
                continue
            elif element.place == "issues.item":
                content = issues.content(element.content, repository)
            yield Row(f"{upload.name}:{number}", element.size, content)
        names = names_of(labels, "labels", [])
        if names:
            key, name = issues.project_of(repository)
            yield Row(f"{upload.name}:{number + 1}", 0, ProjectRecord(key=key, name=name, labels=names))


def _tree(upload: Upload) -> Tree:
    """Which issues are sub-issues of which: looked through once, since any row may be a part of any other."""
    tree = Tree()
    for element in read_documents(upload):
        raw = mapping(element.content)
        above = _parent(raw)
        if above is not None:
            tree.add(f"{_repository(raw)}#{whole(raw.get('number'))}"[-building.ID_LENGTH :], above.key)
    return tree.seal()


class GitHubIssues:
    """Makes issues of objects as either of GitHub's interfaces writes them: `created_at` and `createdAt` alike."""

    def __init__(self, choices: Choices, tree: Tree | None = None) -> None:
        self._tree = tree or Tree()
        self._times = Reader(zone_of(choices))
        self._keys = building.ProjectKeys()
        self._repeats = Repeats()

    def project_of(self, repository: str) -> tuple[str, str]:
        """Key and name of the project that a repository becomes."""
        name = repository.rpartition("/")[2] or "GitHub"
        return self._keys.of(name), name[:120]

    def content(self, value: Any, repository: str = "") -> Any:
        """What an object is: an issue, a comment, something left out, or nothing that can be read."""
        if not isinstance(value, dict):
            return Unreadable("", "This is no issue of GitHub, but a value of another kind.")
        if value.get("pull_request") or _is_of_pull(value):
            return LeftOut(_REVIEW if value.get("issue_url") else PULL_REQUEST)
        if value.get("issue_url") and "title" not in value:
            return self._comment_apart(value)
        record = self._issue(value, repository)
        return record if isinstance(record, Unreadable) else self._repeats.or_content(value, record)

    def _issue(self, raw: dict[str, Any], repository: str) -> IssueRecord | Unreadable:
        number = whole(raw.get("number"))
        if number is None:
            return Unreadable("number", f"“{said(raw.get('number'))}” is no number of an issue. Export the list again.")
        notes: Notes = []
        repository = _repository(raw) or repository
        key = f"{repository}#{number}"[-building.ID_LENGTH :]
        external_id = _node(raw) or key
        reporter = _person(_first(raw, "user", "author"))
        created_at = moment(_first(raw, "created_at", "createdAt"), self._times, "created_at", notes)
        updated_at = moment(_first(raw, "updated_at", "updatedAt"), self._times, "updated_at", notes)
        closed_at = moment(_first(raw, "closed_at", "closedAt"), self._times, "closed_at", notes)
        text, overflow = building.text_with_overflow(
            text_or_nothing(raw.get("body"), "body", notes),
            "body",
            notes,
            to_markdown,
            external_id=external_id,
            author=reporter,
            created_at=created_at,
        )
        status, category, resolution = _standing(raw, notes)
        assignee, further = building.one_assignee(_assignees(raw), "assignees", notes)
        project_key, project_name = self.project_of(repository)
        record = IssueRecord(
            external_id=external_id,
            key=key,
            number=number,
            project_key=project_key,
            project_name=project_name,
            title=title_of(raw.get("title"), key, notes, "title"),
            text=text,
            type_name=next(iter(names_of([_name(_first(raw, "type", "issueType"))], "type", notes)), ""),
            status_name=status,
            category=category,
            resolution=resolution,
            labels=names_of([_name(each) for each in _nodes(raw.get("labels"))], "labels", notes),
            fix_versions=self._milestone(raw.get("milestone"), notes),
            reporter=reporter,
            assignee=assignee,
            watchers=further,
            parent=_parent(raw),
            comments=[*overflow, *self._comments(raw, external_id, notes)],
            created_at=created_at,
            updated_at=later(updated_at, created_at),
            resolved_at=closed_at if category is not Status.Category.TODO else None,
            notes=notes,
        )
        self._tree.put(record)
        return record

    def _milestone(self, value: Any, notes: Notes) -> list[VersionRecord]:
        """A milestone gathers what one release brings; it is out once it is closed."""
        raw = mapping(value)
        [name] = names_of([_name(value)], "milestone", notes) or [""]
        if not name:
            return []
        due_at = moment(_first(raw, "due_on", "dueOn"), self._times, "milestone", notes)
        closed_at = moment(_first(raw, "closed_at", "closedAt"), self._times, "milestone", notes)
        is_released = words(raw.get("state")).lower() == "closed"
        day = (closed_at if is_released and closed_at else due_at) or closed_at
        return [
            VersionRecord(
                name=name,
                description=clean(raw["description"])[:2000] if isinstance(raw.get("description"), str) else "",
                release_date=day.date() if day is not None else None,
                is_released=is_released,
            )
        ]

    def _comments(self, raw: dict[str, Any], issue_id: str, notes: Notes) -> list[CommentRecord]:
        """An archive has them with the issue; lists only say how many there are."""
        value = raw.get("comments")
        if isinstance(value, int) and value > 0:
            notes.append(("comments", f"{value} comment(s) are not in this file; GitHub exports them apart."))
        return [
            record
            for place, each in enumerate(map(mapping, _nodes(value)), start=1)
            for record in self._comment(each, _node(each) or f"{issue_id[:80]}/comment/{place}", notes)
        ]

    def _comment(self, raw: dict[str, Any], external_id: str, notes: Notes) -> list[CommentRecord]:
        return building.comment(
            text_or_nothing(raw.get("body"), "comments", notes),
            notes,
            to_markdown,
            external_id=external_id,
            author=_person(_first(raw, "user", "author")),
            created_at=moment(_first(raw, "created_at", "createdAt"), self._times, "comments", notes),
        )

    def _comment_apart(self, raw: dict[str, Any]) -> CommentsRecord | LeftOut | Unreadable:
        found = _ADDRESS.fullmatch(words(raw.get("issue_url")))
        external_id = _node(raw)
        if found is None or not external_id:
            return Unreadable("issue_url", "The comment does not tell which issue it is on. Export the list again.")
        comments = self._comment(raw, external_id, [])
        if not comments:
            return LeftOut("comment without text")
        return CommentsRecord(issue=Ref(key=_key(found)), comments=comments)


def _first(raw: dict[str, Any], *names: str) -> Any:
    """What is said under the first of these names that says anything."""
    return next((raw[name] for name in names if raw.get(name) is not None), None)


def _node(raw: dict[str, Any]) -> str:
    """The id that both interfaces know a thing by: REST calls it `node_id`, GraphQL `id`."""
    return identifier(raw.get("node_id")) or identifier(raw.get("id"))


def _nodes(value: Any) -> list[Any]:
    """A list, as it is or as GraphQL wraps it."""
    return listing(value.get("nodes")) if isinstance(value, dict) else listing(value)


def _name(value: Any) -> str:
    """What something is called that one interface describes and the other only names."""
    return words(_first(value, "name", "title")) if isinstance(value, dict) else words(value)


def _person(value: Any) -> Person | None:
    """Somebody by their login. Whoever deleted their account is nobody any more."""
    if isinstance(value, dict):
        return building.person(value.get("name") or value.get("login"), value.get("email"), value.get("login"))
    return building.person(value)


def _assignees(raw: dict[str, Any]) -> list[Person]:
    values = _nodes(raw.get("assignees")) or [raw.get("assignee")]
    return list(dict.fromkeys(found for each in values if (found := _person(each)) is not None))


def _key(found: re.Match[str]) -> str:
    return f"{found[1]}#{int(found[3])}"[-building.ID_LENGTH :]


def _repository(raw: dict[str, Any]) -> str:
    for name in ("html_url", "url"):
        found = _ADDRESS.fullmatch(words(raw.get(name))[:1000])
        if found is not None:
            return found[1]
    whole_name = mapping(raw.get("repository")).get("full_name") or raw.get("repository_url")
    named = _REPOSITORY.fullmatch(words(whole_name))
    return named[1] if named is not None else ""


def _is_of_pull(raw: dict[str, Any]) -> bool:
    found = _ADDRESS.fullmatch(words(_first(raw, "html_url", "url"))[:1000])
    return found is not None and found[2] != "issues"


def _parent(raw: dict[str, Any]) -> Ref | None:
    """The issue that this one is a sub-issue of."""
    above = mapping(raw.get("parent"))
    found = _ADDRESS.fullmatch(words(_first(raw, "parent_issue_url") or _first(above, "html_url", "url"))[:1000])
    return Ref(external_id=_node(above), key=_key(found)) if found is not None else None


def _standing(raw: dict[str, Any], notes: Notes) -> tuple[str, str, str]:
    """Status, category and resolution."""
    state = words(raw.get("state")).lower()
    if state == "closed":
        reason = words(_first(raw, "state_reason", "stateReason")).lower()
        if reason not in _REASONS:
            notes.append(("state_reason", f"“{said(reason)}” is no reason that GitHub knows; it counts as completed."))
        status, resolution = _REASONS.get(reason, _REASONS[""])
        category = Status.Category.CANCELLED if status != "Closed" else Status.Category.DONE
        return status, category, resolution
    if state != "open":
        notes.append(("state", f"“{said(raw.get('state'))}” is neither open nor closed; it counts as open."))
    return "Open", Status.Category.TODO, ""
