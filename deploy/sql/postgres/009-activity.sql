-- When a message came or went last, to the minute: after a crash of many, the busy ones are connected first. Milliseconds since the Unix epoch.
ALTER TABLE instance_status ADD COLUMN last_active_at bigint NULL;
UPDATE instance_status SET last_active_at = last_seen_at;
