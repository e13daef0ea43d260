"""Conversations have a status and an assignee, say who waits and what was read, and every message can be searched for.

What was there is carried over: unread messages stay unread, and who wrote last and was not answered waits.
"""

import sqlalchemy as sa
from alembic import op

from carevia.domain.search import searchable

revision = "0006"
down_revision = "0005"

NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
SEARCH = (
    "CREATE VIRTUAL TABLE message_words USING fts5(text, content='', columnsize=0, "
    "tokenize=\"unicode61 remove_diacritics 2 categories 'L* M* N* Co'\")"
)
CARRY_OVER = """
UPDATE conversations SET
  version = (SELECT coalesce(max(seq), 0) FROM journal),
  read_seq = last_seq,
  waiting = (SELECT min(seq) FROM messages WHERE room_id = conversations.room_id AND sender_id = room_id AND seq >
    (SELECT coalesce(max(seq), 0) FROM messages WHERE room_id = conversations.room_id AND sender_id <> room_id))
"""
READ = "UPDATE conversations SET read_seq = :read WHERE room_id = :room"
FIRST_UNREAD = """
SELECT seq FROM messages WHERE room_id = :room AND sender_id = :room ORDER BY seq DESC LIMIT 1 OFFSET :others
"""


def upgrade() -> None:
    op.add_column("conversations", sa.Column("read_seq", NUMBER, server_default="0", nullable=False))
    op.add_column("conversations", sa.Column("waiting", NUMBER))
    op.add_column("conversations", sa.Column("status", sa.Text(), server_default="open", nullable=False))
    op.add_column("conversations", sa.Column("assignee", sa.Text()))
    op.add_column("conversations", sa.Column("version", NUMBER, server_default="0", nullable=False))
    op.create_index("ix_conversations_waiting", "conversations", ["waiting"])
    op.create_index("ix_users_activity", "users", ["activity"])
    op.execute(CARRY_OVER)
    _keep_unread()
    if op.get_bind().dialect.name == "sqlite":
        _index_messages()


def _keep_unread() -> None:
    bind = op.get_bind()
    for room, unread in bind.execute(sa.text("SELECT room_id, unread FROM conversations WHERE unread > 0")).all():
        first = bind.execute(sa.text(FIRST_UNREAD), {"room": room, "others": unread - 1}).scalar() or 1
        bind.execute(sa.text(READ), {"read": first - 1, "room": room})


def _index_messages() -> None:
    """By the program's own rule for words, whatever it is by now: it has to be the one that queries are made by."""
    bind = op.get_bind()
    op.execute(SEARCH)
    for seq, text in bind.execute(sa.text("SELECT seq, text FROM messages ORDER BY seq")):  # those of years
        bind.execute(
            sa.text("INSERT INTO message_words (rowid, text) VALUES (:seq, :text)"),
            {"seq": seq, "text": searchable(text)},
        )
