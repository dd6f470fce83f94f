"""Comparing two texts: both can be read from what is drawn, and it never takes long."""

from hypothesis import given
from hypothesis import strategies as st

from apps.core.comparing import Piece, compare

WORDS = st.lists(st.sampled_from(["a", "b", " ", "\n", "über", ".", "<b>", "🚀"]), max_size=60).map("".join)


@given(old=WORDS, new=WORDS)
def test_without_what_is_new_it_is_the_old_text_and_the_other_way_round(old: str, new: str) -> None:
    pieces = compare(old, new)
    assert "".join(piece.text for piece in pieces if piece.kind != "new") == old
    assert "".join(piece.text for piece in pieces if piece.kind != "gone") == new


def test_tells_word_by_word() -> None:
    assert compare("It hangs, often.", "It hangs, always!") == [
        Piece("same", "It hangs, "),
        Piece("gone", "often."),
        Piece("new", "always!"),
    ]
    assert compare("the lamp is on", "the lamp is not on") == [
        Piece("same", "the lamp is "),
        Piece("new", "not "),
        Piece("same", "on"),
    ]
    assert compare("", "") == []


def test_tells_lines_where_too_many_words_differ_and_the_whole_where_too_many_lines_do() -> None:
    old = [f"line {number} of the old" for number in range(400)]
    new = [f"line {number} of the new" for number in range(400)]
    kept = ["kept"]
    found = compare("\n".join(old[:200] + kept + old[200:]), "\n".join(new[:200] + kept + new[200:]))
    assert Piece("same", "kept\n") in found
    assert Piece("gone", "\n".join(old[:200]) + "\n") in found
    whole = compare("\n".join(old * 2), "\n".join(new * 2))
    assert [piece.kind for piece in whole] == ["gone", "new"]
