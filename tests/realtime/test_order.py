"""Whatever several people do at once, a page that applies frames ends in the server's order."""

from dataclasses import dataclass

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from apps.accounts.models import User
from apps.core.tenancy import run_as, run_as_system
from apps.issues.models import Issue
from apps.issues.services import NewIssue, create_issue, move_issue
from apps.orgs.models import Organization
from apps.projects.models import Project, Status
from apps.realtime.frames import event_frame
from apps.realtime.selectors import read_as_organization
from tests.factories import make_issues, make_member, make_org, make_project, make_user

CARDS = 5


@dataclass(frozen=True)
class Move:
    """Somebody drops a card into a column, next to another one or at the end."""

    person: int
    card: int
    column: int
    neighbour: int | None
    is_below: bool


@dataclass(frozen=True)
class Create:
    """Somebody makes a card."""

    person: int
    column: int


@dataclass(frozen=True)
class Sync:
    """The page hears of everything so far, the last events of it twice."""

    again: int


moves = st.builds(
    Move,
    person=st.integers(0, 2),
    card=st.integers(0, CARDS - 1),
    column=st.integers(0, 2),
    neighbour=st.none() | st.integers(0, CARDS - 1),
    is_below=st.booleans(),
)
steps = st.lists(moves | st.builds(Create, st.integers(0, 2), st.integers(0, 2)) | st.builds(Sync, st.integers(0, 3)))


class PageModel:
    """The board as a page keeps it: versions, and places by (rank, id) alone."""

    def __init__(self, cards: dict[int, tuple[int, int, str]], seq: int) -> None:
        self.cards = cards
        self.seq = seq

    def apply(self, frame: dict[str, object]) -> None:
        """Apply a fact, if it is the next one; of a card, only what is newer than what is known."""
        if frame["seq"] <= self.seq:
            return
        assert frame["seq"] == self.seq + 1
        self.seq += 1
        if frame.get("k") in {"issue.moved", "issue.created"}:
            known = self.cards.get(frame["id"])
            if known is None or frame["v"] > known[0]:
                self.cards[frame["id"]] = (frame["v"], frame["status"], frame["rank"])

    def columns(self) -> dict[int, list[int]]:
        """The ids of each column from top to bottom."""
        found: dict[int, list[int]] = {}
        for card in sorted(self.cards, key=lambda card: (self.cards[card][2], card)):
            found.setdefault(self.cards[card][1], []).append(card)
        return found


class Board:
    """The server's side: an organization with three people and one project."""

    def __init__(self) -> None:
        self.people: list[User] = [make_user("Ada")]
        self.org: Organization = make_org(self.people[0])
        self.people += [make_member(self.org), make_member(self.org, name="Lin Zhao")]
        self.project: Project = make_project(self.org, self.people[0])
        make_issues(self.org, self.project, self.people[0], *(f"Card {n}" for n in range(CARDS)))
        with run_as_system(org_id=self.org.pk):
            self.stream = self.project.stream.pk
            self.statuses = list(Status.objects.filter(project=self.project).order_by("position"))[:3]
            self.cards = list(
                Issue.objects.filter(project=self.project).order_by("number").values_list("pk", flat=True)
            )

    def state(self) -> dict[int, tuple[int, int, str]]:
        with run_as_system(org_id=self.org.pk):
            rows = Issue.objects.filter(project=self.project).values_list("pk", "version", "status_id", "rank")
            return {pk: (version, status, rank) for pk, version, status, rank in rows}

    def columns(self) -> dict[int, list[int]]:
        with run_as_system(org_id=self.org.pk):
            found: dict[int, list[int]] = {}
            for pk, status in (
                Issue.objects.filter(project=self.project).order_by("rank", "pk").values_list("pk", "status_id")
            ):
                found.setdefault(status, []).append(pk)
            return found

    def frames(self, since: int) -> list[dict[str, object]]:
        page = read_as_organization(org_id=self.org.pk, stream_id=self.stream, since=since, limit=1000)
        return [event_frame(event) for event in page.events or ()]

    def do(self, step: Move | Create) -> None:
        with run_as(user_id=self.people[step.person].pk, org_slug=self.org.slug) as actor:
            status = self.statuses[step.column]
            project = Project.objects.get(pk=self.project.pk)
            if isinstance(step, Create):
                create_issue(actor=actor, project=project, new=NewIssue(title="New", status=status))
                return
            every = Issue.objects.select_related("project", "status").in_bulk(self.cards)
            neighbour = every[self.cards[step.neighbour]] if step.neighbour is not None else None
            where = {"after": neighbour} if step.is_below else {"before": neighbour}
            move_issue(actor=actor, issue=every[self.cards[step.card]], to=status, **where)


def end_in_the_servers_order(steps: list[Move | Create | Sync]) -> None:
    """Do what people do; whenever the page hears of it, and at the end, it shows the server's order."""
    board = Board()
    page = PageModel(
        board.state(), read_as_organization(org_id=board.org.pk, stream_id=board.stream, since=0, limit=1000).head
    )
    for step in [*steps, Sync(0)]:
        if isinstance(step, Sync):
            for frame in board.frames(max(0, page.seq - step.again)):
                page.apply(frame)
            assert page.columns() == board.columns()
        else:
            board.do(step)


@pytest.mark.django_db(transaction=True)
class TestOrder:
    @settings(max_examples=15, deadline=None, suppress_health_check=list(HealthCheck))
    @given(steps=steps)
    def test_a_page_that_applies_frames_ends_in_the_servers_order(self, steps: list[Move | Create | Sync]) -> None:
        end_in_the_servers_order(steps)

    @pytest.mark.deep
    @settings(max_examples=2_000, deadline=None, suppress_health_check=list(HealthCheck))
    @given(steps=steps)
    def test_two_thousand_times(self, steps: list[Move | Create | Sync]) -> None:
        end_in_the_servers_order(steps)
