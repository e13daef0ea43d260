"""The tables as SQLAlchemy Core knows them; the migrations make the same schema, and a test compares the two.

Times are integer ms since 1970 UTC, money is integer minor units beside its currency, JSON is text.
A flag is 0 or 1. `needs_look` holds the reason in words why a person should look, or nothing.
Every index is a page more to write for each payment, so there are only those that something reads.
"""

from typing import Any

from sqlalchemy import (
    BigInteger,
    Column,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    PrimaryKeyConstraint,
    Table,
    Text,
    UniqueConstraint,
)

metadata = MetaData(
    naming_convention={
        "pk": "pk_%(table_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    }
)

# SQLite makes a column its row id, and so the cheapest key there is, only when its type is spelled INTEGER.
Number = BigInteger().with_variant(Integer(), "sqlite")

# A table whose key is text is stored in the order of that key, without a second tree for the key: a page less to write.
KEYED: Any = {"sqlite_with_rowid": False}

meta = Table(
    "meta",
    metadata,
    Column("key", Text, primary_key=True),
    Column("value", Text, nullable=False),
    **KEYED,
)

journal = Table(
    "journal",
    metadata,
    Column("seq", Number, primary_key=True, autoincrement=False),
    Column("id", Text, nullable=False),
    Column("room", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("payload", Text, nullable=False),
    Column("time", Number, nullable=False),
    Column("sender", Text),
    Index("ix_journal_room_seq", "room", "seq"),
)

users = Table(
    "users",
    metadata,
    Column("id", Text, primary_key=True),
    Column("login", Text, unique=True),
    Column("email", Text),
    Column("name", Text),
    Column("role", Text, nullable=False),
    Column("password_hash", Text),
    Column("image", Text),
    Column("created", Number, nullable=False),
    Column("last_login", Number),
    Column("disabled", Integer, nullable=False, server_default="0"),
    Column("tokens_after", Number),  # tokens made before this time (ms) are not believed
    # For the list of conversations: the journal number of their last booking or message, nothing for who has neither;
    # and whether they have a booking.
    Column("booked", Integer, nullable=False, server_default="0"),
    Column("activity", Number),
    Index("ix_users_activity", "activity"),
    **KEYED,
)

sessions = Table(
    "sessions",
    metadata,
    Column("token_hash", Text, primary_key=True),
    Column("user_id", Text, ForeignKey("users.id", ondelete="CASCADE"), nullable=False, index=True),
    Column("created", Number, nullable=False),
    Column("last_seen", Number, nullable=False),
    Column("expires", Number, nullable=False),
    **KEYED,
)

sign_in_links = Table(
    "sign_in_links",
    metadata,
    Column("token_hash", Text, primary_key=True),
    Column("user_id", Text, ForeignKey("users.id", ondelete="CASCADE"), nullable=False),
    Column("expires", Number, nullable=False),
    Column("used", Number),
    **KEYED,
)

login_failures = Table(
    "login_failures",
    metadata,
    # Behind `known:` also where somebody has signed in: see service/attempts.py, which says what a key is.
    Column("id", Number, primary_key=True),
    Column("key", Text, nullable=False),
    Column("time", Number, nullable=False),
    Index("ix_login_failures_key_time", "key", "time"),
)

services = Table(
    "services",
    metadata,
    Column("id", Text, primary_key=True),
    Column("slug", Text, nullable=False, unique=True),
    Column("name", Text, nullable=False),
    Column("name_bn", Text, nullable=False),
    Column("description", Text, nullable=False),
    Column("price_hour", Number, nullable=False),
    Column("price_day", Number, nullable=False),
    Column("currency", Text, nullable=False),
)

divisions = Table(
    "divisions",
    metadata,
    Column("id", Text, primary_key=True),
    Column("name", Text, nullable=False),
    Column("name_bn", Text, nullable=False),
    Column("districts", Text, nullable=False),
)

bookings = Table(
    "bookings",
    metadata,
    Column("id", Text, primary_key=True),
    Column("tracking_id", Text, nullable=False, unique=True),
    Column("user_id", Text, ForeignKey("users.id"), nullable=False),
    Column("service_id", Text),
    Column("service_name", Text, nullable=False),
    Column("date", Text),
    Column("slot", Text),
    Column("duration_type", Text),
    Column("quantity", Number),
    Column("division", Text),
    Column("district", Text),
    Column("address", Text),
    Column("payment_option", Text),
    Column("total", Number, nullable=False),
    Column("paid", Number, nullable=False),
    Column("due", Number, nullable=False),
    Column("currency", Text, nullable=False),
    Column("caregiver", Text),
    Column("status", Text, nullable=False),
    Column("source", Text, nullable=False),
    Column("needs_look", Text),
    Column("created", Number, nullable=False),
    Column("announced", Number, nullable=False, server_default="0"),  # the journal number of its customer_added
    # What became of the money, summed up over the payments; `trouble` is a second reason to look.
    Column("payment_status", Text, nullable=False, server_default="paid"),
    Column("refunded", Number, nullable=False, server_default="0"),
    Column("trouble", Text),
    # The receipt; `created` is when it was paid. Empty for bookings from before there were receipts.
    Column("received", Number),
    Column("committed", Number),
    Column("emitted", Number),
    Column("shown", Number),  # on the first screen
    Index("ix_bookings_announced", "announced"),
    Index("ix_bookings_user_id_announced", "user_id", "announced"),
    **KEYED,
)

# Tracking ids that were told for a booking after it had been announced under another one: it is found by each of them.
tracking_aliases = Table(
    "tracking_aliases",
    metadata,
    Column("tracking_id", Text, primary_key=True),
    Column("booking_id", Text, ForeignKey("bookings.id"), nullable=False),
    **KEYED,
)

payments = Table(
    "payments",
    metadata,
    Column("id", Text, primary_key=True),
    Column("booking_id", Text, ForeignKey("bookings.id"), index=True),
    Column("user_id", Text, ForeignKey("users.id")),
    Column("provider", Text, nullable=False),
    Column("session_id", Text, unique=True),
    Column("intent_id", Text),
    Column("amount", Number),
    Column("currency", Text),
    Column("status", Text, nullable=False),
    Column("needs_look", Text),
    Column("created", Number, nullable=False),
    Column("paid_at", Number),
    # By payment_facts: what went back to the customer, and a second reason to look.
    Column("refunded", Number, nullable=False, server_default="0"),
    Column("trouble", Text),
    Index("ix_payments_intent_id", "intent_id"),
    Index("ix_payments_created", "created", "id"),
    **KEYED,
)

provider_events = Table(
    "provider_events",
    metadata,
    Column("provider", Text, nullable=False),
    Column("id", Text, nullable=False),
    Column("type", Text, nullable=False),
    Column("digest", Text, nullable=False),
    Column("body", Text, nullable=False),
    Column("received", Number, nullable=False),
    Column("note", Text),
    PrimaryKeyConstraint("provider", "id"),
)

# What the provider told beside that money came (domain/payment_facts.py), by payment intent or session: it may be known
# before the payment is.
payment_facts = Table(
    "payment_facts",
    metadata,
    Column("about", Text, primary_key=True),
    Column("facts", Text, nullable=False),
    **KEYED,
)

messages = Table(
    "messages",
    metadata,
    Column("seq", Number, primary_key=True, autoincrement=False),  # the journal's number of its receive_message
    Column("room_id", Text, nullable=False),
    Column("id", Text, nullable=False),
    Column("sender_id", Text, nullable=False),
    Column("sender_name", Text, nullable=False),
    Column("sender_role", Text, nullable=False),
    Column("text", Text, nullable=False),
    Column("time", Number, nullable=False),
    Column("status", Text, nullable=False),
    UniqueConstraint("sender_id", "id"),
    Index("ix_messages_room_id_seq", "room_id", "seq"),
)

conversations = Table(
    "conversations",
    metadata,
    Column("room_id", Text, primary_key=True),
    Column("last_seq", Number, nullable=False),
    Column("unread", Integer, nullable=False),
    Column("updated", Number, nullable=False),
    Column("read_seq", Number, nullable=False, server_default="0"),  # up to this message staff have seen everything
    Column("waiting", Number),  # the customer's first message that nobody has answered
    Column("status", Text, nullable=False, server_default="open"),
    Column("assignee", Text),  # a member of staff
    Column("version", Number, nullable=False, server_default="0"),  # the journal number that last told of this row
    Index("ix_conversations_waiting", "waiting"),
    **KEYED,
)

# How far the two sides of a conversation have got: the other side's messages up to these numbers. Cumulative, so that a
# thousand messages that are read at once are one row and one event.
message_marks = Table(
    "message_marks",
    metadata,
    Column("room_id", Text, nullable=False),
    Column("side", Text, nullable=False),  # customer | staff: who has got so far
    Column("delivered", Number, nullable=False),
    Column("seen", Number, nullable=False),
    PrimaryKeyConstraint("room_id", "side"),
    **KEYED,
)

# Private notes are no messages: whoever reads messages for a customer cannot come upon one by forgetting a condition.
notes = Table(
    "notes",
    metadata,
    Column("seq", Number, primary_key=True, autoincrement=False),  # the journal's number of its note_added
    Column("room_id", Text, nullable=False),
    Column("id", Text, nullable=False),
    Column("sender_id", Text, nullable=False),
    Column("sender_name", Text, nullable=False),
    Column("text", Text, nullable=False),
    Column("time", Number, nullable=False),
    UniqueConstraint("sender_id", "id"),
    Index("ix_notes_room_id_seq", "room_id", "seq"),
)

# The bytes lie in the data folder under the id. Until its message is sent an attachment has no `message_seq`.
attachments = Table(
    "attachments",
    metadata,
    Column("id", Text, primary_key=True),
    Column("room_id", Text, nullable=False),
    Column("sender_id", Text, nullable=False),
    Column("upload_id", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("type", Text, nullable=False),
    Column("size", Number, nullable=False),
    Column("created", Number, nullable=False),
    Column("message_seq", Number),
    Column("place", Integer, nullable=False),
    UniqueConstraint("sender_id", "upload_id"),
    Index("ix_attachments_room_id_message_seq", "room_id", "message_seq"),
    **KEYED,
)

saved_replies = Table(
    "saved_replies",
    metadata,
    Column("id", Text, primary_key=True),
    Column("shortcut", Text, nullable=False, unique=True),
    Column("text", Text, nullable=False),
    Column("author_id", Text, nullable=False),
    Column("updated", Number, nullable=False),
    **KEYED,
)

# What somebody has begun to write and not sent: the message of a conversation, and its private note.
drafts = Table(
    "drafts",
    metadata,
    Column("person_id", Text, nullable=False),
    Column("room_id", Text, nullable=False),
    Column("note", Integer, nullable=False),
    Column("text", Text, nullable=False),
    Column("updated", Number, nullable=False),
    PrimaryKeyConstraint("person_id", "room_id", "note"),
    **KEYED,
)

# Which desks have confirmed which stretch of the journal, one row for all that confirmed the same within a second:
# `desks` is a list of [person, name, socket id, time]. Part of the bookings' record, so it outlives the journal.
screens = Table(
    "screens",
    metadata,
    Column("id", Number, primary_key=True),
    Column("from_seq", Number, nullable=False),
    Column("to_seq", Number, nullable=False),
    Column("desks", Text, nullable=False),
    Index("ix_screens_to_seq_from_seq", "to_seq", "from_seq"),
)

# What a socket had joined, so that a process that never knew it can replay each room from where it was joined.
joined_rooms = Table(
    "joined_rooms",
    metadata,
    Column("socket_id", Text, nullable=False),
    Column("room", Text, nullable=False),
    Column("seq", Number, nullable=False),
    Column("time", Number, nullable=False),
    PrimaryKeyConstraint("socket_id", "room"),
    Index("ix_joined_rooms_time", "time"),
    **KEYED,
)
