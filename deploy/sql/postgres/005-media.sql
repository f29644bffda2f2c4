-- Files of messages: how to fetch and open them, and where they are kept. Rows go with their messages: no foreign key.
-- state: 0 described, 1 wanted, 2 stored, 3 asked (our phone was asked to upload it again), 4 failed, 5 removed (retention).
-- sealed: key, addresses and name. object_key and the columns after it are set when the file is stored.
CREATE TABLE media (
    instance_id      text COLLATE "C" NOT NULL,
    chat             text COLLATE "C" NOT NULL,
    sender           text COLLATE "C" NOT NULL,
    id               text COLLATE "C" NOT NULL,
    from_me          boolean NOT NULL,
    kind             text COLLATE "C" NOT NULL,
    mimetype         text COLLATE "C" NULL,
    file_length      bigint NOT NULL,
    file_sha256      bytea NULL,
    file_enc_sha256  bytea NULL,
    sealed           bytea NOT NULL,
    own_upload       boolean NOT NULL,
    event_sequence   bigint NOT NULL,
    state            integer NOT NULL,
    attempts         integer NOT NULL,
    asks             integer NOT NULL,
    due_at           bigint NOT NULL,
    failure          text COLLATE "C" NULL,
    object_key       text COLLATE "C" NULL,
    content_type     text COLLATE "C" NULL,
    stored_length    bigint NULL,
    stored_at        bigint NULL,
    expires_at       bigint NULL,
    created_at       bigint NOT NULL,
    PRIMARY KEY (instance_id, chat, sender, id)
);
CREATE INDEX media_id ON media (instance_id, id);
CREATE INDEX media_due ON media (instance_id, due_at) WHERE state IN (1, 3);
CREATE INDEX media_expiry ON media (expires_at) WHERE state = 2;
