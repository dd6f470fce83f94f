"""Where a Chromium is, for tests, benchmarks and screenshots. Needs nothing installed: the bootstrap asks it too."""

import shutil

# Debian's packages, whose programs bear the same names. The first has no desktop's windows: every page costs less.
PACKAGES = ("chromium-headless-shell", "chromium")
NAMES = (*PACKAGES, "chromium-browser", "google-chrome", "google-chrome-stable")


def find_chromium() -> str | None:
    """Return the Chromium on PATH; None means Playwright's own."""
    return next(filter(None, map(shutil.which, NAMES)), None)
