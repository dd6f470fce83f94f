"""What scripts say is translated by the server: the page must carry every sentence of every script."""

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
SAID = re.compile(r'\bt\(\s*"((?:[^"\\]|\\.)*)"')


class TestTexts:
    def test_are_those_of_the_scripts(self) -> None:
        scripts = [path for path in (ROOT / "static/js").rglob("*.js") if path.name != "text.js"]
        said = {text for path in scripts for text in SAID.findall(path.read_text(encoding="utf-8"))}
        page = (ROOT / "templates/boards/_texts.html").read_text(encoding="utf-8")
        carried = re.findall(r'^  "(.*?)": _\("(.*?)"\),$', page, flags=re.MULTILINE)
        assert all(key == text for key, text in carried)
        assert {key for key, _text in carried} == said
