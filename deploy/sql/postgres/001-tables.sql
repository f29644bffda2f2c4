-- Everything of the instances and of the gateway, as in sqlite/001-tables.sql; additive changes only, under the same numbers as there.
-- Keys and whatever is sorted or searched are COLLATE "C": the order of bytes, as on SQLite, whatever the database's own collation.
-- Times are milliseconds since the Unix epoch. bytea columns called "sealed" or "body" hold SecretBox bytes (AES-256-GCM under DATA_KEY).

CREATE TABLE data_key_check (
    id      integer NOT NULL PRIMARY KEY CHECK (id = 1),
    sealed  bytea NOT NULL
);

-- Highest epoch any deleted instance ever had: a new instance of the same id starts above it, so an old owner stays fenced.
CREATE TABLE epoch_floor (
    id     integer NOT NULL PRIMARY KEY CHECK (id = 1),
    epoch  bigint NOT NULL
);
INSERT INTO epoch_floor (id, epoch) VALUES (1, 0);

CREATE TABLE instance (
    instance_id  text COLLATE "C" NOT NULL PRIMARY KEY,
    sealed       bytea NOT NULL,
    desired      boolean NOT NULL,
    created_at   bigint NOT NULL
);

CREATE TABLE instance_metadata (
    instance_id  text COLLATE "C" NOT NULL REFERENCES instance (instance_id) ON DELETE CASCADE,
    name         text COLLATE "C" NOT NULL,
    value        text COLLATE "C" NOT NULL,
    PRIMARY KEY (instance_id, name)
);
CREATE INDEX instance_metadata_value ON instance_metadata (name, value);

CREATE TABLE instance_lease (
    instance_id  text COLLATE "C" NOT NULL PRIMARY KEY REFERENCES instance (instance_id) ON DELETE CASCADE,
    epoch        bigint NOT NULL,
    owner        text COLLATE "C" NULL,
    owner_since  bigint NULL
) WITH (fillfactor = 50);

-- search_text: id, name and addresses in lower case, folded by us because databases disagree about letters beyond ASCII.
CREATE TABLE instance_status (
    instance_id                text COLLATE "C" NOT NULL PRIMARY KEY REFERENCES instance (instance_id) ON DELETE CASCADE,
    last_sequence              bigint NOT NULL,
    status                     text COLLATE "C" NOT NULL,
    jid                        text COLLATE "C" NULL,
    lid                        text COLLATE "C" NULL,
    push_name                  text COLLATE "C" NULL,
    search_text                text COLLATE "C" NOT NULL,
    connected_at               bigint NULL,
    last_seen_at               bigint NULL,
    disconnect_reason          text COLLATE "C" NULL,
    disconnect_code            integer NULL,
    disconnect_at              bigint NULL,
    disconnect_will_reconnect  boolean NULL
) WITH (fillfactor = 50);
CREATE INDEX instance_status_status ON instance_status (status, instance_id);

CREATE TABLE credentials (
    instance_id  text COLLATE "C" NOT NULL PRIMARY KEY REFERENCES instance (instance_id) ON DELETE CASCADE,
    sealed       bytea NOT NULL
);

CREATE TABLE signal_session (
    instance_id  text COLLATE "C" NOT NULL REFERENCES instance (instance_id) ON DELETE CASCADE,
    account      text COLLATE "C" NOT NULL,
    server       text COLLATE "C" NOT NULL,
    device       integer NOT NULL,
    sealed       bytea NOT NULL,
    PRIMARY KEY (instance_id, account, server, device)
);

-- Public keys of others: nothing secret.
CREATE TABLE signal_identity (
    instance_id  text COLLATE "C" NOT NULL REFERENCES instance (instance_id) ON DELETE CASCADE,
    account      text COLLATE "C" NOT NULL,
    server       text COLLATE "C" NOT NULL,
    device       integer NOT NULL,
    public_key   bytea NOT NULL,
    PRIMARY KEY (instance_id, account, server, device)
);

CREATE TABLE pre_key (
    instance_id  text COLLATE "C" NOT NULL REFERENCES instance (instance_id) ON DELETE CASCADE,
    key_id       bigint NOT NULL,
    sealed       bytea NOT NULL,
    uploaded     boolean NOT NULL,
    PRIMARY KEY (instance_id, key_id)
);
CREATE INDEX pre_key_waiting ON pre_key (instance_id, key_id) WHERE NOT uploaded;

CREATE TABLE lid_mapping (
    instance_id  text COLLATE "C" NOT NULL REFERENCES instance (instance_id) ON DELETE CASCADE,
    phone        text COLLATE "C" NOT NULL,
    lid          text COLLATE "C" NOT NULL,
    source       text COLLATE "C" NOT NULL,
    updated_at   bigint NOT NULL,
    PRIMARY KEY (instance_id, phone)
);
CREATE INDEX lid_mapping_lid ON lid_mapping (instance_id, lid, updated_at);

CREATE TABLE device_list (
    instance_id  text COLLATE "C" NOT NULL REFERENCES instance (instance_id) ON DELETE CASCADE,
    account      text COLLATE "C" NOT NULL,
    devices      text COLLATE "C" NOT NULL,
    fetched_at   bigint NOT NULL,
    PRIMARY KEY (instance_id, account)
);

-- Messages, outbox and dead letters outlive a delete without purge: no foreign key.
CREATE TABLE message (
    instance_id  text COLLATE "C" NOT NULL,
    chat         text COLLATE "C" NOT NULL,
    sender       text COLLATE "C" NOT NULL,
    id           text COLLATE "C" NOT NULL,
    from_me      boolean NOT NULL,
    status       integer NOT NULL,
    sent_at      bigint NOT NULL,
    type         text COLLATE "C" NOT NULL,
    content      bytea NULL,
    secret       bytea NULL,
    client_ref   text COLLATE "C" NULL,
    retries      integer NOT NULL,
    sent_to      text COLLATE "C" NULL,
    failure      text COLLATE "C" NULL,
    from_api     boolean NOT NULL,
    created_at   bigint NOT NULL,
    PRIMARY KEY (instance_id, chat, sender, id)
);
CREATE INDEX message_outgoing ON message (instance_id, id) WHERE from_me;
CREATE INDEX message_pending ON message (instance_id, created_at) WHERE from_me AND status IN (10, 11);

CREATE TABLE outbox (
    instance_id    text COLLATE "C" NOT NULL,
    endpoint_id    text COLLATE "C" NOT NULL,
    sequence       bigint NOT NULL,
    event_id       text COLLATE "C" NOT NULL,
    event_name     text COLLATE "C" NOT NULL,
    body           bytea NOT NULL,
    created_at     bigint NOT NULL,
    attempts       integer NOT NULL,
    due_at         bigint NOT NULL,
    claimed_until  bigint NOT NULL,
    PRIMARY KEY (instance_id, endpoint_id, sequence)
);

-- Bodies stay sealed as they were in the outbox.
CREATE TABLE dead_letter (
    instance_id  text COLLATE "C" NOT NULL,
    endpoint_id  text COLLATE "C" NOT NULL,
    sequence     bigint NOT NULL,
    event_id     text COLLATE "C" NOT NULL,
    event_name   text COLLATE "C" NOT NULL,
    body         bytea NOT NULL,
    created_at   bigint NOT NULL,
    attempts     integer NOT NULL,
    reason       text COLLATE "C" NOT NULL,
    buried_at    bigint NOT NULL,
    PRIMARY KEY (instance_id, endpoint_id, sequence)
);

CREATE TABLE api_key (
    key_hash     text COLLATE "C" NOT NULL PRIMARY KEY,
    scopes       text COLLATE "C" NOT NULL,
    instance_id  text COLLATE "C" NULL,
    name         text COLLATE "C" NOT NULL,
    created_at   bigint NOT NULL
);
CREATE INDEX api_key_instance ON api_key (instance_id);

CREATE TABLE idempotency_answer (
    answer_key    text COLLATE "C" NOT NULL PRIMARY KEY,
    body_hash     text COLLATE "C" NOT NULL,
    status        integer NULL,
    content_type  text COLLATE "C" NULL,
    body          bytea NULL,
    location      text COLLATE "C" NULL,
    expires_at    bigint NOT NULL
);
CREATE INDEX idempotency_answer_expiry ON idempotency_answer (expires_at);

-- Cluster only. Which silos live: each renews its row, on the database's clock, so that no two machines need agree about the time.
CREATE TABLE silo_lease (
    silo         text COLLATE "C" NOT NULL PRIMARY KEY,
    lease_until  timestamptz NOT NULL
) WITH (fillfactor = 50);

-- Cluster only. Where the grains that hold sockets are active (orleans-notes §4); a row counts while its silo's lease runs.
CREATE TABLE grain_directory (
    grain_id            text COLLATE "C" NOT NULL PRIMARY KEY,
    activation_id       text COLLATE "C" NOT NULL,
    silo                text COLLATE "C" NOT NULL,
    membership_version  bigint NOT NULL
);
CREATE INDEX grain_directory_silo ON grain_directory (silo);

-- First statement of every session transaction: stops it, whatever follows in the same round trip, when the owner has changed.
-- The row stays locked until the end, so that a new owner waits for what the old one is just committing.
CREATE FUNCTION require_owner(id text, expected bigint) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    PERFORM 1 FROM instance_lease WHERE instance_id = id AND epoch = expected FOR SHARE;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'the instance has a newer owner' USING ERRCODE = 'WA001';
    END IF;
END $$;

-- Stops a transaction that changed fewer rows than it must.
CREATE FUNCTION require_rows(changed bigint, expected bigint) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    IF changed <> expected THEN
        RAISE EXCEPTION 'an event sequence was used twice' USING ERRCODE = 'WA002';
    END IF;
END $$;
