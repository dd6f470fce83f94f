"""Scripts that change the same issues in opposite order: one waits for the other, nobody fails, nothing is lost."""

from collections import Counter
from typing import Any

import pytest
from django.db import connection

from apps.core import limits
from apps.events.models import Event
from apps.issues.models import Comment, Issue
from apps.projects.models import Project, Status
from apps.sprints.services import create_sprint
from tests import factories
from tests.api.conftest import make_script
from tests.factories import acting
from tests.races.test_races import together

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.race]

ROUNDS = 4
# What a script may be told that lost a race: it was there a moment ago, changed meanwhile, or the rules say no now.
LOST = {404, 409, 422}


def deadlocks() -> int:
    """How many PostgreSQL has ended in this database so far."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_stat_clear_snapshot()")
        cursor.execute("SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()")
        count: int = cursor.fetchone()[0]
        return count


class Place:
    """Two projects with issues, sprints and statuses, and Ada's script."""

    def __init__(self) -> None:
        self.ada = factories.make_user("Ada")
        self.acme = factories.make_org(self.ada)
        flow, away = (factories.make_project(self.acme, self.ada, key, template="scrum") for key in ("FLOW", "AWAY"))
        self.projects = {"FLOW": flow, "AWAY": away}
        self.ids = {
            key: [made.pk for made in factories.make_issues(self.acme, project, self.ada, *map(str, range(12)))]
            for key, project in self.projects.items()
        }
        with acting(self.ada, self.acme) as actor:
            self.sprints = {
                key: [
                    create_sprint(actor=actor, project=Project.objects.get(pk=project.pk), name=name).pk
                    for name in ("One", "Two")
                ]
                for key, project in self.projects.items()
            }
            self.statuses = {
                key: list(Status.objects.filter(project=project, category="todo").values_list("pk", flat=True))
                + list(Status.objects.filter(project=project, name="In progress").values_list("pk", flat=True))
                for key, project in self.projects.items()
            }
        self.script = make_script(self.ada, self.acme)

    def consistent(self) -> None:
        """Every log is without a gap, every place is one issue's, and every fact's number was given once."""
        with acting(self.ada, self.acme):
            for project in self.projects.values():
                seqs = list(Event.objects.filter(project=project).order_by("seq").values_list("seq", flat=True))
                assert seqs == list(range(1, len(seqs) + 1)), "the log has a gap"
                ranks = Issue.objects.filter(project=project).values_list("rank", flat=True)
                numbers = Issue.objects.filter(project=project).values_list("number", flat=True)
                assert len(ranks) == len(set(ranks)) == len(set(numbers))


@pytest.fixture
def place(transactional_db: None, monkeypatch: pytest.MonkeyPatch) -> Place:
    for name in ("api-read", "api-write", "api-create", "api-search"):
        monkeypatch.setitem(limits.LIMITS, name, limits.Limit("100000/h"))
    return Place()


def forth_or_back(values: list[Any], number: int) -> list[Any]:
    return values if number % 2 else values[::-1]


class TestTheSameIssuesInOppositeOrder:
    def test_by_batches_lose_no_change(self, place: Place) -> None:
        before = deadlocks()

        def work(number: int) -> list[int]:
            codes = []
            for turn in range(ROUNDS):
                ids = forth_or_back(place.ids["FLOW"], number + turn)
                changes = [{"do": "comment", "issue": pk, "values": {"body": f"{number} {turn}"}} for pk in ids]
                changes += [{"do": "edit", "issue": pk, "values": {"priority": "high"}} for pk in ids[::-1]]
                changes += [{"do": "move", "issue": ids[0], "values": {"after": ids[-1]}}]
                changes += [{"do": "create", "values": {"title": f"{number} {turn}"}}]
                codes.append(place.script.post("projects/FLOW/batch/", {"changes": changes}).status_code)
            return codes

        assert together(work, threads=4) == [[200] * ROUNDS] * 4
        assert deadlocks() == before
        with acting(place.ada, place.acme):
            for pk in place.ids["FLOW"]:
                assert Comment.objects.filter(issue_id=pk).count() == 4 * ROUNDS
            assert Issue.objects.filter(project=place.projects["FLOW"]).count() == 12 + 4 * ROUNDS
        place.consistent()

    def test_by_batches_of_two_projects_that_link_to_each_other(self, place: Place) -> None:
        before = deadlocks()

        def work(number: int) -> list[Any]:
            codes: list[Any] = []
            own, other = ("FLOW", "AWAY") if number % 2 else ("AWAY", "FLOW")
            for turn in range(ROUNDS):
                # No two of all links are the same: each would be refused the second time, with all of its batch.
                shift = turn
                pairs = zip(
                    place.ids[own], place.ids[other][shift % 12 :] + place.ids[other][: shift % 12], strict=True
                )
                kind = ("relates_to", "duplicates", "duplicates", "blocks")[number]
                changes: list[Any] = [
                    {"do": "link", "issue": one, "values": {"kind": kind, "issue": two}} for one, two in pairs
                ]
                changes = forth_or_back(changes, turn)
                changes += [{"do": "comment", "issue": pk, "values": {"body": f"{turn}"}} for pk in place.ids[own]]
                answer = place.script.post(f"projects/{own}/batch/", {"changes": changes})
                codes.append(answer.status_code if answer.status_code == 200 else answer.json())
            return codes

        assert together(work, threads=4) == [[200] * ROUNDS] * 4
        assert deadlocks() == before
        with acting(place.ada, place.acme):
            assert Comment.objects.count() == 4 * ROUNDS * 12
        place.consistent()

    def test_by_all_ways_at_once(self, place: Place) -> None:
        """Batches, bulk edits, moves, sprint plans, transfers there and back, by ten scripts; several rounds."""
        before = deadlocks()
        said: Counter[tuple[str, int]] = Counter()

        def ways(number: int, turn: int) -> list[tuple[str, str, Any]]:
            key = ("FLOW", "AWAY")[(number // 2) % 2]
            other = "AWAY" if key == "FLOW" else "FLOW"
            ids = forth_or_back(place.ids[key], number)
            sprints, statuses = place.sprints[key], place.statuses[key]
            status = statuses[(number + turn) % len(statuses)]
            sprint = [None, *sprints][(number + turn) % 3]
            batch = [{"do": "move", "issue": pk, "values": {"status": status}} for pk in ids[:4]]
            batch += [{"do": "edit", "issue": pk, "values": {"points": turn}} for pk in ids[4:8][::-1]]
            mixed = forth_or_back([*place.ids["FLOW"][8:], *place.ids["AWAY"][8:]], number)
            return [
                ("batch", f"projects/{key}/batch/", {"changes": batch}),
                ("bulk", f"projects/{key}/issues/bulk/", {"issues": ids[:6], "values": {"status": status}}),
                ("bulk", f"projects/{key}/issues/bulk/", {"issues": ids[2:9], "values": {"sprint": sprint}}),
                ("bulk", f"projects/{key}/issues/bulk/", {"issues": ids[:9], "values": {"assignee": place.ada.pk}}),
                ("plan", f"projects/{key}/sprints/plan/", {"issues": ids[:8], "sprint": sprint}),
                ("move", f"issues/{key}-{1 + number % 6}/move/", {"before": ids[0], "after": None}),
                ("move", f"issues/{key}-{1 + turn % 6}/move/", {"status": status, "after": ids[5]}),
                ("transfer", f"projects/{key}/issues/transfer/", {"issues": mixed[:4], "to": other}),
                ("transfer", f"projects/{other}/issues/transfer/", {"issues": mixed[4:], "to": key}),
                ("undo", f"projects/{key}/issues/transfer/undo/", {"issue": mixed[0]}),
                ("link", f"issues/{key}-1/links/", {"kind": "blocks", "issue": place.ids[other][number % 8]}),
                ("child", f"issues/{key}-{2 + number % 3}/children/", {"titles": ["One", "Two"]}),
                ("comment", f"issues/{key}-{1 + number % 8}/comments/", {"body": "Yes."}),
            ]

        def work(number: int) -> None:
            for turn in range(ROUNDS):
                asked = ways(number, turn)
                for step in range(len(asked)):
                    name, path, body = asked[(step * 5 + number) % len(asked)]
                    body = {field: value for field, value in body.items() if value is not None or field == "sprint"}
                    answer = place.script.post(path, body)
                    said[name, answer.status_code] += 1

        assert together(work) == [None] * 10
        codes = {code for _name, code in said}
        assert codes <= {200, 201, *LOST}, said
        for name in ("batch", "bulk", "plan", "move", "transfer", "comment"):
            assert said[name, 200] + said[name, 201] > 0, said
        assert deadlocks() == before, said
        place.consistent()

    def test_while_the_project_gets_another_key(self, place: Place) -> None:
        """Whatever is written meanwhile is either done or told that it came too late, at once."""
        before = deadlocks()
        said: Counter[tuple[str, int]] = Counter()
        ids = place.ids["FLOW"]

        def work(number: int) -> None:
            for turn in range(ROUNDS * 3):
                if not number:
                    was, key = ("FLOW", "GLOW") if turn % 2 == 0 else ("GLOW", "FLOW")
                    said["key", place.script.patch(f"projects/{was}/", {"key": key}).status_code] += 1
                    continue
                key = ("FLOW", "GLOW")[turn % 2]
                batch = [{"do": "comment", "issue": pk, "values": {"body": "."}} for pk in forth_or_back(ids, number)]
                for name, path, body in (
                    ("label", f"projects/{key}/labels/", {"name": f"{number} {turn}"}),
                    ("create", f"projects/{key}/issues/", {"title": f"{number} {turn}"}),
                    ("batch", f"projects/{key}/batch/", {"changes": batch}),
                    ("field", f"projects/{key}/fields/", {"name": f"{number} {turn}", "kind": "text"}),
                    ("version", f"projects/{key}/versions/", {"name": f"{number} {turn}"}),
                ):
                    said[name, place.script.post(path, body).status_code] += 1

        assert together(work, threads=5) == [None] * 5
        assert {code for _name, code in said} <= {200, 201, 307, 308, *LOST}, said
        assert deadlocks() == before, said
        assert said["key", 200] == ROUNDS * 3
        place.consistent()
