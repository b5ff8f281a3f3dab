-- A trigger that is made anew locks its table against writers until the commit, so this file is applied only when its own
-- text has changed. In the order of locks: generations before the ledger.

create or replace trigger generation_rows before update or delete on pay.generations for each row execute function pay.generation_guard();
create or replace trigger quote_rows before update on pay.quotes for each row execute function pay.only_forgotten();

create or replace trigger payment_rows  before update or delete on pay.payments for each row       execute function pay.no_rewrite();
create or replace trigger payment_whole before truncate         on pay.payments for each statement execute function pay.no_rewrite();
create or replace trigger ledger_rows   before update or delete on pay.ledger_entries for each row       execute function pay.no_rewrite();
create or replace trigger ledger_whole  before truncate         on pay.ledger_entries for each statement execute function pay.no_rewrite();

create or replace trigger event_rows  before update or delete on pay.generation_events for each row       execute function pay.event_forgotten();
create or replace trigger event_whole before truncate         on pay.generation_events for each statement execute function pay.no_rewrite();

create or replace trigger kept_first before insert or delete or update of bytes, is_dropped on pay.kept_files
  for each statement execute function pay.kept_lock();
create or replace trigger kept_sum after insert or delete or update of bytes, is_dropped on pay.kept_files
  for each row execute function pay.kept_count();

create or replace trigger switch_rows  before update or delete on pay.model_switches for each row       execute function pay.no_rewrite();
create or replace trigger switch_whole before truncate         on pay.model_switches for each statement execute function pay.no_rewrite();
create or replace trigger audit_rows   before update or delete on pay.audit_log      for each row       execute function pay.no_rewrite();
create or replace trigger audit_whole  before truncate         on pay.audit_log      for each statement execute function pay.no_rewrite();
