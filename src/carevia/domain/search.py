"""What is searched for, and what is searched in, made alike: whatever keyboard wrote it, it is the same word.

Pure. The store indexes `searchable` text, and is asked for `words` of it.
"""

import re
import unicodedata
from typing import Final

from carevia.domain.graphemes import cut

LONGEST_QUERY: Final = 200
MOST_WORDS: Final = 8
EXCERPT: Final = 160
_LEAD: Final = 40

# Bengali keyboards put joiners into words (র‍্য): they change the shape only.
_INVISIBLE = re.compile("[\u00ad\u200b-\u200f\u2060\ufe00-\ufe0f\ufeff]")
LONGEST_WORD: Final = 200
# Of signs that are no letters this many in a row: no word has as many marks, and to sort them takes the square of it.
# The two letters among them become marks.
_LONG_GAP = re.compile("([\\W\uff9e\uff9f]{30})[\\W\uff9e\uff9f]+")
_NO_GAP: Final = "LMN"
"""First letters of the Unicode categories that words are made of: letters, marks (Bengali vowel signs), digits."""


def searchable(text: str) -> str:
    """Letters of one look have one spelling: য় is one character from some keyboards and two from others."""
    if text.isascii():
        return text.lower()  # what the rest would come to
    return _INVISIBLE.sub("", unicodedata.normalize("NFKC", _LONG_GAP.sub(r"\1 ", text)).casefold())


def words(query: str) -> list[str]:
    """The words of a query, at most eight; nothing where there is none, as in "?"."""
    return _words_of(query[:LONGEST_QUERY])[:MOST_WORDS]


def indexed(text: str) -> list[str]:
    """The words of a text, for an index that does not cut texts itself, as SQLite's does: its letters are plain too."""
    return list(dict.fromkeys(plain(word) for word in _words_of(text)))


def plain(word: str) -> str:
    """As an index has it: Latin letters without their accents, and no longer than an index takes."""
    return "".join(map(_without_accent, word))[:LONGEST_WORD]


def _words_of(text: str) -> list[str]:
    """Each once: repeated words ask for nothing more. A mark alone is no word."""
    spaced = "".join(sign if unicodedata.category(sign)[0] in _NO_GAP else " " for sign in searchable(text))
    return [word for word in dict.fromkeys(spaced.split()) if any(unicodedata.category(c)[0] != "M" for c in word)]


def _without_accent(letter: str) -> str:
    base = unicodedata.normalize("NFD", letter)[0] if letter > "\x7f" else letter
    return base if base < "\x80" else letter


def excerpt(text: str, wanted: list[str]) -> str:
    """At most 160 characters on one line, around the first word that was found; `…` where something is left out.

    It is cut at spaces, or else where a reader's character ends.
    """
    line = " ".join(text.split())
    if len(line) <= EXCERPT:
        return line
    first = min([at for word in wanted if (at := line.casefold().find(word)) >= 0], default=0)
    start = max(0, first - _LEAD)
    if start:
        start = line.find(" ", start, first) + 1 or len(cut(line, start))
    end = start + EXCERPT
    if end < len(line):
        half = start + EXCERPT // 2
        space = line.rfind(" ", half, end)
        end = space if space >= 0 else max(half, len(cut(line, end)))
    return ("…" if start else "") + line[start:end] + ("…" if end < len(line) else "")
