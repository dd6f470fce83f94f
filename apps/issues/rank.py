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
    keys: list[str] = generate_n_keys_between(last_rank(project_id), None, count + leeway - 1)
    start = randrange(leeway)  # noqa: S311 (spreads, keeps no secret)
    return keys[start : start + count]


def rank_between(
    project_id: int, *, after: Issue | None, before: Issue | None, without: Sequence[int] = (), leeway: int = 1
) -> str:
    """A rank directly below `after`, or else directly above `before`.

    :raises NotFound: if neither is given
    """
    return ranks_between(project_id, after=after, before=before, without=without, leeway=leeway)[0]


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
    ends: tuple[str | None, str | None]
    if after is not None:
        below = _neighbour(issue.project_id, than=after.rank, is_above=False, without=without)
        bounds = [rank for rank in (below, None if before is None else before.rank) if rank and rank > after.rank]
        ends = (after.rank, min(bounds, default=None))
    elif before is not None:
        ends = (_neighbour(issue.project_id, than=before.rank, is_above=True, without=without), before.rank)
    else:
        raise NotFound
    keys: list[str] = generate_n_keys_between(*ends, leeway)
    return keys[randrange(leeway)]  # noqa: S311 (spreads, keeps no secret)


def ranks_between(
    project_id: int,
    count: int = 1,
    *,
    after: Issue | None,
    before: Issue | None,
    without: Sequence[int] = (),
    leeway: int = 1,
) -> list[str]:
    """`count` ranks, in order, directly below `after`, or else directly above `before`.

    The other neighbour is looked up now rather than believed: what the caller saw may have changed since. `without`
    are the issues that are being moved themselves, `leeway` is as in `ranks_at_end`.

    :raises NotFound: if neither is given
    """
    ends: tuple[str | None, str | None]
    if after is not None:
        ends = (after.rank, _neighbour(project_id, than=after.rank, is_above=False, without=without))
    elif before is not None:
        ends = (_neighbour(project_id, than=before.rank, is_above=True, without=without), before.rank)
    else:
        raise NotFound
    keys: list[str] = generate_n_keys_between(*ends, count + leeway - 1)
    start = randrange(leeway)  # noqa: S311 (spreads, keeps no secret)
    return keys[start : start + count]
