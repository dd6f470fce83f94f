"""An archive from its first member to its manifest, in constant memory.

What goes together is read in units of work of its own, as the reader: a long archive holds no transaction open, and a
right that is lost on the way ends it.
"""

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import datetime
from typing import IO, Any

from django.conf import settings
from django.utils import timezone

from apps.accounts.models import User
from apps.core.errors import Forbidden
from apps.core.files import attached_files
from apps.core.tenancy import Actor
from apps.exports.archive.configuration import describe_project
from apps.exports.archive.history import describe_history
from apps.exports.archive.issues import describe_issues, file_path
from apps.exports.archive.schedules import describe_schedules
from apps.exports.archive.sprints import describe_sprints
from apps.exports.archive.words import Words
from apps.exports.archive.zipping import Bundle
from apps.exports.policies import can_archive
from apps.exports.selectors.rows import issues_after
from apps.issues.models import Attachment, Issue
from apps.orgs.policies import can_see_addresses
from apps.orgs.selectors import get_organization
from apps.projects.models import Project
from apps.projects.selectors import list_custom_fields, visible_projects

FORMAT = 1
# Issues come with their comments, so fewer at a time than a table has.
AT_ONCE = 50

Entering = Callable[[], AbstractContextManager[Actor]]


class Lost(Exception):
    """Nobody waits for the archive any more."""


@dataclass(slots=True)
class Written:
    """What became of it."""

    project_ids: list[int] = field(default_factory=list)
    issues: int = 0
    lost_files: list[str] = field(default_factory=list)
    counts: dict[str, dict[str, int]] = field(default_factory=dict)


def write_archive(
    *,
    target: IO[bytes],
    entering: Entering,
    project_ids: list[int],
    is_whole: bool,
    on_progress: Callable[[int], bool] = lambda issues: True,
) -> Written:
    """Write an archive.

    :param entering: opens a unit of work of the reader, or of FlowBoard itself
    :param is_whole: of the organization, which needs its right; else each project's own is needed
    :param on_progress: told how many issues are in, now and then; whether to go on
    :raises Forbidden: if the reader may not take this out (any more)
    :raises Lost: if `on_progress` says so
    """
    now = timezone.now()
    with Bundle(target, now=now) as bundle:
        writer = _Writer(bundle, entering, is_whole, on_progress)
        for project_id in project_ids:
            writer.write_project(project_id)
        writer.write_manifest(now)
    return writer.written


class _Writer:
    def __init__(self, bundle: Bundle, entering: Entering, is_whole: bool, on_progress: Callable[[int], bool]) -> None:
        self._bundle = bundle
        self._entering = entering
        self._is_whole = is_whole
        self._on_progress = on_progress
        self.written = Written()

    def _project(self, actor: Actor, project_id: int) -> Project | None:
        """The project as it is now; None if it is gone, or out of sight, since the archive was begun."""
        project = visible_projects(actor=actor).select_related("lead").filter(pk=project_id).first()
        if project is not None and not can_archive(actor, None if self._is_whole else project):
            raise Forbidden
        return project

    def write_project(self, project_id: int) -> None:
        """One project with everything in it."""
        with self._entering() as actor:
            project = self._project(actor, project_id)
            if project is None:
                return
            about = describe_project(actor, project, _words(actor))
        # It may be renamed meanwhile: in the archive it has one name.
        root, key = f"projects/{project.key}", project.key
        counts = Counter[str]()
        self._bundle.put_json(f"{root}/project.json", about)
        self._bundle.put_lines(f"{root}/issues.ndjson", self._issues(project_id, key, counts))
        counts["sprints"] = self._bundle.put_lines(f"{root}/sprints.ndjson", self._sprints(project_id))
        counts["schedules"] = self._bundle.put_lines(f"{root}/schedules.ndjson", self._schedules(project_id))
        counts["history"] = self._bundle.put_lines(f"{root}/history.ndjson", self._history(project_id, key))
        self._files(project_id, key)
        self.written.project_ids.append(project_id)
        self.written.counts[key] = dict(counts)

    def _described(
        self, project_id: int, key: str, describe: Callable[[Actor, Project, list[Issue]], list[dict[str, Any]]]
    ) -> Iterator[list[dict[str, Any]]]:
        """What is told of the project's issues, some issues at a time, each in a unit of work of its own."""
        last = 0
        while True:
            with self._entering() as actor:
                project = self._project(actor, project_id)
                if project is None:
                    return
                project.key = key
                issues = issues_after(actor=actor, project=project, number=last, at_once=AT_ONCE)
                if not issues:
                    return
                told = describe(actor, project, issues)
            yield told
            last = issues[-1].number

    def _issues(self, project_id: int, key: str, counts: Counter[str]) -> Iterator[dict[str, Any]]:
        def describe(actor: Actor, project: Project, issues: list[Issue]) -> list[dict[str, Any]]:
            fields = list_custom_fields(actor=actor, project=project)
            return describe_issues(actor, project, issues, fields, _words(actor))

        for told in self._described(project_id, key, describe):
            for each in told:
                counts["issues"] += 1
                counts.update({name: len(each[name]) for name in ("comments", "work_log", "attachments")})
                yield each
            self.written.issues += len(told)
            self._go_on()

    def _history(self, project_id: int, key: str) -> Iterator[dict[str, Any]]:
        def describe(actor: Actor, project: Project, issues: list[Issue]) -> list[dict[str, Any]]:
            return describe_history(actor, project, issues, _words(actor))

        for told in self._described(project_id, key, describe):
            yield from told
            self._go_on()

    def _sprints(self, project_id: int) -> Iterator[dict[str, Any]]:
        last = 0
        while True:
            with self._entering() as actor:
                project = self._project(actor, project_id)
                found = (
                    describe_sprints(actor, project, _words(actor), after=last, at_once=10)
                    if project is not None
                    else []
                )
            yield from found
            if not found:
                return
            last = int(found[-1]["id"])

    def _schedules(self, project_id: int) -> Iterator[dict[str, Any]]:
        last = 0
        while True:
            with self._entering() as actor:
                project = self._project(actor, project_id)
                found = (
                    describe_schedules(actor, project, _words(actor), after=last, at_once=10)
                    if project is not None
                    else []
                )
            yield from found
            if not found:
                return
            last = int(found[-1]["id"])

    def _files(self, project_id: int, key: str) -> None:
        """The content of the files. One that the storage has lost is told, and the archive goes on without it."""
        last = 0
        while True:
            with self._entering() as actor:
                project = self._project(actor, project_id)
                found = _attachments(actor, project, after=last) if project is not None else []
            if not found:
                return
            for attachment in found:
                self._file(file_path(key, attachment), attachment)
                self._go_on()
            last = found[-1].pk

    def _file(self, path: str, attachment: Attachment) -> None:
        try:
            pieces = attached_files().pieces(attachment.key, start=0, length=attachment.size)
        except FileNotFoundError:
            self.written.lost_files.append(path)
            return
        with self._bundle.member(path, is_packed=False) as member:
            for piece in pieces:
                member.write(piece)

    def _go_on(self) -> None:
        if not self._on_progress(self.written.issues):
            raise Lost

    def write_manifest(self, now: datetime) -> None:
        """What the archive is, and the sums of everything else in it. It comes last, since then they are known."""
        with self._entering() as actor:
            org = get_organization(actor=actor)
            by = User.objects.get(pk=actor.user_id).name if actor.user_id is not None else None
            about = {
                "format": "flowboard-archive",
                "format_version": FORMAT,
                "flowboard_version": settings.RELEASE,
                "created_at": now.isoformat(),
                "created_by": by,
                "organization": {"slug": org.slug, "name": org.name},
                "is_whole": self._is_whole,
                "projects": self.written.counts,
                "lost_files": self.written.lost_files,
                "members": self._bundle.members,
            }
        self._bundle.put_json("manifest.json", about)


def _attachments(actor: Actor, project: Project, *, after: int) -> list[Attachment]:
    there = Attachment.objects.filter(org_id=actor.org_id, project=project, deleted_at__isnull=True, pk__gt=after)
    return list(there.filter(issue__deleted_at__isnull=True).order_by("pk")[:AT_ONCE])


def _words(actor: Actor) -> Words:
    return Words(has_addresses=can_see_addresses(actor))
