"""Files of an issue, as people send, look at and lose them."""

import http.client
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.test import Client
from playwright.sync_api import Locator, Page, Route, expect

from apps.core.tenancy import run_as_system
from apps.issues.models import Attachment
from apps.issues.services import attach_files, draw_preview
from tests import factories
from tests.browser.accessibility import violations
from tests.browser.board import BoardPage, World, eventually, make_world
from tests.browser.conftest import Visitor, on_each_device
from tests.browser.elsewhere import elsewhere
from tests.browser.hands import WAYS, Way
from tests.processes import WebProcess

Visitors = Callable[..., Visitor]
PICTURE = {"name": "Dock.png", "mimeType": "image/png", "buffer": factories.picture(width=800, height=600)}
LOG = {"name": "drive.log", "mimeType": "text/plain", "buffer": b"0.1 m/s\n" * 100}
# What a browser hands over when files are pasted or dropped; scripts cannot make one otherwise.
HAND_OVER = """(target, [kind, files]) => {
  const data = new DataTransfer();
  for (const [name, type, bytes] of files) data.items.add(new File([new Uint8Array(bytes)], name, { type }));
  const event = kind === "paste"
    ? new ClipboardEvent(kind, { clipboardData: data, bubbles: true, cancelable: true })
    : new DragEvent(kind, { dataTransfer: data, bubbles: true, cancelable: true });
  target.dispatchEvent(event);
}"""


def hand_over(target: Locator, kind: str, *files: dict[str, Any]) -> None:
    sent = [[file["name"], file["mimeType"], list(file["buffer"])] for file in files]
    target.evaluate(HAND_OVER, [kind, sent])


@pytest.fixture
def world(server: WebProcess) -> World:
    return make_world()


def draw_all(world: World) -> None:
    """What the worker does."""

    def work() -> None:
        with run_as_system(org_id=world.org.pk) as actor:
            for each in Attachment.objects.filter(preview="waiting"):
                draw_preview(actor=actor, attachment_id=each.pk)

    elsewhere(work)


def shown(page: Page, name: str) -> Locator:
    return page.locator(".issue-files > .files > li").filter(has_text=name)


class TestJourney:
    @on_each_device
    def test_sending_looking_removing(self, visitor: Visitors, world: World, device: dict[str, Any]) -> None:
        ada = visitor(world.owner, **device)
        page = ada.open(world.issue_path("FLOW-2"))
        page.locator(".live[data-state=live]").wait_for()
        board = BoardPage(visitor(world.other).open(world.path())).ready()
        board.card("FLOW-2").click()
        theirs = board.page
        theirs.locator("#panel [data-issue]").wait_for()

        # Chosen, several at once; seen by others as they arrive, and with previews as these are made.
        page.get_by_label("Attach files", exact=True).set_input_files([PICTURE, LOG])
        expect(shown(page, "drive.log")).to_contain_text("Ada Okafor")
        expect(shown(page, "Dock.png")).to_contain_text("The preview is being made")
        expect(page.locator("[data-uploads]")).to_be_hidden()
        expect(shown(theirs, "drive.log")).to_be_visible()
        draw_all(world)
        expect(shown(page, "Dock.png").locator("img")).to_be_visible()
        expect(shown(theirs, "Dock.png").locator("img")).to_be_attached()

        # Pasted into a comment, at the caret: a word stands in for it until it is there.
        comment = page.get_by_label("New comment")
        comment.fill("Before  after")
        comment.press("Home")
        for _letter in "Before ":
            comment.press("ArrowRight")
        hand_over(comment, "paste", PICTURE | {"name": "pasted [1].png"})
        reference = rf"!\[pasted \\\[1\\\]\.png\]\(/{world.org.slug}/files/\d+/\)"
        expect(comment).to_have_value(re.compile(f"^Before {reference} after$"))
        with page.expect_file_chooser() as chooser:
            page.locator(".composer").get_by_role("button", name="Put files into the text").click()
        chooser.value.set_files([LOG | {"name": "said.log"}])
        link = rf"\[said\.log\]\(/{world.org.slug}/files/\d+/\)"
        expect(comment).to_have_value(re.compile(f"^Before {reference}{link} after$"))
        comment.press("Control+Enter")
        said = page.locator(".feed .comment img")
        expect(said).to_have_js_property("naturalWidth", 800)

        # Dropped on the issue; the page under it stays.
        hand_over(page.locator("[data-issue]"), "dragover", LOG)
        expect(page.locator("[data-dropping]")).to_be_attached()
        hand_over(page.locator("[data-issue]"), "drop", LOG | {"name": "dropped.log"})
        expect(shown(page, "dropped.log")).to_be_visible()
        expect(page.locator("[data-dropping]")).to_have_count(0)
        assert violations(page) == []

        # Large, one after the other.
        draw_all(world)
        shown(page, "Dock.png").get_by_role("link", name="Look at Dock.png").click()
        dialog = page.get_by_role("dialog", name="Dock.png")
        expect(dialog.get_by_text("1 of 2")).to_be_visible()
        page.keyboard.press("ArrowRight")
        expect(page.get_by_role("dialog", name="pasted [1].png").get_by_text("2 of 2")).to_be_visible()
        assert violations(page) == []
        page.keyboard.press("Escape")
        expect(page.locator("[data-lightbox]")).to_be_hidden()
        said.click()
        expect(page.get_by_role("dialog", name="pasted [1].png")).to_be_visible()
        page.get_by_role("button", name="Close", exact=True).last.click()

        # Taken away, and back.
        page.get_by_role("button", name="Remove drive.log").click()
        expect(shown(page, "drive.log")).to_have_count(0)
        expect(shown(theirs, "drive.log")).to_have_count(0)
        page.get_by_text("drive.log removed").wait_for()
        page.get_by_role("button", name="Undo").click()
        expect(shown(theirs, "drive.log")).to_have_count(1)
        expect(shown(page, "drive.log")).to_have_count(1)
        with page.expect_download() as download:
            page.get_by_role("link", name="drive.log", exact=True).click()
        assert download.value.suggested_filename == "drive.log"


@pytest.mark.deep
class TestByKeys:
    @WAYS
    def test_what_goes_wrong_says_why_and_can_be_tried_again(
        self, visitor: Visitors, world: World, way: Way, tmp_path: Any
    ) -> None:
        ada = visitor(world.owner, **way.device)
        ada.allow("Failed to load resource")
        page = ada.open(world.issue_path("FLOW-2"))
        page.locator(".live[data-state=live]").wait_for()
        hands = way.hands(page)
        held: list[Route] = []

        def hold(route: Route) -> None:
            held.append(route)

        page.route("**/attachments/", hold)

        def under_way() -> int:
            page.title()  # routes are heard of while the page is asked for something
            return len(held)

        def choose(*files: Any) -> None:
            with page.expect_file_chooser() as chooser:
                hands.press(page.get_by_label("Attach files", exact=True))
            chooser.value.set_files(*files)

        # Too large: refused before anything is sent.
        large = tmp_path / "film.mov"
        with large.open("wb") as file:
            file.truncate(51 * 1024 * 1024)
        choose(large)
        row = page.locator("[data-uploads] > li").filter(has_text="film.mov")
        expect(row).to_contain_text("“film.mov” is too large: a file has at most 50.0 MB.")
        expect(row.get_by_role("button", name="Try again")).to_be_hidden()
        assert violations(page) == []
        hands.press(row.get_by_role("button", name="Dismiss: film.mov"))
        expect(row).to_have_count(0)
        assert held == []

        # Cancelled on its way: nothing is left of it.
        choose([LOG])
        eventually(under_way, 1)
        expect(page.get_by_role("progressbar", name="Sending drive.log")).to_be_visible()
        hands.press(page.get_by_role("button", name="Cancel drive.log"))
        expect(page.locator("[data-uploads]")).to_be_hidden()

        # No connection: said, and tried again under the same id.
        choose([LOG])
        eventually(under_way, 2)
        held[1].abort()
        row = page.locator("[data-uploads] > li").filter(has_text="drive.log")
        expect(row).to_contain_text("Not sent: no connection.")
        page.unroute_all()
        hands.press(row.get_by_role("button", name="Try again: drive.log"))
        expect(shown(page, "drive.log")).to_be_visible()
        assert Attachment.objects.using("owner").count() == 1

        # Refused by the server: its sentence.
        choose([LOG | {"name": "empty.log", "buffer": b""}])
        row = page.locator("[data-uploads] > li").filter(has_text="empty.log")
        expect(row).to_contain_text("“empty.log” is empty.")
        hands.press(row.get_by_role("button", name="Dismiss: empty.log"))
        hands.press(page.get_by_role("button", name="Remove drive.log"))
        expect(shown(page, "drive.log")).to_have_count(0)
        page.keyboard.press("Control+z")
        expect(shown(page, "drive.log")).to_be_visible()


class TestInterrupted:
    def test_an_upload_cut_off_midway_leaves_nothing(self, server: WebProcess, world: World) -> None:
        place = Path(settings.MEDIA_ROOT) / "attachments"
        before = {path for path in place.rglob("*") if path.is_file()}
        client = Client()
        elsewhere(lambda: client.force_login(world.owner))
        name = settings.SESSION_COOKIE_NAME
        head = b'--cut\r\nContent-Disposition: form-data; name="file"; filename="half.bin"\r\n\r\n'
        body = head + b"x" * 4 * 1024 * 1024 + b"\r\n--cut--\r\n"
        headers = {
            "Cookie": f"{name}={client.cookies[name].value}; csrftoken={'c' * 32}",
            "X-CSRFToken": "c" * 32,
            "X-Requested-With": "XMLHttpRequest",
            "Content-Type": "multipart/form-data; boundary=cut",
            "Content-Length": str(len(body)),
        }
        path = world.issue_path("FLOW-2") + "attachments/"
        cut = http.client.HTTPConnection("127.0.0.1", server.port, timeout=20)
        cut.putrequest("POST", path)
        for header, value in headers.items():
            cut.putheader(header, value)
        cut.endheaders(body[: len(body) // 2])
        cut.close()
        # Sent whole, the very same is kept: it was the cut that kept the other one away.
        whole = http.client.HTTPConnection("127.0.0.1", server.port, timeout=20)
        whole.request("POST", path, body=body, headers=headers)
        assert whole.getresponse().status == 201
        whole.close()
        [kept] = Attachment.objects.using("owner").all()
        assert {path for path in place.rglob("*") if path.is_file()} - before == {place.parent / kept.key}


@pytest.mark.deep
class TestThePanelGoesOn:
    def test_a_file_arrives_while_somebody_writes(self, visitor: Visitors, world: World) -> None:
        board = BoardPage(visitor(world.owner).open(world.path())).ready()
        board.card("FLOW-2").click()
        page = board.page
        page.get_by_label("New comment").fill("A thought that is not")

        def send(actor: Any) -> None:
            issue = world._own("FLOW-2")
            attach_files(actor=actor, issue=issue, uploads=[factories.upload("theirs.txt", b"x")])

        world.act(send)
        expect(shown(page, "theirs.txt")).to_be_visible()
        expect(page.get_by_label("New comment")).to_have_value("A thought that is not")
        expect(page.get_by_label("New comment")).to_be_focused()
