"""What a release may do to tables that the one before it still writes to: add what it need not know of."""

from pathlib import Path

import sqlalchemy as sa
from alembic import op

import carevia.store.migrations.versions as versions

revision = "newer"
down_revision = sorted(Path(versions.__path__[0]).glob("r*.py"))[-1].name[1:5]


def upgrade() -> None:
    op.add_column("bookings", sa.Column("newer", sa.Integer(), server_default="7", nullable=False))
    op.add_column("journal", sa.Column("newer", sa.Text()))
    op.create_index("ix_bookings_newer", "bookings", ["newer"])
    op.create_table("newer", sa.Column("id", sa.Text(), primary_key=True))
