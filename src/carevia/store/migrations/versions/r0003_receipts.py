"""Receipts: when a booking was received, committed, emitted and first shown, and which desks confirmed what."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"

NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    for name in ("received", "committed", "emitted", "shown"):
        op.add_column("bookings", sa.Column(name, NUMBER))
    op.create_table(
        "screens",
        sa.Column("id", NUMBER, nullable=False),
        sa.Column("from_seq", NUMBER, nullable=False),
        sa.Column("to_seq", NUMBER, nullable=False),
        sa.Column("desks", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_screens")),
    )
    op.create_index("ix_screens_to_seq_from_seq", "screens", ["to_seq", "from_seq"])
