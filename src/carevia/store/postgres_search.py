"""Full-text search on PostgreSQL: search.py's sibling, with a GIN index over the words of every message.

The words are those of domain/search.py and no text parser's of the server: its own would cut Bengali words at their
vowel signs, and by rules that differ with the locale. So nothing depends on how the server is set up.
"""

from collections.abc import Sequence
from typing import Final

TABLE: Final = "CREATE TABLE message_words (seq bigint PRIMARY KEY, words tsvector NOT NULL)"
TABLE_INDEX: Final = "CREATE INDEX ix_message_words_words ON message_words USING gin (words)"

INDEX: Final = "INSERT INTO message_words (seq, words) VALUES (%(seq)s, array_to_tsvector(%(words)s::text[]))"

# A word that many messages hold is found among the newest, without gathering and sorting all of them.
FIND_RECENT: Final = """
    SELECT seq FROM (SELECT seq, words FROM message_words WHERE seq < %(before)s ORDER BY seq DESC LIMIT 5000) newest
    WHERE words @@ %(wanted)s::tsquery ORDER BY seq DESC LIMIT %(most)s
"""
# In two steps, or the planner may walk the table from its newest row on: for a rare word through all of it.
FIND: Final = """
    WITH found AS MATERIALIZED (SELECT seq FROM message_words WHERE words @@ %(wanted)s::tsquery)
    SELECT seq FROM found WHERE seq < %(before)s ORDER BY seq DESC LIMIT %(most)s
"""


def match(words: Sequence[str]) -> str:
    """The tsquery for rows that hold a word beginning with each of these; quoted, so that nothing is an operator."""
    return " & ".join("'" + word.replace("\\", "\\\\").replace("'", "''") + "':*" for word in words)
