"""Whom a text mentions."""

import pytest

from apps.issues.mentions import MOST_MENTIONS, handles_in, newly_mentioned


class TestHandlesIn:
    @pytest.mark.parametrize(
        ("text", "handles"),
        [
            ("nobody", []),
            ("@Ada, and *@mateo-ruiz*: see (@yuki.t).", ["ada", "mateo-ruiz", "yuki.t"]),
            ("- [ ] @ada\n\n> @mateo's\n\n| @yuki |\n|---|\n| @gus |", ["ada", "mateo", "yuki", "gus"]),
            ("@ada @ada @ADA", ["ada"]),
            ("`@ada` and\n\n```\n@mateo\n```\n\n    @yuki", []),
            ("ada@example.test, https://chat.test/@ada, @@ada, @ada@social.test, x@ada, @_, @", []),
            ("[look](https://x.test/@ada) ![@mateo](/media/x.png)", []),
            ("@" + "a" * 60, []),
        ],
    )
    def test_finds_words_that_name_somebody_and_nothing_in_code_or_addresses(
        self, text: str, handles: list[str]
    ) -> None:
        assert handles_in(text) == handles

    def test_takes_the_first_of_very_many(self) -> None:
        assert len(handles_in(" ".join(f"@p{n}" for n in range(50)))) == MOST_MENTIONS

    def test_after_a_change_only_who_was_not_named_before(self) -> None:
        assert newly_mentioned("@ada `@mateo`", "@ada @mateo @yuki") == ["mateo", "yuki"]
