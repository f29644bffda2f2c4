-- Everything of the instances and of the gateway. Additive changes only: the next change is 002-….sql.
-- Times are milliseconds since the Unix epoch. BLOB columns called "sealed" or "body" hold SecretBox bytes (AES-256-GCM under DATA_KEY).

CREATE TABLE data_key_check (
    id      INTEGER NOT NULL PRIMARY KEY CHECK (id = 1),
    sealed  BLOB    NOT NULL
);

-- Highest epoch any deleted instance ever had: a new instance of the same id starts above it, so an old owner stays fenced.
CREATE TABLE epoch_floor (
    id     INTEGER NOT NULL PRIMARY KEY CHECK (id = 1),
    epoch  INTEGER NOT NULL
);
INSERT INTO epoch_floor (id, epoch) VALUES (1, 0);

CREATE TABLE instance (
    instance_id  TEXT    NOT NULL PRIMARY KEY,
    sealed       BLOB    NOT NULL,
    desired      INTEGER NOT NULL,
    created_at   INTEGER NOT NULL
);

CREATE TABLE instance_metadata (
    instance_id  TEXT NOT NULL REFERENCES instance (instance_id) ON DELETE CASCADE,
    name         TEXT NOT NULL,
    value        TEXT NOT NULL,
    PRIMARY KEY (instance_id, name)
);
CREATE INDEX instance_metadata_value ON instance_metadata (name, value);

CREATE TABLE instance_lease (
    instance_id  TEXT    NOT NULL PRIMARY KEY REFERENCES instance (instance_id) ON DELETE CASCADE,
    epoch        INTEGER NOT NULL,
    owner        TEXT    NULL,
    owner_since  INTEGER NULL
);

-- search_text: id, name and addresses in lower case, folded by us because databases disagree about letters beyond ASCII.
CREATE TABLE instance_status (
    instance_id                TEXT    NOT NULL PRIMARY KEY REFERENCES instance (instance_id) ON DELETE CASCADE,
    last_sequence              INTEGER NOT NULL,
    status                     TEXT    NOT NULL,
    jid                        TEXT    NULL,
    lid                        TEXT    NULL,
    push_name                  TEXT    NULL,
    search_text                TEXT    NOT NULL,
    connected_at               INTEGER NULL,
    last_seen_at               INTEGER NULL,
    disconnect_reason          TEXT    NULL,
    disconnect_code            INTEGER NULL,
    disconnect_at              INTEGER NULL,
    disconnect_will_reconnect  INTEGER NULL
);
CREATE INDEX instance_status_status ON instance_status (status, instance_id);

CREATE TABLE credentials (
    instance_id  TEXT NOT NULL PRIMARY KEY REFERENCES instance (instance_id) ON DELETE CASCADE,
    sealed       BLOB NOT NULL
);

CREATE TABLE signal_session (
    instance_id  TEXT    NOT NULL REFERENCES instance (instance_id) ON DELETE CASCADE,
    account      TEXT    NOT NULL,
    server       TEXT    NOT NULL,
    device       INTEGER NOT NULL,
    sealed       BLOB    NOT NULL,
    PRIMARY KEY (instance_id, account, server, device)
);

-- Public keys of others: nothing secret.
CREATE TABLE signal_identity (
    instance_id  TEXT    NOT NULL REFERENCES instance (instance_id) ON DELETE CASCADE,
    account      TEXT    NOT NULL,
    server       TEXT    NOT NULL,
    device       INTEGER NOT NULL,
    public_key   BLOB    NOT NULL,
    PRIMARY KEY (instance_id, account, server, device)
);

CREATE TABLE pre_key (
    instance_id  TEXT    NOT NULL REFERENCES instance (instance_id) ON DELETE CASCADE,
    key_id       INTEGER NOT NULL,
    sealed       BLOB    NOT NULL,
    uploaded     INTEGER NOT NULL,
    PRIMARY KEY (instance_id, key_id)
);
CREATE INDEX pre_key_waiting ON pre_key (instance_id, key_id) WHERE uploaded = 0;

CREATE TABLE lid_mapping (
    instance_id  TEXT    NOT NULL REFERENCES instance (instance_id) ON DELETE CASCADE,
    phone        TEXT    NOT NULL,
    lid          TEXT    NOT NULL,
    source       TEXT    NOT NULL,
    updated_at   INTEGER NOT NULL,
    PRIMARY KEY (instance_id, phone)
);
CREATE INDEX lid_mapping_lid ON lid_mapping (instance_id, lid, updated_at);

CREATE TABLE device_list (
    instance_id  TEXT    NOT NULL REFERENCES instance (instance_id) ON DELETE CASCADE,
    account      TEXT    NOT NULL,
    devices      TEXT    NOT NULL,
    fetched_at   INTEGER NOT NULL,
    PRIMARY KEY (instance_id, account)
);

-- Messages, outbox and dead letters outlive a delete without purge: no foreign key.
CREATE TABLE message (
    instance_id  TEXT    NOT NULL,
    chat         TEXT    NOT NULL,
    sender       TEXT    NOT NULL,
    id           TEXT    NOT NULL,
    from_me      INTEGER NOT NULL,
    status       INTEGER NOT NULL,
    sent_at      INTEGER NOT NULL,
    type         TEXT    NOT NULL,
    content      BLOB    NULL,
    secret       BLOB    NULL,
    client_ref   TEXT    NULL,
    retries      INTEGER NOT NULL,
    sent_to      TEXT    NULL,
    failure      TEXT    NULL,
    from_api     INTEGER NOT NULL,
    created_at   INTEGER NOT NULL,
    PRIMARY KEY (instance_id, chat, sender, id)
);
CREATE INDEX message_outgoing ON message (instance_id, id) WHERE from_me = 1;
CREATE INDEX message_pending ON message (instance_id, created_at) WHERE from_me = 1 AND status IN (10, 11);

CREATE TABLE outbox (
    instance_id    TEXT    NOT NULL,
    endpoint_id    TEXT    NOT NULL,
    sequence       INTEGER NOT NULL,
    event_id       TEXT    NOT NULL,
    event_name     TEXT    NOT NULL,
    body           BLOB    NOT NULL,
    created_at     INTEGER NOT NULL,
    attempts       INTEGER NOT NULL,
    due_at         INTEGER NOT NULL,
    claimed_until  INTEGER NOT NULL,
    PRIMARY KEY (instance_id, endpoint_id, sequence)
);

-- Bodies stay sealed as they were in the outbox.
CREATE TABLE dead_letter (
    instance_id  TEXT    NOT NULL,
    endpoint_id  TEXT    NOT NULL,
    sequence     INTEGER NOT NULL,
    event_id     TEXT    NOT NULL,
    event_name   TEXT    NOT NULL,
    body         BLOB    NOT NULL,
    created_at   INTEGER NOT NULL,
    attempts     INTEGER NOT NULL,
    reason       TEXT    NOT NULL,
    buried_at    INTEGER NOT NULL,
    PRIMARY KEY (instance_id, endpoint_id, sequence)
);

CREATE TABLE api_key (
    key_hash     TEXT    NOT NULL PRIMARY KEY,
    scopes       TEXT    NOT NULL,
    instance_id  TEXT    NULL,
    name         TEXT    NOT NULL,
    created_at   INTEGER NOT NULL
);
CREATE INDEX api_key_instance ON api_key (instance_id);

CREATE TABLE idempotency_answer (
    answer_key    TEXT    NOT NULL PRIMARY KEY,
    body_hash     TEXT    NOT NULL,
    status        INTEGER NULL,
    content_type  TEXT    NULL,
    body          BLOB    NULL,
    location      TEXT    NULL,
    expires_at    INTEGER NOT NULL
);
CREATE INDEX idempotency_answer_expiry ON idempotency_answer (expires_at);
