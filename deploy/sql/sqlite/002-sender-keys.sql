-- Groups: sender keys of others and of our own, and who was given ours.

CREATE TABLE sender_key (
    instance_id  TEXT    NOT NULL REFERENCES instance (instance_id) ON DELETE CASCADE,
    chat         TEXT    NOT NULL,
    account      TEXT    NOT NULL,
    server       TEXT    NOT NULL,
    device       INTEGER NOT NULL,
    sealed       BLOB    NOT NULL,
    PRIMARY KEY (instance_id, chat, account, server, device)
);
CREATE INDEX sender_key_account ON sender_key (instance_id, account, server);

-- One row per device that has our key: nothing secret.
CREATE TABLE sender_key_mark (
    instance_id  TEXT    NOT NULL REFERENCES instance (instance_id) ON DELETE CASCADE,
    chat         TEXT    NOT NULL,
    key_id       INTEGER NOT NULL,
    account      TEXT    NOT NULL,
    server       TEXT    NOT NULL,
    device       INTEGER NOT NULL,
    PRIMARY KEY (instance_id, chat, key_id, account, server, device)
) WITHOUT ROWID;
CREATE INDEX sender_key_mark_device ON sender_key_mark (instance_id, account, server, device);
