"""Taking a label and a person away, by keyboard alone: each asks where the open work goes; and the same on a phone."""

from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from apps.issues.services import edit_issue
from apps.projects.models import Label
from apps.projects.services import create_label
from tests.browser.accessibility import violations
from tests.browser.board import World, make_world
from tests.browser.conftest import PHONE, Visitor
from tests.browser.hands import Keyboard
from tests.processes import WebProcess

Visitors = Callable[..., Visitor]


@pytest.fixture
def world(server: WebProcess) -> World:
    return make_world()


@pytest.mark.deep
def test_open_work_goes_where_it_is_told(visitor: Visitors, world: World) -> None:
    def prepare(actor: object) -> None:
        old, _new = (create_label(actor=actor, project=world.project, name=name) for name in ("old", "new"))  # type: ignore[arg-type]
        values = {"labels": [old.pk], "assignee": world.other.pk}
        edit_issue(actor=actor, issue=world._own("FLOW-2"), values=values)  # type: ignore[arg-type]

    world.act(prepare, by=world.owner)
    ada = visitor(world.owner)
    page = ada.open(world.path("settings/labels/"))
    keyboard = Keyboard(page)
    keyboard.press(page.get_by_role("button", name="Delete old"))
    expect(page.get_by_text("1 issue carries it.")).to_be_visible()
    keyboard.choose(page.get_by_label("The issue that carries it"), "new")
    assert violations(page) == []
    keyboard.press(page.get_by_role("button", name="Delete “old”"))
    expect(page.get_by_text("The label “old” is gone; 1 issue was changed.")).to_be_visible()
    keyboard.press(page.get_by_role("button", name="Undo"))
    expect(page.get_by_text("The label “old” is back.")).to_be_visible()
    carried = Label.objects.using("owner").filter(issue_labels__issue_id=world.issue("FLOW-2").pk)
    assert [label.name for label in carried] == ["old"]

    page.goto(f"{ada.server.url}/{world.org.slug}/members/")
    keyboard.press(page.get_by_role("button", name=f"Remove {world.other.name}"))
    dialog = page.get_by_role("dialog", name=f"Remove {world.other.name}?")
    keyboard.press(dialog.get_by_role("button", name="Remove"))
    expect(page.get_by_text("1 open issue is assigned to Mateo Ruiz.")).to_be_visible()
    assert violations(page) == []
    ada.verify()

    phone = visitor(world.owner, viewport=PHONE, has_touch=True, color_scheme="dark")
    page = phone.open(page.url.replace(ada.server.url, ""))
    assert violations(page) == []
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    page.get_by_label("Their open issue").select_option(label=world.owner.name)
    page.get_by_role("button", name=f"Remove {world.other.name}").click()
    expect(page.get_by_text("is no longer a member. 1 open issue was handed over.")).to_be_visible()
    assert world.issue("FLOW-2").assignee_id == world.owner.pk
    phone.verify()
