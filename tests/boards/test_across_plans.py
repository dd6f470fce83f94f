"""That a board over ten projects with twenty thousand issues is read by indexes: nothing goes through all issues."""

import json
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from fractional_indexing import generate_n_keys_between

from apps.accounts.models import User
from apps.boards.models import AcrossBoard, Column
from apps.boards.selectors import across as selectors
from apps.issues.models import Issue
from apps.orgs.models import Organization
from apps.projects.models import Project, Status
from tests.boards.test_across import make
from tests.factories import acting, make_issues, make_project

PROJECTS = 10
ISSUES = 2_000


def scans(plan: dict[str, Any]) -> list[str]:
    """The tables that a plan reads from end to end."""
    own = [plan["Relation Name"]] if plan["Node Type"] == "Seq Scan" else []
    return own + [name for part in plan.get("Plans", ()) for name in scans(part)]


def fill(user: User, org: Organization, project: Project, count: int) -> None:
    """Many issues in all statuses, as rows: what happened to them is no matter here."""
    (pattern,) = make_issues(org, project, user, "x")
    with acting(user, org):
        statuses = list(Status.objects.filter(project=project).order_by("position"))
        ranks = generate_n_keys_between(pattern.rank, None, count)
        Issue.objects.bulk_create(
            (
                Issue(
                    org=org,
                    project=project,
                    number=number,
                    title="x",
                    type_id=pattern.type_id,
                    status=statuses[number % len(statuses)],
                    reporter=user,
                    rank=rank,
                )
                for number, rank in enumerate(ranks, start=2)
            ),
            batch_size=2_000,
        )


@pytest.mark.deep
def test_reads_no_table_of_issues_from_end_to_end(ada: User, acme: Organization) -> None:
    # Some projects of many, as in an organization that has more than its board shows.
    projects = [make_project(acme, ada, f"P{number}", template="kanban") for number in range(PROJECTS)]
    others = [make_project(acme, ada, f"Q{number}", template="kanban") for number in range(2)]
    for project in projects:
        fill(ada, acme, project, ISSUES)
    for project in others:
        fill(ada, acme, project, ISSUES * 10)
    board = make(ada, acme, *projects)
    with acting(ada, acme):
        Column.objects.filter(project__in=projects, name="In progress").update(wip_limit=99)
        AcrossBoard.objects.update(done_days=14, marks_slow=True)
    with acting(ada, acme) as actor:
        assert Issue.objects.filter(project__in=projects).count() >= PROJECTS * ISSUES
        view = selectors.get_across(actor=actor, across_id=board.pk)
        nothing = selectors.AcrossFilters()
        with CaptureQueriesContext(connection) as queries:
            selectors.fill_across(actor=actor, view=view, filters=nothing)
            first = view.columns[0]
            assert first.next_after is not None
            selectors.across_page(actor=actor, view=view, column_id=first.id, filters=nothing, after=first.next_after)
            ids = [card.id for card in first.cards]
            selectors.across_cards(actor=actor, view=view, filters=nothing, ids=ids)
        asked = [query["sql"] for query in queries if '"issues_issue"' in query["sql"]]
        assert len(asked) >= 6
        for sql in asked:
            with connection.cursor() as cursor:
                cursor.execute("EXPLAIN (FORMAT JSON) " + sql.replace("%", "%%"))
                (answer,) = cursor.fetchone()
            plan = (answer if isinstance(answer, list) else json.loads(answer))[0]["Plan"]
            assert "issues_issue" not in scans(plan), sql
