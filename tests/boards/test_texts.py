"""What scripts say is translated by the server: the page must carry every sentence of every script."""

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
SAID = re.compile(r'\bt\(\s*"((?:[^"\\]|\\.)*)"')


SHEETS = ("templates/boards/_texts.html", "templates/components/_keys.html")


def carried(sheet: str) -> set[str]:
    pairs = re.findall(r'^  "(.*?)": _\("(.*?)"\),$', (ROOT / sheet).read_text(encoding="utf-8"), flags=re.MULTILINE)
    assert all(key == text for key, text in pairs)
    return {key for key, _text in pairs}


class TestTexts:
    def test_are_those_of_the_scripts(self) -> None:
        scripts = [path for path in (ROOT / "static/js").rglob("*.js") if path.name != "text.js"]
        said = {text for path in scripts for text in SAID.findall(path.read_text(encoding="utf-8"))}
        assert set().union(*map(carried, SHEETS)) == said

    def test_every_page_can_name_its_keys(self) -> None:
        scripts = [path.read_text(encoding="utf-8") for path in (ROOT / "static/js").rglob("*.js")]
        named = {text for script in scripts for text in re.findall(r'\bdoes: t\("(.*?)"\)', script)}
        assert named
        assert named <= carried("templates/components/_keys.html")
