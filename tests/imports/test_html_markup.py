"""HTML as Markdown: what people format with is kept, nothing that could act is, and no text keeps it busy."""

import pytest

from apps.core.markdown import render_markdown
from apps.imports.markup.html import DEEPEST, LONGEST, is_html, to_markdown


class TestToMarkdown:
    @pytest.mark.parametrize(
        ("html", "markdown"),
        [
            ("<p>One <b>two</b> <i>three</i> <del>four</del></p>", "One **two** *three* ~~four~~"),
            ("<p>One\n  two<br/>three</p><p>&nbsp;</p><p>four</p>", "One two\nthree\n\nfour"),
            ("<h1>One</h1>two<h3>Three</h3>", "# One\n\ntwo\n\n### Three"),
            ("<ul><li>a<ul><li>b</li></ul></li><li><p>c</p><p>d</p></li></ul>", "- a\n  - b\n- c\n\n  d"),
            ('<ol start="3"><li>x<li>y</ol>', "3. x\n4. y"),
            ('<ul><li><input type="checkbox" checked> x</li><li data-checked="false">y</li></ul>', "- [x] x\n- [ ] y"),
            ("<table><tr><th>A</th><th>B</th></tr><tr><td>1|2</td><td>3</td></tr></table>",
             "| A | B |\n| --- | --- |\n| 1\\|2 | 3 |"),
            ("<pre>  x\n  `y`</pre>", "```\n  x\n  `y`\n```"),
            ('<pre><code class="language-python">x = "```"\n</code></pre>', '````python\nx = "```"\n````'),
            ('<pre><code class="ruby">puts 1</code></pre>', "```ruby\nputs 1\n```"),
            ('<pre><code class="ruby syntaxhl">puts 1</code></pre>', "```ruby\nputs 1\n```"),
            ("<blockquote><p>one</p><p>two<br>three</p></blockquote>four", "> one\n>\n> two\n> three\n\nfour"),
            ('<a href="https://a.test/x y?b=1&amp;c=2">there</a>', "[there](<https://a.test/x%20y?b=1&c=2>)"),
            ('<a href="https://a.test/b_c">https://a.test/b_c</a>', "<https://a.test/b_c>"),
            ('<a href="mailto:mira@a.test">mira@a.test</a>', "<mailto:mira@a.test>"),
            ('<a href="/users/1">Mira</a> and <a name="x">Ole</a>', "Mira and Ole"),
            ('<img src="https://a.test/p.png" alt="a lamp"><br><img src="/files/q.png">',
             "[a lamp](<https://a.test/p.png>)\n`q.png`"),
            ("a*b 2 * 3 __init__ snake_case", "a\\*b 2 * 3 \\_\\_init\\_\\_ snake_case"),
            ("<table><tr><td><p>a</p><pre>b  c</pre><blockquote>d</blockquote></td></tr></table>",
             "| a `b c` d |\n| --- |"),
            ('<pre> </pre><ul><li> </li></ul><input type="text"><img><p>x</p>', "x"),
            ("no.html", "no.html"),
            ("1 &lt; 2 &amp;&amp; 3 > 2", "1 < 2 && 3 > 2"),
            ("", ""),
        ],
    )  # fmt: skip
    def test_says_the_same(self, html: str, markdown: str) -> None:
        assert to_markdown(html) == markdown

    @pytest.mark.parametrize(
        "html",
        [
            "<script>alert(1)</script>x",
            '<a href="javascript:alert(1)">x</a>',
            '<a href="  java\nscript:alert(1)">x</a>',
            '<img src="x" onerror="alert(1)">x',
            '<style>p { background: url("javascript:alert(1)") }</style>x',
            '<svg onload="alert(1)"></svg>x',
            "<!-- <script>alert(1)</script> -->x",
            '<iframe srcdoc="<script>alert(1)</script>"></iframe>x',
        ],
    )
    def test_keeps_nothing_that_acts(self, html: str) -> None:
        assert "alert" not in to_markdown(html)
        assert "x" in to_markdown(html)

    def test_keeps_words_that_look_like_elements_as_words(self) -> None:
        shown = render_markdown(to_markdown("<p>&lt;script&gt;alert(1)&lt;/script&gt;</p>"))
        assert "<script" not in shown
        assert "&lt;script&gt;" in shown

    @pytest.mark.parametrize("html", ["x" * (LONGEST + 1), "<div>" * (DEEPEST + 1) + "x", "<b>" * 9000 + "x"])
    def test_keeps_the_words_of_what_is_too_long_or_too_deep(self, html: str) -> None:
        assert to_markdown(html) == html[html.index("x") :]

    def test_keeps_lines_and_entities_where_only_words_are_kept(self) -> None:
        html = "<div>" * (DEEPEST + 1) + "<p>one &lt; two</p><p>three</p>"
        assert to_markdown(html) == "one < two\nthree"

    @pytest.mark.parametrize(
        "piece",
        ["<a ", '<a b="', "<!--", "<b>", "<ul><li>", "<table><tr><td>", "<", "<b></b> ", "<p><b>", "<li>x", "&", "*",
         "_", "<br>", "<blockquote>", "<pre> ", " ", "<td colspan=1000>x", "</p>", "<![CDATA[", "<ol><li>x</li></ol>"],
    )  # fmt: skip
    def test_takes_no_longer_than_the_text_is(self, piece: str) -> None:
        # Quadratic time would take these from seconds to hours; nothing is measured, the suite's timeout is enough.
        assert len(to_markdown(piece * (50_000 // len(piece)))) < 2_000_000


class TestIsHtml:
    @pytest.mark.parametrize("text", ["<p>x</p>", "one<br>two", "<b>x</b> y", '<a href="/">x</a>'])
    def test_knows_elements_that_people_format_with(self, text: str) -> None:
        assert is_html(text)

    @pytest.mark.parametrize("text", ["", "1 < 2 and 3 > 2", "a List<String> b", "<mira@a.test>", "# One\n\n- two"])
    def test_takes_nothing_else_for_it(self, text: str) -> None:
        assert not is_html(text)
