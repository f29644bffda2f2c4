-- Who owned an instance last and when and why he let go of it: when the next owner is another silo, the instance has moved.
ALTER TABLE instance_lease ADD COLUMN last_owner TEXT NULL;
ALTER TABLE instance_lease ADD COLUMN left_at INTEGER NULL;
ALTER TABLE instance_lease ADD COLUMN left_for TEXT NULL;

-- One row per move, made by the claim of the new owner under its epoch; told = its event is in the outbox. Times are milliseconds since the Unix epoch.
CREATE TABLE ownership_move (
    instance_id  TEXT    NOT NULL REFERENCES instance (instance_id) ON DELETE CASCADE,
    epoch        INTEGER NOT NULL,
    from_node    TEXT    NOT NULL,
    to_node      TEXT    NOT NULL,
    reason       TEXT    NOT NULL,
    moved_at     INTEGER NOT NULL,
    down_since   INTEGER NULL,
    downtime_ms  INTEGER NULL,
    told         INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (instance_id, epoch)
);
CREATE INDEX ownership_move_time ON ownership_move (moved_at);
