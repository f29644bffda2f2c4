-- Messages that wait: not before this time (milliseconds since the Unix epoch, 0 = at once), and their order among those that may leave.
ALTER TABLE message ADD COLUMN due_at bigint NOT NULL DEFAULT 0;
ALTER TABLE message ADD COLUMN priority integer NOT NULL DEFAULT 5;
CREATE INDEX message_due ON message (instance_id, due_at) WHERE from_me AND status = 10;
