-- Files of messages: how to fetch and open them, and where they are kept. Rows go with their messages: no foreign key.
-- state: 0 described, 1 wanted, 2 stored, 3 asked (our phone was asked to upload it again), 4 failed, 5 removed (retention).
-- sealed: key, addresses and name. object_key and the columns after it are set when the file is stored.
CREATE TABLE media (
    instance_id      TEXT    NOT NULL,
    chat             TEXT    NOT NULL,
    sender           TEXT    NOT NULL,
    id               TEXT    NOT NULL,
    from_me          INTEGER NOT NULL,
    kind             TEXT    NOT NULL,
    mimetype         TEXT    NULL,
    file_length      INTEGER NOT NULL,
    file_sha256      BLOB    NULL,
    file_enc_sha256  BLOB    NULL,
    sealed           BLOB    NOT NULL,
    own_upload       INTEGER NOT NULL,
    event_sequence   INTEGER NOT NULL,
    state            INTEGER NOT NULL,
    attempts         INTEGER NOT NULL,
    asks             INTEGER NOT NULL,
    due_at           INTEGER NOT NULL,
    failure          TEXT    NULL,
    object_key       TEXT    NULL,
    content_type     TEXT    NULL,
    stored_length    INTEGER NULL,
    stored_at        INTEGER NULL,
    expires_at       INTEGER NULL,
    created_at       INTEGER NOT NULL,
    PRIMARY KEY (instance_id, chat, sender, id)
);
CREATE INDEX media_id ON media (instance_id, id);
CREATE INDEX media_due ON media (instance_id, due_at) WHERE state IN (1, 3);
CREATE INDEX media_expiry ON media (expires_at) WHERE state = 2;
