"""Reading imports. Whoever started one may look at it, and whoever may import into its project."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connection
from django.db.models import Count, Q, QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from apps.accounts.models import User
from apps.core.errors import Forbidden, NotFound
from apps.core.paging import Page, page_by_id, read_values
from apps.core.tenancy import Actor
from apps.imports.models import ClaimedPerson, ExternalRef, ImportFile, ImportProblem, ImportRun, MappingProfile
from apps.imports.policies import can_follow_imports, can_import
from apps.issues.models import Comment, Issue
from apps.orgs.policies import can_manage_members
from apps.orgs.selectors import MOST_WORDS, people
from apps.projects.models import Project
from apps.projects.policies import comes_from_outside
from apps.projects.selectors import visible_projects

__all__ = [
    "NoSuchImport",
    "NoSuchProfile",
    "can_import",
    "count_placeholders",
    "count_problems",
    "files_of",
    "get_import",
    "get_placeholder",
    "get_profile",
    "import_page",
    "is_wanted",
    "kept_page",
    "list_imports",
    "list_placeholders",
    "list_problems",
    "list_profiles",
    "named_profile",
    "old_runs",
    "problem_page",
    "problems_of",
    "projects_of",
    "unclaimed_files",
    "waiting_runs",
]

STATES = ImportRun.State
# Nothing was written yet.
BEFORE = (STATES.SURVEYING, STATES.REVIEW, STATES.QUEUED)
# As many problems as one page lists.
PROBLEMS_AT_ONCE = 200
PLACEHOLDERS_ON_A_PAGE = 50


class NoSuchImport(NotFound):
    """There is no such import, or not for this person."""

    title = gettext_lazy("There is no such import")
    detail = gettext_lazy("It was forgotten, or is shown only to those who may import into its project.")


class NoSuchProfile(NotFound):
    """The profile was deleted."""

    title = gettext_lazy("There is no such profile")


def _runs(actor: Actor) -> "QuerySet[ImportRun]":
    """Imports that the actor may look at."""
    runs = ImportRun.objects.filter(org_id=actor.org_id).select_related("project", "started_by", "org")
    seen = visible_projects(actor=actor)
    runs = runs.filter(Q(project__isnull=True) | Q(project__in=seen))
    if actor.is_system:
        return runs
    theirs = [project.pk for project in seen.filter(archived_at__isnull=True) if can_follow_imports(actor, project)]
    own = Q(started_by_id=actor.user_id)
    if comes_from_outside(actor):
        # Neither guests nor tokens for chosen projects know of what goes anywhere.
        own &= Q(project__isnull=False)
    may_look = own | Q(project_id__in=theirs)
    if can_follow_imports(actor, None):
        # A project with a key that is not there yet, or of each row its own; not one that is gone, for it may have been
        # private.
        may_look |= Q(project__isnull=True) & (Q(project_key="") | Q(state__in=[*BEFORE]))
    return runs.filter(may_look)


def list_imports(*, actor: Actor, project: Project | None = None) -> list[ImportRun]:
    """Imports that the actor may look at, newest first: of one project, or all."""
    runs = _runs(actor)
    if project is not None:
        runs = runs.filter(project=project)
    return list(runs.order_by("-created_at", "-pk")[:200])


def import_page(
    *, actor: Actor, after: Sequence[Any] | None = None, before: Sequence[Any] | None = None, size: int
) -> Page[ImportRun]:
    """A page of the imports that the actor may look at, newest first, without what was found in their files."""
    runs = _runs(actor).defer("survey", "choices")
    return page_by_id(runs, after=after, before=before, size=size, is_newest_first=True)


def get_import(*, actor: Actor, pk: int) -> ImportRun:
    """One import.

    :raises NoSuchImport: if there is none with this id, or it is not for the actor
    """
    run = _runs(actor).filter(pk=pk).first()
    if run is None:
        raise NoSuchImport
    return run


def files_of(*, actor: Actor, run: ImportRun) -> list[ImportFile]:
    """The files of an import in the order in which they are read."""
    return list(ImportFile.objects.filter(org_id=actor.org_id, run=run).order_by("position"))


def list_problems(*, actor: Actor, run: ImportRun, after: int = 0) -> list[ImportProblem]:
    """The next problems of an import, in the order of its rows: those behind this id.

    :raises NoSuchImport: if it is not for the actor
    """
    get_import(actor=actor, pk=run.pk)
    problems = ImportProblem.objects.filter(org_id=actor.org_id, run=run, pk__gt=after)
    return list(problems.order_by("pk")[:PROBLEMS_AT_ONCE])


def count_problems(*, actor: Actor, run: ImportRun) -> int:
    """How many problems an import has.

    :raises NoSuchImport: if it is not for the actor
    """
    get_import(actor=actor, pk=run.pk)
    return ImportProblem.objects.filter(org_id=actor.org_id, run=run).count()


def problem_page(
    *,
    actor: Actor,
    run: ImportRun,
    after: Sequence[Any] | None = None,
    before: Sequence[Any] | None = None,
    size: int,
) -> Page[ImportProblem]:
    """A page of the problems of an import, in the order of its rows.

    :raises NoSuchImport: if it is not for the actor
    """
    get_import(actor=actor, pk=run.pk)
    problems = ImportProblem.objects.filter(org_id=actor.org_id, run=run)
    return page_by_id(problems, after=after, before=before, size=size)


def kept_page(
    *,
    actor: Actor,
    run: ImportRun,
    after: Sequence[Any] | None = None,
    before: Sequence[Any] | None = None,
    size: int,
) -> Page[dict[str, str]]:
    """A page of what stayed when an import was taken back: what each is called (`key`), and the `reason`.

    :raises NoSuchImport: if it is not for the actor
    """
    kept = get_import(actor=actor, pk=run.pk).counts.get("kept", [])
    begin = after[0] if after is not None else max(0, before[0] - size) if before is not None else 0
    end = before[0] if before is not None else begin + size
    return Page(kept[begin:end], [end] if end < len(kept) else None, [begin] if begin else None)


def projects_of(*, actor: Actor, run: ImportRun) -> list[Project]:
    """The projects that an import wrote into and that the actor sees, by name."""
    refs = ExternalRef.objects.filter(org_id=actor.org_id, run=run, kind=ExternalRef.Kind.PROJECT)
    return list(visible_projects(actor=actor).filter(pk__in=refs.values("project_id")).order_by("name", "pk"))


def problems_of(*, actor: Actor, run: ImportRun) -> Iterator[ImportProblem]:
    """All problems of an import, in the order of its rows.

    :raises NoSuchImport: if it is not for the actor
    """
    get_import(actor=actor, pk=run.pk)
    return ImportProblem.objects.filter(org_id=actor.org_id, run=run).order_by("pk").iterator(chunk_size=1000)


def list_profiles(*, actor: Actor, source: str | None = None) -> list[MappingProfile]:
    """Decisions that were kept for imports from this kind of tracker, or from any, by name.

    :raises Forbidden: for those who may import nowhere
    """
    if not _follows_any(actor):
        raise Forbidden
    profiles = MappingProfile.objects.filter(org_id=actor.org_id)
    if source is not None:
        profiles = profiles.filter(source=source)
    return list(profiles.order_by("name", "pk"))


def get_profile(*, actor: Actor, pk: int) -> MappingProfile:
    """One of the kept decisions.

    :raises NoSuchProfile: if there is none with this id, or the actor may import nowhere
    """
    profile = MappingProfile.objects.filter(org_id=actor.org_id, pk=pk).first()
    if profile is None or not _follows_any(actor):
        raise NoSuchProfile
    return profile


def named_profile(*, actor: Actor, name: str) -> MappingProfile:
    """The decisions that were kept under a name.

    :raises NoSuchProfile: if there are none
    """
    profile = MappingProfile.objects.filter(org_id=actor.org_id, name=name).first()
    if profile is None:
        raise NoSuchProfile(_("No decisions are kept under the name “%(name)s”.") % {"name": name})
    return get_profile(actor=actor, pk=profile.pk)


def _follows_any(actor: Actor) -> bool:
    """Whether the actor may look at imports into any project, or into one that is yet to be made."""
    if can_follow_imports(actor, None):
        return True
    return any(can_follow_imports(actor, project) for project in visible_projects(actor=actor))


# ---- for jobs


def ended_import(*, actor: Actor, pk: int) -> ImportRun | None:
    """An import that ended, for who is told of it; None if it was cancelled by somebody, who knows, or is gone."""
    ended = _runs(actor).filter(pk=pk, state__in=[STATES.DONE, STATES.FAILED])
    return ended.first()


def waiting_runs(*, limit: int = 100) -> list[tuple[int, int]]:
    """(organization, import) ids of imports that have work to do and no worker at it, across organizations."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT org_id, run_id FROM flowboard_waiting_imports(%s)", [limit])
        return [(row[0], row[1]) for row in cursor.fetchall()]


def is_wanted(*, actor: Actor, run: ImportRun) -> bool:
    """Whether an import is still to be worked at as it was when it was taken up."""
    mine = ImportRun.objects.filter(org_id=actor.org_id, pk=run.pk, state=run.state)
    return mine.filter(cancelled_at__isnull=True).exists()


def old_runs(*, actor: Actor, ended_before: datetime) -> list[ImportRun]:
    """Imports that ended so long ago, or were never confirmed since, and still have files."""
    runs = ImportRun.objects.filter(org_id=actor.org_id, files__isnull=False, created_at__lt=ended_before)
    at_work = [state for state in ImportRun.AT_WORK if state != ImportRun.State.SURVEYING]
    is_over = Q(ended_at__isnull=True) | Q(ended_at__lt=ended_before)
    return list(runs.filter(is_over).exclude(state__in=at_work).distinct().order_by("pk")[:100])


def unclaimed_files(keys: list[str]) -> list[str]:
    """Those of the keys that belong to no import of any organization."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT key FROM flowboard_unclaimed_imports(%s)", [keys])
        return [row[0] for row in cursor.fetchall()]


@dataclass(frozen=True, slots=True)
class Placeholder:
    """Somebody whom imports met and who has no account here, and how often they are named where the reader sees it."""

    user: User
    issues: int
    comments: int


def get_placeholder(*, actor: Actor, pk: int) -> User:
    """Somebody whom an import met, and of whom nobody has said who they are.

    :raises Forbidden: for those who do not manage members
    :raises NotFound: if there is none with this id
    """
    found = _unclaimed(actor).filter(pk=pk).first()
    if found is None:
        raise NotFound
    return found


def _unclaimed(actor: Actor) -> "QuerySet[User]":
    """Whom imports met, and of whom nobody has said who they are.

    :raises Forbidden: for those who do not manage members
    """
    if not can_manage_members(actor):
        raise Forbidden
    claimed = ClaimedPerson.objects.filter(org_id=actor.org_id).values("placeholder_id")
    return people(actor=actor).filter(kind=User.Kind.PLACEHOLDER).exclude(pk__in=claimed)


def count_placeholders(*, actor: Actor, q: str = "") -> int:
    """How many people imports met of whom nobody has said yet who they are, and whose names hold these words.

    :raises Forbidden: for people who do not manage members
    """
    return _called(_unclaimed(actor), q).count()


def _called(users: "QuerySet[User]", q: str) -> "QuerySet[User]":
    for word in q.split()[:MOST_WORDS]:
        users = users.filter(name__icontains=word)
    return users


def list_placeholders(
    *, actor: Actor, q: str = "", after: Sequence[Any] | None = None, size: int = PLACEHOLDERS_ON_A_PAGE
) -> Page[Placeholder]:
    """The people whom imports met and of whom nobody has said yet who they are, by name: four queries.

    :param q: words that their names hold
    :param after: the mark of the page before
    :raises Forbidden: for people who do not manage members
    :raises Invalid: if the mark is another order's
    """
    unclaimed = _called(_unclaimed(actor), q).order_by("name", "id")
    if after is not None:
        name, pk = read_values(after, [str, int])
        unclaimed = unclaimed.filter(Q(name__gt=name) | Q(name=name, pk__gt=pk))
    users = list(unclaimed[: size + 1])
    more, users = len(users) > size, users[:size]
    ids = [user.pk for user in users]
    issues: Counter[int] = Counter()
    for column in ("reporter_id", "assignee_id"):
        named = Issue.objects.undeleted().filter(org_id=actor.org_id, **{f"{column}__in": ids}).order_by()
        issues.update(dict(named.values_list(column).annotate(Count("id"))))
    said = Comment.objects.filter(org_id=actor.org_id, author_id__in=ids, deleted_at__isnull=True).order_by()
    comments = dict(said.values_list("author_id").annotate(Count("id")))
    rows = [Placeholder(user, issues[user.pk], comments.get(user.pk, 0)) for user in users]
    return Page(rows, next_after=[users[-1].name, users[-1].pk] if more else None)
