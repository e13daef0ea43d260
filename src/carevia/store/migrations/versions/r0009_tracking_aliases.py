"""A booking may be told under several tracking ids, and is found by each of them."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    op.create_table(
        "tracking_aliases",
        sa.Column("tracking_id", sa.Text(), nullable=False),
        sa.Column("booking_id", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["booking_id"], ["bookings.id"], name=op.f("fk_tracking_aliases_booking_id")),
        sa.PrimaryKeyConstraint("tracking_id", name=op.f("pk_tracking_aliases")),
        sqlite_with_rowid=False,
    )
