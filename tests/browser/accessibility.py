"""What axe-core says about a page."""

from typing import Any

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

RULES = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}
CONTRAST = {"runOnly": {"type": "rule", "values": ["color-contrast"]}}
# The theme as it is said (or not) by the document, and the other one than a person sees.
THEMES = """() => {
    const said = document.documentElement.dataset.theme;
    const seen = said ?? (matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light");
    return [said ?? null, seen === "dark" ? "light" : "dark"];
}"""
WEAR = """(theme) => {
    if (theme) document.documentElement.dataset.theme = theme;
    else delete document.documentElement.dataset.theme;
}"""


def violations(page: Page) -> list[str]:
    """Every violation that axe-core finds, with the first place of each, in both themes; we want an empty list.

    Themes differ in nothing but colours: in the other one only the contrast is looked at.
    """
    page.wait_for_load_state()  # half a page lacks what the rest of it brings
    found = _run(page, RULES)
    said, other = page.evaluate(THEMES)
    page.evaluate(WEAR, other)
    found += [f"{each} ({other} theme)" for each in _run(page, CONTRAST)]
    page.evaluate(WEAR, said)
    return found


def _run(page: Page, options: dict[str, Any]) -> list[str]:
    # What is still fading in has other colours than what a person reads in the end. (What pulses for ever has no end.)
    # In a window behind others nothing moves on: there it is brought to its end.
    page.evaluate(
        """async () => {
            const finite = document.getAnimations()
                .filter((animation) => animation.effect.getComputedTiming().iterations !== Infinity);
            const all = Promise.allSettled(finite.map((animation) => animation.finished));
            await Promise.race([all, new Promise((resolve) => setTimeout(resolve, 1500))]);
            finite.forEach((animation) => animation.finish());
        }"""
    )
    found = Axe().run(page, options=options).response["violations"]
    return [f"{each['id']}: {each['help']} at {each['nodes'][0]['target']}" for each in found]
