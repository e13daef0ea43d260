"""Accounts say from when on their tokens are believed."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    op.add_column("users", sa.Column("tokens_after", sa.BigInteger().with_variant(sa.Integer(), "sqlite")))
