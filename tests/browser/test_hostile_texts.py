"""Texts that try to become more than text, through every field that shows them: none does, in a real Chromium."""

from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Page, Request, expect

from apps.issues.selectors import get_comment
from apps.issues.services import add_comment, edit_comment, edit_issue, set_pinned
from apps.projects.services import create_label
from tests.browser.board import World, make_world
from tests.browser.conftest import Visitor
from tests.browser.test_inbox import work
from tests.hostile import HOST, TEXTS
from tests.processes import WebProcess

Visitors = Callable[..., Visitor]

# All are in the texts; some are said one by one.
SOME = TEXTS[::7]

# Whatever runs, is fetched, or would be obeyed. Our own controls stand beside rich texts, never in them.
HARMFUL = """host => {
  const found = [];
  for (const element of document.querySelectorAll("body *")) {
    const isText = element.closest(".prose, .compared") && !element.matches(".prose");
    const isHarm = element.matches("iframe, object, embed, base, style, meta, link, frame, applet, math");
    const isOdd = isText && element.matches("script, form, svg, template, dialog, button");
    if (isHarm || isOdd) found.push(element.outerHTML);
    for (const { name, value } of element.attributes) {
      const isOurs = !isText || element.matches("input, a");
      if (/^on/i.test(name)) found.push(`${name}=${value}`);
      if (isText && /^(hx-|data-hx|style$|id$|popover)/i.test(name)) found.push(`${name}=${value}`);
      if (!isOurs && /^data-/.test(name)) found.push(`${name}=${value}`);
      if (/^(href|src|srcset|action|formaction|poster|data|background|ping|style|xlink:href)$/i.test(name)) {
        const { protocol } = new URL(value, location.href);
        if (!["http:", "https:", "mailto:"].includes(protocol) || value.includes(host)) found.push(`${name}=${value}`);
      }
    }
  }
  return found;
}"""


@pytest.fixture
def world(server: WebProcess) -> World:
    return make_world()


@pytest.fixture
def reader(visitor: Visitors, world: World) -> Visitor:
    """Ada, whose browser notes dialogs and requests to anybody else."""
    ada = visitor(world.owner, fresh=True)

    def note(request: Request) -> None:
        if urlsplit(request.url).netloc != urlsplit(ada.server.url).netloc:
            ada.problems.append(f"a request to {request.url}")

    def refuse(dialog: Any) -> None:
        ada.problems.append(f"a dialog said {dialog.message}")
        dialog.dismiss()

    ada.context.on("request", note)
    ada.context.on("dialog", refuse)
    return ada


def harmless(page: Page) -> None:
    assert page.evaluate(HARMFUL, HOST) == []


def test_stay_texts_wherever_they_are_read(world: World, reader: Visitor) -> None:
    every = "\n\n".join(TEXTS)
    hard = [text for text in TEXTS if "\n" not in text and text.isprintable()]

    def write(actor: Any) -> None:
        issue = world._own("FLOW-2")
        edit_issue(actor=actor, issue=issue, values={"title": hard[3], "description": every})
        for name in hard[3:6]:
            create_label(actor=actor, project=world.project, name=name[:40])
        said = [add_comment(actor=actor, issue=issue, body=text) for text in SOME]
        add_comment(actor=actor, issue=issue, body=every, reply_to=said[0])
        edit_comment(actor=actor, comment=get_comment(actor=actor, comment_id=said[1].pk), body=every)
        set_pinned(actor=actor, comment=get_comment(actor=actor, comment_id=said[2].pk), is_pinned=True)

    world.act(write, by=world.owner)
    world.act(lambda actor: add_comment(actor=actor, issue=world._own("FLOW-2"), body=f"@{world.owner.handle} {every}"))
    work(world)

    page = reader.open(world.issue_path("FLOW-2"))
    expect(page.locator(".comment")).to_have_count(len(SOME) + 2)
    harmless(page)
    # What is pressed and pointed at, and what opens.
    for link in page.locator(".prose a").all():
        link.hover(force=True)
    history = page.get_by_role("link", name="History", exact=True)
    history.click()
    # What was shown before is in another order, and gone in a moment.
    expect(history).to_have_attribute("aria-current", "page")
    for which, title in ((0, "How this comment changed"), (-1, "What was changed")):
        page.get_by_role("link", name="Show what changed").nth(which).click()
        expect(page.get_by_role("dialog", name=title)).to_be_visible()
        harmless(page)
        page.keyboard.press("Escape")
        expect(page.get_by_role("dialog", name=title)).to_be_hidden()

    # As it is written, previewed and read beside a board, in the list and in the inbox.
    page = reader.open(world.path())
    page.locator("[data-issue-key=FLOW-2] a").first.click()
    panel = page.locator("#panel")
    expect(panel.locator(".comment").first).to_be_visible()
    harmless(page)
    writer = panel.get_by_placeholder("Write a comment, in Markdown")
    writer.fill(every)
    panel.locator(".composer").get_by_role("button", name="Preview").click()
    expect(panel.locator(".composer .prose")).to_be_visible()
    harmless(page)
    for rest in (world.path("issues/"), f"/{world.org.slug}/inbox/", world.path("settings/labels/")):
        page.goto(reader.server.url + rest)
        expect(page.locator("main")).to_be_visible()
        harmless(page)
