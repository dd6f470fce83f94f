"""What holds for every template, style sheet and script of ours, read from the files themselves."""

import math
import re
import subprocess
import sys
from pathlib import Path

import pytest
from django.contrib.staticfiles import finders
from django.template import engines

ROOT = Path(__file__).resolve().parents[2]
TEMPLATES = sorted((ROOT / "templates").rglob("*.html"))
SCRIPTS = sorted((ROOT / "static" / "js").rglob("*.js"))
SHEETS = sorted((ROOT / "static" / "css").glob("*.css"))


def names(paths: list[Path]) -> list[str]:
    return [path.relative_to(ROOT).as_posix() for path in paths]


def icons_of_the_sprite() -> set[str]:
    return set(re.findall(r'<symbol id="([^"]+)"', (ROOT / "static/vendor/icons.svg").read_text(encoding="utf-8")))


class TestTemplates:
    @pytest.mark.parametrize("path", TEMPLATES, ids=names(TEMPLATES))
    def test_compiles(self, path: Path) -> None:
        engines["jinja2"].get_template(path.relative_to(ROOT / "templates").as_posix())

    @pytest.mark.parametrize("path", TEMPLATES, ids=names(TEMPLATES))
    def test_has_nothing_the_content_security_policy_would_refuse(self, path: Path) -> None:
        text = re.sub(r"{#.*?#}|{%.*?%}|{{.*?}}", "", path.read_text(encoding="utf-8"), flags=re.DOTALL)
        for found in re.finditer(r"<script(?P<attributes>[^>]*)>", text):
            assert re.search(r'src=|type="application/json"', found["attributes"]), "an inline script"
        assert "<style" not in text
        assert not re.search(r"<[a-z][^>]*\s(style|on[a-z]+|(data-)?hx-on[^=\s]*)\s*=", text), (
            "style or script in an attribute"
        )
        assert "javascript:" not in text
        assert not re.search(r'(hx-vals|hx-headers)="\s*js:', text)

    @pytest.mark.parametrize("path", TEMPLATES, ids=names(TEMPLATES))
    def test_names_only_icons_and_files_that_exist(self, path: Path) -> None:
        text = path.read_text(encoding="utf-8")
        icons = set(re.findall(r'(?<![a-z_])icon(?:=|\()"([a-z0-9-]+)"', text)) | set(
            re.findall(r'icon_(?:button|link)\("([a-z0-9-]+)"', text)
        )
        assert icons <= icons_of_the_sprite()
        for file in re.findall(r"""static\(['"]([^'"]+\.[a-z0-9]+)['"]\)""", text):
            assert finders.find(file), file


class TestScripts:
    @pytest.mark.parametrize("path", SCRIPTS, ids=names(SCRIPTS))
    def test_imports_what_exists_and_evaluates_nothing(self, path: Path) -> None:
        text = path.read_text(encoding="utf-8")
        for target in re.findall(r"""(?:from|import)\s*\(?\s*["'](\.[^"']+)["']""", text):
            assert (path.parent / target).resolve().is_file(), target
        assert not re.search(r"\beval\(|new Function\(|setAttribute\(\s*[\"']style[\"']", text)


class TestVendoredFiles:
    def test_are_the_ones_that_are_listed(self) -> None:
        result = subprocess.run(
            [sys.executable, ROOT / "scripts" / "vendor.py", "--check"], capture_output=True, text=True, check=False
        )
        assert result.returncode == 0, result.stderr


# --- Colours ----------------------------------------------------------------------------------------------------------


def luminance(colour: str) -> float:
    """The relative luminance (WCAG) of an `oklch(L% C H)`."""
    lightness, chroma, hue = (float(part.rstrip("%")) for part in colour.split())
    lightness /= 100
    a, b = chroma * math.cos(math.radians(hue)), chroma * math.sin(math.radians(hue))
    long = (lightness + 0.3963377774 * a + 0.2158037573 * b) ** 3
    middle = (lightness - 0.1055613458 * a - 0.0638541728 * b) ** 3
    short = (lightness - 0.0894841775 * a - 1.2914855480 * b) ** 3
    red = 4.0767416621 * long - 3.3077115913 * middle + 0.2309699292 * short
    green = -1.2684380046 * long + 2.6097574011 * middle - 0.3413193965 * short
    blue = -0.0041960863 * long - 0.7034186147 * middle + 1.7076147010 * short
    red, green, blue = (min(1.0, max(0.0, channel)) for channel in (red, green, blue))
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(first: str, second: str) -> float:
    """The contrast ratio (WCAG) of two colours."""
    light, dark = sorted((luminance(first), luminance(second)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def tokens(theme: int) -> dict[str, str]:
    """The colours of one theme: 0 is light, 1 is dark."""
    text = (ROOT / "static/css/tokens.css").read_text(encoding="utf-8")
    pairs = re.findall(r"--([a-z-]+): light-dark\(oklch\(([^)/]+)\), oklch\(([^)/]+)\)\);", text)
    return {name: (light, dark)[theme] for name, light, dark in pairs}


GROUNDS = ("bg", "sunken", "surface", "raised")
TEXTS = ("text", "dim", "faint", "accent-text", "danger", "warn", "ok", "info")
PAIRS = [
    *((text, ground) for text in TEXTS for ground in GROUNDS),
    *((text, "hover") for text in ("text", "dim")),
    *((text, "accent-bg") for text in ("text", "accent-text")),
    *((tone, f"{tone}-bg") for tone in ("danger", "warn", "ok", "info")),
    *(("text", f"{tone}-bg") for tone in ("danger", "warn", "ok", "info")),
    ("on-accent", "accent"),
    ("on-accent", "accent-hover"),
    ("on-accent", "danger"),
    ("on-inverse", "inverse"),
]


@pytest.mark.parametrize("theme", [0, 1], ids=["light", "dark"])
class TestColours:
    @pytest.mark.parametrize(("text", "ground"), PAIRS)
    def test_text_is_readable(self, theme: int, text: str, ground: str) -> None:
        colours = tokens(theme)
        assert contrast(colours[text], colours[ground]) >= 4.5

    @pytest.mark.parametrize("ground", GROUNDS)
    def test_borders_of_inputs_and_the_focus_ring_are_visible(self, theme: int, ground: str) -> None:
        colours = tokens(theme)
        assert contrast(colours["line-strong"], colours[ground]) >= 3
        assert contrast(colours["accent"], colours[ground]) >= 3

    @pytest.mark.parametrize("hue", range(0, 360, 30))
    def test_labels_and_avatars_are_readable_in_every_hue(self, theme: int, hue: int) -> None:
        sheet = (ROOT / "static/css/tokens.css").read_text(encoding="utf-8")
        found = re.search(rf"\.hue-{hue} {{ --h: (\d+); }}", sheet)
        assert found is not None
        for ground, text in (
            (("94% .04", "42% .12"), ("30% .06", "85% .1"))[theme],
            (("88% .07", "35% .12"), ("38% .09", "92% .06"))[theme],
        ):
            assert contrast(f"{text} {found[1]}", f"{ground} {found[1]}") >= 4.5


class TestStyles:
    @pytest.mark.parametrize("path", SHEETS, ids=names(SHEETS))
    def test_uses_only_tokens_that_exist(self, path: Path) -> None:
        defined = {
            name for sheet in SHEETS for name in re.findall(r"(--[a-z0-9-]+):", sheet.read_text(encoding="utf-8"))
        }
        used = set(re.findall(r"var\((--[a-z0-9-]+)", path.read_text(encoding="utf-8")))
        assert used <= defined
