"""The issue beside the board, and on its own page."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Locator, expect

from apps.core.tenancy import Actor
from apps.issues.models import Comment
from apps.issues.services import add_comment, edit_comment
from apps.projects.services import create_label
from tests import factories
from tests.browser.board import BoardPage, World, eventually, make_world
from tests.browser.conftest import Visitor
from tests.browser.elsewhere import elsewhere
from tests.browser.slow_line import SlowLine
from tests.processes import WebProcess

Visitors = Callable[..., Visitor]


@pytest.fixture
def world(server: WebProcess) -> World:
    return make_world()


@pytest.fixture
def ada(visitor: Visitors, world: World) -> Visitor:
    return visitor(world.owner)


@pytest.fixture
def board(ada: Visitor, world: World) -> BoardPage:
    return BoardPage(ada.open(world.path())).ready()


@pytest.fixture
def panel(board: BoardPage) -> Locator:
    """FLOW-2, opened beside the board."""
    board.card("FLOW-2").focus()
    board.press("Enter")
    panel = board.page.locator("#panel")
    panel.locator("[data-issue]").wait_for()
    return panel


def say(world: World, key: str, body: str) -> None:
    """Mateo comments."""
    world.act(lambda actor: add_comment(actor=actor, issue=world._own(key), body=body))


def change_last(actor: Actor, body: str) -> None:
    """He changes what he said last."""
    edit_comment(actor=actor, comment=Comment.objects.select_related("issue__project").latest("pk"), body=body)


class TestOpening:
    @pytest.mark.parametrize("way", ["click", "Enter", "o"])
    def test_shows_the_issue_and_its_address(self, board: BoardPage, world: World, way: str) -> None:
        if way == "click":
            board.card("FLOW-2").click()
        else:
            board.card("FLOW-2").focus()
            board.press(way)
        expect(board.page.locator("#panel").get_by_role("heading", name="Build it")).to_be_visible()
        assert board.page.url.endswith(world.issue_path("FLOW-2"))

    @pytest.mark.parametrize("way", ["Escape", "Back", "button"])
    def test_closing_leads_back_to_the_card(self, board: BoardPage, panel: Locator, world: World, way: str) -> None:
        if way == "Escape":
            board.press("Escape")
        elif way == "Back":
            board.page.go_back()
        else:
            panel.get_by_role("button", name="Close").click()
        expect(panel).to_be_hidden()
        eventually(lambda: board.focused, "FLOW-2")
        eventually(lambda: board.page.url, lambda url: url.endswith(world.path()))

    def test_leaving_twice_in_a_moment_does_not_leave_the_board(self, board: BoardPage, panel: Locator) -> None:
        board.page.evaluate("window.isSame = true")
        panel.get_by_role("button", name="Close").evaluate("button => { button.click(); button.click(); }")
        expect(panel).to_be_hidden()
        eventually(lambda: board.focused, "FLOW-2")
        assert board.page.evaluate("window.isSame")
        board.page.go_forward()
        expect(panel.get_by_role("heading", name="Build it")).to_be_visible()
        board.press("Escape")
        expect(panel).to_be_hidden()

    def test_what_is_opened_on_the_way_out_opens(self, board: BoardPage, panel: Locator, world: World) -> None:
        board.page.evaluate(
            """() => {
                document.querySelector("#panel [data-panel-close]").click();
                document.querySelector('.card[data-issue-key="FLOW-3"]').click();
            }"""
        )
        expect(panel.get_by_role("heading", name="Check it")).to_be_visible()
        expect(board.page).to_have_url(re.compile(f"{world.issue_path('FLOW-3')}$"))
        board.page.go_back()
        expect(panel).to_be_hidden()
        expect(board.page).to_have_url(re.compile(f"{world.path()}$"))

    def test_forward_opens_it_again(self, board: BoardPage, panel: Locator) -> None:
        board.page.go_back()
        expect(panel).to_be_hidden()
        board.page.go_forward()
        expect(panel.get_by_role("heading", name="Build it")).to_be_visible()

    def test_another_card_takes_its_place_and_back_still_closes(self, board: BoardPage, panel: Locator) -> None:
        board.card("FLOW-3").click()
        expect(panel.get_by_role("heading", name="Check it")).to_be_visible()
        board.page.go_back()
        expect(panel).to_be_hidden()

    def test_reloading_shows_the_whole_page(self, board: BoardPage, panel: Locator) -> None:
        board.page.reload()
        expect(board.page.get_by_role("heading", name="Build it")).to_be_visible()
        assert board.page.locator("[data-board]").count() == 0


class TestFields:
    def test_status(self, board: BoardPage, panel: Locator, world: World) -> None:
        panel.get_by_role("button", name="Status: To do. Change").click()
        board.page.get_by_role("menuitemradio", name="In review").click()
        expect(panel.get_by_role("button", name="Status: In review. Change")).to_be_focused()
        eventually(lambda: world.issue("FLOW-2").status.name, "In review")
        board.shows(In_review=["FLOW-2"])

    def test_assignee_and_back_to_nobody(self, board: BoardPage, panel: Locator, world: World) -> None:
        panel.get_by_role("button", name="Assignee: Nobody. Change").click()
        board.page.keyboard.type("m")
        board.press("Enter")
        expect(panel.get_by_role("button", name="Assignee: Mateo Ruiz. Change")).to_be_visible()
        assert world.issue("FLOW-2").assignee == world.other
        expect(board.card("FLOW-2").get_by_role("img", name="Mateo Ruiz")).to_be_visible()
        panel.get_by_role("button", name="Assignee: Mateo Ruiz. Change").click()
        board.page.get_by_role("menuitemradio", name="Nobody").click()
        expect(panel.get_by_role("button", name="Assignee: Nobody. Change")).to_be_visible()
        assert world.issue("FLOW-2").assignee is None

    def test_priority(self, board: BoardPage, panel: Locator, world: World) -> None:
        panel.get_by_role("button", name="Priority: No priority. Change").click()
        board.page.get_by_role("menuitemradio", name="Urgent").click()
        expect(panel.get_by_role("button", name="Priority: Urgent. Change")).to_be_visible()
        expect(board.card("FLOW-2").get_by_role("img", name="Priority: Urgent")).to_be_visible()

    def test_what_is_typed_as_a_picker_opens_is_looked_for(self, board: BoardPage, panel: Locator) -> None:
        board.page.evaluate(
            """() => {
                document.querySelector("#panel [popovertarget=pick-parent]").click();
                const field = document.activeElement;
                field.value = "nothing like it";
                field.dispatchEvent(new InputEvent("input", { bubbles: true }));
            }"""
        )
        expect(board.page.get_by_label("Find what it is part of")).to_have_value("nothing like it")
        expect(board.page.locator("#pick-parent [data-found] button")).to_have_count(0)

    def test_labels(self, board: BoardPage, panel: Locator, world: World) -> None:
        world.act(
            lambda actor: create_label(actor=actor, project=world.project, name="realtime", hue=270), by=world.owner
        )
        board.press("Escape")
        eventually(lambda: board.focused, "FLOW-2")
        board.press("Enter")
        panel.get_by_role("button", name="Labels. Change").click()
        board.page.get_by_role("checkbox", name="realtime").check()
        panel.locator("#pick-labels").get_by_role("button", name="Save").click()
        expect(board.card("FLOW-2").get_by_text("realtime")).to_be_visible()
        panel.get_by_role("button", name="Labels. Change").click()
        board.page.get_by_role("checkbox", name="realtime").uncheck()
        panel.locator("#pick-labels").get_by_role("button", name="Save").click()
        expect(board.card("FLOW-2").get_by_text("realtime")).to_have_count(0)

    def test_estimate(self, board: BoardPage, panel: Locator, world: World) -> None:
        panel.get_by_role("button", name="Estimate. Change").click()
        board.page.get_by_role("button", name="8", exact=True).click()
        expect(panel.get_by_text("8 points")).to_be_visible()
        panel.get_by_role("button", name="Estimate. Change").click()
        board.page.get_by_role("spinbutton", name="Points").fill("0.5")
        board.press("Enter")
        expect(panel.get_by_text("0.5 points")).to_be_visible()
        expect(board.column("To do").get_by_text("0.5 pts")).to_be_visible()

    def test_due_date_is_a_plain_date(self, visitor: Visitors, world: World) -> None:
        board = BoardPage(visitor(world.owner, timezone_id="America/Los_Angeles").open(world.path())).ready()
        board.card("FLOW-2").click()
        board.page.get_by_role("button", name="Due date. Change").click()
        board.page.get_by_label("Due date", exact=True).fill("2031-03-01")
        board.page.locator("#pick-due_date").get_by_role("button", name="Save").click()
        expect(board.page.get_by_text("Sat 1 Mar 2031")).to_be_visible()
        assert str(world.issue("FLOW-2").due_date) == "2031-03-01"

    def test_title(self, board: BoardPage, panel: Locator, world: World) -> None:
        panel.locator("[data-focus=title]").click()
        board.page.keyboard.type("Build it anew")
        board.press("Enter")
        expect(panel.get_by_role("heading", name="Build it anew")).to_be_visible()
        eventually(lambda: board.title_of("FLOW-2"), "Build it anew")

    def test_description_is_markdown_with_a_preview(self, board: BoardPage, panel: Locator, world: World) -> None:
        panel.get_by_text("Write a description").click()
        panel.get_by_label("Description, in Markdown").fill("It is **bold** <script>alert(1)</script>")
        panel.locator(".issue-description").get_by_role("button", name="Preview").click()
        expect(panel.locator("[data-preview-pane] strong").first).to_have_text("bold")
        panel.locator(".issue-description").get_by_role("button", name="Save").click()
        expect(panel.locator(".issue-description > .prose strong")).to_have_text("bold")
        assert panel.locator(".issue-description script").count() == 0

    def test_a_refusal_is_said_where_it_belongs_and_keeps_the_text(
        self, ada: Visitor, board: BoardPage, panel: Locator
    ) -> None:
        ada.allow("422")
        panel.get_by_role("button", name="Estimate. Change").click()
        board.page.get_by_role("spinbutton", name="Points").fill("1.2345")
        board.press("Enter")
        expect(panel.get_by_text("Points are a number from 0 to 9999")).to_be_visible()
        assert board.page.get_by_role("spinbutton", name="Points").input_value() == "1.2345"

    def test_a_viewer_sees_values_and_no_buttons(self, visitor: Visitors, world: World) -> None:
        viewer = elsewhere(lambda: factories.make_member(world.org, "guest", name="Vera Viewer"))
        elsewhere(lambda: factories.give_role(world.org, world.project, viewer, "viewer"))
        page = visitor(viewer).open(world.issue_path("FLOW-2"))
        expect(page.get_by_role("heading", name="Build it")).to_be_visible()
        assert page.locator("[data-edit], [data-composer], [data-does=archive]").count() == 0


class TestLive:
    def test_follows_what_others_change(self, panel: Locator, world: World) -> None:
        world.edit("FLOW-2", points="13")
        expect(panel.get_by_text("13 points")).to_be_visible()
        world.move("FLOW-2", "Done")
        expect(panel.get_by_role("button", name="Status: Done. Change")).to_be_visible()
        say(world, "FLOW-2", "Shall we?")
        expect(panel.get_by_text("Shall we?")).to_be_visible()

    def test_leaves_alone_what_is_being_written(self, board: BoardPage, panel: Locator, world: World) -> None:
        panel.get_by_text("Write a description").click()
        board.page.keyboard.type("Half a sen")
        world.edit("FLOW-2", points="13", title="Built by Mateo")
        expect(panel.get_by_text("13 points")).to_be_visible()
        board.page.keyboard.type("tence")
        field = panel.get_by_label("Description, in Markdown")
        assert field.input_value() == "Half a sentence"
        expect(field).to_be_focused()
        board.press("Control+Enter")
        expect(panel.locator(".issue-description > .prose")).to_have_text("Half a sentence")

    @pytest.mark.parametrize(("choice", "text"), [("Keep mine", "Ours"), ("Take theirs", "Theirs")])
    def test_the_same_field_asks_which_value_stays(
        self, ada: Visitor, board: BoardPage, panel: Locator, world: World, choice: str, text: str
    ) -> None:
        ada.allow("409")
        panel.get_by_text("Write a description").click()
        board.page.keyboard.type("Ours")
        world.edit("FLOW-2", description="Theirs")
        board.page.wait_for_timeout(300)
        board.press("Control+Enter")
        board.page.get_by_role("dialog").get_by_text(choice, exact=True).click()
        expect(panel.locator(".issue-description > .prose")).to_have_text(text)
        assert world.issue("FLOW-2").description == text

    def test_closes_when_somebody_deletes_it(
        self, ada: Visitor, panel: Locator, board: BoardPage, world: World
    ) -> None:
        ada.allow("404.*/seen/")  # the visit is noted after a moment, which may be the one in which it is deleted
        world.delete("FLOW-2")
        expect(board.card("FLOW-2")).to_have_count(0)
        expect(panel.get_by_text("This issue was deleted.")).to_be_visible()
        panel.get_by_role("button", name="Bring it back").click()
        eventually(lambda: board.card("FLOW-2").count(), 1)


class TestComments:
    def test_add_edit_delete(self, board: BoardPage, panel: Locator, world: World) -> None:
        panel.get_by_label("New comment").fill("First *words*")
        board.press("Control+Enter")
        comment = panel.locator(".comment")
        expect(comment.locator("em")).to_have_text("words")
        expect(panel.get_by_label("New comment")).to_have_value("")
        expect(board.card("FLOW-2").get_by_text("1 comment", exact=True)).to_be_attached()

        comment.locator("details.edit-comment > summary").click()
        comment.get_by_label("Comment, in Markdown").fill("Second words")
        comment.get_by_role("button", name="Save").click()
        expect(comment.locator("div > .prose").first).to_have_text("Second words")
        expect(comment.get_by_text("edited")).to_be_visible()

        comment.locator("details.edit-comment > summary").click()
        comment.get_by_role("button", name="Delete the comment").click()
        expect(comment).to_have_count(0)
        assert not Comment.objects.using("owner").filter(issue__project=world.project, deleted_at=None).exists()

    def test_a_draft_survives_a_closed_tab_until_it_is_discarded(
        self, ada: Visitor, board: BoardPage, panel: Locator, world: World
    ) -> None:
        panel.get_by_label("New comment").fill("Not yet")
        board.press("Escape")
        expect(panel).to_be_hidden()
        board.press("Enter")
        expect(panel.get_by_label("New comment")).to_have_value("Not yet")
        board.page.close()
        page = ada.open(world.issue_path("FLOW-2"))
        expect(page.get_by_label("New comment")).to_have_value("Not yet")
        expect(page.get_by_text("Draft restored")).to_be_visible()
        page.get_by_role("button", name="Discard").click()
        expect(page.get_by_label("New comment")).to_have_value("")
        page.reload()
        expect(page.get_by_label("New comment")).to_have_value("")
        expect(page.get_by_text("Draft restored")).to_have_count(0)

    def test_a_draft_goes_with_its_person_and_in_a_month(self, ada: Visitor, world: World) -> None:
        path = world.issue_path("FLOW-2")
        page = ada.open(path)
        drafts = "Object.keys(localStorage).filter((name) => name.startsWith('flowboard:draft:'))"
        page.get_by_label("New comment").fill("Old thoughts")
        (name,) = page.evaluate(drafts)
        page.evaluate(
            "name => localStorage.setItem(name, JSON.stringify({at: Date.now() - 31 * 864e5, value: 'Old'}))", name
        )
        page.reload()
        expect(page.get_by_label("New comment")).to_have_value("")
        assert page.evaluate(drafts) == []

        page.get_by_label("New comment").fill("For my eyes only")
        ada.sign_in(world.other)
        page.reload()
        expect(page.get_by_label("New comment")).to_have_value("")
        ada.sign_in(world.owner)
        page.reload()
        expect(page.get_by_label("New comment")).to_have_value("For my eyes only")
        page.get_by_role("button", name=world.owner.name).click()
        page.get_by_role("menuitem", name="Sign out").click()
        page.get_by_label("Password", exact=True).wait_for()
        assert page.evaluate(drafts) == []

    def test_what_is_typed_while_one_is_sent_is_not_lost(self, board: BoardPage, panel: Locator, world: World) -> None:
        field = panel.get_by_label("New comment")
        field.fill("The first")
        line = SlowLine(board.page, "/comments/$")
        board.press("Control+Enter")
        board.page.keyboard.type(" and more")
        expect(field).to_have_value("The first")
        line.let_go()
        expect(panel.locator(".said > .prose")).to_have_text("The first")
        expect(field).to_have_value("")
        board.page.keyboard.type("The second")
        board.press("Control+Enter")
        expect(panel.locator(".comment").last).to_contain_text("The second")

    def test_one_that_is_sent_as_the_panel_closes_leaves_the_board_as_it_is(
        self, board: BoardPage, panel: Locator, world: World
    ) -> None:
        panel.get_by_label("New comment").fill("On my way out")
        line = SlowLine(board.page, "/comments/$")
        board.press("Control+Enter", "Escape")
        expect(panel).to_be_hidden()
        title = board.page.title()
        with board.page.expect_response("**/comments/"):
            line.let_go()
        expect(board.card("FLOW-2").get_by_text("1 comment", exact=True)).to_be_attached()
        assert board.page.title() == title
        assert "Build it" not in title

    def test_a_refusal_that_comes_late_is_said(self, ada: Visitor, board: BoardPage, panel: Locator) -> None:
        ada.allow("422")
        panel.get_by_label("New comment").fill("/status Limbo")
        line = SlowLine(board.page, "/comments/$")
        board.press("Control+Enter", "Escape")
        expect(panel).to_be_hidden()
        line.let_go()
        expect(board.page.get_by_text("There is no status “Limbo”.")).to_be_visible()

    def test_a_press_is_a_click_though_others_write_meanwhile(
        self, board: BoardPage, panel: Locator, world: World
    ) -> None:
        say(world, "FLOW-2", "The first")
        comment = panel.locator(".comment")
        react = comment.get_by_role("button", name="Add a reaction")
        react.scroll_into_view_if_needed()
        box = react.bounding_box()
        assert box is not None
        board.page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
        board.page.mouse.down()
        with board.page.expect_response("**/issue/FLOW-2/"):
            world.act(lambda actor: change_last(actor, "The first, changed"))
        board.page.evaluate("new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))")
        board.page.mouse.up()
        expect(board.page.get_by_role("menuitemcheckbox", name="Hooray")).to_be_visible()
        board.press("Escape")
        expect(comment.locator(".prose").first).to_have_text("The first, changed")

    def test_stay_written_while_others_comment(self, board: BoardPage, panel: Locator, world: World) -> None:
        panel.get_by_label("New comment").click()
        board.page.keyboard.type("While I ")
        say(world, "FLOW-2", "Me first")
        expect(panel.get_by_text("Me first")).to_be_visible()
        board.page.keyboard.type("write")
        expect(panel.get_by_label("New comment")).to_have_value("While I write")


class TestWhole:
    def test_watch_archive_and_bring_back(self, board: BoardPage, panel: Locator, world: World) -> None:
        panel.get_by_role("button", name="Watching: stop").click()
        expect(panel.get_by_role("button", name="Watch", exact=True)).to_be_visible()
        panel.get_by_role("button", name="More").click()
        board.page.get_by_role("menuitem", name="Archive").click()
        expect(board.page.get_by_text("FLOW-2 archived", exact=True)).to_be_visible()
        expect(panel).to_be_hidden()
        eventually(lambda: board.card("FLOW-2").count(), 0)
        board.page.get_by_role("button", name="Undo").click()
        eventually(lambda: board.card("FLOW-2").count(), 1)

    def test_what_is_put_away_as_another_one_is_opened_leaves_that_open(
        self, board: BoardPage, panel: Locator, world: World
    ) -> None:
        panel.get_by_role("button", name="More").click()
        line = SlowLine(board.page, "/archive/$")
        board.page.get_by_role("menuitem", name="Archive").click()
        board.card("FLOW-3").click()
        expect(panel.get_by_role("heading", name="Check it")).to_be_visible()
        line.let_go()
        expect(board.page.get_by_text("FLOW-2 archived", exact=True)).to_be_visible()
        expect(board.card("FLOW-2")).to_have_count(0)
        expect(panel.get_by_role("heading", name="Check it")).to_be_visible()

    def test_a_notice_acts_once_however_often_it_is_pressed(self, ada: Visitor, world: World) -> None:
        page = ada.open(world.issue_path("FLOW-2"))
        page.get_by_role("button", name="Assignee: Nobody. Change").click()
        page.get_by_role("menuitemradio", name="Mateo Ruiz").click()
        asked: list[str] = []
        page.on("request", lambda request: asked.append(request.url) if request.url.endswith("/undo/") else None)
        page.get_by_role("button", name="Undo").dblclick()
        expect(page.get_by_role("button", name="Assignee: Nobody. Change")).to_be_visible()
        assert len(asked) == 1

    def test_the_page_works_without_script(self, visitor: Visitors, world: World) -> None:
        page = visitor(world.owner, java_script_enabled=False).open(world.issue_path("FLOW-2"))
        page.get_by_label("New comment").fill("By a plain form")
        page.get_by_role("button", name="Comment", exact=True).click()
        expect(page.locator(".comment .prose").first).to_have_text("By a plain form")
        page.get_by_text("Build it").first.click()
        page.get_by_role("textbox", name="Title").fill("Built by hand")
        page.get_by_role("button", name="Save").first.click()
        expect(page.get_by_role("heading", name="Built by hand")).to_be_visible()

    def test_the_page_is_live_too(self, ada: Visitor, world: World) -> None:
        page = ada.open(world.issue_path("FLOW-2"))
        page.locator(".live[data-state=live]").wait_for()
        say(world, "FLOW-2", "On the page as well")
        expect(page.get_by_text("On the page as well")).to_be_visible()


class TestList:
    def test_sorts_by_its_address_and_reads_on(self, ada: Visitor, world: World) -> None:
        world.add(*(f"Number {number}" for number in range(60)))
        page = ada.open(world.path("issues/"))
        page.get_by_role("link", name="Key").click()
        page.wait_for_url("**sort=**")
        page.locator("[data-ready]").wait_for()  # what gives the focus to the first new row
        keys = page.locator("tbody .key")
        assert keys.first.inner_text() == "FLOW-1"
        assert keys.count() == 50
        page.keyboard.press("Shift+Tab")
        expect(page.get_by_role("link", name="Load more")).to_be_focused()
        page.keyboard.press("Enter")
        eventually(keys.count, 67)
        expect(page.get_by_role("link", name="Number 43", exact=True)).to_be_focused()
        assert keys.all_inner_texts() == [f"FLOW-{number}" for number in range(1, 68)]

    def test_filters_and_says_when_nothing_matches(self, ada: Visitor, world: World) -> None:
        page = ada.open(world.path("issues/"))
        page.get_by_label("Filter issues by text").fill("nothing like it")
        page.keyboard.press("Enter")
        expect(page.get_by_text("No issue matches")).to_be_visible()
        page.get_by_role("link", name="Clear filters").first.click()
        expect(page.locator("tbody .key")).to_have_count(7)
        expect(page.get_by_role("columnheader", name="Labels")).to_be_visible()
        page.get_by_role("link", name="Build it").click()
        expect(page.locator("#panel")).to_be_visible()
        expect(page.get_by_role("columnheader", name="Labels")).to_be_hidden()
        assert page.locator(".table-wrap").evaluate("box => box.scrollWidth <= box.clientWidth"), "nothing is cut off"

    def test_works_without_script(self, visitor: Visitors, world: World) -> None:
        world.add(*(f"Number {number}" for number in range(60)))
        page = visitor(world.owner, java_script_enabled=False).open(world.path("issues/", sort="key"))
        page.get_by_role("link", name="Load more").click()
        expect(page.locator("tbody .key").first).to_have_text("FLOW-51")
