"""Texts as HTML: names that become links, code in colours, tasks with boxes, and nothing that could harm."""

import re
from html.parser import HTMLParser
from urllib.parse import urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.core.markdown import render_markdown, tick_task
from apps.core.names import MOST_NAMES, NamedIssue, Names, handles_named_in, keys_in
from apps.core.tasks import NoSuchTask
from tests.hostile import HOST, TEXTS

FLOW_12 = NamedIssue(key="FLOW-12", title="Lamps <b>", url="/acme/issue/FLOW-12/", is_closed=False)
DONE_3 = NamedIssue(key="FLOW-3", title="Wires", url="/acme/issue/FLOW-3/", is_closed=True)
NAMES = Names(issues={"FLOW-12": FLOW_12, "FLOW-3": DONE_3}, people={"ada-okafor": "Ada Okafor"})
REL = ' rel="noopener noreferrer nofollow"'
LINK = f'<a href="/acme/issue/FLOW-12/" class="reference"{REL}>FLOW-12 Lamps &lt;b&gt;</a>'


def drawn(text: str) -> str:
    return str(render_markdown(text, NAMES)).strip()


class TestNames:
    @pytest.mark.parametrize("text", ["FLOW-12", "#FLOW-12", "#flow-12"])
    def test_of_issues_become_links_with_their_titles(self, text: str) -> None:
        assert drawn(f"See {text}, and ({text}).") == f"<p>See {LINK}, and ({LINK}).</p>"

    def test_of_closed_issues_look_so(self) -> None:
        assert (
            drawn("#flow-3") == f'<p><a href="/acme/issue/FLOW-3/" class="reference closed"{REL}>FLOW-3 Wires</a></p>'
        )

    def test_of_people_become_their_names(self) -> None:
        assert drawn("Thank @Ada-Okafor!") == '<p>Thank <span class="mention">@Ada Okafor</span>!</p>'

    @pytest.mark.parametrize(
        "text",
        [
            "FLOW-13 and @mateo",  # not known to the reader
            "flow-12",  # in small letters a word like utf-8
            "XFLOW-12, FLOW-120, FLOW-12-3, docs/FLOW-12, ada@ada-okafor",
            "#12, # FLOW, @",
        ],
    )
    def test_that_are_none_stay_text(self, text: str) -> None:
        assert drawn(text) == f"<p>{text}</p>"

    def test_in_code_and_links_stay_as_written(self) -> None:
        assert "reference" not in drawn(
            "`FLOW-12` and [FLOW-12](https://example.org/)\n\n```\nFLOW-12 @ada-okafor\n```"
        )

    def test_are_looked_for_once_each_and_not_without_end(self) -> None:
        assert keys_in(["FLOW-1 #flow-1 TWO-2", "TWO-2"]) == ["FLOW-1", "TWO-2"]
        assert handles_named_in(["@ada @Mateo", "@ada"]) == ["ada", "mateo"]
        assert len(keys_in([" ".join(f"FLOW-{number}" for number in range(1, 500))])) == MOST_NAMES


class TestCode:
    def test_is_coloured_where_its_language_is_known(self) -> None:
        html = drawn("```python\nreturn 1\n```")
        assert '<code class="language-python"><span class="hl-k">return</span> <span class="hl-mi">1</span>' in html

    @pytest.mark.parametrize("language", ["", "no-such-language", "text"])
    def test_of_another_language_is_plain_and_safe(self, language: str) -> None:
        html = drawn(f"```{language}\n<script>x</script>\n```")
        assert "<script" not in html
        assert "&lt;script&gt;" in html

    def test_of_great_length_is_plain(self) -> None:
        assert "hl-" not in drawn("```python\n" + "return 1\n" * 4_000 + "```")


TEXT = """Intro

- [ ] one
- [x] two `[ ]`
  > 1. [ ] **three**
- plain

```
- [ ] code
```

- [ ] one
"""


def boxes(text: str) -> list[tuple[int, str]]:
    return [(int(place), mark) for place, mark in re.findall(r'value="(\d+)-([0-9a-f]{8})"', drawn(text))]


class TestTasks:
    def test_have_a_box_each_labelled_by_their_words(self) -> None:
        html = drawn("- [x] Call **Ada**")
        assert re.search(
            r'<li class="task-list-item"><label><input value="0-[0-9a-f]{8}" class="task-list-item-checkbox" '
            r'checked="checked" disabled="disabled" type="checkbox"> Call <strong>Ada</strong></label></li>',
            html,
        )
        assert len(boxes(TEXT)) == 4

    @pytest.mark.parametrize(
        ("number", "is_done", "old", "new"),
        [
            (0, True, "- [ ] one\n- [x]", "- [x] one\n- [x]"),
            (1, False, "[x] two", "[ ] two"),
            (2, True, "1. [ ] **three**", "1. [x] **three**"),
            (3, True, "```\n\n- [ ] one", "```\n\n- [x] one"),
        ],
    )
    def test_are_ticked_where_they_stand(self, number: int, is_done: bool, old: str, new: str) -> None:
        place, mark = boxes(TEXT)[number]
        assert tick_task(TEXT, place=place, mark=mark, is_done=is_done) == TEXT.replace(old, new)

    @pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
    def test_are_found_whatever_ends_the_lines(self, end: str) -> None:
        text = TEXT.replace("\n", end)
        place, mark = boxes(text)[2]
        assert tick_task(text, place=place, mark=mark, is_done=True) == text.replace("[ ] **three", "[x] **three")

    def test_are_found_where_others_came_and_went(self) -> None:
        (place, mark), *_rest = boxes("- [ ] first\n- [ ] second")[1:]
        now = "- [x] new\n- [ ] newer\n- [ ] second\n- [ ] last"
        assert tick_task(now, place=place, mark=mark, is_done=True) == now.replace("[ ] second", "[x] second")

    def test_that_are_gone_are_refused(self) -> None:
        with pytest.raises(NoSuchTask):
            tick_task("- [ ] other words", place=0, mark=boxes("- [ ] words")[0][1], is_done=True)

    @given(
        st.lists(
            st.tuples(st.sampled_from(["-", "*", "+", "1.", "> -", "- -"]), st.text("ab []*`", max_size=6)), max_size=6
        )
    )
    def test_of_any_text_change_no_more_than_their_mark(self, items: list[tuple[str, str]]) -> None:
        text = "\n".join(f"{bullet} [ ] {words}" for bullet, words in items)
        for place, mark in boxes(text):
            try:
                ticked = tick_task(text, place=place, mark=mark, is_done=True)
            except NoSuchTask:
                continue
            changed = [(old, new) for old, new in zip(text.split("\n"), ticked.split("\n"), strict=True) if old != new]
            assert len(changed) <= 1
            assert all(new == old.replace("[ ]", "[x]", 1) for old, new in changed)
            assert boxes(ticked) == boxes(text)


class Harm(HTMLParser):
    """What of a piece of HTML runs, is fetched, or is obeyed by a script of ours."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.found: list[str] = []
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        known = {"href", "title", "class", "rel", "alt", "start", "type", "disabled", "checked", "value"}
        known |= {"controls", "preload", "aria-label"}  # of a player without an address
        if tag in {"script", "style", "svg", "math", "iframe", "object", "embed", "form", "button", "template"}:
            self.found.append(tag)
        for name, value in attrs:
            if name not in known:
                self.found.append(f"{name}={value}")
            if name == "href" and (
                urlsplit(value or "").scheme not in {"http", "https", "mailto"} or HOST in str(value)
            ):
                self.found.append(f"{name}={value}")


class TestHostileTexts:
    """Each by itself; `tests/browser/test_hostile_texts.py` reads them in a browser."""

    @pytest.mark.parametrize("text", TEXTS)
    def test_stay_texts(self, text: str) -> None:
        assert Harm(str(render_markdown(text, NAMES))).found == []

    def test_would_be_noticed_otherwise(self) -> None:
        harmful = [text for text in TEXTS if Harm(text).found]
        assert len(harmful) > len(TEXTS) / 2
