-- Who chose what in a poll: the newest vote of each person. It belongs to the poll's message and outlives a delete without purge as that does.
CREATE TABLE poll_vote (
    instance_id  text COLLATE "C" NOT NULL,
    chat         text COLLATE "C" NOT NULL,
    sender       text COLLATE "C" NOT NULL,
    id           text COLLATE "C" NOT NULL,
    voter        text COLLATE "C" NOT NULL,
    sealed       bytea NOT NULL,
    voted_at     bigint NOT NULL,
    PRIMARY KEY (instance_id, chat, sender, id, voter)
);

-- What a contact gave us to write to him (sealed), and when we last gave him ours. Times are seconds, as on the wire.
CREATE TABLE privacy_token (
    instance_id  text COLLATE "C" NOT NULL REFERENCES instance (instance_id) ON DELETE CASCADE,
    account      text COLLATE "C" NOT NULL,
    sealed       bytea NULL,
    token_at     bigint NULL,
    issued_at    bigint NULL,
    PRIMARY KEY (instance_id, account)
);

-- Disappearing timer of a chat, seconds; 0 = off.
CREATE TABLE chat_timer (
    instance_id  text COLLATE "C" NOT NULL REFERENCES instance (instance_id) ON DELETE CASCADE,
    chat         text COLLATE "C" NOT NULL,
    seconds      integer NOT NULL,
    set_at       bigint NOT NULL,
    PRIMARY KEY (instance_id, chat)
);
