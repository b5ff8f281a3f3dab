-- Who may read and write tables; of views and functions it stands beside them. The service logs in as a role of its own that
-- owns nothing and is a member of pay_app; what admins do goes by another login, a member of pay_admin (src/database/access.ts makes
-- both). What these files do not grant nobody has: each time before they are applied, all is taken from the two groups
-- (src/database/functions.ts).

grant usage on schema pay to pay_app, pay_admin;

-- Everything but seal_keys and tidy_marks.
grant select on
  pay.users, pay.wallets, pay.ledger_entries,
  pay.top_ups, pay.payments, pay.parked_payments, pay.reversals, pay.subscriptions, pay.sync_marks, pay.unbooked,
  pay.free_usage, pay.new_free_days, pay.bonus_grants, pay.promo_codes, pay.promo_claims, pay.promo_tries,
  pay.referrals, pay.referral_days, pay.opinions,
  pay.quotes, pay.generations, pay.late_results, pay.results, pay.generation_events, pay.kept_files, pay.kept_chunks, pay.kept_total,
  pay.inbox, pay.intakes, pay.outbox, pay.drafts, pay.templates, pay.examples, pay.rates,
  pay.model_switches, pay.model_days, pay.model_stats, pay.model_stats_clock, pay.samples, pay.provider_account,
  pay.admin_actions, pay.audit_log, pay.alarms, pay.webhook, pay.forgettings,
  pay.groups, pay.group_orders, pay.guest_words
  to pay_app;
grant insert, update, delete on pay.drafts to pay_app;
grant update (language, is_reachable) on pay.users to pay_app;

grant select on pay.model_switches to pay_admin;

-- Readiness: is the schema this build's?
grant select on public.schema_migrations, public.schema_functions to pay_app;
