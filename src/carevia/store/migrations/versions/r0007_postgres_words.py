"""On PostgreSQL too every message is found by an index. SQLite has had one since 0006."""

import sqlalchemy as sa
from alembic import op

from carevia.domain.search import indexed
from carevia.store.postgres_search import TABLE, TABLE_INDEX

revision = "0007"
down_revision = "0006"

AT_ONCE = 1_000
PAGE = sa.text("SELECT seq, text FROM messages WHERE seq > :after ORDER BY seq LIMIT :most")
FILL = sa.text("INSERT INTO message_words (seq, words) VALUES (:seq, array_to_tsvector(CAST(:words AS text[])))")


def upgrade() -> None:
    if op.get_bind().dialect.name != "postgresql":
        return
    op.execute(TABLE)
    _index_messages()
    op.execute(TABLE_INDEX)


def _index_messages() -> None:
    """By the program's own rule for words, whatever it is by now: it has to be the one that queries are made by."""
    bind, after = op.get_bind(), -1
    while rows := bind.execute(PAGE, {"after": after, "most": AT_ONCE}).all():
        bind.execute(FILL, [{"seq": seq, "words": indexed(text)} for seq, text in rows])
        after = rows[-1].seq
