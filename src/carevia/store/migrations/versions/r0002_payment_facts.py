"""Refunds, disputes and failed sessions: what is known of them, and what they make of payments and bookings."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"

NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "payment_facts",
        sa.Column("about", sa.Text(), nullable=False),
        sa.Column("facts", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("about", name=op.f("pk_payment_facts")),
        sqlite_with_rowid=False,
    )
    for table in ("bookings", "payments"):
        op.add_column(table, sa.Column("refunded", NUMBER, server_default="0", nullable=False))
        op.add_column(table, sa.Column("trouble", sa.Text()))
    op.add_column("bookings", sa.Column("payment_status", sa.Text(), server_default="paid", nullable=False))
    op.create_index("ix_payments_intent_id", "payments", ["intent_id"])
