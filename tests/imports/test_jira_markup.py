"""Wiki markup as Markdown: what it becomes, and that no text takes long."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.core.markdown import render_markdown
from apps.imports.markup import html
from apps.imports.markup.jira import as_code, to_markdown

HOSTILE = [
    *("*", "*a ", "[", "[a|", "[a b ", "{{", "{code:x}", "{quote}", "{color:", "!a.png", "http://", "http://x..."),
    *(
        "-a ",
        "??a",
        "|",
        "|a",
        "h1.",
        " ",
        "\\",
        "*a\\",
        "`",
        "#",
        "+a ",
        "** a\n",
        "|a|\n||b||c",
        "!a|",
        "{html}",
        "{html}<a ",
        "-\n=\n",
    ),
]


class TestToMarkdown:
    @pytest.mark.parametrize(
        ("wiki", "markdown"),
        [
            ("h2. Steps", "## Steps"),
            ("see *this* now", "see **this** now"),
            ("a -wrong- word", "a ~~wrong~~ word"),
            ("keep a-b-c and 2*3*4", "keep a-b-c and 2*3*4"),
            ("run {{make up}} first", "run `make up` first"),
            ("[the docs|https://example.test/a_b]", "[the docs](<https://example.test/a_b>)"),
            ("[https://example.test/x]", "<https://example.test/x>"),
            ("at https://example.test/x_y_z.", "at <https://example.test/x_y_z>."),
            ("[inside|#anchor]", "inside"),
            ("ask [~mira]", "ask @mira"),
            ("!lamp.png|thumbnail!", "`lamp.png`"),
            ("wow! really!", "wow! really!"),
            ("{color:red}hot{color}", "hot"),
            ("one\\\\two", "one  \ntwo"),
            ("bq. said so", "> said so"),
            ("----", "---"),
            ("??The book??", "*The book*"),
            ("[*the* docs|https://example.test/]", "[**the** docs](<https://example.test/>)"),
            ("[https://e.test/|https://e.test/|smart-link]", "<https://e.test/>"),
            ("ask [~accountid:5ed8]", "ask @5ed8"),
            ("+all+ of it, 1+1+1", "all of it, 1+1+1"),
            ("{{a`b}}", "`` a`b ``"),
            (r"|a\|b|c|", "| a\\|b | c |\n| --- | --- |"),
            ("|a!|b!|", "| a! | b! |\n| --- | --- |"),
            (":) (/) (x) (!), f(x) and O(n)", ":) ✅ ❌ ⚠️, f(x) and O(n)"),
            ("# (/) done", "1. ✅ done"),
            ("||ok||vote||\n|(/)|(x)|", "| ok | vote |\n| --- | --- |\n| ✅ | ❌ |"),
            ("ask [~mira of lamps], [~ leo]", "ask @mira of lamps, @leo"),
            ("[docs|www.example.test/x]", "[docs](<http://www.example.test/x>)"),
            ("[share|ftp://files.test/a] [up|/browse/L-1]", "share (ftp://files.test/a) up (/browse/L-1)"),
            ("plain [brackets] stay", "plain [brackets] stay"),
            ("a\r\nb", "a\nb"),
        ],
    )
    def test_says_the_same_in_markdown(self, wiki: str, markdown: str) -> None:
        assert to_markdown(wiki) == markdown

    def test_nests_lists(self) -> None:
        assert to_markdown("Do:\n* one\n** two\n*# three\n# four") == "Do:\n\n- one\n   - two\n   1. three\n1. four"

    def test_makes_tables_with_a_header(self) -> None:
        assert to_markdown("||a||b||\n|1|[x|https://e.test/]|") == (
            "| a | b |\n| --- | --- |\n| 1 | [x](<https://e.test/>) |"
        )

    def test_leaves_code_alone_and_names_its_language(self) -> None:
        wiki = "before\n{code:java}\nint *x* = a[1]; // h1. no\n{code}\nafter *it*"
        assert to_markdown(wiki) == "before\n\n```java\nint *x* = a[1]; // h1. no\n```\n\nafter **it**"

    def test_keeps_the_title_of_code_apart_from_its_language(self) -> None:
        said = to_markdown("{code:title=Lamp.java|borderStyle=solid|Java}\nx\n{code}")
        assert said == "**Lamp.java**\n\n```java\nx\n```"
        assert to_markdown("{code:title=a.txt}x{code}") == "**a.txt**\n\n```\nx\n```"

    def test_reads_html_between_its_tags_only(self) -> None:
        wiki = "before\n{html}<p>a <b>b</b></p>{html}\nafter\n{code}{html}<b>{html}{code}"
        assert to_markdown(wiki, html.to_markdown) == "before\n\na **b**\n\nafter\n\n```\n{html}<b>{html}\n```"
        assert to_markdown("{html}<b>x</b>{html}") == "```\n<b>x</b>\n```"

    def test_never_indents_an_item_so_far_that_it_would_be_code(self) -> None:
        assert to_markdown("*** three\n* one\n\n** two\nend\n** two") == ("- three\n- one\n\n   - two\nend\n\n- two")

    def test_widens_a_table_whose_first_row_is_short(self) -> None:
        assert to_markdown("|title|\n|a|b|c\n|d|!e.png|width=30!|") == (
            "| title |  |  |\n| --- | --- | --- |\n| a | b | c |\n| d | `e.png` |"
        )

    def test_keeps_lines_under_text_from_making_headings(self) -> None:
        shown = render_markdown(to_markdown("Steps\n-----\nnone\n\nSteps\n===\nnone\n\nSteps\n---\nnone"))
        assert "<h" not in shown.replace("<hr", "")

    def test_keeps_a_block_that_was_never_closed_as_code(self) -> None:
        assert to_markdown("log:\n{noformat}\n*a*") == "log:\n\n```\n*a*\n```"

    def test_quotes_everything_between_quote_tags_code_included(self) -> None:
        wiki = "{quote}she said\n{code}\nx\n{code}\nand left{quote}\nthen"
        assert to_markdown(wiki).replace("\n>\n", "\n") == "> she said\n> ```\n> x\n> ```\n> and left\n\nthen"

    def test_closes_what_is_open_only(self) -> None:
        assert to_markdown("{panel:title=Note}inside{panel}\nout") == "> **Note**\n>\n> inside\n\nout"

    def test_shows_no_script(self) -> None:
        html = render_markdown(to_markdown("<script>alert(1)</script> [x|javascript:alert(1)] {{<b>}}"))
        assert "<script" not in html
        assert "javascript:" not in html

    @pytest.mark.parametrize("shape", HOSTILE)
    def test_takes_no_longer_for_hostile_text(self, shape: str) -> None:
        text = (shape * 100_000)[:100_000]
        started = time.process_time()
        to_markdown(text)
        assert time.process_time() - started < 2

    @given(st.text(alphabet="ab *_-{}[]|!~^#\\\n`:h1.codequote", max_size=200))
    def test_converts_any_text(self, text: str) -> None:
        to_markdown(text)


class TestAsCode:
    def test_cannot_be_closed_from_inside(self) -> None:
        assert as_code("a\n````\nb") == "`````\na\n````\nb\n`````"
