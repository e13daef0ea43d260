"""The first schema. A revision is never changed once released; later ones add to it."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None

NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    _create_journal_and_settings()
    _create_users()
    _create_signing_in()
    _create_catalogue()
    _create_bookings()
    _create_payments()
    _create_chat()


def _create_journal_and_settings() -> None:
    op.create_table(
        "meta",
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_meta")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "journal",
        sa.Column("seq", NUMBER, autoincrement=False, nullable=False),
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("room", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("payload", sa.Text(), nullable=False),
        sa.Column("time", NUMBER, nullable=False),
        sa.Column("sender", sa.Text()),
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_journal")),
    )
    op.create_index("ix_journal_room_seq", "journal", ["room", "seq"])
    op.create_table(
        "joined_rooms",
        sa.Column("socket_id", sa.Text(), nullable=False),
        sa.Column("room", sa.Text(), nullable=False),
        sa.Column("seq", NUMBER, nullable=False),
        sa.Column("time", NUMBER, nullable=False),
        sa.PrimaryKeyConstraint("socket_id", "room", name=op.f("pk_joined_rooms")),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_joined_rooms_time", "joined_rooms", ["time"])


def _create_users() -> None:
    op.create_table(
        "users",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("login", sa.Text()),
        sa.Column("email", sa.Text()),
        sa.Column("name", sa.Text()),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("password_hash", sa.Text()),
        sa.Column("image", sa.Text()),
        sa.Column("created", NUMBER, nullable=False),
        sa.Column("last_login", NUMBER),
        sa.Column("disabled", sa.Integer(), server_default="0", nullable=False),
        sa.Column("booked", sa.Integer(), server_default="0", nullable=False),
        sa.Column("activity", NUMBER),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_users")),
        sa.UniqueConstraint("login", name=op.f("uq_users_login")),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_users_booked_activity", "users", ["booked", "activity"])


def _create_signing_in() -> None:
    op.create_table(
        "sessions",
        sa.Column("token_hash", sa.Text(), nullable=False),
        sa.Column("user_id", sa.Text(), nullable=False),
        sa.Column("created", NUMBER, nullable=False),
        sa.Column("last_seen", NUMBER, nullable=False),
        sa.Column("expires", NUMBER, nullable=False),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_sessions_user_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("token_hash", name=op.f("pk_sessions")),
        sqlite_with_rowid=False,
    )
    op.create_index(op.f("ix_sessions_user_id"), "sessions", ["user_id"])
    op.create_table(
        "sign_in_links",
        sa.Column("token_hash", sa.Text(), nullable=False),
        sa.Column("user_id", sa.Text(), nullable=False),
        sa.Column("expires", NUMBER, nullable=False),
        sa.Column("used", NUMBER),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_sign_in_links_user_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("token_hash", name=op.f("pk_sign_in_links")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "login_failures",
        sa.Column("id", NUMBER, nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("time", NUMBER, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_login_failures")),
    )
    op.create_index("ix_login_failures_key_time", "login_failures", ["key", "time"])


def _create_catalogue() -> None:
    op.create_table(
        "services",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("slug", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("name_bn", sa.Text(), nullable=False),
        sa.Column("description", sa.Text(), nullable=False),
        sa.Column("price_hour", NUMBER, nullable=False),
        sa.Column("price_day", NUMBER, nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_services")),
        sa.UniqueConstraint("slug", name=op.f("uq_services_slug")),
    )
    op.create_table(
        "divisions",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("name_bn", sa.Text(), nullable=False),
        sa.Column("districts", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_divisions")),
    )


def _create_bookings() -> None:
    op.create_table(
        "bookings",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("tracking_id", sa.Text(), nullable=False),
        sa.Column("user_id", sa.Text(), nullable=False),
        sa.Column("service_id", sa.Text()),
        sa.Column("service_name", sa.Text(), nullable=False),
        sa.Column("date", sa.Text()),
        sa.Column("slot", sa.Text()),
        sa.Column("duration_type", sa.Text()),
        sa.Column("quantity", NUMBER),
        sa.Column("division", sa.Text()),
        sa.Column("district", sa.Text()),
        sa.Column("address", sa.Text()),
        sa.Column("payment_option", sa.Text()),
        sa.Column("total", NUMBER, nullable=False),
        sa.Column("paid", NUMBER, nullable=False),
        sa.Column("due", NUMBER, nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("caregiver", sa.Text()),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("needs_look", sa.Text()),
        sa.Column("created", NUMBER, nullable=False),
        sa.Column("announced", NUMBER, server_default="0", nullable=False),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_bookings_user_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_bookings")),
        sa.UniqueConstraint("tracking_id", name=op.f("uq_bookings_tracking_id")),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_bookings_created", "bookings", ["created"])
    op.create_index("ix_bookings_announced", "bookings", ["announced"])
    op.create_index("ix_bookings_user_id_announced", "bookings", ["user_id", "announced"])


def _create_payments() -> None:
    op.create_table(
        "payments",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("booking_id", sa.Text()),
        sa.Column("user_id", sa.Text()),
        sa.Column("provider", sa.Text(), nullable=False),
        sa.Column("session_id", sa.Text()),
        sa.Column("intent_id", sa.Text()),
        sa.Column("amount", NUMBER),
        sa.Column("currency", sa.Text()),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("needs_look", sa.Text()),
        sa.Column("created", NUMBER, nullable=False),
        sa.Column("paid_at", NUMBER),
        sa.ForeignKeyConstraint(["booking_id"], ["bookings.id"], name=op.f("fk_payments_booking_id")),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_payments_user_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_payments")),
        sa.UniqueConstraint("session_id", name=op.f("uq_payments_session_id")),
        sqlite_with_rowid=False,
    )
    op.create_index(op.f("ix_payments_booking_id"), "payments", ["booking_id"])
    op.create_index("ix_payments_created", "payments", ["created", "id"])
    op.create_index("ix_payments_user_id_created", "payments", ["user_id", "created"])
    op.create_table(
        "provider_events",
        sa.Column("provider", sa.Text(), nullable=False),
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("type", sa.Text(), nullable=False),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("received", NUMBER, nullable=False),
        sa.Column("note", sa.Text()),
        sa.PrimaryKeyConstraint("provider", "id", name=op.f("pk_provider_events")),
    )


def _create_chat() -> None:
    op.create_table(
        "messages",
        sa.Column("seq", NUMBER, autoincrement=False, nullable=False),
        sa.Column("room_id", sa.Text(), nullable=False),
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("sender_id", sa.Text(), nullable=False),
        sa.Column("sender_name", sa.Text(), nullable=False),
        sa.Column("sender_role", sa.Text(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("time", NUMBER, nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_messages")),
        sa.UniqueConstraint("sender_id", "id", name=op.f("uq_messages_sender_id_id")),
    )
    op.create_index("ix_messages_room_id_seq", "messages", ["room_id", "seq"])
    op.create_table(
        "conversations",
        sa.Column("room_id", sa.Text(), nullable=False),
        sa.Column("last_seq", NUMBER, nullable=False),
        sa.Column("unread", sa.Integer(), nullable=False),
        sa.Column("updated", NUMBER, nullable=False),
        sa.PrimaryKeyConstraint("room_id", name=op.f("pk_conversations")),
        sqlite_with_rowid=False,
    )
