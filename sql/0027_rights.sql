-- Who may do what. The service logs in as a role of its own that owns nothing and is a member of pay_app; what admins do
-- goes by another login, a member of pay_admin (src/access.ts makes both). What makes money appear, or a price, carries a
-- seal besides: whoever only has the connection cannot say that Telegram was paid, or that a picture costs a kopeck.

do $$ begin
  create role pay_admin nologin;
exception when duplicate_object or unique_violation then null;
end $$;
do $$ begin
  execute format('grant pay_admin to %I', current_user);
end $$;

-- ── Seals: HMAC-SHA-256 by a key that the processes derive from the bot's token, kept here for the owner's eyes alone. ──
create table pay.seal_keys (
  n         bigint generated always as identity primary key,
  -- The key as RFC 2104 uses it: padded to 64 bytes, xor 0x36 and xor 0x5c.
  inner_pad bytea not null check (length(inner_pad) = 64),
  outer_pad bytea not null check (length(outer_pad) = 64),
  since     timestamptz not null default now(),
  unique (inner_pad)
);

-- Whether the values were sealed for this purpose, by the current key or the one before. Each value goes with its length
-- in bytes, so that no two lists read the same. The owner of the books needs no seal: nothing keeps the owner out.
create function pay.check_seal(p_seal text, p_purpose text, variadic p_values text[]) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare v_text bytea;
begin
  if session_user = current_user then return; end if;
  select convert_to(p_purpose || string_agg(';' || coalesce(octet_length(v) || ':' || v, '-'), '' order by n), 'UTF8')
  into v_text from unnest(p_values) with ordinality as x(v, n);
  if not exists (
    select from (select k.inner_pad, k.outer_pad from pay.seal_keys k order by k.n desc limit 2) k
    where encode(sha256(k.outer_pad || sha256(k.inner_pad || v_text)), 'hex') = p_seal) then
    raise exception 'the seal of % is wrong', p_purpose using errcode = 'P0406';
  end if;
end $$;

-- Stores the key where it is not the newest already. For the owner, at each start.
create function pay.seal_key(p_inner bytea, p_outer bytea) returns void
language plpgsql set search_path = pg_catalog, pg_temp as $$
begin
  if p_inner = (select k.inner_pad from pay.seal_keys k order by k.n desc limit 1) then return; end if;
  delete from pay.seal_keys k where k.inner_pad = p_inner;   -- an older one is the current again
  insert into pay.seal_keys (inner_pad, outer_pad) values (p_inner, p_outer);
end $$;

-- ── Sealed forms of what the service says on somebody else's word ──

create function pay.quote_make(p_user bigint, p_id text, p_model text, p_category text, p_inputs text, p_params text,
                               p_price bigint, p_credits text, p_rate text, p_markup text, p_minutes int, p_seal text)
returns table (id text, expires_at timestamptz)
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
#variable_conflict use_column
begin
  perform pay.check_seal(p_seal, 'quote', p_user::text, p_id, p_model, p_category, p_inputs, p_params, p_price::text,
                         p_credits, p_rate, p_markup, p_minutes::text);
  return query
    insert into pay.quotes as q (user_id, id, model_id, category, inputs, params, price_kop, credits, usd_rub_rate, markup, expires_at)
    values (p_user, p_id, p_model, p_category, p_inputs::json, p_params::json, p_price, p_credits::numeric, p_rate::numeric,
            p_markup::numeric, now() + make_interval(mins => p_minutes))
    returning q.id, q.expires_at;
end $$;

-- The same order as a bonus run: its price is nothing, `full_kop` what it would cost. The price stands in the quote
-- already, and the run needs a grant that covers it.
create function pay.quote_for_bonus(p_user bigint, p_quote text, p_id text) returns table (id text)
language sql security definer set search_path = pg_catalog, pg_temp as $$
  insert into pay.quotes (user_id, id, model_id, category, inputs, params, price_kop, full_kop, credits, usd_rub_rate, markup, expires_at)
  select q.user_id, p_id, q.model_id, q.category, q.inputs, q.params, 0, q.price_kop, q.credits, q.usd_rub_rate, q.markup, q.expires_at
  from pay.quotes q where q.user_id = p_user and q.id = p_quote and q.price_kop > 0 and q.expires_at > now()
  returning id;
$$;

create function pay.top_up_paid(p_provider text, p_charge text, p_user bigint, p_order text, p_currency text, p_total bigint, p_seal text)
returns table (result text, reason text, amount_kop bigint, balance_kop bigint, debt_kop bigint, quote_id text, is_second boolean)
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
  perform pay.check_seal(p_seal, 'paid', p_provider, p_charge, p_user::text, p_order, p_currency, p_total::text);
  return query select * from pay.top_up_paid(p_provider, p_charge, p_user, p_order, p_currency, p_total);
end $$;

create function pay.payment_reverse(p_provider text, p_charge text, p_user bigint, p_cause text, p_seal text)
returns table (result text, taken_kop bigint, debt_kop bigint)
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
  perform pay.check_seal(p_seal, 'reversed', p_provider, p_charge, p_user::text, p_cause);
  return query select * from pay.payment_reverse(p_provider, p_charge, p_user, p_cause);
end $$;

create function pay.reversal_end(p_provider text, p_charge text, p_refused boolean, p_seal text) returns text
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
  perform pay.check_seal(p_seal, 'reversal', p_provider, p_charge, p_refused::text);
  return pay.reversal_end(p_provider, p_charge, p_refused);
end $$;

create function pay.user_open(p_user bigint, p_first_name text, p_username text, p_client_language text, p_bonus_kop bigint,
                              p_ref_code text, p_ref_runs int, p_ref_cap_kop bigint, p_seal text)
returns table (is_new boolean, language text, client_language text, is_banned boolean)
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
  -- A person who is known gets nothing by it, and comes with every update.
  if (p_bonus_kop > 0 or p_ref_code is not null) and not exists (select from pay.users u where u.user_id = p_user) then
    perform pay.check_seal(p_seal, 'gift', p_user::text, p_bonus_kop::text, p_ref_code, p_ref_runs::text, p_ref_cap_kop::text);
  end if;
  return query select * from pay.user_open(p_user, p_first_name, p_username, p_client_language, p_bonus_kop, p_ref_code,
                                           p_ref_runs, p_ref_cap_kop);
end $$;

create function pay.event_log(p_user bigint, p_chat bigint, p_model text, p_category text, p_status text, p_free boolean,
                              p_price_kop bigint, p_request text, p_task text, p_code text, p_message text, p_duration_ms int, p_seal text)
returns boolean
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
  perform pay.check_seal(p_seal, 'event', p_user::text, p_request, p_status, p_price_kop::text);
  return pay.event_log(p_user, p_chat, p_model, p_category, p_status, p_free, p_price_kop, p_request, p_task, p_code,
                       p_message, p_duration_ms);
end $$;

-- ── What admins do ──

-- Writes down what an admin wants; nothing changes before it is confirmed. The same id again changes nothing.
create function pay.admin_ask(p_id text, p_admin bigint, p_kind text, p_user bigint, p_subject text, p_amount bigint, p_args json,
                              p_reason text) returns void
language sql security definer set search_path = pg_catalog, pg_temp as $$
  insert into pay.admin_actions (id, admin_id, kind, user_id, subject, amount_kop, args, reason)
  values (p_id, p_admin, p_kind, p_user, p_subject, p_amount, p_args, p_reason) on conflict do nothing;
$$;

-- Notes that an admin looked at what is a person's own.
create function pay.audit_look(p_admin bigint, p_kind text, p_user bigint, p_subject text) returns void
language sql security definer set search_path = pg_catalog, pg_temp as $$
  insert into pay.audit_log (admin_id, kind, user_id, reason) values (p_admin, p_kind, p_user, p_subject);
$$;

-- The service switches as «auto» alone; a switch by hand is an admin's.
alter function pay.model_switch(text, int, text, text, boolean, text, text, int, interval, json, json) rename to model_switch_any;
create function pay.model_switch(p_model text, p_seen int, p_who text, p_after text, p_pinned boolean, p_cause text, p_reason text,
                                 p_strikes int, p_rest interval, p_figures json, p_tell json) returns text
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
  if p_who is distinct from 'auto' and session_user <> current_user and not pg_has_role(session_user, 'pay_admin', 'member') then
    raise exception 'only admins switch by hand' using errcode = 'insufficient_privilege';
  end if;
  return pay.model_switch_any(p_model, p_seen, p_who, p_after, p_pinned, p_cause, p_reason, p_strikes, p_rest, p_figures, p_tell);
end $$;

-- ── What nothing calls any more ──
drop function pay.payment_credit(text, text, bigint, bigint);
drop function pay.top_up_cancel(bigint, text);

-- ── The rights: first none, then each by its name. ──
revoke all on all functions in schema pay from public, pay_app;
revoke insert, update, delete, truncate on all tables in schema pay from pay_app;
revoke all on pay.seal_keys from pay_app;

grant insert, update, delete on pay.drafts to pay_app;
grant update (language, is_reachable) on pay.users to pay_app;
grant execute on function
  pay.quote_make, pay.quote_for_bonus,
  pay.top_up_open, pay.top_up_prove, pay.promo_claim, pay.ref_code, pay.user_forget,
  pay.top_up_paid(text, text, bigint, text, text, bigint, text),
  pay.payment_reverse(text, text, bigint, text, text),
  pay.reversal_end(text, text, boolean, text), pay.reversal_wait, pay.unbooked_put, pay.unbooked_done, pay.sync_mark,
  pay.user_open(bigint, text, text, text, bigint, text, int, bigint, text),
  pay.event_log(bigint, bigint, text, text, text, boolean, bigint, text, text, text, text, int, text),
  pay.gen_start, pay.gen_submit, pay.gen_accepted, pay.gen_requeue, pay.gen_attach, pay.gen_look, pay.gen_wait, pay.gen_due,
  pay.gen_finish, pay.new_free_used, pay.window_start,
  pay.inbox_put, pay.inbox_add, pay.inbox_take, pay.inbox_hold, pay.inbox_done, pay.inbox_fail,
  pay.outbox_add, pay.outbox_take, pay.outbox_hold, pay.outbox_mark, pay.outbox_revive,
  pay.kept_begin, pay.kept_put, pay.kept_end, pay.rate_take, pay.tidy,
  pay.model_switch, pay.model_stats_refresh, pay.alarm_look
  to pay_app;

grant usage on schema pay to pay_admin;
grant select on pay.model_switches to pay_admin;
grant execute on function pay.admin_ask, pay.admin_do, pay.admin_drop, pay.audit_look, pay.model_switch to pay_admin;
