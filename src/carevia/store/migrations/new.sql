-- Made from the migrations by tests/store/test_migrate.py.
CREATE TABLE alembic_version (
	version_num VARCHAR(32) NOT NULL, 
	CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num)
);
CREATE TABLE meta (
	"key" TEXT NOT NULL, 
	value TEXT NOT NULL, 
	CONSTRAINT pk_meta PRIMARY KEY ("key")
)
 WITHOUT ROWID

;
CREATE TABLE journal (
	seq INTEGER NOT NULL, 
	id TEXT NOT NULL, 
	room TEXT NOT NULL, 
	name TEXT NOT NULL, 
	payload TEXT NOT NULL, 
	time INTEGER NOT NULL, 
	sender TEXT, 
	CONSTRAINT pk_journal PRIMARY KEY (seq)
);
CREATE INDEX ix_journal_room_seq ON journal (room, seq);
CREATE TABLE joined_rooms (
	socket_id TEXT NOT NULL, 
	room TEXT NOT NULL, 
	seq INTEGER NOT NULL, 
	time INTEGER NOT NULL, 
	CONSTRAINT pk_joined_rooms PRIMARY KEY (socket_id, room)
)
 WITHOUT ROWID

;
CREATE INDEX ix_joined_rooms_time ON joined_rooms (time);
CREATE TABLE users (
	id TEXT NOT NULL, 
	login TEXT, 
	email TEXT, 
	name TEXT, 
	role TEXT NOT NULL, 
	password_hash TEXT, 
	image TEXT, 
	created INTEGER NOT NULL, 
	last_login INTEGER, 
	disabled INTEGER DEFAULT '0' NOT NULL, 
	booked INTEGER DEFAULT '0' NOT NULL, 
	activity INTEGER, tokens_after INTEGER, 
	CONSTRAINT pk_users PRIMARY KEY (id), 
	CONSTRAINT uq_users_login UNIQUE (login)
)
 WITHOUT ROWID

;
CREATE TABLE sessions (
	token_hash TEXT NOT NULL, 
	user_id TEXT NOT NULL, 
	created INTEGER NOT NULL, 
	last_seen INTEGER NOT NULL, 
	expires INTEGER NOT NULL, 
	CONSTRAINT pk_sessions PRIMARY KEY (token_hash), 
	CONSTRAINT fk_sessions_user_id FOREIGN KEY(user_id) REFERENCES users (id) ON DELETE CASCADE
)
 WITHOUT ROWID

;
CREATE INDEX ix_sessions_user_id ON sessions (user_id);
CREATE TABLE sign_in_links (
	token_hash TEXT NOT NULL, 
	user_id TEXT NOT NULL, 
	expires INTEGER NOT NULL, 
	used INTEGER, 
	CONSTRAINT pk_sign_in_links PRIMARY KEY (token_hash), 
	CONSTRAINT fk_sign_in_links_user_id FOREIGN KEY(user_id) REFERENCES users (id) ON DELETE CASCADE
)
 WITHOUT ROWID

;
CREATE TABLE login_failures (
	id INTEGER NOT NULL, 
	"key" TEXT NOT NULL, 
	time INTEGER NOT NULL, 
	CONSTRAINT pk_login_failures PRIMARY KEY (id)
);
CREATE INDEX ix_login_failures_key_time ON login_failures ("key", time);
CREATE TABLE services (
	id TEXT NOT NULL, 
	slug TEXT NOT NULL, 
	name TEXT NOT NULL, 
	name_bn TEXT NOT NULL, 
	description TEXT NOT NULL, 
	price_hour INTEGER NOT NULL, 
	price_day INTEGER NOT NULL, 
	currency TEXT NOT NULL, 
	CONSTRAINT pk_services PRIMARY KEY (id), 
	CONSTRAINT uq_services_slug UNIQUE (slug)
);
CREATE TABLE divisions (
	id TEXT NOT NULL, 
	name TEXT NOT NULL, 
	name_bn TEXT NOT NULL, 
	districts TEXT NOT NULL, 
	CONSTRAINT pk_divisions PRIMARY KEY (id)
);
CREATE TABLE bookings (
	id TEXT NOT NULL, 
	tracking_id TEXT NOT NULL, 
	user_id TEXT NOT NULL, 
	service_id TEXT, 
	service_name TEXT NOT NULL, 
	date TEXT, 
	slot TEXT, 
	duration_type TEXT, 
	quantity INTEGER, 
	division TEXT, 
	district TEXT, 
	address TEXT, 
	payment_option TEXT, 
	total INTEGER NOT NULL, 
	paid INTEGER NOT NULL, 
	due INTEGER NOT NULL, 
	currency TEXT NOT NULL, 
	caregiver TEXT, 
	status TEXT NOT NULL, 
	source TEXT NOT NULL, 
	needs_look TEXT, 
	created INTEGER NOT NULL, 
	announced INTEGER DEFAULT '0' NOT NULL, refunded INTEGER DEFAULT '0' NOT NULL, trouble TEXT, payment_status TEXT DEFAULT 'paid' NOT NULL, received INTEGER, committed INTEGER, emitted INTEGER, shown INTEGER, 
	CONSTRAINT pk_bookings PRIMARY KEY (id), 
	CONSTRAINT fk_bookings_user_id FOREIGN KEY(user_id) REFERENCES users (id), 
	CONSTRAINT uq_bookings_tracking_id UNIQUE (tracking_id)
)
 WITHOUT ROWID

;
CREATE INDEX ix_bookings_announced ON bookings (announced);
CREATE INDEX ix_bookings_user_id_announced ON bookings (user_id, announced);
CREATE TABLE payments (
	id TEXT NOT NULL, 
	booking_id TEXT, 
	user_id TEXT, 
	provider TEXT NOT NULL, 
	session_id TEXT, 
	intent_id TEXT, 
	amount INTEGER, 
	currency TEXT, 
	status TEXT NOT NULL, 
	needs_look TEXT, 
	created INTEGER NOT NULL, 
	paid_at INTEGER, refunded INTEGER DEFAULT '0' NOT NULL, trouble TEXT, 
	CONSTRAINT pk_payments PRIMARY KEY (id), 
	CONSTRAINT fk_payments_booking_id FOREIGN KEY(booking_id) REFERENCES bookings (id), 
	CONSTRAINT fk_payments_user_id FOREIGN KEY(user_id) REFERENCES users (id), 
	CONSTRAINT uq_payments_session_id UNIQUE (session_id)
)
 WITHOUT ROWID

;
CREATE INDEX ix_payments_booking_id ON payments (booking_id);
CREATE INDEX ix_payments_created ON payments (created, id);
CREATE TABLE provider_events (
	provider TEXT NOT NULL, 
	id TEXT NOT NULL, 
	type TEXT NOT NULL, 
	digest TEXT NOT NULL, 
	body TEXT NOT NULL, 
	received INTEGER NOT NULL, 
	note TEXT, 
	CONSTRAINT pk_provider_events PRIMARY KEY (provider, id)
);
CREATE TABLE messages (
	seq INTEGER NOT NULL, 
	room_id TEXT NOT NULL, 
	id TEXT NOT NULL, 
	sender_id TEXT NOT NULL, 
	sender_name TEXT NOT NULL, 
	sender_role TEXT NOT NULL, 
	text TEXT NOT NULL, 
	time INTEGER NOT NULL, 
	status TEXT NOT NULL, 
	CONSTRAINT pk_messages PRIMARY KEY (seq), 
	CONSTRAINT uq_messages_sender_id_id UNIQUE (sender_id, id)
);
CREATE INDEX ix_messages_room_id_seq ON messages (room_id, seq);
CREATE TABLE conversations (
	room_id TEXT NOT NULL, 
	last_seq INTEGER NOT NULL, 
	unread INTEGER NOT NULL, 
	updated INTEGER NOT NULL, read_seq INTEGER DEFAULT '0' NOT NULL, waiting INTEGER, status TEXT DEFAULT 'open' NOT NULL, assignee TEXT, version INTEGER DEFAULT '0' NOT NULL, 
	CONSTRAINT pk_conversations PRIMARY KEY (room_id)
)
 WITHOUT ROWID

;
CREATE TABLE payment_facts (
	about TEXT NOT NULL, 
	facts TEXT NOT NULL, 
	CONSTRAINT pk_payment_facts PRIMARY KEY (about)
)
 WITHOUT ROWID

;
CREATE INDEX ix_payments_intent_id ON payments (intent_id);
CREATE TABLE screens (
	id INTEGER NOT NULL, 
	from_seq INTEGER NOT NULL, 
	to_seq INTEGER NOT NULL, 
	desks TEXT NOT NULL, 
	CONSTRAINT pk_screens PRIMARY KEY (id)
);
CREATE INDEX ix_screens_to_seq_from_seq ON screens (to_seq, from_seq);
CREATE TABLE message_marks (
	room_id TEXT NOT NULL, 
	side TEXT NOT NULL, 
	delivered INTEGER NOT NULL, 
	seen INTEGER NOT NULL, 
	CONSTRAINT pk_message_marks PRIMARY KEY (room_id, side)
)
 WITHOUT ROWID

;
CREATE TABLE notes (
	seq INTEGER NOT NULL, 
	room_id TEXT NOT NULL, 
	id TEXT NOT NULL, 
	sender_id TEXT NOT NULL, 
	sender_name TEXT NOT NULL, 
	text TEXT NOT NULL, 
	time INTEGER NOT NULL, 
	CONSTRAINT pk_notes PRIMARY KEY (seq), 
	CONSTRAINT uq_notes_sender_id_id UNIQUE (sender_id, id)
);
CREATE INDEX ix_notes_room_id_seq ON notes (room_id, seq);
CREATE TABLE attachments (
	id TEXT NOT NULL, 
	room_id TEXT NOT NULL, 
	sender_id TEXT NOT NULL, 
	upload_id TEXT NOT NULL, 
	name TEXT NOT NULL, 
	type TEXT NOT NULL, 
	size INTEGER NOT NULL, 
	created INTEGER NOT NULL, 
	message_seq INTEGER, 
	place INTEGER NOT NULL, 
	CONSTRAINT pk_attachments PRIMARY KEY (id), 
	CONSTRAINT uq_attachments_sender_id_upload_id UNIQUE (sender_id, upload_id)
)
 WITHOUT ROWID

;
CREATE INDEX ix_attachments_room_id_message_seq ON attachments (room_id, message_seq);
CREATE TABLE saved_replies (
	id TEXT NOT NULL, 
	shortcut TEXT NOT NULL, 
	text TEXT NOT NULL, 
	author_id TEXT NOT NULL, 
	updated INTEGER NOT NULL, 
	CONSTRAINT pk_saved_replies PRIMARY KEY (id), 
	CONSTRAINT uq_saved_replies_shortcut UNIQUE (shortcut)
)
 WITHOUT ROWID

;
CREATE INDEX ix_conversations_waiting ON conversations (waiting);
CREATE INDEX ix_users_activity ON users (activity);
CREATE VIRTUAL TABLE message_words USING fts5(text, content='', columnsize=0, tokenize="unicode61 remove_diacritics 2 categories 'L* M* N* Co'");
CREATE TABLE tracking_aliases (
	tracking_id TEXT NOT NULL, 
	booking_id TEXT NOT NULL, 
	CONSTRAINT pk_tracking_aliases PRIMARY KEY (tracking_id), 
	CONSTRAINT fk_tracking_aliases_booking_id FOREIGN KEY(booking_id) REFERENCES bookings (id)
)
 WITHOUT ROWID

;
CREATE TABLE drafts (
	person_id TEXT NOT NULL, 
	room_id TEXT NOT NULL, 
	note INTEGER NOT NULL, 
	text TEXT NOT NULL, 
	updated INTEGER NOT NULL, 
	CONSTRAINT pk_drafts PRIMARY KEY (person_id, room_id, note)
)
 WITHOUT ROWID

;
INSERT INTO alembic_version (version_num) VALUES ('0011');
