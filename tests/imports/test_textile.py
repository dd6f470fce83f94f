"""Textile, and texts whose markup nothing names, as Markdown."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.imports.markup import textile, unknown


class TestTextile:
    @pytest.mark.parametrize(
        ("text", "markdown"),
        [
            ("h2. Steps\nOne", "## Steps\n\nOne"),
            ("h1(#id). Steps", "# Steps"),
            ("*bold* _slanted_ -gone- +added+ ??cited??", "**bold** *slanted* ~~gone~~ added *cited*"),
            ("a_b_c 2*3*4 a-b-c", "a_b_c 2*3*4 a-b-c"),
            ("run @make up@ first, <code>x < y</code> too", "run `make up` first, `x < y` too"),
            ("<code>x &lt; y</code>", "`x < y`"),
            ('"the docs":https://a.test/x_y. "there(a title)":/issues/1', "[the docs](<https://a.test/x_y>). there"),
            ("at https://a.test/x_y_z.", "at <https://a.test/x_y_z>."),
            ("!lamp.png! !>https://a.test/p.png!", "`lamp.png` <https://a.test/p.png>"),
            ("* a\n** b\n# c\n## d", "- a\n   - b\n1. c\n   1. d"),
            ("bq. said so\n\np{color:red}. then", "> said so\n\nthen"),
            ("|_. A|_. B|\n|1|=. 2|\nafter", "| A | B |\n| --- | --- |\n| 1 | 2 |\n\nafter"),
            ('<pre><code class="ruby">\nputs "*x*"\n</code></pre>\n*y*', '```ruby\nputs "*x*"\n```\n\n**y**'),
            ("<pre>\na &lt; b\n</pre>", "```\na < b\n```"),
            ("<pre>never closed *x*", "```\nnever closed *x*\n```"),
            ("a\r\nb", "a\nb"),
            ("", ""),
        ],
    )
    def test_says_the_same(self, text: str, markdown: str) -> None:
        assert textile.to_markdown(text) == markdown

    @pytest.mark.parametrize(
        "shape",
        [
            '"a',
            '"a":',
            "@a ",
            "<code>",
            "<pre>",
            "<pre><code>",
            "*a ",
            "_a ",
            "!a",
            "|",
            "h1(",
            "https://",
            "# a\n",
            "??a",
        ],
    )
    def test_takes_no_longer_than_the_text_is(self, shape: str) -> None:
        # Quadratic time would take these from seconds to minutes; nothing is measured.
        text = shape * (60_000 // len(shape))
        assert len(textile.to_markdown(text)) < 20 * len(text)
        textile.is_textile(text)
        unknown.is_wiki(text)

    @given(st.text(alphabet='*_-+@"!|#<>/codepr:.h1 \n[](){}', max_size=200))
    def test_never_fails(self, text: str) -> None:
        textile.to_markdown(text)
        unknown.to_markdown(text)


class TestUnknown:
    @pytest.mark.parametrize(
        ("text", "markdown"),
        [
            ("{code:java}int x;{code}", "```java\nint x;\n```"),
            ("see [the docs|https://a.test/x]", "see [the docs](<https://a.test/x>)"),
            ("h2. Steps\n{{x}}", "## Steps\n`x`"),
            ("h2. Steps", "## Steps"),
            ("{html}<p>One <b>two</b></p>{html}", "One **two**"),
            ("<p>One <b>two</b></p>", "One **two**"),
            ('"the docs":https://a.test/x and @x@', "[the docs](<https://a.test/x>) and `x`"),
            (
                "# One\n\n- *two*\n- [three](https://a.test) `four`",
                "# One\n\n- *two*\n- [three](https://a.test) `four`",
            ),
            ("a List<String> and 1 < 2", "a List<String> and 1 < 2"),
            ("", ""),
        ],
    )
    def test_tells_markup_by_what_stands_in_the_text(self, text: str, markdown: str) -> None:
        assert unknown.to_markdown(text) == markdown
