-- Messages are named by id alone where they are quoted, edited, deleted, forwarded or asked about.
CREATE INDEX message_id ON message (instance_id, id);
DROP INDEX message_outgoing;
