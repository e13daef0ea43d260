"""Words of Bengali and English, however they are typed, and the excerpt around what was found."""

import sys
import unicodedata

import pytest

from carevia.domain.search import EXCERPT, excerpt, searchable, words


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("দিয়েছি", "দিয\u09bcেছি"),  # this letter is one character from some keyboards, two from others
        ("বাড়ি", "বাড\u09bcি"),
        ("কো", "কে\u09be"),
        ("র\u200d্যাব", "র্যাব"),
        ("CAFÉ", "cafe\u0301"),
        ("straße", "STRASSE"),
    ],
)
def test_one_word_has_one_spelling(one: str, other: str) -> None:
    assert searchable(one) == searchable(other)


def test_marks_without_end_are_not_sorted() -> None:
    """A customer's message of nothing else would hold up the whole server for half a second."""
    text = searchable("টাকা a" + "\u0344\u0323" * 4_990 + " বুকিং")
    assert len(text) < 200
    assert text.split()[0] == "টাকা" and text.split()[-1] == "বুকিং"


def test_no_letters_become_marks_without_end() -> None:
    """Two letters are marks once they are normalized (ﾞ and ﾟ, of narrow Japanese): between others they are sorted,
    80 ms for one message, and meanwhile nothing else of the server runs."""
    letters = filter(str.isalnum, map(chr, range(sys.maxunicode + 1)))
    assert [sign for sign in letters if unicodedata.combining(unicodedata.normalize("NFKD", sign)[0])] == ["ﾞ", "ﾟ"]
    assert len(searchable("a" + "ﾞ\u0301" * 4_990 + "b")) < 200
    assert searchable("ｶﾞｽ") == "ガス"


def test_a_query_is_its_words() -> None:
    assert words("  টাকা,  বুকিং-এর!  Taka taka ") == ["টাকা", "বুকিং", "এর", "taka"]
    assert words('? "* \u09be') == []
    assert len(words(" ".join(f"w{n}" for n in range(50)))) == 8


def test_an_excerpt_is_short_and_holds_what_was_found() -> None:
    text = "শুভ সকাল। " * 100 + "আমার টাকা ফেরত চাই। " + "ধন্যবাদ। " * 100
    found = excerpt(text, ["ফেরত"])
    assert "ফেরত" in found and len(found) <= EXCERPT + 2
    assert found.startswith("…") and found.endswith("…")
    assert excerpt("two\nlines", ["x"]) == "two lines"
    assert len(excerpt("x" * 9_999, ["y"])) <= EXCERPT + 2


def test_what_was_found_in_the_middle_of_a_long_address_is_in_the_excerpt() -> None:
    address = "https://care.example.com/" + "families/" * 30 + "booking/" + "visits/" * 30
    found = excerpt(f"Look at {address} please", ["booking"])
    assert "booking" in found and len(found) <= EXCERPT + 2


def test_an_excerpt_of_a_word_without_end_tears_no_syllable() -> None:
    whole = "ক্ষি"
    text = whole * 500
    for beginning in ("", "x", "xx", "xxx"):
        shown = excerpt(beginning + text, [beginning or whole]).strip("…").removeprefix(beginning)
        assert shown and shown == whole * (len(shown) // len(whole))
    assert excerpt("x" * 100 + text + "y", ["y"]).strip("…y").replace(whole, "") == ""
