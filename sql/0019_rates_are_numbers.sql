-- «NaN» and «Infinity» are above nought for a numeric: a rate, a markup and a number of credits are below both.
alter table pay.quotes
  add constraint credits_are_a_number check (credits < 'Infinity'),
  add constraint rate_is_a_number check (usd_rub_rate < 'Infinity'),
  add constraint markup_is_a_number check (markup < 'Infinity');
