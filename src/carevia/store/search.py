"""Full-text search on SQLite: an FTS5 index over the words of every message, its row id the message's seq.

The table is made by the migrations. It holds no text of its own (content=''), only words as domain/search.py makes them
fit: so it is written in the transaction that stores the message, and never by a trigger, which could not do that.

Why unicode61 with these categories and not trigram: FTS5 takes letters and digits for words and everything else for
gaps, so Bengali vowel signs (categories Mn and Mc) would cut each word into single consonants. With marks counted as
letters whole words are found by their beginning, which is also how Bengali inflects (বুকিং, বুকিংয়ের, বুকিংটা).
Trigrams find nothing shorter than three characters (মা, না, ok), and the index is four times as large.
"""

from collections.abc import Sequence
from typing import Final

INDEX: Final = "INSERT INTO message_words (rowid, text) VALUES (?, ?)"
FIND: Final = "SELECT rowid FROM message_words WHERE message_words MATCH :words ORDER BY rowid DESC LIMIT :most"
FIND_BEFORE: Final = (
    "SELECT rowid FROM message_words WHERE message_words MATCH :words AND rowid < :before "
    "ORDER BY rowid DESC LIMIT :most"
)


def match(words: Sequence[str]) -> str:
    """FTS5's query for rows that hold a word beginning with each of these; quoted, so that nothing is an operator."""
    return " AND ".join('"' + word.replace('"', '""') + '" *' for word in words)
