"""Cells that a spreadsheet shows and does not compute."""

from decimal import Decimal

import pytest

from apps.core.spreadsheets import cell


class TestCell:
    @pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", '=HYPERLINK("x")'])
    def test_puts_an_apostrophe_before_what_would_be_computed(self, text: str) -> None:
        assert cell(text) == f"'{text}"

    @pytest.mark.parametrize(
        ("value", "text"), [("a=b", "a=b"), ("", ""), (None, ""), (-3, "-3"), (Decimal("-1"), "-1")]
    )
    def test_leaves_words_and_numbers_alone(self, value: object, text: str) -> None:
        assert cell(value) == text
