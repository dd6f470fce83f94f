"""The pictures of the README: what `make screenshots` takes, and that those kept show the pages as they are."""

import os
import runpy
import subprocess
import sys
from pathlib import Path

import pytest
from PIL import Image, ImageChops

from .conftest import ROOT

KEPT = ROOT / "docs" / "images"
# A font that is drawn a little differently is no reason to take them anew; a line that moved is.
TOLERANCE = 0.01


def differing(one: Path, other: Path) -> float:
    """The share of pixels that plainly differ."""
    with Image.open(one) as a, Image.open(other) as b:
        if a.size != b.size:
            return 1.0
        difference = ImageChops.difference(a.convert("RGB"), b.convert("RGB")).convert("L")
    histogram = difference.histogram()
    return sum(histogram[32:]) / sum(histogram)


def test_the_readme_shows_each_picture_that_is_kept() -> None:
    readme = (ROOT / "README.md").read_text()
    pictures = sorted(picture.name for picture in KEPT.glob("*.png"))
    assert pictures
    assert [name for name in pictures if f"docs/images/{name}" not in readme] == []


def test_pages_of_what_the_demo_has_none_of_are_named_and_left_out(capsys: pytest.CaptureFixture[str]) -> None:
    script = runpy.run_path(str(ROOT / "scripts" / "screenshots.py"))
    pages = ["/{org}/", "/{org}/imports/{failed_import_id}/", "/accounts/help/"]
    assert script["demonstrated"](pages, {"org": "acme"}) == ["/{org}/", "/accounts/help/"]
    assert "no failed_import_id: /{org}/imports/{failed_import_id}/" in capsys.readouterr().out


@pytest.mark.deep
def test_the_pictures_are_current(tmp_path: Path) -> None:
    """Where a page of the README has changed: `make screenshots`, look at them, and commit them with the change."""
    own = {name: value for name, value in os.environ.items() if not name.startswith("FLOWBOARD_")}
    subprocess.run([sys.executable, "scripts/screenshots.py", "--to", str(tmp_path)], cwd=ROOT, env=own, check=True)
    taken = {picture.name: picture for picture in tmp_path.glob("*.png")}
    assert taken.keys() == {picture.name for picture in KEPT.glob("*.png")}
    changed = {name: differing(picture, KEPT / name) for name, picture in taken.items()}
    assert {name: share for name, share in changed.items() if share > TOLERANCE} == {}
