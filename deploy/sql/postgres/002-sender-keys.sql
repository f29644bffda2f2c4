-- Groups: sender keys of others and of our own, and who was given ours.

CREATE TABLE sender_key (
    instance_id  text COLLATE "C" NOT NULL REFERENCES instance (instance_id) ON DELETE CASCADE,
    chat         text COLLATE "C" NOT NULL,
    account      text COLLATE "C" NOT NULL,
    server       text COLLATE "C" NOT NULL,
    device       integer NOT NULL,
    sealed       bytea NOT NULL,
    PRIMARY KEY (instance_id, chat, account, server, device)
);
CREATE INDEX sender_key_account ON sender_key (instance_id, account, server);

-- One row per device that has our key: nothing secret.
CREATE TABLE sender_key_mark (
    instance_id  text COLLATE "C" NOT NULL REFERENCES instance (instance_id) ON DELETE CASCADE,
    chat         text COLLATE "C" NOT NULL,
    key_id       bigint NOT NULL,
    account      text COLLATE "C" NOT NULL,
    server       text COLLATE "C" NOT NULL,
    device       integer NOT NULL,
    PRIMARY KEY (instance_id, chat, key_id, account, server, device)
);
CREATE INDEX sender_key_mark_device ON sender_key_mark (instance_id, account, server, device);
