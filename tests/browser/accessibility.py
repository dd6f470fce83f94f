"""What axe-core says about a page."""

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

RULES = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}


def violations(page: Page) -> list[str]:
    """Every violation that axe-core finds, with the first place of each; an empty list is what we want."""
    # What is still fading in has other colours than what a person reads in the end.
    # (What pulses for ever never finishes.)
    page.evaluate(
        "Promise.all(document.getAnimations()"
        ".filter((animation) => animation.effect.getComputedTiming().iterations !== Infinity)"
        ".map((animation) => animation.finished.catch(() => null)))"
    )
    found = Axe().run(page, options=RULES).response["violations"]
    return [f"{each['id']}: {each['help']} at {each['nodes'][0]['target']}" for each in found]
