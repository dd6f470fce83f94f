"""How people work a page: by keyboard alone, with a finger, or with the mouse. A journey is told once, for all hands.

The keyboard is the strict one. It gets everywhere by Tab and arrows, never by a script that sets the focus, and on the
way the eye must be able to follow: what has the focus is in sight, marked, and covered by nothing.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

import pytest
from playwright.sync_api import Locator, Page

from .conftest import ON_A_PHONE, WIDE

MOST_STEPS = 90
# Where the wanted element is, seen from the focus ("here", "ahead", "behind"; "nowhere" where nothing has the focus),
# and what the eye would miss of what has it.
LOOK = """(wanted) => {
  const element = document.activeElement;
  const related = (one) => element.contains(one) || one?.contains(element) || element.labels?.[0]?.contains(one);
  const layer = wanted.closest(":popover-open");
  const since = performance.timeOrigin; // each document has its own
  if (element === document.body) return { at: "nowhere", missed: "", since };
  const isBehind = !(layer && !layer.contains(element)) && !element.contains(wanted)
    && Boolean(element.compareDocumentPosition(wanted) & Node.DOCUMENT_POSITION_PRECEDING);
  const at = element === wanted ? "here" : isBehind ? "behind" : "ahead";
  if (["main", "panel"].includes(element.id)) return { at, missed: "", since };
  const tell = (what) => ({ at, missed: `${what}: ${element.outerHTML.slice(0, 200)}`, since });
  const shown = [element, ...(element.labels ?? [])].find((one) => one.getBoundingClientRect().width > 2) ?? element;
  const box = shown.getBoundingClientRect();
  const [left, top] = [Math.max(0, box.left), Math.max(0, box.top)];
  const [right, bottom] = [Math.min(innerWidth, box.right), Math.min(innerHeight, box.bottom)];
  if (left >= right || top >= bottom) return tell("out of sight");
  const frames = [element, element.closest(".tile, li, tr, label, fieldset, .composer, .card")].filter(Boolean);
  const isRinged = frames.map((one) => getComputedStyle(one))
    .some((style) => style.outlineStyle !== "none" || style.boxShadow !== "none");
  // The picker's button inside of a field for a day or a time takes this state away from the field, not its ring.
  if (!element.matches(":focus-visible, [type=date], [type=time]") || !isRinged) return tell("without a mark");
  const points = [[0.5, 0.5], [0.1, 0.2], [0.9, 0.2], [0.1, 0.8], [0.9, 0.8]];
  const inside = ([x, y]) => document.elementFromPoint(left + (right - left) * x, top + (bottom - top) * y);
  const seen = points.map(inside);
  return seen.some(related) ? { at, missed: "", since } : tell(`covered by ${seen[0]?.outerHTML.slice(0, 120)}`);
}"""


class Hands(Protocol):
    """What a hand can do with a control."""

    def press(self, wanted: Locator) -> None:
        """Press a button, a link or a menu item."""

    def write(self, wanted: Locator, text: str) -> None:
        """Write into a field, in place of what is there."""

    def choose(self, wanted: Locator, option: str) -> None:
        """Choose from a list."""

    def tick(self, wanted: Locator) -> None:
        """Change a box, or take one of several."""


class Keyboard:
    """Nothing but keys.

    Nothing has the focus on a page that has just come, and only there: later it would be lost.
    """

    def __init__(self, page: Page) -> None:
        self.page = page
        self._document: float | None = None

    def go(self, wanted: Locator) -> None:
        """Go by Tab, or back by Shift and Tab, until this has the focus."""
        for step in range(MOST_STEPS):
            seen = wanted.first.evaluate(LOOK)
            assert not (step and seen["missed"]), seen["missed"]  # what a mouse left behind may have no mark
            is_fresh, self._document = seen["since"] != self._document, seen["since"]
            if seen["at"] == "here":
                return
            if seen["at"] == "nowhere":
                assert is_fresh, f"The focus was lost on the way to {wanted}."
                self._begin_at(wanted)
            else:
                self.page.keyboard.press("Shift+Tab" if seen["at"] == "behind" else "Tab")
        pytest.fail(f"{wanted} is not reached by Tab")

    def press(self, wanted: Locator) -> None:
        if wanted.first.get_attribute("role") in {"menuitem", "menuitemradio"}:
            self._walk_to(wanted.first)
        else:
            self.go(wanted)
        self.page.keyboard.press("Enter")

    def write(self, wanted: Locator, text: str) -> None:
        self.go(wanted)
        self.page.keyboard.press("Control+a")
        self.page.keyboard.insert_text(text)

    def choose(self, wanted: Locator, option: str) -> None:
        self.go(wanted)
        self.page.keyboard.type(option)

    def tick(self, wanted: Locator) -> None:
        """A box by Space; one of several by arrows from the one that is taken, which is where Tab leads."""
        if wanted.get_attribute("type") != "radio":
            self.go(wanted)
            self.page.keyboard.press("Space")
            return
        name = wanted.get_attribute("name")
        taken = self.page.locator(f"input[type=radio][name='{name}']:checked")
        self.go(taken if taken.count() else wanted)
        for _step in range(10):
            if wanted.is_checked():
                return
            self.page.keyboard.press("ArrowDown")
        pytest.fail(f"{wanted} is not reached by arrows")

    def _walk_to(self, item: Locator) -> None:
        """In a menu arrows lead on."""
        item.wait_for()
        self.page.keyboard.press("Home")
        for _step in range(30):
            if item.evaluate("(item) => item === document.activeElement"):
                return
            self.page.keyboard.press("ArrowDown")
        pytest.fail(f"{item} is not reached by arrows")

    def _begin_at(self, wanted: Locator) -> None:
        """At the first stop of the page; if that offers to skip to the content, and it is wanted, go there."""
        self.page.keyboard.press("Tab")
        if wanted.first.evaluate("(it) => it.closest('main') && document.activeElement.matches('.skip-link')"):
            self.page.keyboard.press("Enter")


class Pointer:
    """A finger where the screen takes one, else the mouse."""

    def __init__(self, page: Page, *, has_touch: bool) -> None:
        self.page = page
        self._has_touch = has_touch

    def press(self, wanted: Locator) -> None:
        if self._has_touch:
            wanted.first.tap()
        else:
            wanted.first.click()

    def write(self, wanted: Locator, text: str) -> None:
        self.press(wanted)
        wanted.fill(text)

    def choose(self, wanted: Locator, option: str) -> None:
        wanted.select_option(label=option)

    def tick(self, wanted: Locator) -> None:
        wanted.locator("xpath=ancestor-or-self::label").or_(wanted).first.click()


@dataclass(frozen=True)
class Way:
    """A device, and the hands that work it."""

    device: dict[str, Any]
    by_keys: bool

    def hands(self, page: Page) -> Hands:
        """The hands on this page."""
        return Keyboard(page) if self.by_keys else Pointer(page, has_touch=bool(self.device.get("has_touch")))


# With each change a journey is made by keyboard on a wide screen; the other ways in the deep tests.
WAYS: Callable[..., Any] = pytest.mark.parametrize(
    "way",
    [
        pytest.param(Way({"viewport": WIDE}, by_keys=True), id="wide-by-keys"),
        pytest.param(Way(ON_A_PHONE, by_keys=False), id="phone", marks=pytest.mark.deep),
        pytest.param(Way({"viewport": WIDE}, by_keys=False), id="wide", marks=pytest.mark.deep),
        pytest.param(Way(ON_A_PHONE, by_keys=True), id="phone-by-keys", marks=pytest.mark.deep),
    ],
)
