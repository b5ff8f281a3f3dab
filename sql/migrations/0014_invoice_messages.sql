-- The message that shows an unpaid invoice, so that it can leave the chat.
alter table pay.top_ups add column message_id bigint;
create index top_ups_shown on pay.top_ups (user_id) where message_id is not null and state in ('open', 'cancelled');
create index top_ups_ended on pay.top_ups (expires_at) where message_id is not null and state in ('open', 'cancelled');
