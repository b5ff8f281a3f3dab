-- What a person has sent and not used yet is a draft of the kind `request`. `kept` was its name in the build before, which
-- may still run beside this one for the length of a deploy.
alter table pay.drafts drop constraint drafts_kind_check;
alter table pay.drafts add constraint drafts_kind_check
  check (kind in ('order', 'find', 'request', 'kept', 'promo', 'question', 'transfer'));

-- The message that showed this file last: an answer to it is about this file.
alter table pay.results add column message_id bigint;
create index results_shown on pay.results (user_id, message_id) where message_id is not null;
