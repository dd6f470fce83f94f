"""Where an issue stands among the others of its project: a fractional index (a text between two texts).

The key generator is the `fractional-indexing` library; this module finds the neighbours in the database. Two writers
may still choose the same key; the unique constraint notices, and `place` of the services tries again.
"""

from collections.abc import Sequence
from random import randrange

from fractional_indexing import generate_n_keys_between

from apps.core.errors import NotFound
from apps.issues.models import Issue

# Ranks above this length are rewritten by the nightly job; the column holds 255.
LONG = 60


def _neighbour(project_id: int, *, than: str, is_above: bool, without: Sequence[int]) -> str | None:
    ranks = Issue.objects.filter(project_id=project_id).exclude(pk__in=without)
    found = ranks.filter(rank__lt=than).order_by("-rank") if is_above else ranks.filter(rank__gt=than).order_by("rank")
    return found.values_list("rank", flat=True).first()


def last_rank(project_id: int) -> str | None:
    """The rank of the project's last issue, deleted ones included, or None in an empty project."""
    return Issue.objects.filter(project_id=project_id).order_by("-rank").values_list("rank", flat=True).first()


def ranks_at_end(project_id: int, count: int = 1, *, leeway: int = 1) -> list[str]:
    """`count` new ranks after everything else.

    :param leeway: among how many places the first is drawn, so that people who met at one do not meet again
    """
    return ranks_behind([project_id], count, leeway=leeway)


def ranks_behind(project_ids: Sequence[int], count: int, *, leeway: int = 1) -> list[str]:
    """`count` new ranks after everything else in each of these projects; `leeway` is as in `ranks_at_end`."""
    parts = [
        Issue.objects.filter(project_id=each).order_by("-rank").values_list("rank", flat=True)[:1]
        for each in project_ids
    ]
    last = max(parts[0].union(*parts[1:], all=True) if len(parts) > 1 else parts[0], default=None)
    return _draw(last, None, count, leeway)


def _draw(low: str | None, high: str | None, count: int, leeway: int) -> list[str]:
    keys: list[str] = generate_n_keys_between(low, high, count + leeway - 1)
    start = randrange(leeway)  # noqa: S311 (spreads, keeps no secret)
    return keys[start : start + count]


def rank_between(
    project_id: int, *, after: Issue | None, before: Issue | None, without: Sequence[int] = (), leeway: int = 1
) -> str:
    """A rank directly below `after`, or else directly above `before`.

    :raises NotFound: if neither is given
    """
    return ranks_among([project_id], after=after, before=before, without=without, leeway=leeway)[0]


def rank_among(issue: Issue, *, after: Issue | None, before: Issue | None, leeway: int = 1) -> str:
    """A rank for the issue in its own project, behind `after` and ahead of `before`, which may be of other projects.

    Where several projects stand in one order it is that of (rank, id), and equal ranks are common, since each project
    begins its own at the same. Two neighbours of one rank leave room only for the one rank itself; where that is
    taken, or the id does not fit between theirs, the issue goes behind all that have it.

    :raises NotFound: if neither is given
    """
    without = [issue.pk]
    if after is not None and before is not None and after.rank == before.rank and after.pk < issue.pk < before.pk:
        taken = Issue.objects.filter(project_id=issue.project_id, rank=after.rank).exclude(pk__in=without)
        if not taken.exists():
            return after.rank
    return ranks_among([issue.project_id], after=after, before=before, without=without, leeway=leeway)[0]


def ranks_among(
    project_ids: Sequence[int],
    count: int = 1,
    *,
    after: Issue | None,
    before: Issue | None,
    without: Sequence[int] = (),
    leeway: int = 1,
) -> list[str]:
    """`count` ranks, in order, that are free in each of these projects, behind `after` and ahead of `before`.

    The neighbours may be of any project. What else stands between them is looked up now rather than believed: what the
    caller saw may have changed since. `without` are issues that are being moved themselves, `leeway` is as in
    `ranks_at_end`.

    :raises NotFound: if neither is given
    """

    def neighbours(than: str, *, is_above: bool) -> list[str]:
        found = (_neighbour(each, than=than, is_above=is_above, without=without) for each in project_ids)
        return [rank for rank in found if rank is not None]

    if after is not None:
        bounds = neighbours(after.rank, is_above=False)
        if before is not None and before.rank > after.rank:
            bounds.append(before.rank)
        return _draw(after.rank, min(bounds, default=None), count, leeway)
    if before is not None:
        return _draw(max(neighbours(before.rank, is_above=True), default=None), before.rank, count, leeway)
    raise NotFound
