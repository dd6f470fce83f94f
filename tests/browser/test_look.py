"""The frame of the pages: readable for everybody, usable by keyboard, on a phone and without script."""

from collections.abc import Callable
from dataclasses import dataclass

import pytest
from allauth.account.models import EmailAddress
from playwright.sync_api import Page, expect

from apps.accounts.models import User
from apps.core.tenancy import OrgRole
from apps.orgs.models import Organization
from tests.factories import PASSWORD, make_issues, make_member, make_org, make_project, make_user

from .accessibility import violations
from .conftest import PHONE, Visitor
from .elsewhere import elsewhere
from .hands import Keyboard

Visit = Callable[..., Visitor]


@dataclass
class World:
    """An organization with a little of everything."""

    ada: User
    org: Organization


def make_world() -> World:
    ada = make_user("Ada Okafor", email="ada@acme.test", is_staff=True)
    EmailAddress.objects.create(user=ada, email=ada.email, primary=True, verified=True)
    org = make_org(ada, slug="acme")
    make_member(org, OrgRole.GUEST, "Priya Nair")
    project = make_project(org, ada, "FLOW", name="FlowBoard", template="kanban")
    make_issues(org, project, ada, "Catch up a board from the log", "Dates keep their day")
    return World(ada, org)


@pytest.fixture
def world(transactional_db: None) -> World:
    return elsewhere(make_world)


def look(visitor: Visitor, theme: str, path: str) -> Page:
    visitor.context.add_cookies([{"name": "theme", "value": theme, "url": visitor.server.url}])
    return visitor.open(path)


def sideways(page: Page) -> int:
    """How many pixels the page, or its content, could be scrolled sideways."""
    return int(
        page.evaluate(
            """() => Math.max(0, ...[document.documentElement, document.querySelector("main")]
                 .map((box) => box.scrollWidth - box.clientWidth))"""
        )
    )


def moving(page: Page) -> list[str]:
    """What would still move for a reader who asked for less of it."""
    found: list[str] = page.evaluate(
        """() => [...document.querySelectorAll("*")].filter((each) => {
             const style = getComputedStyle(each);
             return style.transitionDuration.split(",").some((time) => parseFloat(time) > 0)
               || (style.animationName !== "none" && parseFloat(style.animationDuration) > 0)
               || style.scrollBehavior === "smooth";
           }).map((each) => `moves: ${each.tagName}.${each.className}`)"""
    )
    return found


# With each change; `test_pages.py` looks at others, and at all of them in the deep tests.
STRANGERS_PAGES = (
    "/accounts/login/",
    "/accounts/signup/",
)
MEMBERS_PAGES = (
    "/acme/",
    "/acme/my-issues/",
    "/acme/members/",
    "/acme/FLOW/settings/",
    "/accounts/help/",
    "/accounts/preferences/",
    "/gallery/",
)


@pytest.mark.deep
class TestEveryPage:
    def test_is_readable_for_everybody_and_no_wider_than_a_phone(self, visitor: Visit, world: World) -> None:
        found: dict[str, list[str]] = {}
        for person, paths in ((None, STRANGERS_PAGES), (world.ada, MEMBERS_PAGES)):
            guest = visitor(person)
            for path in paths:
                page = guest.open(path)
                found[path] = violations(page) + moving(page)
                page.set_viewport_size(PHONE)
                found[path] += [f"{pixels} px too wide" for pixels in [sideways(page)] if pixels]
                page.close()
        assert not {path: problems for path, problems in found.items() if problems}


class TestSignIn:
    def test_works_without_script(self, visitor: Visit, world: World) -> None:
        page = visitor(java_script_enabled=False).open("/accounts/login/")
        page.get_by_label("E-mail address").fill("ada@acme.test")
        page.get_by_label("Password", exact=True).fill(PASSWORD)
        page.get_by_role("button", name="Sign in").click()
        expect(page.get_by_role("heading", name="Hello, Ada")).to_be_visible()

    def test_says_what_is_wrong_at_the_place_where_it_is(self, visitor: Visit, world: World) -> None:
        page = visitor().open("/accounts/login/")
        page.get_by_label("E-mail address").fill("ada@acme.test")
        page.get_by_label("Password", exact=True).fill("not this one")
        page.get_by_role("button", name="Sign in").click()
        expect(page.get_by_role("alert")).to_be_visible()
        expect(page.get_by_label("E-mail address")).to_have_value("ada@acme.test")
        assert violations(page) == []

    def test_shows_a_password_when_asked(self, visitor: Visit) -> None:
        page = visitor().open("/accounts/login/")
        page.get_by_label("Password", exact=True).fill("secret")
        page.get_by_role("button", name="Show password").click()
        expect(page.get_by_label("Password", exact=True)).to_have_attribute("type", "text")


class TestTheme:
    def test_is_kept_on_the_next_page_and_after_signing_in_elsewhere(self, visitor: Visit, world: World) -> None:
        ada = visitor(world.ada)
        page = ada.open("/acme/")
        page.get_by_role("button", name="Ada Okafor").click()
        with page.expect_response("**/accounts/theme/"):
            page.get_by_role("menuitemradio", name="Dark").click()
        expect(page.locator("html")).to_have_attribute("data-theme", "dark")
        page.goto(ada.server.url + "/acme/members/")
        expect(page.locator("html")).to_have_attribute("data-theme", "dark")
        world.ada.refresh_from_db()
        assert world.ada.theme == "dark"


class TestKeyboard:
    def test_moves_through_a_menu_and_comes_back_to_its_button(self, visitor: Visit, world: World) -> None:
        page = visitor(world.ada).open("/acme/")
        button = page.get_by_role("button", name="Ada Okafor")
        button.focus()
        page.keyboard.press("Enter")
        expect(page.get_by_role("menuitemradio", name="Like the system")).to_be_focused()
        page.keyboard.press("Home")
        expect(page.get_by_role("menuitem", name="Profile")).to_be_focused()
        page.keyboard.press("p")
        expect(page.get_by_role("menuitem", name="Password")).to_be_focused()
        page.keyboard.press("Escape")
        expect(button).to_be_focused()

    def test_folds_the_sidebar_away_until_it_is_wanted_again(self, visitor: Visit, world: World) -> None:
        ada = visitor(world.ada)
        page = ada.open("/acme/")
        sidebar = page.get_by_role("navigation", name="Main")
        expect(page.get_by_role("button", name="Sidebar")).to_have_attribute("aria-expanded", "true")
        page.keyboard.press("[")
        expect(sidebar).to_be_hidden()
        page.goto(ada.server.url + "/acme/members/")
        expect(sidebar).to_be_hidden()
        page.get_by_role("button", name="Sidebar").click()
        expect(sidebar).to_be_visible()

    def test_does_not_take_a_letter_for_a_shortcut_while_somebody_writes(self, visitor: Visit, world: World) -> None:
        page = visitor(world.ada).open("/acme/projects/new/")
        page.get_by_label("Name").fill("")
        page.keyboard.type("[a]")
        expect(page.get_by_label("Name")).to_have_value("[a]")
        expect(page.get_by_role("navigation", name="Main")).to_be_visible()

    def test_skips_to_the_content(self, visitor: Visit, world: World) -> None:
        page = visitor(world.ada).open("/acme/")
        page.keyboard.press("Tab")
        expect(page.get_by_role("link", name="Skip to content")).to_be_focused()
        page.keyboard.press("Enter")
        expect(page.locator("main")).to_be_focused()


class TestPhone:
    def test_opens_the_sidebar_as_a_drawer(self, visitor: Visit, world: World) -> None:
        page = visitor(world.ada, viewport=PHONE, has_touch=True, is_mobile=True).open("/acme/")
        sidebar = page.get_by_role("navigation", name="Main")
        expect(sidebar).to_be_hidden()
        menu = page.get_by_role("button", name="Menu")
        Keyboard(page).press(menu)
        expect(sidebar).to_be_visible()
        page.keyboard.press("Tab")
        expect(sidebar.locator(":focus")).to_have_count(1)
        page.keyboard.press("Shift+Tab")
        expect(menu).to_be_focused()
        page.keyboard.press("Shift+Tab")
        expect(sidebar).to_be_hidden()  # it would lie over what has the focus
        menu.tap()
        expect(sidebar).to_be_visible()
        page.get_by_text("FlowBoard", exact=True).first.tap()
        page.get_by_role("link", name="Board").first.tap()
        page.wait_for_url("**/acme/FLOW/board/")


class TestForms:
    def test_suggest_a_key_until_somebody_writes_one(self, visitor: Visit, world: World) -> None:
        page = visitor(world.ada).open("/acme/projects/new/")
        name, key = page.get_by_label("Name"), page.get_by_label("Key", exact=True)
        name.fill("Gripper firmware")
        expect(key).to_have_value("GF")
        key.fill("GRIP")
        name.fill("Gripper")
        expect(key).to_have_value("GRIP")

    def test_make_a_project_and_open_its_board(self, visitor: Visit, world: World) -> None:
        page = visitor(world.ada).open("/acme/projects/new/")
        page.get_by_label("Name").fill("Website")
        page.get_by_label("Key", exact=True).fill("WEB")
        page.get_by_role("radio", name="Private").check()
        page.get_by_role("button", name="Create project").click()
        page.wait_for_url("**/acme/WEB/board/")

    def test_come_back_with_what_was_written_when_refused(self, visitor: Visit, world: World) -> None:
        ada = visitor(world.ada)
        ada.allow("422")
        page = ada.open("/acme/projects/new/")
        page.get_by_label("Name").fill("Another")
        page.get_by_label("Key", exact=True).fill("FLOW")
        page.get_by_role("button", name="Create project").click()
        expect(page.get_by_label("Key", exact=True)).to_have_attribute("aria-invalid", "true")
        expect(page.get_by_label("Key", exact=True)).to_be_focused()
        expect(page.get_by_label("Name")).to_have_value("Another")

    def test_reopen_their_dialog_when_refused(self, visitor: Visit, world: World) -> None:
        ada = visitor(world.ada)
        ada.allow("422")
        page = ada.open("/acme/members/")
        page.get_by_role("button", name="Invite").click()
        page.get_by_label("E-mail addresses").fill("nobody")
        page.get_by_role("button", name="Make invitations").click()
        dialog = page.get_by_role("dialog", name="Invite people")
        expect(dialog).to_be_visible()
        expect(dialog.get_by_text("“nobody” is not an e-mail address.")).to_be_visible()


class TestMembers:
    def test_change_role_when_one_is_chosen(self, visitor: Visit, world: World) -> None:
        page = visitor(world.ada).open("/acme/members/")
        page.get_by_label("Role of Priya Nair").select_option("member")
        expect(page.get_by_role("status").filter(has_text="Priya Nair has another role now.")).to_be_visible()
        expect(page.get_by_label("Role of Priya Nair")).to_have_value("member")

    def test_remove_asks_first(self, visitor: Visit, world: World) -> None:
        page = visitor(world.ada).open("/acme/members/")
        page.get_by_role("button", name="Remove Priya Nair").click()
        dialog = page.get_by_role("dialog", name="Remove Priya Nair?")
        dialog.get_by_role("button", name="Cancel").click()
        expect(dialog).to_be_hidden()
        page.get_by_role("button", name="Remove Priya Nair").click()
        dialog.get_by_role("button", name="Remove").click()
        expect(page.get_by_text("Priya Nair is no longer a member.")).to_be_visible()


class TestGallery:
    def test_is_not_there_for_people_who_do_not_run_the_server(self, visitor: Visit, world: World) -> None:
        mateo = visitor(elsewhere(lambda: make_member(world.org)))
        mateo.allow("404")
        page = mateo.open("/gallery/")
        expect(page.get_by_role("heading", name="There is nothing here")).to_be_visible()


class TestOnPaper:
    """What can only be clicked is left out, the theme is the light one, and nothing is cut off."""

    def printed(self, visitor: Visitor, path: str) -> Page:
        page = look(visitor, "dark", path)
        page.emulate_media(media="print")
        return page

    def test_shows_a_board_with_its_cards(self, visitor: Visit, world: World) -> None:
        page = self.printed(visitor(world.ada), "/acme/FLOW/board/")
        expect(page.locator(".card")).to_have_count(2)
        expect(page.locator(".card").first).to_be_visible()
        expect(page.locator(".column header").first).to_be_visible()
        expect(page.locator("#sidebar")).to_be_hidden()
        expect(page.locator("#filters")).to_be_hidden()
        expect(page.get_by_role("button")).to_have_count(0)
        assert page.evaluate("getComputedStyle(document.documentElement).colorScheme") == "light"

    def test_shows_a_list_and_an_issue(self, visitor: Visit, world: World) -> None:
        ada = visitor(world.ada)
        page = self.printed(ada, "/acme/FLOW/issues/")
        expect(page.get_by_role("cell", name="Dates keep their day")).to_be_visible()
        page.set_viewport_size({"width": 720, "height": 1020})
        expect(page.get_by_role("columnheader", name="Updated")).to_be_visible()
        expect(page.locator("#sidebar")).to_be_hidden()
        page = self.printed(ada, "/acme/issue/FLOW-1/")
        expect(page.get_by_role("heading", name="Catch up a board from the log")).to_be_visible()
        expect(page.locator(".composer")).to_be_hidden()
        heights = (
            "[...document.querySelectorAll('.content, .scroll')].map((box) => box.scrollHeight - box.clientHeight)"
        )
        assert page.evaluate(f"Math.max(...{heights})") <= 1


class TestInstalled:
    def test_the_manifest_names_icons_that_are_there(self, visitor: Visit, world: World) -> None:
        page = visitor().open("/accounts/login/")
        address = page.locator("link[rel=manifest]").get_attribute("href") or ""
        found = page.evaluate(
            """async (address) => {
              const manifest = await (await fetch(address)).json();
              return Promise.all(manifest.icons.map(async ({ src, sizes }) => {
                const image = new Image();
                image.src = new URL(src, new URL(address, location));
                await image.decode();
                return [sizes, `${image.naturalWidth}x${image.naturalHeight}`];
              }));
            }""",
            address,
        )
        assert [sizes for sizes, _ in found] == ["any", "192x192", "512x512"]
        assert all(sizes in ("any", actual) for sizes, actual in found)

    def test_only_the_sign_in_page_says_what_a_preview_shows(self, visitor: Visit, world: World) -> None:
        page = visitor().open("/accounts/login/")
        image = page.locator("meta[property='og:image']").get_attribute("content") or ""
        assert image.startswith("http")
        assert page.request.get(image).ok
        for person, path in ((None, "/accounts/password/reset/"), (world.ada, "/acme/FLOW/board/")):
            expect(visitor(person).open(path).locator("meta[property^='og:']")).to_have_count(0)
