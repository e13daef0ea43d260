"""Cutting text: what a reader sees as one character stays whole."""

import pytest

from carevia.domain.graphemes import cut
from carevia.domain.text import tidy

# What readers see as one character each, by UAX #29: Intl.Segmenter says the same of every one of them.
WHOLE = [
    "কা", "ক্ষ", "স্ত্রী", "র্যা", "ন্ত্র্য", "নিঃ", "é", "e\u0301", "ö\u0323", "👩‍👩‍👧‍👦", "👋🏽", "🇧🇩", "🏴󠁧󠁢󠁥󠁮󠁧󠁿", "❤️", "1️⃣", "क्षि",
    "நி", "각", "\u1100\u1161\u11a8", "ก็", "\r\n", "שָ", "ﾊﾞ",
]  # fmt: skip


@pytest.mark.parametrize("whole", WHOLE)
def test_what_readers_see_as_one_is_kept_or_left_as_a_whole(whole: str) -> None:
    text = "ab" + whole + "cd"
    for most in range(len(text) + 1):
        kept = cut(text, most)
        assert len(kept) <= most
        assert kept in ("", "a", "ab", "ab" + whole, "ab" + whole + "c", text), (most, kept)
    assert cut(text, 2 + len(whole)) == "ab" + whole


def test_flags_are_cut_between_pairs() -> None:
    assert [cut("🇧🇩🇧🇩🇧🇩", most) for most in range(7)] == ["", "", "🇧🇩", "🇧🇩", "🇧🇩🇧🇩", "🇧🇩🇧🇩", "🇧🇩🇧🇩🇧🇩"]


def test_plain_text_is_cut_where_it_is_told() -> None:
    assert [cut("hello", most) for most in (0, 1, 4, 5, 9)] == ["", "h", "hell", "hello", "hello"]


def test_names_from_outside_are_not_torn() -> None:
    assert tidy("নুসরাত জাহান", 1) is None
    assert tidy("নুসরাত জাহান", 2) == "নু"
    assert tidy("Rahman 👩‍👩‍👧", 9) == "Rahman"
