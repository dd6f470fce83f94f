"""When things go wrong while a page is open: the session ends, the line breaks, the server restarts or is upgraded."""

import re
from collections.abc import Callable, Iterator
from importlib import import_module

import pytest
import redis
from django.conf import settings
from playwright.sync_api import Locator, Page, Route, expect

from apps.core.tenancy import run_as_system
from apps.issues.models import Comment
from apps.orgs.services import set_organization_suspended
from tests.browser.accessibility import violations
from tests.browser.blocking import Proxy, blocking_proxy
from tests.browser.board import BoardPage, World, eventually, make_world
from tests.browser.conftest import PHONE, WIDE, Visitor, on_each_device
from tests.browser.elsewhere import elsewhere
from tests.browser.hands import Keyboard
from tests.browser.test_outage import refused_by_the_database
from tests.factories import PASSWORD
from tests.limits import use_up
from tests.processes import WebProcess

Visitors = Callable[..., Visitor]


@pytest.fixture
def world(server: WebProcess) -> World:
    world = make_world()
    for person in (world.owner, world.other):
        elsewhere(lambda person=person: person.emailaddress_set.create(email=person.email, verified=True, primary=True))
    return world


def end_session(visitor: Visitor) -> None:
    """The server forgets who this is, and tells nobody."""
    (key,) = [one["value"] for one in visitor.context.cookies() if one["name"] == settings.SESSION_COOKIE_NAME]
    elsewhere(lambda: import_module(settings.SESSION_ENGINE).SessionStore(key).delete())


def suspend(world: World, is_suspended: bool) -> None:
    def write() -> None:
        with run_as_system(org_id=world.org.pk) as actor:
            set_organization_suspended(actor=actor, is_suspended=is_suspended)

    elsewhere(write)


def dialog_of(page: Page) -> Locator:
    return page.get_by_role("dialog", name="Sign in to go on")


def sign_in_again(page: Page) -> None:
    """By keyboard alone: the field has the focus."""
    expect(dialog_of(page).get_by_label("Password")).to_be_focused()
    page.keyboard.type(PASSWORD)
    page.keyboard.press("Enter")
    expect(dialog_of(page)).to_be_hidden()


class TestSessionThatEnds:
    @pytest.fixture
    def ada(self, visitor: Visitors, world: World) -> Visitor:
        ada = visitor(world.owner)
        # A visit is noted after a moment, which may be the one in which the session is another.
        ada.allow("401|400|WebSocket|403.*/seen/")
        return ada

    @pytest.fixture
    def board(self, ada: Visitor, world: World) -> BoardPage:
        return BoardPage(ada.open(world.path())).ready()

    def test_in_the_middle_of_a_drag_the_card_is_not_lost(self, ada: Visitor, board: BoardPage, world: World) -> None:
        board.lift("FLOW-1")
        end_session(ada)
        board.carry("In progress", before="FLOW-6")
        board.drop()
        dialog = dialog_of(board.page)
        expect(dialog.get_by_label("E-mail address")).to_have_value(world.owner.email)
        assert violations(board.page) == []
        dialog.get_by_label("Password").fill("not this one")
        dialog.get_by_role("button", name="Sign in").click()
        expect(dialog.get_by_role("alert")).to_contain_text("not correct")
        assert board.cards_of("In progress") == ["FLOW-1", "FLOW-6"], "the card stays where it was put"
        sign_in_again(board.page)
        eventually(lambda: world.order("In progress"), ["FLOW-1", "FLOW-6"])
        eventually(board.moves_left, 0)
        world.move("FLOW-7", "In review")
        board.shows(In_review=["FLOW-7"])
        board.drag("FLOW-2", "In progress", before="FLOW-6")
        eventually(lambda: world.order("In progress"), ["FLOW-1", "FLOW-2", "FLOW-6"])

    def test_whoever_would_rather_not_sign_in_has_the_card_back(
        self, ada: Visitor, board: BoardPage, world: World
    ) -> None:
        end_session(ada)
        board.drag("FLOW-1", "Done")
        expect(dialog_of(board.page)).to_be_visible()
        board.press("Escape")
        board.shows(To_do=[f"FLOW-{number}" for number in range(1, 6)])
        board.page.get_by_role("button", name="Try again").click()
        sign_in_again(board.page)
        eventually(lambda: world.order("Done"), lambda keys: "FLOW-1" in keys)

    def test_in_the_middle_of_a_rename(self, ada: Visitor, board: BoardPage, world: World) -> None:
        board.card("FLOW-2").focus()
        board.press("e")
        end_session(ada)
        board.page.keyboard.type("Build it twice")
        board.press("Enter")
        sign_in_again(board.page)
        eventually(lambda: world.issue("FLOW-2").title, "Build it twice")

    @on_each_device
    def test_in_the_middle_of_a_comment(self, visitor: Visitors, world: World, device: dict[str, object]) -> None:
        ada = visitor(world.owner, **device)
        ada.allow("401")
        page = ada.open(world.issue_path("FLOW-2"))
        page.locator("[data-ready]").wait_for()
        Keyboard(page).write(page.get_by_label("New comment"), "A thought that took an hour.")
        end_session(ada)
        page.keyboard.press("Control+Enter")
        expect(page.get_by_label("New comment")).to_have_value("A thought that took an hour.")
        assert violations(page) == []
        sign_in_again(page)
        expect(page.locator(".comment p", has_text="A thought that took an hour.")).to_be_visible()
        expect(page.get_by_label("New comment")).to_be_focused()
        assert [comment.body for comment in Comment.objects.using("owner").all()] == ["A thought that took an hour."]

    def test_another_account_begins_the_page_anew(self, ada: Visitor, board: BoardPage, world: World) -> None:
        end_session(ada)
        board.drag("FLOW-1", "Done")
        dialog_of(board.page).get_by_label("E-mail address").fill(world.other.email)
        dialog_of(board.page).get_by_label("Password").fill(PASSWORD)
        board.press("Enter")
        expect(board.page.locator(f"body[data-user='{world.other.pk}']")).to_be_attached()
        board.ready()
        assert "FLOW-1" in world.order("To do"), "nobody moves cards in another's name"

    def test_signed_in_again_in_another_tab(self, ada: Visitor, board: BoardPage, world: World) -> None:
        ada.allow("403")
        end_session(ada)
        board.card("FLOW-1").focus()
        other = ada.open("/accounts/login/")
        other.get_by_label("E-mail address").fill(world.owner.email)
        other.get_by_label("Password", exact=True).fill(PASSWORD)
        other.get_by_role("button", name="Sign in").click()
        other.wait_for_url(f"**/{world.org.slug}/")
        board.page.bring_to_front()
        board.drag("FLOW-1", "Done")
        eventually(lambda: world.order("Done"), lambda keys: "FLOW-1" in keys)
        assert dialog_of(board.page).is_hidden(), "the token is renewed without a word"

    def test_signing_out_elsewhere_is_said_and_can_be_mended(
        self, ada: Visitor, board: BoardPage, world: World
    ) -> None:
        other = ada.open(world.path("issues/"))
        other.get_by_role("button", name=world.owner.name).click()
        other.get_by_role("menuitem", name="Sign out").click()
        board.page.get_by_role("link", name="Sign in again").click()
        sign_in_again(board.page)
        board.ready()
        expect(board.page.get_by_text("You were signed out")).to_be_hidden()

    def test_before_a_form_that_is_a_page_of_its_own(self, ada: Visitor, world: World) -> None:
        page = ada.context.new_page()
        page.clock.install()
        page.goto(ada.server.url + f"/{world.org.slug}/projects/new/")
        page.get_by_label("Name").fill("Night Shift")
        end_session(ada)
        page.clock.fast_forward("02:00")
        page.get_by_role("button", name="Create project").click()
        sign_in_again(page)
        page.wait_for_url("**/NS/board/")


class TestLineThatBreaks:
    @pytest.fixture
    def proxy(self, server: WebProcess) -> Iterator[Proxy]:
        with blocking_proxy(server) as proxy:
            yield proxy

    @pytest.mark.deep
    @on_each_device
    def test_where_a_proxy_blocks_sockets_the_board_polls_and_goes_back(
        self, visitor: Visitors, world: World, proxy: Proxy, device: dict[str, object]
    ) -> None:
        ada = visitor(world.owner, at=proxy, **device)
        ada.allow("WebSocket|403")
        board = BoardPage(ada.open(world.path()))
        board.page.locator(".live[data-state=polling]").wait_for()
        assert violations(board.page) == []
        world.move("FLOW-1", "In progress", before="FLOW-6")
        board.shows(In_progress=["FLOW-1", "FLOW-6"])
        suspended = board.page.get_by_text("This organization is suspended.")
        suspend(world, True)
        expect(suspended).to_be_visible(timeout=15_000)
        expect(board.page.get_by_text("Reconnecting…", exact=True)).to_be_hidden()
        assert violations(board.page) == []
        suspend(world, False)
        proxy.refuses = ()
        board.page.evaluate("dispatchEvent(new Event('online'))")
        board.ready()
        expect(suspended).to_be_hidden()
        world.move("FLOW-2", "In progress", before="FLOW-6")
        board.shows(In_progress=["FLOW-1", "FLOW-2", "FLOW-6"])

    @on_each_device
    def test_with_no_line_at_all_the_dot_says_so_at_once_a_banner_later_and_writes_go_on(
        self, visitor: Visitors, world: World, proxy: Proxy, device: dict[str, object]
    ) -> None:
        proxy.refuses = (b"/ws/", b"/live/?")
        ada = visitor(world.owner, at=proxy, **device)
        ada.allow("WebSocket|403")
        page = ada.context.new_page()
        page.clock.install()
        page.goto(ada.server.url + world.path())
        board = BoardPage(page)
        expect(page.locator(".live[data-state=reconnecting]")).to_be_visible()
        banner = page.get_by_text("What others do appears as soon as the connection is back.")
        expect(banner).to_be_hidden()
        page.locator("[data-ready]").wait_for()
        page.clock.run_for(11_000)
        expect(banner).to_be_visible()
        assert violations(page) == []
        board.card("FLOW-1").focus()
        board.press("Alt+Shift+ArrowRight")
        eventually(lambda: "FLOW-1" in world.order("In progress"), True)


class TestOrganizationThatIsSuspended:
    def test_open_pages_say_so_and_go_on_when_it_is_lifted(self, visitor: Visitors, world: World) -> None:
        ada = visitor(world.owner)
        ada.allow("WebSocket|403")
        board = BoardPage(ada.open(world.path())).ready()
        suspend(world, True)
        expect(board.page.get_by_text("This organization is suspended.")).to_be_visible()
        expect(board.page.get_by_text("You no longer have access to this.")).to_be_hidden()
        suspend(world, False)
        board.page.evaluate("dispatchEvent(new Event('online'))")
        board.ready()


class TestTotalsThatFail:
    def test_are_read_again(self, visitor: Visitors, world: World) -> None:
        ada = visitor(world.owner)
        ada.allow("503")
        board = BoardPage(ada.open(world.path())).ready()
        failures = iter([True, True])

        def fail_twice(route: Route) -> None:
            if next(failures, False):
                route.fulfill(status=503, body="")
            else:
                route.continue_()

        board.page.route("**/totals/*", fail_twice)
        with board.page.expect_response(lambda each: "/totals/" in each.url and each.ok, timeout=15_000):
            board.drag("FLOW-1", "Done")


@pytest.mark.deep
class TestReleaseThatIsReplaced:
    def test_open_tabs_offer_to_reload_and_keep_what_is_typed(
        self, visitor: Visitors, world: World, server: WebProcess
    ) -> None:
        ada = visitor(world.owner)
        grace = visitor(world.other, viewport=PHONE, has_touch=True, color_scheme="dark")
        for each in (ada, grace):
            each.allow("WebSocket|ERR_CONNECTION_REFUSED|503")
        board = BoardPage(ada.open(world.path())).ready()
        phone = BoardPage(grace.open(world.path())).ready()
        issues, form = ada.context.new_page(), ada.context.new_page()
        for page, path in ((issues, world.path("issues/")), (form, f"/{world.org.slug}/projects/new/")):
            page.clock.install()
            page.goto(ada.server.url + path)
        form.get_by_label("Name").fill("Night Shift")
        form.locator("[name=template][value=kanban]").check(force=True)

        server.restart(FLOWBOARD_RELEASE=f"{settings.RELEASE}.next")

        for page in (issues, form):
            page.clock.fast_forward("02:00")
            page.evaluate("dispatchEvent(new Event('focus'))")
        for page in (board.page, phone.page, issues, form):
            expect(offer(page)).to_be_visible(timeout=20_000)
            expect(page.get_by_text("FlowBoard was updated.")).to_be_visible()
            assert violations(page) == []
        board.drag("FLOW-1", "Done")
        eventually(lambda: "FLOW-1" in world.order("Done"), True)

        offer(form).click()
        expect(offer(form)).to_be_hidden()
        expect(form.get_by_label("Name")).to_have_value("Night Shift")
        expect(form.locator("[name=template][value=kanban]")).to_be_checked()

        Keyboard(board.page).go(board.card("FLOW-2"))
        board.press("e")
        board.page.keyboard.type("Half a title")
        by_keyboard(offer(board.page))
        expect(board.page.get_by_text("You are still writing here.")).to_be_visible()
        expect(board.page.get_by_label("New title of FLOW-2")).to_be_focused()
        board.press("Escape")
        by_keyboard(offer(board.page))
        board.ready()
        phone.page.reload()
        phone.ready()
        for page in (board.page, phone.page):
            expect(offer(page)).to_be_hidden()


def offer(page: Page) -> Locator:
    return page.get_by_role("button", name="Reload for the new version")


def by_keyboard(button: Locator) -> None:
    Keyboard(button.page).press(button)


# Nobody types that much, and the field would not take it; a script of somebody's may write it there.
MUCH = "(field) => { field.value = 'word '.repeat(420_000); }"


@pytest.mark.deep
class TestPageOfAnError:
    def test_leads_back_to_the_form_which_then_can_be_sent(self, visitor: Visitors, world: World) -> None:
        stranger = visitor(viewport=PHONE, has_touch=True)
        stranger.allow("403|404|413|429|500")
        page = stranger.open("/accounts/login/")
        keyboard = Keyboard(page)
        keyboard.write(page.get_by_label("E-mail address"), world.owner.email)
        keyboard.write(page.get_by_label("Password", exact=True), PASSWORD)
        stranger.context.clear_cookies()
        page.keyboard.press("Enter")
        self.is_clean(page, "This page was open for too long")
        with page.expect_response("**/accounts/session/"):
            keyboard.press(page.get_by_role("link", name="Go back"))
        expect(page.get_by_label("E-mail address")).to_have_value(world.owner.email)
        keyboard.write(page.get_by_label("Password", exact=True), PASSWORD)
        page.keyboard.press("Enter")
        page.wait_for_url(f"**/{world.org.slug}/")
        page.goto(stranger.server.url + world.issue_path("FLOW-999"))
        self.is_clean(page, "There is no such issue")
        keyboard.press(page.get_by_role("link", name="Go to the start page"))
        page.wait_for_url(f"**/{world.org.slug}/")

        page.goto(stranger.server.url + world.path("settings/"))
        about, save = page.get_by_label("What it is about"), page.get_by_role("button", name="Save", exact=True)
        keyboard.write(about, "Nights.")
        about.evaluate(MUCH)
        keyboard.press(save)
        self.is_clean(page, "That is too large")
        keyboard.press(page.get_by_role("link", name="Go back"))
        keyboard.write(about, "Nights and days.")
        with refused_by_the_database("events_event"):
            keyboard.press(save)
            self.is_clean(page, "Something broke on our side")
        keyboard.press(page.get_by_role("link", name="Go back"))
        elsewhere(lambda: use_up("browser-write", f"user:{world.owner.pk}"))
        keyboard.press(save)
        self.is_clean(page, "That was a lot at once")
        keyboard.press(page.get_by_role("link", name="Go back"))
        expect(about).to_have_value("Nights and days.")
        with redis.Redis.from_url(settings.REDIS_URL) as client:
            client.flushall()

    def is_clean(self, page: Page, heading: str) -> None:
        """It says what happened, and by which id the log knows it; axe-core finds nothing, in either theme."""
        expect(page.get_by_role("heading", name=heading)).to_be_visible(timeout=20_000)
        expect(page.get_by_text(re.compile("Request [0-9a-f]{32}"))).to_be_visible()
        page.emulate_media()
        assert violations(page) == []
        for size in (WIDE, PHONE):
            page.set_viewport_size(size)
            assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
