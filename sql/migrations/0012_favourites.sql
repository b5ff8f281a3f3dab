-- What a person has put among the favourites, and since when.
alter table pay.results add column starred_at timestamptz;
create index results_starred on pay.results (user_id, starred_at desc) where starred_at is not null;   -- the gallery of favourites
