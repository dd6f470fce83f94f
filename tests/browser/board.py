"""What the board tests share: a world to open, and words for what a reader sees and does on it."""

import re
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar
from urllib.parse import urlencode

from playwright.sync_api import Locator, Page

from apps.accounts.models import User
from apps.boards.models import Column
from apps.boards.services import set_column_limit
from apps.core.tenancy import Actor
from apps.issues.models import Issue
from apps.issues.services import delete_issue, edit_issue, move_issue
from apps.orgs.models import Organization
from apps.projects.models import Project, Status
from tests import factories
from tests.browser.elsewhere import elsewhere

T = TypeVar("T")
PATIENCE = 8.0


def eventually(read: Callable[[], T], wanted: Any, *, within: float = PATIENCE) -> T:
    """Read until the value is the wanted one, or `wanted(value)` is true.

    Playwright's own waiting inside the page needs eval, which the content security policy forbids.
    """
    deadline = time.monotonic() + within
    while True:
        value = read()
        if wanted(value) if callable(wanted) else value == wanted:
            return value
        if time.monotonic() > deadline:
            raise AssertionError(f"After {within:g} s it still was {value!r}, not {wanted!r}.")
        time.sleep(0.02)


@dataclass
class World:
    """A project with issues, and what its people do to them from elsewhere."""

    org: Organization
    project: Project
    owner: User
    other: User

    def path(self, rest: str = "board/", **query: Any) -> str:
        """An address inside the project."""
        return f"/{self.org.slug}/{self.project.key}/{rest}" + (f"?{urlencode(query)}" if query else "")

    def issue_path(self, key: str) -> str:
        """The address of an issue."""
        return f"/{self.org.slug}/issue/{key}/"

    def add(self, *titles: str, status: str = "To do", **fields: Any) -> list[Issue]:
        """New issues at the end of a column."""

        def work() -> list[Issue]:
            with factories.acting(self.owner, self.org):
                column = Status.objects.get(project=self.project, name=status)
            return factories.make_issues(self.org, self.project, self.owner, *titles, status=column, **fields)

        return elsewhere(work)

    def act(self, do: Callable[[Actor], T], *, by: User | None = None) -> T:
        """Let somebody (the other person, unless said) do something through the services."""

        def work() -> T:
            with factories.acting(by or self.other, self.org) as actor:
                return do(actor)

        return elsewhere(work)

    def issue(self, key: str) -> Issue:
        """The issue as the database has it now."""
        return (
            Issue.objects.using("owner")
            .select_related("status", "project", "assignee")
            .get(project=self.project, number=int(key.split("-")[1]))
        )

    def order(self, status: str) -> list[str]:
        """The keys of a column in the server's order."""
        rows = Issue.objects.using("owner").filter(
            project=self.project, status__name=status, deleted_at=None, archived_at=None
        )
        return [
            f"{self.project.key}-{number}" for number in rows.order_by("rank", "id").values_list("number", flat=True)
        ]

    def move(self, key: str, to: str, *, before: str | None = None, after: str | None = None) -> None:
        """The other person moves an issue."""
        self.act(
            lambda actor: move_issue(
                actor=actor,
                issue=self._own(key),
                to=Status.objects.get(project=self.project, name=to),
                before=self._own(before) if before else None,
                after=self._own(after) if after else None,
            )
        )

    def move_many(self, moves: list[tuple[str, str, str]]) -> None:
        """The other person moves issues (key, before which one, to which column), many in one unit of work."""

        def work(actor: Actor) -> None:
            statuses = {each.name: each for each in Status.objects.filter(project=self.project)}
            for key, near, to in moves:
                move_issue(actor=actor, issue=self._own(key), to=statuses[to], before=self._own(near))

        self.act(work)

    def edit(self, key: str, **values: Any) -> None:
        """The other person changes fields of an issue."""
        self.act(lambda actor: edit_issue(actor=actor, issue=self._own(key), values=values))

    def delete(self, key: str) -> None:
        """The other person deletes an issue."""
        self.act(lambda actor: delete_issue(actor=actor, issue=self._own(key)))

    def limit(self, column: str, to: int, *, policy: str = "warn") -> None:
        """The owner limits the work in progress of a column."""
        self.act(
            lambda actor: set_column_limit(
                actor=actor,
                project=self.project,
                column_id=Column.objects.get(project=self.project, name=column).pk,
                limit=to,
                policy=policy,
            ),
            by=self.owner,
        )

    def _own(self, key: str) -> Issue:
        return Issue.objects.select_related("project").get(project=self.project, number=int(key.split("-")[1]))


def make_world() -> World:
    """FLOW with five issues to do, one in progress and one done; Ada owns it, Mateo works there too."""

    def work() -> World:
        ada = factories.make_user("Ada Okafor")
        org = factories.make_org(ada)
        project = factories.make_project(org, ada, "FLOW", template="scrum")
        return World(org, project, ada, factories.make_member(org))

    world = elsewhere(work)
    world.add("Ask for more", "Build it", "Check it", "Draw it", "Explain it")
    world.add("Fix it", status="In progress")
    world.add("Ship it", status="Done")
    return world


class BoardPage:
    """A board in a browser."""

    def __init__(self, page: Page) -> None:
        self.page = page

    def ready(self) -> "BoardPage":
        """Wait until the board listens to the log."""
        self.page.locator(".live[data-state=live]").wait_for()
        return self

    def column(self, name: str) -> Locator:
        return self.page.locator(f'.column[data-name="{name}"]')

    def cards_of(self, name: str) -> list[str]:
        """The keys of a column, from top to bottom."""
        return (
            self.column(name)
            .locator("[data-column] > .card")
            .evaluate_all("cards => cards.map(card => card.dataset.issueKey)")
        )

    def total_of(self, name: str) -> int:
        """What a column's heading counts."""
        return int(self.column(name).locator("[data-total]").get_attribute("data-total") or "-1")

    def card(self, key: str) -> Locator:
        return self.page.locator(f'.card[data-issue-key="{key}"]')

    def title_of(self, key: str) -> str:
        return self.card(key).locator(".title").inner_text()

    @property
    def focused(self) -> str | None:
        """The key of the card that has the focus itself."""
        return self.page.evaluate(
            "document.activeElement.classList.contains('card') ? document.activeElement.dataset.issueKey : null"
        )

    @property
    def said(self) -> str:
        """What screen readers were told last."""
        return self.page.locator("#live").inner_text()

    @property
    def toasts(self) -> list[str]:
        return self.page.locator(".toast .text").all_inner_texts()

    def lift(self, key: str) -> None:
        """Take a card with the mouse."""
        box = self.card(key).bounding_box()
        assert box is not None
        x, y = box["x"] + 60, box["y"] + 25
        self.page.mouse.move(x, y)
        self.page.mouse.down()
        self.page.mouse.move(x + 6, y + 6)
        self.page.locator(".drag-clone").wait_for()

    def carry(self, to: str, *, before: str | None = None) -> None:
        """Carry what was lifted over a column: above a card, or below the last one."""
        if before is not None:
            box = self.card(before).bounding_box()
            assert box is not None
            y = box["y"] + 6
        else:
            box = self.column(to).locator("[data-column]").bounding_box()
            last = self.column(to).locator(".card").last
            assert box is not None
            y = box["y"] + 20
            if last.count():
                last_box = last.bounding_box()
                assert last_box is not None
                y = min(last_box["y"] + last_box["height"] - 4, box["y"] + box["height"] - 4)
        self.page.mouse.move(box["x"] + 90, y, steps=6)
        self.page.evaluate("new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))")

    def scroll_to_end(self, name: str) -> None:
        """Scroll a column down to what it has loaded."""
        self.column(name).locator("[data-column]").evaluate("list => { list.scrollTop = list.scrollHeight }")

    def drop(self) -> None:
        self.page.mouse.up()

    def drag(self, key: str, to: str, *, before: str | None = None) -> None:
        """Drag a card with the mouse."""
        self.lift(key)
        self.carry(to, before=before)
        self.drop()

    def press(self, *keys: str) -> None:
        for key in keys:
            self.page.keyboard.press(key)

    def shows(self, **columns: list[str]) -> None:
        """Wait until the columns show these cards: `shows(To_do=["FLOW-1"])`."""
        for name, keys in columns.items():
            eventually(lambda name=name: self.cards_of(name.replace("_", " ")), keys)

    def moves_left(self) -> int:
        """Moves of this browser that the server has not confirmed."""
        return self.page.locator(".card.pending").count()


def words(text: str) -> re.Pattern[str]:
    """A pattern that finds this text."""
    return re.compile(re.escape(text))
