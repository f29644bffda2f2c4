-- Who chose what in a poll: the newest vote of each person. It belongs to the poll's message and outlives a delete without purge as that does.
CREATE TABLE poll_vote (
    instance_id  TEXT    NOT NULL,
    chat         TEXT    NOT NULL,
    sender       TEXT    NOT NULL,
    id           TEXT    NOT NULL,
    voter        TEXT    NOT NULL,
    sealed       BLOB    NOT NULL,
    voted_at     INTEGER NOT NULL,
    PRIMARY KEY (instance_id, chat, sender, id, voter)
);

-- What a contact gave us to write to him (sealed), and when we last gave him ours. Times are seconds, as on the wire.
CREATE TABLE privacy_token (
    instance_id  TEXT    NOT NULL REFERENCES instance (instance_id) ON DELETE CASCADE,
    account      TEXT    NOT NULL,
    sealed       BLOB    NULL,
    token_at     INTEGER NULL,
    issued_at    INTEGER NULL,
    PRIMARY KEY (instance_id, account)
);

-- Disappearing timer of a chat, seconds; 0 = off.
CREATE TABLE chat_timer (
    instance_id  TEXT    NOT NULL REFERENCES instance (instance_id) ON DELETE CASCADE,
    chat         TEXT    NOT NULL,
    seconds      INTEGER NOT NULL,
    set_at       INTEGER NOT NULL,
    PRIMARY KEY (instance_id, chat)
);
