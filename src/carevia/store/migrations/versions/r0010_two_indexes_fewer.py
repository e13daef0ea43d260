"""A customer's payments are found by their bookings, and the bookings of two weeks by their payments: two indexes fewer
are written anew with every payment."""

from alembic import op

revision = "0010"
down_revision = "0009"


def upgrade() -> None:
    op.drop_index("ix_bookings_created", "bookings")
    op.drop_index("ix_payments_user_id_created", "payments")
