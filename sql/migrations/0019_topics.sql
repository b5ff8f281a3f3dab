-- The topic of a private chat (message_thread_id of the Bot API) in which something was asked: what comes of it goes there too.
alter table pay.generations add column thread_id bigint;
alter table pay.top_ups add column thread_id bigint;
-- The topic of the message that shows the draft.
alter table pay.drafts add column thread_id bigint;

-- These forms have no argument for the topic.
drop function if exists pay.gen_start(bigint, text, text, bigint, bigint, text, interval, int, int, int, int);
drop function if exists pay.place(json, bigint, text, text, bigint, bigint, text, interval, int, int, int, int);
drop function if exists pay.gen_gather(bigint, bigint, bigint);
drop function if exists pay.invoice_sent(bigint, text, bigint);
