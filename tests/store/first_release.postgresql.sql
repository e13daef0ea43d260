CREATE TABLE alembic_version (
    version_num character varying(32) NOT NULL
);
CREATE TABLE bookings (
    id text NOT NULL,
    tracking_id text NOT NULL,
    user_id text NOT NULL,
    service_id text,
    service_name text NOT NULL,
    date text,
    slot text,
    duration_type text,
    quantity bigint,
    division text,
    district text,
    address text,
    payment_option text,
    total bigint NOT NULL,
    paid bigint NOT NULL,
    due bigint NOT NULL,
    currency text NOT NULL,
    caregiver text,
    status text NOT NULL,
    source text NOT NULL,
    needs_look text,
    created bigint NOT NULL,
    announced bigint DEFAULT '0'::bigint NOT NULL
);
CREATE TABLE conversations (
    room_id text NOT NULL,
    last_seq bigint NOT NULL,
    unread integer NOT NULL,
    updated bigint NOT NULL
);
CREATE TABLE divisions (
    id text NOT NULL,
    name text NOT NULL,
    name_bn text NOT NULL,
    districts text NOT NULL
);
CREATE TABLE joined_rooms (
    socket_id text NOT NULL,
    room text NOT NULL,
    seq bigint NOT NULL,
    "time" bigint NOT NULL
);
CREATE TABLE journal (
    seq bigint NOT NULL,
    id text NOT NULL,
    room text NOT NULL,
    name text NOT NULL,
    payload text NOT NULL,
    "time" bigint NOT NULL,
    sender text
);
CREATE TABLE login_failures (
    id bigint NOT NULL,
    key text NOT NULL,
    "time" bigint NOT NULL
);
CREATE SEQUENCE login_failures_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;
ALTER SEQUENCE login_failures_id_seq OWNED BY login_failures.id;
CREATE TABLE messages (
    seq bigint NOT NULL,
    room_id text NOT NULL,
    id text NOT NULL,
    sender_id text NOT NULL,
    sender_name text NOT NULL,
    sender_role text NOT NULL,
    text text NOT NULL,
    "time" bigint NOT NULL,
    status text NOT NULL
);
CREATE TABLE meta (
    key text NOT NULL,
    value text NOT NULL
);
CREATE TABLE payments (
    id text NOT NULL,
    booking_id text,
    user_id text,
    provider text NOT NULL,
    session_id text,
    intent_id text,
    amount bigint,
    currency text,
    status text NOT NULL,
    needs_look text,
    created bigint NOT NULL,
    paid_at bigint
);
CREATE TABLE provider_events (
    provider text NOT NULL,
    id text NOT NULL,
    type text NOT NULL,
    digest text NOT NULL,
    body text NOT NULL,
    received bigint NOT NULL,
    note text
);
CREATE TABLE services (
    id text NOT NULL,
    slug text NOT NULL,
    name text NOT NULL,
    name_bn text NOT NULL,
    description text NOT NULL,
    price_hour bigint NOT NULL,
    price_day bigint NOT NULL,
    currency text NOT NULL
);
CREATE TABLE sessions (
    token_hash text NOT NULL,
    user_id text NOT NULL,
    created bigint NOT NULL,
    last_seen bigint NOT NULL,
    expires bigint NOT NULL
);
CREATE TABLE sign_in_links (
    token_hash text NOT NULL,
    user_id text NOT NULL,
    expires bigint NOT NULL,
    used bigint
);
CREATE TABLE users (
    id text NOT NULL,
    login text,
    email text,
    name text,
    role text NOT NULL,
    password_hash text,
    image text,
    created bigint NOT NULL,
    last_login bigint,
    disabled integer DEFAULT 0 NOT NULL,
    booked integer DEFAULT 0 NOT NULL,
    activity bigint
);
ALTER TABLE ONLY login_failures ALTER COLUMN id SET DEFAULT nextval('login_failures_id_seq'::regclass);
INSERT INTO alembic_version VALUES ('0001');
INSERT INTO bookings VALUES ('bk_01a2204553d37cc646673fe29d54c896', 'CV-GHAEQEYV', 'family-1', 'newborn-care', 'Newborn Care', '2026-12-02', '08:00-12:00', 'days', 2, 'Dhaka', 'Dhaka', 'House 14, Road 7, Dhanmondi', 'half', 600000, 300000, 300000, 'bdt', NULL, 'booked', 'stripe', NULL, 1795837743000, 1);
INSERT INTO bookings VALUES ('bk_01a22045542a13261282422be9241c56', 'CV-9ADQ71BN', 'family-2', 'newborn-care', 'Newborn Care', '2026-12-02', '08:00-12:00', 'days', 2, 'Dhaka', 'Dhaka', 'House 14, Road 7, Dhanmondi', 'half', 600000, 300000, 300000, 'bdt', NULL, 'booked', 'stripe', NULL, 1795837744000, 2);
INSERT INTO conversations VALUES ('family-1', 7, 0, 1795837744462);
INSERT INTO conversations VALUES ('family-2', 9, 1, 1795837744661);
INSERT INTO divisions VALUES ('barishal', 'Barishal', 'বরিশাল', '["Barguna","Barishal","Bhola","Jhalokati","Patuakhali","Pirojpur"]');
INSERT INTO divisions VALUES ('chattogram', 'Chattogram', 'চট্টগ্রাম', '["Bandarban","Brahmanbaria","Chandpur","Chattogram","Cox''s Bazar","Cumilla","Feni","Khagrachhari","Lakshmipur","Noakhali","Rangamati"]');
INSERT INTO divisions VALUES ('dhaka', 'Dhaka', 'ঢাকা', '["Dhaka","Faridpur","Gazipur","Gopalganj","Kishoreganj","Madaripur","Manikganj","Munshiganj","Narayanganj","Narsingdi","Rajbari","Shariatpur","Tangail"]');
INSERT INTO divisions VALUES ('khulna', 'Khulna', 'খুলনা', '["Bagerhat","Chuadanga","Jashore","Jhenaidah","Khulna","Kushtia","Magura","Meherpur","Narail","Satkhira"]');
INSERT INTO divisions VALUES ('mymensingh', 'Mymensingh', 'ময়মনসিংহ', '["Jamalpur","Mymensingh","Netrokona","Sherpur"]');
INSERT INTO divisions VALUES ('rajshahi', 'Rajshahi', 'রাজশাহী', '["Bogura","Chapainawabganj","Joypurhat","Naogaon","Natore","Pabna","Rajshahi","Sirajganj"]');
INSERT INTO divisions VALUES ('rangpur', 'Rangpur', 'রংপুর', '["Dinajpur","Gaibandha","Kurigram","Lalmonirhat","Nilphamari","Panchagarh","Rangpur","Thakurgaon"]');
INSERT INTO divisions VALUES ('sylhet', 'Sylhet', 'সিলেট', '["Habiganj","Moulvibazar","Sunamganj","Sylhet"]');
INSERT INTO journal VALUES (1, 'uY4sW0eD2OygHb-5', 'desk', 'customer_added', '{"userId":"family-1","userEmail":"family-1@example.com","userName":"Nusrat Jahan","serviceName":"Newborn Care","trackingId":"CV-GHAEQEYV","amountPaid":"3000","amount":300000,"currency":"bdt"}', 1795837744083, NULL);
INSERT INTO journal VALUES (2, '6aJOnxWbFYlt31lv', 'desk', 'customer_added', '{"userId":"family-2","userEmail":"family-2@example.com","userName":"Nusrat Jahan","serviceName":"Newborn Care","trackingId":"CV-9ADQ71BN","amountPaid":"3000","amount":300000,"currency":"bdt"}', 1795837744170, NULL);
INSERT INTO journal VALUES (3, 'cBjA14F6CDLzdzZY', 'family-1', 'receive_message', '{"id":"m0","roomId":"family-1","senderId":"family-1","senderName":"Nusrat Jahan","text":"বুকিং 0, please","time":"2026-11-28T03:49:04.244Z","status":"sent"}', 1795837744244, NULL);
INSERT INTO journal VALUES (4, '_wouvNVfHlpeWSQu', 'desk', 'conversation_updated', '{"roomId":"family-1","seq":3,"lastMessage":{"id":"m0","senderId":"family-1","senderName":"Nusrat Jahan","text":"বুকিং 0, please","time":"2026-11-28T03:49:04.244Z"},"unread":1,"userName":"Nusrat Jahan","read":false,"userEmail":"family-1@example.com","status":"open","assignee":null,"waiting":3,"waitingSince":"2026-11-28T03:49:04.244Z","activity":3}', 1795837744244, NULL);
INSERT INTO journal VALUES (5, 'HHfSbkZhx5LSUriz', 'family-1', 'receive_message', '{"id":"m1","roomId":"family-1","senderId":"family-1","senderName":"Nusrat Jahan","text":"বুকিং 1, please","time":"2026-11-28T03:49:04.350Z","status":"sent"}', 1795837744350, NULL);
INSERT INTO journal VALUES (6, 'i49r_BhMdKQA4R7Q', 'desk', 'conversation_updated', '{"roomId":"family-1","seq":5,"lastMessage":{"id":"m1","senderId":"family-1","senderName":"Nusrat Jahan","text":"বুকিং 1, please","time":"2026-11-28T03:49:04.350Z"},"unread":2,"userName":"Nusrat Jahan","read":false,"userEmail":"family-1@example.com","status":"open","assignee":null,"waiting":3,"waitingSince":"2026-11-28T03:49:04.244Z","activity":5}', 1795837744350, NULL);
INSERT INTO journal VALUES (7, '9UNW1si14fDoVLLP', 'family-1', 'receive_message', '{"id":"m2","roomId":"family-1","senderId":"staff-1","senderName":"Rafiq Hasan","text":"বুকিং 2, please","time":"2026-11-28T03:49:04.462Z","status":"sent"}', 1795837744462, NULL);
INSERT INTO journal VALUES (8, 'RvQIsVNOgja9s9XW', 'desk', 'conversation_updated', '{"roomId":"family-1","seq":7,"lastMessage":{"id":"m2","senderId":"staff-1","senderName":"Rafiq Hasan","text":"বুকিং 2, please","time":"2026-11-28T03:49:04.462Z"},"unread":0,"userName":"Nusrat Jahan","read":false,"userEmail":"family-1@example.com","status":"open","assignee":null,"waiting":null,"waitingSince":null,"activity":7}', 1795837744462, NULL);
INSERT INTO journal VALUES (9, 'uNNDaUTKO140jQWT', 'family-2', 'receive_message', '{"id":"m3","roomId":"family-2","senderId":"family-2","senderName":"Nusrat Jahan","text":"বুকিং 3, please","time":"2026-11-28T03:49:04.661Z","status":"sent"}', 1795837744661, NULL);
INSERT INTO journal VALUES (10, 'BLRdPWEQdnXg7XgV', 'desk', 'conversation_updated', '{"roomId":"family-2","seq":9,"lastMessage":{"id":"m3","senderId":"family-2","senderName":"Nusrat Jahan","text":"বুকিং 3, please","time":"2026-11-28T03:49:04.661Z"},"unread":1,"userName":"Nusrat Jahan","read":false,"userEmail":"family-2@example.com","status":"open","assignee":null,"waiting":9,"waitingSince":"2026-11-28T03:49:04.661Z","activity":9}', 1795837744661, NULL);
INSERT INTO messages VALUES (3, 'family-1', 'm0', 'family-1', 'Nusrat Jahan', 'user', 'বুকিং 0, please', 1795837744244, 'sent');
INSERT INTO messages VALUES (5, 'family-1', 'm1', 'family-1', 'Nusrat Jahan', 'user', 'বুকিং 1, please', 1795837744350, 'sent');
INSERT INTO messages VALUES (7, 'family-1', 'm2', 'staff-1', 'Rafiq Hasan', 'admin', 'বুকিং 2, please', 1795837744462, 'sent');
INSERT INTO messages VALUES (9, 'family-2', 'm3', 'family-2', 'Nusrat Jahan', 'user', 'বুকিং 3, please', 1795837744661, 'sent');
INSERT INTO meta VALUES ('epoch', '23e0456573ce0805');
INSERT INTO payments VALUES ('pay_01a2204553d331b177e58686b7852965', 'bk_01a2204553d37cc646673fe29d54c896', 'family-1', 'stripe', 'cs_test_e4833183c5f0f3c3870db083cdc1a53b23b3ca32cc1ccb84', 'pi_9c6853e8e72a5bcd51e0999a', 300000, 'bdt', 'paid', NULL, 1795837743000, 1795837743000);
INSERT INTO payments VALUES ('pay_01a22045542a12e50d4df9e0dd81c6e9', 'bk_01a22045542a13261282422be9241c56', 'family-2', 'stripe', 'cs_test_37afd2bc5918b7362c247b4b60b5152e840ceaf892628610', 'pi_0bc39d70d8a7256bc00fe469', 300000, 'bdt', 'paid', NULL, 1795837744000, 1795837744000);
INSERT INTO provider_events VALUES ('stripe', 'evt_63404ad6914ce8165c060892', 'checkout.session.completed', '7f6c7726ad6f16f5feebb0b1a804c23fd55da277bab1560f5a7ab00c00952436', '{
  "id": "evt_63404ad6914ce8165c060892",
  "object": "event",
  "api_version": "2026-09-30.clover",
  "created": 1795837743,
  "data": {
    "object": {
      "id": "cs_test_e4833183c5f0f3c3870db083cdc1a53b23b3ca32cc1ccb84",
      "object": "checkout.session",
      "adaptive_pricing": {
        "enabled": false
      },
      "after_expiration": null,
      "allow_promotion_codes": null,
      "amount_subtotal": 300000,
      "amount_total": 300000,
      "automatic_tax": {
        "enabled": false,
        "liability": null,
        "provider": null,
        "status": null
      },
      "billing_address_collection": null,
      "cancel_url": "https://site.example/cancel",
      "client_reference_id": null,
      "client_secret": null,
      "collected_information": {
        "business_name": null,
        "individual_name": null,
        "shipping_details": null
      },
      "consent": null,
      "consent_collection": null,
      "created": 1795837683,
      "currency": "bdt",
      "currency_conversion": null,
      "custom_fields": [],
      "custom_text": {
        "after_submit": null,
        "shipping_address": null,
        "submit": null,
        "terms_of_service_acceptance": null
      },
      "customer": null,
      "customer_creation": "if_required",
      "customer_details": {
        "address": {
          "city": null,
          "country": "BD",
          "line1": null,
          "line2": null,
          "postal_code": null,
          "state": null
        },
        "business_name": null,
        "email": "card-holder@example.com",
        "individual_name": null,
        "name": "Card Holder",
        "phone": null,
        "tax_exempt": "none",
        "tax_ids": []
      },
      "customer_email": null,
      "discounts": [],
      "expires_at": 1795923743,
      "invoice": null,
      "invoice_creation": {
        "enabled": false,
        "invoice_data": {
          "account_tax_ids": null,
          "custom_fields": null,
          "description": null,
          "footer": null,
          "issuer": null,
          "metadata": {},
          "rendering_options": null
        }
      },
      "livemode": false,
      "locale": null,
      "metadata": {
        "userId": "family-1",
        "userEmail": "family-1@example.com",
        "userName": "Nusrat Jahan",
        "serviceId": "newborn-care",
        "serviceName": "Newborn Care",
        "bookingDate": "2026-12-02",
        "slot": "08:00-12:00",
        "durationType": "days",
        "quantity": "2",
        "division": "Dhaka",
        "district": "Dhaka",
        "address": "House 14, Road 7, Dhanmondi",
        "paymentOption": "half",
        "totalPrice": "6000",
        "amountPaid": "1",
        "dueAmount": "5999"
      },
      "mode": "payment",
      "origin_context": null,
      "payment_intent": "pi_9c6853e8e72a5bcd51e0999a",
      "payment_link": null,
      "payment_method_collection": "if_required",
      "payment_method_configuration_details": null,
      "payment_method_options": {
        "card": {
          "request_three_d_secure": "automatic"
        }
      },
      "payment_method_types": [
        "card"
      ],
      "payment_status": "paid",
      "permissions": null,
      "phone_number_collection": {
        "enabled": false
      },
      "recovered_from": null,
      "saved_payment_method_options": null,
      "setup_intent": null,
      "shipping_address_collection": null,
      "shipping_cost": null,
      "shipping_options": [],
      "status": "complete",
      "submit_type": null,
      "subscription": null,
      "success_url": "https://site.example/success",
      "total_details": {
        "amount_discount": 0,
        "amount_shipping": 0,
        "amount_tax": 0
      },
      "ui_mode": "hosted",
      "url": null,
      "wallet_options": null
    }
  },
  "livemode": false,
  "pending_webhooks": 1,
  "request": {
    "id": null,
    "idempotency_key": null
  },
  "type": "checkout.session.completed"
}', 1795837744083, NULL);
INSERT INTO provider_events VALUES ('stripe', 'evt_686cea8c9c2f414288f66e67', 'checkout.session.completed', '62e14ccaa22e8dd20a479646dcd83d2f90bfcf0b5e126ce6821e48ecafa005a6', '{
  "id": "evt_686cea8c9c2f414288f66e67",
  "object": "event",
  "api_version": "2026-09-30.clover",
  "created": 1795837744,
  "data": {
    "object": {
      "id": "cs_test_37afd2bc5918b7362c247b4b60b5152e840ceaf892628610",
      "object": "checkout.session",
      "adaptive_pricing": {
        "enabled": false
      },
      "after_expiration": null,
      "allow_promotion_codes": null,
      "amount_subtotal": 300000,
      "amount_total": 300000,
      "automatic_tax": {
        "enabled": false,
        "liability": null,
        "provider": null,
        "status": null
      },
      "billing_address_collection": null,
      "cancel_url": "https://site.example/cancel",
      "client_reference_id": null,
      "client_secret": null,
      "collected_information": {
        "business_name": null,
        "individual_name": null,
        "shipping_details": null
      },
      "consent": null,
      "consent_collection": null,
      "created": 1795837684,
      "currency": "bdt",
      "currency_conversion": null,
      "custom_fields": [],
      "custom_text": {
        "after_submit": null,
        "shipping_address": null,
        "submit": null,
        "terms_of_service_acceptance": null
      },
      "customer": null,
      "customer_creation": "if_required",
      "customer_details": {
        "address": {
          "city": null,
          "country": "BD",
          "line1": null,
          "line2": null,
          "postal_code": null,
          "state": null
        },
        "business_name": null,
        "email": "card-holder@example.com",
        "individual_name": null,
        "name": "Card Holder",
        "phone": null,
        "tax_exempt": "none",
        "tax_ids": []
      },
      "customer_email": null,
      "discounts": [],
      "expires_at": 1795923744,
      "invoice": null,
      "invoice_creation": {
        "enabled": false,
        "invoice_data": {
          "account_tax_ids": null,
          "custom_fields": null,
          "description": null,
          "footer": null,
          "issuer": null,
          "metadata": {},
          "rendering_options": null
        }
      },
      "livemode": false,
      "locale": null,
      "metadata": {
        "userId": "family-2",
        "userEmail": "family-2@example.com",
        "userName": "Nusrat Jahan",
        "serviceId": "newborn-care",
        "serviceName": "Newborn Care",
        "bookingDate": "2026-12-02",
        "slot": "08:00-12:00",
        "durationType": "days",
        "quantity": "2",
        "division": "Dhaka",
        "district": "Dhaka",
        "address": "House 14, Road 7, Dhanmondi",
        "paymentOption": "half",
        "totalPrice": "6000",
        "amountPaid": "1",
        "dueAmount": "5999"
      },
      "mode": "payment",
      "origin_context": null,
      "payment_intent": "pi_0bc39d70d8a7256bc00fe469",
      "payment_link": null,
      "payment_method_collection": "if_required",
      "payment_method_configuration_details": null,
      "payment_method_options": {
        "card": {
          "request_three_d_secure": "automatic"
        }
      },
      "payment_method_types": [
        "card"
      ],
      "payment_status": "paid",
      "permissions": null,
      "phone_number_collection": {
        "enabled": false
      },
      "recovered_from": null,
      "saved_payment_method_options": null,
      "setup_intent": null,
      "shipping_address_collection": null,
      "shipping_cost": null,
      "shipping_options": [],
      "status": "complete",
      "submit_type": null,
      "subscription": null,
      "success_url": "https://site.example/success",
      "total_details": {
        "amount_discount": 0,
        "amount_shipping": 0,
        "amount_tax": 0
      },
      "ui_mode": "hosted",
      "url": null,
      "wallet_options": null
    }
  },
  "livemode": false,
  "pending_webhooks": 1,
  "request": {
    "id": null,
    "idempotency_key": null
  },
  "type": "checkout.session.completed"
}', 1795837744170, NULL);
INSERT INTO services VALUES ('baby-sitting', 'baby-sitting', 'Baby Sitting', 'শিশু দেখাশোনা', 'Somebody kind and awake with your child while you are away.', 35000, 250000, 'bdt');
INSERT INTO services VALUES ('newborn-care', 'newborn-care', 'Newborn Care', 'নবজাতক সেবা', 'The first weeks: feeding, bathing, sleep, and rest for the mother.', 42000, 300000, 'bdt');
INSERT INTO services VALUES ('elderly-care', 'elderly-care', 'Elderly Care', 'প্রবীণ সেবা', 'Help through the day for parents and grandparents, at their own pace.', 30000, 220000, 'bdt');
INSERT INTO services VALUES ('nursing', 'nursing', 'Nursing', 'নার্সিং সেবা', 'A trained nurse at home: injections, dressings, catheters, observation.', 50000, 380000, 'bdt');
INSERT INTO services VALUES ('post-surgery-care', 'post-surgery-care', 'Post Surgery Care', 'অস্ত্রোপচার-পরবর্তী সেবা', 'Wound care, medicine and first steps after an operation.', 42000, 320000, 'bdt');
INSERT INTO services VALUES ('night-patient-watch', 'night-patient-watch', 'Night Patient Watch', 'রাতের রোগী দেখাশোনা', 'Somebody awake beside the bed, so that the family can sleep.', 45000, 340000, 'bdt');
INSERT INTO services VALUES ('physiotherapy', 'physiotherapy', 'Physiotherapy', 'ফিজিওথেরাপি', 'Exercises after a stroke, a fracture or a long time in bed.', 60000, 420000, 'bdt');
INSERT INTO services VALUES ('medication-reminder', 'medication-reminder', 'Medication Reminder', 'ওষুধ খাওয়ানোর সেবা', 'The right medicine at the right hour, and a note of what was taken.', 25000, 200000, 'bdt');
INSERT INTO sign_in_links VALUES ('71ba8317d421a0728f65a3006f3a8c29eb7b463a5f4d888d765ba35699c42a40', 'demo-customer', 1795838643266, NULL);
INSERT INTO users VALUES ('a91e677e83c295baded2fd4e', 'desk@carevia.example', 'desk@carevia.example', NULL, 'admin', '$argon2id$v=19$m=19456,t=2,p=1$GrZox4iJr9KzQBxQzs6Ipw$o+YhQHCEssAdov5nB0hyy3sJe2U1f2LRLyhJuzqQHko', NULL, 1795837743070, NULL, 0, 0, NULL);
INSERT INTO users VALUES ('demo-customer', 'customer@carevia.example', 'customer@carevia.example', 'Nusrat Jahan', 'user', NULL, NULL, 1795837742846, NULL, 0, 0, NULL);
INSERT INTO users VALUES ('demo-staff', 'admin@carevia.example', 'admin@carevia.example', 'Sumaiya Islam', 'admin', NULL, NULL, 1795837742846, NULL, 0, 0, NULL);
INSERT INTO users VALUES ('family-1', NULL, 'family-1@example.com', 'Nusrat Jahan', 'user', NULL, NULL, 1795837744083, NULL, 0, 1, 7);
INSERT INTO users VALUES ('family-2', NULL, 'family-2@example.com', 'Nusrat Jahan', 'user', NULL, NULL, 1795837744170, NULL, 0, 1, 9);
INSERT INTO users VALUES ('staff-1', NULL, NULL, 'Rafiq Hasan', 'admin', NULL, NULL, 1795837744454, NULL, 0, 0, NULL);
ALTER TABLE ONLY alembic_version
    ADD CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num);
ALTER TABLE ONLY bookings
    ADD CONSTRAINT pk_bookings PRIMARY KEY (id);
ALTER TABLE ONLY conversations
    ADD CONSTRAINT pk_conversations PRIMARY KEY (room_id);
ALTER TABLE ONLY divisions
    ADD CONSTRAINT pk_divisions PRIMARY KEY (id);
ALTER TABLE ONLY joined_rooms
    ADD CONSTRAINT pk_joined_rooms PRIMARY KEY (socket_id, room);
ALTER TABLE ONLY journal
    ADD CONSTRAINT pk_journal PRIMARY KEY (seq);
ALTER TABLE ONLY login_failures
    ADD CONSTRAINT pk_login_failures PRIMARY KEY (id);
ALTER TABLE ONLY messages
    ADD CONSTRAINT pk_messages PRIMARY KEY (seq);
ALTER TABLE ONLY meta
    ADD CONSTRAINT pk_meta PRIMARY KEY (key);
ALTER TABLE ONLY payments
    ADD CONSTRAINT pk_payments PRIMARY KEY (id);
ALTER TABLE ONLY provider_events
    ADD CONSTRAINT pk_provider_events PRIMARY KEY (provider, id);
ALTER TABLE ONLY services
    ADD CONSTRAINT pk_services PRIMARY KEY (id);
ALTER TABLE ONLY sessions
    ADD CONSTRAINT pk_sessions PRIMARY KEY (token_hash);
ALTER TABLE ONLY sign_in_links
    ADD CONSTRAINT pk_sign_in_links PRIMARY KEY (token_hash);
ALTER TABLE ONLY users
    ADD CONSTRAINT pk_users PRIMARY KEY (id);
ALTER TABLE ONLY bookings
    ADD CONSTRAINT uq_bookings_tracking_id UNIQUE (tracking_id);
ALTER TABLE ONLY messages
    ADD CONSTRAINT uq_messages_sender_id_id UNIQUE (sender_id, id);
ALTER TABLE ONLY payments
    ADD CONSTRAINT uq_payments_session_id UNIQUE (session_id);
ALTER TABLE ONLY services
    ADD CONSTRAINT uq_services_slug UNIQUE (slug);
ALTER TABLE ONLY users
    ADD CONSTRAINT uq_users_login UNIQUE (login);
CREATE INDEX ix_bookings_announced ON bookings USING btree (announced);
CREATE INDEX ix_bookings_created ON bookings USING btree (created);
CREATE INDEX ix_bookings_user_id_announced ON bookings USING btree (user_id, announced);
CREATE INDEX ix_joined_rooms_time ON joined_rooms USING btree ("time");
CREATE INDEX ix_journal_room_seq ON journal USING btree (room, seq);
CREATE INDEX ix_login_failures_key_time ON login_failures USING btree (key, "time");
CREATE INDEX ix_messages_room_id_seq ON messages USING btree (room_id, seq);
CREATE INDEX ix_payments_booking_id ON payments USING btree (booking_id);
CREATE INDEX ix_payments_created ON payments USING btree (created, id);
CREATE INDEX ix_payments_user_id_created ON payments USING btree (user_id, created);
CREATE INDEX ix_sessions_user_id ON sessions USING btree (user_id);
CREATE INDEX ix_users_booked_activity ON users USING btree (booked, activity);
ALTER TABLE ONLY bookings
    ADD CONSTRAINT fk_bookings_user_id FOREIGN KEY (user_id) REFERENCES users(id);
ALTER TABLE ONLY payments
    ADD CONSTRAINT fk_payments_booking_id FOREIGN KEY (booking_id) REFERENCES bookings(id);
ALTER TABLE ONLY payments
    ADD CONSTRAINT fk_payments_user_id FOREIGN KEY (user_id) REFERENCES users(id);
ALTER TABLE ONLY sessions
    ADD CONSTRAINT fk_sessions_user_id FOREIGN KEY (user_id) REFERENCES users(id) ON DELETE CASCADE;
ALTER TABLE ONLY sign_in_links
    ADD CONSTRAINT fk_sign_in_links_user_id FOREIGN KEY (user_id) REFERENCES users(id) ON DELETE CASCADE;
