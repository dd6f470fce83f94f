"""What people see while something that FlowBoard needs is away, and when it is back."""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import pytest
import redis
from django.conf import settings
from django.db import connections
from playwright.sync_api import Locator, Page, expect

from apps.issues.models import Comment
from tests.browser.accessibility import violations
from tests.browser.board import BoardPage, World, eventually, make_world
from tests.browser.conftest import PHONE, Visitor
from tests.browser.elsewhere import elsewhere
from tests.gates import Gate
from tests.limits import use_up
from tests.processes import WebProcess, environment_for

Visitors = Callable[..., Visitor]


@dataclass
class Outpost:
    """A web process whose ways to its database and its Valkey can be shut."""

    process: WebProcess
    database: Gate
    valkey: Gate

    @property
    def url(self) -> str:
        return self.process.url


@pytest.fixture(scope="module")
def _outpost(django_db_setup: None) -> Iterator[Outpost]:
    name = os.environ["FLOWBOARD_TEST_DATABASE"]
    given = environment_for(name)
    database, valkey = Gate(given["DATABASE_URL"]), Gate(given["REDIS_URL"])
    process = WebProcess(name, {"DATABASE_URL": database.url, "REDIS_URL": valkey.url})
    process.start()
    yield Outpost(process, database, valkey)
    process.stop()
    database.close()
    valkey.close()


@pytest.fixture
def outpost(_outpost: Outpost, server: WebProcess) -> Iterator[Outpost]:
    """Everything is there at first, and again for the next test."""
    yield _outpost
    _outpost.database.open()
    _outpost.valkey.open()


@pytest.fixture
def world(outpost: Outpost) -> World:
    return make_world()


@contextmanager
def refused_by_the_database(table: str) -> Iterator[None]:
    """A fault of ours: whatever is written to the table fails in a way that nobody foresaw."""

    def run(*statements: str) -> None:
        with connections["owner"].cursor() as cursor:
            for statement in statements:
                cursor.execute(statement)

    elsewhere(
        lambda: run(
            "CREATE FUNCTION on_purpose() RETURNS trigger LANGUAGE plpgsql AS $$BEGIN RAISE 'on purpose'; END$$",
            f"CREATE TRIGGER on_purpose BEFORE INSERT ON {table} EXECUTE FUNCTION on_purpose()",
        )
    )
    try:
        yield
    finally:
        elsewhere(lambda: run("DROP FUNCTION on_purpose CASCADE"))


@pytest.mark.deep
class TestDatabaseThatIsAway:
    def test_a_drag_goes_back_and_says_why_and_the_page_comes_back_by_itself(
        self, visitor: Visitors, world: World, outpost: Outpost
    ) -> None:
        ada = visitor(world.owner, at=outpost)
        grace = visitor(world.other, at=outpost, viewport=PHONE, has_touch=True, color_scheme="dark")
        for each in (ada, grace):
            each.allow("503|WebSocket")
        board = BoardPage(ada.open(world.path())).ready()
        phone = BoardPage(grace.open(world.path())).ready()
        waiting = grace.open(world.path("issues/"))
        before = world.order("To do")

        outpost.database.shut()
        board.drag("FLOW-1", "In progress", before="FLOW-6")
        phone.card("FLOW-2").focus()
        phone.press("Alt+Shift+ArrowRight")
        for each, key in ((board, "FLOW-1"), (phone, "FLOW-2")):
            said = each.page.get_by_text(f"{key} was not moved. FlowBoard’s database does not answer.")
            expect(said).to_be_visible()
            each.shows(To_do=before)
            assert violations(each.page) == []
        waiting.reload()
        expect(waiting.get_by_role("heading", name="FlowBoard is away for a moment")).to_be_visible()
        expect(waiting.get_by_text("This page looks again by itself.")).to_be_visible()
        assert violations(waiting) == []

        outpost.database.open()
        for each in (board, phone):
            again = each.page.get_by_role("button", name="Try again")
            again.focus()
            each.press("Enter")
        eventually(lambda: set(world.order("In progress")) >= {"FLOW-1", "FLOW-2"}, True)
        eventually(board.moves_left, 0)
        expect(waiting.get_by_role("heading", name="Issues").first).to_be_attached(timeout=20_000)
        world.move("FLOW-3", "In review")
        board.shows(In_review=["FLOW-3"])


@pytest.mark.deep
class TestCommentThatIsRefused:
    def test_is_kept_whatever_the_reason_and_sent_when_it_is_gone(
        self, visitor: Visitors, world: World, outpost: Outpost
    ) -> None:
        ada = visitor(world.owner, at=outpost)
        ada.allow("500|503|429|413|WebSocket")
        page = ada.open(world.issue_path("FLOW-2"))
        page.locator("[data-ready]").wait_for()
        text = "A thought that took an hour."

        page.get_by_label("New comment").fill(text)
        with refused_by_the_database("issues_comment"):
            self.send(page)
            expect(self.said(page)).to_contain_text("That was our fault, and nothing was saved.")
            expect(self.said(page)).to_contain_text("Request ")
        self.is_still_there(page, text)

        outpost.database.shut()
        self.send(page)
        expect(self.said(page)).to_contain_text("FlowBoard’s database does not answer.")
        outpost.database.open()
        self.is_still_there(page, text)

        # Nobody types that much, and the field would not take it; a script of somebody's may write it there.
        much = "(field) => { field.value = 'word '.repeat(420_000); }"
        page.get_by_label("New comment").evaluate(much)
        self.send(page)
        expect(self.said(page)).to_contain_text("Shorten the text")
        assert page.get_by_label("New comment").evaluate("(field) => field.value.length") == 2_100_000

        page.get_by_label("New comment").fill(text)
        elsewhere(lambda: use_up("browser-write", f"user:{world.owner.pk}"))
        self.send(page)
        expect(self.said(page)).to_contain_text("Please wait")
        self.is_still_there(page, text)
        assert violations(page) == []
        page.reload()
        page.locator("[data-ready]").wait_for()
        self.is_still_there(page, text)

        with redis.Redis.from_url(settings.REDIS_URL) as client:
            client.flushall()
        self.send(page)
        eventually(lambda: [each.body for each in Comment.objects.using("owner").all()], [text])

    def send(self, page: Page) -> None:
        page.get_by_label("New comment").press("Control+Enter")

    def said(self, page: Page) -> Locator:
        return page.locator("form:has([aria-label='New comment']) [data-error]")

    def is_still_there(self, page: Page, text: str) -> None:
        assert page.get_by_label("New comment").input_value() == text


@pytest.mark.deep
class TestValkeyThatIsAway:
    def test_people_go_on_reading_and_writing(self, visitor: Visitors, world: World, outpost: Outpost) -> None:
        outpost.valkey.shut()
        ada = visitor(world.owner, at=outpost)
        ada.allow("WebSocket")
        board = BoardPage(ada.open(world.path()))
        board.page.locator(".live[data-state=live], .live[data-state=polling]").wait_for()
        board.drag("FLOW-1", "Done")
        eventually(lambda: "FLOW-1" in world.order("Done"), True)
        world.move("FLOW-2", "In review")
        eventually(lambda: board.cards_of("In review"), ["FLOW-2"], within=30)
        stranger = visitor(at=outpost)
        stranger.allow("503")
        page = stranger.open("/accounts/login/")
        page.get_by_label("E-mail address").fill(world.owner.email)
        page.get_by_label("Password", exact=True).fill("whatever it is")
        page.get_by_role("button", name="Sign in").click()
        expect(page.get_by_role("heading", name="FlowBoard cannot do that right now")).to_be_visible()
        expect(page.get_by_text("Go back: what you wrote is still in the form.")).to_be_visible()
        page.get_by_role("link", name="Go back").click()
        expect(page.get_by_label("E-mail address")).to_have_value(world.owner.email)
