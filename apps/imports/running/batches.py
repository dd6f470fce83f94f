"""Rows by the batch, each of which is written in one transaction."""

from collections.abc import Iterable, Iterator

from apps.imports.models import ImportRun
from apps.imports.records import HistoryRecord, IssueRecord, LedgerRecord, ProjectRecord, Row, ScheduleRecord

BATCH_ROWS = 200
# Rows differ in size by a factor of ten thousand; a batch of large ones must not fill the memory.
BATCH_BYTES = 4 * 1024 * 1024


def key_of(run: ImportRun, row: Row) -> str:
    """The key of the project that a row belongs to, "" if it belongs to none."""
    match row.content:
        case (
            IssueRecord(project_key=key)
            | HistoryRecord(project_key=key)
            | LedgerRecord(project_key=key)
            | ScheduleRecord(project_key=key)
            | ProjectRecord(key=key)
        ):
            return run.project.key if run.project is not None else run.project_key or key
    return ""


def in_batches(run: ImportRun, rows: Iterable[Row]) -> Iterator[list[Row]]:
    """Rows in their order, some at a time. A row that comes twice waits for the batch behind that of its first copy:
    also one that another project of the file has, if both go into one here (an issue that was moved, for example)."""
    batch: list[Row] = []
    ids: set[tuple[str, str]] = set()
    size = 0
    for row in rows:
        record = row.content if isinstance(row.content, IssueRecord) else None
        one = (key_of(run, row), record.external_id) if record is not None else None
        if batch and (one in ids or len(batch) >= BATCH_ROWS or size > BATCH_BYTES):
            yield batch
            batch, ids, size = [], set(), 0
        batch.append(row)
        size += row.size
        if one is not None:
            ids.add(one)
    if batch:
        yield batch
