-- The newest messages of a chat: what is unread, and later its list.
CREATE INDEX message_chat_order ON message (instance_id, chat, sent_at);
