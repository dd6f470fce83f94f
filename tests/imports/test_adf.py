"""Documents of Jira Cloud as Markdown."""

from typing import Any

import pytest

from apps.core.markdown import render_markdown
from apps.imports.markup.adf import is_document, to_markdown


def text(said: str, *marks: str | dict[str, Any]) -> dict[str, Any]:
    return {
        "type": "text",
        "text": said,
        "marks": [{"type": each} if isinstance(each, str) else each for each in marks],
    }


def node(kind: str, *content: dict[str, Any], **attributes: Any) -> dict[str, Any]:
    return {"type": kind, "attrs": attributes, "content": list(content)}


def said(*content: dict[str, Any]) -> dict[str, Any]:
    return node("paragraph", *content)


def item(*content: dict[str, Any]) -> dict[str, Any]:
    return node("listItem", *content)


def link(href: str) -> dict[str, Any]:
    return {"type": "link", "attrs": {"href": href}}


class TestToMarkdown:
    @pytest.mark.parametrize(
        ("content", "markdown"),
        [
            (said(text("a "), text("b ", "strong"), text("c", "em", "strike")), "a **b** ~~*c*~~"),
            (said(text("x = `1`", "code"), text(" and x_y")), "`` x = `1` `` and x_y"),
            (said(text("the docs", link("https://e.test/a b"))), "[the docs](<https://e.test/ab>)"),
            (said(text("https://e.test/", link("https://e.test/"))), "<https://e.test/>"),
            (said(text("bad", link("javascript:alert(1)"))), "bad"),
            (said(text("*not bold*")), r"\*not bold\*"),
            (said(text("one"), {"type": "hardBreak"}, text("two")), "one\ntwo"),
            (said(node("mention", id="a-1", text="@Mira Stone")), "@Mira Stone"),
            (said(node("mention", id="a-2")), "@Bill"),
            (said(node("emoji", shortName=":smile:", text="😄")), "😄"),
            (said(node("inlineCard", url="https://e.test/")), "<https://e.test/>"),
            (said(node("date", timestamp="1700000000000")), "2023-11-14"),
            (said(node("date", timestamp="soon")), ""),
            (said(node("date", timestamp="--5")), ""),
            (said(node("status", text="in progress")), "**in progress**"),
            (node("heading", text("Steps"), level=2), "## Steps"),
            (node("heading", text("Steps"), level="x"), "# Steps"),
            (node("codeBlock", text("a *b*\n```"), language="Java"), "````java\na *b*\n```\n````"),
            (node("blockquote", said(text("a")), said(text("b"))), "> a\n>\n> b"),
            (node("panel", said(text("note")), panelType="info"), "> note"),
            (node("expand", said(text("more")), title="Details"), "**Details**\n\nmore"),
            (node("rule"), "---"),
            (node("mediaSingle", node("media", id="5", alt="shot.png", type="file")), "`shot.png`"),
            (node("blockCard", url="https://e.test/"), "<https://e.test/>"),
            (node("taskList", node("taskItem", text("a"), state="DONE"), node("taskItem", text("b"))),
             "- [x] a\n- [ ] b"),
            (node("taskList", node("taskItem", text("a")), node("taskList", node("taskItem", text("b")))),
             "- [ ] a\n  - [ ] b"),
            (node("layoutSection", node("layoutColumn", said(text("left"))), node("layoutColumn", said(text("right")))),
             "left\n\nright"),
            (node("somethingNew", said(text("kept"))), "kept"),
        ],
    )  # fmt: skip
    def test_says_the_same(self, content: dict[str, Any], markdown: str) -> None:
        assert to_markdown({"type": "doc", "content": [content]}, {"a-2": "Bill"}) == markdown

    def test_nests_lists(self) -> None:
        inner = node("bulletList", item(said(text("c"))), item(said(text("d"))))
        document = node(
            "doc", said(text("Do:")), node("orderedList", item(said(text("a"))), item(said(text("b")), inner))
        )
        assert to_markdown(document) == "Do:\n\n1. a\n2. b\n   - c\n   - d"
        assert render_markdown(to_markdown(document)).count("<li>") == 4

    def test_makes_tables(self) -> None:
        head = node("tableRow", node("tableHeader", said(text("a|b"))), node("tableHeader", said(text("c"))))
        body = node("tableRow", node("tableCell", said(text("1")), said(text("2"))))
        assert to_markdown(node("doc", node("table", head, body))) == "| a\\|b | c |\n| --- | --- |\n| 1 2 |  |"
        assert to_markdown(node("doc", node("table"))) == ""

    def test_keeps_the_words_of_what_is_nested_too_deeply(self) -> None:
        document = said(text("deep"))
        for _ in range(2000):
            document = node("blockquote", document)
        assert to_markdown(node("doc", document)).endswith("> deep")

    @pytest.mark.parametrize(
        "odd", [{}, {"type": "doc"}, {"content": [1, None, {"type": "text", "text": 5}]}, {"content": {"type": "x"}}]
    )
    def test_says_nothing_where_nothing_is_said(self, odd: dict[str, Any]) -> None:
        assert to_markdown(odd) == ""


class TestIsDocument:
    def test_only_what_calls_itself_one(self) -> None:
        assert is_document({"type": "doc", "content": []})
        assert not any(map(is_document, ["doc", None, {"type": "doc"}, {"content": []}]))
