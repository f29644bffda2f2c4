-- Who owned an instance last and when and why he let go of it: when the next owner is another silo, the instance has moved.
ALTER TABLE instance_lease ADD COLUMN last_owner text COLLATE "C" NULL;
ALTER TABLE instance_lease ADD COLUMN left_at bigint NULL;
ALTER TABLE instance_lease ADD COLUMN left_for text COLLATE "C" NULL;

-- One row per move, made by the claim of the new owner under its epoch; told = its event is in the outbox. Times are milliseconds since the Unix epoch.
CREATE TABLE ownership_move (
    instance_id  text COLLATE "C" NOT NULL REFERENCES instance (instance_id) ON DELETE CASCADE,
    epoch        bigint NOT NULL,
    from_node    text COLLATE "C" NOT NULL,
    to_node      text COLLATE "C" NOT NULL,
    reason       text COLLATE "C" NOT NULL,
    moved_at     bigint NOT NULL,
    down_since   bigint NULL,
    downtime_ms  bigint NULL,
    told         boolean NOT NULL DEFAULT FALSE,
    PRIMARY KEY (instance_id, epoch)
);
CREATE INDEX ownership_move_time ON ownership_move (moved_at);
