"""Inside a conversation: how far each side has got, private notes, attachments, and replies that staff have saved."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"

NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    _marks()
    _notes()
    _attachments()
    _saved_replies()


def _marks() -> None:
    op.create_table(
        "message_marks",
        sa.Column("room_id", sa.Text(), nullable=False),
        sa.Column("side", sa.Text(), nullable=False),
        sa.Column("delivered", NUMBER, nullable=False),
        sa.Column("seen", NUMBER, nullable=False),
        sa.PrimaryKeyConstraint("room_id", "side", name=op.f("pk_message_marks")),
        sqlite_with_rowid=False,
    )


def _notes() -> None:
    op.create_table(
        "notes",
        sa.Column("seq", NUMBER, autoincrement=False, nullable=False),
        sa.Column("room_id", sa.Text(), nullable=False),
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("sender_id", sa.Text(), nullable=False),
        sa.Column("sender_name", sa.Text(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("time", NUMBER, nullable=False),
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_notes")),
        sa.UniqueConstraint("sender_id", "id", name=op.f("uq_notes_sender_id_id")),
    )
    op.create_index("ix_notes_room_id_seq", "notes", ["room_id", "seq"])


def _attachments() -> None:
    op.create_table(
        "attachments",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("room_id", sa.Text(), nullable=False),
        sa.Column("sender_id", sa.Text(), nullable=False),
        sa.Column("upload_id", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("type", sa.Text(), nullable=False),
        sa.Column("size", NUMBER, nullable=False),
        sa.Column("created", NUMBER, nullable=False),
        sa.Column("message_seq", NUMBER),
        sa.Column("place", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_attachments")),
        sa.UniqueConstraint("sender_id", "upload_id", name=op.f("uq_attachments_sender_id_upload_id")),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_attachments_room_id_message_seq", "attachments", ["room_id", "message_seq"])


def _saved_replies() -> None:
    op.create_table(
        "saved_replies",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("shortcut", sa.Text(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("author_id", sa.Text(), nullable=False),
        sa.Column("updated", NUMBER, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_saved_replies")),
        sa.UniqueConstraint("shortcut", name=op.f("uq_saved_replies_shortcut")),
        sqlite_with_rowid=False,
    )
