"""What hangs on issues: comments, logged time, files."""

from collections.abc import Sequence

from apps.imports.services.work import Work

from .comments import add_comments, react
from .files import add_files
from .hanging import Hanging
from .logged import add_untold_work, add_work

__all__ = ["Hanging", "add_comments", "hang"]


def hang(work: Work, batch: Sequence[Hanging], *, is_new: bool) -> None:
    """Store what hangs on issues: of new ones everything, of changed ones what is new or says something else."""
    comments = [(one, comment) for one in batch for comment in one.record.comments]
    add_comments(work, [(one.row, one.issue, comment) for one, comment in comments], is_new=is_new)
    if is_new:
        react(work, [(one.issue, None, one.record.reactions) for one in batch])
    add_work(work, batch, is_new=is_new)
    add_untold_work(work, batch)
    add_files(work, batch, is_new=is_new)
