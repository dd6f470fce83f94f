"""What the gallery draws where values made up in its template would not do: reports of a sprint that never was."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

from apps.sprints import chart
from apps.sprints.models import ScopeEntry, Sprint
from apps.sprints.reports import report
from apps.sprints.selectors import SprintLine, velocity

_FIRST = date(2026, 5, 4)
# Days after the first, the kind of line, the issue, its points, whether it is done.
_LEDGER: tuple[tuple[int, ScopeEntry.Kind, int | None, int, bool], ...] = (
    (0, ScopeEntry.Kind.STARTED, None, 0, False),
    (0, ScopeEntry.Kind.START, 1, 5, False),
    (0, ScopeEntry.Kind.START, 2, 8, False),
    (0, ScopeEntry.Kind.START, 3, 3, False),
    (2, ScopeEntry.Kind.DONE, 3, 3, True),
    (3, ScopeEntry.Kind.ADDED, 4, 2, False),
    (7, ScopeEntry.Kind.DONE, 1, 5, True),
    (9, ScopeEntry.Kind.ESTIMATED, 2, 5, False),
    (10, ScopeEntry.Kind.DONE, 4, 2, True),
)


def _line(name: str, times: int) -> SprintLine:
    """A sprint that went like the ledger above, with so many times its points."""
    sprint = Sprint(
        pk=times, name=name, state=Sprint.State.ACTIVE, start_date=_FIRST, end_date=_FIRST + timedelta(days=11), run=1
    )
    sprint.time_zone = "UTC"
    entries = [
        ScopeEntry(
            sprint=sprint,
            run=1,
            kind=kind,
            at=datetime(_FIRST.year, _FIRST.month, _FIRST.day, 9, tzinfo=UTC) + timedelta(days=days),
            issue_id=issue,
            issue_key=f"FLOW-{issue}" if issue else "",
            points=Decimal(points * times) if issue else None,
            is_in=issue is not None,
            is_done=is_done,
            end_date=sprint.end_date,
        )
        for days, kind, issue, points, is_done in _LEDGER
    ]
    now = datetime(_FIRST.year, _FIRST.month, _FIRST.day, 18, tzinfo=UTC) + timedelta(days=10)
    return SprintLine(sprint=sprint, issues=4, points=Decimal(18 * times), report=report(sprint, entries, now=now))


def sprint_charts() -> dict[str, Any]:
    """A burndown with changes of the plan and a weekend, and the velocity of three sprints."""
    lines = [_line("Sprint 3", 2), _line("Sprint 2", 1), _line("Sprint 1", 3)]
    return {
        "report": lines[0].report,
        "chart": chart.draw(lines[0].report),
        "velocity_chart": chart.draw_velocity(velocity(lines)),
    }
